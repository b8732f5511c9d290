//! The endpoints in process, without sockets, at an hour that stands still.

use super::{Surface, router};
use crate::clock::Clock;
use crate::publish::Issuer;
use crate::publish::fixture::{URL, document, publish};
use crate::random::Random;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

const NOW: i64 = 1_800_000_000;
const BILLING: (&str, &str) = ("billing-service", "CLAIMSMITH_DEMO_SECRET_BILLING_SERVICE");
const TOKEN: &str = "/oauth2/internal/v1/token";
const INTROSPECT: &str = "/oauth2/internal/v1/introspect";
const POLICY: &str =
    "Policy evaluation failed for this request, please check the policy configurations.";

struct World {
    surface: Arc<Surface>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl World {
    fn new() -> Self {
        Self::of(|_| {})
    }

    fn of(change: impl FnOnce(&mut Value)) -> Self {
        let issuer = Issuer::new(publish(&document(change)));
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"http"));
        Self { surface: Arc::new(Surface { issuer, clock, random }) }
    }

    fn send(&self, request: Request<Body>) -> Answer {
        let router = router(Arc::clone(&self.surface));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
    }

    fn post(&self, path: &str, authorization: Option<&str>, form: &str) -> Answer {
        let mut request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        self.send(request.body(Body::from(form.to_owned())).unwrap())
    }

    /// As the billing service.
    fn ask(&self, form: &str) -> Answer {
        let form = format!("grant_type=client_credentials&{form}");
        self.post(TOKEN, Some(&basic(BILLING.0, BILLING.1)), &form)
    }

    fn introspect(&self, token: &str) -> Value {
        self.post(INTROSPECT, Some(&basic(BILLING.0, BILLING.1)), &format!("token={token}")).body
    }
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode_to_string(format!("{id}:{secret}")))
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode_to_vec(part).unwrap()).unwrap()
}

impl Answer {
    #[track_caller]
    fn is(&self, status: u16, error: &str, description: &str) {
        let expected = json!({"error": error, "error_description": description});
        assert_eq!((self.status.as_u16(), &self.body), (status, &expected));
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(self.headers["pragma"], "no-cache");
        assert!(!self.headers["x-okta-request-id"].is_empty());
    }

    fn token(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["access_token"].as_str().unwrap()
    }
}

#[test]
fn a_service_gets_a_token_laid_out_as_documented() {
    let world = World::new();
    let answer = world.ask("scope=read%3Acustomers+process:payments+read:customers");
    let token = answer.token();
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(answer.body["scope"], "read:customers process:payments");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let header = part(token, 0);
    assert_eq!(header.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "kid"]);
    let mut claims = part(token, 1);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert!(jti.as_str().unwrap().starts_with("AT."));
    let expected = json!({
        "ver": 1, "iss": format!("{URL}/oauth2/internal"), "aud": "https://api.mycompany.com",
        "iat": NOW, "exp": NOW + 3600, "cid": "billing-service", "sub": "billing-service",
        "scp": ["read:customers", "process:payments"], "channel": "service", "can_pay": true,
    });
    assert_eq!(claims, expected);
    let keys = world.get("/oauth2/internal/v1/keys");
    assert_eq!(keys.body["keys"][0]["kid"], header["kid"]);
    assert!(keys.body["keys"][0].get("d").is_none());
}

#[test]
fn the_checks_come_in_their_order() {
    let world = World::new();
    let good = basic(BILLING.0, BILLING.1);
    let post = |authorization, form| world.post(TOKEN, authorization, form);
    world.post(&format!("{TOKEN}?client_secret=x"), None, "a=1&a=1").is(
        400,
        "invalid_request",
        "Client credentials cannot be supplied via query parameters.",
    );
    post(Some("Basic !"), "scope=a&scope=b&client_secret=x").is(
        400,
        "invalid_request",
        "Duplicate parameter provided in request. Duplicated parameters: [scope].",
    );
    post(Some("Basic !"), "client_secret=x").is(
        401,
        "invalid_request",
        "Cannot supply multiple client credentials. Include credentials in either the header or \
         the request body, but not in both.",
    );
    post(None, "").is(401, "invalid_client", "No client credentials found.");
    post(Some(&good), "").is(
        400,
        "invalid_request",
        "The token request must specify a 'grant_type'. Valid values: [client_credentials].",
    );
    post(Some(&good), "grant_type=magic").is(
        400,
        "unsupported_grant_type",
        "The authorization grant type is not supported by the authorization server. Configured \
         grant types: [client_credentials].",
    );
    let web = basic("web-app", "CLAIMSMITH_DEMO_SECRET_WEB_APP");
    post(Some(&web), "grant_type=client_credentials").is(
        400,
        "unauthorized_client",
        "The client is not authorized to use the provided grant type. Configured grant types: \
         [authorization_code, refresh_token].",
    );
    let unknown = "The authorization server id is invalid.";
    world.post("/oauth2/none/v1/token", None, "").is(400, "invalid_request", unknown);
}

