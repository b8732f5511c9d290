//! Claims that are added to tokens under conditions of their own (decision 7).

use super::{ClaimType, ExpressionText};
use crate::directory::Status;
use crate::document::Json;

/// A token customisation policy. All of its conditions must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenPolicy {
    pub id: String,
    pub name: String,
    pub status: Status,
    /// Any of these groups, as indices; `None` is no condition. False without a user.
    pub groups: Option<Vec<usize>>,
    /// Any of these audiences; `None` is no condition.
    pub audiences: Option<Vec<String>>,
    /// Any of these client ids; `None` is no condition.
    pub clients: Option<Vec<String>>,
    /// Any of these granted scopes; `None` is no condition.
    pub scopes: Option<Vec<String>>,
    /// Every one of these. False without a user.
    pub user_attributes: Vec<AttributeTest>,
    pub condition: Option<ExpressionText>,
    pub claims: Vec<PolicyClaim>,
}

/// A comparison of an attribute of the user's profile with values.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeTest {
    pub name: String,
    pub operator: AttributeOperator,
    /// One for [`AttributeOperator::Equals`]; texts, numbers or booleans.
    pub values: Vec<Json>,
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeOperator {
    Equals,
    In,
}

impl AttributeOperator {
    /// The words of the document.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("EQUALS", Self::Equals), ("IN", Self::In)];
}

/// A claim that a token policy adds.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyClaim {
    pub name: String,
    pub value: ExpressionText,
    pub claim_type: ClaimType,
    /// Always true for [`ClaimType::Resource`].
    pub always_include: bool,
    /// Whether an empty list is a value; otherwise it leaves the claim out as null does.
    pub keep_empty: bool,
}
