//! Which attributes of the user an expression reads, so that of a person nothing else need be known to
//! evaluate it.

use super::{Needs, Program, ProgramId, ProgramSet};
use crate::ir::{Body, Constant, NodeId, NodeKind};
use crate::schema::Path;
use claimsmith_runtime::types::{RecordType, Type};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an expression reads of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The attributes it names, those of the account such as `status` too.
    pub attributes: BTreeSet<String>,
    /// It takes the user whole, so that it may read any.
    pub everything: bool,
    /// Those whom it reaches from the user; what it reads of them is among the attributes.
    pub reached: BTreeSet<Path>,
}

impl Reads {
    /// Takes in what another reads.
    pub fn extend(&mut self, other: Self) {
        self.attributes.extend(other.attributes);
        self.everything |= other.everything;
        self.reached.extend(other.reached);
    }
}

impl ProgramSet {
    /// What an expression or condition reads; of an object, each member, in order.
    #[must_use]
    pub fn reads_of(&self, id: ProgramId) -> Vec<Reads> {
        let user = self.schema.ordinal("user").and_then(|at| self.schema.record_type(at));
        let Some(user) = user else { return Vec::new() };
        match self.programs.get(id.0) {
            None => Vec::new(),
            Some(Program::Json(body) | Program::Condition(body)) => {
                vec![of_body(body, user, &self.needs)]
            }
            Some(Program::Object(object)) => {
                let of_member = |member: &crate::ir::Member| {
                    let mut reads = Reads::default();
                    for alternative in &member.alternatives {
                        let bodies = alternative.guard.iter().chain([&alternative.value]);
                        bodies.for_each(|body| reads.extend(of_body(body, user, &self.needs)));
                    }
                    reads
                };
                object.members.iter().map(of_member).collect()
            }
        }
    }
}

fn of_body(body: &Body, user: &Arc<RecordType>, needs: &Needs) -> Reads {
    let mut reads = Reads { everything: is_of_user(body, body.root, user), ..Reads::default() };
    for node in &body.nodes {
        if let NodeKind::Root(ordinal) = node.kind {
            reads.reached.extend(needs.path_at(ordinal).cloned());
        }
        if let NodeKind::Slot { record, index } = &node.kind
            && let Some(record_type) = type_of(body, *record).filter(|ty| is_part_of(ty, user))
        {
            let field = record_type.fields.get(*index as usize);
            // What is read of a record within is named where that is.
            let field = field.filter(|field| !matches!(field.shape.ty, Type::Record(_)));
            reads.attributes.extend(field.map(|field| field.name.clone()));
        } else if !passes_on(body, &node.kind) {
            let children = node.kind.children();
            reads.everything |= children.iter().any(|child| is_of_user(body, *child, user));
        }
    }
    reads
}

/// Whether a node only hands a record on, or asks whether it is there.
fn passes_on(body: &Body, kind: &NodeKind) -> bool {
    let is_null = |id: &NodeId| {
        let node = body.node(*id);
        node.is_some_and(|node| node.kind == NodeKind::Constant(Constant::Null))
    };
    match kind {
        NodeKind::NonNull { .. }
        | NodeKind::Guard { .. }
        | NodeKind::Charge { .. }
        | NodeKind::ChargeSize(..)
        | NodeKind::Choice { .. } => true,
        NodeKind::Equal { lhs, rhs, .. } => is_null(lhs) || is_null(rhs),
        _ => false,
    }
}

fn is_of_user(body: &Body, id: NodeId, user: &Arc<RecordType>) -> bool {
    type_of(body, id).is_some_and(|ty| is_part_of(ty, user))
}

fn type_of(body: &Body, id: NodeId) -> Option<&Arc<RecordType>> {
    match &body.node(id)?.shape.ty {
        Type::Record(record_type) => Some(record_type),
        _ => None,
    }
}

/// Whether a record is the user's or one within it, as `profile`.
fn is_part_of(record_type: &Arc<RecordType>, user: &Arc<RecordType>) -> bool {
    let within = |field: &claimsmith_runtime::types::Field| match &field.shape.ty {
        Type::Record(inner) => Arc::ptr_eq(inner, record_type) || inner == record_type,
        _ => false,
    };
    Arc::ptr_eq(record_type, user) || record_type == user || user.fields.iter().any(within)
}
