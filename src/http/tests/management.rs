//! Who is let into the management API, and the shape of what it answers.

use super::people::Office;
use super::*;
use crate::authority::{NewApiToken, create};
use crate::server::MANAGEMENT_SCOPES;

const TOKENS: &str = "/api/v1/api-tokens";

impl World {
    /// A token of the management API with these scopes, of this user.
    pub(super) fn api_token(&self, login: &str, scopes: &[&str]) -> String {
        let published = self.surface.issuer.version();
        let made = self.runtime.block_on(async {
            let person = published.find_person_by_login(login).await.unwrap().unwrap();
            let new = NewApiToken {
                name: "tests".to_owned(),
                user_id: person.user().id.clone(),
                scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                expires_at: None,
            };
            create(&self.surface.store, &self.surface.random, new).await
        });
        made.unwrap().1
    }

    /// A request of the management API with this in `Authorization`.
    pub(super) fn manage(
        &self,
        authorization: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut request = request(method, path, body.map(|_| "application/json"), text);
        if !authorization.is_empty() {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        }
        self.send(request)
    }
}

impl Answer {
    /// An error of the management API with one cause.
    pub(super) fn is_caused(&self, status: u16, code: &str, cause: &str) {
        let body = self.expect(status);
        let causes = json!([{ "errorSummary": cause }]);
        assert_eq!((&body["errorCode"], &body["errorCauses"]), (&json!(code), &causes), "{body}");
    }
}

