//! What may be named in an expression, and the type of each name.
//!
//! A schema lists roots in a fixed order; a root's place in it is its ordinal, by which compiled
//! code finds its record. Names that are no records of section 1 of OEL are slots of one further
//! record, the last root.

pub(crate) mod standard;
mod declared;
pub(crate) mod path;
pub(crate) mod position;
mod roots;

pub use declared::{DeclareError, from_declaration};
pub(crate) use declared::{shape_of, user_type};
pub use path::{Link, MOST_LINKS, Path};
pub use position::Position;
pub(crate) use roots::{is_listed, root_type};
pub(crate) use standard::{USER_TIMES, group_type};

use claimsmith_runtime::types::{RecordType, Shape, Type};
use std::sync::Arc;

/// The roots that exist, and the type of a group.
#[derive(Clone, Debug)]
pub struct Schema {
    roots: Vec<Root>,
    /// Names without a record of their own; the ordinal is that of the last root.
    further: Option<Arc<RecordType>>,
    group: Arc<RecordType>,
    /// Whether a mismatch of types is an error when compiled, or a fault when reached (design,
    /// "`Any`").
    declared: bool,
    /// The records that can be reached from the user, where that is known.
    reached: Option<Vec<(Path, Arc<RecordType>)>>,
}

/// One root.
#[derive(Clone, Debug)]
pub struct Root {
    pub name: String,
    /// A record, perhaps null; or null alone, for a root that exists but is not given.
    pub shape: Shape,
}

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place<'s> {
    Root { ordinal: u32, shape: &'s Shape },
    Further { ordinal: u32, record_type: &'s Arc<RecordType>, slot: u32 },
}

impl Schema {
    /// A schema of these roots. `declared` says that the types are promised, not only observed.
    #[must_use]
    pub fn new(roots: Vec<Root>, group: Arc<RecordType>, declared: bool) -> Self {
        Self { roots, further: None, group, declared, reached: None }
    }

    /// The same with names that are slots of one further record.
    #[must_use]
    pub fn with_further(mut self, further: Arc<RecordType>) -> Self {
        self.further = Some(further);
        self
    }

    /// The roots in order of their ordinals, the further record not among them.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// How many records an evaluation takes.
    #[must_use]
    pub fn n_records(&self) -> usize {
        self.roots.len() + usize::from(self.further.is_some())
    }

    /// The type of the record with this ordinal, if it can be other than null.
    #[must_use]
    pub fn record_type(&self, ordinal: usize) -> Option<&Arc<RecordType>> {
        match self.roots.get(ordinal).map(|root| &root.shape.ty) {
            Some(Type::Record(record_type)) => Some(record_type),
            Some(_) => None,
            None if ordinal == self.roots.len() => self.further.as_ref(),
            None => None,
        }
    }

    /// The shape of the record with this ordinal.
    pub(crate) fn record_shape(&self, ordinal: u32) -> Option<Shape> {
        let ordinal = ordinal as usize;
        match self.roots.get(ordinal) {
            Some(root) => Some(root.shape.clone()),
            None => {
                self.record_type(ordinal).map(|found| Shape::of(Type::Record(Arc::clone(found))))
            }
        }
    }

    /// The ordinal of this root.
    #[must_use]
    pub fn ordinal(&self, name: &str) -> Option<usize> {
        self.roots.iter().position(|root| root.name == name)
    }

    /// The type of the attributes of a group.
    #[must_use]
    pub fn group(&self) -> &Arc<RecordType> {
        &self.group
    }

    /// Whether `access.grantType` is always there when `access` is.
    pub(crate) fn tells_grant(&self) -> bool {
        let access = self.ordinal("access").and_then(|ordinal| self.record_type(ordinal));
        access.is_some_and(|access| !access.open && access.find("grantType").is_some())
    }

    pub(crate) fn is_declared(&self) -> bool {
        self.declared
    }

    pub(crate) fn find(&self, name: &str) -> Option<Place<'_>> {
        if let Some(ordinal) = self.ordinal(name) {
            let shape = self.roots.get(ordinal).map(|root| &root.shape)?;
            return Some(Place::Root { ordinal: u32::try_from(ordinal).ok()?, shape });
        }
        let record_type = self.further.as_ref()?;
        let (slot, _) = record_type.find(name)?;
        let ordinal = u32::try_from(self.roots.len()).ok()?;
        Some(Place::Further { ordinal, record_type, slot: u32::try_from(slot).ok()? })
    }

    /// Every name that may stand at the start of an expression, for suggestions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let further = self.further.iter().flat_map(|record| record.fields.iter());
        self.roots
            .iter()
            .map(|root| root.name.as_str())
            .chain(further.map(|field| field.name.as_str()))
    }
}