#[test]
fn a_client_proves_itself_by_its_own_method_only() {
    let world = World::new();
    let grant = "grant_type=client_credentials&scope=read:customers";
    let malformed = "Found Authentication header but was not valid client credentials.";
    let lone = format!("Basic {}", STANDARD.encode_to_string("billing-service"));
    for header in ["Basic !", "Bearer x", "Basic", &lone, &basic("", "x")] {
        let answer = world.post(TOKEN, Some(header), grant);
        answer.is(401, "invalid_client", malformed);
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    let wrong = "The client secret supplied for a confidential client is invalid.";
    world.post(TOKEN, Some(&basic(BILLING.0, "no")), grant).is(401, "invalid_client", wrong);
    let unknown = "Invalid value for 'client_id' parameter.";
    world.post(TOKEN, Some(&basic("who", "no")), grant).is(401, "invalid_client", unknown);
    let failed =
        "Client authentication failed. Either the client or the client credentials are invalid.";
    let body = format!("{grant}&client_id=billing-service&client_secret={}", BILLING.1);
    let answer = world.post(TOKEN, None, &body);
    answer.is(401, "invalid_client", failed);
    assert!(!answer.headers.contains_key("www-authenticate"));
    let other = format!("{grant}&client_id=web-app");
    world.post(TOKEN, Some(&basic(BILLING.0, BILLING.1)), &other).is(401, "invalid_client", failed);
    let partner = "client_id=partner-service&client_secret=CLAIMSMITH_DEMO_SECRET_PARTNER_SERVICE\
                   &audience=https://my-partner-api.com";
    world.post(TOKEN, None, &format!("{grant}&{partner}")).token();
}

#[test]
fn an_inactive_client_is_as_good_as_none() {
    let world = World::of(|document| document["apps"][2]["status"] = json!("INACTIVE"));
    let unknown = "Invalid value for 'client_id' parameter.";
    world.ask("scope=read:customers").is(401, "invalid_client", unknown);
}

#[test]
fn a_request_chooses_one_audience_of_the_server() {
    let world = World::new();
    let of = |form: &str| part(world.ask(form).token(), 1)["aud"].clone();
    assert_eq!(of(""), "https://api.mycompany.com");
    assert_eq!(of("audience=https://my-partner-api.com"), "https://my-partner-api.com");
    assert_eq!(of("resource=https://my-partner-api.com/"), "https://my-partner-api.com");
    let twice = "resource=https://my-partner-api.com&resource=https://my-partner-api.com";
    assert_eq!(of(twice), "https://my-partner-api.com");
    world.ask("audience=https://else").is(
        400,
        "invalid_target",
        "The 'audience' or 'resource' is none of the authorization server.",
    );
    world.ask("audience=https://api.mycompany.com&resource=https://my-partner-api.com").is(
        400,
        "invalid_target",
        "The 'audience' and 'resource' parameters name more than one audience.",
    );
}

#[test]
fn scopes_are_known_allowed_and_not_those_of_a_person() {
    let world = World::new();
    assert_eq!(world.ask("").body["scope"], "read:customers", "the default");
    world.ask("scope=none").is(
        400,
        "invalid_scope",
        "One or more scopes are not configured for the authorization server resource.",
    );
    let person = "Cannot request 'openid' scopes using client credentials.";
    world.ask("scope=openid").is(400, "invalid_scope", person);
    world.ask("scope=offline_access+read:customers").is(400, "invalid_scope", person);
    for form in [format!("scope={}", "a".repeat(4097)), "scope=a%22b".to_owned()] {
        assert_eq!(world.ask(&form).body["error"], "invalid_scope");
    }
    for form in ["scope=admin:users", "scope=admin:users+read:customers"] {
        let answer = world.ask(form);
        answer.is(401, "access_denied", POLICY);
        assert!(!answer.headers.contains_key("www-authenticate"));
    }
}

#[test]
fn a_scope_that_needs_consent_is_no_scope_of_a_service() {
    let world = World::of(|document| {
        document["authorizationServers"][0]["scopes"][1]["consent"] = json!("REQUIRED");
    });
    world.ask("scope=process:payments").is(
        400,
        "consent_required",
        "The following scopes require user consent and cannot be granted for the client \
         credentials grant type: [process:payments].",
    );
}

#[test]
fn without_default_scopes_a_request_names_one() {
    let world = World::of(|document| {
        document["authorizationServers"][0]["scopes"][0]["default"] = json!(false);
    });
    world.ask("").is(
        400,
        "invalid_scope",
        "The request names no scope and the authorization server has no default scopes. Name at \
         least one in the 'scope' parameter.",
    );
}

#[test]
fn strict_errors_refuse_with_400() {
    let world = World::of(|document| {
        document["authorizationServers"][0]["strictErrors"] = json!(true);
    });
    world.ask("scope=admin:users").is(400, "access_denied", POLICY);
}

#[test]
fn a_condition_that_faults_refuses_and_never_falls_through() {
    let world = World::of(|document| {
        let rule = &mut document["authorizationServers"][0]["policies"][0]["rules"][0];
        rule["conditions"]["scopes"]["include"] = json!(["*"]);
        rule["conditions"]["elCondition"] = json!({"condition": "user.department == 'x'"});
    });
    world.ask("scope=read:customers").is(401, "access_denied", POLICY);
}

#[test]
fn a_claim_that_faults_refuses_without_saying_why() {
    for (value, name, kind) in
        [("user.department", "roles", "user"), ("1 / (access.scope.size() - 1)", "roles", "user")]
    {
        let world = World::of(|document| {
            document["authorizationServers"][0]["claims"][0]["value"] = json!(value);
        });
        let description = format!("The '{name}' {kind} claim could not be evaluated.");
        world.ask("").is(400, "server_error", &description);
    }
}

#[test]
fn a_subject_that_is_null_empty_or_no_text_refuses() {
    for value in ["null", "''", "7", "{}", "user?.login"] {
        let world = World::of(|document| {
            let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
            claims.push(json!({
                "name": "sub", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
            }));
        });
        let description = "The 'sub' system claim could not be evaluated.";
        world.ask("").is(400, "server_error", description);
    }
}

#[test]
fn a_token_policy_that_faults_fails_the_request_as_a_claim_does() {
    let world = World::of(|document| {
        let policy = &mut document["authorizationServers"][0]["tokenPolicies"][0];
        policy["conditions"] = json!({"elCondition": {"condition": "user.department == 'x'"}});
    });
    let description = "The 'department' user claim could not be evaluated.";
    world.ask("").is(400, "server_error", description);
}

#[test]
fn the_layout_of_rfc_9068_is_a_setting() {
    for (format, okta) in [("rfc9068", false), ("both", true)] {
        let world = World::of(|document| {
            document["authorizationServers"][0]["accessTokenFormat"] = json!(format);
        });
        let answer = world.ask("");
        let (header, claims) = (part(answer.token(), 0), part(answer.token(), 1));
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(claims["client_id"], "billing-service");
        assert_eq!(claims["scope"], "read:customers");
        assert_eq!(claims.get("cid").is_some(), okta);
        assert_eq!(world.introspect(answer.token())["scope"], "read:customers");
    }
}

#[test]
fn introspection_tells_what_a_token_says_while_it_counts() {
    let world = World::new();
    let token = world.ask("").token().to_owned();
    let mut said = world.introspect(&token);
    said.as_object_mut().unwrap().remove("jti");
    let expected = json!({
        "active": true, "token_type": "Bearer", "scope": "read:customers",
        "client_id": "billing-service", "iss": format!("{URL}/oauth2/internal"),
        "aud": "https://api.mycompany.com", "sub": "billing-service", "iat": NOW,
        "exp": NOW + 3600, "channel": "service", "can_pay": false,
    });
    assert_eq!(said, expected);
    let inactive = json!({"active": false});
    let dot = token.rfind('.').unwrap();
    let mut changed = token.clone().into_bytes();
    changed[dot + 9] = if changed[dot + 9] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for other in [changed.as_str(), "x", "a.b.c", "AT.x"] {
        assert_eq!(world.introspect(other), inactive);
    }
    let elsewhere = "/oauth2/default/v1/introspect";
    let authorization = basic(BILLING.0, BILLING.1);
    let form = format!("token={token}");
    assert_eq!(world.post(elsewhere, Some(&authorization), &form).body, inactive);
    let described = "The 'token' parameter is required.";
    world.post(INTROSPECT, Some(&authorization), "").is(400, "invalid_request", described);
    world.surface.clock.advance(3600);
    assert_eq!(world.introspect(&token), inactive);
}

#[test]
fn a_public_client_is_told_of_its_own_tokens_only() {
    let world = World::new();
    let form = format!("token={}", world.ask("").token());
    let lone = format!("Basic {}", STANDARD.encode_to_string("phone-app"));
    let inactive = json!({"active": false});
    assert_eq!(world.post(INTROSPECT, Some(&lone), &form).body, inactive);
    let by_query = format!("{INTROSPECT}?client_id=phone-app");
    assert_eq!(world.post(&by_query, None, &form).body, inactive);
    let confidential = format!("{INTROSPECT}?client_id=billing-service");
    assert_eq!(world.post(&confidential, None, &form).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_token_stops_counting_with_its_client() {
    let world = World::new();
    let token = world.ask("").token().to_owned();
    let partner = ("partner-service", "CLAIMSMITH_DEMO_SECRET_PARTNER_SERVICE");
    let ask = || {
        let form = format!("client_id={}&client_secret={}&token={token}", partner.0, partner.1);
        world.post(INTROSPECT, None, &form).body
    };
    assert_eq!(ask()["active"], true);
    world.surface.issuer.replace(publish(&document(|_| {})));
    assert_eq!(ask()["active"], true, "the keys are the same");
    let changed = document(|document| document["apps"][2]["status"] = json!("INACTIVE"));
    world.surface.issuer.replace(publish(&changed));
    assert_eq!(ask(), json!({"active": false}));
}

#[test]
fn metadata_says_what_is_switched_on() {
    let world = World::new();
    let issuer = format!("{URL}/oauth2/internal");
    for path in [
        "/oauth2/internal/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/oauth2/internal",
    ] {
        let answer = world.get(path);
        assert_eq!(answer.body["issuer"], issuer);
        assert_eq!(answer.body["token_endpoint"], format!("{issuer}/v1/token"));
        assert_eq!(answer.body["jwks_uri"], format!("{issuer}/v1/keys"));
        assert_eq!(answer.body["grant_types_supported"], json!(["client_credentials"]));
        assert!(answer.body.get("authorization_endpoint").is_none());
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let scopes = answer.body["scopes_supported"].as_array().unwrap();
        assert!(scopes.contains(&json!("read:customers")));
        assert!(!scopes.contains(&json!("admin:users")), "not published");
    }
    let openid = "/oauth2/internal/.well-known/openid-configuration";
    let answer = world.get(openid);
    assert_eq!(answer.body["id_token_signing_alg_values_supported"], json!(["ES256"]));
    let unknown = world.get(&format!("{openid}?client_id=who"));
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(unknown.body["errorCode"], "invalid_client");
    assert_eq!(world.get(&format!("{openid}?client_id=web-app")).status, StatusCode::OK);
}

#[test]
fn what_is_not_there_is_said_in_the_shape_of_the_management_api() {
    let world = World::new();
    for path in
        ["/nothing", "/oauth2/none/v1/keys", "/oauth2/none/.well-known/openid-configuration"]
    {
        let answer = world.get(path);
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.body["errorCode"], "E0000007");
        let id = answer.headers["x-okta-request-id"].to_str().unwrap();
        assert_eq!(answer.body["errorId"], id);
    }
    let wrong = world.get(TOKEN);
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers["allow"], "POST");
    assert_eq!(wrong.body["errorCode"], "E0000022");
    assert_eq!(world.get("/health").body, json!({"status": "ok"}));
}

#[test]
fn a_description_has_only_the_characters_it_may_have() {
    let answer = World::new().post(TOKEN, None, "a%22%C3%A9%0A=1&a%22%C3%A9%0A=1");
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.ends_with("[a???]."), "{description}");
}

#[test]
fn what_is_no_form_is_refused() {
    let world = World::new();
    let long = "a".repeat(64 * 1024 + 1);
    let many = vec!["a=1"; 257].join("&");
    for form in [long.as_str(), &many, "a=%ff", "%c3=1"] {
        let answer = world.post(TOKEN, None, form);
        assert_eq!(
            (answer.status.as_u16(), &answer.body["error"]),
            (400, &json!("invalid_request"))
        );
    }
    let json = Request::post(TOKEN).header("content-type", "application/json");
    let answer = world.send(json.body(Body::from("{}")).unwrap());
    assert_eq!(answer.body["error"], "invalid_request");
}

#[test]
fn no_bytes_get_anything_but_an_answer() {
    let world = World::new();
    let random = Random::seeded(b"sweep");
    for length in 0..200_usize {
        let mut bytes = vec![0; length];
        random.fill(&mut bytes);
        let text: String = bytes.iter().map(|byte| char::from(byte % 94 + 33)).collect();
        let request = Request::post([TOKEN, INTROSPECT][length % 2])
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {text}"))
            .body(Body::from(bytes));
        let answer = world.send(request.unwrap());
        assert!(answer.status.is_client_error() && answer.body["error"].is_string());
    }
}
