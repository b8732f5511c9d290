//! Rows of the operator family.

use crate::functions::Function;

/// The rows of this family.
pub static ROWS: &[Function] = &[];
