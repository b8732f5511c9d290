//! What the programs of a set read, so that whoever runs them loads it first: machine code fetches
//! nothing.

use super::Program;
use crate::ir::{Body, NodeKind};
use crate::schema::Path;
use claimsmith_runtime::functions::{self, Accepts, Operator};
use claimsmith_runtime::types::Type;

/// What a set of programs reads.
#[derive(Clone, Debug)]
pub struct Needs {
    /// By ordinal: whether a record is read, those at the end of paths last.
    records: Vec<bool>,
    paths: Vec<Path>,
    groups: Groups,
}

/// How much of the groups is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Groups {
    Nothing,
    /// Memberships and the names of groups.
    Names,
    /// Attributes of groups too.
    Rows,
}

impl Needs {
    pub(super) fn new(programs: &[Program], n_records: usize, paths: &[Path]) -> Self {
        let mut needs = Self {
            records: vec![false; n_records + paths.len()],
            paths: paths.to_vec(),
            groups: Groups::Nothing,
        };
        for program in programs {
            match program {
                Program::Json(body) | Program::Condition(body) => needs.note(body),
                Program::Object(object) => {
                    let all = object.members.iter().flat_map(|member| &member.alternatives);
                    for alternative in all {
                        let guard = alternative.guard.iter();
                        guard.chain([&alternative.value]).for_each(|body| needs.note(body));
                    }
                }
            }
        }
        needs
    }

    fn note(&mut self, body: &Body) {
        for node in &body.nodes {
            if let NodeKind::Root(ordinal) = node.kind
                && let Some(read) = self.records.get_mut(ordinal as usize)
            {
                *read = true;
            }
            let read = match &node.kind {
                kind if reads_rows(body, kind) => Groups::Rows,
                _ if is_of_groups(&node.shape.ty) => Groups::Names,
                _ => Groups::Nothing,
            };
            self.groups = self.groups.max(read);
        }
    }

    /// Whether the record with this ordinal is read; one that is not need not be made.
    #[must_use]
    pub fn reads(&self, ordinal: usize) -> bool {
        self.records.get(ordinal).copied().unwrap_or_default()
    }

    /// The records reached from the user, in the order of their ordinals, which follow those of
    /// the schema.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The path at whose end the record with this ordinal is, if it is one of those.
    pub(super) fn path_at(&self, ordinal: u32) -> Option<&Path> {
        let n_records = self.records.len().checked_sub(self.paths.len())?;
        self.paths.get((ordinal as usize).checked_sub(n_records)?)
    }

    /// How much of the groups is read.
    #[must_use]
    pub fn groups(&self) -> Groups {
        self.groups
    }
}

fn is_of_groups(ty: &Type) -> bool {
    match ty {
        Type::Group => true,
        Type::List(element) => is_of_groups(&element.ty),
        _ => false,
    }
}

/// Whether a value of this type may be, or hold, a group.
fn may_be_group(ty: &Type) -> bool {
    match ty {
        Type::Group | Type::Any | Type::Map => true,
        Type::List(element) => may_be_group(&element.ty),
        _ => false,
    }
}

/// Whether a node may read an attribute of a group that is not its name. Two groups are equal by
/// their ids.
fn reads_rows(body: &Body, kind: &NodeKind) -> bool {
    let may_be = |id| body.node(id).is_some_and(|node| may_be_group(&node.shape.ty));
    match kind {
        NodeKind::GroupRecord(_) => true,
        NodeKind::Call { row, .. } => functions::row(*row).is_some_and(|row| {
            row.parameters.iter().any(|parameter| parameter.accepts == Accepts::Group)
        }),
        NodeKind::Operation { operator: Operator::Member | Operator::Index, arguments } => {
            arguments.first().is_some_and(|receiver| may_be(*receiver))
        }
        NodeKind::Equal { lhs, rhs, .. } => may_be(*lhs) && may_be(*rhs),
        _ => false,
    }
}
