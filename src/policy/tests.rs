//! Which rule decides, what it grants, and what is said of the rules before it.

use super::*;
use crate::directory::{Status, UserStatus};
use crate::document::Json;
use crate::server::RefreshPolicy;
use crate::server::{
    Access, AccessTokenFormat, AttributeOperator, AttributeTest, AuthorizationServer, ClaimType,
    Clients, Lifetimes, People, Policy, PolicyClaim, Rule, RuleScopes, TokenPolicy, system_claims,
    system_scopes,
};
use crate::source::Span;

const API: &str = "https://api.mycompany.com";

pub(super) fn expression(text: &str) -> ExpressionText {
    ExpressionText { text: text.to_owned(), path: String::new(), span: Span::default() }
}

pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn rule(name: &str, access: Access, scopes: &[&str]) -> Rule {
    let scopes = match scopes {
        ["*"] => RuleScopes::All,
        listed => RuleScopes::Listed(words(listed)),
    };
    Rule {
        id: name.to_owned(),
        name: name.to_owned(),
        status: Status::Active,
        people: People { everyone: true, ..People::default() },
        grant_types: words(&["authorization_code", "client_credentials"]),
        scopes,
        audiences: Vec::new(),
        condition: None,
        access,
        second_factor: false,
        inline_hook: None,
        lifetimes: Lifetimes::default(),
    }
}

pub(super) fn policy(name: &str, rules: Vec<Rule>) -> Policy {
    Policy {
        id: name.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        clients: Clients::All,
        status: Status::Active,
        rules,
    }
}

pub(super) fn server(policies: Vec<Policy>) -> AuthorizationServer {
    let mut scopes = system_scopes();
    for (name, is_default) in [("read", true), ("pay", true), ("admin", false)] {
        let mut scope = scopes[0].clone();
        scope.name = name.to_owned();
        scope.is_default = is_default;
        scope.system = false;
        scopes.push(scope);
    }
    AuthorizationServer {
        refresh_policy: RefreshPolicy::Current,
        trusted_servers: Vec::new(),
        legacy_grants: crate::server::LegacyGrants::default(),
        rotates_keys: true,
        id: "internal".to_owned(),
        name: "internal".to_owned(),
        description: String::new(),
        audiences: words(&[API, "https://my-partner-api.com"]),
        is_default: false,
        issuer_mode: crate::server::IssuerMode::OrgUrl,
        status: Status::Active,
        scopes,
        claims: system_claims(),
        policies,
        token_policies: Vec::new(),
        algorithm: "RS256".to_owned(),
        strict_errors: false,
        access_token_format: AccessTokenFormat::Okta,
    }
}

fn user(groups: &[usize]) -> User {
    let text = |text: &str| Json::Text(text.to_owned());
    User {
        id: "00u1".to_owned(),
        login: "ada@example.com".to_owned(),
        status: UserStatus::Active,
        profile: vec![
            ("department".to_owned(), text("Engines")),
            ("level".to_owned(), Json::Integer(7)),
        ],
        groups: groups.to_vec(),
        links: Vec::new(),
        password: None,
        times: Vec::new(),
    }
}

fn facts<'a>(user: Option<&'a User>, scopes: &'a [String]) -> Facts<'a> {
    Facts {
        client_id: "web-app",
        person: user.map(|user| Person { index: 0, user }),
        grant_type: if user.is_some() { "authorization_code" } else { "client_credentials" },
        also: None,
        scopes,
        audience: API,
    }
}

/// Conditions whose text names their outcome.
pub(super) fn outcome(condition: &ExpressionText, _: &[&str]) -> ConditionOutcome {
    match condition.text.as_str() {
        "true" => ConditionOutcome::True,
        "false" => ConditionOutcome::False,
        "null" => ConditionOutcome::Null,
        "'true'" => ConditionOutcome::NotBoolean,
        fault => ConditionOutcome::Fault(fault.to_owned()),
    }
}

/// Decides by the index and by looking at every rule, which must come to the same.
fn decide_alike<'a>(server: &'a AuthorizationServer, facts: &Facts<'a>) -> Decision<'a> {
    let index = RuleIndex::new(server);
    let in_order = decide(server, &index, facts, Trace::Keep, &mut outcome);
    let by_index = decide(server, &index, facts, Trace::Skip, &mut outcome);
    assert_eq!(by_index.outcome, in_order.outcome);
    in_order
}

