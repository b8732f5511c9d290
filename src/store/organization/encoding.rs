//! How what stands beside a body is written in the bytes of a row: as JSON.

use super::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn write<Value: Serialize>(value: &Value) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Database(error.to_string()))
}

pub(super) fn read<Value: DeserializeOwned>(bytes: &[u8]) -> Result<Value, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

/// A row that is a text and nothing else.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Database(format!("a row of the organization cannot be read: {error}"))
}
