//! The index against the plain statement: rules and requests are made up, and both must decide the
//! same and ask for the same conditions of rules that meet all others.

use super::super::tests::{expression, outcome, policy, rule, server, words};
use super::super::{Decision, Evaluate, Facts, Person, Refused, Trace, decide};
use super::*;
use crate::directory::{Status, User, UserStatus};
use crate::random::Random;
use crate::server::{Access, ExpressionText, People};

const CLIENTS: [&str; 4] = ["web-app", "billing", "kiosk", "unlisted"];
const SCOPES: [&str; 11] = [
    "read",
    "pay",
    "admin",
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "device_sso",
    "no scope of the server",
];
const AUDIENCES: [&str; 2] = ["https://api.mycompany.com", "https://my-partner-api.com"];
const CONDITIONS: [&str; 5] = ["true", "false", "null", "'true'", "null has no length"];
const USERS: usize = 4;

/// An organization's extent, and choices that the seed decides.
struct Choices {
    random: Random,
    n_groups: usize,
    n_grants: usize,
    n_scopes: usize,
    most_rules: usize,
    /// One rule in so many has a condition.
    conditions: usize,
}

impl Choices {
    /// Few of everything, so that most conditions hold.
    fn narrow() -> Self {
        let random = Random::seeded(b"narrow");
        Self { random, n_groups: 6, n_grants: 3, n_scopes: 3, most_rules: 12, conditions: 3 }
    }

    /// More groups, grants and scopes than one word tells apart, and rules that nearly all have a
    /// condition, so that many are asked for one after the other.
    fn wide() -> Self {
        let random = Random::seeded(b"wide");
        let n_scopes = SCOPES.len();
        Self { random, n_groups: 150, n_grants: 20, n_scopes, most_rules: 60, conditions: 1 }
    }

    fn grants(&self) -> Vec<String> {
        (0..self.n_grants).map(|number| format!("urn:grant:{number}")).collect()
    }

    fn groups(&self) -> Vec<usize> {
        (0..self.n_groups).collect()
    }

    fn scopes(&self) -> &'static [&'static str] {
        SCOPES.get(..self.n_scopes).unwrap()
    }

    fn below(&self, n: usize) -> usize {
        let mut bytes = [0; 2];
        self.random.fill(&mut bytes);
        usize::from(u16::from_le_bytes(bytes)) % n
    }

    /// One time in `n`.
    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn some<T: Clone>(&self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.one_in(3)).cloned().collect()
    }

    fn people(&self) -> People {
        let (users, groups): (Vec<_>, Vec<_>) = ((1..USERS).collect(), self.groups());
        People {
            everyone: self.one_in(3),
            users: self.some(&users),
            groups: self.some(&groups),
            except_users: if self.one_in(4) { self.some(&users) } else { Vec::new() },
            except_groups: if self.one_in(4) { self.some(&groups) } else { Vec::new() },
        }
    }

    fn rule(&self, name: &str) -> Rule {
        let access = if self.one_in(4) { Access::Deny } else { Access::Allow };
        let scopes = if self.one_in(2) { vec!["*"] } else { self.some(self.scopes()) };
        Rule {
            status: if self.one_in(8) { Status::Inactive } else { Status::Active },
            people: self.people(),
            grant_types: self.some(&self.grants()),
            audiences: if self.one_in(2) { words(&self.some(&AUDIENCES)) } else { Vec::new() },
            condition: self
                .one_in(self.conditions)
                .then(|| expression(CONDITIONS[self.below(CONDITIONS.len())])),
            ..rule(name, access, &scopes)
        }
    }

    fn policies(&self) -> Vec<Policy> {
        let of = |number: usize| {
            let rules =
                (0..self.below(self.most_rules)).map(|rule| self.rule(&format!("{number}.{rule}")));
            let mut policy = policy(&number.to_string(), rules.collect());
            if self.one_in(8) {
                policy.status = Status::Inactive;
            }
            if self.one_in(2) {
                policy.clients = Clients::Listed(words(&self.some(&CLIENTS)));
            }
            policy
        };
        (0..self.below(5)).map(of).collect()
    }
}

