//! People who are nowhere kept: whom somebody makes up to see what a token would hold.

use super::Published;
use super::people::Reached;
use crate::directory::{Person, User};
use crate::organization;
use crate::schema::MOST_LINKS;
use crate::token::digest;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Somebody made up, with whom they are linked to who are made up, too, by the names of the relations.
struct MadeUp {
    user: User,
    linked: BTreeMap<String, MadeUp>,
}

impl Published {
    /// A person who is nowhere kept, as JSON: `{"profile": {…}, "groups": ["…"], "linkedObjects":
    /// {"…": …}}` as in the document. They are assigned to applications by their groups only, among
    /// them those into which rules would put them. Whom they are linked to is named by id or login, or
    /// made up likewise.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each.
    pub async fn make_up_person(&self, text: &str) -> Result<Arc<Person>, Vec<String>> {
        let made_up = MadeUp::read(self, text, MOST_LINKS)?;
        let reached = made_up.reached(self).await?;
        Ok(Arc::new(made_up.pack(self)?.reaching(reached)))
    }
}

impl MadeUp {
    /// `depth` is how many may be linked to each other.
    fn read(published: &Published, text: &str, depth: usize) -> Result<Self, Vec<String>> {
        let (text, inner) = without_made_up(text);
        let mut wrong = Vec::new();
        let mut linked = BTreeMap::new();
        for (name, person) in inner {
            let told = |words: String| format!("linkedObjects.{name}: {words}");
            match depth.checked_sub(1) {
                None => wrong.push(told(format!("expected {MOST_LINKS} one behind the other"))),
                Some(depth) => match Self::read(published, &person.to_string(), depth) {
                    Ok(person) => drop(linked.insert(name, person)),
                    Err(found) => wrong.extend(found.into_iter().map(told)),
                },
            }
        }
        let (attributes, directory) = (published.user_schema(), published.directory());
        let told = |problem: organization::Problem| match problem.path.is_empty() {
            true => problem.message,
            false => format!("{}: {}", problem.path, problem.message),
        };
        match organization::read_single_user(&text, attributes, directory, &digest) {
            Ok((user, _)) if wrong.is_empty() => Ok(Self { user, linked }),
            Ok(_) => Err(wrong),
            Err(found) => Err(found.into_iter().map(told).chain(wrong).collect()),
        }
    }

    /// With the groups into which rules would put them.
    fn pack(&self, published: &Published) -> Result<Person, Vec<String>> {
        let directory = published.directory();
        let given = published.memberships_by_rule(&self.user);
        let given = given.map_err(|error| vec![error.to_string()])?;
        let mut groups: Vec<String> =
            directory.groups_of(&self.user).map(|group| group.id.clone()).collect();
        groups.extend(given.into_iter().map(|membership| membership.group));
        let user = directory.with_groups(self.user.clone(), groups.iter().map(String::as_str));
        published.records().pack_person(user).map_err(|error| vec![error.to_string()])
    }

    /// Those whom expressions may reach from them.
    async fn reached(&self, published: &Published) -> Result<Reached, Vec<String>> {
        let mut reached: Reached = Vec::new();
        for path in published.reached_paths() {
            if reached.iter().any(|(known, _)| known == path) {
                continue;
            }
            let names = path.linked_objects().unwrap_or_default();
            let mut at = self;
            let mut rest = names.as_slice();
            while let Some((name, behind)) = rest.split_first()
                && let Some(next) = at.linked.get(*name)
            {
                (at, rest) = (next, behind);
            }
            let person = match rest.first() {
                None => Some(Arc::new(at.pack(published)?)),
                Some(first) => {
                    let found = published.follow(&at.user, rest).await;
                    let found = found.map_err(|error| vec![error.to_string()])?;
                    if found.is_none()
                        && rest.len() == 1
                        && let Some(to) = at.user.link(first)
                    {
                        return Err(vec![format!(
                            "linkedObjects.{first}: there is no user `{to}`"
                        )]);
                    }
                    found.map(|(person, _)| person)
                }
            };
            reached.extend(person.map(|person| (path.clone(), person)));
        }
        Ok(reached)
    }
}

/// The text without those in `linkedObjects` who are described there, and these.
fn without_made_up(text: &str) -> (String, Map<String, Value>) {
    let mut person: Value = serde_json::from_str(text).unwrap_or_default();
    let links = person.get_mut("linkedObjects").and_then(Value::as_object_mut);
    let Some(links) = links.filter(|links| links.values().any(Value::is_object)) else {
        return (text.to_owned(), Map::new());
    };
    let all = std::mem::take(links);
    let (inner, named) = all.into_iter().partition(|(_, to)| to.is_object());
    *links = named;
    (person.to_string(), inner)
}
