//! The phases of the token endpoint over a real organization.
