//! Why a policy or rule did not match, in words: the first of its conditions that does not hold, in
//! the order in which the decision asks them, with what it wants and what it found.

use super::{Considered, Facts, TokenPolicyMismatch, Verdict};
use crate::directory::{Directory, User};
use crate::document::Json;
use crate::server::{
    Access, AuthorizationServer, Clients, ExpressionText, People, Policy, Rule, RuleScopes,
    TokenPolicy,
};

/// What became of a policy or rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The condition that decided: `status`, `clients`, `grantTypes`, `people`, `scopes`,
    /// `audiences`, `elCondition`, or of a token policy also `groups` and `userAttributes`; `None`
    /// where all hold.
    pub condition: Option<&'static str>,
    pub words: String,
    /// What the condition lists.
    pub wants: Vec<String>,
    /// What the request has of it.
    pub has: Vec<String>,
}

impl Reason {
    fn of(condition: &'static str, words: impl Into<String>) -> Self {
        Self { condition: Some(condition), words: words.into(), wants: Vec::new(), has: Vec::new() }
    }

    fn holds(words: &str) -> Self {
        Self { condition: None, words: words.to_owned(), wants: Vec::new(), has: Vec::new() }
    }

    fn wanting(self, wants: &[String], has: &[String]) -> Self {
        Self { wants: wants.to_vec(), has: has.to_vec(), ..self }
    }
}

/// Most names that are written out.
const NAMED: usize = 8;

/// Names, and how many more there are.
fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        None | Some(0) => {}
        Some(more) => text.push_str(&format!(" and {more} more")),
    }
    if names.is_empty() { "nothing".to_owned() } else { text }
}

/// Why the policy or rule of this name did or did not match. `asked` are the scopes that the request
/// is about: those it names, else the defaults.
#[must_use]
pub fn reason(
    considered: &Considered<'_>,
    server: &AuthorizationServer,
    directory: &Directory,
    facts: &Facts<'_>,
    asked: &[String],
) -> Reason {
    let policy = server.policies.iter().find(|policy| policy.name == considered.policy);
    let rule = considered.rule.and_then(|name| policy?.rules.iter().find(|rule| rule.name == name));
    match (rule, policy) {
        (Some(rule), _) => of_rule(rule, considered, directory, facts, asked),
        (None, Some(policy)) => of_policy(policy, &considered.verdict, facts),
        (None, None) => Reason::holds(&considered.verdict.to_string()),
    }
}

fn of_policy(policy: &Policy, verdict: &Verdict, facts: &Facts<'_>) -> Reason {
    let clients = match &policy.clients {
        Clients::Listed(clients) => clients.as_slice(),
        Clients::All => &[],
    };
    match verdict {
        Verdict::Inactive => Reason::of("status", "the policy is not active"),
        _ if clients.is_empty() => Reason::of("clients", "the policy is for no client"),
        _ => {
            let client = facts.client_id.to_owned();
            let words =
                format!("the policy is for {}, and the client is {client}", listed(clients));
            Reason::of("clients", words).wanting(clients, &[client])
        }
    }
}

fn of_rule(
    rule: &Rule,
    considered: &Considered<'_>,
    directory: &Directory,
    facts: &Facts<'_>,
    asked: &[String],
) -> Reason {
    match &considered.verdict {
        Verdict::Inactive => Reason::of("status", "the rule is not active"),
        Verdict::Client => Reason::of("clients", considered.to_string()),
        Verdict::Grant => of_grant(rule, facts),
        Verdict::People => of_people(&rule.people, directory, facts),
        Verdict::Scopes => of_scopes(rule, considered, asked),
        Verdict::Audience => {
            let (wants, has) = (&rule.audiences, facts.audience.to_owned());
            let words = format!("the rule is for {}, and the token for {has}", listed(wants));
            Reason::of("audiences", words).wanting(wants, &[has])
        }
        Verdict::ConditionFalse
        | Verdict::ConditionNull
        | Verdict::ConditionNotBoolean
        | Verdict::ConditionFault(_) => of_condition(rule.condition.as_ref(), &considered.verdict),
        Verdict::Denied => Reason::holds("the rule matches and denies"),
        Verdict::Allowed => Reason::holds("the rule matches and allows"),
    }
}

fn of_grant(rule: &Rule, facts: &Facts<'_>) -> Reason {
    let has: Vec<String> =
        std::iter::once(facts.grant_type).chain(facts.also).map(str::to_owned).collect();
    let wants = &rule.grant_types;
    let words = format!("the rule is for {}, and the grant is {}", listed(wants), listed(&has));
    Reason::of("grantTypes", words).wanting(wants, &has)
}

fn of_people(people: &People, directory: &Directory, facts: &Facts<'_>) -> Reason {
    let Some(person) = facts.person else { return Reason::of("people", "there is no person") };
    let (login, user) = (&person.user.login, person.user);
    let excluded = people.except_groups.iter().find(|group| user.is_in(**group));
    if people.except_users.contains(&person.index) {
        return Reason::of("people", format!("the rule excludes {login}"));
    }
    if let Some(group) = excluded {
        let names = group_names(&[*group], directory);
        let words = format!("the rule excludes the group {}, and {login} is in it", listed(&names));
        return Reason::of("people", words).wanting(&[], &names);
    }
    let groups = group_names(&people.groups, directory);
    let users = people.users.iter().filter_map(|index| directory.users().get(*index));
    let users: Vec<String> = users.map(|user| user.login.clone()).collect();
    let of_user = group_names(&user.groups, directory);
    let whom = match (groups.is_empty(), users.is_empty()) {
        (true, true) => "nobody: it includes no user and no group".to_owned(),
        (false, true) => format!("members of {}", listed(&groups)),
        (true, false) => listed(&users),
        (false, false) => format!("members of {} and for {}", listed(&groups), listed(&users)),
    };
    let words = format!("the rule is for {whom}; {login} is in {}", listed(&of_user));
    Reason::of("people", words).wanting(&[groups, users].concat(), &of_user)
}

