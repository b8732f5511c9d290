//! Say it so that it can be checked: a claim set becomes a signed string, and back.
