//! What was written: text becomes tokens, tokens become a tree.

pub(crate) mod tree;
