//! A JSON text with the place of every value, so that what is wrong with it can be pointed at.