fn granted<'a>(
    server: &'a AuthorizationServer,
    user: Option<&'a User>,
    scopes: &'a [String],
) -> Result<(&'a str, Vec<&'a str>), Refused> {
    let decision = decide_alike(server, &facts(user, scopes));
    decision.outcome.map(|allowed| (allowed.names().1, allowed.scopes.to_vec()))
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = vec![
        rule("narrow", Access::Allow, &["read"]),
        rule("broad", Access::Allow, &["*"]),
        rule("never", Access::Allow, &["*"]),
    ];
    let server = server(vec![policy("p", rules)]);
    let ada = user(&[]);
    assert_eq!(granted(&server, Some(&ada), &words(&["read"])), Ok(("narrow", vec!["read"])));
    let both = words(&["read", "admin", "read"]);
    assert_eq!(granted(&server, Some(&ada), &both), Ok(("broad", vec!["read", "admin"])));
}

#[test]
fn a_policy_without_a_matching_rule_gives_way_to_the_next() {
    let mut inactive = policy("inactive", vec![rule("r", Access::Allow, &["*"])]);
    inactive.status = Status::Inactive;
    let mut others = policy("others", vec![rule("r", Access::Allow, &["*"])]);
    others.clients = Clients::Listed(words(&["other-app"]));
    let server = server(vec![
        inactive,
        others,
        policy("first", vec![rule("admin only", Access::Allow, &["admin"])]),
        policy("second", vec![rule("all", Access::Allow, &["*"])]),
    ]);
    let scopes = words(&["read"]);
    let decision = decide_alike(&server, &facts(None, &scopes));
    let allowed = decision.outcome.unwrap();
    assert_eq!(allowed.names(), ("second", "all"));
    let first = &decision.considered[2];
    assert_eq!(first.unlisted, ["read"]);
    assert_eq!(first.to_string(), "does not list the scopes read");
    let trace: Vec<(&str, Option<&str>, Verdict)> =
        decision.considered.into_iter().map(|c| (c.policy, c.rule, c.verdict)).collect();
    assert_eq!(
        trace,
        [
            ("inactive", None, Verdict::Inactive),
            ("others", None, Verdict::Client),
            ("first", Some("admin only"), Verdict::Scopes),
            ("second", Some("all"), Verdict::Allowed),
        ]
    );
}

#[test]
fn default_scopes_are_narrowed_to_what_the_rule_lists() {
    let server = server(vec![policy("p", vec![rule("r", Access::Allow, &["read", "admin"])])]);
    assert_eq!(granted(&server, None, &[]), Ok(("r", vec!["read"])));
    let asked = words(&["read", "pay"]);
    assert_eq!(granted(&server, None, &asked), Err(Refused::NoMatch));
}

#[test]
fn without_defaults_a_request_without_scopes_is_told_so() {
    let mut server = server(vec![policy("p", vec![rule("r", Access::Allow, &["*"])])]);
    server.scopes.iter_mut().for_each(|scope| scope.is_default = false);
    let refused = granted(&server, None, &[]).unwrap_err();
    assert_eq!(refused.code(), "invalid_scope");
    assert!(refused.description().contains("'scope'"));
}

#[test]
fn a_scope_the_server_does_not_have_is_invalid() {
    let server = server(Vec::new());
    let asked = words(&["read", "write"]);
    let refused = granted(&server, None, &asked).unwrap_err();
    assert_eq!(refused, Refused::UnknownScopes { scopes: words(&["write"]) });
    assert_eq!(refused.code(), "invalid_scope");
}

/// Decision 2.
#[test]
fn a_rule_that_denies_matches_when_any_scope_is_listed_and_ends_the_decision() {
    let mut deny = rule("deny admin", Access::Deny, &["admin"]);
    deny.people.except_groups = vec![1];
    let server = server(vec![policy("p", vec![deny, rule("all", Access::Allow, &["*"])])]);
    let (ada, bob) = (user(&[1]), user(&[0]));
    let both = words(&["read", "admin"]);
    let denied = Refused::Denied { policy: "p".to_owned(), rule: "deny admin".to_owned() };
    assert_eq!(granted(&server, Some(&ada), &both), Ok(("all", vec!["read", "admin"])));
    assert_eq!(granted(&server, Some(&bob), &both), Err(denied.clone()));
    assert_eq!(granted(&server, None, &both), Err(denied.clone()), "services too");
    assert_eq!(denied.description(), POLICY_REFUSED);
    assert_eq!(granted(&server, None, &words(&["read"])), Ok(("all", vec!["read"])));
}

