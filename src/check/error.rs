//! Every message `check` can give: one constructor each, from what the finder has at hand.

use crate::diagnostic::{Diagnostic, Severity, code};
use crate::source::Span;
use claimsmith_runtime::types::{Shape, Type};

/// A constant that is no regular expression.
pub(super) fn pattern(words: &str, span: Span) -> Diagnostic {
    let message = format!("this is no regular expression that can be used: {words}");
    Diagnostic::new(&code::UNUSABLE_PATTERN, message, span)
        .help("look-around and back-references do not exist here; `.*` matches anything")
}

/// A constant that is the id of no time zone.
pub(super) fn zone(id: &str, nearest: Option<&str>, span: Span) -> Diagnostic {
    let message = format!("there is no time zone `{id}`");
    let found = Diagnostic::new(&code::UNKNOWN_ZONE, message, span);
    match nearest {
        Some(nearest) => found.help(format!("did you mean `{nearest}`?")),
        None => found.help("zones have names such as `America/New_York` or `UTC`"),
    }
}

/// A constant that is no pattern of times.
pub(super) fn time_pattern(words: &str, span: Span) -> Diagnostic {
    let message = format!("this is no pattern of times: {words}");
    Diagnostic::new(&code::UNUSABLE_TIME_PATTERN, message, span)
        .help("`yyyy-MM-dd HH:mm:ss` is year, month, day, hour, minute and second")
}

/// The language's name of a type, for messages.
pub(super) fn type_name(shape: &Shape) -> String {
    let name = match &shape.ty {
        Type::Null => return "null".to_owned(),
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Text => "text",
        Type::List(element) => return format!("list of {}", type_name(element)),
        Type::Map => "map",
        Type::Record(record) => return format!("record `{}`", record.name),
        Type::Group => "group",
        Type::DateTime => "date-time",
        Type::Country => "country",
        Type::Any => "any value",
    };
    name.to_owned()
}

/// The words with their article.
fn a(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

pub(super) fn unknown_root(name: &str, help: Option<String>, span: Span) -> Diagnostic {
    let message = format!("there is nothing called `{name}` here");
    let help = help.unwrap_or_else(|| {
        format!("a text is written in quotes, `'{name}'`; an attribute of the user is `user.name`")
    });
    Diagnostic::new(&code::UNKNOWN_ROOT, message, span).label("unknown name").help(help)
}

pub(super) fn root_elsewhere<'n>(
    name: &str,
    place: &str,
    here: impl Iterator<Item = &'n str>,
    span: Span,
) -> Diagnostic {
    let message = format!("`{name}` is not filled here");
    let here: Vec<String> = here.map(|name| format!("`{name}`")).collect();
    Diagnostic::new(&code::ROOT_ELSEWHERE, message, span)
        .label("always missing here")
        .help(format!("`{name}` exists in {place}; here there are {}", here.join(", ")))
}

pub(super) fn unknown_attribute(
    owner: &str,
    name: &str,
    help: Option<String>,
    span: Span,
) -> Diagnostic {
    let message = format!("`{owner}` has no attribute `{name}`");
    let found = Diagnostic::new(&code::UNKNOWN_ATTRIBUTE, message, span);
    found.label("unknown attribute").help_if(help)
}

/// The question that names a likely slip.
pub(super) fn did_you_mean(nearest: &str) -> String {
    format!("did you mean `{nearest}`?")
}

pub(super) fn outer_name(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is not an attribute of the element");
    Diagnostic::new(&code::OUTER_NAME, message, span)
        .label("names in here belong to the element")
        .help("to use an outer name, write a lambda: `.filter(x => …)` or `.map(x => …)`")
}

pub(super) fn no_attributes(
    owner: &Shape,
    name: &str,
    help: Option<String>,
    span: Span,
) -> Diagnostic {
    let message = format!("{} has no attribute `{name}`", a(&type_name(owner)));
    let of_each = || format!("to take it of each element, write `.map(x => x.{name})`");
    let help = help.or_else(|| matches!(owner.ty, Type::List(_)).then(of_each));
    Diagnostic::new(&code::NO_ATTRIBUTES, message, span).help_if(help)
}

