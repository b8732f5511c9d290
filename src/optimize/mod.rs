//! What can be known early: bounds of what an expression costs.

pub(crate) mod bound;
