//! Explanations, row by row of authorization-server §3.1 and §3.2, and what a preview says besides.
//! That it equals what is issued is tested where requests can be made (`http/tests/preview.rs`).

use super::*;
use crate::claims::{Absence, ExplainedClaim, Outcome};
use crate::publish::fixture::{document, publish};
use serde_json::{Value, json};

const NOW: i64 = 1_700_223_200;

/// A rule for everybody that grants everything by a code or to a service, after a change.
fn rule(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut rule = json!({
        "name": name,
        "conditions": {
            "people": {"groups": {"include": ["EVERYONE"]}},
            "grantTypes": {"include": ["authorization_code", "client_credentials"]},
            "scopes": {"include": ["*"]},
        },
    });
    change(&mut rule);
    rule
}

fn policy(name: &str, rules: &[Value]) -> Value {
    json!({
        "name": name, "conditions": {"clients": {"include": ["ALL_CLIENTS"]}}, "rules": rules,
    })
}

/// The demo with these policies of `internal`.
fn with_policies(policies: &[Value]) -> Published {
    publish(&document(|document| document["authorizationServers"][0]["policies"] = json!(policies)))
}

fn with_rules(rules: &[Value]) -> Published {
    with_policies(&[policy("p", rules)])
}

fn person(published: &Published, login: &str) -> Arc<Person> {
    let index = published.directory().find_user_by_login(login).unwrap();
    published.records().person(index).unwrap().clone()
}

fn ask(published: &Published, client: &str, login: Option<&str>, scope: &str) -> Preview {
    let request = PreviewRequest {
        client_id: client.to_owned(),
        person: login.map(|login| person(published, login)),
        scope: scope.to_owned(),
        explain: true,
        ..PreviewRequest::default()
    };
    ask_for(published, &request)
}

fn ask_for(published: &Published, request: &PreviewRequest) -> Preview {
    preview(published, published.find_server("internal").unwrap(), request, NOW)
}

fn ada(published: &Published, scope: &str) -> Preview {
    ask(published, "web-app", Some("ada@example.com"), scope)
}

/// The condition that failed of the first thing that was looked at, with its words.
fn first_failure(preview: &Preview) -> (Option<&'static str>, &str) {
    let first = preview.evaluated.first().unwrap();
    (first.reason.condition, &first.reason.words)
}

fn codes(preview: &Preview) -> Vec<&'static str> {
    preview.warnings.iter().map(|warning| warning.code).collect()
}

fn claim<'p>(preview: &'p Preview, name: &str) -> &'p ExplainedClaim {
    let access = &preview.explanation.as_ref().unwrap().access;
    access.iter().find(|claim| claim.name == name).unwrap()
}

#[test]
fn the_first_rule_that_matches_is_named_and_those_before_it_say_why_not() {
    let published = with_policies(&[
        policy(
            "first",
            &[rule("services", |rule| {
                rule["conditions"]["grantTypes"]["include"] = json!(["client_credentials"]);
            })],
        ),
        policy("second", &[rule("all", |_| ()), rule("never", |_| ())]),
    ]);
    let told = ada(&published, "read:customers");
    let matched = told.matched.as_ref().unwrap();
    assert_eq!((&*matched.policy, &*matched.rule), ("second", "all"));
    let outcomes: Vec<&str> = told.evaluated.iter().map(|one| one.outcome.word()).collect();
    assert_eq!(outcomes, ["not_matched", "matched"], "after the first match none is looked at");
    assert_eq!(told.granted_scopes, ["read:customers"]);
}

