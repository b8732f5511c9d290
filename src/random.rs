//! Unguessable bytes. Handed in, so that a test can seed them.
