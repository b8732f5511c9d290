//! The types that values have before there are values: what the checker reasons with and what a
//! record's slots promise.

use crate::value::Kind;
use std::sync::Arc;

/// A type without nullability.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Nothing but null.
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    List(Arc<Shape>),
    /// Text keys; values of any kind, a missing key is null.
    Map,
    Record(Arc<RecordType>),
    Group,
    DateTime,
    Country,
    /// Known only when it is there; null included.
    Any,
}

/// A type and whether null is one of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    pub ty: Type,
    pub nullable: bool,
}

impl Shape {
    /// Of this type and never null.
    #[must_use]
    pub fn of(ty: Type) -> Self {
        let nullable = matches!(ty, Type::Null | Type::Any);
        Self { ty, nullable }
    }

    /// Of this type or null.
    #[must_use]
    pub fn or_null(ty: Type) -> Self {
        Self { ty, nullable: true }
    }

    /// Never null, even where the type would allow it.
    #[must_use]
    pub fn of_not_null(ty: Type) -> Self {
        Self { ty, nullable: false }
    }

    /// A list of such elements, never null itself.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::of(Type::List(Arc::new(element)))
    }

    /// Whether a value of this kind has this shape, as far as the kind alone tells.
    #[must_use]
    pub fn admits(&self, kind: Kind) -> bool {
        let same = match self.ty {
            Type::Any => true,
            Type::Null => false,
            Type::Boolean => kind == Kind::Boolean,
            Type::Integer => kind == Kind::Integer,
            Type::Number => kind == Kind::Number,
            Type::Text => kind == Kind::Text,
            Type::List(_) => kind == Kind::List,
            Type::Map => kind == Kind::Map,
            Type::Record(_) => kind == Kind::Record,
            Type::Group => kind == Kind::Group,
            Type::DateTime => kind == Kind::DateTime,
            Type::Country => kind == Kind::Country,
        };
        same || (self.nullable && kind == Kind::Null)
    }
}

/// The attributes of a record and their types.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct RecordType {
    /// What people call it: `user`, `user.profile`, `group`.
    pub name: String,
    /// In slot order.
    pub fields: Vec<Field>,
    /// An attribute that is not listed is null instead of an error (decision 42).
    pub open: bool,
}

/// One attribute of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: String,
    pub shape: Shape,
}

impl RecordType {
    /// The slot and the field of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }
}
