//! Previews over HTTP: who may ask for them, and what they are told.

use super::preview::Held;
use super::*;
use crate::grant::preview::PreviewRequest;

const PATH: &str = "/api/v1/authorizationServers/internal/tokens/preview";

const READERS: [&str; 4] =
    ["okta.authorizationServers.read", "okta.users.read", "okta.groups.read", "okta.apps.read"];

fn ask(world: &World, scopes: &[&str], body: &Value) -> Answer {
    let token = format!("SSWS {}", world.api_token("ada@example.com", scopes));
    world.manage(&token, Method::POST, PATH, Some(body))
}

#[test]
fn a_preview_over_http_says_what_a_preview_says() {
    let world = World::demo();
    let body = json!({
        "client_id": "web-app", "user_id": "grace@example.com",
        "scopes": ["openid", "offline_access", "read:customers"], "explain": true,
    });
    let answer = ask(&world, &READERS, &body);
    let told = answer.expect(200);
    assert_eq!(told["matched"]["rule"], "Payments by employees with clearance");
    assert_eq!(told["grantedScopes"], body["scopes"]);
    assert_eq!(told["refresh_token"]["present"], true);
    assert_eq!(
        (&told["error"], &told["access_token"]["payload"]["ver"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!(told["explanation"]["access_token"][0]["name"], "sub");
    let held = Held::new(&world);
    let request = held.request("web-app", Some(1), "openid offline_access read:customers");
    let payload = held.preview(&PreviewRequest { nonce: None, ..request }).access_token.unwrap();
    assert!(answer.text.contains(&payload.payload), "{}", answer.text);
    // What is refused is told as an answer too.
    let body =
        json!({"client_id": "web-app", "user_id": "grace@example.com", "scope": "admin:users"});
    let told = ask(&world, &READERS, &body).expect(200);
    assert_eq!(told["error"]["error"], "access_denied");
    assert_eq!(told["evaluated"][0]["outcome"], "denied");
    assert_eq!(told["access_token"], Value::Null);
    let made_up = json!({
        "clientId": "web-app", "scopes": "read:customers",
        "user": {
            "profile": {
                "login": "new@example.com", "email": "new@example.com", "firstName": "N",
                "lastName": "P",
            },
            "groups": ["Internal Employees", "role_support"],
        },
    });
    let told = ask(&world, &READERS, &made_up).expect(200);
    assert_eq!(told["access_token"]["payload"]["roles"], json!(["support"]));
}

/// Decision 35.
#[test]
fn decision_35_a_preview_needs_to_read_what_it_tells_of_and_is_recorded_and_limited() {
    let world = World::demo();
    let body = json!({"client_id": "billing-service", "scopes": ["read:customers"]});
    for lacking in READERS {
        let scopes: Vec<&str> = READERS.into_iter().filter(|scope| *scope != lacking).collect();
        let cause = format!("The access token provided does not contain the scope `{lacking}`.");
        ask(&world, &scopes, &body).is_caused(403, "E0000006", &cause);
    }
    ask(&world, &READERS, &body).expect(200);
    let store = Store::memory(Clock::fixed(NOW));
    world.runtime.block_on(world.writer.lock().unwrap().drain(&store));
    let events = world.runtime.block_on(store.list("audit")).unwrap().value;
    let read = |row: &Row| serde_json::from_slice::<Value>(&row.bytes).unwrap();
    let events: Vec<Value> = events.iter().map(read).collect();
    let is_it = |event: &&Value| event["eventType"] == "app.oauth2.as.token.preview";
    let event = events.iter().find(is_it).unwrap();
    assert_eq!(event["actor"]["type"], "User");
    assert!(event["target"].as_array().unwrap().iter().any(|one| one["id"] == "billing-service"));
    let wrong = |body: Value| ask(&world, &READERS, &body).expect(400)["errorCode"].clone();
    assert_eq!(wrong(json!({})), "E0000001");
    assert_eq!(wrong(json!({"client_id": 1})), "E0000003");
    assert_eq!(wrong(json!({"client_id": "web-app", "runHooks": true})), "E0000001");
    let nobody = json!({"client_id": "web-app", "user_id": "nobody"});
    ask(&world, &READERS, &nobody).expect(404);
    let token = format!("SSWS {}", world.api_token("ada@example.com", &READERS));
    let elsewhere = PATH.replace("internal", "nowhere");
    world.manage(&token, Method::POST, &elsewhere, Some(&body)).expect(404);
    let limited =
        (0..700).find(|_| world.manage(&token, Method::POST, PATH, Some(&json!({}))).status == 429);
    assert!(limited.is_some());
}
