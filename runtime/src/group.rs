//! Rows of the group family: membership of the user (OEL §3.4). `check` makes nodes of their own
//! for them, so none has a body.

use crate::functions::Meaning::Membership;
use crate::functions::{self, Accepts, Function, Parameter, Returns};

const NAME: Parameter = Parameter::new("name", Accepts::Text);
const ID: Parameter = Parameter::new("id", Accepts::ListOrText);
const MORE_IDS: Parameter = Parameter::new("ids", Accepts::ListOrText);
const USER: Parameter = Parameter::new("user", Accepts::Any);
const CRITERIA: Parameter = Parameter::new("criteria", Accepts::Criteria);

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(
        &["isMemberOfGroupName"],
        &[NAME],
        Returns::Boolean,
        Membership(functions::Membership::Name),
    )
    .says(
        "whether the user is in a group of exactly this name",
        "isMemberOfGroupName('role_admin')",
        "true",
    ),
    Function::classic(
        &["isMemberOfAnyGroup"],
        &[ID, MORE_IDS],
        Returns::Boolean,
        Membership(functions::Membership::Id),
    )
    .variadic()
    .says(
        "whether the user is in a group with one of these ids",
        "isMemberOfAnyGroup('00g1', '00g2')",
        "false",
    ),
    Function::method(
        &["getGroups"],
        &[USER, CRITERIA],
        Returns::Groups,
        Membership(functions::Membership::Criteria),
    )
    .variadic()
    .says(
        "the user's groups that meet all criteria",
        "user.getGroups({'group.profile.name': 'role_'}).![name]",
        r#"["role_admin","role_auditor"]"#,
    ),
];
