//! Lists of rules by what they ask for, all in one piece of memory, and their merging into the
//! order of the decision.

use super::number::{Sets, Wanted};
use super::{Key, Left, Request};
use crate::few::Few;
use rustc_hash::FxHashMap;

/// A rule in a list, with what nearly always tells that it does not match, so that the rule itself
/// need not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Posting {
    /// Its number, in the order of the decision.
    pub(super) rule: u32,
    pub(super) scope: Wanted,
    pub(super) client: Wanted,
    /// A bit for each grant.
    pub(super) grants: u16,
    pub(super) traits: Traits,
}

const _: () = assert!(size_of::<Posting>() == 16);

/// What else is to be known of a rule before it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// It denies: one of the scopes asked for is enough.
    pub(super) denies: bool,
    pub(super) left: Left,
}

impl Posting {
    /// Whether the rule matches, as far as it is said here.
    #[inline]
    fn passes(&self, request: &Request<'_>, sets: &Sets) -> bool {
        self.is_about(request, sets)
            && self.grants & request.grant != 0
            && sets.include(self.client, request.client)
    }

    /// A rule that allows lists all scopes, or some of the defaults; one that denies lists some
    /// (decision 2).
    #[inline]
    fn is_about(&self, request: &Request<'_>, sets: &Sets) -> bool {
        if self.scope == Wanted::ANY {
            return true;
        }
        let mut asked = request.scopes.iter();
        if self.traits.denies || request.by_default {
            asked.any(|scope| sets.include(self.scope, *scope))
        } else {
            asked.all(|scope| sets.include(self.scope, *scope))
        }
    }
}

/// Where the rules under one key are.
#[derive(Clone, Copy, Debug, Default)]
struct List {
    start: u32,
    length: u32,
    /// The bits of all scopes that its rules ask for.
    scopes: u64,
}

/// The rules under each key.
#[derive(Debug, Default)]
pub(super) struct Lists {
    postings: Vec<Posting>,
    clients: Vec<List>,
    scopes: Vec<List>,
    audiences: Vec<List>,
    grants: Vec<List>,
    users: FxHashMap<u32, List>,
    groups: SparseLists,
}

/// Lists by the index of a group. A server knows of few of the groups of a directory.
#[derive(Debug, Default)]
struct SparseLists {
    blocks: Vec<Block>,
    lists: Vec<List>,
}

/// Which of 64 groups have a list, and where the first of these is.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    present: u64,
    first: u32,
    /// Whether each of the 64 has a place, so that none need be counted.
    is_full: bool,
}

/// A block of more lists than this has a place for each group.
const MOST_COUNTED: usize = 8;

impl SparseLists {
    /// The lists of these groups, which are in ascending order.
    fn new(lists: &[(u32, List)]) -> Self {
        let mut made = Self::default();
        for of_block in lists.chunk_by(|(one, _), (other, _)| one / 64 == other / 64) {
            let Some((group, _)) = of_block.first() else { continue };
            let first = made.lists.len() as u32;
            let present = of_block.iter().fold(0, |bits, (group, _)| bits | 1 << (group % 64));
            let is_full = of_block.len() > MOST_COUNTED;
            made.blocks.resize(*group as usize / 64, Block::default());
            made.blocks.push(Block { present, first, is_full });
            if !is_full {
                made.lists.extend(of_block.iter().map(|(_, list)| *list));
                continue;
            }
            let mut all = [List::default(); 64];
            for (group, list) in of_block {
                if let Some(place) = all.get_mut(*group as usize % 64) {
                    *place = *list;
                }
            }
            made.lists.extend_from_slice(&all);
        }
        made
    }

    /// The list of a group; one of nothing, or none, for a group without.
    #[inline]
    fn find(&self, group: usize) -> Option<&List> {
        let block = self.blocks.get(group / 64)?;
        let within = if block.is_full { group as u32 % 64 } else { block.count(group)? };
        self.lists.get((block.first + within) as usize)
    }
}

impl Block {
    /// How many groups before this one have a list, if it has one.
    #[inline]
    fn count(self, group: usize) -> Option<u32> {
        let bit = 1 << (group % 64);
        (self.present & bit != 0).then(|| (self.present & (bit - 1)).count_ones())
    }
}

