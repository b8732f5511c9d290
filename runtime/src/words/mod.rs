//! Further rows of text: `String.append`, `String.stringSwitch`, and the names that people bring
//! from other languages (OEL §3.1, decisions 24, 27, 53).

mod body;
#[cfg(test)]
mod tests;

use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};

const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const PART: Parameter = Parameter::new("part", Accepts::Text).sized();
const SEPARATOR: Parameter = Parameter::new("separator", Accepts::Text);
const INDEX: Parameter = Parameter::new("index", Accepts::Integer);
const START: Parameter = Parameter::new("start", Accepts::Integer);
const END: Parameter = Parameter::new("end", Accepts::Integer);
const LENGTH: Parameter = Parameter::new("length", Accepts::Integer);
const TIMES: Parameter = Parameter::new("times", Accepts::Integer);
const FILL: Parameter = Parameter::new("fill", Accepts::Text).sized();
const MAYBE: Parameter = Parameter::new("text", Accepts::TextOrList).null(Null::Accepted).sized();
const FLOWS: Parameter = Parameter::new("text", Accepts::TextOrList).null(Null::Flows).sized();
const SUFFIX: Parameter =
    Parameter::new("suffix", Accepts::TextOrList).null(Null::Accepted).sized();
const DEFAULT: Parameter = Parameter::new("default", Accepts::TextOrList);
const PAIR: Parameter = Parameter::new("key and value", Accepts::TextOrList).sized();

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(&["String.append"], &[MAYBE, SUFFIX], Returns::Text, Body(body::append))
        .says(
            "the text with the suffix behind it; null is the empty text",
            "String.append('This is', ' a test')",
            "\"This is a test\"",
        ),
    Function::classic(&["String.removeSpaces"], &[FLOWS], Returns::Text, Body(body::remove_spaces))
        .says(
            "the text without its spaces (U+0020)",
            "String.removeSpaces('This is a test')",
            "\"Thisisatest\"",
        ),
    Function::method(&["removeSpaces"], &[TEXT], Returns::Text, Body(body::remove_spaces)).says(
        "the text without its spaces (U+0020)",
        "'a b c'.removeSpaces()",
        "\"abc\"",
    ),
    Function::classic(
        &["String.stringSwitch"],
        &[MAYBE, DEFAULT, PAIR],
        Returns::Text,
        Body(body::string_switch),
    )
    .paired()
    .says(
        "the value of the first key that occurs in the text, else the default",
        "String.stringSwitch('First match wins', 'default', 'absent', 'v1', 'wins', 'v2')",
        "\"v2\"",
    ),
    Function::method(&["trim"], &[TEXT], Returns::Text, Body(body::trim)).total().says(
        "the text without white space at its ends",
        "'  a b '.trim()",
        "\"a b\"",
    ),
    Function::method(&["split"], &[TEXT, SEPARATOR], Returns::Texts, Body(body::split)).says(
        "the pieces between separators, empty ones too; its characters for an empty separator",
        "'a,b,,c'.split(',')",
        r#"["a","b","","c"]"#,
    ),
    Function::method(&["indexOf"], &[TEXT, PART], Returns::Integer, Body(body::index_of))
        .total()
        .says("where the part first occurs, or -1", "'hello'.indexOf('l')", "2"),
    Function::method(&["lastIndexOf"], &[TEXT, PART], Returns::Integer, Body(body::last_index_of))
        .total()
        .says("where the part last occurs, or -1", "'hello'.lastIndexOf('l')", "3"),
    Function::method(&["isEmpty"], &[TEXT], Returns::Boolean, Body(body::is_empty)).total().says(
        "whether the text has no characters",
        "''.isEmpty()",
        "true",
    ),
    Function::method(&["isBlank"], &[TEXT], Returns::Boolean, Body(body::is_blank)).total().says(
        "whether the text has nothing but white space",
        "' '.isBlank()",
        "true",
    ),
    Function::method(
        &["equalsIgnoreCase"],
        &[TEXT, PART],
        Returns::Boolean,
        Body(body::equals_ignore_case),
    )
    .total()
    .says(
        "whether the texts are equal but for upper and lower case",
        "'Ada'.equalsIgnoreCase('ADA')",
        "true",
    ),
    Function::method(&["charAt"], &[TEXT, INDEX], Returns::Text, Body(body::char_at)).total().says(
        "the character at the index, or the empty text",
        "'abc'.charAt(1)",
        "\"b\"",
    ),
    Function::method(&["padStart"], &[TEXT, LENGTH, FILL], Returns::Text, Body(body::pad_start))
        .optional(1)
        .says(
            "the text with the fill (a space if none is given) before it up to the length",
            "'7'.padStart(3, '0')",
            "\"007\"",
        ),
    Function::method(&["padEnd"], &[TEXT, LENGTH, FILL], Returns::Text, Body(body::pad_end))
        .optional(1)
        .says(
            "the text with the fill (a space if none is given) behind it up to the length",
            "'7'.padEnd(3, '0')",
            "\"700\"",
        ),
    Function::method(&["repeat"], &[TEXT, TIMES], Returns::Text, Body(body::repeat)).says(
        "the text so many times",
        "'ab'.repeat(3)",
        "\"ababab\"",
    ),
    Function::method(&["concat"], &[TEXT, PART], Returns::Text, Body(body::concat))
        .variadic()
        .says("the texts one after the other", "'a'.concat('b', 'c')", "\"abc\""),
    Function::method(&["slice"], &[TEXT, START, END], Returns::Text, Body(body::slice))
        .optional(1)
        .total()
        .says(
            "the characters from start up to but not including end; negative ones count from the \
             end",
            "'hello'.slice(-3)",
            "\"llo\"",
        ),
];
