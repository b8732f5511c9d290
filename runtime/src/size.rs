//! How much a value weighs: what `ChargeSize` spends for it.

use crate::list::distinct;
use crate::value::{Kind, Value};

/// One for each byte of text and each element, entry or slot, at every level; counting stops once
/// `most` is passed, so that weighing never costs more than what it charges.
#[must_use]
pub fn of(value: Value<'_>, most: i64) -> i64 {
    let mut total = 0;
    add(value, most, &mut total);
    total
}

/// The same for putting the elements of a list in order: each takes part in as many comparisons as
/// the number of elements has binary digits.
#[must_use]
pub fn of_sorting(value: Value<'_>, most: i64) -> i64 {
    of(value, most).saturating_mul(n_digits(value.as_list().unwrap_or_default().len()))
}

/// How many binary digits a number has.
fn n_digits(n: usize) -> i64 {
    i64::from(usize::BITS - n.leading_zeros())
}

/// The same for finding the equal elements of a list: in order if they have keys, else each is
/// compared with each.
#[must_use]
pub fn of_matching(value: Value<'_>, most: i64) -> i64 {
    let (elements, size) = (value.as_list().unwrap_or_default(), of(value, most));
    if size > most || elements.iter().all(|element| distinct::has_key(*element)) {
        return size.saturating_mul(n_digits(elements.len()));
    }
    size.saturating_mul(i64::try_from(elements.len()).unwrap_or(i64::MAX))
}

fn add(value: Value<'_>, most: i64, total: &mut i64) {
    let mut elements = |values: &mut dyn Iterator<Item = Value<'_>>| {
        for element in values {
            if *total > most {
                return;
            }
            *total += 1;
            add(element, most, total);
        }
    };
    match value.kind() {
        Kind::Text => {
            let bytes = value.as_text().map_or(0, |text| text.as_str().len());
            *total = total.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        Kind::List => elements(&mut value.as_list().unwrap_or_default().iter().copied()),
        Kind::Map => {
            if let Some(entries) = value.as_map() {
                elements(&mut entries.iter().flat_map(|(key, value)| [Value::text(key), value]));
            }
        }
        Kind::Record => {
            if let Some(record) = value.as_record() {
                elements(&mut record.slots().iter().copied());
            }
        }
        Kind::Null
        | Kind::Boolean
        | Kind::Integer
        | Kind::Number
        | Kind::Group
        | Kind::DateTime
        | Kind::Country => {}
    }
}
