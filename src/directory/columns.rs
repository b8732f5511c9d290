//! Where each attribute of a person goes in their record, looked up once for all people: packing
//! somebody compares a name or two for each attribute that they have.

use crate::schema::USER_TIMES;
use claimsmith_runtime::types::{Field, RecordType, Type};
use std::sync::Arc;

/// What fills the record of a user.
#[derive(Debug)]
pub(super) struct UserColumns {
    /// In the order of its slots.
    pub(super) of_user: Vec<UserColumn>,
    /// The attributes.
    pub(super) profile: Columns,
}

/// What fills one slot.
#[derive(Clone, Copy, Debug)]
pub(super) enum UserColumn {
    Id,
    Status,
    /// When something of this name happened.
    Time(&'static str),
    Groups,
    Profile,
    /// Nothing that is known of users.
    Nothing,
}

impl UserColumns {
    /// Those of this type of users.
    pub(super) fn new(user_type: &RecordType) -> Self {
        let mut profile = None;
        let mut of_field = |field: &Field| match (field.name.as_str(), &field.shape.ty) {
            ("id", _) => UserColumn::Id,
            ("status", _) => UserColumn::Status,
            ("groups", _) => UserColumn::Groups,
            ("profile", Type::Record(attributes)) => {
                profile = Some(Arc::clone(attributes));
                UserColumn::Profile
            }
            (name, _) => {
                let known = USER_TIMES.iter().find(|known| **known == name);
                known.map_or(UserColumn::Nothing, |known| UserColumn::Time(known))
            }
        };
        let of_user = user_type.fields.iter().map(&mut of_field).collect();
        Self { of_user, profile: Columns::new(profile.unwrap_or_default()) }
    }
}

/// The slots of a record type by name.
#[derive(Debug)]
pub(super) struct Columns {
    record_type: Arc<RecordType>,
    /// Slots where the hash of their name says, or behind; with as many places that are `None`, where
    /// looking ends.
    places: Box<[Option<u32>]>,
}

impl Columns {
    fn new(record_type: Arc<RecordType>) -> Self {
        let n_places = (2 * record_type.fields.len()).max(1).next_power_of_two();
        let mut places = vec![None; n_places].into_boxed_slice();
        for (slot, field) in (0..).zip(&record_type.fields) {
            let mut around = around(&field.name, n_places);
            let free = around.find(|at| matches!(places.get(*at), Some(None)));
            if let Some(place) = free.and_then(|at| places.get_mut(at)) {
                *place = Some(slot);
            }
        }
        Self { record_type, places }
    }

    /// How many slots there are.
    pub(super) fn n_slots(&self) -> u32 {
        self.record_type.fields.len() as u32
    }

    /// The slot of this name.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        for at in around(name, self.places.len()) {
            let slot = self.places.get(at).copied()?? as usize;
            if self.record_type.fields.get(slot)?.name == name {
                return Some(slot);
            }
        }
        None
    }
}

/// Every one of so many places, a power of two, from that of this name on.
#[inline]
fn around(name: &str, n_places: usize) -> impl Iterator<Item = usize> + use<> {
    let (first, mask) = (hash(name), n_places.wrapping_sub(1));
    (0..n_places).map(move |step| first.wrapping_add(step) & mask)
}

/// Told apart by their ends and length, names are spread well enough.
#[inline]
fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29)
        }
        _ => bytes.iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::Columns;
    use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
    use std::sync::Arc;

    #[test]
    fn every_name_is_found_and_no_other() {
        for n in [0, 1, 2, 3, 30, 500] {
            let names = (0..n).map(|number| match number % 3 {
                0 => format!("a{number}"),
                1 => format!("attribute{number}ofsomebody"),
                _ => "x".repeat(number),
            });
            let field = |name| Field { name, shape: Shape::or_null(Type::Text) };
            let fields: Vec<Field> = names.map(field).collect();
            let record_type = Arc::new(RecordType { fields, ..RecordType::default() });
            let columns = Columns::new(Arc::clone(&record_type));
            for (slot, field) in record_type.fields.iter().enumerate() {
                assert_eq!(columns.find(&field.name), Some(slot));
            }
            for other in ["", "a", "attribute1ofanybody", "attribute"] {
                assert_eq!(columns.find(other), None);
            }
        }
    }
}
