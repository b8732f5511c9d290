//! What was meant: the typed program that both engines run.
