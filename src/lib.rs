//! Claimsmith, an OAuth 2 / OpenID Connect authorization server whose policies are programs. What
//! other programs may use is the language: what this root re-exports, and no more.
#![doc = include_str!("../docs/embedding.md")]
//!
//! # Inside
//!
//! The rooms of the house, in the order the data walks through them. A room may name only rooms
//! above it; `tests/it/tidy.rs` reads this list.

// What everything is handed, and what names nothing of ours.
#[doc(hidden)]
pub mod clock;
#[doc(hidden)]
pub mod random;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod document;
#[doc(hidden)]
pub mod few;
mod buffer;
mod threads;

// The language: text, tokens, tree, typed IR, native code, value.
#[doc(hidden)]
pub mod diagnostic;
mod syntax;
#[doc(hidden)]
pub mod schema;
mod ir;
mod check;
mod interpret;
mod optimize;
mod codegen;
#[doc(hidden)]
pub mod program;
mod expression;

// The issuer: request, grant, policy, claims, token. Of the language it knows only `program`,
// `schema` and `diagnostic`.
#[doc(hidden)]
pub mod directory;
#[doc(hidden)]
pub mod server;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod claims;
#[doc(hidden)]
pub mod token;
#[doc(hidden)]
pub mod audit;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod organization;
#[doc(hidden)]
pub mod publish;
#[doc(hidden)]
pub mod fetch;
#[cfg(feature = "telemetry")]
#[doc(hidden)]
pub mod telemetry;
#[doc(hidden)]
pub mod grant;
#[doc(hidden)]
pub mod authority;
#[doc(hidden)]
pub mod administration;
#[doc(hidden)]
pub mod login;
#[doc(hidden)]
pub mod analysis;
#[doc(hidden)]
pub mod traffic;
#[doc(hidden)]
pub mod tls;
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod cli;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

pub use diagnostic::{Category, Code, Diagnostic, Severity};
pub use expression::{
    Fault, InputError, Mistakes, Program, Schema, Subject, SubjectBuilder, Value, Worker,
};
pub use source::Span;
