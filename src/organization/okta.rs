//! What Okta's management API answered about an organization, as our document. What we have no word for
//! is left out, and said.

use super::grants::RULE_GRANTS;
use crate::directory::EVERYONE;
use crate::server::SUBJECT_EXPRESSION;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Answers by the path that was asked, as in `/api/v1/groups`; of lists all pages together.
pub type Answers = BTreeMap<String, Value>;

/// A document, and what is not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Translated {
    pub document: Value,
    /// What was left out or stands for something else, a line each.
    pub notes: Vec<String>,
}

/// The paths whose answers say most; what is below them is named by [`paths_below`].
pub const PATHS: &[&str] = &[
    "/api/v1/org",
    "/api/v1/meta/schemas/user/default",
    "/api/v1/groups",
    GROUP_RULES,
    "/api/v1/users",
    "/api/v1/apps",
    "/api/v1/inlineHooks",
    "/api/v1/authorizationServers",
];

const GROUP_RULES: &str = "/api/v1/groups/rules";

/// What is to be asked about the elements that a path answered.
#[must_use]
pub fn paths_below(path: &str, answer: &Value) -> Vec<String> {
    let below: &[&str] = match path {
        "/api/v1/apps" => &["groups", "users"],
        "/api/v1/groups" => &["users"],
        "/api/v1/authorizationServers" => &["scopes", "claims", "policies"],
        _ if path.ends_with("/policies") => &["rules"],
        _ => &[],
    };
    let elements = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let asked = elements.iter().filter(|element| path != "/api/v1/apps" || is_client(element));
    let ids = asked.filter_map(|element| text(element, "id"));
    ids.flat_map(|id| below.iter().map(move |name| format!("{path}/{id}/{name}"))).collect()
}

/// The document that the answers describe.
#[must_use]
pub fn translate(answers: &Answers) -> Translated {
    let mut translator = Translator::new(answers);
    let organization = answers.get("/api/v1/org").cloned().unwrap_or_default();
    let name = text(&organization, "companyName").unwrap_or("Organization");
    let sub_domain = text(&organization, "subdomain").unwrap_or("organization");
    let user_schema = translator.user_schema();
    let groups = translator.groups();
    let users = translator.users();
    let group_rules = translator.group_rules();
    let apps = translator.applications();
    let hooks = translator.hooks();
    let servers = translator.servers();
    let document = json!({
        "version": 1,
        "organization": {"name": name, "subDomain": sub_domain},
        "userSchema": user_schema,
        "groups": groups,
        "users": users,
        "groupRules": group_rules,
        "apps": apps,
        "inlineHooks": hooks,
        "authorizationServers": servers,
    });
    Translated { document, notes: translator.notes }
}

