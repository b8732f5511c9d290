//! A tree as text again: parsing what this prints gives the same tree.
