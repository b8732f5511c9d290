//! What native code of the claim expression language stands on: the layout of values, the calling
//! convention, the fault codes and the bodies of the library functions.
//!
//! This package knows nothing of text, trees, tokens or clients; Cargo proves that generated code
//! never depends on the compiler.

pub mod fault;
pub mod value;
pub mod types;
pub mod record;
pub mod symbol;
pub mod kept;
pub mod arena;
pub mod abi;
#[cfg(test)]
mod fixture;
mod compiled;
mod convert;
pub mod country;
pub mod functions;
pub mod group;
pub mod json;
mod list;
pub mod number;
mod operator;
pub mod pattern;
mod relation;
mod row;
pub mod size;
mod text;
pub mod time;
mod version;

pub use abi::{Context, limits};
pub use fault::Fault;
pub use value::{Kind, Text, Value};
