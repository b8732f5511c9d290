//! Rows of the text family: methods of text, the names that people bring from other languages
//! (decision 53), and the classic `String.…` functions (OEL §3.1).

mod arguments;
mod body;
mod compose;
mod position;
#[cfg(test)]
mod tests;

use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};
use crate::operator;

/// The receiver of a method that looks at all of it.
const RECEIVER: Parameter = Parameter::new("text", Accepts::Text).sized();
/// The receiver of a method that looks at a bounded part of it.
const PEEKED: Parameter = Parameter::new("text", Accepts::Text);
const PREFIX: Parameter = Parameter::new("prefix", Accepts::Text);
const SUFFIX: Parameter = Parameter::new("suffix", Accepts::Text);
const PART: Parameter = Parameter::new("part", Accepts::Text);
const SEPARATOR: Parameter = Parameter::new("separator", Accepts::Text);
const SEARCH: Parameter = Parameter::new("search", Accepts::Text).null(Null::Accepted);
const REPLACEMENT: Parameter =
    Parameter::new("replacement", Accepts::Text).null(Null::Accepted).sized();
const WEIGHED_PART: Parameter = Parameter::new("part", Accepts::Text).sized();
const INDEX: Parameter = Parameter::new("index", Accepts::Integer);
const LENGTH: Parameter = Parameter::new("length", Accepts::Integer);
const TIMES: Parameter = Parameter::new("times", Accepts::Integer);
const FILL: Parameter = Parameter::new("fill", Accepts::Text).sized();
const START: Parameter = Parameter::new("start", Accepts::Integer);
const END: Parameter = Parameter::new("end", Accepts::Integer);

/// The source of a classic function: null stays null (OEL §3.1), a list is joined (decision 51).
const SOURCE: Parameter = Parameter::new("text", Accepts::TextOrList).null(Null::Flows).sized();
/// The source of a classic function that answers something for null.
const MAYBE: Parameter = Parameter::new("text", Accepts::TextOrList).null(Null::Accepted).sized();
const MAYBE_PEEKED: Parameter = Parameter::new("text", Accepts::TextOrList).null(Null::Accepted);
const CLASSIC_PREFIX: Parameter = Parameter::new("prefix", Accepts::TextOrList);
const CLASSIC_PART: Parameter = Parameter::new("part", Accepts::TextOrList);
const CLASSIC_SEPARATOR: Parameter = Parameter::new("separator", Accepts::TextOrList);
const CLASSIC_SEARCH: Parameter =
    Parameter::new("search", Accepts::TextOrList).null(Null::Accepted);
const CLASSIC_REPLACEMENT: Parameter =
    Parameter::new("replacement", Accepts::TextOrList).null(Null::Accepted).sized();
const APPENDED: Parameter =
    Parameter::new("suffix", Accepts::TextOrList).null(Null::Accepted).sized();
