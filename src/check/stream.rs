//! Chains of list steps: each becomes a stage or the sink of one stream node (design, "Streams").

use super::shape::unify;
use super::{Checker, Scope, error, habit};
use crate::diagnostic::first_error;
use crate::ir::{LocalId, NodeId, NodeKind, Reduction, Sink, Stage, StageKind};
use crate::source::Span;
use crate::syntax::tree::{Argument, Call, ExpressionKind, Lambda};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{self, Function, Operator};
use claimsmith_runtime::types::{Shape, Type};
use std::sync::Arc;

/// A lambda after checking: what it binds and what it gives.
struct CheckedLambda {
    /// One for each value it must take.
    parameters: Vec<LocalId>,
    index: Option<LocalId>,
    body: NodeId,
}

impl CheckedLambda {
    /// The parameter of a lambda that takes one value.
    fn element(&self) -> LocalId {
        self.parameters.first().copied().unwrap_or(LocalId(u32::MAX))
    }
}

/// How deep reductions may lie in each other and still be tried with the type of their start.
const MOST_TRIED: usize = 4;

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
        let of = |list: &Shape| super::coerce::element_of(&list.ty);
        let passed = match kind {
            StageKind::Map => self.shape(body),
            StageKind::FlatMap { .. } => of(&self.shape(body)).unwrap_or(Shape::of(Type::Any)),
            StageKind::Filter | StageKind::Take | StageKind::Skip => {
                of(&self.shape(source)).unwrap_or(Shape::of(Type::Any))
            }
        };
        let stage = Stage { element, index, kind, body };
        let (opened, mut stages) = self.opened(source);
        stages.push(stage);
        let (stages, sink) = (stages.into(), Sink::List);
        let stream = NodeKind::Stream { source: opened, stages, sink, element_cost: 0 };
        let made = self.push(stream, Shape::list(passed), span);
        self.note_elements(made, source, (kind, element, body));
        made
    }

    /// Source and stages of a stream that still makes a list; a plain list has no stages yet.
    fn opened(&self, list: NodeId) -> (NodeId, Vec<Stage>) {
        match self.nodes.get(list.0 as usize).map(|node| &node.kind) {
            Some(NodeKind::Stream { source, stages, sink: Sink::List, .. }) => {
                (*source, stages.to_vec())
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
        let shape = match &sink {
            Sink::List => Shape::list(element),
            Sink::Any | Sink::None | Sink::Contains(_) => Shape::of(Type::Boolean),
            Sink::First | Sink::Last | Sink::Nth(_) => Shape { nullable: true, ..element },
            Sink::At(_) => element,
            Sink::Count | Sink::IndexOf(_) => Shape::of(Type::Integer),
            Sink::Join(_) => Shape::of(Type::Text),
            Sink::Reduce(reduction) => {
                let first = reduction.seed.map_or(element, |seed| self.shape(seed));
                unify(&first, &self.shape(reduction.body))
            }
        };
        let (source, stages) = self.opened(list);
        let stages = stages.into();
        self.push(NodeKind::Stream { source, stages, sink, element_cost: 0 }, shape, span)
    }

    /// `receiver.filter(…)` and the other steps that pass elements on.
    pub(super) fn stage_method(
        &mut self,
        receiver: NodeId,
        which: functions::Stage,
        function: &'static Function,
        call: &Call,
        span: Span,
    ) -> NodeId {
        use functions::Stage as Asked;
        let kind = match which {
            Asked::Filter => StageKind::Filter,
            Asked::Map => StageKind::Map,
            Asked::FlatMap => StageKind::FlatMap { element_cost: 0 },
            Asked::Take => return self.counted(receiver, StageKind::Take, function, call, span),
            Asked::Skip => return self.counted(receiver, StageKind::Skip, function, call, span),
            Asked::SortBy => return self.sort_by(receiver, call, span),
        };
        self.with_lambda(receiver, call, span, |checker, source, lambda| {
            let body = match kind {
                StageKind::Filter => checker.condition(lambda.body),
                StageKind::FlatMap { .. } => checker.inner_list(lambda.body),
                _ => lambda.body,
            };
            checker.stage(source, kind, lambda.element(), lambda.index, body, span)
        })
    }

    /// `take(n)` and `skip(n)`.
    fn counted(
        &mut self,
        receiver: NodeId,
        kind: StageKind,
        function: &'static Function,
        call: &Call,
        span: Span,
    ) -> NodeId {
        let (source, _) = self.stream_source(receiver, span);
        let count = self.only_value(call, function);
        let element = self.new_local();
        self.stage(source, kind, element, None, count, span)
    }

    /// What a `flatMap` goes into for one element: a list, and nothing else.
    fn inner_list(&mut self, body: NodeId) -> NodeId {
        let shape = self.shape(body);
        let span = self.span(body);
        let body = self.non_null(body, Fault::Type, span);
        match &shape.ty {
            Type::List(_) => body,
            Type::Any | Type::Null => self.as_list(body, span),
            _ => {
                self.remark(error::expected("a list", &shape, span));
                self.as_list(body, span)
            }
        }
    }

    /// Takes everything, then orders it by what the mapping gives.
    fn sort_by(&mut self, receiver: NodeId, call: &Call, span: Span) -> NodeId {
        let (source, _) = self.stream_source(receiver, span);
        self.guard(source, span, |checker, list| {
            checker.with_lambda(list, call, span, |checker, source, lambda| {
                let (element, index) = (lambda.element(), lambda.index);
                let keys = checker.stage(source, StageKind::Map, element, index, lambda.body, span);
                let keys = checker.keys(keys);
                let shape = checker.shape(list);
                checker.operation(Operator::SortedBy, vec![list, keys], shape, span)
            })
        })
    }

    /// What `SortedBy` compares.
    fn keys(&mut self, keys: NodeId) -> NodeId {
        let row = functions::row(functions::operator(Operator::SortedBy));
        match row.and_then(|row| row.parameter(1)) {
            Some(parameter) => self.argument(parameter, keys),
            None => keys,
        }
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
        let (source, _) = match which {
            Asked::Reduce => return self.reduce(receiver, call, span),
            _ => self.stream_source(receiver, span),
        };
        let sink = match which {
            Asked::Any => Sink::Any,
            Asked::All | Asked::None => Sink::None,
            Asked::Find => Sink::First,
            Asked::Last => Sink::Last,
            Asked::Count | Asked::Reduce => Sink::Count,
            Asked::Contains => Sink::Contains(self.only_value(call, function)),
            Asked::IndexOf => Sink::IndexOf(self.only_value(call, function)),
            Asked::At => Sink::Nth(self.only_value(call, function)),
            Asked::Join => Sink::Join(self.separator(call, function)),
        };
        if sink.argument().is_some() || call.arguments.is_empty() {
            return self.sink(source, sink, span);
        }
        self.with_lambda(source, call, span, |checker, source, lambda| {
            let (element, index) = (lambda.element(), lambda.index);
            let mut body = checker.condition(lambda.body);
            if which == Asked::All {
                body = checker.push(NodeKind::Not(body), Shape::of(Type::Boolean), span);
            }
            let kept = checker.stage(source, StageKind::Filter, element, index, body, span);
            checker.sink(kept, sink, span)
        })
    }

    /// `reduce(f)`, `reduce(f, seed)` and `reduce(seed, f)` (decision 34).
    fn reduce(&mut self, receiver: NodeId, call: &Call, span: Span) -> NodeId {
        let (lambda, seed) = match call.arguments.as_slice() {
            [Argument::Lambda(lambda)] => (lambda, None),
            [Argument::Lambda(lambda), Argument::Expression(seed)]
            | [Argument::Expression(seed), Argument::Lambda(lambda)] => (lambda, Some(seed)),
            [Argument::Lambda(_), Argument::Lambda(second)] => {
                return self.error(error::unexpected_lambda(&call.name.text, second.span));
            }
            _ => return self.no_lambda(call),
        };
        let (source, element) = self.stream_source(receiver, span);
        let seed = seed.map(|seed| self.expression(seed));
        let start = seed.map_or(element.clone(), |seed| self.shape(seed));
        let Some((value, lambda)) = self.reduction(lambda, &start, &element, source) else {
            return self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), span);
        };
        let [_, element] = lambda.parameters.as_slice() else { return source };
        let (element, index, body) = (*element, lambda.index, lambda.body);
        let sink = Sink::Reduce(Box::new(Reduction { seed, value, element, index, body }));
        self.sink(source, sink, span)
    }

    /// Checks the lambda of a reduction. Its value has the type of what it starts with, unless the
    /// body gives another; then nothing is known of it. To find out, the body may be checked twice,
    /// so reductions deep in others are not tried, whichever pass over those others this is.
    fn reduction(
        &mut self,
        lambda: &Lambda,
        start: &Shape,
        element: &Shape,
        source: NodeId,
    ) -> Option<(LocalId, CheckedLambda)> {
        let may_try =
            self.n_reductions < MOST_TRIED && start.ty != Type::Any && start.ty != Type::Null;
        self.n_reductions += 1;
        let found = self.reduction_within(may_try, lambda, start, element, source);
        self.n_reductions -= 1;
        found
    }

    fn reduction_within(
        &mut self,
        may_try: bool,
        lambda: &Lambda,
        start: &Shape,
        element: &Shape,
        source: NodeId,
    ) -> Option<(LocalId, CheckedLambda)> {
        let any = Shape::of(Type::Any);
        if may_try {
            let before = self.mark();
            let tried = self.lambda(lambda, &[start.clone(), element.clone()], source)?;
            if unify(start, &self.shape(tried.body)) == *start {
                return Some((tried.parameters.first().copied()?, tried));
            }
            self.go_back(&before);
        }
        let checked = self.lambda(lambda, &[any, element.clone()], source)?;
        Some((checked.parameters.first().copied()?, checked))
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
            [Argument::Lambda(lambda)] => match self.lambda(lambda, &[element], source) {
                Some(lambda) => then(self, source, lambda),
                None => self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), span),
            },
            [Argument::Expression(_)] => self.no_lambda(call),
            _ => self.error(error::wrong_arity(
                &call.name.text,
                call.arguments.len(),
                "one lambda",
                call.name.span,
            )),
        }
    }

    /// Values where a lambda is wanted.
    fn no_lambda(&mut self, call: &Call) -> NodeId {
        let first = call.arguments.iter().find_map(|argument| match argument {
            Argument::Expression(value) => Some(value),
            Argument::Lambda(_) => None,
        });
        let span = first.map_or(call.name.span, |value| value.span);
        if let Some(ExpressionKind::Call(inner)) = first.map(|value| &value.kind)
            && habit::is_only_method(&inner.name.text)
        {
            return self.error(error::method_alone(&call.name.text, &inner.name.text, span));
        }
        let failed = first.is_some_and(|value| {
            let n_before = self.diagnostics.len();
            let value = self.expression(value);
            let told = self.diagnostics.get(n_before..).unwrap_or_default();
            first_error(told).is_some() || matches!(self.kind(value), Some(NodeKind::Fail(_)))
        });
        // What is wrong with it is told already.
        if failed {
            return self.push(NodeKind::Fail(Fault::Type), Shape::of(Type::Any), span);
        }
        let diagnostic = error::expected_lambda(&call.name.text, span);
        self.mismatch(diagnostic, Fault::Type)
    }

    /// A lambda that takes values of these shapes, the last an element of `source`, and after them
    /// an index if it asks for it.
    fn lambda(
        &mut self,
        lambda: &Lambda,
        shapes: &[Shape],
        source: NodeId,
    ) -> Option<CheckedLambda> {
        let n = lambda.parameters.len();
        if n != shapes.len() && n != shapes.len() + 1 {
            self.error(error::lambda_arity(shapes.len(), n, lambda.span));
            return None;
        }
        let depth = self.scopes.len();
        let integer = Shape::of(Type::Integer);
        let mut locals = Vec::with_capacity(n);
        for (name, shape) in lambda.parameters.iter().zip(shapes.iter().chain([&integer])) {
            let local = self.new_local();
            let (name, shape) = (name.text.clone(), shape.clone());
            self.scopes.push(Scope::Parameter { name, local, shape });
            locals.push(local);
        }
        let element = locals.get(shapes.len().saturating_sub(1)).copied();
        let body = self.where_known(&[], |checker| {
            element.into_iter().for_each(|local| checker.flow.bind_element(local, source));
            checker.expression(&lambda.body)
        });
        self.scopes.truncate(depth);
        let index = if n > shapes.len() { locals.pop() } else { None };
        Some(CheckedLambda { parameters: locals, index, body })
    }

    /// A list of these shapes, for classic functions that take a finished list.
    pub(super) fn list_of(element: Shape) -> Shape {
        Shape::of(Type::List(Arc::new(element)))
    }
}
