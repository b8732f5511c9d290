//! Rows of the list family.

use crate::functions::Function;

/// The rows of this family.
pub static ROWS: &[Function] = &[];
