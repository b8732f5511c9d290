//! What an expression means, run slowly and obviously.