/// One row each: what is changed of a rule that would match, which condition is named, and a part
/// of the words.
#[test]
fn the_first_condition_that_fails_is_named_with_what_it_wants_and_what_it_found() {
    type Change = fn(&mut Value);
    let rows: &[(Change, &str, &str)] = &[
        (|rule| rule["status"] = json!("INACTIVE"), "status", "not active"),
        (
            |rule| rule["conditions"]["grantTypes"]["include"] = json!(["client_credentials"]),
            "grantTypes",
            "for client_credentials, and the grant is authorization_code",
        ),
        (
            |rule| rule["conditions"]["people"]["groups"]["include"] = json!(["Partners"]),
            "people",
            "for members of Partners; ada@example.com is in Everyone, Internal Employees",
        ),
        (
            |rule| rule["conditions"]["people"]["groups"]["exclude"] = json!(["role_admin"]),
            "people",
            "excludes the group role_admin",
        ),
        (
            |rule| {
                let users = json!({"include": [], "exclude": ["ada@example.com"]});
                rule["conditions"]["people"]["users"] = users;
            },
            "people",
            "excludes ada@example.com",
        ),
        (
            |rule| rule["conditions"]["scopes"]["include"] = json!(["admin:users", "openid"]),
            "scopes",
            "lists admin:users, openid, and not read:customers",
        ),
        (
            |rule| {
                rule["conditions"]["audiences"] =
                    json!({"include": ["https://my-partner-api.com"]});
            },
            "audiences",
            "for https://my-partner-api.com, and the token for https://api.mycompany.com",
        ),
        (
            |rule| {
                let condition = "user?.department == 'Payments'";
                rule["conditions"]["elCondition"] = json!({"condition": condition});
            },
            "elCondition",
            "`user?.department == 'Payments'` is false",
        ),
        (
            |rule| rule["conditions"]["elCondition"] = json!({"condition": "null"}),
            "elCondition",
            "is null",
        ),
    ];
    for (change, condition, words) in rows {
        let published = with_rules(&[rule("narrow", change), rule("all", |_| ())]);
        let told = ada(&published, "read:customers");
        let (named, said) = first_failure(&told);
        assert_eq!(named, Some(*condition), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(told.matched.as_ref().unwrap().rule, "all");
    }
}

#[test]
fn conditions_are_told_in_the_order_in_which_they_are_asked() {
    let wrong = rule("wrong", |rule| {
        rule["conditions"]["people"]["groups"]["include"] = json!(["Partners"]);
        rule["conditions"]["scopes"]["include"] = json!(["admin:users"]);
        rule["conditions"]["elCondition"] = json!({"condition": "false"});
    });
    let published = with_rules(&[wrong]);
    assert_eq!(first_failure(&ada(&published, "read:customers")).0, Some("people"));
    let told = ask(&published, "billing-service", None, "read:customers");
    assert_eq!(first_failure(&told).0, Some("scopes"), "without a person they are not asked for");
}

#[test]
fn a_policy_that_is_passed_over_is_told_once() {
    let mut inactive = policy("inactive", &[rule("r", |_| ())]);
    inactive["status"] = json!("INACTIVE");
    let mut others = policy("others", &[rule("r", |_| ())]);
    others["conditions"]["clients"]["include"] = json!(["phone-app"]);
    let published = with_policies(&[inactive, others]);
    let told = ada(&published, "read:customers");
    let said: Vec<(Option<&str>, bool)> =
        told.evaluated.iter().map(|one| (one.reason.condition, one.rule.is_none())).collect();
    assert_eq!(said, [(Some("status"), true), (Some("clients"), true)]);
    assert!(told.evaluated[1].reason.words.contains("phone-app, and the client is web-app"));
    let error = told.error.unwrap();
    assert_eq!((&*error.error, error.status), ("access_denied", 302), "by way of the browser");
}

#[test]
fn a_rule_that_denies_ends_it_and_one_of_other_scopes_says_so() {
    let deny = rule("deny", |rule| {
        rule["conditions"]["scopes"]["include"] = json!(["admin:users"]);
        rule["actions"] = json!({"access": "DENY"});
    });
    let published = with_rules(&[deny, rule("all", |_| ())]);
    let told = ada(&published, "admin:users read:customers");
    assert_eq!(told.evaluated[0].outcome, RuleOutcome::Denied);
    assert_eq!(told.matched.as_ref().unwrap().rule, "deny");
    assert!(told.error.is_some() && told.access_token.is_none());
    let (condition, words) = (Some("scopes"), "denies only admin:users");
    let told = ada(&published, "read:customers");
    assert!(first_failure(&told).0 == condition && first_failure(&told).1.contains(words));
}

#[test]
fn a_condition_that_faults_refuses_and_shows_where() {
    let fails = rule("fails", |rule| {
        rule["conditions"]["elCondition"] = json!({"condition": "user.manager.length() > 1"});
    });
    let published = publish(&document(|document| {
        document["userSchema"]["manager"] = json!({"type": "string", "required": false});
        document["authorizationServers"][0]["policies"] =
            json!([policy("p", &[fails, rule("all", |_| ())])]);
    }));
    let told = ada(&published, "read:customers");
    assert_eq!(told.evaluated.len(), 1, "never a step to a broader rule (decision 4)");
    assert_eq!(told.evaluated[0].outcome, RuleOutcome::Failed);
    let condition = told.evaluated[0].condition.as_ref().unwrap();
    let text = condition.traced.to_text(&condition.text);
    assert!(text.contains("fault E06"), "{text}");
    assert_eq!(told.error.as_ref().unwrap().error, "access_denied");
}

#[test]
fn a_condition_is_told_with_the_value_of_every_part() {
    let text = "user?.department == 'Sales' ? false : (user?.clearance ?: 0) >= 2";
    let published = with_rules(&[rule("r", |rule| {
        rule["conditions"]["elCondition"] = json!({"condition": text});
    })]);
    let told = ada(&published, "read:customers");
    let condition = told.evaluated[0].condition.as_ref().unwrap();
    let expected = [
        text,
        r#"^^^^^^^^^^^^^^^^ "Engineering""#,
        "^^^^^^^^^^^^^^^^^^^^^^^^^^^ false",
        "                                       ^^^^^^^^^^^^^^^ 3",
    ];
    let shown = condition.traced.to_text(&condition.text);
    for (line, wanted) in shown.lines().zip(expected) {
        assert_eq!(line, wanted, "{shown}");
    }
    assert!(shown.trim_end().ends_with("true   (took `(user?.clearance ?: 0) >= 2`)"), "{shown}");
}

#[test]
fn a_rule_reads_the_scopes_it_would_grant_and_narrows_defaults() {
    let narrow = rule("narrow", |rule| {
        rule["conditions"]["scopes"]["include"] = json!(["read:customers"]);
        let condition = "access.scope.contains('read:customers')";
        rule["conditions"]["elCondition"] = json!({"condition": condition});
    });
    let published = publish(&document(|document| {
        let server = &mut document["authorizationServers"][0];
        server["scopes"][1]["default"] = json!(true);
        server["policies"] = json!([policy("p", &[narrow])]);
    }));
    let told = ada(&published, "");
    assert_eq!(told.granted_scopes, ["read:customers"]);
    assert!(codes(&told).contains(&"scope-not-granted"), "{:?}", told.warnings);
    let condition = told.evaluated[0].condition.as_ref().unwrap();
    let shown = condition.traced.to_text(&condition.text);
    assert!(shown.contains(r#"["read:customers"]"#), "{shown}");
}

/// Authorization-server §3.2.
#[test]
fn every_claim_says_where_it_comes_from_or_why_it_is_absent() {
    let published = publish(&document(|document| {
        let claim = |name: &str, value: &str, more: Value| {
            let mut claim = json!({
                "name": name, "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
            });
            claim.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            claim
        };
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        claims.push(claim("off", "1", json!({"status": "INACTIVE"})));
        claims.push(claim("scoped", "1", json!({"conditions": {"scopes": ["admin:users"]}})));
        claims.push(claim("nothing", "user?.middleName", json!({})));
        claims.push(claim("none", "user?.groups.filter(g => false)", json!({})));
        claims.push(claim("department", "'own'", json!({})));
        let groups = json!({"valueType": "GROUPS", "group_filter_type": "STARTS_WITH"});
        claims.push(claim("teams", "team_", groups));
    }));
    let told = ada(&published, "read:customers");
    let absent = |name: &str| match &claim(&told, name).outcome {
        Outcome::Absent(absence) => absence.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(absent("off"), Absence::Inactive);
    assert_eq!(absent("scoped"), Absence::Scopes(vec!["admin:users".to_owned()]));
    assert_eq!(absent("nothing"), Absence::Null);
    assert_eq!(absent("none"), Absence::EmptyList);
    assert_eq!(absent("teams"), Absence::NoGroup);
    let policy = "Add Department Claim for Internal Apps";
    assert_eq!(absent("department"), Absence::ReplacedBy(policy.to_owned()), "decision 7");
    let payload: Value =
        serde_json::from_str(&told.access_token.as_ref().unwrap().payload).unwrap();
    for explained in &told.explanation.as_ref().unwrap().access {
        match &explained.outcome {
            Outcome::Value(value) => assert_eq!(&payload[&explained.name], value),
            _ if explained.name == "department" => {}
            _ => assert!(payload.get(&explained.name).is_none(), "{}", explained.name),
        }
    }
    let roles = claim(&told, "roles");
    let shown = roles.trace.as_ref().unwrap().to_text(roles.expression.as_ref().unwrap());
    assert!(shown.contains("false, false, true, … (4 times)"), "{shown}");
}

/// Decision 5.
#[test]
fn a_claim_that_fails_refuses_and_is_found_among_the_others() {
    let published = publish(&document(|document| {
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        claims.push(json!({
            "name": "team", "claimType": "RESOURCE", "valueType": "EXPRESSION",
            "value": "user.department",
        }));
    }));
    let told = ask(&published, "billing-service", None, "read:customers");
    let error = told.error.as_ref().unwrap();
    assert_eq!((&*error.error, error.status), ("server_error", 400));
    assert!(matches!(&claim(&told, "team").outcome, Outcome::Fault(why) if why.contains("E06")));
    assert!(matches!(claim(&told, "channel").outcome, Outcome::Value(_)));
}

#[test]
fn what_people_stumble_over_is_told_where_it_applies() {
    let has = |preview: &Preview, code: &str| {
        assert!(codes(preview).contains(&code), "{code}: {:?}", preview.warnings);
    };
    has(&ada(&with_policies(&[]), "read:customers"), "no-policy");
    let demo = publish(&document(|_| ()));
    has(&ada(&demo, "openid profile"), "thin-id-token");
    has(&ada(&demo, "openid profile"), "sub-differs");
    has(&ada(&demo, "openid"), "offline-access-missing");
    let by_device = PreviewRequest {
        client_id: "web-app".to_owned(),
        person: Some(person(&demo, "ada@example.com")),
        grant_type: Some("client_credentials".to_owned()),
        ..PreviewRequest::default()
    };
    assert_eq!(ask_for(&demo, &by_device).error.unwrap().error, "unauthorized_client");
    let changed = publish(&document(|document| {
        document["apps"][0]["assignments"] = json!({"groups": ["Partners"]});
        let settings = &mut document["apps"][1]["settings"]["oauthClient"];
        settings["grant_types"] = json!(["authorization_code"]);
        settings["consent_method"] = json!("REQUIRED");
        let server = &mut document["authorizationServers"][0];
        server["scopes"][0]["consent"] = json!("REQUIRED");
        server["policies"] = json!([policy(
            "p",
            &[rule("r", |rule| {
                rule["conditions"]["grantTypes"]["include"] = json!(["authorization_code"]);
                rule["conditions"]["scopes"]["include"] =
                    json!(["openid", "offline_access", "read:customers"]);
                rule["actions"] = json!({"secondFactor": "REQUIRED"});
            })]
        )]);
    }));
    has(&ada(&changed, "openid"), "not-assigned");
    let phone = ask(&changed, "phone-app", Some("ada@example.com"), "openid offline_access");
    has(&phone, "refresh-grant-missing");
    has(&phone, "second-factor");
    assert!(!phone.refresh_token.present);
    has(&ask(&changed, "phone-app", Some("ada@example.com"), "read:customers"), "consent-required");
    has(&ask(&changed, "phone-app", Some("ada@example.com"), "admin:users"), "scope-in-no-rule");
    let service = ask(&changed, "billing-service", None, "process:payments");
    has(&service, "grant-in-no-rule");
    let service = ask(&changed, "billing-service", None, "read:customers");
    assert_eq!(service.error.unwrap().error, "consent_required", "trip-up 5");
}

#[test]
fn a_made_up_person_is_as_good_as_a_kept_one() {
    let published = publish(&document(|_| ()));
    let text = json!({
        "profile": {
            "login": "new@example.com", "email": "new@example.com", "firstName": "New",
            "lastName": "Person", "department": "Payments", "clearance": 2,
        },
        "groups": ["Internal Employees", "role_support"],
    });
    let person = made_up(&published, &text).unwrap();
    let request = PreviewRequest {
        client_id: "web-app".to_owned(),
        person: Some(person),
        scope: "read:customers process:payments".to_owned(),
        ..PreviewRequest::default()
    };
    let told = ask_for(&published, &request);
    let payload: Value = serde_json::from_str(&told.access_token.unwrap().payload).unwrap();
    assert_eq!(
        (&payload["roles"], &payload["sub"]),
        (&json!(["support"]), &json!("new@example.com"))
    );
    assert_eq!(told.matched.unwrap().rule, "Payments by employees with clearance");
    let wrong = made_up(&published, &json!({"profile": {"login": "x@y.z", "nope": 1}}));
    assert!(wrong.unwrap_err().iter().any(|told| told.contains("nope")));
    assert!(made_up(&published, &json!([])).is_err());
}

fn made_up(published: &Published, person: &Value) -> Result<Arc<Person>, Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(published.make_up_person(&person.to_string()))
}

#[test]
fn a_made_up_person_may_be_linked_to_who_is_kept_and_to_who_is_made_up() {
    let published = publish(&document(|document| {
        document["linkedObjects"] = json!([
            {"primary": {"name": "manager"}, "associated": {"name": "subordinate"}},
        ]);
        document["authorizationServers"][0]["claims"].as_array_mut().unwrap().extend([
            json!({"name": "boss", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                "value": "user?.getLinkedObject('manager')?.login"}),
            json!({"name": "above", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                "value": "user?.getLinkedObject('manager')?.getLinkedObject('manager')?.login"}),
        ]);
    }));
    let profile =
        |login: &str| json!({"login": login, "email": login, "firstName": "A", "lastName": "B"});
    let told = |manager: Value| -> Result<[Value; 2], Vec<String>> {
        let person = made_up(
            &published,
            &json!({
                "profile": profile("new@example.com"), "groups": ["Internal Employees"],
                "linkedObjects": {"manager": manager},
            }),
        )?;
        let request = PreviewRequest {
            client_id: "web-app".to_owned(),
            person: Some(person),
            scope: "read:customers".to_owned(),
            ..PreviewRequest::default()
        };
        let payload = ask_for(&published, &request).access_token.unwrap().payload;
        let payload: Value = serde_json::from_str(&payload).unwrap();
        Ok([payload["boss"].clone(), payload["above"].clone()])
    };
    assert_eq!(told(json!("ada@example.com")), Ok([json!("ada@example.com"), Value::Null]));
    let inner = json!({
        "profile": profile("boss@example.com"), "linkedObjects": {"manager": "grace@example.com"},
    });
    assert_eq!(told(inner), Ok([json!("boss@example.com"), json!("grace@example.com")]));
    let wrong = told(json!({"profile": {"login": "boss@example.com", "nope": 1}}));
    assert!(wrong.unwrap_err().iter().all(|told| told.starts_with("linkedObjects.manager: ")));
    let nobody = told(json!("nobody@example.com"));
    assert!(nobody.unwrap_err()[0].contains("there is no user `nobody@example.com`"));
}

#[test]
fn a_preview_in_json_holds_the_claims_as_they_would_be_signed() {
    let published = publish(&document(|_| ()));
    let told = ada(&published, "openid offline_access read:customers");
    let json = told.to_json();
    assert!(json.contains(&told.access_token.as_ref().unwrap().payload));
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["access_token"]["header"]["alg"], "ES256");
    assert_eq!(read["refresh_token"]["present"], true);
    assert_eq!(read["refresh_token"]["idleMinutes"], 60);
    assert_eq!(read["refresh_token"]["expiresAt"], "2023-11-17T13:13:20.000Z");
    assert_eq!(read["error"], Value::Null);
    assert_eq!(read["explanation"]["access_token"][0]["name"], "sub");
    assert_eq!(read["matched"]["rule"], "Administrators");
}
