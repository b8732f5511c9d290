//! How large the results of operators and library functions can be. What no rule here tells is
//! either a part of an argument, or was made and keeps to the limit of what is made.

use super::Walk;
use super::amount::Amount;
use super::extent::{Extent, GROUP_NAME};
use crate::ir::NodeId;
use claimsmith_runtime::functions::{self, Operator, Returns};
use claimsmith_runtime::limits;
use claimsmith_runtime::types::Type;

/// Functions of which the result is no longer than their first argument.
const SHORTER: [&str; 14] = [
    "substring",
    "substringBefore",
    "substringAfter",
    "String.substring",
    "String.substringBefore",
    "String.substringAfter",
    "removeSpaces",
    "String.removeSpaces",
    "trim",
    "slice",
    "at",
    "charAt",
    "get",
    "first",
];

/// Functions that may make each letter up to three times as long.
const CASES: [&str; 4] = ["toUpperCase", "toLowerCase", "String.toUpperCase", "String.toLowerCase"];

/// Functions that replace what they find of their second argument by their third.
const REPLACED: [&str; 4] = ["replace", "replaceFirst", "String.replace", "String.replaceFirst"];

fn sum(values: &[Extent]) -> Amount {
    values.iter().fold(Amount::ZERO, |total, value| total.plus(&value.weight))
}

impl Walk<'_> {
    fn made(&self) -> Amount {
        Amount::constant(limits::TEXT as u64)
    }

    /// What the groups among a value of this weight add when each becomes its name.
    fn names_in(&self, weight: &Amount) -> Amount {
        if !self.mentions_groups {
            return Amount::ZERO;
        }
        weight.plus(&Amount::constant(1)).times(&Amount::size(GROUP_NAME))
    }

    pub(super) fn operation(
        &self,
        operator: Operator,
        arguments: &[NodeId],
        values: &[Extent],
    ) -> Extent {
        let first = || values.first().cloned().unwrap_or(Extent::scalar());
        let is = |wanted: &Type| {
            let node = arguments.first().and_then(|node| self.body.node(*node));
            node.is_some_and(|node| node.shape.ty == *wanted)
        };
        match operator {
            Operator::AsText | Operator::CsvText if is(&Type::Text) => first(),
            Operator::AsText if is(&Type::Group) => Extent::of(Amount::size(GROUP_NAME)),
            Operator::AsText => {
                let weight = first().weight;
                let names = self.names_in(&weight);
                Extent::of(weight.plus(&names).plus(&Amount::constant(64)))
            }
            Operator::CsvText => Extent::of(self.made().plus(&first().weight)),
            Operator::CsvList => Extent::of(first().weight.scaled(2).plus(&Amount::constant(1))),
            Operator::AsList | Operator::AsMap | Operator::SortedBy => first(),
            Operator::Entries => Extent::of(first().weight.scaled(14)),
            Operator::Kept => values.iter().skip(1).fold(first(), |all, one| all.or(one)),
            Operator::Member => {
                let weight = first().weight;
                Extent::of(weight.plus(&self.names_in(&weight)))
            }
            Operator::Index => match first() {
                list if list.inner.is_some() => list.element(),
                other => Extent::of(other.weight.plus(&self.names_in(&other.weight))),
            },
            Operator::List => {
                let n = Amount::constant(values.len() as u64);
                let inner = values.iter().skip(1).fold(first(), |all, one| all.or(one));
                Extent {
                    weight: sum(values).plus(&n),
                    elements: n,
                    inner: Some(std::rc::Rc::new(inner)),
                }
            }
            Operator::Map => {
                let n = Amount::constant(values.len() as u64);
                Extent::of(sum(values).plus(&n))
            }
            Operator::Method => self.unknown(values),
            Operator::Equal
            | Operator::Compare
            | Operator::AsBoolean
            | Operator::AsInteger
            | Operator::AsNumeric
            | Operator::AsDateTime
            | Operator::AsCountry
            | Operator::Negate
            | Operator::Size
            | Operator::SortSize
            | Operator::MatchSize => Extent::scalar(),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::Power
            | Operator::Piece
            | Operator::Concatenate => Extent::made_text(),
        }
    }

    pub(super) fn call(&self, row: u32, values: &[Extent]) -> Extent {
        let Some(row) = functions::row(row) else { return Extent::of(Amount::Unbounded) };
        let first = || values.first().cloned().unwrap_or(Extent::scalar());
        let named = |names: &[&str]| row.names.iter().any(|name| names.contains(name));
        let n = Amount::constant(values.len() as u64);
        match row.returns {
            Returns::Boolean
            | Returns::Integer
            | Returns::Number
            | Returns::DateTime
            | Returns::Country => Extent::scalar(),
            Returns::Text if named(&SHORTER) => Extent::of(first().weight),
            Returns::Text if named(&["String.append"]) => Extent::of(sum(values)),
            // Each byte may be one that is replaced.
            Returns::Text if named(&REPLACED) => {
                let by = values.get(2).map_or(Amount::ZERO, |by| by.weight.clone());
                Extent::of(first().weight.times(&by.or(&Amount::constant(1))))
            }
            Returns::Text if named(&CASES) => Extent::of(first().weight.scaled(3)),
            Returns::Text | Returns::TextOrNull | Returns::TimeOrText => {
                Extent::of(self.made().plus(&sum(values)))
            }
            Returns::SameList | Returns::SameListOrNull | Returns::Groups => first(),
            Returns::Element => match first() {
                list if list.inner.is_some() => list.element(),
                other => Extent::of(other.weight),
            },
            Returns::Texts | Returns::TextsOrNull => {
                let weight = sum(values).scaled(2).plus(&n).plus(&Amount::constant(2));
                let names = self.names_in(&weight);
                Extent::of(weight.plus(&names))
            }
            Returns::Added | Returns::Mapped => {
                Extent::of(sum(values).scaled(2).plus(&n).plus(&Amount::constant(1)))
            }
            Returns::Any => self.unknown(values),
        }
    }

    /// A result of any kind, made of the arguments.
    fn unknown(&self, values: &[Extent]) -> Extent {
        let weight = sum(values).scaled(2).plus(&Amount::constant(values.len() as u64));
        let names = self.names_in(&weight);
        Extent::of(self.made().plus(&weight).plus(&names))
    }
}

#[cfg(test)]
mod tests {
    use super::{CASES, REPLACED, SHORTER};
    use claimsmith_runtime::functions;

    #[test]
    fn every_function_that_is_named_here_exists() {
        for name in SHORTER.iter().chain(&CASES).chain(&REPLACED) {
            assert!(functions::rows().any(|(_, row)| row.names.contains(name)), "{name}");
        }
    }
}
