//! JSON objects written in one pass into a buffer: our own claims in order, then the custom ones.

use claimsmith_runtime::json;

/// An object being written.
pub(super) struct ObjectWriter<'b> {
    buffer: &'b mut Vec<u8>,
    empty: bool,
}

impl<'b> ObjectWriter<'b> {
    pub(super) fn open(buffer: &'b mut Vec<u8>) -> Self {
        buffer.push(b'{');
        Self { buffer, empty: true }
    }

    /// A name of ours, which needs no escapes.
    fn name(&mut self, name: &str) {
        self.buffer.extend_from_slice(if self.empty { b"\"" } else { b",\"" });
        self.empty = false;
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"\":");
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }

    pub(super) fn optional_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(super) fn integer(&mut self, name: &str, value: i64) {
        self.name(name);
        self.buffer.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    pub(super) fn texts(&mut self, name: &str, values: &[&str]) {
        self.name(name);
        self.buffer.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.buffer.push(b',');
            }
            self.string(value);
        }
        self.buffer.push(b']');
    }

    /// Members written elsewhere, `"name":value` with commas between them; then the end.
    pub(super) fn close(self, custom: &[u8]) {
        if !custom.is_empty() {
            if !self.empty {
                self.buffer.push(b',');
            }
            self.buffer.extend_from_slice(custom);
        }
        self.buffer.push(b'}');
    }

    fn string(&mut self, value: &str) {
        let buffer = &mut *self.buffer;
        json::write_str(value, &mut |bytes| {
            buffer.extend_from_slice(bytes);
            true
        });
    }
}
