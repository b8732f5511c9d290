//! One thing of the organization, and the rows it is kept and found by.

use super::counter::Counter;
use super::{Op, Row, StoreError, TextSet, encoding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a thing of the organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EntityKind {
    /// The one organization: its name and the attributes its users may have.
    Organization,
    /// An authorization server.
    Server,
    /// A scope of a server.
    Scope,
    /// A claim of a server.
    Claim,
    /// An access policy of a server.
    Policy,
    /// A rule of an access policy.
    Rule,
    /// A token policy of a server.
    TokenPolicy,
    /// An OAuth client.
    Application,
    /// A set of users.
    Group,
    /// A person, with the groups they belong to as tags.
    User,
    /// A service that is asked before tokens are signed.
    Hook,
    /// An origin whose pages may do more than others.
    TrustedOrigin,
    /// What puts users into groups.
    GroupRule,
    /// A relation between users.
    LinkedObject,
}

/// Name, then the kinds of rows: the entities, their unique names, the words to search for.
type Words = (EntityKind, &'static str, &'static str, &'static str, &'static str);

const KINDS: &[Words] = &[
    (
        EntityKind::Organization,
        "organization",
        "organization",
        "organization.name",
        "organization.word",
    ),
    (EntityKind::Server, "server", "server", "server.name", "server.word"),
    (EntityKind::Scope, "scope", "scope", "scope.name", "scope.word"),
    (EntityKind::Claim, "claim", "claim", "claim.name", "claim.word"),
    (EntityKind::Policy, "policy", "policy", "policy.name", "policy.word"),
    (EntityKind::Rule, "rule", "rule", "rule.name", "rule.word"),
    (
        EntityKind::TokenPolicy,
        "token policy",
        "token-policy",
        "token-policy.name",
        "token-policy.word",
    ),
    (EntityKind::Application, "application", "application", "application.name", "application.word"),
    (EntityKind::Group, "group", "group", "group.name", "group.word"),
    (EntityKind::User, "user", "user", "user.name", "user.word"),
    (EntityKind::Hook, "inline hook", "inline-hook", "inline-hook.name", "inline-hook.word"),
    (
        EntityKind::TrustedOrigin,
        "trusted origin",
        "trusted-origin",
        "trusted-origin.name",
        "trusted-origin.word",
    ),
    (EntityKind::GroupRule, "group rule", "group-rule", "group-rule.name", "group-rule.word"),
    (
        EntityKind::LinkedObject,
        "linked object",
        "linked-object",
        "linked-object.name",
        "linked-object.word",
    ),
];

impl EntityKind {
    /// Every kind, what others refer to first.
    pub const ALL: [Self; 14] = [
        Self::Organization,
        Self::LinkedObject,
        Self::Group,
        Self::User,
        Self::GroupRule,
        Self::Application,
        Self::Hook,
        Self::TrustedOrigin,
        Self::Server,
        Self::Scope,
        Self::Claim,
        Self::Policy,
        Self::Rule,
        Self::TokenPolicy,
    ];

    fn words_of(self) -> Words {
        let found = KINDS.iter().find(|(kind, ..)| *kind == self);
        found.copied().unwrap_or((self, "", "", "", ""))
    }

    /// What people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.words_of().1
    }

    /// The kind of the rows of entities.
    pub(super) fn rows(self) -> &'static str {
        self.words_of().2
    }

    /// The kind of the rows of unique names.
    pub(super) fn names(self) -> &'static str {
        self.words_of().3
    }

    /// The kind of the rows of words to search for.
    pub(super) fn words(self) -> &'static str {
        self.words_of().4
    }

    /// The counter that a change of such an entity raises.
    #[must_use]
    pub const fn counter(self) -> Counter {
        match self {
            Self::Group | Self::User => Counter::Directory,
            _ => Counter::Configuration,
        }
    }
}

