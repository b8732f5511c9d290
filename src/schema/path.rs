//! Records that are reached from the user of a request: linked users, managers, assistants, and
//! users as applications know them. Each path has a record of its own (design: `needs`).

use super::Schema;
use super::standard;
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Most links of a path.
pub const MOST_LINKS: usize = 4;

/// One step from a user to another record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// The user linked by the primary relation of this name.
    LinkedObject(String),
    /// The manager, as a source says.
    Manager(String),
    /// The assistant, as a source says.
    Assistant(String),
    /// The user as the application with this id knows them. Nothing follows it.
    AppUser(String),
}

/// The links from the user of the request to a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Link>);

impl Path {
    /// In the order they are followed.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.0
    }

    /// One link further; `None` beyond [`MOST_LINKS`], and after an app user.
    #[must_use]
    pub fn then(&self, link: Link) -> Option<Self> {
        if self.0.len() >= MOST_LINKS || self.is_app_user() {
            return None;
        }
        Some(Self(self.0.iter().cloned().chain([link]).collect()))
    }

    /// The path that follows these relations, one after the other; `None` beyond [`MOST_LINKS`].
    #[must_use]
    pub fn of_linked_objects(names: impl IntoIterator<Item = String>) -> Option<Self> {
        let link = |path: Self, name| path.then(Link::LinkedObject(name));
        names.into_iter().try_fold(Self::default(), link)
    }

    /// The relations that it follows; `None` if it follows something else, too.
    #[must_use]
    pub fn linked_objects(&self) -> Option<Vec<&str>> {
        self.0
            .iter()
            .map(|link| match link {
                Link::LinkedObject(name) => Some(name.as_str()),
                Link::Manager(_) | Link::Assistant(_) | Link::AppUser(_) => None,
            })
            .collect()
    }

    /// Whether it leads to a user as an application knows them.
    #[must_use]
    pub fn is_app_user(&self) -> bool {
        matches!(self.0.last(), Some(Link::AppUser(_)))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("user")?;
        for link in &self.0 {
            let (name, of) = match link {
                Link::LinkedObject(of) => ("linkedObjects", of),
                Link::Manager(of) => ("manager", of),
                Link::Assistant(of) => ("assistant", of),
                Link::AppUser(of) => ("appUsers", of),
            };
            write!(formatter, ".{name}.{of}")?;
        }
        Ok(())
    }
}

/// The type of users as an application knows them: a profile of free JSON and nothing else
/// (decision 55).
pub(crate) static APP_USER: LazyLock<Arc<RecordType>> = LazyLock::new(|| {
    let profile = Field { name: standard::PROFILE.to_owned(), shape: Shape::of(Type::Map) };
    Arc::new(RecordType {
        name: "user of an application".to_owned(),
        fields: vec![profile],
        open: false,
    })
});

/// The type of a user who is never there.
static NOBODY: LazyLock<Arc<RecordType>> = LazyLock::new(|| {
    let name = standard::USER.to_owned();
    Arc::new(RecordType { name, fields: Vec::new(), open: true })
});

impl Schema {
    /// The same, knowing which records can be reached and what they hold. Without it every user
    /// that can be reached is like the user of the request.
    #[must_use]
    pub(crate) fn with_reached(mut self, reached: Vec<(Path, Arc<RecordType>)>) -> Self {
        self.reached = Some(reached);
        self
    }

    /// The type of the record at the end of a path. Where there never is one, that of a user of
    /// whom nothing is known.
    pub(crate) fn reached_type(&self, path: &Path) -> Arc<RecordType> {
        if path.is_app_user() {
            return Arc::clone(&APP_USER);
        }
        let known = match &self.reached {
            Some(reached) => {
                reached.iter().find(|(known, _)| known == path).map(|(_, record_type)| record_type)
            }
            None => self.ordinal(standard::USER).and_then(|user| self.record_type(user)),
        };
        Arc::clone(known.unwrap_or(&NOBODY))
    }
}
