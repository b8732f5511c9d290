//! Names as numbers: what a request calls a client, a scope, an audience or a grant is hashed once,
//! and compared as a number from there on.

use rustc_hash::FxHashMap;

/// The number of a name that nobody asks for. No name is given it.
pub(super) const UNKNOWN: u32 = Wanted::SEVERAL - 1;

/// Names in the order they were first met.
#[derive(Debug, Default)]
pub(super) struct Numbers(FxHashMap<Box<str>, u32>);

impl Numbers {
    /// The number of this name, which is a new one if need be.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(UNKNOWN).min(UNKNOWN);
        match self.0.get(name) {
            Some(known) => *known,
            None => *self.0.entry(name.into()).or_insert(next),
        }
    }

    /// The number of this name, or [`UNKNOWN`].
    pub(super) fn find(&self, name: &str) -> u32 {
        if self.0.is_empty() { UNKNOWN } else { self.0.get(name).copied().unwrap_or(UNKNOWN) }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What a rule asks a request to bring: anything, one number, or one of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(u32);

impl Wanted {
    pub(super) const ANY: Self = Self(u32::MAX);
    /// Set for several numbers, the rest being the number of their set.
    const SEVERAL: u32 = 1 << 31;
}

/// Sets of numbers that rules ask for, equal ones kept once.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// Where each set ends in `numbers`.
    ends: Vec<u32>,
    /// In ascending order within a set.
    numbers: Vec<u32>,
}

/// Sets on their way to being [`Sets`].
#[derive(Debug, Default)]
pub(super) struct SetsBuilder {
    sets: Sets,
    known: FxHashMap<Vec<u32>, Wanted>,
}

impl SetsBuilder {
    /// What asks for one of these numbers. None asks for what no request brings.
    pub(super) fn wanted(&mut self, mut numbers: Vec<u32>) -> Wanted {
        numbers.sort_unstable();
        numbers.dedup();
        match numbers.as_slice() {
            [] => return Wanted(UNKNOWN - 1),
            [one] => return Wanted(*one),
            _ => {}
        }
        if let Some(known) = self.known.get(&numbers) {
            return *known;
        }
        let wanted = Wanted(Wanted::SEVERAL | self.sets.ends.len() as u32);
        self.sets.numbers.extend_from_slice(&numbers);
        self.sets.ends.push(self.sets.numbers.len() as u32);
        self.known.insert(numbers, wanted);
        wanted
    }

    pub(super) fn finish(self) -> Sets {
        self.sets
    }
}

impl Sets {
    /// The numbers of a set of several.
    fn numbers(&self, wanted: Wanted) -> &[u32] {
        let at = (wanted.0 & !Wanted::SEVERAL) as usize;
        let end = self.ends.get(at).map_or(0, |end| *end as usize);
        let start =
            at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end);
        self.numbers.get(start as usize..end).unwrap_or_default()
    }

    /// Whether this number is one that is wanted.
    #[inline]
    pub(super) fn include(&self, wanted: Wanted, number: u32) -> bool {
        wanted == Wanted::ANY || wanted.0 == number || self.have(wanted, number)
    }

    #[inline]
    fn have(&self, wanted: Wanted, number: u32) -> bool {
        wanted.0 >= Wanted::SEVERAL && self.numbers(wanted).binary_search(&number).is_ok()
    }

    /// A bit for each number that is wanted, the same for several numbers.
    pub(super) fn bits(&self, wanted: Wanted) -> u64 {
        match wanted {
            Wanted::ANY => u64::MAX,
            Wanted(one) if one < Wanted::SEVERAL => bit(one),
            several => self.numbers(several).iter().fold(0, |bits, number| bits | bit(*number)),
        }
    }
}

/// The bit that stands for a number, as for others.
#[inline]
pub(super) fn bit(number: u32) -> u64 {
    1 << (number % 64)
}
