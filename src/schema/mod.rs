//! What may be named in an expression, and the type of each name.
