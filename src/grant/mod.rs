//! The token endpoint without HTTP: the steps from a request to tokens.
