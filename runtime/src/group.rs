//! Rows of the group family.

use crate::functions::Function;

/// The rows of this family.
pub static ROWS: &[Function] = &[];