struct Translator<'a> {
    answers: &'a Answers,
    /// Names by id.
    groups: BTreeMap<&'a str, &'a str>,
    /// Logins by id.
    users: BTreeMap<&'a str, &'a str>,
    /// Ids of hooks that are taken over.
    hooks: BTreeSet<&'a str>,
    clients: BTreeSet<&'a str>,
    notes: Vec<String>,
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn texts<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v str> {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    let list = found.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

/// Whether an application is a client that somebody made, and none of Okta's own.
fn is_client(application: &Value) -> bool {
    text(application, "name") == Some("oidc_client")
        && text(application, "signOnMode") == Some("OPENID_CONNECT")
}

/// These members, where they say something.
fn picked(value: &Value, names: &[&str]) -> Map<String, Value> {
    let pick = |name: &&str| {
        let found = value.get(*name).filter(|found| !found.is_null() && **found != json!(""))?;
        Some(((*name).to_owned(), found.clone()))
    };
    names.iter().filter_map(pick).collect()
}

/// The name of a variable that holds a secret of this.
fn variable(kind: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{kind}_{}", name.chars().map(plain).collect::<String>())
}

impl<'a> Translator<'a> {
    fn new(answers: &'a Answers) -> Self {
        let by_id = |path: &str, name: &dyn Fn(&'a Value) -> Option<&'a str>| {
            let list = answers.get(path).and_then(Value::as_array);
            let list = list.map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|one| Some((text(one, "id")?, name(one)?))).collect()
        };
        let profile = |name: &'static str| move |one: &'a Value| text(one.get("profile")?, name);
        Self {
            answers,
            groups: by_id("/api/v1/groups", &profile("name")),
            users: by_id("/api/v1/users", &profile("login")),
            hooks: BTreeSet::new(),
            clients: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    fn list(&self, path: &str) -> &'a [Value] {
        let found = self.answers.get(path).and_then(Value::as_array);
        found.map(Vec::as_slice).unwrap_or_default()
    }

    fn note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    /// Attributes that the organization added.
    fn user_schema(&mut self) -> Value {
        let schema = self.answers.get("/api/v1/meta/schemas/user/default");
        let custom = schema.and_then(|schema| schema.pointer("/definitions/custom"));
        let Some(custom) = custom else { return json!({}) };
        let required = texts(custom, &["required"]);
        let mut attributes = Map::new();
        for (name, described) in
            custom.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let kind = match text(described, "type") {
                Some("array") => {
                    let element = described.pointer("/items/type").and_then(Value::as_str);
                    format!("array of {}", element.unwrap_or("string"))
                }
                Some(kind) => kind.to_owned(),
                None => continue,
            };
            if !super::ATTRIBUTE_TYPES.contains(&kind.as_str()) {
                self.note(format!("the attribute `{name}` of type {kind} is left out"));
                continue;
            }
            let is_required = required.contains(&name.as_str());
            attributes.insert(name.clone(), json!({"type": kind, "required": is_required}));
        }
        Value::Object(attributes)
    }

    fn groups(&mut self) -> Vec<Value> {
        let groups = self.list("/api/v1/groups").iter().filter_map(|group| {
            let profile = group.get("profile")?;
            let name = text(profile, "name")?;
            if name == EVERYONE {
                return None;
            }
            let mut made = picked(group, &["id"]);
            made.insert("name".to_owned(), json!(name));
            made.extend(picked(profile, &["description"]));
            if text(group, "type") == Some("APP_GROUP") {
                made.insert("type".to_owned(), json!("APP_GROUP"));
            }
            let free = profile.as_object()?.iter();
            let free = free.filter(|(key, value)| {
                !matches!(key.as_str(), "name" | "description") && !value.is_null()
            });
            let free: Map<String, Value> =
                free.map(|(key, value)| (key.clone(), value.clone())).collect();
            if !free.is_empty() {
                made.insert("profile".to_owned(), Value::Object(free));
            }
            Some(Value::Object(made))
        });
        groups.collect()
    }

    fn users(&mut self) -> Vec<Value> {
        let mut groups_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, name) in self.groups.iter().filter(|(_, name)| **name != EVERYONE) {
            for member in self.list(&format!("/api/v1/groups/{id}/users")) {
                if let Some(user) = text(member, "id") {
                    groups_of.entry(user).or_default().push(name);
                }
            }
        }
        let users = self.list("/api/v1/users").iter().filter_map(|user| {
            let id = text(user, "id")?;
            let profile = user.get("profile")?.as_object()?.iter();
            let profile = profile.filter(|(_, value)| !value.is_null());
            let profile: Map<String, Value> =
                profile.map(|(key, value)| (key.clone(), value.clone())).collect();
            let mut made = picked(user, &["id", "status", "created", "lastUpdated"]);
            made.extend(picked(user, &["passwordChanged", "lastLogin"]));
            made.insert("profile".to_owned(), Value::Object(profile));
            let groups = groups_of.get(id).cloned().unwrap_or_default();
            made.insert("groups".to_owned(), json!(groups));
            Some(Value::Object(made))
        });
        let users: Vec<Value> = users.collect();
        if !users.is_empty() {
            self.note("passwords are not told: people set one by a link, `claimsmith invite`");
        }
        users
    }

    fn group_rules(&mut self) -> Vec<Value> {
        let mut made = Vec::new();
        for rule in self.list(GROUP_RULES) {
            let name = text(rule, "name").unwrap_or_default();
            let named = |names: &BTreeMap<&str, &str>, path: &[&str]| -> Option<Vec<String>> {
                let ids = texts(rule, path).into_iter();
                ids.map(|id| names.get(id).map(|name| (*name).to_owned())).collect()
            };
            let groups = named(&self.groups, &["actions", "assignUserToGroups", "groupIds"]);
            let Some(groups) = groups.filter(|_| text(rule, "status") != Some("INVALID")) else {
                self.note(format!("the group rule `{name}` is invalid, and left out"));
                continue;
            };
            let people = |what| ["conditions", "people", what, "exclude"];
            let users = named(&self.users, &people("users"));
            if users.is_none() {
                self.note(format!("whom the group rule `{name}` leaves alone is not known"));
            }
            let except = named(&self.groups, &people("groups")).unwrap_or_default();
            let expression = rule.pointer("/conditions/expression/value");
            let mut told = picked(rule, &["id", "name", "status"]);
            told.insert(
                "conditions".to_owned(),
                json!({
                    "expression": {"value": expression},
                    "people": {
                        "users": {"exclude": users.unwrap_or_default()},
                        "groups": {"exclude": except},
                    },
                }),
            );
            told.insert("actions".to_owned(), json!({"assignUserToGroups": {"groupIds": groups}}));
            made.push(Value::Object(told));
        }
        if !made.is_empty() {
            self.note(
                "who came into a group by a rule is told like who was put there by hand, and stays \
                 there",
            );
        }
        made
    }

    fn applications(&mut self) -> Vec<Value> {
        let mut made = Vec::new();
        let mut labels = BTreeSet::new();
        for application in self.list("/api/v1/apps") {
            let label = text(application, "label").unwrap_or_default();
            if !is_client(application) {
                self.note(format!(
                    "the application `{label}` is no OpenID Connect client of yours"
                ));
                continue;
            }
            if !labels.insert(label) {
                self.note(format!(
                    "another application is called `{label}`: labels are unique here"
                ));
            }
            made.push(self.application(application, label));
        }
        made
    }

    fn application(&mut self, application: &'a Value, label: &str) -> Value {
        let id = text(application, "id").unwrap_or_default();
        let credentials = application.pointer("/credentials/oauthClient");
        let credentials = credentials.cloned().unwrap_or_default();
        let client_id =
            application.pointer("/credentials/oauthClient/client_id").and_then(Value::as_str);
        let client_id = client_id.unwrap_or(id);
        self.clients.insert(client_id);
        let mut proof =
            picked(&credentials, &["client_id", "token_endpoint_auth_method", "pkce_required"]);
        let method =
            text(&credentials, "token_endpoint_auth_method").unwrap_or("client_secret_basic");
        if method.starts_with("client_secret") {
            let variable = variable("CLIENT_SECRET", client_id);
            self.note(format!(
                "the secret of `{label}` is taken from the environment variable {variable}"
            ));
            proof.insert("client_secret".to_owned(), json!({"env": variable}));
        }
        let settings = application.pointer("/settings/oauthClient").cloned().unwrap_or_default();
        let mut usage = picked(
            &settings,
            &[
                "application_type",
                "grant_types",
                "response_types",
                "redirect_uris",
                "post_logout_redirect_uris",
                "consent_method",
                "dpop_bound_access_tokens",
                "policy_uri",
                "tos_uri",
                "jwks_uri",
            ],
        );
        if let Some(refresh) = settings.get("refresh_token") {
            let refresh = picked(refresh, &["rotation_type", "leeway"]);
            usage.insert("refresh_token".to_owned(), Value::Object(refresh));
        }
        if let Some(keys) =
            settings.pointer("/jwks/keys").filter(|_| !usage.contains_key("jwks_uri"))
        {
            usage.insert("jwks".to_owned(), json!({"keys": keys}));
        }
        let mut made = picked(application, &["id", "label", "status", "profile"]);
        made.insert("credentials".to_owned(), json!({"oauthClient": proof}));
        made.insert("settings".to_owned(), json!({"oauthClient": usage}));
        let assignments = self.assignments(id);
        made.insert("assignments".to_owned(), assignments);
        Value::Object(made)
    }

    fn assignments(&self, application: &str) -> Value {
        let groups = self.list(&format!("/api/v1/apps/{application}/groups")).iter();
        let groups = groups.filter_map(|group| {
            let (id, name) = self.groups.get_key_value(text(group, "id")?)?;
            let said = group.get("profile").and_then(Value::as_object);
            Some(match said.is_some_and(|profile| profile.values().any(|said| !said.is_null())) {
                true => {
                    let mut made = Map::from_iter([("id".to_owned(), json!(id))]);
                    made.extend(picked(group, &["priority", "profile"]));
                    Value::Object(made)
                }
                false => json!(name),
            })
        });
        let users = self.list(&format!("/api/v1/apps/{application}/users")).iter();
        // Who comes by a group is listed too.
        let own = users.filter(|user| text(user, "scope") != Some("GROUP"));
        let users = own.filter_map(|user| {
            let login = self.users.get(text(user, "id")?)?;
            let name = user.pointer("/credentials/userName").and_then(Value::as_str);
            let mut made = Map::from_iter([("login".to_owned(), json!(login))]);
            if let Some(name) = name.filter(|name| name != login) {
                made.insert("userName".to_owned(), json!(name));
            }
            Some(Value::Object(made))
        });
        json!({"groups": groups.collect::<Vec<_>>(), "users": users.collect::<Vec<_>>()})
    }

    fn hooks(&mut self) -> Vec<Value> {
        let mut made = Vec::new();
        for hook in self.list("/api/v1/inlineHooks") {
            let name = text(hook, "name").unwrap_or_default();
            let channel_type = hook.pointer("/channel/type").and_then(Value::as_str);
            let is_ours = text(hook, "type") == Some("com.okta.oauth2.tokens.transform")
                && matches!(channel_type, Some("HTTP" | "OAUTH"));
            if !is_ours {
                self.note(format!("the hook `{name}` is none that we ask"));
                continue;
            }
            let config = hook.pointer("/channel/config").cloned().unwrap_or_default();
            let mut channel = picked(
                &config,
                &["uri", "headers", "method", "authType", "clientId", "tokenUrl", "scope"],
            );
            if let Some(key) = config.pointer("/authScheme/key") {
                let variable = variable("HOOK_SECRET", name);
                self.note(format!(
                    "the secret of the hook `{name}` is taken from the environment variable {variable}"
                ));
                let scheme = json!({"type": "HEADER", "key": key, "value": {"env": variable}});
                channel.insert("authScheme".to_owned(), scheme);
            }
            match text(&config, "authType") {
                Some("client_secret_post") => {
                    let variable = variable("HOOK_SECRET", name);
                    self.note(format!(
                        "the client secret of the hook `{name}` is taken from the environment \
                         variable {variable}"
                    ));
                    channel.insert("clientSecret".to_owned(), json!({"env": variable}));
                }
                Some(_) => self.note(format!(
                    "the hook `{name}` is asked with assertions that another key signs: that of \
                     the organization's own server, at /oauth2/v1/keys"
                )),
                None => {}
            }
            self.hooks
                .extend(text(hook, "id").filter(|_| text(hook, "status") != Some("INACTIVE")));
            let mut one = picked(hook, &["id", "name", "status", "type", "version"]);
            one.insert("channel".to_owned(), json!({"type": channel_type, "config": channel}));
            made.push(Value::Object(one));
        }
        made
    }

    fn servers(&mut self) -> Vec<Value> {
        let servers = self.list("/api/v1/authorizationServers").iter();
        servers.map(|server| self.server(server)).collect()
    }

    fn server(&mut self, server: &'a Value) -> Value {
        let id = text(server, "id").unwrap_or_default();
        let path = format!("/api/v1/authorizationServers/{id}");
        let mut made =
            picked(server, &["id", "name", "description", "audiences", "default", "status"]);
        if let Some(mode) = server.pointer("/credentials/signing/rotationMode") {
            made.insert("credentials".to_owned(), json!({"signing": {"rotationMode": mode}}));
        }
        let scopes = self.list(&format!("{path}/scopes")).iter();
        let scopes = scopes.filter(|scope| scope.get("system") != Some(&json!(true)));
        let members = [
            "name",
            "displayName",
            "description",
            "consent",
            "optional",
            "default",
            "metadataPublish",
        ];
        let scopes: Vec<Value> =
            scopes.map(|scope| Value::Object(picked(scope, &members))).collect();
        made.insert("scopes".to_owned(), Value::Array(scopes));
        let claims = self.claims(&path);
        made.insert("claims".to_owned(), Value::Array(claims));
        let policies = self.list(&format!("{path}/policies")).iter();
        let policies: Vec<Value> = policies.map(|policy| self.policy(&path, policy)).collect();
        made.insert("policies".to_owned(), Value::Array(policies));
        Value::Object(made)
    }

    fn claims(&self, path: &str) -> Vec<Value> {
        let is_own = |claim: &&Value| {
            let is_system = claim.get("system") == Some(&json!(true));
            let is_changed = text(claim, "name") == Some("sub")
                && text(claim, "value").is_some_and(|value| value != SUBJECT_EXPRESSION);
            !is_system || is_changed
        };
        let members = [
            "name",
            "status",
            "claimType",
            "valueType",
            "value",
            "group_filter_type",
            "alwaysIncludeInToken",
        ];
        let claims = self.list(&format!("{path}/claims")).iter().filter(is_own);
        let made = claims.map(|claim| {
            let mut made = picked(claim, &members);
            let scopes = texts(claim, &["conditions", "scopes"]);
            made.insert("conditions".to_owned(), json!({"scopes": scopes}));
            Value::Object(made)
        });
        made.collect()
    }

    fn policy(&mut self, path: &str, policy: &'a Value) -> Value {
        let name = text(policy, "name").unwrap_or_default();
        let mut made = picked(policy, &["id", "name", "description", "priority", "status"]);
        let mut clients = Vec::new();
        for client in texts(policy, &["conditions", "clients", "include"]) {
            if client == "ALL_CLIENTS" || self.clients.contains(client) {
                clients.push(client);
            } else {
                self.note(format!("the policy `{name}` is for `{client}`, which is no client"));
            }
        }
        made.insert("conditions".to_owned(), json!({"clients": {"include": clients}}));
        let id = text(policy, "id").unwrap_or_default();
        let rules = self.list(&format!("{path}/policies/{id}/rules")).iter();
        let rules: Vec<Value> = rules.map(|rule| self.rule(name, rule)).collect();
        made.insert("rules".to_owned(), Value::Array(rules));
        Value::Object(made)
    }

    fn rule(&mut self, policy: &str, rule: &'a Value) -> Value {
        let name = text(rule, "name").unwrap_or_default();
        let mut made = picked(rule, &["id", "name", "priority", "status"]);
        let mut grants = Vec::new();
        for grant in texts(rule, &["conditions", "grantTypes", "include"]) {
            if RULE_GRANTS.contains(&grant) {
                grants.push(grant);
            } else {
                self.note(format!(
                    "the rule `{policy} / {name}` is for `{grant}`, which is left out"
                ));
            }
        }
        let (people, is_wider) = self.people(&format!("{policy} / {name}"), rule);
        if is_wider {
            made.insert("status".to_owned(), json!("INACTIVE"));
        }
        let scopes = texts(rule, &["conditions", "scopes", "include"]);
        made.insert(
            "conditions".to_owned(),
            json!({
                "people": people,
                "grantTypes": {"include": grants},
                "scopes": {"include": scopes},
            }),
        );
        let token = rule.pointer("/actions/token").cloned().unwrap_or_default();
        let mut actions = picked(
            &token,
            &[
                "accessTokenLifetimeMinutes",
                "refreshTokenLifetimeMinutes",
                "refreshTokenWindowMinutes",
            ],
        );
        if let Some(id) = token.pointer("/inlineHook/id").and_then(Value::as_str) {
            if self.hooks.contains(id) {
                actions.insert("inlineHook".to_owned(), json!({"id": id}));
            } else {
                self.note(format!("the rule `{policy} / {name}` asks a hook that is left out"));
            }
        }
        made.insert("actions".to_owned(), json!({"token": actions}));
        Value::Object(made)
    }

    /// The people of a rule, and whether it would be for more than it was: who was left out of it is
    /// not known here.
    fn people(&mut self, rule: &str, described: &'a Value) -> (Value, bool) {
        let (mut sides, mut is_wider) = (Map::new(), false);
        for (kind, known) in [("users", self.users.clone()), ("groups", self.groups.clone())] {
            let mut lists = Map::new();
            for side in ["include", "exclude"] {
                let mut names = Vec::new();
                for id in texts(described, &["conditions", "people", kind, side]) {
                    match known.get(id) {
                        Some(name) => names.push((*name).to_owned()),
                        None if id == "EVERYONE" => names.push(id.to_owned()),
                        None if side == "include" => self.note(format!(
                            "the rule `{rule}` is for `{id}` of {kind}, which is unknown here"
                        )),
                        None => {
                            is_wider = true;
                            self.note(format!(
                                "the rule `{rule}` is not for `{id}` of {kind}, which is unknown \
                                 here, and is inactive therefore"
                            ));
                        }
                    }
                }
                lists.insert(side.to_owned(), json!(names));
            }
            sides.insert(kind.to_owned(), Value::Object(lists));
        }
        (Value::Object(sides), is_wider)
    }
}
