//! What is written means this shape, or this error.
