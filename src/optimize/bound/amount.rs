//! How much something can be at most: a polynomial with whole coefficients over sizes that only a
//! request knows, such as how many groups a user has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A product of sizes, each by name, in order.
type Product = Vec<Arc<str>>;

/// Most terms of one amount, and most factors of one term; beyond, nothing useful is said.
const MOST_TERMS: usize = 60;
const MOST_FACTORS: usize = 6;

/// An upper bound. Sizes are in bytes for text and in elements and bytes together for lists, maps
/// and records, as steps are charged for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A sum of terms, each with its coefficient.
    Sum(BTreeMap<Product, u64>),
    Unbounded,
}

impl Amount {
    /// Nothing at all.
    pub(crate) const ZERO: Self = Self::Sum(BTreeMap::new());

    pub(crate) fn constant(value: u64) -> Self {
        let term = (value > 0).then(|| (Vec::new(), value));
        Self::Sum(term.into_iter().collect())
    }

    /// The size of this name.
    pub(crate) fn size(name: &str) -> Self {
        Self::Sum([(vec![Arc::from(name)], 1)].into_iter().collect())
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.merged(other, u64::saturating_add)
    }

    /// At least as much as either.
    pub(crate) fn or(&self, other: &Self) -> Self {
        self.merged(other, u64::max)
    }

    fn merged(&self, other: &Self, both: impl Fn(u64, u64) -> u64) -> Self {
        let (Self::Sum(one), Self::Sum(other)) = (self, other) else { return Self::Unbounded };
        let mut terms = one.clone();
        for (product, coefficient) in other {
            let known = terms.entry(product.clone()).or_default();
            *known = both(*known, *coefficient);
        }
        Self::of(terms)
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        // Nothing of what has no bound is nothing.
        if *self == Self::ZERO || *other == Self::ZERO {
            return Self::ZERO;
        }
        let (Self::Sum(one), Self::Sum(other)) = (self, other) else { return Self::Unbounded };
        let mut terms: BTreeMap<Product, u64> = BTreeMap::new();
        for (left, n) in one {
            for (right, m) in other {
                let mut product: Product = left.iter().chain(right).cloned().collect();
                product.sort();
                let known = terms.entry(product).or_default();
                *known = known.saturating_add(n.saturating_mul(*m));
            }
        }
        Self::of(terms)
    }

    fn of(terms: BTreeMap<Product, u64>) -> Self {
        let too_many = terms.len() > MOST_TERMS;
        if too_many || terms.keys().any(|product| product.len() > MOST_FACTORS) {
            return Self::Unbounded;
        }
        Self::Sum(terms)
    }

    pub(crate) fn scaled(&self, by: u64) -> Self {
        self.times(&Self::constant(by))
    }

    /// The number, if no request changes it.
    #[must_use]
    pub fn as_constant(&self) -> Option<u64> {
        self.given(&|_| None).ok()
    }

    /// The number where the sizes are known.
    ///
    /// # Errors
    /// The name of a size that is not; none where no sizes would help.
    pub fn given(&self, size: &dyn Fn(&str) -> Option<u64>) -> Result<u64, Option<Arc<str>>> {
        let Self::Sum(terms) = self else { return Err(None) };
        let mut total = 0_u64;
        for (product, coefficient) in terms {
            let mut term = *coefficient;
            for name in product {
                term = term.saturating_mul(size(name).ok_or(Some(Arc::clone(name)))?);
            }
            total = total.saturating_add(term);
        }
        Ok(total)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Sum(terms) = self else {
            return formatter.write_str("unbounded by the schema");
        };
        if terms.is_empty() {
            return formatter.write_str("0");
        }
        for (index, (product, coefficient)) in terms.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" + ")?;
            }
            if *coefficient != 1 || product.is_empty() {
                write!(formatter, "{coefficient}")?;
            }
            for (place, name) in product.iter().enumerate() {
                let sign = if place == 0 && *coefficient == 1 { "" } else { "·" };
                write!(formatter, "{sign}|{name}|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_add_multiply_and_print() {
        let (groups, title) = (Amount::size("user.groups"), Amount::size("user.title"));
        let made = groups.scaled(3).plus(&title).times(&groups.plus(&Amount::constant(2)));
        assert_eq!(
            made.to_string(),
            "6·|user.groups| + 3·|user.groups|·|user.groups| + |user.groups|·|user.title| + \
             2·|user.title|"
        );
        assert_eq!(made.given(&|_| Some(2)), Ok(12 + 12 + 4 + 4));
        assert_eq!(
            made.given(&|name| (name == "user.groups").then_some(1))
                .map_err(|name| name.unwrap().to_string()),
            Err("user.title".to_owned())
        );
        assert_eq!(Amount::Unbounded.times(&Amount::ZERO), Amount::ZERO);
        assert_eq!(Amount::Unbounded.plus(&Amount::ZERO), Amount::Unbounded);
        assert_eq!(Amount::constant(7).or(&Amount::constant(3)).as_constant(), Some(7));
        assert_eq!(Amount::constant(0).to_string(), "0");
        assert_eq!(Amount::Unbounded.to_string(), "unbounded by the schema");
    }
}
