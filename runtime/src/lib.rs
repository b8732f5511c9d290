//! what native code stands on
