//! Chains of list steps: each becomes a stage or the sink of one stream node (design, "Streams").

use super::{Checker, Scope, error};
use crate::ir::{LocalId, NodeId, NodeKind, Sink, Stage, StageKind};
use crate::source::Span;
use crate::syntax::tree::{Argument, Call, Lambda};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{self, Function, Operator};
use claimsmith_runtime::types::{Shape, Type};
use std::sync::Arc;

/// A lambda after checking: what it binds and what it gives.
struct CheckedLambda {
    element: LocalId,
    index: Option<LocalId>,
    body: NodeId,
}

impl Checker<'_> {
    /// The list that `receiver` gives and the shape of its elements. What can be no list faults
    /// when it is reached.
    pub(super) fn stream_source(&mut self, receiver: NodeId, span: Span) -> (NodeId, Shape) {
        let shape = self.shape(receiver);
        let source = self.non_null(receiver, Fault::NullTarget, span);
        match &shape.ty {
            Type::List(element) => (source, Shape::clone(element)),
            Type::Any | Type::Null => (self.as_list(source, span), Shape::of(Type::Any)),
            _ => {
                self.remark(error::expected("a list", &shape, self.span(receiver)));
                (self.as_list(source, span), Shape::of(Type::Any))
            }
        }
    }

    fn as_list(&mut self, value: NodeId, span: Span) -> NodeId {
        let list = Shape::list(Shape::of(Type::Any));
        self.operation(Operator::AsList, vec![value], list, span)
    }

    /// Adds a stage to the stream that `source` is, or starts one on the list that it is.
    pub(super) fn stage(
        &mut self,
        source: NodeId,
        kind: StageKind,
        element: LocalId,
        index: Option<LocalId>,
        body: NodeId,
        span: Span,
    ) -> NodeId {
        let passed = match kind {
            StageKind::Map => self.shape(body),
            StageKind::Filter => {
                super::coerce::element_of(&self.shape(source).ty).unwrap_or(Shape::of(Type::Any))
            }
        };
        let stage = Stage { element, index, kind, body };
        let (source, mut stages) = self.opened(source);
        stages.push(stage);
        let kind = NodeKind::Stream { source, stages, sink: Sink::List, element_cost: 0 };
        self.push(kind, Shape::list(passed), span)
    }

    /// Source and stages of a stream that still makes a list; a plain list has no stages yet.
    fn opened(&self, list: NodeId) -> (NodeId, Vec<Stage>) {
        match self.nodes.get(list.0 as usize).map(|node| &node.kind) {
            Some(NodeKind::Stream { source, stages, sink: Sink::List, .. }) => {
                (*source, stages.clone())
            }
            _ => (list, Vec::new()),
        }
    }

    /// Whether `list` is a stream that still makes a list.
    pub(super) fn is_stream(&self, list: NodeId) -> bool {
        matches!(
            self.nodes.get(list.0 as usize).map(|node| &node.kind),
            Some(NodeKind::Stream { sink: Sink::List, .. })
        )
    }

    /// Ends the stream (or the list) with `sink`.
    pub(super) fn sink(&mut self, list: NodeId, sink: Sink, span: Span) -> NodeId {
        let element =
            super::coerce::element_of(&self.shape(list).ty).unwrap_or(Shape::of(Type::Any));
        let shape = match sink {
            Sink::List => Shape::list(element),
            Sink::Any | Sink::None | Sink::Contains(_) => Shape::of(Type::Boolean),
            Sink::First | Sink::Last => Shape { nullable: true, ..element },
            Sink::At(_) => element,
            Sink::Count => Shape::of(Type::Integer),
            Sink::Join(_) => Shape::of(Type::Text),
        };
        let (source, stages) = self.opened(list);
        self.push(NodeKind::Stream { source, stages, sink, element_cost: 0 }, shape, span)
    }

    /// `receiver.filter(…)` and `receiver.map(…)`.
    pub(super) fn stage_method(
        &mut self,
        receiver: NodeId,
        which: functions::Stage,
        call: &Call,
        span: Span,
    ) -> NodeId {
        let kind = match which {
            functions::Stage::Filter => StageKind::Filter,
            functions::Stage::Map => StageKind::Map,
        };
        self.with_lambda(receiver, call, span, |checker, source, lambda| {
            let CheckedLambda { element, index, body } = lambda;
            let body = if kind == StageKind::Filter { checker.condition(body) } else { body };
            checker.stage(source, kind, element, index, body, span)
        })
    }

    /// `any`, `all`, `find`, `contains`, `size`, `join` and their aliases on a list or stream.
    pub(super) fn sink_method(
        &mut self,
        receiver: NodeId,
        which: functions::Sink,
        function: &'static Function,
        call: &Call,
        span: Span,
    ) -> NodeId {
        use functions::Sink as Asked;
        let sink = match which {
            Asked::Any => Sink::Any,
            Asked::All | Asked::None => Sink::None,
            Asked::Find => Sink::First,
            Asked::Last => Sink::Last,
            Asked::Count => Sink::Count,
            Asked::Contains => Sink::Contains(self.only_value(call, function)),
            Asked::Join => Sink::Join(self.separator(call, function)),
        };
        if sink.child().is_some() || call.arguments.is_empty() {
            let (source, _) = self.stream_source(receiver, span);
            return self.sink(source, sink, span);
        }
        self.with_lambda(receiver, call, span, |checker, source, lambda| {
            let CheckedLambda { element, index, body } = lambda;
            let mut body = checker.condition(body);
            if which == Asked::All {
                body = checker.push(NodeKind::Not(body), Shape::of(Type::Boolean), span);
            }
            let kept = checker.stage(source, StageKind::Filter, element, index, body, span);
            checker.sink(kept, sink, span)
        })
    }

    /// The one argument of `contains`, as its row wants it.
    fn only_value(&mut self, call: &Call, function: &'static Function) -> NodeId {
        let value = match call.arguments.first() {
            Some(argument) => self.value_argument(argument, &call.name.text),
            None => self.constant(crate::ir::Constant::Null, call.name.span),
        };
        match function.parameter(1) {
            Some(parameter) => self.argument(parameter, value),
            None => value,
        }
    }

    /// The separator of `join`; a comma when left out (decision 33).
    fn separator(&mut self, call: &Call, function: &'static Function) -> NodeId {
        if call.arguments.is_empty() {
            return self.text(",", call.name.span);
        }
        self.only_value(call, function)
    }

    /// Checks the lambda that is the only argument, and hands it on with the source.
    fn with_lambda(
        &mut self,
        receiver: NodeId,
        call: &Call,
        span: Span,
        then: impl FnOnce(&mut Self, NodeId, CheckedLambda) -> NodeId,
    ) -> NodeId {
        let (source, element) = self.stream_source(receiver, span);
        match call.arguments.as_slice() {
            [Argument::Lambda(lambda)] => match self.lambda(lambda, element) {
                Some(lambda) => then(self, source, lambda),
                None => self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), span),
            },
            [Argument::Expression(value)] => {
                let diagnostic = error::expected_lambda(&call.name.text, value.span);
                self.expression(value);
                self.mismatch(diagnostic, Fault::Type)
            }
            _ => self.error(error::wrong_arity(
                &call.name.text,
                call.arguments.len(),
                "one lambda",
                call.name.span,
            )),
        }
    }

    fn lambda(&mut self, lambda: &Lambda, element_shape: Shape) -> Option<CheckedLambda> {
        let (element_name, index_name) = match lambda.parameters.as_slice() {
            [element] => (element, None),
            [element, index] => (element, Some(index)),
            other => {
                self.error(error::lambda_arity(other.len(), lambda.span));
                return None;
            }
        };
        let depth = self.scopes.len();
        let element = self.new_local();
        let bind =
            |name: &str, local, shape| Scope::Parameter { name: name.to_owned(), local, shape };
        self.scopes.push(bind(&element_name.text, element, element_shape));
        let index = index_name.map(|name| {
            let local = self.new_local();
            self.scopes.push(bind(&name.text, local, Shape::of(Type::Integer)));
            local
        });
        let body = self.expression(&lambda.body);
        self.scopes.truncate(depth);
        Some(CheckedLambda { element, index, body })
    }

    /// A list of these shapes, for classic functions that take a finished list.
    pub(super) fn list_of(element: Shape) -> Shape {
        Shape::of(Type::List(Arc::new(element)))
    }
}
