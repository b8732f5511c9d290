//! Rows of the group family: membership of the user, and groups by name and source (OEL §3.4).
//! `check` makes the written ones of nodes that every program has, and of the internal rows here.

mod body;

pub use body::{prefix_of, without_slashes};

use crate::fault::Fault;
use crate::functions::Meaning::{Limited, Membership};
use crate::functions::{
    Accepts, Function, Limited as Which, Membership as Test, Null, Parameter, Returns,
};

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
const NAMES: Parameter = Parameter::new("names", Accepts::List).sized();
const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const APP: Parameter = Parameter::new("app", Accepts::Text);
const SOUGHT: Parameter = Parameter::new("pattern", Accepts::Text);
const LIMIT: Parameter = Parameter::new("limit", Accepts::Integer);
const ALLOWLIST: Parameter = Parameter::new("allowlist", Accepts::List);
const EXPRESSION: Parameter = Parameter::new("groupExpression", Accepts::Expression);
const ANY_LIMIT: Parameter = Parameter::new("limit", Accepts::Any).null(Null::Accepted);
const ANY_NUMBER: Parameter = Parameter::new("any number", Accepts::Boolean);
const ANY_LIST: Parameter = Parameter::new("allowlist", Accepts::Any).null(Null::Accepted);
const LIST: Parameter = Parameter::new("list", Accepts::List);
const GROUP: Parameter = Parameter::new("group", Accepts::Group);

/// How groups that are at most as many as a limit can fail.
const LIMITED: &[Fault] = &[
    Fault::NoUser,
    Fault::GroupLimitTooLarge,
    Fault::GroupLimitNotInteger,
    Fault::GroupLimitNotPositive,
    Fault::TooManyGroups,
];
const FILTERED: &[Fault] = &[
    Fault::NoUser,
    Fault::Allowlist,
    Fault::GroupLimitTooLarge,
    Fault::GroupLimitNotInteger,
    Fault::GroupLimitNotPositive,
    Fault::TooManyGroups,
];

/// Internal rows by the name that `check` asks for them by.
pub mod internal {
    /// `(values)`: a text as a list of it, a list of texts as it is.
    pub const TEXTS: &str = "group texts";
    /// `(values)`: as [`TEXTS`], each without a trailing `.*` or `*`.
    pub const PREFIXES: &str = "group prefixes";
    /// `(pattern)`: without the slash it begins with, and then without one at its end.
    pub const BARE_PATTERN: &str = "bare pattern";
    /// `(names, pattern)`: whether any name matches whole.
    pub const ANY_MATCHES: &str = "any name matches";
    /// `(group, app)`: whether a group is from a source: `OKTA`, the type of an application, or
    /// the id of one.
    pub const FROM_SOURCE: &str = "group from source";
    /// `(limit, any number)`: a limit, checked.
    pub const LIMIT: &str = "group limit";
    /// `(list, limit)`: the list, or null if it is empty.
    pub const WITHIN: &str = "within limit";
    /// `(value)`: a list as it is.
    pub const ALLOWLIST: &str = "allow list";
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
    .faults(&[Fault::Regex])
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
    Function::classic(
        &["Groups.startsWith"],
        &[APP, SOUGHT, LIMIT],
        Returns::TextsOrNull,
        Limited(Which::StartsWith),
    )
    .faults(LIMITED)
    .says(
        "the names of the user's groups from a source that start so, or null; an error for more \
         than the limit",
        "Groups.startsWith('OKTA', 'role_', 10)",
        r#"["role_admin","role_auditor"]"#,
    ),
    Function::classic(
        &["Groups.endsWith"],
        &[APP, SOUGHT, LIMIT],
        Returns::TextsOrNull,
        Limited(Which::EndsWith),
    )
    .faults(LIMITED)
    .says(
        "the names of the user's groups from a source that end so, or null; an error for more than \
         the limit",
        "Groups.endsWith('OKTA', 'admin', 10)",
        r#"["role_admin"]"#,
    ),
    Function::classic(
        &["Groups.contains"],
        &[APP, SOUGHT, LIMIT],
        Returns::TextsOrNull,
        Limited(Which::Contains),
    )
    .faults(LIMITED)
    .says(
        "the names of the user's groups from a source that contain this, or null; an error for \
         more than the limit",
        "Groups.contains('OKTA', 'x', 10) ?: {}",
        "[]",
    ),
    Function::classic(
        &["getFilteredGroups"],
        &[ALLOWLIST, EXPRESSION, LIMIT],
        Returns::TextsOrNull,
        Limited(Which::Filtered),
    )
    .faults(FILTERED)
    .says(
        "what an expression over `group` makes of each of the user's groups that a list of ids \
         names, in its order, or null; an error for more than the limit",
        "getFilteredGroups({'00g1', '00g2'}, \"group.name\", 40)",
        "null",
    ),
    Function::internal(&[internal::TEXTS], &[VALUES], Returns::Texts, body::texts),
    Function::internal(&[internal::PREFIXES], &[VALUES], Returns::Texts, body::prefixes),
    Function::internal(&[internal::BARE_PATTERN], &[TEXT], Returns::Text, body::bare_pattern)
        .total(),
    Function::internal(
        &[internal::ANY_MATCHES],
        &[NAMES, PATTERN],
        Returns::Boolean,
        body::any_matches,
    ),
    Function::internal(
        &[internal::FROM_SOURCE],
        &[GROUP, APP],
        Returns::Boolean,
        body::is_from_source,
    )
    .total(),
    Function::internal(&[internal::LIMIT], &[ANY_LIMIT, ANY_NUMBER], Returns::Integer, body::limit),
    Function::internal(
        &[internal::WITHIN],
        &[LIST, LIMIT],
        Returns::SameListOrNull,
        body::within_limit,
    ),
    Function::internal(&[internal::ALLOWLIST], &[ANY_LIST], Returns::SameList, body::allowlist),
];