pub(super) fn unknown_function(name: &str, help: Option<String>, span: Span) -> Diagnostic {
    let message = format!("there is no function `{name}`");
    let found = Diagnostic::new(&code::UNKNOWN_FUNCTION, message, span);
    found.label("unknown function").help_if(help)
}

pub(super) fn wrong_arity(name: &str, found: usize, wanted: &str, span: Span) -> Diagnostic {
    // Of functions with a group limit, Okta's words first (OEL §3.4).
    let is_limited = name == "getFilteredGroups" || name.starts_with("Groups.");
    let okta = if is_limited { "Invalid number of parameters: " } else { "" };
    let message = format!("{okta}`{name}` takes {wanted}, found {found}");
    Diagnostic::new(&code::WRONG_ARITY, message, span).label("wrong number of arguments")
}

pub(super) fn lambda_arity(wanted: usize, found: usize, span: Span) -> Diagnostic {
    let forms = match wanted {
        1 => "`x => …` or `(x, index) => …`",
        _ => "`(result, x) => …` or `(result, x, index) => …`",
    };
    let message = format!("expected {forms}, found {found} parameters");
    Diagnostic::new(&code::LAMBDA_ARITY, message, span)
}

pub(super) fn claims_inside(span: Span) -> Diagnostic {
    let message = "`Claims(…)` may only stand around the whole expression".to_owned();
    Diagnostic::new(&code::CLAIMS_INSIDE, message, span).help("leave it out here")
}

