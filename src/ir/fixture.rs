//! Programs made by hand, for tests.

use super::{Body, Constant, LocalId, Node, NodeId, NodeKind, Sink, Stage, StageKind};
use crate::source::Span;
use claimsmith_runtime::functions::{self, Style};
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

/// Collects nodes, children first.
#[derive(Default)]
pub(crate) struct Maker {
    nodes: Vec<Node>,
    n_locals: u32,
}

impl Maker {
    pub(crate) fn node(&mut self, kind: NodeKind, shape: Shape) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap());
        self.nodes.push(Node { kind, shape, span: Span::new(0, 0) });
        id
    }

    pub(crate) fn of(&mut self, kind: NodeKind, ty: Type) -> NodeId {
        self.node(kind, Shape::of(ty))
    }

    pub(crate) fn integer(&mut self, value: i64) -> NodeId {
        self.of(NodeKind::Constant(Constant::Integer(value)), Type::Integer)
    }

    pub(crate) fn boolean(&mut self, value: bool) -> NodeId {
        self.of(NodeKind::Constant(Constant::Boolean(value)), Type::Boolean)
    }

    pub(crate) fn text(&mut self, value: &str) -> NodeId {
        self.of(NodeKind::Constant(Constant::Text(value.to_owned())), Type::Text)
    }

    pub(crate) fn null(&mut self) -> NodeId {
        self.of(NodeKind::Constant(Constant::Null), Type::Null)
    }

    pub(crate) fn local(&mut self) -> LocalId {
        self.n_locals += 1;
        LocalId(self.n_locals - 1)
    }

    /// A stage whose body is made by `body` from the node that reads the element.
    pub(crate) fn stage(
        &mut self,
        kind: StageKind,
        element: Shape,
        body: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> Stage {
        let local = self.local();
        let read = self.node(NodeKind::Local(local), element);
        let body = body(self, read);
        Stage { element: local, index: None, kind, body }
    }

    pub(crate) fn stream(
        &mut self,
        source: NodeId,
        stages: Vec<Stage>,
        sink: Sink,
        shape: Shape,
    ) -> NodeId {
        self.node(NodeKind::Stream { source, stages: stages.into(), sink, element_cost: 1 }, shape)
    }

    pub(crate) fn body(self, root: NodeId) -> Body {
        Body { nodes: self.nodes, root, n_locals: self.n_locals }
    }
}

/// The number of the method with a body of this name whose first parameter is called `receiver`.
pub(crate) fn method(name: &str, receiver: &str) -> u32 {
    let found = functions::rows().find(|(_, row)| {
        let first = row.parameters.first().map(|parameter| parameter.name);
        row.is_method()
            && row.names.contains(&name)
            && first == Some(receiver)
            && matches!(row.meaning, functions::Meaning::Body(_))
    });
    found.unwrap().0
}

/// The number of the classic function of this name.
pub(crate) fn classic(name: &str) -> u32 {
    let mut rows = functions::rows();
    let found = rows.find(|(_, row)| row.style == Style::Function && row.names.contains(&name));
    found.unwrap().0
}

pub(crate) fn field(name: &str, shape: Shape) -> Field {
    Field { name: name.to_owned(), shape }
}

/// `user`: `email` (text), `nick` (text or null), `ages` (list of integers), `groups`, `any`.
pub(crate) fn user_type() -> Arc<RecordType> {
    Arc::new(RecordType {
        name: "user".to_owned(),
        fields: vec![
            field("email", Shape::of(Type::Text)),
            field("nick", Shape::or_null(Type::Text)),
            field("ages", Shape::list(Shape::of(Type::Integer))),
            field("groups", Shape::list(Shape::of(Type::Group))),
            field("any", Shape::of(Type::Any)),
        ],
        open: false,
    })
}
