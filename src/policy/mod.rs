//! Whether a client may have what it asks for, by this grant, for this person, and for how long.
