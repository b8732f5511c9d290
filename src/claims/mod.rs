//! What to say about someone: a decision and a subject become a claim set.
