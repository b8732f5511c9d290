//! Membership of the user: made of the nodes that every program has, so that no engine knows of
//! it. What a test compares with is evaluated once, before the first group is looked at.

use super::{Checker, error};
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Sink, StageKind};
use crate::schema::standard;
use crate::source::Span;
use crate::syntax::tree::Call;
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{Membership, Operator};
use claimsmith_runtime::group::{internal, without_slashes};
use claimsmith_runtime::pattern::Pattern;
use claimsmith_runtime::types::{Shape, Type};

/// Values that are evaluated before the first group, in the order written, each under a local.
#[derive(Default)]
pub(super) struct Bound(Vec<(LocalId, NodeId)>);

/// What an attribute of a group is compared with.
pub(super) enum Wanted {
    Text(String, Span),
    /// A list of texts.
    OneOf(LocalId, Span),
}

impl Checker<'_> {
    /// `isMemberOf…(…)`: a question about the user of the request; false without one (decision 50).
    pub(super) fn membership(&mut self, membership: Membership, call: &Call, span: Span) -> NodeId {
        let user = self.root(standard::USER, span);
        let test = self.guard(user, span, |checker, user| {
            let groups = checker.groups_of(user, span);
            checker.question(membership, groups, call, span)
        });
        self.or_false(test, span)
    }

    /// `user.getGroups(…)` and `user.isMemberOf(…)`.
    pub(super) fn membership_of(
        &mut self,
        receiver: NodeId,
        membership: Membership,
        call: &Call,
        span: Span,
    ) -> NodeId {
        let user = self.non_null(receiver, Fault::NullTarget, span);
        let groups = self.groups_of(user, span);
        self.question(membership, groups, call, span)
    }

    /// The groups of a user; of one who is never there, none.
    pub(super) fn groups_of(&mut self, user: NodeId, span: Span) -> NodeId {
        if matches!(self.shape(user).ty, Type::Record(_)) {
            return self.member(user, "groups", span);
        }
        self.operation(Operator::List, Vec::new(), Shape::list(Shape::of(Type::Group)), span)
    }

    fn question(
        &mut self,
        membership: Membership,
        groups: NodeId,
        call: &Call,
        span: Span,
    ) -> NodeId {
        match membership {
            Membership::Name => self.has_name(groups, call, span),
            Membership::NameStartsWith => self.has_name_that("startsWith", groups, call, span),
            Membership::NameContains => self.has_name_that("contains", groups, call, span),
            Membership::NameMatches => self.has_name_of_pattern(groups, call, span),
            Membership::Id => self.has_id(groups, call, span),
            Membership::Criteria => self.groups_that(groups, call, span),
            Membership::AnyOfCriteria => {
                let kept = self.groups_that(groups, call, span);
                self.sink(kept, Sink::Any, span)
            }
        }
    }

    /// The only argument as text that is not null.
    fn only_text(&mut self, call: &Call) -> NodeId {
        let Some(argument) = call.arguments.first() else {
            return self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), call.name.span);
        };
        let value = self.value_argument(argument, &call.name.text);
        self.text_argument(value)
    }

    /// A constant name is compared as a symbol; any other with the language's `==`.
    fn has_name(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let name = self.only_text(call);
        if let Some(name) = self.constant_text(name).map(str::to_owned) {
            let names = vec![self.names.intern(&name)];
            return self.push(NodeKind::MemberOf { groups, names }, Shape::of(Type::Boolean), span);
        }
        self.sink(groups, Sink::Contains(name), span)
    }

    /// Whether a method of text holds of the name of any group.
    fn has_name_that(&mut self, method: &str, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let mut bound = Bound::default();
        let part = self.only_text(call);
        let part = self.bind(&mut bound, part);
        let test = self.any_group(groups, span, |checker, group| {
            let part = checker.bound(part);
            checker.name_that(method, group, part, span)
        });
        self.within(bound, test, span)
    }

    /// Whether a method of text holds of the name of this group.
    pub(super) fn name_that(
        &mut self,
        method: &str,
        group: NodeId,
        part: NodeId,
        span: Span,
    ) -> NodeId {
        let name = self.group_attribute(group, "name", span);
        self.text_method(method, vec![name, part], span)
    }

    /// Slashes around the pattern are dropped (OEL §3.4). One that is not constant is compiled once,
    /// which takes the list of all names.
    fn has_name_of_pattern(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let pattern = self.only_text(call);
        let at = self.span(pattern);
        let Some(bare) = self.constant_text(pattern).map(without_slashes).map(str::to_owned) else {
            let pattern = self.internal(internal::BARE_PATTERN, vec![pattern], at);
            let names = self.member(groups, "name", span);
            return self.internal(internal::ANY_MATCHES, vec![names, pattern], span);
        };
        if let Err(words) = Pattern::new(&bare) {
            return self.error(error::pattern(&words, at));
        }
        self.note_pattern(at);
        self.remark_plain_group_pattern(&bare, at);
        self.any_group(groups, span, |checker, group| {
            let pattern = checker.text(&bare, at);
            checker.name_that("matches", group, pattern, span)
        })
    }

    /// Ids, or lists of ids: whether the id of any group is among them.
    fn has_id(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let (mut bound, mut wanted) = (Bound::default(), Vec::new());
        for argument in &call.arguments {
            let value = self.value_argument(argument, &call.name.text);
            wanted.push(self.wanted(value, internal::TEXTS, &mut bound));
        }
        let test = self.any_group(groups, span, |checker, group| {
            let id = checker.group_attribute(group, "id", span);
            checker.is_one_of(id, &wanted, span)
        });
        self.within(bound, test, span)
    }

    /// Whether the condition holds of any group.
    fn any_group(
        &mut self,
        groups: NodeId,
        span: Span,
        condition: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> NodeId {
        let kept = self.groups_where(groups, span, condition);
        self.sink(kept, Sink::Any, span)
    }

    /// The groups of which the condition holds.
    pub(super) fn groups_where(
        &mut self,
        groups: NodeId,
        span: Span,
        condition: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> NodeId {
        let element = self.new_local();
        let group = self.local(element, Shape::of(Type::Group), span);
        let body = condition(self, group);
        self.stage(groups, StageKind::Filter, element, None, body, span)
    }

    /// What a value of a criterion stands for: one constant text, or a list made once by the
    /// internal row of this name.
    pub(super) fn wanted(&mut self, value: NodeId, row: &str, bound: &mut Bound) -> Wanted {
        let span = self.span(value);
        if let Some(text) = self.constant_text(value) {
            return Wanted::Text(text.to_owned(), span);
        }
        let shape = self.shape(value);
        if matches!(
            shape.ty,
            Type::Null | Type::Boolean | Type::Integer | Type::Number | Type::Map | Type::Record(_)
        ) {
            self.remark(error::expected("text or a list of texts", &shape, span));
        }
        let list = self.internal(row, vec![value], span);
        let (local, _) = self.bind(bound, list);
        Wanted::OneOf(local, span)
    }

    /// Whether an attribute that may be null is one of these; null is none of them.
    pub(super) fn is_one_of(&mut self, attribute: NodeId, wanted: &[Wanted], span: Span) -> NodeId {
        let boolean = Shape::of(Type::Boolean);
        let is = self.guard(attribute, span, |checker, attribute| {
            let mut tests = Vec::with_capacity(wanted.len());
            for one in wanted {
                let attribute = checker.again(attribute);
                tests.push(match one {
                    Wanted::Text(text, span) => {
                        let rhs = checker.text(text, *span);
                        let kind = NodeKind::Equal { lhs: attribute, rhs, negated: false };
                        checker.push(kind, boolean.clone(), *span)
                    }
                    Wanted::OneOf(list, span) => {
                        let list = checker.local(*list, texts(), *span);
                        checker.sink(list, Sink::Contains(attribute), *span)
                    }
                });
            }
            checker.any_of(tests, span)
        });
        self.or_false(is, span)
    }

    /// Whether one of these booleans is true.
    pub(super) fn any_of(&mut self, mut tests: Vec<NodeId>, span: Span) -> NodeId {
        match (tests.len(), tests.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                tests.push(last);
                self.push(NodeKind::Or(tests), Shape::of(Type::Boolean), span)
            }
            (_, None) => self.constant(Constant::Boolean(false), span),
        }
    }

    /// A boolean, or false where it is null.
    pub(super) fn or_false(&mut self, value: NodeId, span: Span) -> NodeId {
        if !self.shape(value).nullable {
            return value;
        }
        let otherwise = self.constant(Constant::Boolean(false), span);
        let links = vec![Link::Default { value, empty_too: false }];
        self.push(NodeKind::Choice { links, otherwise }, Shape::of(Type::Boolean), span)
    }

    /// Gives a value that is not null a name until [`Checker::within`].
    pub(super) fn bind(&mut self, bound: &mut Bound, value: NodeId) -> (LocalId, NodeId) {
        let local = self.new_local();
        self.flow.alias(local, value);
        bound.0.push((local, value));
        (local, value)
    }

    /// The value of such a name.
    pub(super) fn bound(&mut self, (local, value): (LocalId, NodeId)) -> NodeId {
        let (shape, span) = (self.shape(value), self.span(value));
        self.local(local, shape, span)
    }

    /// `body` with all names bound, the first value evaluated first.
    pub(super) fn within(&mut self, bound: Bound, body: NodeId, span: Span) -> NodeId {
        let bind = |rest, (local, value)| {
            let shape = self.shape(rest);
            self.push(NodeKind::Guard { local, value, rest }, shape, span)
        };
        bound.0.into_iter().rev().fold(body, bind)
    }
}

/// The shape of a list of texts.
pub(super) fn texts() -> Shape {
    Shape::list(Shape::of(Type::Text))
}
