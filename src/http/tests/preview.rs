//! A preview says what is issued: made-up requests are walked as people and programs walk them, and
//! what comes is held against what the preview said, claim by claim in the bytes of the tokens.

use super::browser::{Browser, Shown, parameters};
use super::code::{VERIFIER, web};
use super::sign_in::{CALLBACK, authorization};
use super::*;
use crate::grant::preview::{Preview, PreviewRequest, PreviewedToken, preview};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const PHONE: &str = "com.mycompany.phone:/callback";
const USERINFO: &str = "/oauth2/internal/v1/userinfo";

pub(super) const PEOPLE: [&str; 4] =
    ["ada@example.com", "grace@example.com", "linus@example.com", "pat@partner.example"];
const SCOPES: [&str; 9] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "read:customers",
    "process:payments",
    "admin:users",
];
const AUDIENCES: [&str; 2] = ["https://api.mycompany.com", "https://my-partner-api.com"];

/// Makes choices, the same ones each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    pub(super) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    /// Some of these, each as likely as not, in order.
    fn some(&mut self, of: &[&str]) -> String {
        let some: Vec<&str> = of.iter().filter(|_| self.roll(2) == 0).copied().collect();
        some.join(" ")
    }
}

impl Dice {
    /// What a person's client may ask for: mostly what some rule allows.
    pub(super) fn scopes(&mut self) -> String {
        let mut scopes = vec![self.some(&["profile", "email"])];
        if self.roll(6) > 0 {
            scopes.push("openid".to_owned());
        }
        scopes.push(self.some(&["offline_access", "read:customers"]));
        if self.roll(3) == 0 {
            scopes.push("process:payments".to_owned());
        }
        if self.roll(6) == 0 {
            scopes.push(self.some(&SCOPES));
        }
        scopes.retain(|scope| !scope.is_empty());
        scopes.join(" ")
    }

    /// What a program may ask for.
    pub(super) fn own_scopes(&mut self) -> String {
        if self.roll(4) == 0 { self.some(&SCOPES[5..]) } else { self.some(&SCOPES[6..8]) }
    }
}

/// The demo with every grant, more claims of every kind, and rules that ask for everything.
pub(super) fn rich(document: &mut Value) {
    for index in [0, 1] {
        let settings = &mut document["apps"][index]["settings"]["oauthClient"];
        let mut grants = vec!["authorization_code", "refresh_token", "implicit", "password"];
        // Devices are of native applications.
        grants.extend((index == 1).then_some(DEVICE));
        settings["grant_types"] = json!(grants);
        settings["response_types"] = json!(["code", "token", "id_token"]);
    }
    document["apps"][1]["settings"]["oauthClient"]["consent_method"] = json!("REQUIRED");
    let service = &mut document["apps"][2]["settings"]["oauthClient"];
    service["grant_types"] = json!(["client_credentials", EXCHANGE]);
    let server = internal(document);
    server["legacyGrants"] = json!(["password", "implicit", "hybrid"]);
    server["accessTokenFormat"] = json!("both");
    server["scopes"][1]["consent"] = json!("REQUIRED");
    server["scopes"][1]["default"] = json!(true);
    let claims = server["claims"].as_array_mut().unwrap();
    let expressions = [
        ("RESOURCE", "amr_of_session", "session?.amr", json!([])),
        ("RESOURCE", "asked", "access.scope.map(s => s.toUpperCase())", json!([])),
        ("RESOURCE", "by", "access.grantType + '@' + access.audience", json!([])),
        ("RESOURCE", "theme", "appuser?.theme", json!(["read:customers"])),
        ("RESOURCE", "tier", "app.profile.tier", json!([])),
        ("RESOURCE", "at", "Time.now()", json!([])),
        ("IDENTITY", "projects", "user?.projects", json!(["profile"])),
        ("IDENTITY", "by", "access.grantType", json!([])),
        ("IDENTITY", "quoted", "'\"\\\\\u{e9}' + user.login", json!(["email"])),
    ];
    for (index, (kind, name, value, scopes)) in expressions.into_iter().enumerate() {
        claims.push(json!({
            "name": name, "claimType": kind, "valueType": "EXPRESSION", "value": value,
            "conditions": {"scopes": scopes}, "alwaysIncludeInToken": index % 2 == 0,
        }));
    }
    for kind in ["RESOURCE", "IDENTITY"] {
        claims.push(json!({
            "name": "teams", "claimType": kind, "valueType": "GROUPS", "value": "role_",
            "group_filter_type": "STARTS_WITH", "alwaysIncludeInToken": true,
        }));
    }
    for policy in server["policies"].as_array_mut().unwrap() {
        for rule in policy["rules"].as_array_mut().unwrap() {
            let grants = rule["conditions"]["grantTypes"]["include"].as_array_mut().unwrap();
            if grants.contains(&json!("authorization_code")) {
                grants.extend([json!("implicit"), json!("password"), json!(DEVICE)]);
                grants.sort_by_key(Value::to_string);
                grants.dedup();
            }
        }
    }
    let rule = json!({
        "name": "On behalf", "conditions": {
            "people": {"groups": {"include": ["EVERYONE"], "exclude": ["Contractors"]}},
            "grantTypes": {"include": [EXCHANGE]},
            "scopes": {"include": ["read:customers", "process:payments"]},
        },
    });
    server["policies"].as_array_mut().unwrap().push(json!({
        "name": "Exchange", "conditions": {"clients": {"include": ["billing-service"]}},
        "rules": [rule],
    }));
}

