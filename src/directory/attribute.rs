//! An attribute that the profiles of users may have.

/// An attribute of user profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    /// A name that `schema` knows, such as `array of string`.
    pub type_name: String,
    /// Never null, so that expressions need not guard against it.
    pub required: bool,
}
