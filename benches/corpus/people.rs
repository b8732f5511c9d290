//! The expressions of the corpus, and people to evaluate them over: as JSON for peers, as subjects
//! for us.

use claimsmith::document;
use claimsmith::program::{ProgramSet, Roots, Subject};
use claimsmith::schema::Schema;
use serde_json::{Value, json};
use std::sync::Arc;

/// The expressions, with a context each for `claimsmith bench`.
const EXPRESSIONS: &str = include_str!("expressions.jsonl");

/// The slots of a user and of the profile in it, in the order in which [`written`] writes them.
pub(crate) const USER_SLOTS: [&str; 4] = ["groups", "created", "lastLogin", "profile"];
pub(crate) const PROFILE_SLOTS: [&str; 4] = ["email", "firstName", "lastName", "department"];

/// The text of an expression of the corpus.
pub(crate) fn expression(name: &str) -> String {
    let mut lines = EXPRESSIONS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.find(|line| line["name"] == name).unwrap();
    line["expr"].as_str().unwrap().to_owned()
}

/// Contexts of people in `n` groups each, one in four of them a role.
pub(crate) fn contexts(n: usize, n_subjects: usize) -> Vec<Value> {
    let words = ["admin", "auditor", "billing-reader", "ops", "support_tier_2", "release-manager"];
    let others = ["Everyone", "team-platform", "eu-west-employees", "rolling-updates", "vpn"];
    let departments = ["Engineering", "Sales", "Finance", "Support", "Legal", "Engineerage"];
    let names = ["Ada", "Grace", "Barbara", "Maximiliane-Charlotte", "Edsger", "Zoë", "Sir \"C\""];
    let domains = ["example.com", "example.org", "a.very.long.subsidiary.name.example.com"];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize % limit
    };
    let mut context = || {
        let mut groups: Vec<String> = (0..n)
            .map(|index| match index.is_multiple_of(4) {
                true => format!("role_{}-{index}", words[below(words.len())]),
                false => format!("{}-{index}", others[below(others.len())]),
            })
            .collect();
        for index in (1..n).rev() {
            groups.swap(index, below(index + 1));
        }
        let (first, last) = (names[below(names.len())], names[below(names.len())]);
        let email = format!("{}.{}@{}", below(100), first.to_lowercase(), domains[below(3)]);
        let email = if below(2) == 0 { email } else { format!("ada.byron@{}", domains[below(3)]) };
        let time = |below: &mut dyn FnMut(usize) -> usize| {
            format!("2026-0{}-{:02}T03:04:05Z", 1 + below(9), 1 + below(28))
        };
        let (created, last_login) = (time(&mut below), time(&mut below));
        let profile = json!({
            "email": email, "firstName": first, "lastName": last,
            "department": departments[below(departments.len())],
        });
        json!({"groups": groups, "created": created, "lastLogin": last_login, "profile": profile})
    };
    (0..n_subjects).map(|_| context()).collect()
}

/// A user as JSON, its members in the order of their slots.
fn written(user: &Value) -> String {
    let object = |members: &[String]| format!("{{{}}}", members.join(","));
    let member = |members: &Value, name: &str| format!("\"{name}\":{}", members[name]);
    let profile = PROFILE_SLOTS.map(|name| member(&user["profile"], name));
    let slots = USER_SLOTS.map(|name| match name {
        "profile" => format!("\"profile\":{}", object(&profile)),
        name => member(user, name),
    });
    object(&[format!("\"user\":{}", object(&slots))])
}

/// Subjects of one schema.
pub(crate) struct Subjects {
    pub(crate) schema: Arc<Schema>,
    pub(crate) subjects: Vec<Subject>,
}

impl Subjects {
    pub(crate) fn new(contexts: &[Value]) -> Self {
        let read = |user: &Value| document::read(written(user).as_bytes()).unwrap();
        let schema = Arc::new(Subject::infer(&read(contexts.first().unwrap())).unwrap().0);
        let subject = |user| Subject::read(&read(user), &schema).unwrap();
        let subjects: Vec<Subject> = contexts.iter().map(subject).collect();
        let user = subjects[0].records().next().flatten().unwrap();
        for (wanted, name) in USER_SLOTS.iter().enumerate() {
            let found = user.record_type().find(name).map(|(slot, _)| slot);
            assert_eq!(found, Some(wanted), "`{name}` is in another slot");
        }
        Self { schema, subjects }
    }

    pub(crate) fn resolved(&self, set: &ProgramSet) -> Vec<Vec<u32>> {
        self.subjects.iter().map(|subject| set.resolve(subject.table())).collect()
    }

    pub(crate) fn roots<'s>(
        &'s self,
        set: &ProgramSet,
        resolved: &'s [Vec<u32>],
    ) -> Vec<Roots<'s>> {
        let both = self.subjects.iter().zip(resolved);
        both.map(|(subject, resolved)| Roots::of(subject, set, resolved, 0)).collect()
    }
}
