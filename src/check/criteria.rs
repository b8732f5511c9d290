//! The criteria of `user.getGroups` and `user.isMemberOf`: maps of attributes of groups and what
//! each must be (OEL §3.4).

use super::group::{Bound, Wanted, texts};
use super::{Checker, error, lint};
use crate::ir::{NodeId, NodeKind, Sink, StageKind};
use crate::source::Span;
use crate::syntax::tree::{Argument, Call, Expression, ExpressionKind, Key};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::group::{internal, prefix_of};
use claimsmith_runtime::types::{Shape, Type};

/// The key that says how names are compared.
const OPERATOR: &str = "operator";

/// An attribute of groups that a criterion can be about.
#[derive(Clone, Copy, PartialEq)]
enum Attribute {
    Name,
    Id,
    Type,
    SourceId,
}

const ATTRIBUTES: [(&str, Attribute); 4] = [
    ("group.profile.name", Attribute::Name),
    ("group.id", Attribute::Id),
    ("group.type", Attribute::Type),
    ("group.source.id", Attribute::SourceId),
];

/// What an attribute must be.
struct Criterion {
    attribute: Attribute,
    /// Whether names must be equal, not only start so.
    exact: bool,
    wanted: Vec<Wanted>,
    span: Span,
}

impl Checker<'_> {
    /// The groups that meet every criterion. Without criteria, all of them.
    pub(super) fn groups_that(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let (mut bound, mut criteria) = (Bound::default(), Vec::new());
        for argument in &call.arguments {
            if let Err(failed) = self.read_criteria(argument, call, &mut bound, &mut criteria) {
                return failed;
            }
        }
        if criteria.is_empty() {
            return groups;
        }
        let kept = self.groups_where(groups, span, |checker, group| {
            let tests = criteria.iter().map(|one| checker.criterion(group, one)).collect();
            checker.push(NodeKind::And(tests), Shape::of(Type::Boolean), span)
        });
        self.within(bound, kept, span)
    }

    /// Adds what one map asks for.
    fn read_criteria(
        &mut self,
        argument: &Argument,
        call: &Call,
        bound: &mut Bound,
        criteria: &mut Vec<Criterion>,
    ) -> Result<(), NodeId> {
        let entries = match argument {
            Argument::Expression(Expression { kind: ExpressionKind::Map(entries), .. }) => entries,
            Argument::Expression(other) => {
                return Err(self.error(error::criteria("expected criteria in braces", other.span)));
            }
            Argument::Lambda(lambda) => {
                return Err(self.error(error::unexpected_lambda(&call.name.text, lambda.span)));
            }
        };
        let exact = self.is_exact(entries)?;
        for (key, value) in entries.iter().filter(|(key, _)| key.text != OPERATOR) {
            let known = ATTRIBUTES.iter().find(|(name, _)| *name == key.text);
            let Some((_, attribute)) = known else {
                let message = format!("`{}` is not a criterion", key.text);
                return Err(self.error(error::criteria(&message, key.span)));
            };
            let attribute = *attribute;
            let wanted = self.wanted_values(value, attribute == Attribute::Name && !exact, bound);
            criteria.push(Criterion { attribute, exact, wanted, span: key.span });
        }
        Ok(())
    }

    /// Whether names must match whole.
    fn is_exact(&mut self, entries: &[(Key, Expression)]) -> Result<bool, NodeId> {
        let Some((key, value)) = entries.iter().find(|(key, _)| key.text == OPERATOR) else {
            return Ok(false);
        };
        let name = ATTRIBUTES.iter().find(|(_, attribute)| *attribute == Attribute::Name);
        if !entries.iter().any(|(key, _)| name.is_some_and(|(name, _)| *name == key.text)) {
            let message = "`operator` only goes with `group.profile.name`";
            return Err(self.error(error::criteria(message, key.span)));
        }
        let operator = self.expression(value);
        match self.constant_text(operator) {
            Some("EXACT") => Ok(true),
            Some("STARTS_WITH") => Ok(false),
            _ => {
                let message = "expected `'EXACT'` or `'STARTS_WITH'`";
                Err(self.error(error::criteria(message, value.span)))
            }
        }
    }

    /// One text or a list of them, any of which will do.
    fn wanted_values(
        &mut self,
        value: &Expression,
        by_prefix: bool,
        bound: &mut Bound,
    ) -> Vec<Wanted> {
        let values = match &value.kind {
            ExpressionKind::List(values) => values.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let row = if by_prefix { internal::PREFIXES } else { internal::TEXTS };
        let mut wanted = Vec::with_capacity(values.len());
        for value in values {
            let value = self.expression(value);
            wanted.push(match self.wanted(value, row, bound) {
                Wanted::Text(text, span) if by_prefix => {
                    let prefix = prefix_of(&text).to_owned();
                    if prefix.contains(['^', '(', ')', '|']) {
                        self.diagnostics.push(lint::criterion_pattern(span));
                    }
                    Wanted::Text(prefix, span)
                }
                wanted => wanted,
            });
        }
        wanted
    }

    /// Whether a group meets a criterion.
    fn criterion(&mut self, group: NodeId, criterion: &Criterion) -> NodeId {
        let Criterion { attribute, exact, wanted, span } = criterion;
        let group = self.again(group);
        match attribute {
            Attribute::Name if *exact => {
                let name = self.group_attribute(group, "name", *span);
                self.is_one_of(name, wanted, *span)
            }
            Attribute::Name => {
                let tests =
                    wanted.iter().map(|one| self.starts_with(group, one)).collect::<Vec<_>>();
                self.any_of(tests, *span)
            }
            Attribute::Id => {
                let id = self.group_attribute(group, "id", *span);
                self.is_one_of(id, wanted, *span)
            }
            Attribute::Type => {
                let found = self.group_attribute(group, "type", *span);
                self.is_one_of(found, wanted, *span)
            }
            Attribute::SourceId => {
                let source = self.group_attribute(group, "source", *span);
                let id = self
                    .guard(source, *span, |checker, source| checker.member(source, "id", *span));
                self.is_one_of(id, wanted, *span)
            }
        }
    }

    /// Whether the name of a group starts with a text, or with any of a list.
    fn starts_with(&mut self, group: NodeId, wanted: &Wanted) -> NodeId {
        let group = self.again(group);
        match wanted {
            Wanted::Text(prefix, span) => {
                let prefix = self.text(prefix, *span);
                self.name_that("startsWith", group, prefix, *span)
            }
            Wanted::OneOf(list, span) => {
                let list = self.local(*list, texts(), *span);
                let element = self.new_local();
                let prefix = self.local(element, Shape::of(Type::Text), *span);
                let body = self.name_that("startsWith", group, prefix, *span);
                let kept = self.stage(list, StageKind::Filter, element, None, body, *span);
                self.sink(kept, Sink::Any, *span)
            }
        }
    }

    /// A local again: a program is a tree, so each use is a node of its own.
    pub(super) fn again(&mut self, local: NodeId) -> NodeId {
        let (shape, span) = (self.shape(local), self.span(local));
        match self.kind(local).cloned() {
            Some(kind @ NodeKind::Local(_)) => self.push(kind, shape, span),
            _ => self.push(NodeKind::Fail(Fault::Internal), Shape::of(Type::Any), span),
        }
    }
}
