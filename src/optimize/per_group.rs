//! Which lambdas depend on nothing but the group that they are given, so that what they make of it
//! can be kept; and when two of them say the same.

use crate::ir::{Body, LocalId, NodeId, NodeKind, Stage, StageKind};
use claimsmith_runtime::functions::{self, Operator};
use claimsmith_runtime::types::{Shape, Type};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the stages of a stream over groups say, the same for equal ones wherever they stand; `None`
/// if they depend on anything but the group.
pub(crate) fn text(body: &Body, source: NodeId, stages: &[Stage]) -> Option<String> {
    let groups = Shape::list(Shape::of(Type::Group));
    if stages.is_empty() || body.node(source)?.shape != groups {
        return None;
    }
    let mut writer =
        Writer { body, text: String::new(), nodes: BTreeMap::new(), locals: BTreeMap::new() };
    for stage in stages {
        let is_plain = matches!(stage.kind, StageKind::Filter | StageKind::Map);
        if !is_plain || stage.index.is_some() {
            return None;
        }
        writer.bind(stage.element);
        let made = writer.node(stage.body)?;
        writer.write(format_args!("{:?} %{made};", stage.kind))?;
    }
    Some(writer.text)
}

/// Writes nodes in the order they are met, with numbers of their own for nodes and locals.
struct Writer<'b> {
    body: &'b Body,
    text: String,
    nodes: BTreeMap<NodeId, u32>,
    locals: BTreeMap<LocalId, LocalId>,
}

impl Writer<'_> {
    fn write(&mut self, words: std::fmt::Arguments<'_>) -> Option<()> {
        self.text.write_fmt(words).ok()
    }

    fn bind(&mut self, local: LocalId) -> LocalId {
        let number = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        *self.locals.entry(local).or_insert(LocalId(number))
    }

    /// Writes a node and what it reads, and gives its number.
    fn node(&mut self, id: NodeId) -> Option<u32> {
        if let Some(number) = self.nodes.get(&id) {
            return Some(*number);
        }
        let node = self.body.node(id)?;
        let mut kind = node.kind.clone();
        match &mut kind {
            NodeKind::Local(local) => *local = *self.locals.get(local)?,
            NodeKind::Guard { local, value, .. } => {
                self.node(*value)?;
                *local = self.bind(*local);
            }
            other if !is_of_the_group_alone(other) => return None,
            _ => {}
        }
        for child in kind.children_mut() {
            *child = NodeId(self.node(*child)?);
        }
        let number = u32::try_from(self.nodes.len()).ok()?;
        self.write(format_args!("%{number} {kind:?}: {:?};", node.shape))?;
        self.nodes.insert(id, number);
        Some(number)
    }
}

/// Whether a node that binds and reads no local depends on nothing but its operands and the table of
/// groups.
fn is_of_the_group_alone(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Constant(_)
        | NodeKind::Slot { .. }
        | NodeKind::GroupRecord(_)
        | NodeKind::NonNull { .. }
        | NodeKind::Not(_)
        | NodeKind::And(_)
        | NodeKind::Or(_)
        | NodeKind::Choice { .. }
        | NodeKind::Equal { .. }
        | NodeKind::Order { .. }
        | NodeKind::Arithmetic { .. }
        | NodeKind::Concat(_)
        | NodeKind::Charge { .. }
        | NodeKind::ChargeSize(..) => true,
        // The row of a method is found when it runs.
        NodeKind::Operation { operator, .. } => *operator != Operator::Method,
        NodeKind::Call { row, .. } => functions::row(*row).is_some_and(|row| !row.asks_time),
        NodeKind::Root(_)
        | NodeKind::Local(_)
        | NodeKind::Guard { .. }
        | NodeKind::MemberOf { .. }
        | NodeKind::Stream { .. }
        | NodeKind::Fail(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::ir::NodeKind;
    use crate::optimize::tests::checked;

    fn said(source: &str) -> Option<String> {
        let (body, _) = checked(source);
        body.nodes.iter().find_map(|node| match &node.kind {
            NodeKind::Stream { source, stages, .. } => text(&body, *source, stages),
            _ => None,
        })
    }

    #[test]
    fn equal_lambdas_say_the_same_wherever_they_stand() {
        let one = said("user.groups.filter(g => g.startsWith('a')).map(g => g + 'b')");
        let other = "user.title == 'x' ? {'c'} : \
            user.groups.filter(x => x.startsWith('a')).map(y => y + 'b')";
        assert!(one.is_some());
        assert_eq!(one, said(other));
        assert_ne!(one, said("user.groups.filter(g => g.startsWith('b')).map(g => g + 'b')"));
    }

    #[test]
    fn what_depends_on_more_than_the_group_is_not_kept() {
        for source in [
            "user.groups.map(g => g + user.email)",
            "user.groups.map((g, i) => g + i)",
            "user.groups.take(2).map(g => g + 'a')",
            "user.groups.filter(g => Time.now('UTC', 'yyyy') == g)",
            "user.groups.map(g => g + 'a').map((g, i) => i)",
            "user.email.split('.').map(t => t + 'a')",
        ] {
            assert_eq!(said(source), None, "{source}");
        }
        assert!(said("user.groups.map(g => g.length() > 3 ? g.toUpperCase() : null)").is_some());
    }
}
