//! A preview of what is not saved yet says what is issued once it is.

use super::people::Office;
use super::preview::{Dice, Held, PEOPLE, rich};
use super::*;
use crate::grant::preview::{Preview, PreviewRequest, preview};
use crate::publish::Published;

const SERVER: &str = "/api/v1/authorizationServers/internal";

const VALUES: [&str; 10] = [
    "user?.department",
    "user?.groups.map(g => g.name.toUpperCase())",
    "access.scope",
    "app.clientId + '/' + access.grantType",
    "user == null ? 'nobody' : user.login",
    "user?.clearance > 3",
    "isMemberOfGroupName(\"Internal Employees\")",
    "session?.amr",
    "{'audience': access.audience}",
    "1 / 0",
];

/// Drafts, and in what order they are saved: by the path of the list.
fn drafts(office: &Office, dice: &mut Dice) -> (Value, Vec<(Method, String, Value)>) {
    let mut drafts = json!({});
    let mut saved = Vec::new();
    let mut add = |list: &str, method: Method, path: String, draft: Value, sent: Value| {
        let all = drafts.as_object_mut().unwrap().entry(list).or_insert_with(|| json!([]));
        all.as_array_mut().unwrap().push(draft);
        saved.push((method, path, sent));
    };
    if dice.roll(2) == 0 {
        let scope = json!({"name": "draft:read", "default": dice.roll(2) == 0});
        add("scopes", Method::POST, format!("{SERVER}/scopes"), scope.clone(), scope);
    }
    for name in ["draft_one", "draft_two"] {
        // The last of the values faults, and refuses.
        let last = if dice.roll(6) == 0 { VALUES.len() } else { VALUES.len() - 1 };
        let claim = json!({
            "name": name, "claimType": "RESOURCE", "valueType": "EXPRESSION",
            "value": VALUES[dice.roll(last)], "conditions": {"scopes": []},
        });
        add("claims", Method::POST, format!("{SERVER}/claims"), claim.clone(), claim);
    }
    if dice.roll(2) == 0 {
        // One that is kept says something else.
        let claims = office.get(&format!("{SERVER}/claims"));
        let is_it = |claim: &&Value| claim["name"] == "roles" && claim["claimType"] == "RESOURCE";
        let mut claim = claims.as_array().unwrap().iter().find(is_it).unwrap().clone();
        claim["value"] = json!(VALUES[dice.roll(5)]);
        let path = format!("{SERVER}/claims/{}", text_of(&claim["id"]));
        add("claims", Method::PUT, path, claim.clone(), claim);
    }
    let policies = office.get(&format!("{SERVER}/policies"));
    let policies = policies.as_array().unwrap();
    let policy = text_of(&policies[dice.roll(policies.len())]["id"]);
    let grants = ["client_credentials", "password", "authorization_code"];
    let scopes = dice.one(&["read:customers", "*"]);
    let rule = json!({
        "name": "Drafted", "priority": 1 + dice.roll(2),
        "conditions": {
            "people": {"groups": {"include": ["EVERYONE"]}},
            "grantTypes": {"include": grants},
            "scopes": {"include": [scopes]},
        },
        "actions": {
            "access": dice.one(&["ALLOW", "ALLOW", "DENY"]),
            "token": {"accessTokenLifetimeMinutes": 5 + dice.roll(20)},
        },
    });
    let mut draft = rule.clone();
    draft["policyId"] = json!(policy);
    add("rules", Method::POST, format!("{SERVER}/policies/{policy}/rules"), draft, rule);
    (drafts, saved)
}

/// A request that somebody could make without a browser, of somebody whom `published` knows.
fn requested(dice: &mut Dice, published: &Published) -> (PreviewRequest, Vec<(String, String)>) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let user = dice.roll(2 * PEOPLE.len());
    let (grant, scope) = match PEOPLE.get(user) {
        Some(_) => ("password", dice.scopes()),
        None => ("client_credentials", dice.own_scopes()),
    };
    let mut form = vec![pair("grant_type", grant), pair("scope", &scope)];
    let person = PEOPLE.get(user).map(|login| {
        let name = login.split('@').next().unwrap().to_uppercase();
        form.push(pair("username", login));
        form.push(pair("password", &format!("CLAIMSMITH_DEMO_PASSWORD_{name}")));
        let index = published.directory().find_user_by_login(login).unwrap();
        published.records().person(index).unwrap().clone()
    });
    let client_id = if person.is_some() { "web-app" } else { "billing-service" };
    let asked = PreviewRequest {
        client_id: client_id.to_owned(),
        grant_type: Some(grant.to_owned()),
        person,
        scope,
        ..PreviewRequest::default()
    };
    (asked, form)
}

