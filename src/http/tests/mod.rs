//! Many ways to ask the endpoints, subject by subject, in process and without sockets: every answer
//! is looked at whole, status, headers and body.

mod account;
mod activate;
mod apps;
mod apps_apart;
mod app_keys;
mod assertion;
mod audit;
mod authentication;
mod authn;
mod authorize;
mod browser;
mod claims;
mod code;
mod consent;
mod cors;
mod custom_url;
mod device;
mod dpop;
mod drafts;
mod ending;
mod exchange;
mod exchanges;
mod factor;
mod forged;
mod form;
mod group_rules;
mod hint;
mod hook;
mod hook_client;
mod introspect;
mod invitation;
mod kill;
mod legacy;
mod limit;
mod linked_objects;
mod logs;
mod management;
mod metadata;
mod nodes;
mod operation;
mod organization;
mod par;
mod passkey;
mod people;
mod people_hold;
mod pending;
mod preview;
mod preview_endpoint;
mod refresh;
mod revoke;
mod servers;
mod sign_in;
mod surface;
mod sweep;
mod socket;
mod target;
mod token;
mod user_schema;
mod userinfo;

use super::{Surface, router};
use crate::administration::Administration;
use crate::clock::Clock;
use crate::fetch::fixture::client_keys;
use crate::grant::{DenyList, FAMILY};
use crate::login::{Authenticator, Hasher};
use crate::publish::fixture::{URL, document, foundation, publish, publisher};
use crate::publish::{Issuer, Publisher};
use crate::random::Random;
use crate::store::journal::{Journal, JournalWriter};
use crate::store::{BatchOutcome, Op, Row, Store};
use crate::token::{Algorithm, MasterKey, SigningKey, Vault};
use crate::traffic::Traffic;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, header};
use axum::response::Response;
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// Friday, 2023-11-17 12:13:20 UTC.
const NOW: i64 = 1_700_223_200;

const TOKEN: &str = "/oauth2/internal/v1/token";
const INTROSPECT: &str = "/oauth2/internal/v1/introspect";

/// Of `web-app`. The fixture has a variable hold its own name, so that a secret is named alike.
const WEB_SECRET: &str = "web-app-secret-of-the-tests";

/// Of `billing-service`: every character in it is one that some client encodes wrongly.
const BILLING_SECRET: &str = "b1lling: s+cret%2F&=/\u{e9}";

/// Of `partner-service`, which sends it in the form.
const PARTNER_SECRET: &str = "partner +%41& secret";

/// The first server of a document.
fn internal(document: &mut Value) -> &mut Value {
    &mut document["authorizationServers"][0]
}

/// Adds a claim of access tokens to `internal`.
fn add_claim(document: &mut Value, name: &str, value: &str) {
    let claim = json!({
        "name": name, "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
    });
    internal(document)["claims"].as_array_mut().unwrap().push(claim);
}

/// The demo with our secrets, `internal` signing as it does there, after a change.
fn demo_with(change: impl FnOnce(&mut Value)) -> String {
    document(|document| {
        internal(document)["credentials"]["signing"]["alg"] = json!("RS256");
        for (index, secret) in [(0, WEB_SECRET), (2, BILLING_SECRET), (3, PARTNER_SECRET)] {
            let client = &mut document["apps"][index]["credentials"]["oauthClient"];
            client["client_secret"] = json!({"env": secret});
        }
        change(document);
    })
}

/// An installation, its clock in the hand of the test.
struct World {
    surface: Arc<Surface>,
    router: Router,
    runtime: Runtime,
    /// What writes the journal, which a test asks to.
    writer: Mutex<JournalWriter>,
}

