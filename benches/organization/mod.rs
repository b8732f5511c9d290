//! Organizations of any extent, made up the same way in every run, for benches and tests.

use claimsmith::clock::Clock;
use claimsmith::directory::SecretSource;
use claimsmith::program::Engine;
use claimsmith::publish::{Draft, Foundation, Missing, PublicUrl, Published, compile};
use claimsmith::random::Random;
use claimsmith::store::Store;
use claimsmith::token::{Keyring, MasterKey, Vault};
use serde_json::{Value, json};
use std::sync::Arc;

/// The secret of every client.
pub(crate) const SECRET: &str = "a-secret-of-the-bench-0123456789-abcdefghij";
/// What every token is for.
pub(crate) const API: &str = "https://api.mycompany.com";
/// How many conditions rules draw from.
const CONDITIONS: usize = 200;
/// The people, and the groups that each is in.
pub(crate) const PEOPLE: usize = 16;
const GROUPS_OF_A_PERSON: usize = 20;

/// How much there is of what.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) servers: usize,
    /// Of each server.
    pub(crate) claims: usize,
    pub(crate) rules: usize,
    pub(crate) groups: usize,
    pub(crate) algorithm: &'static str,
}

impl Default for Extent {
    fn default() -> Self {
        Self { servers: 1, claims: 20, rules: 20, groups: 200, algorithm: "ES256" }
    }
}

/// The organization as a document.
pub(crate) fn document(extent: &Extent) -> Value {
    let groups = (0..extent.groups).map(|number| json!({"name": group_name(number)}));
    let users = (0..PEOPLE).map(|number| user(number, extent.groups));
    let servers = (0..extent.servers).map(|number| server(number, extent));
    json!({
        "version": 1,
        "organization": {"name": "My Company", "subDomain": "mycompany"},
        "userSchema": {
            "level": {"type": "integer", "required": false},
            "projects": {"type": "array of string", "required": false},
        },
        "groups": groups.collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "apps": [
            client("web-app", &["authorization_code"], &["Everyone"]),
            client("service", &["client_credentials"], &[]),
        ],
        "authorizationServers": servers.collect::<Vec<_>>(),
    })
}

fn group_name(number: usize) -> String {
    let kind = if number.is_multiple_of(4) { "role" } else { "team" };
    format!("{kind}_{number}")
}

fn user(number: usize, n_groups: usize) -> Value {
    let groups = (0..GROUPS_OF_A_PERSON).map(|nth| group_name((number + nth * 7) % n_groups));
    json!({
        "profile": {
            "login": format!("person{number}@example.com"),
            "email": format!("person{number}@example.com"),
            "firstName": "Ada",
            "lastName": format!("Lovelace the {number}th"),
            "department": if number.is_multiple_of(2) { "Engineering" } else { "Payments" },
            "title": "Engineer",
            "city": "London",
            "countryCode": "GB",
            "locale": "en_GB",
            "level": number,
            "projects": ["engine", "notes"],
        },
        "groups": groups.collect::<Vec<_>>(),
    })
}

fn client(id: &str, grants: &[&str], groups: &[&str]) -> Value {
    let is_web = id == "web-app";
    json!({
        "name": "oidc_client",
        "label": id,
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {
            "client_id": id,
            "client_secret": {"env": "SECRET"},
            "token_endpoint_auth_method": "client_secret_basic",
        }},
        "settings": {"oauthClient": {
            "application_type": if is_web { "web" } else { "service" },
            "grant_types": grants,
            "response_types": [if is_web { "code" } else { "token" }],
            "redirect_uris": if is_web { vec!["http://127.0.0.1:3000/callback"] } else { vec![] },
        }},
        "assignments": {"groups": groups},
    })
}

fn server(number: usize, extent: &Extent) -> Value {
    let claims = (0..extent.claims).map(|claim| {
        let (value_type, value) = claim_value(claim, number);
        let mut definition = json!({
            "name": format!("claim{claim}"),
            "claimType": "RESOURCE",
            "valueType": value_type,
            "value": value,
        });
        if value_type == "GROUPS" {
            put(&mut definition, "group_filter_type", json!("STARTS_WITH"));
        }
        definition
    });
    json!({
        "id": format!("server{number}"),
        "name": format!("server {number}"),
        "description": "made up",
        "audiences": [API],
        "credentials": {"signing": {"alg": extent.algorithm}},
        "scopes": (0..20).map(|scope| json!({"name": scope_name(scope)})).collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
        "policies": [{
            "type": "OAUTH_AUTHORIZATION_POLICY",
            "name": "everything",
            "description": "made up",
            "priority": 1,
            "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
            "rules": (0..extent.rules).map(|rule| rule_of(rule, extent)).collect::<Vec<_>>(),
        }],
    })
}

