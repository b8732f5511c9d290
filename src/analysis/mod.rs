//! What can be said of an organization without anybody asking it for tokens: what is odd about its
//! policies, and what another version would have decided otherwise. Whatever is said of a request is what the decision itself says of it.

pub mod lint;
pub mod policy_test;
pub mod replay;
mod request;

pub use request::{Answer, Granted, LookedAt, Refused, Request, ask};