fn group_names(groups: &[usize], directory: &Directory) -> Vec<String> {
    let known = groups.iter().filter_map(|group| directory.groups().get(*group));
    known.map(|group| group.name.clone()).collect()
}

fn of_scopes(rule: &Rule, considered: &Considered<'_>, asked: &[String]) -> Reason {
    let wants = match &rule.scopes {
        RuleScopes::Listed(scopes) => scopes.as_slice(),
        RuleScopes::All => &[],
    };
    let words = match rule.access {
        Access::Deny => {
            let of = listed(wants);
            format!("the rule denies only {of}, none of which is asked for")
        }
        Access::Allow => {
            let unlisted: Vec<String> =
                considered.unlisted.iter().map(|scope| (*scope).to_owned()).collect();
            format!("the rule lists {}, and not {}", listed(wants), listed(&unlisted))
        }
    };
    Reason::of("scopes", words).wanting(wants, asked)
}

fn of_condition(condition: Option<&ExpressionText>, verdict: &Verdict) -> Reason {
    let text = condition.map_or("", |condition| condition.text.as_str());
    let became = match verdict {
        Verdict::ConditionFalse => "is false".to_owned(),
        Verdict::ConditionNull => "is null".to_owned(),
        Verdict::ConditionNotBoolean => "is neither true nor false".to_owned(),
        Verdict::ConditionFault(cause) => format!("failed: {cause}"),
        other => other.to_string(),
    };
    Reason::of("elCondition", format!("its condition `{text}` {became}"))
}

/// Why a token policy does not apply, or that it does.
#[must_use]
pub fn token_policy_reason(
    policy: &TokenPolicy,
    mismatch: Option<&TokenPolicyMismatch<'_>>,
    directory: &Directory,
    facts: &Facts<'_>,
    granted: &[String],
) -> Reason {
    let Some(mismatch) = mismatch else { return Reason::holds("the token policy applies") };
    let user = facts.person.map(|person| person.user);
    let told = |condition, of: &str, wants: &[String], has: &[String]| {
        let words = format!("the token policy is for {of}, and {}", listed_or_nobody(has));
        Reason::of(condition, words).wanting(wants, has)
    };
    match mismatch {
        TokenPolicyMismatch::Inactive => Reason::of("status", "the token policy is not active"),
        TokenPolicyMismatch::Groups => {
            let wants = group_names(policy.groups.as_deref().unwrap_or_default(), directory);
            let has = user.map(|user| group_names(&user.groups, directory)).unwrap_or_default();
            told("groups", &format!("members of {}", listed(&wants)), &wants, &has)
        }
        TokenPolicyMismatch::Audience => {
            let wants = policy.audiences.clone().unwrap_or_default();
            told("audiences", &listed(&wants), &wants, &[facts.audience.to_owned()])
        }
        TokenPolicyMismatch::Client => {
            let wants = policy.clients.clone().unwrap_or_default();
            told("clients", &listed(&wants), &wants, &[facts.client_id.to_owned()])
        }
        TokenPolicyMismatch::Scopes => {
            let wants = policy.scopes.clone().unwrap_or_default();
            told("scopes", &listed(&wants), &wants, granted)
        }
        TokenPolicyMismatch::UserAttribute(name) => of_attribute(policy, name, user),
        TokenPolicyMismatch::ConditionFalse
        | TokenPolicyMismatch::ConditionNull
        | TokenPolicyMismatch::ConditionNotBoolean => {
            let text = policy.condition.as_ref().map_or("", |condition| &condition.text);
            Reason::of("elCondition", format!("{mismatch}: `{text}`"))
        }
    }
}

fn listed_or_nobody(has: &[String]) -> String {
    if has.is_empty() {
        "this has none of that".to_owned()
    } else {
        format!("this has {}", listed(has))
    }
}

fn of_attribute(policy: &TokenPolicy, name: &str, user: Option<&User>) -> Reason {
    let test = policy.user_attributes.iter().find(|test| test.name == name);
    let wants: Vec<String> = test.map_or(&[][..], |test| &test.values).iter().map(shown).collect();
    let has: Vec<String> =
        user.and_then(|user| user.attribute(name)).map(shown).into_iter().collect();
    let found = match (user, has.first()) {
        (None, _) => "there is no person".to_owned(),
        (Some(user), None) => format!("{} has none", user.login),
        (Some(user), Some(value)) => format!("that of {} is {value}", user.login),
    };
    let words = format!("the token policy wants `{name}` to be {}, and {found}", listed(&wants));
    Reason::of("userAttributes", words).wanting(&wants, &has)
}

fn shown(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        Json::Boolean(value) => value.to_string(),
        Json::Integer(value) => value.to_string(),
        Json::Number(value) => value.to_string(),
        Json::Null => "null".to_owned(),
        Json::List(elements) => {
            let elements: Vec<String> =
                elements.iter().take(NAMED).map(|element| shown(&element.value)).collect();
            format!("[{}]", elements.join(", "))
        }
        Json::Object(_) => "an object".to_owned(),
    }
}
