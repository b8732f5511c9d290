//! Many users at once: those of a file, some hundred in one transaction with what is recorded of them.
//! Whoever is there already is left alone, so that what was interrupted is simply done again.

use super::profile::{stand, status_of_user};
use super::user::{forget_undeclared, read};
use super::{ATTEMPTS, Administration, ChangeRefused, read_body, text_of, type_name};
use crate::audit::{Actor, Alteration};
use crate::directory::UserStatus;
use crate::organization::groups_of;
use crate::publish::Published;
use crate::store::Op;
use crate::store::journal::alteration_row;
use crate::store::organization::{Change, Entity, EntityKind, Seen, WriteError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// As Okta's System Log calls it.
const EVENT: &str = "system.import.complete_batch";

/// What became of a user of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    Made,
    /// There is one of this login, with such a profile and in these groups.
    Present,
    /// Why there is none.
    Refused(String),
}

/// Whom a file is thought to speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// People who are not there yet. That is not looked up for each: the write finds out.
    New,
    /// Some who are there, too, as where an import goes on.
    Known,
}

impl Administration {
    /// Makes those of `bodies`, users as an org document describes them, that are in order and not there
    /// yet, in one transaction. `from` says where they come from, for the log. Answers what became of
    /// each. Whatever is `expected`, it is the same in the end; only what is so is quicker.
    ///
    /// # Errors
    /// [`ChangeRefused`] that is about none of them; nothing is made then, unless the store says that it
    /// does not know.
    pub async fn import_users(
        &self,
        actor: &Actor,
        bodies: &[Value],
        from: &str,
        mut expected: Expected,
    ) -> Result<Vec<Imported>, ChangeRefused> {
        for _ in 0..ATTEMPTS {
            self.publisher.turn().await.follow().await?;
            // Before the version: what was looked at is never newer than what it is compared with.
            let configuration = self.publisher.served().configuration;
            let version = self.version();
            let mut batch = Batch::default();
            for body in bodies {
                let imported = self.sort(&version, &mut batch, body, expected).await?;
                batch.imported.push(imported);
            }
            if batch.made.is_empty() {
                return Ok(batch.imported);
            }
            match self.write_batch(actor, &batch, from, configuration).await {
                Ok(()) => return Ok(batch.imported),
                // Others were first: what there is now is looked at anew.
                Err(WriteError::Overtaken) => {}
                Err(WriteError::Conflict { .. } | WriteError::NameTaken { .. }) => {
                    expected = Expected::Known;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ChangeRefused::Conflict)
    }

    /// Looks at one, and puts who is to be made into the batch.
    async fn sort(
        &self,
        version: &Published,
        batch: &mut Batch,
        body: &Value,
        expected: Expected,
    ) -> Result<Imported, ChangeRefused> {
        let has_own_id = body.get("id").is_some();
        let entity = match read(version, &self.completed(body)) {
            Ok(entity) => entity,
            Err(refused) => return Ok(Imported::Refused(refused.to_string())),
        };
        let Some(login) = entity.names.first().map(|name| name.to_lowercase()) else {
            return Ok(Imported::Refused("there is no login".to_owned()));
        };
        let organizations = self.organizations();
        let in_batch = batch.by_login.get(&login).and_then(|index| batch.made.get(*index));
        let known = match (in_batch, expected) {
            (Some(known), _) => Some(known.clone()),
            (None, Expected::New) => None,
            (None, Expected::Known) => organizations.find_by_name(EntityKind::User, &login).await?,
        };
        if let Some(known) = known {
            return Ok(match difference(version, &known, &entity, body)? {
                None => Imported::Present,
                Some(what) => Imported::Refused(format!(
                    "another user has the login `{login}` already, and differs: {what}"
                )),
            });
        }
        let is_taken = has_own_id
            && (batch.ids.contains(&entity.id)
                || expected == Expected::Known
                    && organizations.find(EntityKind::User, &entity.id).await?.is_some());
        if is_taken {
            let words = format!("another user has the id `{}` already", entity.id);
            return Ok(Imported::Refused(words));
        }
        batch.by_login.insert(login, batch.made.len());
        batch.ids.insert(entity.id.clone());
        batch.made.push(entity);
        Ok(Imported::Made)
    }

    /// The user with an id, and since when they stand where they do.
    fn completed(&self, body: &Value) -> Value {
        let mut body = body.clone();
        let (now, has_password) = (self.now(), body.get("password").is_some());
        let usual = if has_password { UserStatus::Active } else { UserStatus::Provisioned };
        let status = body.get("status").map_or(usual, |_| status_of_user(&body));
        let is_known = text_of(&body, "status").is_none_or(|word| word == status.word());
        if is_known && body.get("statusChanged").is_none() {
            stand(&mut body, status, &now);
        }
        if let Some(members) = body.as_object_mut() {
            members.entry("id").or_insert_with(|| json!(self.new_id("00u")));
            for name in ["created", "lastUpdated"] {
                members.entry(name).or_insert_with(|| now.clone());
            }
            if has_password {
                members.entry("passwordChanged").or_insert(now);
            }
        }
        body
    }

    async fn write_batch(
        &self,
        actor: &Actor,
        batch: &Batch,
        from: &str,
        configuration: i64,
    ) -> Result<(), WriteError> {
        let changes: Vec<Change> = batch.made.iter().cloned().map(Change::Create).collect();
        let ids: Vec<&str> = batch.made.iter().map(|user| user.id.as_str()).collect();
        let alteration = Alteration {
            event: EVENT,
            object: type_name(EntityKind::Organization),
            id: "organization".to_owned(),
            name: None,
            before: None,
            after: Some(json!({ "from": from, "nUsers": ids.len(), "users": ids })),
        };
        let row = alteration_row(&alteration, actor, self.clock.microseconds(), self.random());
        let seen = Seen { configuration, directory: None };
        self.organizations().write_with(&changes, &[Op::Insert(row)], seen).await.map(|_| ())
    }
}

/// What is to be written at once.
#[derive(Default)]
struct Batch {
    made: Vec<Entity>,
    /// Where among them somebody is, by login in small letters.
    by_login: BTreeMap<String, usize>,
    ids: BTreeSet<String>,
    imported: Vec<Imported>,
}

/// What a file says of somebody that is not so of who is there, if anything is. `sent` is all that it
/// says: of status and password nothing is to be said.
fn difference(
    version: &Published,
    known: &Entity,
    wanted: &Entity,
    sent: &Value,
) -> Result<Option<String>, ChangeRefused> {
    let mut known_body = read_body(known)?;
    forget_undeclared(&mut known_body, version.user_schema());
    let wanted_body = read_body(wanted)?;
    let profile = |body: &Value| body.get("profile").cloned().unwrap_or_default();
    let (known_profile, wanted_profile) = (profile(&known_body), profile(&wanted_body));
    for (name, value) in wanted_profile.as_object().into_iter().flatten() {
        let is_same = match (name.as_str(), known_profile.get(name)) {
            ("login", _) => true,
            (_, known) => known.unwrap_or(&Value::Null) == value,
        };
        if !is_same {
            return Ok(Some(format!("`{name}` of the profile")));
        }
    }
    if sent.get("status").is_some() && status_of_user(&known_body) != status_of_user(&wanted_body) {
        return Ok(Some("the status".to_owned()));
    }
    // Compared is what either says; what became of the password since is kept elsewhere.
    if sent.get("password").is_some_and(|hash| known_body.get("password") != Some(hash)) {
        return Ok(Some("the password".to_owned()));
    }
    let groups: BTreeSet<&str> = groups_of(known).collect();
    let lacks_one = groups_of(wanted).any(|id| !groups.contains(id));
    Ok(lacks_one.then(|| "the groups".to_owned()))
}
