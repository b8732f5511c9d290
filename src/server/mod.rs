//! An authorization server as data: audiences, scopes, claims, policies.
