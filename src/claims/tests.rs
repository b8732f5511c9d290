//! Claims of real organizations: which, with what value, and why not.
