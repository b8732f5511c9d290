//! Records of CSV (RFC 4180), one at a time. A quote that is opened and never closed costs its own line,
//! not those behind it.

use super::line::{Line, Lines, MOST_BYTES};
use std::io::{self, BufRead};

/// Most lines of one record.
const MOST_LINES: usize = 1_000;

/// A record: the number of its first line, and its fields, or why there are none.
pub(super) type Record = (u64, Result<Vec<String>, String>);

/// The next record that is not an empty line.
pub(super) fn next<R: BufRead>(
    lines: &mut Lines<R>,
    delimiter: char,
) -> io::Result<Option<Record>> {
    while let Some(first) = lines.next()? {
        let number = first.number;
        let text = match first.text {
            Ok(text) if text.is_empty() => continue,
            Ok(text) => text,
            Err(why) => return Ok(Some((number, Err(why.to_owned())))),
        };
        let fields = match fields(&text, delimiter) {
            Err(Wrong::Open) => of_several(lines, text, delimiter)?,
            other => other,
        };
        return Ok(Some((number, fields.map_err(|wrong| wrong.told().to_owned()))));
    }
    Ok(None)
}

/// A record whose first line ends within quotes. Where these are not closed, the other lines are records
/// of their own.
fn of_several<R: BufRead>(
    lines: &mut Lines<R>,
    mut text: String,
    delimiter: char,
) -> io::Result<Result<Vec<String>, Wrong>> {
    let mut taken: Vec<Line> = Vec::new();
    while taken.len() < MOST_LINES
        && let Some(line) = lines.next()?
    {
        let part = line.text.clone();
        taken.push(line);
        let Ok(part) = part else { break };
        if text.len() + part.len() >= MOST_BYTES {
            break;
        }
        text.push('\n');
        text.push_str(&part);
        // Only what ends a quote can close the record.
        if part.contains('"') {
            match fields(&text, delimiter) {
                Err(Wrong::Open) => {}
                Ok(fields) => return Ok(Ok(fields)),
                Err(_) => break,
            }
        }
    }
    lines.put_back(taken);
    Ok(Err(Wrong::Open))
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Open,
    Behind,
}

impl Wrong {
    fn told(self) -> &'static str {
        match self {
            Self::Open => "a quote is opened and not closed",
            Self::Behind => "something stands behind a quote that closes",
        }
    }
}

/// The fields of a record.
fn fields(text: &str, delimiter: char) -> Result<Vec<String>, Wrong> {
    let (mut fields, mut rest) = (Vec::new(), text.chars().peekable());
    loop {
        let mut field = String::new();
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next() {
                    None => return Err(Wrong::Open),
                    // Two stand for one.
                    Some('"') if rest.next_if_eq(&'"').is_some() => field.push('"'),
                    Some('"') => break,
                    Some(other) => field.push(other),
                }
            }
            match rest.next() {
                None => {
                    fields.push(field);
                    return Ok(fields);
                }
                Some(next) if next == delimiter => {}
                Some(_) => return Err(Wrong::Behind),
            }
        } else {
            let is_over = loop {
                match rest.next() {
                    None => break true,
                    Some(next) if next == delimiter => break false,
                    Some(other) => field.push(other),
                }
            };
            if is_over {
                fields.push(field);
                return Ok(fields);
            }
        }
        fields.push(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Record> {
        let mut lines = Lines::new(text.as_bytes());
        std::iter::from_fn(|| next(&mut lines, ',').unwrap()).collect()
    }

    fn ok(number: u64, fields: &[&str]) -> Record {
        (number, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn fields_are_quoted_where_they_need_it() {
        let text = "a,\"b,\"\"c\"\"\",\n\n\"two\nlines\",5\" wide\r\nlast,,";
        let expected = [
            ok(1, &["a", "b,\"c\"", ""]),
            ok(3, &["two\nlines", "5\" wide"]),
            ok(5, &["last", "", ""]),
        ];
        assert_eq!(all(text), expected);
        assert_eq!(all(""), []);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_one_line() {
        let text = "\"open,1\na,1\nb,2\n\"x\"y,3\nc,3";
        let wrong = |wrong: Wrong| Err(wrong.told().to_owned());
        let expected = [
            (1, wrong(Wrong::Open)),
            ok(2, &["a", "1"]),
            ok(3, &["b", "2"]),
            (4, wrong(Wrong::Behind)),
            ok(5, &["c", "3"]),
        ];
        assert_eq!(all(text), expected);
    }
}