/// Requests of one world and what was previewed of each.
pub(super) struct Held<'w> {
    world: &'w World,
    browsers: Vec<Browser<'w>>,
    /// How many were answered with tokens, and how many refused.
    pub(super) answered: usize,
    pub(super) refused: usize,
}

impl<'w> Held<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let browsers = PEOPLE.iter().map(|_| Browser::new(world)).collect();
        Self { world, browsers, answered: 0, refused: 0 }
    }

    pub(super) fn request(&self, client: &str, user: Option<usize>, scope: &str) -> PreviewRequest {
        let published = self.world.surface.issuer.version();
        let person = user.map(|user| {
            let index = published.directory().find_user_by_login(PEOPLE[user]).unwrap();
            published.records().person(index).unwrap().clone()
        });
        PreviewRequest {
            client_id: client.to_owned(),
            person,
            scope: scope.to_owned(),
            nonce: Some("n-1".to_owned()),
            explain: true,
            ..PreviewRequest::default()
        }
    }

    /// Both engines ran, and what one said the other said too (decision 36).
    pub(super) fn preview(&self, request: &PreviewRequest) -> Preview {
        let published = self.world.surface.issuer.version();
        let told = preview(&published, published.find_server("internal").unwrap(), request, NOW);
        let is_bug = |code: &str| ["engines-differ", "index-differs"].contains(&code);
        assert!(!told.warnings.iter().any(|one| is_bug(one.code)), "{:?}", told.warnings);
        told
    }

    /// Holds an answer of the token endpoint against the preview; gives it back if it has tokens.
    pub(super) fn hold(&mut self, told: &Preview, answer: &Answer, but: &[&str]) -> Option<Value> {
        let body = answer.body();
        if let Some(error) = &told.error {
            let expected = json!({
                "error": error.error, "error_description": error.description,
            });
            assert_eq!((answer.status, &body), (error.status, &expected), "{told:?}");
            self.refused += 1;
            return None;
        }
        assert_eq!(answer.status, 200, "{answer:?} {told:?}");
        assert_eq!(body["scope"], told.granted_scopes.join(" "));
        is_same(body.get("access_token"), told.access_token.as_ref(), but);
        is_same(body.get("id_token"), told.id_token.as_ref(), but);
        self.holds_beside(told, &body);
        self.answered += 1;
        Some(body)
    }

    fn holds_beside(&self, told: &Preview, body: &Value) {
        let refresh = body.get("refresh_token").map(text_of);
        assert_eq!(refresh.is_some(), told.refresh_token.present, "{told:?}");
        if let Some(token) = refresh.filter(|_| told.client_id == "web-app") {
            let found = self.world.post_as(INTROSPECT, &web(), &[("token", &token)]).expect(200);
            assert_eq!(found["exp"].as_i64(), told.refresh_token.expires_at, "{found}");
        }
        let mut asking = request(Method::GET, USERINFO, None, "");
        let value = format!("Bearer {}", text_of(&body["access_token"]));
        asking.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
        let userinfo = self.world.send(asking);
        match &told.userinfo {
            Some(claims) => assert_eq!(&userinfo.text, claims),
            None => assert_ne!(userinfo.status, 200),
        }
    }

    /// What an authorization request comes back with, after a person signed in and agreed.
    fn authorize(
        &mut self,
        user: usize,
        changed: &[(&str, &str)],
        uri: &str,
    ) -> Vec<(String, String)> {
        let browser = &mut self.browsers[user];
        let mut shown = browser.visit(&authorization(changed));
        for _ in 0..3 {
            let Shown::Page(page) = &shown else { break };
            let password = format!(
                "CLAIMSMITH_DEMO_PASSWORD_{}",
                PEOPLE[user].split('@').next().unwrap().to_uppercase()
            );
            let fields: &[(&str, &str)] = match page.path.starts_with("/signin") {
                true => &[("username", PEOPLE[user]), ("password", &password)],
                false => &[("decision", "allow")],
            };
            shown = browser.submit(page, fields);
        }
        let Shown::Elsewhere(found) = shown else { panic!("{shown:?}") };
        parameters(&found, uri).into_iter().collect()
    }

    /// By a code, and then by the refresh token if there is one.
    fn by_code(&mut self, dice: &mut Dice) {
        let user = dice.roll(PEOPLE.len());
        let (client, uri) =
            if dice.roll(2) == 0 { ("web-app", CALLBACK) } else { ("phone-app", PHONE) };
        let (scope, audience) = (dice.scopes(), dice.one(&AUDIENCES));
        let asked = PreviewRequest {
            audiences: vec![audience.to_owned()],
            ..self.request(client, Some(user), &scope)
        };
        let told = self.preview(&asked);
        let changed = [
            ("client_id", client),
            ("redirect_uri", uri),
            ("scope", &*scope),
            ("audience", audience),
        ];
        let found = self.authorize(user, &changed, uri);
        let find = |name: &str| {
            found.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let Some(code) = find("code") else {
            let error = told.error.as_ref().unwrap_or_else(|| panic!("{found:?} {told:?}"));
            let said = (find("error"), find("error_description"));
            assert_eq!(said, (Some(&*error.error), Some(&*error.description)));
            assert_eq!(error.status, 302);
            self.refused += 1;
            return;
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", uri),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.post(client, &form);
        let Some(body) = self.hold(&told, &answer, &[]) else { return };
        if let Some(token) = body.get("refresh_token").map(text_of) {
            self.refresh(dice, &asked, &told, &token);
        }
    }

    fn refresh(&mut self, dice: &mut Dice, asked: &PreviewRequest, before: &Preview, token: &str) {
        let granted: Vec<&str> = before.granted_scopes.iter().map(String::as_str).collect();
        let narrowed = dice.some(&granted);
        let begun = asked.grant_type.clone();
        let asked = PreviewRequest {
            grant_type: Some("refresh_token".to_owned()),
            refreshed: crate::grant::preview::Refreshed {
                grant_type: begun,
                scope: Some(narrowed.clone()),
            },
            ..asked.clone()
        };
        let told = self.preview(&asked);
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", &*narrowed)];
        let answer = self.post(&asked.client_id, &form);
        self.hold(&told, &answer, &[]);
    }

    pub(super) fn post(&self, client: &str, form: &[(&str, &str)]) -> Answer {
        match client {
            "web-app" => self.world.post_as(TOKEN, &web(), form),
            "billing-service" => self.world.post_as(TOKEN, &billing(), form),
            "partner-service" => self.world.post(TOKEN, &[&partner()[..], form].concat()),
            other => self.world.post(TOKEN, &[&[("client_id", other)], form].concat()),
        }
    }

    fn by_itself(&mut self, dice: &mut Dice) {
        let client = dice.one(&["billing-service", "partner-service", "web-app"]);
        let (scope, audience) = (dice.own_scopes(), dice.one(&AUDIENCES));
        let asked = PreviewRequest {
            audiences: vec![audience.to_owned()],
            ..self.request(client, None, &scope)
        };
        let told = self.preview(&asked);
        let form =
            [("grant_type", "client_credentials"), ("scope", &*scope), ("audience", audience)];
        let answer = self.post(client, &form);
        // Which grants there are is said by the token endpoint as it takes them.
        self.hold(&told, &answer, &[]);
    }

    fn by_password(&mut self, dice: &mut Dice) {
        let user = dice.roll(PEOPLE.len());
        let client = dice.one(&["web-app", "phone-app"]);
        let scope = dice.scopes();
        let asked = PreviewRequest {
            grant_type: Some("password".to_owned()),
            ..self.request(client, Some(user), &scope)
        };
        // There is no nonce at the token endpoint.
        let asked = PreviewRequest { nonce: None, ..asked };
        let told = self.preview(&asked);
        let name = PEOPLE[user].split('@').next().unwrap().to_uppercase();
        let password = format!("CLAIMSMITH_DEMO_PASSWORD_{name}");
        let form = [
            ("grant_type", "password"),
            ("username", PEOPLE[user]),
            ("password", &*password),
            ("scope", &*scope),
        ];
        let answer = self.post(client, &form);
        let Some(body) = self.hold(&told, &answer, &[]) else { return };
        if let Some(token) = body.get("refresh_token").map(text_of) {
            self.refresh(dice, &asked, &told, &token);
        }
    }

    fn by_browser(&mut self, dice: &mut Dice) {
        let user = dice.roll(PEOPLE.len());
        let response_type = dice.one(&["token", "id_token", "id_token token"]);
        let scope = dice.scopes();
        let asked = PreviewRequest {
            grant_type: Some("implicit".to_owned()),
            response_type: Some(response_type.to_owned()),
            ..self.request("web-app", Some(user), &scope)
        };
        let told = self.preview(&asked);
        let changed = [("response_type", response_type), ("scope", &*scope)];
        let found = self.authorize(user, &changed, CALLBACK);
        let find = |name: &str| {
            let found = found.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| Value::from(value.as_str()))
        };
        if let Some(error) = &told.error {
            assert_eq!(find("error"), Some(json!(error.error)), "{found:?}");
            assert_eq!(find("error_description"), Some(json!(error.description)));
            self.refused += 1;
            return;
        }
        is_same(find("access_token").as_ref(), told.access_token.as_ref(), &[]);
        is_same(find("id_token").as_ref(), told.id_token.as_ref(), &[]);
        self.answered += 1;
    }

    fn by_device(&mut self, dice: &mut Dice) {
        let user = dice.roll(PEOPLE.len());
        let scope = dice.scopes();
        let asked = PreviewRequest {
            grant_type: Some(DEVICE.to_owned()),
            nonce: None,
            ..self.request("phone-app", Some(user), &scope)
        };
        let told = self.preview(&asked);
        // So that a browser is signed in.
        self.authorize(user, &[("scope", "read:customers")], CALLBACK);
        let form = [("client_id", "phone-app"), ("scope", &*scope)];
        let begun = self.world.post("/oauth2/internal/v1/device/authorize", &form).expect(200);
        let (device_code, user_code) =
            (text_of(&begun["device_code"]), text_of(&begun["user_code"]));
        let browser = &mut self.browsers[user];
        let page = browser.visit(&format!("/activate?user_code={user_code}")).page();
        let page = browser.submit(&page, &[("user_code", &user_code)]).page();
        if !page.has_form("") || !page.answer.text.contains("decision") {
            assert!(told.error.is_some(), "{page:?} {told:?}");
            self.refused += 1;
            return;
        }
        let page = browser.submit(&page, &[("decision", "allow")]).page();
        if !page.answer.text.contains("The device is connected.") {
            assert!(told.error.is_some(), "{page:?} {told:?}");
            self.refused += 1;
            return;
        }
        let form = [("grant_type", DEVICE), ("device_code", &*device_code)];
        let answer = self.post("phone-app", &form);
        self.hold(&told, &answer, &[]);
    }

    fn on_behalf(&mut self, dice: &mut Dice) {
        let user = dice.roll(PEOPLE.len());
        let scope = "openid read:customers";
        let changed = [("scope", scope)];
        let found = self.authorize(user, &changed, CALLBACK);
        let code = found.iter().find(|(name, _)| name == "code").unwrap().1.clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let subject = text_of(&self.post("web-app", &form).expect(200)["access_token"]);
        let (asked, audience) = (dice.some(&SCOPES[5..8]), dice.one(&AUDIENCES));
        let is_same = audience == AUDIENCES[0];
        let request = PreviewRequest {
            grant_type: Some(EXCHANGE.to_owned()),
            audiences: vec![audience.to_owned()],
            subject: crate::grant::preview::SubjectToken {
                scope: is_same.then(|| scope.to_owned()),
            },
            ..self.request("billing-service", Some(user), &asked)
        };
        let told = self.preview(&request);
        let form = [
            ("grant_type", EXCHANGE),
            ("subject_token", &*subject),
            ("subject_token_type", ACCESS_TOKEN),
            ("audience", audience),
            ("scope", &*asked),
        ];
        let answer = self.post("billing-service", &form);
        // It ends with the token that was exchanged, if that is sooner.
        self.hold(&told, &answer, &["exp"]);
    }
}

