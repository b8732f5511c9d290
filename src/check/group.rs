//! Membership tests and `user.getGroups`: made of the nodes that every program has, so that no
//! engine knows of them.

use super::{Checker, error};
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Sink, StageKind};
use crate::schema::standard;
use crate::source::Span;
use crate::syntax::tree::{Argument, Call, Expression, ExpressionKind, Key, Literal};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{self, Membership, Operator};
use claimsmith_runtime::types::{Shape, Type};

impl Checker<'_> {
    /// A membership test of the user of the request; false without a user (decision 50).
    pub(super) fn membership(&mut self, membership: Membership, call: &Call, span: Span) -> NodeId {
        let user = self.root(standard::USER, span);
        if self.shape(user).ty == Type::Null {
            return self.constant(Constant::Boolean(false), span);
        }
        let test = self.guard(user, span, |checker, user| {
            let groups = checker.member(user, "groups", span);
            match membership {
                Membership::Name => checker.member_of_name(groups, call, span),
                Membership::Id => checker.member_of_any(groups, call, span),
                Membership::Criteria => checker.groups_that(groups, call, span),
            }
        });
        let otherwise = self.constant(Constant::Boolean(false), span);
        let links = vec![Link::Default { value: test, empty_too: false }];
        self.push(NodeKind::Choice { links, otherwise }, Shape::of(Type::Boolean), span)
    }

    /// `user.getGroups(…)`.
    pub(super) fn membership_of(
        &mut self,
        receiver: NodeId,
        membership: Membership,
        call: &Call,
        span: Span,
    ) -> NodeId {
        let user = self.non_null(receiver, Fault::NullTarget, span);
        let groups = self.member(user, "groups", span);
        match membership {
            Membership::Name => self.member_of_name(groups, call, span),
            Membership::Id => self.member_of_any(groups, call, span),
            Membership::Criteria => self.groups_that(groups, call, span),
        }
    }

    /// A constant name is compared as a symbol; any other with the language's `==`.
    fn member_of_name(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            arguments.push(self.value_argument(argument, &call.name.text));
        }
        let constants: Option<Vec<String>> =
            arguments.iter().map(|node| self.constant_text(*node).map(str::to_owned)).collect();
        if let Some(names) = constants {
            let names = names.iter().map(|name| self.names.intern(name)).collect();
            let kind = NodeKind::MemberOf { groups, names };
            return self.push(kind, Shape::of(Type::Boolean), span);
        }
        let Some(name) = arguments.first().copied() else {
            return self.constant(Constant::Boolean(false), span);
        };
        let name = self.non_null(name, Fault::Type, span);
        let name = self.as_text(name);
        self.sink(groups, Sink::Contains(name), span)
    }

    /// Ids, or lists of ids: a group whose id is among them.
    fn member_of_any(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let mut ids = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            ids.push(self.value_argument(argument, &call.name.text));
        }
        let list = match ids.as_slice() {
            [only] if matches!(self.shape(*only).ty, Type::List(_)) => *only,
            _ => {
                let shape = Shape::list(Shape::of(Type::Any));
                self.operation(Operator::List, ids, shape, span)
            }
        };
        let list = self.non_null(list, Fault::Type, span);
        self.guard(list, span, |checker, list| {
            let element = checker.new_local();
            let group = checker.local(element, Shape::of(Type::Group), span);
            let id = checker.group_attribute(group, "id", span);
            let body = checker.list_contains(list, id, span);
            let kept = checker.stage(groups, StageKind::Filter, element, None, body, span);
            checker.sink(kept, Sink::Any, span)
        })
    }

    fn list_contains(&mut self, list: NodeId, value: NodeId, span: Span) -> NodeId {
        self.sink(list, Sink::Contains(value), span)
    }

    /// The groups that meet every criterion (OEL §3.4). Without criteria, all of them.
    fn groups_that(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let element = self.new_local();
        let mut conditions = Vec::new();
        for argument in &call.arguments {
            let entries = match argument {
                Argument::Expression(Expression { kind: ExpressionKind::Map(entries), .. }) => {
                    entries
                }
                Argument::Expression(other) => {
                    return self.error(error::criteria("expected criteria in braces", other.span));
                }
                Argument::Lambda(lambda) => {
                    return self.error(error::unexpected_lambda(&call.name.text, lambda.span));
                }
            };
            let Some(exact) = self.operator_of(entries) else {
                return self.push(NodeKind::Fail(Fault::Type), Shape::of(Type::Any), span);
            };
            for (key, value) in entries.iter().filter(|(key, _)| key.text != OPERATOR) {
                conditions.push(self.criterion(element, key, value, exact));
            }
        }
        let body = self.push(NodeKind::And(conditions.clone()), Shape::of(Type::Boolean), span);
        if conditions.is_empty() {
            return groups;
        }
        self.stage(groups, StageKind::Filter, element, None, body, span)
    }

    /// Whether names must match whole; `None` after telling what is wrong with the operator.
    fn operator_of(&mut self, entries: &[(Key, Expression)]) -> Option<bool> {
        let Some((key, value)) = entries.iter().find(|(key, _)| key.text == OPERATOR) else {
            return Some(false);
        };
        if !entries.iter().any(|(key, _)| key.text == NAME) {
            self.error(error::criteria("`operator` only goes with `group.profile.name`", key.span));
            return None;
        }
        match &value.kind {
            ExpressionKind::Literal(Literal::Text(text)) if text == "EXACT" => Some(true),
            ExpressionKind::Literal(Literal::Text(text)) if text == "STARTS_WITH" => Some(false),
            _ => {
                self.error(error::criteria("expected `'EXACT'` or `'STARTS_WITH'`", value.span));
                None
            }
        }
    }

    /// A condition on one group: the attribute is one of the values.
    fn criterion(
        &mut self,
        element: LocalId,
        key: &Key,
        value: &Expression,
        exact: bool,
    ) -> NodeId {
        let values: Vec<&Expression> = match &value.kind {
            ExpressionKind::List(values) => values.iter().collect(),
            _ => vec![value],
        };
        if ![NAME, "group.id", "group.type", "group.source.id"].contains(&key.text.as_str()) {
            let message = format!("`{}` is not a criterion", key.text);
            return self.error(error::criteria(&message, key.span));
        }
        let by_prefix = key.text == NAME && !exact;
        let mut alternatives = Vec::with_capacity(values.len());
        for value in values {
            let value = self.expression(value);
            let attribute = self.criterion_attribute(element, key);
            alternatives.push(self.matches_criterion(attribute, value, by_prefix));
        }
        self.push(NodeKind::Or(alternatives), Shape::of(Type::Boolean), key.span)
    }

    /// The attribute a criterion is about. Made anew for each value it is compared with, since a
    /// program is a tree.
    fn criterion_attribute(&mut self, element: LocalId, key: &Key) -> NodeId {
        let group = self.local(element, Shape::of(Type::Group), key.span);
        match key.text.as_str() {
            "group.id" => self.group_attribute(group, "id", key.span),
            "group.type" => self.group_attribute(group, "type", key.span),
            "group.source.id" => {
                let source = self.group_attribute(group, "source", key.span);
                self.guard(source, key.span, |checker, source| {
                    checker.member(source, "id", key.span)
                })
            }
            _ => self.group_attribute(group, "name", key.span),
        }
    }

    fn matches_criterion(&mut self, attribute: NodeId, value: NodeId, by_prefix: bool) -> NodeId {
        let span = self.span(value);
        let boolean = Shape::of(Type::Boolean);
        if matches!(self.shape(value).ty, Type::List(_)) {
            if by_prefix {
                return self.any_prefix(attribute, value, span);
            }
            return self.list_contains(value, attribute, span);
        }
        if !by_prefix {
            let kind = NodeKind::Equal { lhs: attribute, rhs: value, negated: false };
            return self.push(kind, boolean, span);
        }
        let value = match self.constant_text(value).map(prefix_of) {
            Some(prefix) => self.text(&prefix, span),
            None => value,
        };
        self.starts_with(attribute, value, span)
    }

    fn starts_with(&mut self, text: NodeId, prefix: NodeId, span: Span) -> NodeId {
        let row =
            functions::rows().find(|(_, row)| row.is_method() && row.names.contains(&"startsWith"));
        match row {
            Some((number, row)) => self.call_row(number, row, vec![text, prefix], span),
            None => self.push(NodeKind::Fail(Fault::Internal), Shape::of(Type::Boolean), span),
        }
    }

    /// Whether the name starts with any of a list of prefixes known at run time.
    fn any_prefix(&mut self, name: NodeId, prefixes: NodeId, span: Span) -> NodeId {
        let element_shape = super::coerce::element_of(&self.shape(prefixes).ty);
        let list = self.non_null(prefixes, Fault::Type, span);
        let element = self.new_local();
        let prefix = self.local(element, element_shape.unwrap_or(Shape::of(Type::Any)), span);
        let body = self.starts_with(name, prefix, span);
        let kept = self.stage(list, StageKind::Filter, element, None, body, span);
        self.sink(kept, Sink::Any, span)
    }
}

const OPERATOR: &str = "operator";
const NAME: &str = "group.profile.name";

/// A trailing `.*` or `*` is how older policies wrote "starts with" (OEL §3.4).
fn prefix_of(pattern: &str) -> String {
    let short = pattern.strip_suffix(".*").or_else(|| pattern.strip_suffix('*'));
    short.unwrap_or(pattern).to_owned()
}