const DEFAULT: Parameter = Parameter::new("default", Accepts::TextOrList);
const PAIR: Parameter = Parameter::new("key and value", Accepts::TextOrList).sized();
const JOINED: Parameter = Parameter::new("values", Accepts::Any).null(Null::Accepted).sized();

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::method(&["startsWith"], &[PEEKED, PREFIX], Returns::Boolean, Body(body::starts_with))
        .total()
        .says(
            "whether the text begins with the prefix",
            "user.profile.email.startsWith('ada')",
            "true",
        ),
    Function::method(&["endsWith"], &[PEEKED, SUFFIX], Returns::Boolean, Body(body::ends_with))
        .total()
        .says(
            "whether the text ends with the suffix",
            "user.profile.email.endsWith('.org')",
            "false",
        ),
    Function::method(
        &["contains", "includes"],
        &[RECEIVER, PART],
        Returns::Boolean,
        Body(body::contains),
    )
    .total()
    .says(
        "whether the part occurs in the text",
        "user.profile.email.contains('@example')",
        "true",
    ),
    Function::method(
        &["substringBefore"],
        &[RECEIVER, SEPARATOR],
        Returns::Text,
        Body(body::before),
    )
    .total()
    .says(
        "what stands before the first separator; empty if there is none",
        "user.profile.email.substringBefore('@')",
        "\"ada\"",
    ),
    Function::method(&["substringAfter"], &[RECEIVER, SEPARATOR], Returns::Text, Body(body::after))
        .total()
        .says(
            "what stands behind the first separator; empty if there is none",
            "user.profile.email.substringAfter('@')",
            "\"example.com\"",
        ),
    Function::method(
        &["substring"],
        &[RECEIVER, START, END],
        Returns::Text,
        Body(body::method_substring),
    )
    .optional(1)
    .faults(&[Fault::Index])
    .says(
        "the characters from start up to but not including end",
        "user.profile.firstName.substring(1)",
        "\"da\"",
    ),
    Function::method(
        &["replace", "replaceAll"],
        &[RECEIVER, SEARCH, REPLACEMENT],
        Returns::Text,
        Body(body::replace),
    )
    .says(
        "the text with every occurrence of the search text replaced",
        "user.profile.email.replace('a', 'A')",
        "\"AdA@exAmple.com\"",
    ),
    Function::method(
        &["replaceFirst"],
        &[RECEIVER, SEARCH, REPLACEMENT],
        Returns::Text,
        Body(body::replace_first),
    )
    .says(
        "the text with the first occurrence of the search text replaced",
        "user.profile.email.replaceFirst('a', 'A')",
        "\"Ada@example.com\"",
    ),
    Function::method(&["toUpperCase"], &[RECEIVER], Returns::Text, Body(body::upper)).says(
        "the text in upper case",
        "user.profile.firstName.toUpperCase()",
        "\"ADA\"",
    ),
    Function::method(&["toLowerCase"], &[RECEIVER], Returns::Text, Body(body::lower)).says(
        "the text in lower case",
        "user.profile.firstName.toLowerCase()",
        "\"ada\"",
    ),
    Function::property(&["length"], &[RECEIVER], Returns::Integer, Body(body::length))
        .total()
        .says("how many characters the text has", "user.profile.firstName.length", "3"),
    Function::method(&["size"], &[RECEIVER], Returns::Integer, Body(body::length)).total().says(
        "how many characters the text has",
        "user.profile.firstName.size()",
        "3",
    ),
    Function::classic(
        &["String.startsWith"],
        &[MAYBE_PEEKED, CLASSIC_PREFIX],
        Returns::Boolean,
        Body(body::starts_with),
    )
    .total()
    .says(
        "whether the text begins with the prefix; false for null",
        "String.startsWith(user.email, 'ada')",
        "true",
    ),
    Function::classic(
        &["String.stringContains"],
        &[MAYBE, CLASSIC_PART],
        Returns::Boolean,
        Body(body::contains),
    )
    .total()
    .like("contains")
    .says(
        "whether the part occurs in the text; false for null",
        "String.stringContains(user.email, '@example.com')",
        "true",
    ),
    Function::classic(&["String.len"], &[MAYBE], Returns::Integer, Body(body::length))
        .total()
        .like("length")
        .says("how many characters the text has; 0 for null", "String.len(user.firstName)", "3"),
    Function::classic(
        &["String.substringBefore", "substringBefore"],
        &[SOURCE, CLASSIC_SEPARATOR],
        Returns::Text,
        Body(body::before),
    )
    .total()
    .says(
        "what stands before the first separator; empty if there is none",
        "String.substringBefore(user.email, '@')",
        "\"ada\"",
    ),
    Function::classic(
        &["String.substringAfter", "substringAfter"],
        &[SOURCE, CLASSIC_SEPARATOR],
        Returns::Text,
        Body(body::after),
    )
    .total()
    .says(
        "what stands behind the first separator; empty if there is none",
        "String.substringAfter(user.email, '@')",
        "\"example.com\"",
    ),
    Function::classic(
        &["String.substring", "substring"],
        &[SOURCE, START, END],
        Returns::Text,
        Body(body::substring),
    )
    .total()
    .says(
        "the characters from start up to but not including end, clamped to the text",
        "String.substring(user.firstName, 0, 1)",
        "\"A\"",
    ),
    Function::classic(
        &["String.replace"],
        &[SOURCE, CLASSIC_SEARCH, CLASSIC_REPLACEMENT],
        Returns::Text,
        Body(body::replace),
    )
    .says(
        "the text with every occurrence of the search text replaced",
        "String.replace(user.email, 'example', 'test')",
        "\"ada@test.com\"",
    ),
    Function::classic(
        &["String.replaceFirst"],
        &[SOURCE, CLASSIC_SEARCH, CLASSIC_REPLACEMENT],
        Returns::Text,
        Body(body::replace_first),
    )
    .says(
        "the text with the first occurrence of the search text replaced",
        "String.replaceFirst(user.email, 'a', 'A')",
        "\"Ada@example.com\"",
    ),
    Function::classic(
        &["String.toUpperCase", "toUpperCase"],
        &[SOURCE],
        Returns::Text,
        Body(body::upper),
    )
    .says("the text in upper case", "String.toUpperCase(user.firstName)", "\"ADA\""),
    Function::classic(
        &["String.toLowerCase", "toLowerCase"],
        &[SOURCE],
        Returns::Text,
        Body(body::lower),
    )
    .says("the text in lower case", "String.toLowerCase(user.firstName)", "\"ada\""),
    Function::classic(
        &["String.join"],
        &[CLASSIC_SEPARATOR, JOINED],
        Returns::Text,
        Body(body::join),
    )
    .variadic()
    .faults(&[Fault::Type])
    .says(
        "the values with the separator between; lists are spread and null is skipped",
        "String.join('-', user.firstName, null, {1, 2})",
        "\"Ada-1-2\"",
    ),
    Function::classic(
        &["String.append"],
        &[MAYBE, APPENDED],
        Returns::Text,
        Body(operator::concatenate),
    )
    .like("concat")
    .says(
        "the text with the suffix behind it; null is the empty text",
        "String.append('This is', ' a test')",
        "\"This is a test\"",
    ),
    Function::classic(
        &["String.removeSpaces"],
        &[SOURCE],
        Returns::Text,
        Body(compose::remove_spaces),
    )
    .says(
        "the text without its spaces (U+0020)",
        "String.removeSpaces('This is a test')",
        "\"Thisisatest\"",
    ),
    Function::method(&["removeSpaces"], &[RECEIVER], Returns::Text, Body(compose::remove_spaces))
        .says("the text without its spaces (U+0020)", "'a b c'.removeSpaces()", "\"abc\""),
    Function::classic(
        &["String.stringSwitch"],
        &[MAYBE, DEFAULT, PAIR],
        Returns::Text,
        Body(compose::string_switch),
    )
    .paired()
    .says(
        "the value of the first key that occurs in the text, else the default",
        "String.stringSwitch('First match wins', 'default', 'absent', 'v1', 'wins', 'v2')",
        "\"v2\"",
    ),
    Function::method(&["trim"], &[RECEIVER], Returns::Text, Body(compose::trim)).total().says(
        "the text without white space at its ends",
        "'  a b '.trim()",
        "\"a b\"",
    ),
    Function::method(&["split"], &[RECEIVER, SEPARATOR], Returns::Texts, Body(position::split))
        .says(
            "the pieces between separators, empty ones too; its characters for an empty separator",
            "'a,b,,c'.split(',')",
            r#"["a","b","","c"]"#,
        ),
    Function::method(
        &["indexOf"],
        &[RECEIVER, WEIGHED_PART],
        Returns::Integer,
        Body(position::index_of),
    )
    .total()
    .says("where the part first occurs, or -1", "'hello'.indexOf('l')", "2"),
    Function::method(
        &["lastIndexOf"],
        &[RECEIVER, WEIGHED_PART],
        Returns::Integer,
        Body(position::last_index_of),
    )
    .total()
    .says("where the part last occurs, or -1", "'hello'.lastIndexOf('l')", "3"),
    Function::method(&["isEmpty"], &[RECEIVER], Returns::Boolean, Body(compose::is_empty))
        .total()
        .says("whether the text has no characters", "''.isEmpty()", "true"),
    Function::method(&["isBlank"], &[RECEIVER], Returns::Boolean, Body(compose::is_blank))
        .total()
        .says("whether the text has nothing but white space", "' '.isBlank()", "true"),
    Function::method(
        &["equalsIgnoreCase"],
        &[RECEIVER, WEIGHED_PART],
        Returns::Boolean,
        Body(compose::equals_ignore_case),
    )
    .total()
    .says(
        "whether the texts are equal but for upper and lower case",
        "'Ada'.equalsIgnoreCase('ADA')",
        "true",
    ),
    Function::method(&["charAt"], &[RECEIVER, INDEX], Returns::Text, Body(position::char_at))
        .total()
        .says("the character at the index, or the empty text", "'abc'.charAt(1)", "\"b\""),
    Function::method(&["at"], &[RECEIVER, INDEX], Returns::Element, Body(position::at))
        .total()
        .says(
            "the character at the index, counted from the end if it is negative, or null",
            "'abc'.at(-1)",
            "\"c\"",
        ),
    Function::method(
        &["padStart"],
        &[RECEIVER, LENGTH, FILL],
        Returns::Text,
        Body(compose::pad_start),
    )
    .optional(1)
    .says(
        "the text with the fill (a space if none is given) before it up to the length",
        "'7'.padStart(3, '0')",
        "\"007\"",
    ),
    Function::method(&["padEnd"], &[RECEIVER, LENGTH, FILL], Returns::Text, Body(compose::pad_end))
        .optional(1)
        .says(
            "the text with the fill (a space if none is given) behind it up to the length",
            "'7'.padEnd(3, '0')",
            "\"700\"",
        ),
    Function::method(&["repeat"], &[RECEIVER, TIMES], Returns::Text, Body(compose::repeat))
        .faults(&[Fault::Index])
        .says("the text so many times", "'ab'.repeat(3)", "\"ababab\""),
    Function::method(
        &["concat"],
        &[RECEIVER, WEIGHED_PART],
        Returns::Text,
        Body(operator::concatenate),
    )
    .variadic()
    .says("the texts one after the other", "'a'.concat('b', 'c')", "\"abc\""),
    Function::method(&["slice"], &[RECEIVER, START, END], Returns::Text, Body(position::slice))
        .optional(1)
        .total()
        .says(
            "the characters from start up to but not including end; negative ones count from the \
             end",
            "'hello'.slice(-3)",
            "\"llo\"",
        ),
];