/// One thing of the organization.
#[derive(Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Unique within its kind. What is in another has that one's id and `/` before its own.
    pub id: String,
    /// Where it stands among those of its kind in the same other, from zero.
    pub position: u32,
    /// Names that no other of its kind may have, whatever their case.
    pub names: TextSet,
    /// What it is searched for by; each is found by how it begins.
    pub words: TextSet,
    /// What it belongs to: `group:00g1`, `user:00u1`, `server:aus1`.
    pub tags: TextSet,
    /// Whether it is deactivated or suspended: what came of it ends then, and does not come back.
    pub is_ended: bool,
    /// How often it was written; the store counts.
    pub generation: i64,
    /// When it was first written, in microseconds since 1970 by the clock of the store; `None` of what
    /// was written before that was noted.
    pub created: Option<i64>,
    /// When it was last written, likewise.
    pub last_updated: Option<i64>,
    /// The rest, as its writer and its reader agree.
    pub body: String,
}

/// Not the body: it may hold what is nobody else's business.
impl std::fmt::Debug for Entity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Entity")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What the bytes of an entity's row hold.
#[derive(Serialize, Deserialize)]
struct Written {
    position: u32,
    names: TextSet,
    words: TextSet,
    #[serde(default)]
    is_ended: bool,
    #[serde(default)]
    created: Option<i64>,
    #[serde(default)]
    last_updated: Option<i64>,
    body: String,
}

impl Entity {
    /// An entity with nothing but a body.
    #[must_use]
    pub fn new(kind: EntityKind, id: &str, body: String) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            position: 0,
            names: TextSet::default(),
            words: TextSet::default(),
            tags: TextSet::default(),
            is_ended: false,
            generation: 0,
            created: None,
            last_updated: None,
            body,
        }
    }

    /// Whether `other` says the same, whenever either was written.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { generation, created, last_updated, .. } = *self;
        *self == Self { generation, created, last_updated, ..other.clone() }
    }

    pub(super) fn of_row(kind: EntityKind, row: Row) -> Result<Self, StoreError> {
        let Written { position, names, words, is_ended, created, last_updated, body } =
            encoding::read(&row.bytes)?;
        let Row { key: id, tags, generation, .. } = row;
        Ok(Self {
            kind,
            id,
            position,
            names,
            words,
            tags: tags.into_iter().collect(),
            is_ended,
            generation,
            created,
            last_updated,
            body,
        })
    }

    pub(super) fn to_row(&self) -> Result<Row, StoreError> {
        let Self { position, names, words, is_ended, created, last_updated, body, .. } =
            self.clone();
        let written = Written { position, names, words, is_ended, created, last_updated, body };
        let bytes = encoding::write(&written)?;
        Ok(Row {
            tags: self.tags.iter().map(str::to_owned).collect(),
            ..Row::new(self.kind.rows(), &self.id, bytes)
        })
    }

    /// Fails unless it is kept just as it is here: for what is written beside it.
    #[must_use]
    pub fn expected(&self) -> Op {
        let (kind, key) = (self.kind.rows().to_owned(), self.id.clone());
        Op::Expect { kind, key, generation: Some(self.generation) }
    }

    /// The rows by which it is found besides its id; no two have the same key.
    pub(super) fn ways_to_it(&self) -> impl Iterator<Item = Row> {
        let each = |texts: &TextSet| -> BTreeSet<String> { texts.iter().map(folded).collect() };
        let id = || self.id.clone().into_bytes();
        let name = move |name: String| Row::new(self.kind.names(), &name, id());
        let word =
            move |word: String| Row::new(self.kind.words(), &word_key(&word, &self.id), id());
        each(&self.names).into_iter().map(name).chain(each(&self.words).into_iter().map(word))
    }

    /// Where it is among those of which some word begins with `words`, which is what `after` names
    /// it by in [`super::Organizations::search`]; `None` if none of its words does.
    #[must_use]
    pub fn place_among(&self, words: &str) -> Option<String> {
        let prefix = folded(words);
        let keys = self.words.iter().map(|word| word_key(&folded(word), &self.id));
        keys.filter(|key| key.starts_with(&prefix)).min()
    }

    pub(super) fn way_removed(row: Row) -> Op {
        Op::Delete { kind: row.kind, key: row.key, expected: None }
    }
}

/// Behind what no word holds stands whose word it is: many may have the same.
fn word_key(word: &str, id: &str) -> String {
    format!("{word}\0{id}")
}

/// A name as it is compared.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}