/// All of an answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl World {
    /// The demo.
    fn demo() -> Self {
        Self::with(|_| ())
    }

    /// The demo after a change.
    fn with(change: impl FnOnce(&mut Value)) -> Self {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"http"));
        Self::over(|_, clock| Store::memory(clock), clock, random, change)
    }

    /// The demo after a change, over a store that is opened in its runtime.
    fn over(
        open: impl FnOnce(&Runtime, Clock) -> Store,
        clock: Clock,
        random: Random,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let issuer = Issuer::new(publish(&demo_with(change)));
        Self::of(issuer, open, clock, random, |_| ())
    }

    /// The demo, with requests taken otherwise.
    fn limited(limit: impl FnOnce(&mut Traffic)) -> Self {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"http"));
        let issuer = Issuer::new(publish(&demo_with(|_| ())));
        Self::of(issuer, |_, clock| Store::memory(clock), clock, random, limit)
    }

    /// What this issuer serves, over a store that is opened in its runtime, with requests taken so.
    fn of(
        issuer: Issuer,
        open: impl FnOnce(&Runtime, Clock) -> Store,
        clock: Clock,
        random: Random,
        limit: impl FnOnce(&mut Traffic),
    ) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = open(&runtime, clock.clone());
        let publisher = Publisher::of(issuer, foundation(&store));
        Self::around(runtime, store, publisher, (clock, random), limit)
    }

    /// The demo after a change, as a store keeps it, for administrators to change.
    fn kept(change: impl FnOnce(&mut Value)) -> Self {
        let (clock, random) = (Clock::fixed(NOW), Random::seeded(b"http"));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = Store::memory(clock.clone());
        let publisher = runtime.block_on(publisher(&demo_with(change), &store));
        Self::around(runtime, store, publisher, (clock, random), |_| ())
    }

    fn around(
        runtime: Runtime,
        store: Store,
        publisher: Publisher,
        (clock, random): (Clock, Random),
        limit: impl FnOnce(&mut Traffic),
    ) -> Self {
        let vault = Vault::new(&MasterKey::generate(&random)).unwrap();
        let (journal, writer) = Journal::new(clock.clone(), random.clone());
        let (denied, client_keys) = (DenyList::default(), client_keys());
        let login = Authenticator {
            store: store.clone(),
            vault: Arc::new(vault),
            random: random.clone(),
            hasher: Hasher::start(&random).unwrap(),
            journal: journal.clone(),
            fetcher: client_keys.fetcher().clone(),
        };
        let mut traffic = Traffic::default();
        limit(&mut traffic);
        let publisher = Arc::new(publisher);
        let surface = Arc::new(Surface {
            issuer: Arc::clone(publisher.issuer()),
            store,
            administration: Administration::new(publisher, clock.clone()),
            clock,
            random,
            denied,
            journal,
            events: Store::memory(Clock::fixed(NOW)),
            client_keys,
            login,
            traffic,
        });
        Self { router: router(surface.clone()), surface, runtime, writer: Mutex::new(writer) }
    }

    /// A backup was restored at this moment.
    fn restore(&self) {
        let text = self.surface.clock.seconds().to_string();
        let epoch = Op::Insert(Row::new("epoch", "restore", text.into_bytes()));
        self.runtime.block_on(async {
            self.surface.store.batch(vec![epoch]).await.unwrap();
            self.surface.denied.read(&self.surface.store).await.unwrap();
        });
    }

    /// Another version of the demo is served from now on, with the same keys.
    fn replace(&self, change: impl FnOnce(&mut Value)) {
        self.surface.issuer.replace(publish(&demo_with(change)));
    }

    fn send(&self, request: Request<Body>) -> Answer {
        self.send_to(self.router.clone(), request)
    }

    fn send_to(&self, router: Router, request: Request<Body>) -> Answer {
        self.runtime.block_on(async { Answer::read(router.oneshot(request).await.unwrap()).await })
    }

    /// Any answer, a page too.
    fn send_any(&self, request: Request<Body>) -> Answer {
        let router = self.router.clone();
        self.runtime.block_on(async { Answer::of(router.oneshot(request).await.unwrap()).await })
    }

    fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
    }

    /// Posts a form.
    fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(posted(path, form))
    }

    /// Posts a form with an `Authorization` header.
    fn post_as(&self, path: &str, authorization: &str, form: &[(&str, &str)]) -> Answer {
        let mut request = posted(path, form);
        request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        self.send(request)
    }

    /// A token request of `billing-service` on `internal` with these parameters besides the grant.
    fn ask(&self, form: &[(&str, &str)]) -> Answer {
        let grant = [("grant_type", "client_credentials")];
        self.post_as(TOKEN, &billing(), &[&grant, form].concat())
    }

    /// The access token that [`World::ask`] gets.
    fn access_token(&self, form: &[(&str, &str)]) -> String {
        text_of(&self.ask(form).expect(200)["access_token"])
    }

    /// What `billing-service` is told of a token.
    fn introspect(&self, token: &str) -> Value {
        self.post_as(INTROSPECT, &billing(), &[("token", token)]).expect(200)
    }

    /// Header and claims of a token that one of the keys published by `server` signed.
    fn verified(&self, server: &str, token: &str) -> (Value, Value) {
        let published = self.get(&format!("/oauth2/{server}/v1/keys"));
        let header = part(token, 0);
        let keys = published.expect(200)["keys"].clone();
        assert!(keys.as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]), "{keys}");
        let current = self.surface.issuer.current();
        let server = current.find_server(server).unwrap();
        assert_eq!(
            published.text,
            server.keys().jwks(),
            "the keys that verify are the ones published"
        );
        let bytes = server.keys().verifier().verify(token).unwrap();
        (header, serde_json::from_slice(&bytes).unwrap())
    }
}