fn put(object: &mut Value, name: &str, value: Value) {
    object.as_object_mut().unwrap().insert(name.to_owned(), value);
}

fn scope_name(scope: usize) -> String {
    format!("scope:{scope}")
}

/// Of twenty kinds, nothing the same twice in a server.
fn claim_value(number: usize, server: usize) -> (&'static str, String) {
    let nth = number / 20;
    if number == 11 {
        return ("GROUPS", "role_1".to_owned());
    }
    let value = match number % 20 {
        0 => format!(
            "user?.groups.filter(g => g.startsWith('role_{nth}')).map(g => g.replace('role_', ''))"
        ),
        1 => format!("user?.department + ' {server}.{nth}'"),
        2 => format!("user?.title ?: 'none of {nth}'"),
        3 => format!("String.substringAfter(user?.email ?: 'a@b{nth}', '@')"),
        4 => format!("(user?.level ?: 0) > {nth} ? 'high' : 'low'"),
        5 => format!("app.clientId == 'web-app' ? 'web{nth}' : 'service{nth}'"),
        6 => format!("access.scope.contains('scope:{nth}')"),
        7 => format!("user?.projects.map(p => p + '{nth}')"),
        8 => format!("isMemberOfGroupName('role_{nth}')"),
        9 => format!("user?.firstName + ' ' + user?.lastName + ' {nth}'"),
        10 => format!("(user?.level ?: 0) * {nth} + 1"),
        11 => format!("'constant {nth}'"),
        12 => format!("user?.countryCode == 'GB' ? 'domestic{nth}' : 'foreign{nth}'"),
        13 => format!("user?.city?.toUpperCase() + '{nth}'"),
        14 => format!("user == null ? 'nobody{nth}' : 'somebody{nth}'"),
        15 => format!("access.audience + '/{nth}'"),
        16 => format!("user?.department == 'Payments' && (user?.level ?: 0) >= {nth}"),
        17 => format!("String.len(user?.login ?: '{nth}') + {nth}"),
        18 => format!("user?.locale == 'en_{nth}' ? null : user?.locale"),
        _ => format!("'https://mycompany.com/{server}/{nth}/' + app.clientId"),
    };
    ("EXPRESSION", value)
}

/// The last lets everyone have everything.
fn rule_of(number: usize, extent: &Extent) -> Value {
    let is_last = number + 1 == extent.rules;
    let groups = if is_last { "EVERYONE".to_owned() } else { group_name(number % extent.groups) };
    let scopes = if is_last { "*".to_owned() } else { scope_name(number % 20) };
    let mut conditions = json!({
        "people": {"groups": {"include": [groups]}},
        "grantTypes": {"include": ["authorization_code", "client_credentials"]},
        "scopes": {"include": [scopes]},
    });
    if number.is_multiple_of(10) && !is_last {
        let level = number / 10 % CONDITIONS;
        let condition = format!("(user?.level ?: 0) > {level}");
        put(&mut conditions, "elCondition", json!({"condition": condition}));
    }
    json!({
        "type": "RESOURCE_ACCESS",
        "name": format!("rule {number}"),
        "priority": number + 1,
        "conditions": conditions,
        "actions": {"token": {"accessTokenLifetimeMinutes": 60}},
    })
}

/// The public URL of every organization.
pub(crate) fn public_url() -> PublicUrl {
    PublicUrl::new("https://id.example.com").unwrap()
}

/// Compiles and starts a document in memory.
pub(crate) fn publish(document: &Value, engine: Engine, keeping: &Keeping) -> Published {
    let draft = compile(document.to_string().as_bytes(), public_url(), engine);
    start(draft.unwrap(), keeping)
}

/// Where the keys are kept from one version to the next.
pub(crate) struct Keeping {
    store: Store,
    master: MasterKey,
    vault: Arc<Vault>,
}

impl Keeping {
    pub(crate) fn new() -> Self {
        let master = MasterKey::generate(&Random::System);
        let vault = Arc::new(Vault::new(&master).unwrap());
        Self { store: Store::memory(Clock::System), master, vault }
    }
}

/// Starts a draft.
pub(crate) fn start(draft: Draft, keeping: &Keeping) -> Published {
    let foundation = Foundation {
        addresses: PublicUrl::new("https://id.example.com").unwrap().into(),
        store: keeping.store.clone(),
        vault: Arc::clone(&keeping.vault),
        random: Random::System,
        keyring: Keyring::new(&keeping.master),
        read_secret: Arc::new(|_: &SecretSource| Ok(SECRET.to_owned())),
        hook_tokens: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(draft.start(&foundation, Missing::Refuse, None)).unwrap()
}
