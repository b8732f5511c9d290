//! Claimsmith, an OAuth 2 / OpenID Connect authorization server whose policies are programs.
//!
//! The rooms of the house, in the order the data walks through them. A room may name only rooms
//! above it; `tests/it/tidy.rs` reads this list.

// What everything is handed, and what names nothing of ours.
pub mod clock;
pub mod random;
pub mod source;
pub mod document;

// The language: text, tokens, tree, typed IR, native code, value.
pub mod diagnostic;
mod syntax;
pub mod schema;
mod ir;
mod check;
mod interpret;
mod optimize;
mod codegen;
pub mod program;

// The issuer: request, grant, policy, claims, token. Of the language it knows only `program`,
// `schema` and `diagnostic`.
pub mod directory;
pub mod server;
pub mod policy;
pub mod claims;
pub mod token;
pub mod store;
pub mod organization;
pub mod publish;
pub mod grant;
pub mod http;
pub mod cli;

#[cfg(feature = "internals")]
pub mod internals;
