//! Who and what there is: users, groups, applications, as plain data.
//! How they are kept, and who may have what, is said elsewhere.

mod application;
mod attribute;
mod columns;
mod group;
mod person;
mod records;
mod user;

pub use application::{
    Application, ApplicationType, Assignment, AuthenticationMethod, ConsentMethod, Jwk,
    RefreshRotation, SecretSource,
};
pub use attribute::Attribute;
pub use group::{EVERYONE, Group, GroupType};
pub use person::Person;
pub use records::{Access, PackError, Records, RequestRecords, Session};
pub use user::{Password, User, UserStatus};

use crate::document::Json;
use std::collections::BTreeMap;

/// Free attributes of a user, group, application or assignment, in the order written.
pub type Profile = Vec<(String, Json)>;

/// Whether an application, server, policy, rule or claim takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Inactive,
}

impl Status {
    /// The words of the management API.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ACTIVE", Self::Active), ("INACTIVE", Self::Inactive)];

    /// Whether it takes part.
    #[must_use]
    pub fn is_active(self) -> bool {
        self == Self::Active
    }
}

/// A user as one application knows them: the root `appuser`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppUser<'a> {
    /// The name in the application; the login when the assignment names none.
    pub user_name: &'a str,
    pub profile: &'a [(String, Json)],
}

/// Everyone and everything of one organization, with what is needed to find them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    users: Vec<User>,
    groups: Vec<Group>,
    applications: Vec<Application>,
    /// By the login in lower case.
    by_login: BTreeMap<String, usize>,
    by_id: BTreeMap<String, usize>,
    by_group_id: BTreeMap<String, usize>,
    by_group_name: BTreeMap<String, usize>,
    by_client_id: BTreeMap<String, usize>,
}

impl Directory {
    /// A directory of these users and groups, whose `User::groups` are indices into `groups`.
    /// Every user joins the built-in group [`EVERYONE`], and each user's groups are put in the
    /// order of name, then id (OEL §1.4), so that tokens are reproducible.
    #[must_use]
    pub fn new(mut users: Vec<User>, groups: Vec<Group>) -> Self {
        let everyone = groups.iter().position(Group::is_everyone);
        for user in &mut users {
            settle(user, &groups, everyone);
        }
        let by_group_id =
            groups.iter().enumerate().map(|(index, group)| (group.id.clone(), index)).collect();
        // Of several of a name the first is found.
        let by_group_name = groups
            .iter()
            .enumerate()
            .rev()
            .map(|(index, group)| (group.name.clone(), index))
            .collect();
        let index = |key: fn(&User) -> String| {
            users.iter().enumerate().map(|(index, user)| (key(user), index)).collect()
        };
        Self {
            by_login: index(|user| user.login.to_lowercase()),
            by_id: index(|user| user.id.clone()),
            by_group_id,
            by_group_name,
            users,
            groups,
            ..Self::default()
        }
    }

    /// A user who is not of this directory, in those of its groups that have these ids, as one of it
    /// would be.
    #[must_use]
    pub fn with_groups<'g>(&self, mut user: User, ids: impl Iterator<Item = &'g str>) -> User {
        user.groups.clear();
        self.join(&mut user, ids);
        user
    }

    /// Has a user join those groups of this directory that have these ids.
    pub fn join<'g>(&self, user: &mut User, ids: impl Iterator<Item = &'g str>) {
        user.groups.extend(ids.filter_map(|id| self.by_group_id.get(id).copied()));
        settle(user, &self.groups, self.groups.iter().position(Group::is_everyone));
    }

    /// Has the user with this index join groups.
    pub fn join_user<'g>(&mut self, index: usize, ids: impl Iterator<Item = &'g str>) {
        let Some(mut user) = self.users.get(index).cloned() else { return };
        self.join(&mut user, ids);
        if let Some(known) = self.users.get_mut(index) {
            *known = user;
        }
    }

    /// The same directory with these applications, whose assignments are indices into its users
    /// and groups.
    #[must_use]
    pub fn with_applications(self, applications: Vec<Application>) -> Self {
        let by_client_id = applications
            .iter()
            .enumerate()
            .map(|(index, application)| (application.client_id.clone(), index))
            .collect();
        Self { applications, by_client_id, ..self }
    }

    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    #[must_use]
    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// The index of the user with this login, exactly as written.
    #[must_use]
    pub fn find_user_by_login(&self, login: &str) -> Option<usize> {
        let index = self.find_user_by_login_in_any_case(login)?;
        self.users.get(index).filter(|user| user.login == login).map(|_| index)
    }

    /// The index of the user with this login, whatever its case: as a person types it.
    #[must_use]
    pub fn find_user_by_login_in_any_case(&self, login: &str) -> Option<usize> {
        self.by_login.get(&login.to_lowercase()).copied()
    }

    /// The index of the user with this id.
    #[must_use]
    pub fn find_user_by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The index of the group with this name.
    #[must_use]
    pub fn find_group(&self, name: &str) -> Option<usize> {
        self.by_group_name.get(name).copied()
    }

    /// The index of the group with this id.
    #[must_use]
    pub fn find_group_by_id(&self, id: &str) -> Option<usize> {
        self.by_group_id.get(id).copied()
    }

    /// The application with this client id.
    #[must_use]
    pub fn find_application(&self, client_id: &str) -> Option<&Application> {
        let index = self.find_application_index(client_id)?;
        self.applications.get(index)
    }

    /// The index of the application with this client id.
    #[must_use]
    pub fn find_application_index(&self, client_id: &str) -> Option<usize> {
        self.by_client_id.get(client_id).copied()
    }

    /// The applications that are a resource server for this audience (decision 14). One that is
    /// inactive frees it for nobody.
    pub fn bound_to<'a>(&'a self, audience: &'a str) -> impl Iterator<Item = &'a Application> {
        let is_bound = move |application: &&Application| {
            application.resource_server_for.iter().any(|bound| bound == audience)
        };
        self.applications.iter().filter(is_bound)
    }

    /// The groups of a user, in the order of name, then id.
    pub fn groups_of<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Group> {
        user.groups.iter().filter_map(|index| self.groups.get(*index))
    }

    /// The user with this index, as an application knows them.
    #[must_use]
    pub fn assignment<'a>(
        &'a self,
        user: usize,
        application: &'a Application,
    ) -> Option<AppUser<'a>> {
        application.known_as(user, self.users.get(user)?)
    }
}

/// Everybody is in the built-in group, and groups are in the order of name, then id.
fn settle(user: &mut User, groups: &[Group], everyone: Option<usize>) {
    user.groups.extend(everyone);
    user.groups
        .sort_by_key(|index| (groups.get(*index).map(|group| (&group.name, &group.id)), *index));
    user.groups.dedup();
}

#[cfg(test)]
mod tests;
