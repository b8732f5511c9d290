//! A JSON text with the place of every value, so that what is wrong with it can be pointed at.
//! Stricter than most readers: duplicate keys, integers beyond 64 bits and lone surrogates are
//! errors, since each would silently become something else.

use crate::source::Span;
use json_event_parser::{JsonEvent, LowLevelJsonParser};

/// Most levels of lists and objects.
pub const MAX_DEPTH: usize = 100;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Json,
}

/// A JSON value. Integers are told from numbers by how they are written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Always finite.
    Number(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order written; keys are unique.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

/// Why a text is no document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DocumentError {
    pub message: String,
    pub span: Span,
}

/// Where in `document` a part of a text stands: `string` is the text's JSON string with its quotes,
/// `inner` the part in bytes of the text it decodes to. Escapes are longer than what they mean.
#[must_use]
pub fn place_in_string(document: &str, string: Span, inner: Span) -> Span {
    let start = string.range().start + 1;
    let written = document.get(start..string.range().end.saturating_sub(1)).unwrap_or_default();
    // The offset in the document of each decoded offset up to the end of the part.
    let (mut at, mut decoded) = (0, 0);
    let mut found = [None; 2];
    let wanted = [inner.range().start, inner.range().end];
    loop {
        for (found, wanted) in found.iter_mut().zip(wanted) {
            if found.is_none() && decoded >= wanted {
                *found = Some(start + at);
            }
        }
        let Some((length, means)) = next_character(written.get(at..).unwrap_or_default()) else {
            break;
        };
        at += length;
        decoded += means;
    }
    let [from, to] = found.map(|found| found.unwrap_or(start + written.len()));
    Span::new(from, to)
}

/// How many bytes the first character of a JSON string takes, and how many what it means takes.
fn next_character(written: &str) -> Option<(usize, usize)> {
    let first = written.chars().next()?;
    if first != '\\' {
        return Some((first.len_utf8(), first.len_utf8()));
    }
    let unit = |at: usize| u32::from_str_radix(written.get(at..at + 4)?, 16).ok();
    Some(match (written.as_bytes().get(1), unit(2)) {
        (Some(b'u'), Some(0xd800..0xdc00)) => (12, 4),
        (Some(b'u'), Some(code)) => (6, char::from_u32(code).map_or(3, char::len_utf8)),
        _ => (2, 1),
    })
}

fn wrong(message: impl Into<String>, span: Span) -> DocumentError {
    DocumentError { message: message.into(), span }
}

/// A list or object that is still open.
enum Open {
    List { start: usize, elements: Vec<Node> },
    Object { start: usize, members: Vec<Member>, key: Option<(String, Span)> },
}

/// Reads one JSON value and nothing after it but white space. Depth is bounded by [`MAX_DEPTH`];
/// how long the text may be is for the caller to say.
///
/// # Errors
/// The first thing that is not as RFC 8259 or this module says.
pub fn read(text: &[u8]) -> Result<Node, DocumentError> {
    if let Err(error) = std::str::from_utf8(text) {
        let at = error.valid_up_to();
        return Err(wrong("this is not UTF-8", Span::new(at, at + 1)));
    }
    let mut parser = LowLevelJsonParser::new().with_max_stack_size(2 * MAX_DEPTH + 8);
    let mut reader = Reader { open: Vec::new(), root: None };
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let step = parser.parse_next(rest, true);
        let start = at + rest.iter().take_while(|byte| b" \t\r\n,:".contains(byte)).count();
        at += step.consumed_bytes;
        match step.event {
            None => {}
            Some(Ok(JsonEvent::Eof)) => break,
            Some(Ok(event)) => reader.take(event, Span::new(start.min(at), at))?,
            Some(Err(error)) => {
                let place = error.location();
                let offset = |offset: u64| usize::try_from(offset).unwrap_or(text.len());
                let span = Span::new(offset(place.start.offset), offset(place.end.offset));
                return Err(wrong(error.message(), span));
            }
        }
    }
    reader.root.ok_or_else(|| wrong("expected a value, found nothing", Span::new(0, 0)))
}

struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
}

impl Reader {
    fn take(&mut self, event: JsonEvent<'_>, span: Span) -> Result<(), DocumentError> {
        let start = span.range().start;
        let value = match event {
            JsonEvent::StartArray => {
                return self.push(Open::List { start, elements: Vec::new() }, span);
            }
            JsonEvent::StartObject => {
                return self.push(Open::Object { start, members: Vec::new(), key: None }, span);
            }
            JsonEvent::ObjectKey(key) => return self.key(key.into_owned(), span),
            JsonEvent::EndArray | JsonEvent::EndObject => return self.close(span),
            JsonEvent::Null => Json::Null,
            JsonEvent::Boolean(value) => Json::Boolean(value),
            JsonEvent::Number(digits) => number(&digits, span)?,
            JsonEvent::String(text) => Json::Text(text.into_owned()),
            JsonEvent::Eof => return Ok(()),
        };
        self.put(Node { span, value })
    }