impl Lists {
    /// Files each rule under its keys.
    pub(super) fn new(mut filed: Vec<(Key, Posting)>, sets: &Sets) -> Self {
        filed.sort_by_key(|(key, posting)| (*key, posting.rule));
        filed.dedup_by_key(|(key, posting)| (*key, posting.rule));
        let (mut lists, mut groups) = (Self::default(), Vec::new());
        for chunk in filed.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((key, _)) = chunk.first() else { continue };
            let list = List {
                start: lists.postings.len() as u32,
                length: chunk.len() as u32,
                scopes: chunk.iter().fold(0, |bits, (_, posting)| bits | sets.bits(posting.scope)),
            };
            lists.postings.extend(chunk.iter().map(|(_, posting)| *posting));
            match *key {
                Key::Group(group) => groups.push((group, list)),
                key => lists.put(key, list),
            }
        }
        lists.groups = SparseLists::new(&groups);
        lists
    }

    fn put(&mut self, key: Key, list: List) {
        let (lists, number) = match key {
            Key::User(user) => {
                self.users.insert(user, list);
                return;
            }
            // These are put all at once.
            Key::Group(_) => return,
            Key::Client(number) => (&mut self.clients, number),
            Key::Scope(number) => (&mut self.scopes, number),
            Key::Audience(number) => (&mut self.audiences, number),
            Key::Grant(number) => (&mut self.grants, number),
        };
        // Keys come in ascending order.
        lists.resize(number as usize, List::default());
        lists.push(list);
    }

    /// The rules that match as far as their postings say, in the order of the decision.
    #[inline]
    pub(super) fn matching<'i>(&'i self, request: &'i Request<'i>, sets: &'i Sets) -> Matching<'i> {
        let heads = Few::new();
        let mut matching = Matching { request, sets, heads, bound: u32::MAX, taken: None };
        let postings = &self.postings;
        matching.add(self.clients.get(request.client as usize), postings);
        matching.add(self.audiences.get(request.audience as usize), postings);
        matching.add(self.grants.get(request.grant_number as usize), postings);
        if !self.users.is_empty() {
            matching.add(request.user.and_then(|user| self.users.get(&user)), postings);
        }
        for scope in request.scopes {
            matching.add(self.scopes.get(*scope as usize), postings);
        }
        for group in request.groups {
            matching.add(self.groups.find(*group), postings);
        }
        matching
    }

    #[cfg(test)]
    pub(super) fn rules(&self, key: Key) -> Vec<u32> {
        let list = match key {
            Key::User(user) => self.users.get(&user),
            Key::Group(group) => self.groups.find(group as usize),
            Key::Client(number) => self.clients.get(number as usize),
            Key::Scope(number) => self.scopes.get(number as usize),
            Key::Audience(number) => self.audiences.get(number as usize),
            Key::Grant(number) => self.grants.get(number as usize),
        };
        list.map_or_else(Vec::new, |list| {
            list.of(&self.postings).iter().map(|posting| posting.rule).collect()
        })
    }
}

impl List {
    #[inline]
    fn of(self, postings: &[Posting]) -> &[Posting] {
        let start = self.start as usize;
        postings.get(start..start + self.length as usize).unwrap_or_default()
    }
}

/// Merges lists in ascending order, each rule once. A list is read only as far as it must be.
#[derive(Debug)]
pub(super) struct Matching<'i> {
    request: &'i Request<'i>,
    sets: &'i Sets,
    /// Of each list that has any, the first rule that passes, and those behind it.
    heads: Few<(Posting, &'i [Posting]), 6>,
    /// No rule behind this one can decide, since nothing is left to ask of this one.
    bound: u32,
    /// The rule that was answered last; lists that begin with it move on when the next is wanted.
    taken: Option<u32>,
}

impl<'i> Matching<'i> {
    #[inline]
    fn add(&mut self, list: Option<&List>, postings: &'i [Posting]) {
        if let Some(list) = list
            && list.scopes & self.request.scope_bits != 0
        {
            self.add_rest(list.of(postings));
        }
    }

    /// Adds what is left of a list from the first rule that passes on.
    fn add_rest(&mut self, list: &'i [Posting]) {
        let found = self.first_passing(list);
        self.heads.extend(found);
    }

    /// Splits a list at the first rule that passes; `None` where none does before the bound.
    fn first_passing(&mut self, list: &'i [Posting]) -> Option<(Posting, &'i [Posting])> {
        let mut rest = list;
        while let [head, behind @ ..] = rest
            && head.rule <= self.bound
        {
            rest = behind;
            if head.passes(self.request, self.sets) {
                if head.traits.left == Left::Nothing {
                    self.bound = head.rule;
                }
                return Some((*head, rest));
            }
        }
        None
    }

    /// Moves the lists on that begin with the rule that was answered.
    fn pass_over(&mut self, taken: u32) {
        let mut at = 0;
        while let Some((head, rest)) = self.heads.get(at).copied() {
            if head.rule != taken {
                at += 1;
                continue;
            }
            self.heads.swap_remove(at);
            self.add_rest(rest);
        }
    }
}

impl Iterator for Matching<'_> {
    type Item = Posting;

    fn next(&mut self) -> Option<Posting> {
        if let Some(taken) = self.taken.take() {
            self.pass_over(taken);
        }
        let (first, _) = self.heads.iter().min_by_key(|(head, _)| head.rule)?;
        self.taken = Some(first.rule);
        Some(*first)
    }
}
