//! Every code is shown by a request of its example, and what it shows is asked once more of a version
//! that serves. What is in order has no finding.

use super::*;
use crate::diagnostic::code::{self, Example};
use crate::publish::{PublicUrl, fixture};
use serde_json::{Value, json};

/// Codes, and what the request of their example shows.
const SHOWN: &[(&str, &str)] = &[
    ("L0801", "refused with access_denied: no rule of any policy matched"),
    ("L0802", "the policy `Shop` is not for this client"),
    ("L0803", "the rule `People` is not for this person"),
    ("L0804", "refused with unauthorized_client"),
    ("L0805", "the rule `Everybody` of `Shop` matches and allows it"),
    ("L0806", "the rule `Everybody` of `Shop` matches and allows it"),
    ("L0807", "the rule `Everybody` of `Shop` matches and allows it"),
    ("L0808", "refused with access_denied: no rule of any policy matched"),
    ("L0809", "refused with access_denied: the condition of the rule `Sales`"),
    ("L0810", "granted for 1440 minutes"),
    ("L0811", "refused with access_denied: no rule of any policy matched"),
    ("L0812", "refused with consent_required"),
    ("L0813", "granted with `offline_access`, and no refresh token comes along"),
    ("L0814", "refused with access_denied: no rule of any policy matched"),
    ("L0820", "the access token has no `color`: none of its scopes is granted: write"),
    ("L0821", "the ID token has no `color`: an access token comes with"),
    ("L0822", "`groups` of the access token is [\"team a0\""),
    ("L0823", "`is_admin` of the access token is false"),
    ("L0824", "the access token has \"ada\", the ID token nothing"),
    ("L0825", "refused with server_error: the claim `initial` could not be evaluated"),
    ("L0830", "refused with access_denied: User is not assigned"),
    ("L0831", "refused with access_denied: no rule of any policy matched"),
    ("L0832", "refused with invalid_request: The 'redirect_uri' parameter must be"),
    ("L0833", "refused with unsupported_grant_type"),
    ("L0840", "granted for `api://shop` by `https://id.example.com/oauth2/"),
    ("L0841", "granted for `api://shop` by `https://id.example.com/oauth2/"),
    ("L0842", "granted with the issuer `https://id.example.com/oauth2/default`"),
    ("L0843", "`sub` of the access token is \"ada@example.com\""),
    ("L0844", "granted by `People`, which asks no hook"),
];

fn url() -> PublicUrl {
    PublicUrl::new(fixture::URL).unwrap()
}

fn findings(document: &str) -> Vec<Finding> {
    lint(document.as_bytes(), url()).unwrap()
}

fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.problem.diagnostic.code.id).collect()
}