fn told(published: &Published, request: &PreviewRequest) -> Preview {
    let server = published.find_server("internal").unwrap();
    server.programs().compile();
    let told = preview(published, server, request, NOW);
    assert!(!told.warnings.iter().any(|one| one.code == "engines-differ"), "{:?}", told.warnings);
    told
}

/// Decisions 35 and 36.
#[test]
fn decision_35_a_preview_of_drafts_says_what_is_issued_once_they_are_saved() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..8 {
        let office = Office::with(rich);
        let world = &office.world;
        let mut held = Held::new(world);
        let (drafts, saved) = drafts(&office, &mut dice);
        let counters = world.surface.administration.publisher().served();
        let drafted = world.surface.administration.drafted("internal", &drafts);
        let drafted = world.runtime.block_on(drafted).unwrap_or_else(|e| panic!("{e:?} {drafts}"));
        let requests: Vec<_> = (0..8)
            .map(|_| {
                let (request, form) = requested(&mut dice, &drafted);
                let preview = told(&drafted, &request);
                (request.client_id, form, preview)
            })
            .collect();
        assert_eq!(world.surface.administration.publisher().served(), counters, "nothing is kept");
        for (method, path, body) in saved {
            let answer = office.ask(method, &path, &body);
            assert!([200, 201].contains(&answer.status), "{answer:?} {body}");
        }
        for (client, form, preview) in &requests {
            let form: Vec<(&str, &str)> =
                form.iter().map(|(name, value)| (&**name, &**value)).collect();
            let answer = held.post(client, &form);
            held.hold(preview, &answer, &[]);
        }
        (answered, refused) = (answered + held.answered, refused + held.refused);
    }
    assert!(answered > 15 && refused > 5, "{answered} {refused}");
}

#[test]
fn drafts_are_previewed_over_http_and_what_is_wrong_with_them_is_told() {
    let office = Office::open();
    let path = format!("{SERVER}/tokens/preview");
    let ask = |drafts: Value| {
        let body = json!({
            "client_id": "billing-service", "scopes": ["read:customers"], "drafts": drafts,
        });
        office.ask(Method::POST, &path, &body)
    };
    let claim = |value: &str| {
        json!({
            "name": "draft", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
        })
    };
    let told = ask(json!({"claims": [claim("'as ' + app.clientId")]})).expect(200);
    assert_eq!(told["access_token"]["payload"]["draft"], "as billing-service");
    // A policy with its rules, before all others, for somebody who is made up.
    let policy = json!({
        "name": "Drafted", "priority": 1,
        "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
        "rules": [{
            "name": "For everything",
            "conditions": {
                "people": {"groups": {"include": ["EVERYONE"]}},
                "grantTypes": {"include": ["authorization_code"]},
                "scopes": {"include": ["*"]},
            },
        }],
    });
    let profile = json!({
        "login": "new@example.com", "email": "new@example.com", "firstName": "N", "lastName": "P",
    });
    let body = json!({
        "client_id": "web-app", "scopes": ["draft:all"],
        "user": {"profile": profile, "groups": ["Internal Employees"]},
        "drafts": {"scopes": [{"name": "draft:all"}], "policies": [policy]},
    });
    let told = office.post(&path, body);
    assert_eq!(told["matched"]["rule"], "For everything", "{told}");
    assert_eq!(told["grantedScopes"], json!(["draft:all"]));
    // Nothing is kept of it.
    let claims = office.get(&format!("{SERVER}/claims")).to_string();
    assert!(
        !claims.contains("\"draft\"")
            && office.get(&format!("{SERVER}/scopes?q=draft")) == json!([])
    );
    let broken = ask(json!({"claims": [claim("user.login +")]})).expect(400);
    assert_eq!(broken["errorCauses"][0]["location"], "value", "{broken}");
    assert_eq!(broken["errorCauses"][0]["diagnostic"]["line"], 1, "{broken}");
    for wrong in [
        json!([]),
        json!({"apps": []}),
        json!({"claims": {}}),
        json!({"claims": [1]}),
        json!({"claims": [{"name": "draft"}]}),
        json!({"rules": [{"name": "nowhere"}]}),
    ] {
        assert_eq!(ask(wrong.clone()).expect(400)["errorCode"], "E0000001", "{wrong}");
    }
    ask(json!({"rules": [{"name": "lost", "policyId": "00pnone"}]})).expect(404);
    // Who may only read makes no drafts.
    let readers =
        ["okta.authorizationServers.read", "okta.users.read", "okta.groups.read", "okta.apps.read"];
    let token = format!("SSWS {}", office.world.api_token("ada@example.com", &readers));
    let body = json!({"client_id": "billing-service", "drafts": {}});
    let refused = office.world.manage(&token, Method::POST, &path, Some(&body));
    let cause = "The access token provided does not contain the scope \
                 `okta.authorizationServers.manage`.";
    refused.is_caused(403, "E0000006", cause);
}