/// Decision 32.
#[test]
fn decision_32_only_a_token_that_counts_lets_in_however_it_is_spaced() {
    let world = World::demo();
    let token = world.api_token("ada@example.com", &["okta.apiTokens.read"]);
    for authorization in [format!("SSWS {token}"), format!("SSWS{token}"), format!("ssws  {token}")]
    {
        let answer = world.manage(&authorization, Method::GET, TOKENS, None);
        let listed = answer.expect(200);
        assert_eq!(listed[0]["name"], "tests", "{listed}");
        assert!(!answer.text.contains(&token), "a token is shown once");
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-store"));
        assert_eq!(answer.header("expires"), Some("0"));
        assert_eq!(answer.header("link"), Some(&*format!("<{URL}{TOKENS}>; rel=\"self\"")));
    }
    let none = world.manage("", Method::GET, TOKENS, None);
    none.is_management_error(403, "E0000005", "Invalid session");
    for wrong in ["SSWS", "SSWS x", "Bearer x", "DPoP x", "Basic eDp5", &token] {
        let answer = world.manage(wrong, Method::GET, TOKENS, None);
        answer.is_management_error(401, "E0000011", "Invalid token provided");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
}

/// Decision 32: each token belongs to a user, and counts as long as that one is active.
#[test]
fn decision_32_a_token_does_not_outlive_its_user() {
    let world = World::demo();
    let token = format!("SSWS {}", world.api_token("ada@example.com", &["okta.apiTokens.read"]));
    world.manage(&token, Method::GET, TOKENS, None).expect(200);
    world.replace(|document| document["users"][0]["status"] = json!("SUSPENDED"));
    let answer = world.manage(&token, Method::GET, TOKENS, None);
    answer.is_management_error(401, "E0000011", "Invalid token provided");
}

/// Decision 31: nobody grants what they lack.
#[test]
fn decision_31_a_token_is_made_by_who_has_its_scopes_and_shown_once() {
    let world = World::demo();
    let scopes = ["okta.apiTokens.manage", "okta.users.manage"];
    let token = format!("SSWS {}", world.api_token("ada@example.com", &scopes));
    let ask = |body: Value| world.manage(&token, Method::POST, TOKENS, Some(&body));
    let made = ask(json!({"name": "deploys", "scopes": ["okta.users.read"]})).expect(200);
    let (id, secret) = (text_of(&made["id"]), text_of(&made["token"]));
    assert_eq!(made["_link"]["self"]["href"], format!("{URL}{TOKENS}/{id}"));
    let denied = ask(json!({"name": "deploys", "scopes": ["okta.apps.read"]}));
    denied.is_caused(403, "E0000006", "scopes: you lack `okta.apps.read` yourself");
    let causes = ask(json!({"name": "", "scopes": ["okta.users.read"]})).expect(400);
    assert_eq!(causes["errorCauses"][0]["errorSummary"], "name: expected 1 to 255 characters");
    for wrong in [json!({}), json!({"scopes": [1]}), json!({"scopes": [], "userId": "nobody"})] {
        assert_eq!(ask(wrong).expect(400)["errorCode"], "E0000001");
    }
    // The new one may not do what it lacks, and is told what that is.
    let lesser = format!("SSWS {secret}");
    let denied = world.manage(&lesser, Method::GET, TOKENS, None);
    let cause = "The access token provided does not contain the scope `okta.apiTokens.read`.";
    denied.is_caused(403, "E0000006", cause);
    assert_eq!(denied.header("www-authenticate"), Some("Bearer error=\"insufficient_scope\""));
    let path = format!("{TOKENS}/{id}");
    let found = world.manage(&token, Method::GET, &path, None).expect(200);
    assert_eq!((&found["name"], found.get("token")), (&json!("deploys"), None));
    assert_eq!(world.manage(&token, Method::DELETE, &path, None).status, 204);
    let gone = world.manage(&lesser, Method::GET, TOKENS, None);
    gone.is_management_error(401, "E0000011", "Invalid token provided");
    let summary = format!("Not found: Resource not found: {id} (Token)");
    let again = world.manage(&token, Method::DELETE, &path, None);
    again.is_management_error(404, "E0000007", &summary);
    assert_eq!(
        world.manage(&token, Method::DELETE, &format!("{TOKENS}/current"), None).status,
        204
    );
    world.manage(&token, Method::GET, TOKENS, None).expect(401);
}

#[test]
fn lists_are_read_part_by_part() {
    let world = World::demo();
    let token = format!("SSWS {}", world.api_token("ada@example.com", MANAGEMENT_SCOPES));
    for _ in 0..4 {
        world.api_token("ada@example.com", &["okta.users.read"]);
    }
    let mut path = format!("{TOKENS}?limit=2&q=a%2Cb%20c");
    let mut ids = std::collections::BTreeSet::new();
    let mut n_parts = 0;
    loop {
        let answer = world.manage(&token, Method::GET, &path, None);
        let listed = answer.expect(200);
        n_parts += 1;
        ids.extend(listed.as_array().unwrap().iter().map(|token| text_of(&token["id"])));
        let links = answer.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
        let next = links.filter_map(|link| link.strip_suffix(">; rel=\"next\"")).next();
        match next {
            Some(next) => path = next.strip_prefix(&format!("<{URL}")).unwrap().to_owned(),
            None => break,
        }
        assert!(path.contains("limit=2") && path.contains("q=a%2Cb%20c"), "{path}");
    }
    assert_eq!((ids.len(), n_parts), (5, 3));
    for wrong in ["limit=0", "limit=x", "limit=-1"] {
        let answer = world.manage(&token, Method::GET, &format!("{TOKENS}?{wrong}"), None);
        assert_eq!(answer.expect(400)["errorCode"], "E0000001", "{wrong}");
    }
    let answer = world.manage(&token, Method::GET, &format!("{TOKENS}?after=%21"), None);
    let cause = "Invalid cursor.";
    answer.is_caused(400, "E0000029", cause);
}

#[test]
fn what_is_not_there_and_what_cannot_be_read_is_told() {
    let world = World::demo();
    let token = format!("SSWS {}", world.api_token("ada@example.com", MANAGEMENT_SCOPES));
    let unknown = world.manage(&token, Method::GET, "/api/v1/nowhere", None);
    unknown.is_management_error(404, "E0000008", "The requested path was not found");
    let wrong = world.manage(&token, Method::PUT, TOKENS, None);
    let summary = "The endpoint does not support the provided HTTP method";
    wrong.is_management_error(405, "E0000022", summary);
    let ask = |kind: &str, body: &str| {
        let mut request = request(Method::POST, TOKENS, Some(kind), body.to_owned());
        request.headers_mut().insert(header::AUTHORIZATION, token.parse().unwrap());
        world.send(request).expect(400)["errorCode"].clone()
    };
    for malformed in ["", "[", "[]", "7", "\"x\"", &"[".repeat(100_000)] {
        assert_eq!(ask("application/json", malformed), "E0000003", "{malformed:.10}");
    }
    assert_eq!(ask("text/plain", "{}"), "E0000021");
}

#[test]
fn the_openapi_document_names_every_operation_and_its_scope() {
    let document = World::demo().get("/api/v1/openapi.json").expect(200);
    assert_eq!(
        (&document["openapi"], &document["servers"][0]["url"]),
        (&json!("3.1.0"), &json!(URL))
    );
    let tokens = &document["paths"][TOKENS];
    assert_eq!(tokens["get"]["x-okta-scope"], "okta.apiTokens.read");
    assert_eq!(tokens["post"]["x-okta-scope"], "okta.apiTokens.manage");
    let mut ids = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(ids.insert(text_of(&operation["operationId"])), "{path} {method}");
            assert!(operation["x-okta-scope"].is_string(), "{path} {method}");
            let named = operation.to_string();
            for part in named.split("#/components/schemas/").skip(1) {
                let name = part.split('"').next().unwrap();
                assert!(document["components"]["schemas"][name].is_object(), "{name}");
            }
        }
    }
}

