//! What must hold of every typed program; checked after each step that makes one.