pub(super) fn unexpected_lambda(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` takes a value here, found a lambda");
    Diagnostic::new(&code::MISPLACED_LAMBDA, message, span)
        .help("lambdas are arguments of list methods such as `filter`, `map`, `any` and `reduce`")
}

pub(super) fn expected_lambda(name: &str, span: Span) -> Diagnostic {
    let message = format!("expected a lambda for `{name}`, found a value");
    Diagnostic::new(&code::LAMBDA_WANTED, message, span).help(format!("write `.{name}(x => …)`"))
}

/// `.filter(startsWith('x'))`: a method without the element it is called on.
pub(super) fn method_alone(name: &str, method: &str, span: Span) -> Diagnostic {
    let message = format!("there is no function `{method}`, only a method");
    Diagnostic::new(&code::UNKNOWN_FUNCTION, message, span)
        .help(format!("write a lambda: `.{name}(x => x.{method}(…))`"))
}

pub(super) fn not_for_kind(name: &str, receiver: &Shape, span: Span) -> Diagnostic {
    let message = format!("`{name}` is not a method of {}", a(&type_name(receiver)));
    Diagnostic::new(&code::NOT_A_METHOD_OF_KIND, message, span)
}

pub(super) fn expected(wanted: &str, found: &Shape, span: Span) -> Diagnostic {
    let message = format!("expected {wanted}, found {}", type_name(found));
    Diagnostic::new(&code::UNEXPECTED_TYPE, message, span)
        .label(format!("this is {}", type_name(found)))
}

pub(super) fn condition(found: &Shape, span: Span) -> Diagnostic {
    let message = format!("expected a condition, found {}", type_name(found));
    let help = match found.ty {
        Type::Null => "null is not false here; write `?: false` after what may be null",
        _ => "compare it, e.g. with `==` or `!= null`",
    };
    Diagnostic::new(&code::NOT_A_CONDITION, message, span)
        .label("neither true nor false")
        .help(help)
}

pub(super) fn not_comparable(lhs: &Shape, rhs: &Shape, span: Span) -> Diagnostic {
    let message = format!("{} and {} have no order", type_name(lhs), type_name(rhs));
    Diagnostic::new(&code::NO_ORDER, message, span)
        .help("numbers compare with numbers and text with text")
}

pub(super) fn operand(operator: &str, found: &Shape, span: Span) -> Diagnostic {
    let message = format!("`{operator}` does not apply to {}", type_name(found));
    Diagnostic::new(&code::WRONG_OPERAND, message, span)
}

pub(super) fn key_on_list(name: &str, span: Span) -> Diagnostic {
    let message = format!("`[{name}]` is a key here, and this has no keys");
    Diagnostic::new(&code::NO_KEYS, message, span)
        .help("an element of a list is taken by number: `[0]`")
}

pub(super) fn criteria(message: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&code::WRONG_CRITERIA, message.to_owned(), span).help(
        "criteria look like `{'group.profile.name': 'role_', 'operator': 'STARTS_WITH'}`; the keys \
         are `group.id`, `group.type`, `group.source.id` and `group.profile.name`",
    )
}

/// A group limit whose type is none of numbers; the words are Okta's.
pub(super) fn group_limit(found: &Shape, span: Span) -> Diagnostic {
    let message = "Group limit is not an integer".to_owned();
    Diagnostic::new(&code::GROUP_LIMIT_TYPE, message, span)
        .label(format!("this is {}", type_name(found)))
}

/// The ids of `getFilteredGroups`, whose type is no list; the words are Okta's.
pub(super) fn allowlist(found: &Shape, span: Span) -> Diagnostic {
    Diagnostic::new(&code::ALLOWLIST_TYPE, "Allowlist is not an array".to_owned(), span)
        .label(format!("this is {}", type_name(found)))
        .help("write `{'00g1', '00g2'}`, or name an attribute that holds a list")
}

/// An argument that must be known when the expression is checked (decision 48).
pub(super) fn not_constant(function: &str, span: Span) -> Diagnostic {
    let message = format!("`{function}` takes a constant text here");
    let found = Diagnostic::new(&code::NOT_KNOWN_YET, message, span)
        .label("only known when it is evaluated");
    match function {
        "getFilteredGroups" => {
            found.help("a text that is made for each group is `user.groups.map(g => …)`")
        }
        _ => found.help("write the text in quotes"),
    }
}

/// A relation of a user who is not named, but comes from a choice or a list.
pub(super) fn user_unknown(function: &str, span: Span) -> Diagnostic {
    let message = format!("`{function}` of a user that is only known when it is evaluated");
    Diagnostic::new(&code::NOT_KNOWN_YET, message, span)
        .help(format!("name the user: `user.{function}(…)`"))
}

/// A function that rules of groups do not have (OEL §3.3).
pub(super) fn not_in_group_rules(function: &str, span: Span) -> Diagnostic {
    let message = format!("`{function}` is not supported in rules of groups");
    Diagnostic::new(&code::NOT_IN_PLACE, message, span)
        .help("conversions and times have no place there; keep the answer in an attribute")
}

/// A function that leads from the user to others, where there is only the user.
pub(super) fn alone_in_group_rules(function: &str, span: Span) -> Diagnostic {
    let message = format!("`{function}` is not supported in rules of groups");
    Diagnostic::new(&code::NOT_IN_PLACE, message, span)
        .help("a rule sees the user alone; keep what it needs in an attribute")
}

/// More links than a path may have.
pub(super) fn too_many_links(span: Span) -> Diagnostic {
    let message = "a user may be at most four links away".to_owned();
    Diagnostic::new(&code::NOT_KNOWN_YET, message, span)
}

/// `getFilteredGroups` inside the expression of another.
pub(super) fn group_expression_inside(span: Span) -> Diagnostic {
    let message = "`getFilteredGroups` inside a group expression is not supported".to_owned();
    Diagnostic::new(&code::UNSUPPORTED, message, span).help("the group itself is `group`")
}

pub(super) fn empty_key(span: Span) -> Diagnostic {
    let message = "an empty key occurs in every text".to_owned();
    Diagnostic::new(&code::EMPTY_KEY, message, span)
        .help("what it gives can be the default instead")
}

pub(super) fn this_outside(span: Span) -> Diagnostic {
    let message = "`#this` outside `.?[ ]` and `.![ ]` is not supported".to_owned();
    Diagnostic::new(&code::UNSUPPORTED, message, span)
        .help("in a lambda the element has the name you give it: `.filter(x => …)`")
}

pub(super) fn unsupported(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what} is not supported");
    Diagnostic::new(&code::UNSUPPORTED, message, span)
}

/// The same finding as a remark: without a declared schema a mismatch only faults when reached.
pub(super) fn as_lint(diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic { severity: Severity::Lint, ..diagnostic }
}
