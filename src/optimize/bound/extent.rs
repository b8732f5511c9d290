//! How large the value of a node can be: what it weighs in steps, how many elements it has, what its
//! elements are like, and how long it is as JSON.

use super::amount::Amount;
use claimsmith_runtime::limits;
use claimsmith_runtime::types::{Shape, Type};
use std::rc::Rc;

/// The name of the size of the longest name of a group.
pub(super) const GROUP_NAME: &str = "group.name";

/// Bounds of a value.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    /// What `ChargeSize` would spend for it: bytes of text, elements at every level.
    pub(super) weight: Amount,
    /// How many elements or entries a list or map has; of anything else, its weight.
    pub(super) elements: Amount,
    /// What each element is like, if more is known than that it is a part.
    pub(super) inner: Option<Rc<Extent>>,
}

impl Extent {
    /// Of a value without a size.
    pub(super) fn scalar() -> Self {
        Self::of(Amount::ZERO)
    }

    /// Of a value of this weight.
    pub(super) fn of(weight: Amount) -> Self {
        Self { elements: weight.clone(), weight, inner: None }
    }

    /// Of a text that an evaluation made.
    pub(super) fn made_text() -> Self {
        Self::of(Amount::constant(limits::TEXT as u64))
    }

    /// Of a list of this many such elements.
    pub(super) fn list(elements: Amount, inner: Self) -> Self {
        let weight = elements.times(&inner.weight.plus(&Amount::constant(1)));
        Self { weight, elements, inner: Some(Rc::new(inner)) }
    }

    /// What each element is like.
    pub(super) fn element(&self) -> Self {
        match &self.inner {
            Some(inner) => inner.as_ref().clone(),
            None => Self::of(self.weight.clone()),
        }
    }

    /// Of a value that is one of these.
    pub(super) fn or(&self, other: &Self) -> Self {
        let inner = match (&self.inner, &other.inner) {
            (Some(one), Some(other)) => Some(Rc::new(one.or(other))),
            _ => None,
        };
        Self {
            weight: self.weight.or(&other.weight),
            elements: self.elements.or(&other.elements),
            inner,
        }
    }
}

/// Bytes of a value of this shape as JSON, the escapes of a text at their longest.
pub(super) fn json(shape: &Shape, extent: &Extent) -> Amount {
    let text = |weight: &Amount| weight.scaled(6).plus(&Amount::constant(2));
    match &shape.ty {
        Type::Null => Amount::constant(4),
        Type::Boolean => Amount::constant(5),
        Type::Integer => Amount::constant(20),
        Type::Number => Amount::constant(25),
        Type::Text => text(&extent.weight),
        Type::Group => text(&Amount::size(GROUP_NAME)),
        Type::DateTime => Amount::constant(64),
        Type::Country => Amount::constant(8),
        // All bytes of all elements are in the weight of the list.
        Type::List(element) if element.ty == Type::Text => {
            let around = extent.elements.scaled(3).plus(&Amount::constant(2));
            extent.weight.scaled(6).plus(&around)
        }
        Type::List(element) => {
            let each = json(element, &extent.element()).plus(&Amount::constant(1));
            extent.elements.times(&each).plus(&Amount::constant(2))
        }
        // Names of members weigh nothing, and kinds are known only when it is evaluated.
        Type::Map | Type::Record(_) | Type::Any => Amount::Unbounded,
    }
    .or(&Amount::constant(4))
}

/// Whether values of this type weigh nothing.
pub(super) fn is_scalar(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Null
            | Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::Group
            | Type::DateTime
            | Type::Country
    )
}
