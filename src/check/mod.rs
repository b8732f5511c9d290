//! Whether a tree means anything: it becomes typed IR, or reasons why not.
