//! The organization as one document: read, validated whole, turned into servers and people.
