//! A program taken apart and put together again, node by node, children first.

use crate::ir::{Body, Constant, Node, NodeId, NodeKind};
use claimsmith_runtime::types::{Shape, Type};

/// A program that is being put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    nodes: Vec<Node>,
}

/// Steps that are spent on the way to a value, and where: the first are spent first.
pub(super) type Charges = Vec<(u32, Node)>;

impl Draft {
    /// The program in which `rule` made each node, given it with its children rewritten.
    pub(super) fn of(body: &Body, mut rule: impl FnMut(&mut Self, Node) -> NodeId) -> Body {
        let mut draft = Self::default();
        let mut renamed: Vec<NodeId> = Vec::with_capacity(body.nodes.len());
        for node in &body.nodes {
            let mut node = node.clone();
            for child in node.kind.children_mut() {
                *child = renamed.get(child.0 as usize).copied().unwrap_or(*child);
            }
            let shape = node.shape.clone();
            let made = rule(&mut draft, node);
            renamed.push(draft.as_wide(made, shape));
        }
        let root = renamed.get(body.root.0 as usize).copied().unwrap_or(body.root);
        swept(Body { nodes: draft.nodes, root, n_locals: body.n_locals })
    }

    /// What was made of a node. Where anything may stand, null must not be told apart: many nodes
    /// that take anything take nothing that is always null.
    fn as_wide(&mut self, made: NodeId, shape: Shape) -> NodeId {
        match self.node(made).cloned() {
            Some(node) if node.shape.ty == Type::Null && shape.ty == Type::Any => {
                self.push(Node { kind: NodeKind::Charge { steps: 0, body: made }, shape, ..node })
            }
            _ => made,
        }
    }

    pub(super) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    pub(super) fn kind(&self, id: NodeId) -> Option<&NodeKind> {
        self.node(id).map(|node| &node.kind)
    }

    /// What a node is when nothing but charges stands before it.
    pub(super) fn peeled(&self, id: NodeId) -> (Charges, NodeId) {
        let (mut charges, mut at) = (Charges::new(), id);
        while let Some(Node { kind: NodeKind::Charge { steps, body }, .. }) = self.node(at) {
            if let Some(node) = self.node(at).filter(|_| *steps > 0) {
                charges.push((*steps, node.clone()));
            }
            at = *body;
        }
        (charges, at)
    }

    /// The constant that a node is, behind its charges.
    pub(super) fn constant(&self, id: NodeId) -> Option<(Charges, &Constant)> {
        let (charges, at) = self.peeled(id);
        match self.kind(at) {
            Some(NodeKind::Constant(constant)) => Some((charges, constant)),
            _ => None,
        }
    }

    /// The boolean that a node is, behind its charges.
    pub(super) fn boolean(&self, id: NodeId) -> Option<(Charges, bool)> {
        match self.constant(id)? {
            (charges, Constant::Boolean(value)) => Some((charges, *value)),
            _ => None,
        }
    }

    /// A constant where `node` stood.
    pub(super) fn push_constant(&mut self, constant: Constant, node: &Node) -> NodeId {
        let shape = shape_of(&constant);
        self.push(Node { kind: NodeKind::Constant(constant), shape, span: node.span })
    }

    /// The node, once these charges are spent.
    pub(super) fn charged(&mut self, charges: Charges, id: NodeId) -> NodeId {
        charges.into_iter().rev().fold(id, |body, (steps, node)| {
            let shape = self.node(body).map_or(node.shape, |inner| inner.shape.clone());
            self.push(Node { kind: NodeKind::Charge { steps, body }, shape, span: node.span })
        })
    }

    /// Whether nothing at or below a node can fault: it may be dropped.
    pub(super) fn is_faultless(&self, id: NodeId) -> bool {
        let Some(node) = self.node(id) else { return false };
        crate::ir::is_total(&node.kind, |child| self.node(child))
            && node.kind.children().into_iter().all(|child| self.is_faultless(child))
    }
}

/// The shape of exactly this value.
fn shape_of(constant: &Constant) -> Shape {
    match constant {
        Constant::Null => Shape::or_null(Type::Null),
        Constant::Boolean(_) => Shape::of(Type::Boolean),
        Constant::Integer(_) => Shape::of(Type::Integer),
        Constant::Number(_) => Shape::of(Type::Number),
        Constant::Text(_) => Shape::of(Type::Text),
    }
}

/// The program without nodes that nothing reads.
fn swept(body: Body) -> Body {
    let Body { nodes, root, n_locals } = body;
    let mut is_read = vec![false; nodes.len()];
    if let Some(cell) = is_read.get_mut(root.0 as usize) {
        *cell = true;
    }
    for (index, node) in nodes.iter().enumerate().rev() {
        if !is_read.get(index).copied().unwrap_or(false) {
            continue;
        }
        for child in node.kind.children() {
            if let Some(cell) = is_read.get_mut(child.0 as usize) {
                *cell = true;
            }
        }
    }
    let mut renamed = vec![NodeId(0); nodes.len()];
    let mut kept: Vec<Node> = Vec::new();
    for ((mut node, is_read), name) in nodes.into_iter().zip(is_read).zip(0..) {
        if !is_read {
            continue;
        }
        for child in node.kind.children_mut() {
            *child = renamed.get(child.0 as usize).copied().unwrap_or(*child);
        }
        let id = NodeId(u32::try_from(kept.len()).unwrap_or(u32::MAX));
        if let Some(cell) = renamed.get_mut(name as usize) {
            *cell = id;
        }
        kept.push(node);
    }
    let root = renamed.get(root.0 as usize).copied().unwrap_or(root);
    Body { nodes: kept, root, n_locals }
}
