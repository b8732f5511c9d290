//! Rows of the group family: membership of the user, and groups by name and source (OEL §3.4).
//! `check` makes the written ones of nodes that every program has, and of the internal rows here.

mod body;

pub use body::{prefix_of, without_slashes};

use crate::functions::Meaning::Membership;
use crate::functions::{Accepts, Function, Membership as Test, Null, Parameter, Returns};

const NAME: Parameter = Parameter::new("name", Accepts::Text);
const PREFIX: Parameter = Parameter::new("prefix", Accepts::Text);
const PART: Parameter = Parameter::new("part", Accepts::Text);
const PATTERN: Parameter = Parameter::new("pattern", Accepts::Pattern).sized();
const ID: Parameter = Parameter::new("id", Accepts::Text);
const IDS: Parameter = Parameter::new("ids", Accepts::ListOrText);
const MORE_IDS: Parameter = Parameter::new("more", Accepts::ListOrText);
const USER: Parameter = Parameter::new("user", Accepts::User);
const CRITERIA: Parameter = Parameter::new("criteria", Accepts::Criteria);
const VALUES: Parameter = Parameter::new("values", Accepts::Any).null(Null::Accepted).sized();
const GROUPS: Parameter = Parameter::new("groups", Accepts::List).sized();
const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();

/// Internal rows by the name that `check` asks for them by.
pub mod internal {
    /// `(values)`: a text as a list of it, a list of texts as it is.
    pub const TEXTS: &str = "group texts";
    /// `(values)`: as [`TEXTS`], each without a trailing `.*` or `*`.
    pub const PREFIXES: &str = "group prefixes";
    /// `(pattern)`: without the slash it begins with, and then without one at its end.
    pub const BARE_PATTERN: &str = "bare pattern";
    /// `(groups, pattern)`: whether the name of any group matches whole.
    pub const ANY_MATCHES: &str = "any group matches";
}

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(&["isMemberOfGroup"], &[ID], Returns::Boolean, Membership(Test::Id)).says(
        "whether the user is in the group with this id",
        "isMemberOfGroup('00g1')",
        "false",
    ),
    Function::classic(
        &["isMemberOfAnyGroup"],
        &[IDS, MORE_IDS],
        Returns::Boolean,
        Membership(Test::Id),
    )
    .variadic()
    .says(
        "whether the user is in a group with one of these ids",
        "isMemberOfAnyGroup('00g1', '00g2')",
        "false",
    ),
    Function::classic(&["isMemberOfGroupName"], &[NAME], Returns::Boolean, Membership(Test::Name))
        .says(
            "whether the user is in a group of exactly this name",
            "isMemberOfGroupName('role_admin')",
            "true",
        ),
    Function::classic(
        &["isMemberOfGroupNameStartsWith"],
        &[PREFIX],
        Returns::Boolean,
        Membership(Test::NameStartsWith),
    )
    .says(
        "whether the user is in a group whose name starts so",
        "isMemberOfGroupNameStartsWith('role_')",
        "true",
    ),
    Function::classic(
        &["isMemberOfGroupNameContains"],
        &[PART],
        Returns::Boolean,
        Membership(Test::NameContains),
    )
    .says(
        "whether the user is in a group whose name contains this",
        "isMemberOfGroupNameContains('admin')",
        "true",
    ),
    Function::classic(
        &["isMemberOfGroupNameRegex"],
        &[PATTERN],
        Returns::Boolean,
        Membership(Test::NameMatches),
    )
    .says(
        "whether the user is in a group whose whole name matches; slashes around it are dropped",
        "isMemberOfGroupNameRegex('/role_a.*/')",
        "true",
    ),
    Function::method(
        &["getGroups"],
        &[USER, CRITERIA],
        Returns::Groups,
        Membership(Test::Criteria),
    )
    .variadic()
    .says(
        "the user's groups that meet all criteria",
        "user.getGroups({'group.profile.name': 'role_'}).![name]",
        r#"["role_admin","role_auditor"]"#,
    ),
    Function::method(
        &["isMemberOf"],
        &[USER, CRITERIA],
        Returns::Boolean,
        Membership(Test::AnyOfCriteria),
    )
    .variadic()
    .says(
        "whether the user is in a group that meets all criteria",
        "user.isMemberOf({'group.profile.name': 'Everyone', 'operator': 'EXACT'})",
        "true",
    ),
    Function::internal(&[internal::TEXTS], &[VALUES], Returns::Texts, body::texts),
    Function::internal(&[internal::PREFIXES], &[VALUES], Returns::Texts, body::prefixes),
    Function::internal(&[internal::BARE_PATTERN], &[TEXT], Returns::Text, body::bare_pattern)
        .total(),
    Function::internal(
        &[internal::ANY_MATCHES],
        &[GROUPS, PATTERN],
        Returns::Boolean,
        body::any_matches,
    ),
];
