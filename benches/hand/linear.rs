//! The yardstick of the rule index: every rule in order, packed into 16 bytes. It does what the
//! issuer must do: a request comes as texts and as a list of groups, and goes as a rule and the
//! scopes granted. What a rule of an organization may ask for besides, the rules of this bench do
//! not, so that a scan never reads more than these 16 bytes.

use rustc_hash::FxHashMap;

/// Stands for no condition.
pub(crate) const NONE: u32 = u32::MAX;

/// What a rule asks for, each [`NONE`] or one number.
#[derive(Clone, Copy)]
pub(crate) struct PackedRule {
    pub(crate) client: u32,
    pub(crate) group: u32,
    pub(crate) scope: u32,
    /// Of the conditions in the expression language, above a bit for each grant.
    condition_and_grants: u32,
}

const _: () = assert!(size_of::<PackedRule>() == 16);

/// The bits of grants.
const GRANTS: u32 = 0xff;

impl PackedRule {
    /// A rule for these grants.
    pub(crate) fn new(client: u32, group: u32, scope: u32, condition: u32, grants: u32) -> Self {
        let condition_and_grants = condition << 8 | grants & GRANTS;
        Self { client, group, scope, condition_and_grants }
    }

    /// [`NONE`], or the number of its condition.
    pub(crate) fn condition(self) -> u32 {
        let condition = self.condition_and_grants >> 8;
        if condition == NONE >> 8 { NONE } else { condition }
    }
}

/// Every rule of a server, and the numbers of the names they use.
pub(crate) struct PackedServer {
    pub(crate) rules: Vec<PackedRule>,
    pub(crate) clients: FxHashMap<String, u32>,
    pub(crate) scopes: FxHashMap<String, u32>,
    pub(crate) grants: Vec<String>,
}

/// A request with the numbers of its names.
#[derive(Default)]
pub(crate) struct PackedRequest {
    client: u32,
    grant: u32,
    scopes: Vec<u32>,
    /// A bit for each group of the directory.
    groups: Vec<u64>,
}

impl PackedRequest {
    /// Takes the place of the request before.
    pub(crate) fn fill(
        &mut self,
        server: &PackedServer,
        client: &str,
        grant: &str,
        scopes: &[String],
        groups: &[usize],
    ) -> bool {
        let Some(grant) = server.grants.iter().position(|known| known == grant) else {
            return false;
        };
        self.grant = 1 << grant;
        self.client = server.clients.get(client).copied().unwrap_or(NONE - 1);
        self.scopes.clear();
        for scope in scopes {
            let Some(scope) = server.scopes.get(scope) else { return false };
            if !self.scopes.contains(scope) {
                self.scopes.push(*scope);
            }
        }
        self.groups.fill(0);
        for group in groups {
            if self.groups.len() <= group / 64 {
                self.groups.resize(group / 64 + 1, 0);
            }
            if let Some(word) = self.groups.get_mut(group / 64) {
                *word |= 1 << (group % 64);
            }
        }
        true
    }

    fn is_in(&self, group: u32) -> bool {
        let word = self.groups.get(group as usize / 64).copied().unwrap_or_default();
        word >> (group % 64) & 1 == 1
    }

    /// The first rule that matches.
    pub(crate) fn first_match(
        &self,
        rules: &[PackedRule],
        mut holds: impl FnMut(u32) -> bool,
    ) -> Option<usize> {
        // Nearly always one; then the comparison needs no loop.
        let (first, others) = self.scopes.split_first()?;
        rules.iter().position(|rule| {
            (rule.scope == NONE || rule.scope == *first && others.is_empty())
                && (rule.client == NONE || rule.client == self.client)
                && (rule.group == NONE || self.is_in(rule.group))
                && rule.condition_and_grants & self.grant != 0
                && (rule.condition() == NONE || holds(rule.condition()))
        })
    }
}