#[test]
fn every_code_is_shown_by_a_request_of_its_example() {
    let policy_codes = code::all().filter(|code| code.id.starts_with("L08"));
    let listed: Vec<&str> = SHOWN.iter().map(|(id, _)| *id).collect();
    assert_eq!(policy_codes.map(|code| code.id).collect::<Vec<_>>(), listed);
    let mut wrong = Vec::new();
    for (id, words) in SHOWN {
        let Example::Document(document) = code::find(id).unwrap().example else { panic!("{id}") };
        let findings = findings(document);
        let found = findings.iter().find(|finding| finding.problem.diagnostic.code.id == *id);
        let witness = found.and_then(|finding| finding.witness.as_ref());
        match witness {
            Some(witness) if witness.shown.contains(words) => {}
            other => wrong.push(format!("{id} shows {other:?}; found {:?}", ids(&findings))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing but keys and secrets tells a rehearsal from what serves.
#[test]
fn what_serves_answers_witnesses_as_the_rehearsal_does() {
    let mut n_witnesses = 0;
    for (id, _) in SHOWN {
        let Example::Document(document) = code::find(id).unwrap().example else { panic!("{id}") };
        let served = fixture::publish(document);
        let draft = fixture::draft(document).unwrap();
        let rehearsed = draft.rehearse(&Store::memory(Clock::System), &Random::System).unwrap();
        let mut worker = Worker::new();
        for Witness { request, .. } in findings(document).into_iter().filter_map(|f| f.witness) {
            let mut answers = [&served, &rehearsed].map(|published| {
                let directory = published.directory();
                let login = request.user.as_deref();
                let index = login.and_then(|login| directory.find_user_by_login(login));
                let person = index.and_then(|index| published.records().person(index).cloned());
                ask(published, &request, person, 1_700_000_000, &mut worker)
            });
            let [one, other] = &mut answers;
            assert_eq!(one, other, "{request}");
            n_witnesses += 1;
        }
    }
    assert!(n_witnesses > 40, "only {n_witnesses}");
}

/// A server, a client for people and a service, in which nothing is odd.
fn in_order() -> Value {
    let rule = |name: &str, people: Value, grant: &str, scopes: Value| {
        json!({"name": name, "conditions": {"people": people, "grantTypes": {"include": [grant]},
               "scopes": {"include": scopes}}})
    };
    let everybody = json!({"groups": {"include": ["EVERYONE"]}});
    let of_people = json!(["openid", "profile", "email", "offline_access", "read"]);
    json!({
        "version": 1,
        "organization": {"name": "Example", "subDomain": "example"},
        "users": [{"profile": {"login": "ada@example.com", "email": "ada@example.com"}}],
        "apps": [
            {
                "label": "Shop",
                "credentials": {"oauthClient": {"client_id": "web-shop",
                    "client_secret": {"env": "SHOP_CLIENT_SECRET"}}},
                "settings": {"oauthClient": {"application_type": "web",
                    "grant_types": ["authorization_code", "refresh_token"],
                    "redirect_uris": ["https://shop.example.com/callback"],
                    "resource_server_for": ["api://shop"]}},
                "assignments": {"groups": ["Everyone"]},
            },
            {
                "label": "Billing",
                "credentials": {"oauthClient": {"client_id": "billing",
                    "client_secret": {"env": "BILLING_CLIENT_SECRET"}}},
                "settings": {"oauthClient": {"application_type": "service",
                    "grant_types": ["client_credentials"]}},
            },
        ],
        "authorizationServers": [{
            "name": "shop",
            "audiences": ["api://shop"],
            "scopes": [{"name": "read"}],
            "claims": [{"name": "mail", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                "value": "user?.email"}],
            "policies": [{
                "name": "Shop",
                "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
                "rules": [
                    rule("People", everybody, "authorization_code", of_people),
                    rule("Services", json!({}), "client_credentials", json!(["read"])),
                ],
            }],
        }],
    })
}

#[test]
fn what_is_in_order_has_no_finding() {
    let findings = findings(&in_order().to_string());
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn each_rule_of_a_shadow_may_take_a_part() {
    let mut document = in_order();
    let rules = &mut document["authorizationServers"][0]["policies"][0]["rules"];
    let mut last = rules[0].clone();
    last["name"] = "Last".into();
    last["conditions"]["grantTypes"]["include"] =
        json!(["authorization_code", "client_credentials"]);
    last["conditions"]["scopes"]["include"] = json!(["read"]);
    rules.as_array_mut().unwrap().push(last);
    assert_eq!(ids(&findings(&document.to_string())), ["L0805"]);
    // A condition may let a request through to the later rule.
    document["authorizationServers"][0]["policies"][0]["rules"][1]["conditions"]["elCondition"] =
        json!({"condition": "app.clientId == 'billing'"});
    assert_eq!(ids(&findings(&document.to_string())), Vec::<&str>::new());
}

#[test]
fn a_finding_points_at_the_name_of_what_it_is_about() {
    let mut document = in_order();
    document["authorizationServers"][0]["scopes"] = json!([{"name": "read"}, {"name": "write"}]);
    let text = document.to_string();
    let findings = findings(&text);
    let [Finding { problem, witness }] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(problem.path, "authorizationServers[0].scopes[1]");
    assert_eq!(text.get(problem.diagnostic.span.range()), Some("\"write\""));
    let request = &witness.as_ref().unwrap().request;
    assert_eq!(request.scopes, ["write"]);
}

#[test]
fn the_findings_of_the_demo_have_witnesses() {
    let findings = findings(crate::organization::DEMO);
    let without: Vec<&Finding> = findings.iter().filter(|f| f.witness.is_none()).collect();
    assert!(!findings.is_empty() && without.is_empty(), "{without:#?}");
}
