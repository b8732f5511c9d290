//! `Groups.*` and `getFilteredGroups`: groups of the user by name or from a list of ids, never more
//! than a limit says (OEL §3.4, decision 43).

use super::group::Bound;
use super::{Checker, error, lint};
use crate::ir::{Constant, Link, LocalId, NodeId, NodeKind, Sink, StageKind};
use crate::schema::{Place, standard};
use crate::source::Span;
use crate::syntax::tree::Call;
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::Limited;
use claimsmith_runtime::group::internal;
use claimsmith_runtime::types::{Shape, Type};

/// The context key that says how a token is asked for, and its value without a limit of 100.
const FLOW: &str = "flow";
const CODE: &str = "code";
/// The greatest limit in every other flow (OEL §3.4).
const MOST_GROUPS: i64 = 100;
/// The grant of `access.grantType` that is that flow.
const CODE_GRANT: &str = "authorization_code";

impl Checker<'_> {
    pub(super) fn limited(&mut self, limited: Limited, call: &Call, span: Span) -> NodeId {
        let user = self.root(standard::USER, span);
        let user = self.non_null(user, Fault::NoUser, span);
        self.guard(user, span, |checker, user| {
            let groups = checker.groups_of(user, span);
            match limited {
                Limited::StartsWith => checker.names_that("startsWith", groups, call, span),
                Limited::EndsWith => checker.names_that("endsWith", groups, call, span),
                Limited::Contains => checker.names_that("contains", groups, call, span),
                Limited::Filtered => checker.filtered_groups(groups, call, span),
            }
        })
    }

    /// `Groups.…(app, pattern, limit)`: the names of which a method of text holds, of groups from
    /// this source.
    fn names_that(&mut self, method: &str, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let [app, pattern, limit] = call.arguments.as_slice() else {
            return self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), span);
        };
        let mut bound = Bound::default();
        let mut take = |checker: &mut Self, argument| {
            let value = checker.value_argument(argument, &call.name.text);
            let value = checker.text_argument(value);
            checker.bind(&mut bound, value)
        };
        let (app, pattern) = (take(self, app), take(self, pattern));
        let limit = self.value_argument(limit, &call.name.text);
        let limit = self.limit(limit, &mut bound);
        let kept = self.groups_where(groups, span, |checker, group| {
            let pattern = checker.bound(pattern);
            let named = checker.name_that(method, group, pattern, span);
            let (group, app) = (checker.again(group), checker.bound(app));
            let from = checker.internal(internal::FROM_SOURCE, vec![group, app], span);
            checker.push(NodeKind::And(vec![named, from]), Shape::of(Type::Boolean), span)
        });
        let names = self.member(kept, "name", span);
        let names = self.within_limit(names, limit, span);
        self.within(bound, names, span)
    }

    /// `getFilteredGroups(allowlist, expression, limit)`: what the expression makes of each of the
    /// user's groups that is listed, in the order of the list.
    fn filtered_groups(&mut self, groups: NodeId, call: &Call, span: Span) -> NodeId {
        let [allowlist, expression, limit] = call.arguments.as_slice() else {
            return self.push(NodeKind::Fail(Fault::Arity), Shape::of(Type::Any), span);
        };
        let mut bound = Bound::default();
        let groups = self.bind(&mut bound, groups);
        let allowlist = self.value_argument(allowlist, &call.name.text);
        let allowlist = self.allowlist(allowlist);
        let allowlist = self.bind(&mut bound, allowlist);
        let limit = self.value_argument(limit, &call.name.text);
        let limit = self.limit(limit, &mut bound);
        let listed = self.listed_groups(groups, allowlist, span);
        let listed = self.within_limit(listed, limit, span);
        let made = self.guard(listed, span, |checker, listed| {
            let element = checker.new_local();
            let shape = Shape::of(Type::Group);
            let body = match checker.group_expression(expression, element, shape) {
                Ok(body) => body,
                Err(failed) => return failed,
            };
            checker.stage(listed, StageKind::Map, element, None, body, span)
        });
        self.within(bound, made, span)
    }

    /// The user's groups whose id is in the list, in its order. Null is no id.
    fn listed_groups(
        &mut self,
        groups: (LocalId, NodeId),
        allowlist: (LocalId, NodeId),
        span: Span,
    ) -> NodeId {
        let ids = self.bound(allowlist);
        let id_shape =
            super::coerce::element_of(&self.shape(ids).ty).unwrap_or(Shape::of(Type::Any));
        let wanted = self.new_local();
        let groups = self.bound(groups);
        let found = self.groups_where(groups, span, |checker, group| {
            let id = checker.group_attribute(group, "id", span);
            let same = checker.guard(id, span, |checker, id| {
                let wanted = checker.local(wanted, id_shape, span);
                let kind = NodeKind::Equal { lhs: id, rhs: wanted, negated: false };
                checker.push(kind, Shape::of(Type::Boolean), span)
            });
            checker.or_false(same, span)
        });
        let first = self.sink(found, Sink::First, span);
        let found = self.stage(ids, StageKind::Map, wanted, None, first, span);
        let element = self.new_local();
        let group = self.local(element, Shape::or_null(Type::Group), span);
        let null = self.constant(Constant::Null, span);
        let kind = NodeKind::Equal { lhs: group, rhs: null, negated: true };
        let is_there = self.push(kind, Shape::of(Type::Boolean), span);
        let kept = self.stage(found, StageKind::Filter, element, None, is_there, span);
        let element = self.new_local();
        let group = self.local(element, Shape::or_null(Type::Group), span);
        let group = self.non_null(group, Fault::Internal, span);
        self.stage(kept, StageKind::Map, element, None, group, span)
    }

    /// A list as it is; anything else faults in Okta's words.
    fn allowlist(&mut self, value: NodeId) -> NodeId {
        let (shape, span) = (self.shape(value), self.span(value));
        match shape.ty {
            Type::List(_) if !shape.nullable => return value,
            Type::List(_) | Type::Any => {}
            _ => self.remark(error::allowlist(&shape, span)),
        }
        let list = self.internal(internal::ALLOWLIST, vec![value], span);
        // What the row gives has the elements that the value has.
        match (&shape.ty, self.kind(list).cloned()) {
            (Type::List(_), Some(kind)) => {
                self.push(kind, Shape { nullable: false, ..shape }, span)
            }
            _ => list,
        }
    }

    /// The limit, checked, under a name.
    fn limit(&mut self, value: NodeId, bound: &mut Bound) -> (LocalId, NodeId) {
        let (shape, span) = (self.shape(value), self.span(value));
        if !matches!(shape.ty, Type::Integer | Type::Number | Type::Any) {
            self.remark(error::group_limit(&shape, span));
        }
        if let Some(NodeKind::Constant(Constant::Integer(limit))) = self.kind(value)
            && *limit > MOST_GROUPS
        {
            self.diagnostics.push(lint::limit_above_100(*limit, span));
        }
        let any_number = self.is_code_flow(span);
        let limit = self.internal(internal::LIMIT, vec![value, any_number], span);
        self.bind(bound, limit)
    }

    /// The list if it has no more elements than the limit, null if it has none.
    fn within_limit(&mut self, list: NodeId, limit: (LocalId, NodeId), span: Span) -> NodeId {
        let limit = self.bound(limit);
        self.internal(internal::WITHIN, vec![list, limit], span)
    }

    /// Whether the token is asked for by the authorization code flow, for which a limit may be any
    /// number: as the context says, else as the request began, else it is.
    fn is_code_flow(&mut self, span: Span) -> NodeId {
        if matches!(self.schema.find(FLOW), Some(Place::Further { .. })) {
            let flow = self.root(FLOW, span);
            let code = self.text(CODE, span);
            let links = vec![Link::Default { value: flow, empty_too: false }];
            let flow =
                self.push(NodeKind::Choice { links, otherwise: code }, Shape::of(Type::Any), span);
            return self.is_text(flow, CODE, span);
        }
        if !self.schema.tells_grant() {
            return self.constant(Constant::Boolean(true), span);
        }
        let access = self.root("access", span);
        let same = self.guard(access, span, |checker, access| {
            let grant = checker.member(access, "grantType", span);
            checker.is_text(grant, CODE_GRANT, span)
        });
        self.or_false(same, span)
    }

    fn is_text(&mut self, value: NodeId, text: &str, span: Span) -> NodeId {
        let rhs = self.text(text, span);
        let kind = NodeKind::Equal { lhs: value, rhs, negated: false };
        self.push(kind, Shape::of(Type::Boolean), span)
    }
}
