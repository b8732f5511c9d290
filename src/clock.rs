//! What time it is. Handed in, so that a test can hold the hour still.
