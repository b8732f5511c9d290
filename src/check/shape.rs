//! How shapes combine.

use claimsmith_runtime::types::{Shape, Type};
use std::sync::Arc;

/// The shape of a value that has one of these shapes.
pub(super) fn unify(lhs: &Shape, rhs: &Shape) -> Shape {
    let nullable = lhs.nullable || rhs.nullable;
    let ty = match (&lhs.ty, &rhs.ty) {
        (Type::Null, other) | (other, Type::Null) => other.clone(),
        (one, other) if one == other => one.clone(),
        (Type::List(one), Type::List(other)) => Type::List(Arc::new(unify(one, other))),
        _ => Type::Any,
    };
    let nullable = nullable || ty == Type::Null;
    Shape { ty, nullable }
}

/// The shape of elements that have these shapes; anything for an empty list.
pub(super) fn unify_all(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut shapes = shapes.into_iter();
    let Some(first) = shapes.next() else { return Shape::of(Type::Any) };
    shapes.fold(first, |so_far, shape| unify(&so_far, &shape))
}

/// Kinds of which no value of one equals a value of another.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Family {
    Boolean,
    Number,
    Text,
    List,
}

/// `None` for what may be of several kinds, and for what has attributes.
pub(super) fn family(ty: &Type) -> Option<Family> {
    match ty {
        Type::Boolean => Some(Family::Boolean),
        Type::Integer | Type::Number => Some(Family::Number),
        Type::Text | Type::Group | Type::DateTime | Type::Country => Some(Family::Text),
        Type::List(_) => Some(Family::List),
        Type::Null | Type::Map | Type::Record(_) | Type::Any => None,
    }
}
