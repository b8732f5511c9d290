//! `start.step.step…`: members, indexes, projections and selections. Methods are in `call`.

use super::expression::Scoped;
use super::{Checker, Scope, error, habit};
use crate::diagnostic::nearest;
use crate::ir::{NodeId, NodeKind, Sink, StageKind};
use crate::schema::standard;
use crate::source::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Name, Step, StepKind, Which};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{self, Function, Meaning, Operator, Style};
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn chain(&mut self, start: &Expression, steps: &[Step]) -> NodeId {
        let start = self.expression(start);
        self.steps(start, steps)
    }

    /// Takes the steps one after the other. A safe step on what may be null makes all that follow
    /// part of a guard: null ends the whole rest (decision 19).
    fn steps(&mut self, mut receiver: NodeId, steps: &[Step]) -> NodeId {
        for (index, step) in steps.iter().enumerate() {
            let rest = steps.get(index + 1..).unwrap_or_default();
            if step.safe && self.shape(receiver).nullable {
                let span =
                    self.span(receiver).join(steps.last().map_or(step.span, |last| last.span));
                return self.guard(receiver, span, |checker, bound| {
                    let after = checker.step(bound, step);
                    checker.steps(after, rest)
                });
            }
            receiver = self.step(receiver, step);
        }
        receiver
    }

    fn step(&mut self, receiver: NodeId, step: &Step) -> NodeId {
        let span = self.span(receiver).join(step.span);
        match &step.kind {
            StepKind::Member(name) => self.member(receiver, &name.text, name.span),
            StepKind::Method(call) => self.method(receiver, call, span),
            StepKind::Index(index) => self.index(receiver, index, span),
            StepKind::Projection(body) => {
                let entries = self.entries(receiver, span);
                self.projected(entries, body, span, |checker, source, element, body| {
                    checker.stage(source, StageKind::Map, element, None, body, span)
                })
            }
            StepKind::Selection { which, condition } => {
                self.selection(receiver, *which, condition, span)
            }
        }
    }

    fn selection(
        &mut self,
        receiver: NodeId,
        which: Which,
        condition: &Expression,
        span: Span,
    ) -> NodeId {
        if which == Which::All && self.may_be_map(receiver) {
            let receiver = self.non_null(receiver, Fault::NullTarget, span);
            return self.guard(receiver, span, |checker, source| {
                let kept = checker.filtered(source, condition, span);
                checker.operation(Operator::Kept, vec![source, kept], Shape::of(Type::Any), span)
            });
        }
        let sink = match which {
            Which::All => return self.filtered(receiver, condition, span),
            Which::First => Sink::First,
            Which::Last => Sink::Last,
        };
        if !self.may_be_map(receiver) {
            let kept = self.filtered(receiver, condition, span);
            return self.sink(kept, sink, span);
        }
        let receiver = self.non_null(receiver, Fault::NullTarget, span);
        self.guard(receiver, span, |checker, source| {
            let kept = checker.filtered(source, condition, span);
            let one = checker.sink(kept, sink, span);
            checker.guard(one, span, |checker, one| {
                checker.operation(Operator::Kept, vec![source, one], Shape::of(Type::Any), span)
            })
        })
    }

    fn filtered(&mut self, receiver: NodeId, condition: &Expression, span: Span) -> NodeId {
        let entries = self.entries(receiver, span);
        self.projected(entries, condition, span, |checker, source, element, body| {
            let body = checker.condition(body);
            checker.stage(source, StageKind::Filter, element, None, body, span)
        })
    }

    fn may_be_map(&self, receiver: NodeId) -> bool {
        matches!(self.shape(receiver).ty, Type::Map | Type::Any)
    }

    /// What a projection goes over: of a map, its entries.
    fn entries(&mut self, receiver: NodeId, span: Span) -> NodeId {
        if !self.may_be_map(receiver) {
            return receiver;
        }
        let receiver = self.non_null(receiver, Fault::NullTarget, span);
        let list = Shape::list(Shape::of(Type::Any));
        self.operation(Operator::Entries, vec![receiver], list, span)
    }

    /// A stage whose body sees the attributes of the element and nothing else.
    fn projected(
        &mut self,
        receiver: NodeId,
        body: &Expression,
        span: Span,
        stage: impl FnOnce(&mut Self, NodeId, crate::ir::LocalId, NodeId) -> NodeId,
    ) -> NodeId {
        let (source, element_shape) = self.stream_source(receiver, span);
        let element = self.new_local();
        self.scopes.push(Scope::Element { local: element, shape: element_shape });
        let body = self.where_known(&[], |checker| {
            checker.flow.bind_element(element, source);
            checker.expression(body)
        });
        self.scopes.pop();
        stage(self, source, element, body)
    }

    /// The attribute `name` of what `receiver` gives.
    pub(super) fn member(&mut self, receiver: NodeId, name: &str, span: Span) -> NodeId {
        if let Some(profile) = self.app_user_profile(receiver, name, span) {
            return profile;
        }
        let receiver = self.non_null(receiver, Fault::NullTarget, span);
        let shape = self.shape(receiver);
        match &shape.ty {
            Type::Record(record) => self.attribute(receiver, record, name, span),
            Type::Group => self.group_attribute(receiver, name, span),
            Type::Map | Type::Any => {
                let key = self.text(name, span);
                self.operation(Operator::Member, vec![receiver, key], Shape::of(Type::Any), span)
            }
            Type::List(element) if element.ty == Type::Group && name != "length" => {
                self.attribute_of_each(receiver, element, name, span)
            }
            _ => self.property(receiver, &shape, name, span),
        }
    }

    /// A slot of a record; for users the rule of decision 41.
    fn attribute(
        &mut self,
        receiver: NodeId,
        record: &Arc<RecordType>,
        name: &str,
        span: Span,
    ) -> NodeId {
        let own = record.find(name).map(|(slot, field)| (slot, field.clone()));
        let metadata = record.name == standard::USER && standard::USER_METADATA.contains(&name);
        let profile = match record.find(standard::PROFILE) {
            Some((slot, field)) if record.name == standard::USER && !metadata => {
                Some((slot, field.clone()))
            }
            _ => None,
        };
        if let Some((slot, field)) = profile
            && let Type::Record(attributes) = &field.shape.ty
            && let Some((inner, found)) = attributes.find(name)
        {
            let found = found.clone();
            let profile = self.slot(receiver, slot, &field, span);
            let profile = self.non_null(profile, Fault::NullTarget, span);
            return self.slot(profile, inner, &found, span);
        }
        match own {
            Some((slot, field)) => self.slot(receiver, slot, &field, span),
            // A user whose groups nobody told of has none (decision 42).
            None if record.name == standard::USER && name == "groups" => {
                let groups = Shape::list(Shape::of(Type::Group));
                self.operation(Operator::List, Vec::new(), groups, span)
            }
            // Where there is no record, that is what is wrong.
            None if record.open
                && matches!(self.kind(receiver), Some(NodeKind::NonNull { .. })) =>
            {
                self.guard(receiver, span, |checker, _| {
                    checker.constant(crate::ir::Constant::Null, span)
                })
            }
            None if record.open => self.constant(crate::ir::Constant::Null, span),
            None => self.unknown_attribute(record, name, span),
        }
    }

    fn slot(&mut self, record: NodeId, slot: usize, field: &Field, span: Span) -> NodeId {
        let index = u32::try_from(slot).unwrap_or(u32::MAX);
        self.push(NodeKind::Slot { record, index }, field.shape.clone(), span)
    }

    fn unknown_attribute(&mut self, record: &RecordType, name: &str, span: Span) -> NodeId {
        let inner = record.find(standard::PROFILE).map(|(_, field)| &field.shape.ty);
        let profile = match inner {
            Some(Type::Record(profile)) if record.name == standard::USER => {
                profile.fields.as_slice()
            }
            _ => &[],
        };
        let names = record.fields.iter().chain(profile).map(|field| field.name.as_str());
        let near = nearest(name, names).map(error::did_you_mean);
        let help = near.or_else(|| habit::instead_of_attribute(name));
        self.error(error::unknown_attribute(&record.name, name, help, span))
    }

    /// An attribute of a group; its name is what it acts as, so that is the name's text.
    pub(super) fn group_attribute(&mut self, group: NodeId, name: &str, span: Span) -> NodeId {
        if name == "name" {
            return self.operation(Operator::AsText, vec![group], Shape::of(Type::Text), span);
        }
        if name == "length" {
            let text = self.as_text(group);
            return self.member(text, name, span);
        }
        let group_type = Arc::clone(self.schema.group());
        let shape = Shape::of(Type::Record(Arc::clone(&group_type)));
        let record = self.push(NodeKind::GroupRecord(group), shape, span);
        self.attribute(record, &group_type, name, span)
    }

    /// `user.groups.name`: a property on a list of groups maps over it (decision 40).
    fn attribute_of_each(
        &mut self,
        groups: NodeId,
        element_shape: &Shape,
        name: &str,
        span: Span,
    ) -> NodeId {
        let name = match name {
            "names" => "name",
            "ids" => "id",
            other => other,
        };
        let element = self.new_local();
        let group = self.local(element, element_shape.clone(), span);
        let group = self.non_null(group, Fault::NullTarget, span);
        let body = self.group_attribute(group, name, span);
        self.stage(groups, StageKind::Map, element, None, body, span)
    }

    /// `length` of text and lists; nothing else has properties.
    fn property(&mut self, receiver: NodeId, shape: &Shape, name: &str, span: Span) -> NodeId {
        let property = |row: &Function| {
            row.style == Style::Property
                && row.names.contains(&name)
                && super::call::receives(row, &shape.ty)
        };
        if self.is_stream(receiver) && functions::rows().any(|(_, row)| property(row)) {
            return self.sink(receiver, Sink::Count, span);
        }
        let has_body = |row: &Function| matches!(row.meaning, Meaning::Body(_));
        let row = functions::rows().find(|(_, row)| property(row) && has_body(row));
        match row {
            Some((number, row)) => self.call_row(number, row, vec![receiver], span),
            None => {
                let help = habit::instead_of_attribute(name);
                self.remark(error::no_attributes(shape, name, help, span));
                let key = self.text(name, span);
                self.operation(Operator::Member, vec![receiver, key], Shape::of(Type::Any), span)
            }
        }
    }

    /// `receiver[index]` (decisions 20 and 47).
    fn index(&mut self, receiver: NodeId, index: &Expression, span: Span) -> NodeId {
        let receiver = self.non_null(receiver, Fault::NullTarget, span);
        let shape = self.shape(receiver);
        if let ExpressionKind::Name(name) = &index.kind
            && !matches!(self.scoped(name), Some(Scoped::Parameter(..)))
        {
            let key = Name { span: index.span, text: name.clone() };
            return self.key(receiver, &shape, &key, span);
        }
        if let ExpressionKind::Literal(crate::syntax::tree::Literal::Text(key)) = &index.kind
            && matches!(shape.ty, Type::Record(_) | Type::Group | Type::Map)
        {
            return self.member(receiver, key, index.span);
        }
        let index = self.expression(index);
        match &shape.ty {
            Type::List(element) => {
                if self.is_stream(receiver) {
                    let index = self.position(index);
                    return self.sink(receiver, Sink::At(index), span);
                }
                let index = self.place(index);
                let element = Shape::clone(element);
                self.operation(Operator::Index, vec![receiver, index], element, span)
            }
            Type::Text => {
                let index = self.place(index);
                self.operation(Operator::Index, vec![receiver, index], Shape::of(Type::Text), span)
            }
            Type::Map | Type::Record(_) | Type::Any => {
                let index = self.as_text(index);
                self.operation(Operator::Index, vec![receiver, index], Shape::of(Type::Any), span)
            }
            Type::Group => {
                let group_type = Arc::clone(self.schema.group());
                let record = Shape::of(Type::Record(group_type));
                let record = self.push(NodeKind::GroupRecord(receiver), record, span);
                let index = self.as_text(index);
                self.operation(Operator::Index, vec![record, index], Shape::of(Type::Any), span)
            }
            _ => {
                self.remark(error::operand("[ ]", &shape, span));
                self.operation(Operator::Index, vec![receiver, index], Shape::of(Type::Any), span)
            }
        }
    }

    /// As `position`, where a fraction is no element rather than no integer (decision 20).
    fn place(&mut self, index: NodeId) -> NodeId {
        match self.shape(index).ty {
            Type::Number | Type::Any => index,
            _ => self.position(index),
        }
    }

    /// The place of an element: an integer, or a number that turns out to be one.
    fn position(&mut self, index: NodeId) -> NodeId {
        let shape = self.shape(index);
        let span = self.span(index);
        match shape.ty {
            Type::Integer if !shape.nullable => index,
            Type::Integer | Type::Number | Type::Any => {
                self.operation(Operator::AsInteger, vec![index], Shape::of(Type::Integer), span)
            }
            _ => {
                self.remark(error::expected("an integer", &shape, span));
                self.operation(Operator::AsInteger, vec![index], Shape::of(Type::Integer), span)
            }
        }
    }

    /// `receiver[name]` with a bare name that is no lambda parameter: the key of that name.
    fn key(&mut self, receiver: NodeId, shape: &Shape, key: &Name, span: Span) -> NodeId {
        match shape.ty {
            Type::Record(_) | Type::Map | Type::Group | Type::Any => {
                self.member(receiver, &key.text, key.span)
            }
            _ => {
                self.remark(error::key_on_list(&key.text, span));
                let key = self.text(&key.text, key.span);
                self.operation(Operator::Index, vec![receiver, key], Shape::of(Type::Any), span)
            }
        }
    }
}