/// Whether the claims are the same, member by member as they are written, but for what depends on
/// randomness and signatures, and these.
#[track_caller]
fn is_same(issued: Option<&Value>, told: Option<&PreviewedToken>, but: &[&str]) {
    let (Some(issued), Some(told)) = (issued, told) else {
        assert_eq!((issued.is_some(), told.is_some()), (false, false), "{issued:?} {told:?}");
        return;
    };
    let issued = text_of(issued);
    let part = |index: usize| {
        let part = issued.split('.').nth(index).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode_to_vec(part).unwrap()).unwrap()
    };
    assert_eq!(part(0), told.header);
    let kept = |text: &str| {
        let exempt =
            |name: &str| ["jti", "at_hash", "c_hash"].contains(&name) || but.contains(&name);
        let mut members = members(text);
        members.retain(|(name, _)| !exempt(name));
        members
    };
    assert_eq!(kept(&part(1)), kept(&told.payload));
}

/// The members of an object as they are written.
fn members(text: &str) -> Vec<(String, String)> {
    let inner = text.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    let (mut found, mut depth, mut quoted, mut escaped, mut start) =
        (Vec::new(), 0, false, false, 0);
    let mut take = |member: &str| {
        let (name, value) = member.split_once("\":").unwrap();
        found.push((name.trim_start_matches('"').to_owned(), value.to_owned()));
    };
    for (index, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                take(inner.get(start..index).unwrap());
                start = index + 1;
            }
            _ => {}
        }
    }
    take(inner.get(start..).unwrap());
    found
}

/// Decision 35.
#[test]
fn decision_35_a_preview_of_the_demo_says_what_is_issued() {
    let world = World::demo();
    let (mut held, mut dice) = (Held::new(&world), Dice(0x9e37_79b9_7f4a_7c15));
    for _ in 0..40 {
        held.by_code(&mut dice);
        held.by_itself(&mut dice);
    }
    assert!(held.answered > 20 && held.refused > 10, "{} {}", held.answered, held.refused);
}

/// Decision 35.
#[test]
fn decision_35_a_preview_of_every_grant_says_what_is_issued() {
    let world = World::with(rich);
    let (mut held, mut dice) = (Held::new(&world), Dice(0xd1b5_4a32_d192_ed03));
    for number in 0..150 {
        let before = held.answered + held.refused;
        match number % 6 {
            0 => held.by_code(&mut dice),
            1 => held.by_itself(&mut dice),
            2 => held.by_password(&mut dice),
            3 => held.by_browser(&mut dice),
            4 => held.by_device(&mut dice),
            _ => held.on_behalf(&mut dice),
        }
        assert!(held.answered + held.refused > before);
    }
    assert!(held.answered > 50 && held.refused > 20, "{} {}", held.answered, held.refused);
}