/// The decision, and the conditions that were asked for with their scopes.
fn decided<'a>(
    server: &'a AuthorizationServer,
    facts: &Facts<'a>,
    trace: Trace,
) -> (Decision<'a>, Vec<String>) {
    let mut asked = Vec::new();
    let mut evaluate = |condition: &ExpressionText, scopes: &[&str]| {
        asked.push(format!("{} for {scopes:?}", condition.text));
        outcome(condition, scopes)
    };
    let evaluate: &mut Evaluate<'_> = &mut evaluate;
    let decision = decide(server, &RuleIndex::new(server), facts, trace, evaluate);
    (decision, asked)
}

/// How often a made-up request was allowed, refused, and refused because a condition failed; and how
/// many conditions were asked for in all.
#[derive(Debug, Default)]
struct Tally {
    n_allowed: usize,
    n_refused: usize,
    n_faults: usize,
    n_asked: usize,
}

/// Holds a made-up request against made-up rules both ways.
fn compare(choices: &Choices, server: &AuthorizationServer, tally: &mut Tally) {
    let user = User {
        id: String::new(),
        login: String::new(),
        status: UserStatus::Active,
        profile: Vec::new(),
        groups: choices.some(&choices.groups()),
        times: Vec::new(),
        links: Vec::new(),
        password: None,
    };
    let person = Person { index: choices.below(USERS), user: &user };
    let scopes = if choices.one_in(2) {
        words(&choices.some(choices.scopes()))
    } else {
        words(&[SCOPES[choices.below(3)]])
    };
    let grants = choices.grants();
    let facts = Facts {
        client_id: CLIENTS[choices.below(CLIENTS.len())],
        person: (!choices.one_in(3)).then_some(person),
        grant_type: &grants[choices.below(grants.len())],
        also: None,
        scopes: &scopes,
        audience: AUDIENCES[choices.below(AUDIENCES.len())],
    };
    let (in_order, asked_in_order) = decided(server, &facts, Trace::Keep);
    let (by_index, asked_by_index) = decided(server, &facts, Trace::Skip);
    assert_eq!(by_index.outcome, in_order.outcome, "{facts:?} {:?}", server.policies);
    assert_eq!(asked_by_index, asked_in_order);
    tally.n_asked += asked_in_order.len();
    match in_order.outcome {
        Ok(_) => tally.n_allowed += 1,
        Err(Refused::Fault { .. }) => tally.n_faults += 1,
        Err(_) => tally.n_refused += 1,
    }
}

#[test]
fn the_index_decides_as_looking_at_every_rule_does() {
    for (choices, n_servers) in [(Choices::narrow(), 400), (Choices::wide(), 60)] {
        let mut tally = Tally::default();
        for _ in 0..n_servers {
            let server = server(choices.policies());
            (0..20).for_each(|_| compare(&choices, &server, &mut tally));
        }
        let Tally { n_allowed, n_refused, n_faults, n_asked } = tally;
        assert!(n_allowed.min(n_refused).min(n_faults) > n_servers / 2, "{tally:?}");
        assert!(n_asked > 2 * n_servers, "{tally:?}");
    }
}

#[test]
fn a_rule_is_filed_where_the_fewest_others_are() {
    let mut rules: Vec<Rule> = (0..10).map(|_| rule("broad", Access::Allow, &["read"])).collect();
    rules[7].people = People { groups: vec![5], ..People::default() };
    let server = server(vec![policy("p", rules)]);
    let index = RuleIndex::new(&server);
    let read = Key::Scope(index.scope_number("read").unwrap());
    assert_eq!(index.of_people.rules(Key::Group(5)), [7]);
    assert_eq!(index.of_people.rules(read).len(), 9);
    assert_eq!(index.of_programs.rules(read).len(), 10);
    assert!(index.of_programs.rules(Key::Group(5)).is_empty());
}