impl Answer {
    /// Reads an answer for programs, and checks what every one has.
    async fn read(response: Response) -> Self {
        let answer = Self::of(response).await;
        let is_json = answer.header("content-type") == Some("application/json");
        assert!(is_json || answer.text.is_empty(), "{answer:?}");
        answer
    }

    /// Reads an answer, and checks what every answer has.
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let answer = Self { status: parts.status.as_u16(), headers: parts.headers, text };
        assert_eq!(answer.header("x-okta-request-id").map(str::len), Some(20), "{answer:?}");
        // An answer to `HEAD` tells the length of what it leaves out.
        let length = answer.header("content-length").filter(|_| !answer.text.is_empty());
        if let Some(length) = length {
            assert_eq!(length, answer.text.len().to_string(), "{answer:?}");
        }
        answer
    }

    /// The value of a header that is there at most once.
    fn header(&self, name: &str) -> Option<&str> {
        assert!(self.headers.get_all(name).iter().count() <= 1, "{name}: {self:?}");
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The body of an answer with this status.
    #[track_caller]
    fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body()
    }

    #[track_caller]
    fn expect_no_store(&self) {
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("pragma"), Some("no-cache"));
    }

    /// Exactly this refusal, without `WWW-Authenticate`.
    #[track_caller]
    fn refuses(&self, status: u16, error: &str, description: &str) {
        self.refuses_with_scheme(status, error, description, None);
    }

    /// `invalid_client` to a client that tried `Authorization`.
    #[track_caller]
    fn refuses_basic(&self, description: &str) {
        let scheme = r#"Basic realm="claimsmith", charset="UTF-8""#;
        self.refuses_with_scheme(401, "invalid_client", description, Some(scheme));
    }

    #[track_caller]
    fn refuses_with_scheme(&self, status: u16, error: &str, text: &str, scheme: Option<&str>) {
        let body = self.expect(status);
        assert_eq!(body, json!({"error": error, "error_description": text}));
        assert_eq!(self.header("www-authenticate"), scheme);
        self.expect_no_store();
    }

    /// Exactly this error of the management API's shape.
    #[track_caller]
    fn is_management_error(&self, status: u16, code: &str, summary: &str) {
        let expected = json!({
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": self.header("x-okta-request-id"),
            "errorCauses": [],
        });
        assert_eq!(self.expect(status), expected);
    }
}

/// A `POST` of a form.
fn posted(path: &str, form: &[(&str, &str)]) -> Request<Body> {
    request(Method::POST, path, Some("application/x-www-form-urlencoded"), encoded(form))
}

fn request(
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if let Some(content_type) = content_type {
        builder = builder.header(header::CONTENT_TYPE, content_type);
    }
    builder.body(body.into()).unwrap()
}

/// A form as a browser writes it.
fn encoded(form: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{}={}", percent(name), percent(value));
    form.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `Authorization: Basic` with these bytes in base64.
fn basic(text: impl AsRef<[u8]>) -> String {
    format!("Basic {}", STANDARD.encode_to_string(text))
}

/// The credentials of `billing-service`, encoded as RFC 6749 §2.3.1 wants them.
fn billing() -> String {
    basic(format!("{}:{}", percent("billing-service"), percent(BILLING_SECRET)))
}

/// The credentials of `partner-service` as parameters.
fn partner() -> [(&'static str, &'static str); 2] {
    [("client_id", "partner-service"), ("client_secret", PARTNER_SECRET)]
}

/// Header or claims of a token, unverified.
fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// A JWT that a client signs with its own key.
fn client_jwt(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let mut signature = Vec::new();
    key.sign(input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode_to_string(signature))
}

/// The public half of a key, as its owner publishes it.
fn public_jwk(key: &SigningKey) -> Value {
    serde_json::from_str(key.public_jwk()).unwrap()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn issuer(id: &str) -> String {
    format!("{URL}/oauth2/{id}")
}

/// The grants there are.
const GRANT_TYPES: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:token-exchange",
];

/// Refusals that many tests meet.
const MALFORMED_BASIC: &str = "Found Authentication header but was not valid client credentials.";
const CLIENT_FAILED: &str =
    "Client authentication failed. Either the client or the client credentials are invalid.";
const UNKNOWN_CLIENT: &str = "Invalid value for 'client_id' parameter.";
const WRONG_SECRET: &str = "The client secret supplied for a confidential client is invalid.";
const NO_CREDENTIALS: &str = "No client credentials found.";
const SEVERAL_CREDENTIALS: &str = "Cannot supply multiple client credentials. Include credentials \
                                   in either the header or the request body, but not in both.";
const POLICY_REFUSED: &str =
    "Policy evaluation failed for this request, please check the policy configurations.";