/// Whoever copies an example out of the document is not refused.
#[test]
fn the_examples_of_the_document_are_taken() {
    let office = Office::open();
    let document = office.get("/api/v1/openapi.json");
    let (mut n_taken, mut n_examples) = (0, 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("post") else { continue };
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        n_examples += usize::from(example.is_object());
        let mut address = path.clone();
        for parameter in operation["parameters"].as_array().unwrap() {
            if let Some(example) = parameter["example"].as_str() {
                address = address.replace(&format!("{{{}}}", text_of(&parameter["name"])), example);
            }
        }
        if address.contains('{') || !example.is_object() {
            continue;
        }
        // A rule of groups is for groups that there are.
        if path == "/api/v1/groups/rules" {
            continue;
        }
        let answer = office.ask(Method::POST, &address, example);
        assert!((200..300).contains(&answer.status), "{address}: {}", answer.body());
        n_taken += 1;
    }
    assert!(n_taken >= 14, "{n_taken} of {n_examples}");
}

/// Decision 41: what is kept with changes and what is written apart is one log.
#[test]
fn decision_41_the_log_tells_in_order_what_was_recorded_wherever_it_is_kept() {
    let world = World::demo();
    let token = format!("SSWS {}", world.api_token("ada@example.com", &["okta.logs.read"]));
    world.ask(&[]).expect(200);
    let refused = [("scope", "admin:users")];
    world.ask(&refused);
    let mut writer = world.writer.lock().unwrap();
    world.runtime.block_on(writer.drain(&world.surface.events));
    drop(writer);
    let path = format!("/api/v1/logs?since={}", "2023-11-17T12:13:20Z");
    let listed = world.manage(&token, Method::GET, &path, None).expect(200);
    let told = |event: &Value| (text_of(&event["eventType"]), text_of(&event["outcome"]["result"]));
    let mut events: Vec<(String, String)> = listed.as_array().unwrap().iter().map(told).collect();
    events.sort();
    let expected = [
        ("app.oauth2.as.token.grant", "FAILURE"),
        ("app.oauth2.as.token.grant.access_token", "SUCCESS"),
    ];
    let expected = expected.map(|(name, result)| (name.to_owned(), result.to_owned()));
    assert_eq!(events, expected, "{listed}");
    assert_eq!(listed[0]["published"], "2023-11-17T12:13:20.000Z");
    let of = |query: &str| {
        let listed = world.manage(&token, Method::GET, &format!("{path}&{query}"), None);
        listed.expect(200).as_array().unwrap().len()
    };
    assert_eq!(of("eventType=app.oauth2.as.token.grant.*"), 1);
    assert_eq!(of("q=FAILURE%20billing-service"), 1);
    assert_eq!(of("q=nobody"), 0);
    assert_eq!(of("until=2023-11-17T12:13:20Z"), 0);
    let first = world.manage(&token, Method::GET, &format!("{path}&limit=1"), None);
    assert_eq!(first.expect(200).as_array().unwrap().len(), 1);
    assert_eq!(first.headers.get_all("link").iter().count(), 2, "there is more");
    let wrong = world.manage(&token, Method::GET, "/api/v1/logs?since=yesterday", None);
    wrong.is_caused(400, "E0000001", "since: Expected a moment as RFC 3339 writes it.");
}
