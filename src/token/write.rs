//! JSON objects written in one pass into a buffer: our own claims in order, then the custom ones.

use claimsmith_runtime::json;

/// The name of a member that is not the first, as it stands in the object.
macro_rules! member {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
pub(super) use member;

/// An object being written. Names come from [`member`].
pub(super) struct ObjectWriter<'b> {
    buffer: &'b mut Vec<u8>,
}

impl<'b> ObjectWriter<'b> {
    /// Begins with the member that every token has: `ver`, the version of its layout.
    pub(super) fn open(buffer: &'b mut Vec<u8>) -> Self {
        buffer.extend_from_slice(br#"{"ver":1"#);
        Self { buffer }
    }

    fn name(&mut self, member: &'static str) {
        self.buffer.extend_from_slice(member.as_bytes());
    }

    pub(super) fn text(&mut self, member: &'static str, value: &str) {
        self.name(member);
        self.string(value);
    }

    pub(super) fn optional_text(&mut self, member: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(member, value);
        }
    }

    pub(super) fn integer(&mut self, member: &'static str, value: i64) {
        self.name(member);
        self.buffer.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    pub(super) fn texts(&mut self, member: &'static str, values: &[&str]) {
        self.name(member);
        self.buffer.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.buffer.push(b',');
            }
            self.string(value);
        }
        self.buffer.push(b']');
    }

    /// A value that is JSON already.
    pub(super) fn json(&mut self, member: &'static str, value: &str) {
        self.name(member);
        self.buffer.extend_from_slice(value.as_bytes());
    }

    /// `cnf` with the thumbprint of a key (RFC 9449 §6.1).
    pub(super) fn confirmation(&mut self, thumbprint: &str) {
        self.name(member!("cnf"));
        self.buffer.extend_from_slice(br#"{"jkt":"#);
        self.string(thumbprint);
        self.buffer.push(b'}');
    }

    /// One text of several, with spaces between.
    pub(super) fn joined(&mut self, member: &'static str, values: &[&str]) {
        self.name(member);
        self.buffer.push(b'"');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.buffer.push(b' ');
            }
            // Between its own quotes, which are none of the whole.
            let start = self.buffer.len();
            self.string(value);
            self.buffer.pop();
            self.buffer.remove(start);
        }
        self.buffer.push(b'"');
    }

    /// Members written elsewhere, `"name":value` with commas between them; then the end.
    pub(super) fn close(self, custom: &[u8]) {
        if !custom.is_empty() {
            self.buffer.push(b',');
            self.buffer.extend_from_slice(custom);
        }
        self.buffer.push(b'}');
    }

    fn string(&mut self, value: &str) {
        let buffer = &mut *self.buffer;
        if json::is_plain(value) {
            buffer.push(b'"');
            buffer.extend_from_slice(value.as_bytes());
            buffer.push(b'"');
        } else {
            json::write_str(value, &mut |bytes| {
                buffer.extend_from_slice(bytes);
                true
            });
        }
    }
}