#[test]
fn people_are_included_by_user_or_group_and_excluded_by_either() {
    let mut narrow = rule("r", Access::Allow, &["*"]);
    narrow.people =
        People { groups: vec![3], users: vec![0], except_groups: vec![4], ..People::default() };
    assert!(narrow.people.include(0, &[]));
    assert!(narrow.people.include(9, &[3]));
    assert!(!narrow.people.include(9, &[]));
    assert!(!narrow.people.include(0, &[4]));
    narrow.people.except_users = vec![0];
    assert!(!narrow.people.include(0, &[3]));
    let server = server(vec![policy("p", vec![narrow])]);
    let (ada, read) = (user(&[]), words(&["read"]));
    let decision = decide_alike(&server, &facts(Some(&ada), &read));
    assert_eq!(decision.considered[0].verdict, Verdict::People);
    assert!(granted(&server, None, &read).is_ok(), "ignored without a user");
}

/// Decision 3 and decision 4.
#[test]
fn a_condition_that_is_not_true_does_not_match_and_one_that_faults_refuses() {
    let verdicts = [
        ("false", Verdict::ConditionFalse),
        ("null", Verdict::ConditionNull),
        ("'true'", Verdict::ConditionNotBoolean),
    ];
    let read = words(&["read"]);
    for (text, verdict) in verdicts {
        let mut first = rule("first", Access::Allow, &["*"]);
        first.condition = Some(expression(text));
        let server = server(vec![policy("p", vec![first, rule("broad", Access::Allow, &["*"])])]);
        let decision = decide_alike(&server, &facts(None, &read));
        assert_eq!(decision.considered[0].verdict, verdict);
        assert_eq!(decision.outcome.unwrap().names().1, "broad");
    }
    let mut first = rule("first", Access::Allow, &["*"]);
    first.condition = Some(expression("null has no length"));
    let server = server(vec![policy("p", vec![first, rule("broad", Access::Allow, &["*"])])]);
    let refused = granted(&server, None, &read).unwrap_err();
    assert!(matches!(&refused, Refused::Fault { cause, .. } if cause == "null has no length"));
    assert_eq!(refused.description(), POLICY_REFUSED);
}

/// Decision 1.
#[test]
fn a_condition_is_run_last_and_sees_the_scopes_that_would_be_granted() {
    let mut elsewhere = rule("elsewhere", Access::Allow, &["*"]);
    elsewhere.audiences = words(&["https://my-partner-api.com"]);
    elsewhere.condition = Some(expression("true"));
    let mut here = rule("here", Access::Allow, &["read"]);
    here.audiences = words(&[API]);
    here.condition = Some(expression("true"));
    let server = server(vec![policy("p", vec![elsewhere, here])]);
    let mut seen = Vec::new();
    let mut evaluate = |_: &ExpressionText, scopes: &[&str]| {
        seen.push(words(scopes));
        ConditionOutcome::True
    };
    let index = RuleIndex::new(&server);
    let decision = decide(&server, &index, &facts(None, &[]), Trace::Keep, &mut evaluate);
    assert_eq!(decision.considered[0].verdict, Verdict::Audience);
    assert_eq!(decision.outcome.unwrap().names().1, "here");
    assert_eq!(seen, [words(&["read"])]);
}

fn token_policy(name: &str) -> TokenPolicy {
    TokenPolicy {
        id: name.to_owned(),
        name: name.to_owned(),
        status: Status::Active,
        groups: None,
        audiences: None,
        clients: None,
        scopes: None,
        user_attributes: Vec::new(),
        condition: None,
        claims: vec![PolicyClaim {
            name: "department".to_owned(),
            value: expression(name),
            claim_type: ClaimType::Resource,
            always_include: true,
            keep_empty: false,
        }],
    }
}

/// The policy is leaked, since a mismatch names parts of it.
fn mismatch(policy: TokenPolicy, user: Option<&User>) -> Option<TokenPolicyMismatch<'static>> {
    let mut server = server(Vec::new());
    server.token_policies = vec![policy];
    let server = Box::leak(Box::new(server));
    let result =
        token_policies_that_apply(server, &facts(user, &[]), &["read"], Trace::Keep, &mut outcome);
    result.unwrap().1.remove(0).mismatch
}

