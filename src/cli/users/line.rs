//! Lines of a file of any length: each is bounded, and so is what is held of the file at once.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// Most bytes of a line, or of a record of several.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// A line and its number, from one; an error says why it cannot be read, and the next can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: Result<String, &'static str>,
}

/// The lines of a file; some may be put back, to be read once more.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
    put_back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, put_back: VecDeque::new() }
    }

    /// Has these be the next lines again.
    pub(super) fn put_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.put_back.push_front(line);
        }
    }

    /// The next line, without what ends it.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.put_back.pop_front() {
            return Ok(Some(line));
        }
        let (mut bytes, mut is_long, mut is_begun) = (Vec::new(), false, false);
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_begun = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            is_long |= bytes.len() + part.len() > MOST_BYTES;
            if !is_long {
                bytes.extend_from_slice(part);
            }
            let n_read = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(n_read);
            if end.is_some() {
                break;
            }
        }
        if !is_begun {
            return Ok(None);
        }
        self.number += 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let text = match String::from_utf8(bytes) {
            _ if is_long => Err("the line is longer than a megabyte"),
            Ok(text) if self.number == 1 => Ok(text.trim_start_matches('\u{feff}').to_owned()),
            Ok(text) => Ok(text),
            Err(_) => Err("the line is not UTF-8"),
        };
        Ok(Some(Line { number: self.number, text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_and_the_next_is_read_whatever_was_wrong() {
        let long = "x".repeat(MOST_BYTES + 1);
        let text = format!("\u{feff}a\r\n{long}\n\nb");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\n\xff\xfe\nlast\n");
        let mut lines = Lines::new(io::BufReader::with_capacity(7, &*bytes));
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line);
        }
        let texts: Vec<Result<&str, &str>> =
            all.iter().map(|line| line.text.as_deref().map_err(|error| *error)).collect();
        let (long, odd) = ("the line is longer than a megabyte", "the line is not UTF-8");
        assert_eq!(texts, [Ok("a"), Err(long), Ok(""), Ok("b"), Err(odd), Ok("last")]);
        assert_eq!(all.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        lines.put_back(all.split_off(4));
        assert_eq!(lines.next().unwrap().map(|line| line.number), Some(5));
        assert_eq!(lines.next().unwrap().map(|line| line.number), Some(6));
        assert_eq!(lines.next().unwrap(), None);
    }
}
