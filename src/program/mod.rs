//! The way into the language and out of it.
