//! A rule that puts users into groups (management API, `/api/v1/groups/rules`).

use super::ExpressionText;

/// Whom it puts into which groups. Users and groups are named by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    pub id: String,
    pub name: String,
    pub status: GroupRuleStatus,
    /// What holds of those who are put into the groups.
    pub condition: ExpressionText,
    /// Into which groups; none only of a rule that is invalid.
    pub groups: Vec<String>,
    /// Who is left alone whatever holds of them.
    pub except_users: Vec<String>,
    /// Who is in one of these is left alone too.
    pub except_groups: Vec<String>,
}

/// Whether a rule puts anybody anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupRuleStatus {
    Active,
    Inactive,
    /// A group of its own was deleted. Somebody must say what it is to do.
    Invalid,
}

impl GroupRuleStatus {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ACTIVE", Self::Active), ("INACTIVE", Self::Inactive), ("INVALID", Self::Invalid)];
}
