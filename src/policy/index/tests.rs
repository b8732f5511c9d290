//! The index against the plain statement: rules and requests are made up, and both must decide the
//! same and ask for the same conditions of rules that meet all others.

use super::super::tests::{expression, outcome, policy, rule, server, words};
use super::super::{Decision, Evaluate, Facts, Person, Trace, decide};
use super::*;
use crate::directory::{Status, User, UserStatus};
use crate::random::Random;
use crate::server::{Access, ExpressionText, People};

const CLIENTS: [&str; 4] = ["web-app", "billing", "kiosk", "unlisted"];
const SCOPES: [&str; 3] = ["read", "pay", "admin"];
const AUDIENCES: [&str; 2] = ["https://api.mycompany.com", "https://my-partner-api.com"];
const GRANTS: [&str; 3] = ["authorization_code", "client_credentials", "device_code"];
const CONDITIONS: [&str; 5] = ["true", "false", "null", "'true'", "null has no length"];
const GROUPS: usize = 6;

/// Choices that the seed decides.
struct Choices(Random);

impl Choices {
    fn below(&self, n: usize) -> usize {
        let mut bytes = [0; 2];
        self.0.fill(&mut bytes);
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
        let (users, groups): (Vec<_>, Vec<_>) = ((0..3).collect(), (0..GROUPS).collect());
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
        let scopes = if self.one_in(2) { vec!["*"] } else { self.some(&SCOPES) };
        Rule {
            status: if self.one_in(8) { Status::Inactive } else { Status::Active },
            people: self.people(),
            grant_types: words(&self.some(&GRANTS)),
            audiences: if self.one_in(2) { words(&self.some(&AUDIENCES)) } else { Vec::new() },
            condition: self.one_in(3).then(|| expression(CONDITIONS[self.below(5)])),
            ..rule(name, access, &scopes)
        }
    }

    fn policies(&self) -> Vec<Policy> {
        let of = |number: usize| {
            let rules = (0..self.below(12)).map(|rule| self.rule(&format!("{number}.{rule}")));
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

#[test]
fn the_index_decides_as_looking_at_every_rule_does() {
    let choices = Choices(Random::seeded(b"index"));
    let (mut n_allowed, mut n_refused) = (0, 0);
    for _ in 0..400 {
        let server = server(choices.policies());
        for _ in 0..20 {
            let groups: Vec<usize> = (0..GROUPS).collect();
            let user = User {
                id: String::new(),
                login: String::new(),
                status: UserStatus::Active,
                profile: Vec::new(),
                groups: choices.some(&groups),
                times: Vec::new(),
                password: None,
            };
            let person = Person { index: choices.below(4), user: &user };
            let scopes = words(&choices.some(&SCOPES));
            let facts = Facts {
                client_id: CLIENTS[choices.below(CLIENTS.len())],
                person: (!choices.one_in(3)).then_some(person),
                grant_type: GRANTS[choices.below(GRANTS.len())],
                scopes: &scopes,
                audience: AUDIENCES[choices.below(AUDIENCES.len())],
            };
            let (in_order, asked_in_order) = decided(&server, &facts, Trace::Keep);
            let (by_index, asked_by_index) = decided(&server, &facts, Trace::Skip);
            assert_eq!(by_index.outcome, in_order.outcome, "{facts:?} {:?}", server.policies);
            assert_eq!(asked_by_index, asked_in_order);
            match in_order.outcome {
                Ok(_) => n_allowed += 1,
                Err(_) => n_refused += 1,
            }
        }
    }
    assert!(n_allowed > 1000 && n_refused > 1000, "{n_allowed} allowed, {n_refused} refused");
}

#[test]
fn a_rule_is_filed_where_the_fewest_others_are() {
    let mut rules: Vec<Rule> = (0..10).map(|_| rule("broad", Access::Allow, &["read"])).collect();
    rules[7].people = People { groups: vec![5], ..People::default() };
    let server = server(vec![policy("p", rules)]);
    let index = RuleIndex::new(&server);
    assert_eq!(index.of_people.groups.get(&5), Some(&vec![7]));
    assert_eq!(index.of_people.scopes.get("read").map(Vec::len), Some(9));
    assert_eq!(index.of_programs.scopes.get("read").map(Vec::len), Some(10));
    assert!(index.of_programs.groups.is_empty());
}
