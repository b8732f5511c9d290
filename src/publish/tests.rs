//! A document becomes servers, or all that is wrong with it.
