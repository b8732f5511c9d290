//! What can be said of an organization without anybody asking it for tokens: what is odd about its
//! policies. Whatever is said of a request is what the decision itself says of it.

pub mod lint;
mod request;

pub use request::{Answer, Granted, Refused, Request, ask};