/// Decision 7.
#[test]
fn a_token_policy_applies_when_all_its_conditions_hold() {
    let ada = user(&[2]);
    let mut policy = token_policy("p");
    policy.groups = Some(vec![1, 2]);
    policy.audiences = Some(words(&[API]));
    policy.clients = Some(words(&["web-app"]));
    policy.scopes = Some(words(&["read", "pay"]));
    policy.condition = Some(expression("true"));
    policy.user_attributes = vec![
        AttributeTest {
            name: "department".to_owned(),
            operator: AttributeOperator::In,
            values: vec![Json::Text("Sales".to_owned()), Json::Text("Engines".to_owned())],
        },
        AttributeTest {
            name: "level".to_owned(),
            operator: AttributeOperator::Equals,
            values: vec![Json::Number(7.0)],
        },
    ];
    assert_eq!(mismatch(policy.clone(), Some(&ada)), None);
    assert_eq!(mismatch(policy.clone(), None), Some(TokenPolicyMismatch::Groups));
    let changed = |change: &dyn Fn(&mut TokenPolicy)| {
        let mut changed = policy.clone();
        change(&mut changed);
        mismatch(changed, Some(&ada))
    };
    use TokenPolicyMismatch as Mismatch;
    assert_eq!(changed(&|p| p.status = Status::Inactive), Some(Mismatch::Inactive));
    assert_eq!(changed(&|p| p.groups = Some(vec![1])), Some(Mismatch::Groups));
    assert_eq!(changed(&|p| p.audiences = Some(words(&["x"]))), Some(Mismatch::Audience));
    assert_eq!(changed(&|p| p.clients = Some(Vec::new())), Some(Mismatch::Client));
    assert_eq!(changed(&|p| p.scopes = Some(words(&["pay"]))), Some(Mismatch::Scopes));
    assert_eq!(changed(&|p| p.condition = Some(expression("null"))), Some(Mismatch::ConditionNull));
    assert_eq!(
        changed(&|p| p.user_attributes[1].values = vec![Json::Integer(8)]),
        Some(Mismatch::UserAttribute("level"))
    );
}

#[test]
fn a_test_of_a_user_attribute_is_false_without_a_user() {
    let mut policy = token_policy("p");
    policy.user_attributes = vec![AttributeTest {
        name: "level".to_owned(),
        operator: AttributeOperator::Equals,
        values: vec![Json::Integer(7)],
    }];
    let expected = Some(TokenPolicyMismatch::UserAttribute("level"));
    assert_eq!(mismatch(policy, None), expected);
}

#[test]
fn a_condition_of_a_token_policy_that_faults_fails_the_request() {
    let mut server = server(Vec::new());
    let mut policy = token_policy("p");
    policy.condition = Some(expression("boom"));
    server.token_policies = vec![policy];
    let fault =
        token_policies_that_apply(&server, &facts(None, &[]), &[], Trace::Keep, &mut outcome);
    assert_eq!(
        fault.unwrap_err(),
        TokenPolicyFault { policy: "p".to_owned(), cause: "boom".to_owned() }
    );
}

/// Decision 7.
#[test]
fn of_token_policies_that_name_one_claim_the_first_wins() {
    let mut server = server(Vec::new());
    server.token_policies = vec![token_policy("first"), token_policy("second")];
    let added = policy_claims(&server, &[0, 1], ClaimType::Resource, Delivery::Full);
    assert_eq!(added.len(), 1);
    assert_eq!((added[0].policy, added[0].index), (0, 0));
    let second = policy_claims(&server, &[1], ClaimType::Resource, Delivery::Full);
    assert_eq!(second[0].find(&server).unwrap().value.text, "second");
    assert!(policy_claims(&server, &[0], ClaimType::Identity, Delivery::Full).is_empty());
}

#[test]
fn claims_are_included_by_type_scope_and_delivery() {
    let server = server(Vec::new());
    let names = |claim_type, scopes: &[&str], delivery| -> Vec<&str> {
        let of_type = server.claims.iter().filter(|claim| claim.claim_type == claim_type);
        let included = of_type.filter(|claim| is_included(claim, scopes, delivery));
        included.map(|claim| claim.name.as_str()).collect()
    };
    assert_eq!(names(ClaimType::Resource, &[], Delivery::Thin), ["sub"]);
    let email = names(ClaimType::Identity, &["openid", "email"], Delivery::Full);
    assert_eq!(email, ["email", "email_verified"]);
    assert_eq!(names(ClaimType::Identity, &["email"], Delivery::Thin), ["email"]);
    assert!(names(ClaimType::Identity, &["openid"], Delivery::Full).is_empty());
}
