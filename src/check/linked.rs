//! Records beyond the user of the request: linked users, managers, assistants, users as
//! applications and directories know them (OEL §3.5). Which, is known when the expression is
//! checked (decision 48), so that each is loaded before it runs.

use super::{Checker, error};
use crate::diagnostic::nearest;
use crate::ir::{Constant, Link as Choice, NodeId, NodeKind, Sink};
use crate::schema::path::APP_USER;
use crate::schema::{Link, Path, standard};
use crate::source::Span;
use crate::syntax::tree::{Argument, Call};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{Operator, Relation};
use claimsmith_runtime::types::{Shape, Type};
use std::sync::Arc;

/// What `getInternalProperty` can be asked for.
const INTERNAL: [&str; 2] = ["id", "status"];

impl Checker<'_> {
    /// A relation of the user of the request.
    pub(super) fn relation(&mut self, relation: Relation, call: &Call, span: Span) -> NodeId {
        if let Some(refused) = self.refuse_others(relation, call) {
            return refused;
        }
        let arguments = match self.names_in(call) {
            Ok(arguments) => arguments,
            Err(failed) => return failed,
        };
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next().unwrap_or_default();
        let manager = |of, source| match of {
            Relation::Assistant | Relation::AssistantAppUser => Link::Assistant(source),
            _ => Link::Manager(source),
        };
        match relation {
            Relation::Manager | Relation::Assistant => {
                let path = Path::default().then(manager(relation, next()));
                self.reached(path, span)
            }
            Relation::ManagerAppUser | Relation::AssistantAppUser => {
                let path = Path::default().then(manager(relation, next()));
                let path = path.and_then(|path| path.then(Link::AppUser(next())));
                let app_user = self.reached(path, span);
                self.guard(app_user, span, |checker, app_user| {
                    checker.member(app_user, standard::PROFILE, span)
                })
            }
            Relation::HasDirectoryUser => self.has_one("directory", call, span),
            Relation::FindDirectoryUser => self.the_one("directory", call, span),
            Relation::HasWorkdayUser => self.has_one("workday", call, span),
            Relation::FindWorkdayUser => self.the_one("workday", call, span),
            Relation::LinkedObject | Relation::AppUser | Relation::InternalProperty => {
                let user = self.root(standard::USER, span);
                self.relation_of(user, relation, call, span)
            }
        }
    }

    /// `receiver.getLinkedObject(…)` and the others of a user.
    pub(super) fn relation_of(
        &mut self,
        receiver: NodeId,
        relation: Relation,
        call: &Call,
        span: Span,
    ) -> NodeId {
        if let Some(refused) = self.refuse_others(relation, call) {
            return refused;
        }
        let name = match self.names_in(call) {
            Ok(names) => names.into_iter().next().unwrap_or_default(),
            Err(failed) => return failed,
        };
        if relation == Relation::InternalProperty {
            return self.internal_property(receiver, &name, call, span);
        }
        let link = match relation {
            Relation::AppUser => Link::AppUser(name),
            Relation::Manager => Link::Manager(name),
            Relation::Assistant => Link::Assistant(name),
            _ => Link::LinkedObject(name),
        };
        let shape = self.shape(receiver);
        let user = self.non_null(receiver, Fault::NullTarget, span);
        if shape.ty == Type::Null {
            return user;
        }
        let Some(path) = self.path_of(receiver) else {
            return self.error(error::user_unknown(&call.name.text, call.name.span));
        };
        let Some(path) = path.then(link) else {
            return self.error(error::too_many_links(call.name.span));
        };
        if user == receiver {
            return self.reached(Some(path), span);
        }
        self.guard(user, span, |checker, _| checker.reached(Some(path), span))
    }

    /// What becomes of a relation where there is only the user.
    fn refuse_others(&mut self, relation: Relation, call: &Call) -> Option<NodeId> {
        let leads_on = relation != Relation::InternalProperty && !self.position.reaches_others();
        leads_on.then(|| self.error(error::alone_in_group_rules(&call.name.text, call.name.span)))
    }

    /// The texts that the arguments are.
    fn names_in(&mut self, call: &Call) -> Result<Vec<String>, NodeId> {
        let name = |argument: &Argument| self.constant_argument(argument, &call.name.text);
        let names: Result<Vec<(String, Span)>, NodeId> = call.arguments.iter().map(name).collect();
        Ok(names?.into_iter().map(|(name, _)| name).collect())
    }

    fn internal_property(
        &mut self,
        receiver: NodeId,
        name: &str,
        call: &Call,
        span: Span,
    ) -> NodeId {
        if INTERNAL.contains(&name) {
            return self.member(receiver, name, span);
        }
        let at = match call.arguments.first() {
            Some(Argument::Expression(tree)) => tree.span,
            _ => call.name.span,
        };
        let near = nearest(name, INTERNAL.into_iter()).map(error::did_you_mean);
        self.error(error::unknown_attribute("getInternalProperty", name, near, at))
    }

    /// The record at the end of a path, or null.
    fn reached(&mut self, path: Option<Path>, span: Span) -> NodeId {
        let Some(path) = path else { return self.error(error::too_many_links(span)) };
        let record_type = self.schema.reached_type(&path);
        let ordinal = self.schema.n_records() + self.names.intern_path(path);
        let ordinal = u32::try_from(ordinal).unwrap_or(u32::MAX);
        self.push(NodeKind::Root(ordinal), Shape::or_null(Type::Record(record_type)), span)
    }

    /// How the user that a node gives is reached; `None` where that is not known.
    fn path_of(&self, node: NodeId) -> Option<Path> {
        match *self.kind(node)? {
            NodeKind::Root(ordinal) => {
                let ordinal = ordinal as usize;
                if Some(ordinal) == self.schema.ordinal(standard::USER) {
                    return Some(Path::default());
                }
                let index = ordinal.checked_sub(self.schema.n_records())?;
                self.names.paths().get(index).cloned()
            }
            NodeKind::NonNull { value, .. } => self.path_of(value),
            NodeKind::Guard { rest, .. } => self.path_of(rest),
            NodeKind::Local(local) => {
                let (_, value) = self.guarded.iter().find(|(known, _)| *known == local)?;
                self.path_of(*value)
            }
            _ => None,
        }
    }

    /// The profile of a user as an application knows them: that of one who is not assigned is
    /// empty (decision 55). `None` for any other member.
    pub(super) fn app_user_profile(
        &mut self,
        receiver: NodeId,
        name: &str,
        span: Span,
    ) -> Option<NodeId> {
        let shape = self.shape(receiver);
        let is_app_user =
            matches!(&shape.ty, Type::Record(record) if Arc::ptr_eq(record, &APP_USER));
        if !(is_app_user && shape.nullable && name == standard::PROFILE) {
            return None;
        }
        let value = self.guard(receiver, span, |checker, bound| checker.member(bound, name, span));
        let otherwise = self.operation(Operator::Map, Vec::new(), Shape::of(Type::Map), span);
        let links = vec![Choice::Default { value, empty_too: false }];
        Some(self.push(NodeKind::Choice { links, otherwise }, Shape::of(Type::Map), span))
    }

    /// Whether a directory knows the user exactly once.
    fn has_one(&mut self, directory: &str, call: &Call, span: Span) -> NodeId {
        let Some(list) = self.app_users_in(directory, call) else {
            return self.constant(Constant::Boolean(false), span);
        };
        let has = self.guard(list, span, |checker, list| checker.is_one(list, span));
        self.or_false(has, span)
    }

    /// The one that a directory knows, or null for none or several.
    fn the_one(&mut self, directory: &str, call: &Call, span: Span) -> NodeId {
        let Some(list) = self.app_users_in(directory, call) else {
            return self.constant(Constant::Null, span);
        };
        self.guard(list, span, |checker, list| {
            let condition = checker.is_one(list, span);
            let list = checker.again(list);
            let first = checker.constant(Constant::Integer(0), span);
            let any = Shape::of(Type::Any);
            let then = checker.operation(Operator::Index, vec![list, first], any.clone(), span);
            let otherwise = checker.constant(Constant::Null, span);
            let links = vec![Choice::If { condition, then }];
            checker.push(NodeKind::Choice { links, otherwise }, any, span)
        })
    }

    fn is_one(&mut self, list: NodeId, span: Span) -> NodeId {
        let lhs = self.sink(list, Sink::Count, span);
        let rhs = self.constant(Constant::Integer(1), span);
        self.push(NodeKind::Equal { lhs, rhs, negated: false }, Shape::of(Type::Boolean), span)
    }

    /// The users that a directory knows; `None` where there never are any.
    fn app_users_in(&mut self, directory: &str, call: &Call) -> Option<NodeId> {
        if self.schema.find(directory).is_none() && self.position.has(directory) {
            return None;
        }
        let list = self.root(directory, call.name.span);
        matches!(self.shape(list).ty, Type::List(_)).then_some(list)
    }
}