    fn push(&mut self, open: Open, span: Span) -> Result<(), DocumentError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("this is nested more than {MAX_DEPTH} levels deep");
            return Err(wrong(message, span));
        }
        self.open.push(open);
        Ok(())
    }

    fn key(&mut self, name: String, span: Span) -> Result<(), DocumentError> {
        match self.open.last_mut() {
            Some(Open::Object { key, .. }) => {
                *key = Some((name, span));
                Ok(())
            }
            _ => Err(wrong("a key outside of an object", span)),
        }
    }

    fn close(&mut self, span: Span) -> Result<(), DocumentError> {
        let end = span.range().end;
        match self.open.pop() {
            Some(Open::List { start, mut elements }) => {
                elements.shrink_to_fit();
                self.put(Node { span: Span::new(start, end), value: Json::List(elements) })
            }
            Some(Open::Object { start, mut members, .. }) => {
                if let Some(twice) = duplicate(&members) {
                    let message = format!("the member `{}` was given before", twice.key);
                    return Err(wrong(message, twice.key_span));
                }
                members.shrink_to_fit();
                self.put(Node { span: Span::new(start, end), value: Json::Object(members) })
            }
            None => Err(wrong("a bracket that closes nothing", span)),
        }
    }

    fn put(&mut self, node: Node) -> Result<(), DocumentError> {
        match self.open.last_mut() {
            Some(Open::List { elements, .. }) => elements.push(node),
            Some(Open::Object { members, key, .. }) => match key.take() {
                Some((key, key_span)) => members.push(Member { key, key_span, value: node }),
                None => return Err(wrong("a value without a key", node.span)),
            },
            None if self.root.is_none() => self.root = Some(node),
            None => return Err(wrong("a second value after the first", node.span)),
        }
        Ok(())
    }
}

/// So many members are few.
const FEW: usize = 12;

/// The first member whose key an earlier one has.
fn duplicate(members: &[Member]) -> Option<&Member> {
    // Nearly all have a few, which are compared with each other sooner than put in order.
    if members.len() <= FEW {
        let has_earlier = |(index, member): &(usize, &Member)| {
            members.iter().take(*index).any(|known| known.key == member.key)
        };
        return members.iter().enumerate().find(has_earlier).map(|(_, member)| member);
    }
    let mut seen = std::collections::BTreeSet::new();
    members.iter().find(|member| !seen.insert(member.key.as_str()))
}

/// Digits without fraction or exponent are an integer and must fit.
fn number(digits: &str, span: Span) -> Result<Json, DocumentError> {
    if !digits.contains(['.', 'e', 'E']) {
        let integer = digits.parse().map_err(|_| wrong("this integer does not fit 64 bits", span));
        return integer.map(Json::Integer);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Json::Number(value)),
        _ => Err(wrong("this number is not finite", span)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, place_in_string, read};
    use crate::source::Span;

    #[test]
    fn every_value_has_its_place() {
        let text = br#" {"a": [1, 2.5, "x\u00e9"], "b" : {"c": null}} "#;
        let Json::Object(members) = read(text).unwrap().value else { panic!("no object") };
        let list = &members[0].value;
        assert_eq!(&text[list.span.range()], br#"[1, 2.5, "x\u00e9"]"#);
        assert_eq!(&text[members[1].key_span.range()], br#""b""#);
        let Json::List(elements) = &list.value else { panic!("no list") };
        assert_eq!(elements[0].value, Json::Integer(1));
        assert_eq!(&text[elements[1].span.range()], b"2.5");
        assert_eq!(elements[2].value, Json::Text("xé".to_owned()));
    }

    #[test]
    fn a_part_of_a_text_is_found_behind_escapes() {
        let document = r#"{"a": "x\"é\u00e9\ud83d\ude00 + usr.b"}"#;
        let Json::Object(members) = read(document.as_bytes()).unwrap().value else { panic!() };
        let Json::Text(text) = &members[0].value.value else { panic!() };
        for part in ["x", "\"", "é", "\u{1f600}", "usr", "b"] {
            let at = text.find(part).unwrap();
            let inner = Span::new(at, at + part.len());
            let found = place_in_string(document, members[0].value.span, inner);
            let again =
                read(format!("\"{}\"", document.get(found.range()).unwrap()).as_bytes()).unwrap();
            assert_eq!(again.value, Json::Text(part.to_owned()));
        }
        let end = Span::new(text.len(), text.len() + 9);
        let found = place_in_string(document, members[0].value.span, end);
        assert_eq!(found, Span::new(document.len() - 2, document.len() - 2));
        for odd in ["", "\"", "\"\\", "\"\\u12\""] {
            assert!(place_in_string(odd, Span::new(0, odd.len()), Span::new(0, 9)).start <= 9);
        }
    }

    #[test]
    fn what_would_silently_change_is_refused() {
        let deep = "[".repeat(200_000);
        let cases: [&[u8]; 12] = [
            b"",
            b"{\"a\":1,\"a\":2}",
            b"9223372036854775808",
            b"1e999",
            b"\"\\ud800\"",
            b"\"\\udc00x\"",
            b"\"\xff\"",
            b"{} {}",
            b"[1,]",
            b"{\"a\"}",
            b"\"open",
            deep.as_bytes(),
        ];
        for text in cases {
            assert!(
                read(text).is_err(),
                "{:?}",
                String::from_utf8_lossy(&text[..text.len().min(20)])
            );
        }
        assert_eq!(read(b"-9223372036854775808").unwrap().value, Json::Integer(i64::MIN));
        assert!(read(format!("{}{}", "[".repeat(100), "]".repeat(100)).as_bytes()).is_ok());
        assert!(read(format!("{}{}", "[".repeat(101), "]".repeat(101)).as_bytes()).is_err());
    }
}
