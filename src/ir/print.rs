//! The typed IR as text, for people.
