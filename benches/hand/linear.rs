//! The yardstick of the rule index: every rule in order, packed into 16 bytes, the groups of a
//! person as bits.

/// Stands for no condition.
pub(crate) const NONE: u32 = u32::MAX;

/// What a rule asks for, each [`NONE`] or one number.
#[derive(Clone, Copy)]
pub(crate) struct PackedRule {
    pub(crate) client: u32,
    pub(crate) group: u32,
    pub(crate) scope: u32,
    /// Of the conditions in the expression language.
    pub(crate) condition: u32,
}

/// What a request brings.
pub(crate) struct PackedRequest {
    pub(crate) client: u32,
    pub(crate) scope: u32,
    pub(crate) groups: Vec<u64>,
}

impl PackedRequest {
    fn is_in(&self, group: u32) -> bool {
        let word = self.groups.get(group as usize / 64).copied().unwrap_or_default();
        word >> (group % 64) & 1 == 1
    }
}

/// The first rule that matches.
pub(crate) fn first_match(
    rules: &[PackedRule],
    request: &PackedRequest,
    mut holds: impl FnMut(u32) -> bool,
) -> Option<usize> {
    rules.iter().position(|rule| {
        (rule.client == NONE || rule.client == request.client)
            && (rule.scope == NONE || rule.scope == request.scope)
            && (rule.group == NONE || request.is_in(rule.group))
            && (rule.condition == NONE || holds(rule.condition))
    })
}
