//! Users and groups as administrators see and change them (authorization-server §1.10).

use super::account::data_of;
use super::*;
use crate::server::MANAGEMENT_SCOPES;
use crate::token::one_time;
use std::borrow::Borrow;

pub(super) const USERS: &str = "/api/v1/users";
const GROUPS: &str = "/api/v1/groups";

/// The demo, and somebody who may do everything there.
pub(super) struct Office {
    pub(super) world: World,
    token: String,
}

impl Office {
    pub(super) fn open() -> Self {
        Self::with(|_| ())
    }

    /// The demo after a change.
    pub(super) fn with(change: impl FnOnce(&mut Value)) -> Self {
        let world = World::kept(change);
        let token = format!("SSWS {}", world.api_token("ada@example.com", MANAGEMENT_SCOPES));
        Self { world, token }
    }

    /// What it says who it is with.
    pub(super) fn authorization(&self) -> &str {
        &self.token
    }

    pub(super) fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.world.manage(&self.token, method, path, Some(body).filter(|body| !body.is_null()))
    }

    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &Value::Null).expect(200)
    }

    #[track_caller]
    pub(super) fn post(&self, path: &str, body: impl Borrow<Value>) -> Value {
        self.ask(Method::POST, path, body.borrow()).expect(200)
    }

    /// Every part of a list.
    pub(super) fn list(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut all, mut n_parts, mut path) = (Vec::new(), 0, path.to_owned());
        loop {
            let answer = self.ask(Method::GET, &path, &Value::Null);
            let part = answer.expect(200);
            all.extend(part.as_array().unwrap().iter().cloned());
            n_parts += 1;
            let links = answer.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
            match links.filter_map(|link| link.strip_suffix(">; rel=\"next\"")).next() {
                Some(next) => path = next.strip_prefix(&format!("<{URL}")).unwrap().to_owned(),
                None => return (all, n_parts),
            }
        }
    }

    pub(super) fn add(&self, login: &str, query: &str, more: impl Borrow<Value>) -> Value {
        let mut body = json!({"profile": {"login": login, "email": login}});
        for (name, value) in more.borrow().as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.post(&format!("{USERS}{query}"), body)
    }

    /// What a program is answered that signs in.
    pub(super) fn signs_in(&self, login: &str, password: &str) -> bool {
        let body = json!({"username": login, "password": password}).to_string();
        let request = request(Method::POST, "/api/v1/authn", Some("application/json"), body);
        self.world.send(request).status == 200
    }
}

fn logins(users: &[Value]) -> Vec<&str> {
    let mut logins: Vec<&str> =
        users.iter().map(|user| user["profile"]["login"].as_str().unwrap()).collect();
    logins.sort_unstable();
    logins
}

pub(super) fn with_password(password: &str) -> Value {
    json!({"credentials": {"password": {"value": password}}})
}

#[test]
fn a_change_is_in_the_log_by_the_number_that_its_answer_had() {
    let office = Office::open();
    let body = json!({"profile": {"name": "Crew"}});
    let made = office.ask(Method::POST, GROUPS, &body);
    let id = text_of(&made.expect(200)["id"]);
    let logged = office.get("/api/v1/logs?eventType=group.lifecycle.create");
    let event = logged.as_array().unwrap().last().unwrap();
    assert_eq!((&event["target"][0]["id"], &event["actor"]["type"]), (&json!(id), &json!("User")));
    assert_eq!(event["transaction"]["id"], json!(made.header("x-okta-request-id")));
    assert_eq!(event["debugContext"]["debugData"]["requestId"], event["transaction"]["id"]);
    // Who asks on says another.
    office.post(GROUPS, json!({"profile": {"name": "Passengers"}}));
    let logged = office.get("/api/v1/logs?eventType=group.lifecycle.create");
    assert_eq!(logged.as_array().unwrap().len(), 2);
    assert_ne!(logged[0]["transaction"], logged[1]["transaction"]);
}

#[test]
fn a_user_is_made_changed_in_part_and_in_whole_and_deleted_in_two_steps() {
    let office = Office::open();
    let group = office.post(GROUPS, json!({"profile": {"name": "Crew", "description": "aboard"}}));
    let made = office.add(
        "Grete@example.com",
        "",
        json!({
            "profile": {"login": "Grete@example.com", "email": "grete@example.com",
                "firstName": "Grace", "lastName": "Hopper", "clearance": 4, "title": null},
            "credentials": {"password": {"value": "a good password"}},
            "groupIds": [group["id"]],
        }),
    );
    let id = text_of(&made["id"]);
    assert!(id.starts_with("00u") && id.len() == 20, "{id}");
    assert_eq!(
        (&made["status"], &made["type"]["id"]),
        (&json!("ACTIVE"), &json!("otyclaimsmithdefault"))
    );
    assert_eq!(made["created"], "2023-11-17T12:13:20.000Z");
    assert_eq!(made["profile"].get("title"), None);
    assert_eq!(
        made["credentials"],
        json!({"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}})
    );
    let own = format!("{USERS}/{id}");
    assert_eq!(made["_links"]["self"]["href"], format!("{URL}{own}"));
    assert_eq!(made["_links"]["suspend"]["method"], "POST");
    assert_eq!(made["_links"].get("unsuspend"), None);
    assert!(office.signs_in("grete@example.com", "a good password"));
    assert!(!made.to_string().contains("argon2"), "{made}");
    // By login, in any case.
    assert_eq!(office.get(&format!("{USERS}/grete@EXAMPLE.com"))["id"], made["id"]);
    assert_eq!(office.get(&format!("{USERS}/me"))["profile"]["login"], "ada@example.com");
    let groups = office.get(&format!("{own}/groups"));
    let names: Vec<&Value> =
        groups.as_array().unwrap().iter().map(|g| &g["profile"]["name"]).collect();
    assert_eq!(names, ["Crew", "Everyone"]);
    // A part, and null takes away.
    let part = json!({"profile": {"department": "Navy", "firstName": null}});
    let changed = office.post(&own, part);
    assert_eq!(changed["profile"]["department"], "Navy");
    assert_eq!(
        (changed["profile"].get("firstName"), &changed["profile"]["lastName"]),
        (None, &json!("Hopper"))
    );
    // The whole: what is not sent is gone. Who goes by what they knew before is refused.
    let whole = json!({"profile": {"login": "grete@example.com", "email": "g@example.com"}});
    let replaced = office.ask(Method::PUT, &own, &whole);
    assert_eq!(replaced.expect(200)["profile"], whole["profile"]);
    let version = replaced.header("etag").unwrap().to_owned();
    let stale = |tag: &str| {
        let mut request = request(Method::PUT, &own, Some("application/json"), whole.to_string());
        request.headers_mut().insert("authorization", office.token.parse().unwrap());
        request.headers_mut().insert("if-match", tag.parse().unwrap());
        office.world.send(request).status
    };
    assert_eq!((stale("\"1\""), stale(&version)), (412, 200));
    assert!(office.signs_in("grete@example.com", "a good password"), "the password stays");
    assert_eq!(office.ask(Method::DELETE, &own, &Value::Null).status, 204);
    assert_eq!(office.get(&own)["status"], "DEPROVISIONED");
    assert!(!office.signs_in("grete@example.com", "a good password"));
    assert_eq!(office.ask(Method::DELETE, &own, &Value::Null).status, 204);
    let summary = format!("Not found: Resource not found: {id} (User)");
    let gone = office.ask(Method::GET, &own, &Value::Null);
    gone.is_management_error(404, "E0000007", &summary);
}

#[test]
fn what_is_wrong_with_a_user_is_told_in_oktas_words() {
    let office = Office::open();
    let refused =
        |profile: Value| office.ask(Method::POST, USERS, &json!({"profile": profile})).expect(400);
    let cause = |body: &Value| text_of(&body["errorCauses"][0]["errorSummary"]);
    let undeclared = refused(json!({"login": "x@example.com", "email": "x@example.com", "x": 1}));
    assert_eq!(undeclared["errorSummary"], "Api validation failed: newUser");
    assert_eq!(cause(&undeclared), "Property name 'x' is not defined in profile");
    let taken = refused(json!({"login": "ADA@example.com", "email": "x@example.com"}));
    let words = "login: An object with this field already exists in the current organization";
    assert_eq!(
        (&taken["errorSummary"], cause(&taken)),
        (&json!("Api validation failed: login"), words.to_owned())
    );
    let blank = refused(json!({"email": "x@example.com"}));
    assert_eq!(cause(&blank), "login: The field cannot be left blank");
    let short = refused(json!({"login": "x", "email": "x@example.com"}));
    assert_eq!(cause(&short), "login: a login has 5 to 100 characters");
    let typed = refused(json!({"login": "x@example.com", "email": "x", "clearance": "high"}));
    assert_eq!(cause(&typed), "clearance: expected an integer for `clearance`");
    let weak = office.ask(
        Method::POST,
        USERS,
        &json!({
            "profile": {"login": "x@example.com", "email": "x@example.com"},
            "credentials": {"password": {"value": "short"}},
        }),
    );
    assert!(cause(&weak.expect(400)).starts_with("password: Password requirements were not met."));
    let nobody = office.ask(
        Method::POST,
        USERS,
        &json!({
            "profile": {"login": "x@example.com", "email": "x@example.com"}, "groupIds": ["nope"],
        }),
    );
    nobody.is_management_error(404, "E0000007", "Not found: Resource not found: nope (UserGroup)");
    let none = office.ask(Method::POST, USERS, &json!({}));
    assert_eq!(none.expect(400)["errorCode"], "E0000001");
}

/// Decision 9: a login is no client's id.
#[test]
fn decision_9_nobody_is_called_like_a_client() {
    let office = Office::open();
    let profile = json!({"login": "web-app", "email": "x@example.com"});
    let answer = office.ask(Method::POST, USERS, &json!({"profile": profile}));
    let cause = "login: `web-app` is the client_id of an application";
    assert_eq!(answer.expect(400)["errorCauses"][0]["errorSummary"], cause);
}

#[test]
fn users_are_found_by_words_and_conditions_part_by_part() {
    let office = Office::open();
    for index in 0..7 {
        let login = format!("crew{index}@ships.example");
        let profile = json!({"login": login, "email": login, "firstName": "Crew", "lastName": format!("Number{index}"),
            "department": if index % 2 == 0 { "Deck" } else { "Engine" }, "clearance": index});
        office.add(&login, "", json!({"profile": profile}));
    }
    let found = |query: &str| {
        let encoded =
            utf8_percent_encode(query.split_once('=').unwrap().1, NON_ALPHANUMERIC).to_string();
        let (users, n_parts) =
            office.list(&format!("{USERS}?{}={encoded}&limit=2", query.split_once('=').unwrap().0));
        (logins(&users).len(), n_parts, users)
    };
    assert_eq!(found("q=crew").0, 7, "by first name and login, each once");
    assert_eq!(found("q=crew number3").0, 1);
    for (query, expected) in [
        ("search=profile.department eq \"deck\"", 4),
        ("search=profile.department eq \"Deck\" and profile.clearance gt 2", 2),
        ("search=profile.email sw \"crew\" and profile.lastName ew \"5\"", 1),
        ("filter=profile.login eq \"CREW3@ships.example\"", 1),
        ("filter=status eq \"PROVISIONED\"", 7),
        ("filter=status eq \"PROVISIONED\" and lastUpdated lt \"2023-11-17T12:13:20.000Z\"", 0),
        ("search=id eq \"nobody\" or profile.clearance eq 6", 1),
    ] {
        let (n_found, _, users) = found(query);
        assert_eq!(n_found, expected, "{query} {users:?}");
    }
    assert_eq!(found("search=profile.email sw \"crew\"").1, 4, "two at a time");
    let (sorted, n_parts) = office.list(&format!(
        "{USERS}?search=profile.clearance%20pr%20and%20profile.firstName%20eq%20%22crew%22&sortBy=profile.clearance&sortOrder=desc&limit=3"
    ));
    let order: Vec<i64> =
        sorted.iter().map(|user| user["profile"]["clearance"].as_i64().unwrap()).collect();
    assert_eq!((order, n_parts), (vec![6, 5, 4, 3, 2, 1, 0], 3));
    for wrong in
        ["search=profile.nosuch%20pr", "filter=x", "search=id&sortBy=x", "sortBy=profile.nosuch"]
    {
        let answer = office.ask(Method::GET, &format!("{USERS}?{wrong}"), &Value::Null);
        answer.is_management_error(400, "E0000031", "Invalid search criteria.");
    }
    // Who is gone is told to who asks for them only.
    let (before, _) = office.list(USERS);
    office.post(&format!("{USERS}/crew0@ships.example/lifecycle/deactivate"), Value::Null);
    assert_eq!(office.list(USERS).0.len(), before.len() - 1);
    assert_eq!(found("filter=status eq \"DEPROVISIONED\"").0, 1);
}

#[test]
fn a_user_stands_where_they_may_and_chooses_a_password_by_a_link() {
    let office = Office::open();
    let login = "grete@example.com";
    let made = office.add(login, "?activate=false", Value::Null);
    assert_eq!((&made["status"], &made["activated"]), (&json!("STAGED"), &Value::Null));
    let own = format!("{USERS}/{}", text_of(&made["id"]));
    let turn =
        |name: &str| office.ask(Method::POST, &format!("{own}/lifecycle/{name}"), &Value::Null);
    let activated = turn("activate").expect(200);
    let status = || office.get(&own)["status"].clone();
    assert_eq!(status(), "PROVISIONED");
    let path = format!("/welcome/{}", text_of(&activated["activationToken"]));
    assert_eq!(activated["activationUrl"], format!("{URL}{path}"));
    let again = turn("activate");
    again.is_management_error(
        403,
        "E0000016",
        "Activation failed because the user is already active",
    );
    // The link of the second invitation works, the first no more.
    let second = turn("reactivate").expect(200);
    assert_eq!(office.world.send_any(request(Method::GET, &path, None, "")).status, 400);
    let choose = |path: &str, password: &str| {
        let mut browser = super::browser::Browser::new(&office.world);
        let page = browser.visit(path).page();
        browser.submit(&page, &[("new", password)]);
    };
    choose(&format!("/welcome/{}", text_of(&second["activationToken"])), "chosen by me");
    assert_eq!(status(), "ACTIVE");
    assert!(office.signs_in(login, "chosen by me"));
    let whole = |answer: &Answer, words: &str| {
        let body = answer.expect(400);
        assert_eq!(
            (&body["errorCode"], &body["errorCauses"][0]["errorSummary"]),
            (&json!("E0000001"), &json!(words))
        );
    };
    whole(&turn("unsuspend"), "Cannot unsuspend a user that is not suspended");
    turn("suspend").expect(200);
    assert!(!office.signs_in(login, "chosen by me"));
    whole(&turn("suspend"), "Cannot suspend a user that is not active");
    let summary = "This operation is not allowed in the user's current status.";
    turn("reset_password").is_management_error(403, "E0000038", summary);
    turn("unsuspend").expect(200);
    assert!(office.signs_in(login, "chosen by me"));
    turn("unlock").is_management_error(403, "E0000032", "Unlock is not allowed for this user.");
    for _ in 0..10 {
        assert!(!office.signs_in(login, "wrong"));
    }
    assert!(!office.signs_in(login, "chosen by me"));
    turn("unlock").expect(200);
    assert!(office.signs_in(login, "chosen by me"));
    let reset = turn("reset_password").expect(200);
    assert_eq!(status(), "RECOVERY");
    assert!(!office.signs_in(login, "chosen by me"));
    let url = text_of(&reset["resetPasswordUrl"]);
    choose(url.strip_prefix(URL).unwrap(), "chosen once more");
    assert_eq!(status(), "ACTIVE");
    assert!(office.signs_in(login, "chosen once more"));
    turn("deactivate").expect(200);
    turn("deactivate").is_management_error(403, "E0000038", summary);
    // Who has a password needs no link.
    assert_eq!(turn("activate").expect(200), json!({}));
    assert_eq!(status(), "ACTIVE");
}

#[test]
fn a_password_is_set_taken_over_from_elsewhere_expired_and_changed() {
    let office = Office::open();
    let login = "grete@example.com";
    let made = office.add(login, "?nextLogin=changePassword", with_password("the first one"));
    assert_eq!(made["status"], "PASSWORD_EXPIRED");
    let own = format!("{USERS}/{}", text_of(&made["id"]));
    let changed = office.post(&own, with_password("the second one"));
    assert_eq!(
        (&changed["status"], changed["passwordChanged"].is_string()),
        (&json!("ACTIVE"), true)
    );
    assert!(office.signs_in(login, "the second one") && !office.signs_in(login, "the first one"));
    let change = |old: &str, new: &str| {
        let body = json!({"oldPassword": {"value": old}, "newPassword": {"value": new}});
        office.ask(Method::POST, &format!("{own}/credentials/change_password"), &body)
    };
    let wrong = change("the third one", "the fourth one").expect(403);
    assert_eq!(wrong["errorCode"], "E0000014");
    assert_eq!(change("the second one", "short").expect(403)["errorCode"], "E0000014");
    change("the second one", "the third one").expect(200);
    assert!(office.signs_in(login, "the third one"));
    let logged = office.get("/api/v1/logs?eventType=user.account.update_password");
    assert_eq!(logged[0]["target"][0]["id"], made["id"]);
    // An administrator's word wins over the person's own.
    let temporary =
        office.post(&format!("{own}/lifecycle/expire_password_with_temp_password"), Value::Null);
    assert_eq!(office.get(&own)["status"], "PASSWORD_EXPIRED");
    let temporary = text_of(&temporary["tempPassword"]);
    assert!(!office.signs_in(login, &temporary), "a program has no page to choose another on");
    let mut browser = super::browser::Browser::new(&office.world);
    let page = browser.begin(&[]);
    let page = browser.submit(&page, &[("username", login), ("password", &temporary)]).page();
    assert!(page.path.starts_with("/reset/"), "{page:?}");
    browser.submit(&page, &[("new", "the fifth one")]);
    assert_eq!(office.get(&own)["status"], "ACTIVE");
    assert!(office.signs_in(login, "the fifth one"));
    office.post(&format!("{own}/lifecycle/expire_password"), Value::Null);
    assert_eq!(change("the fourth one", "the sixth one").status, 403);
    change("the fifth one", "the sixth one").expect(200);
    assert_eq!(office.get(&own)["status"], "ACTIVE");
    assert!(office.signs_in(login, "the sixth one"));
    // `correct horse` by bcrypt and by PBKDF2.
    let hash = bcrypt::hash("correct horse", 4).unwrap();
    let parts: Vec<&str> = hash.rsplit('$').collect();
    let (salt, value) = parts[0].split_at(22);
    let hashed = json!({"algorithm": "BCRYPT", "workFactor": 4, "salt": salt, "value": value});
    office.add("bea@example.com", "", json!({"credentials": {"password": {"hash": hashed}}}));
    assert!(office.signs_in("bea@example.com", "correct horse"));
    let unknown = json!({"algorithm": "MD5", "value": "x"});
    let answer =
        office.ask(Method::POST, &own, &json!({"credentials": {"password": {"hash": unknown}}}));
    let cause = "credentials.password.hash: expected a hash of BCRYPT or PBKDF2";
    answer.is_caused(400, "E0000001", cause);
}

#[test]
fn groups_are_made_found_changed_joined_left_and_deleted() {
    let office = Office::open();
    let made = office.post(GROUPS, json!({"profile": {"name": "Crew", "description": "aboard"}}));
    assert_eq!(
        (&made["type"], &made["objectClass"]),
        (&json!("OKTA_GROUP"), &json!(["okta:user_group"]))
    );
    let own = format!("{GROUPS}/{}", text_of(&made["id"]));
    assert_eq!(made["_links"]["self"]["href"], format!("{URL}{own}"));
    let taken = office.ask(Method::POST, GROUPS, &json!({"profile": {"name": "Crew"}})).expect(400);
    let words = "name: An object with this field already exists in the current organization";
    assert_eq!(taken["errorCauses"][0]["errorSummary"], words);
    let grace = office.add("grete@example.com", "", Value::Null);
    let member = format!("{own}/users/{}", text_of(&grace["id"]));
    for _ in 0..2 {
        assert_eq!(office.ask(Method::PUT, &member, &Value::Null).status, 204);
    }
    assert_eq!(logins(&office.list(&format!("{own}/users?limit=1")).0), ["grete@example.com"]);
    let renamed = json!({"profile": {"name": "Sailors"}});
    let replaced = office.ask(Method::PUT, &own, &renamed).expect(200);
    assert_eq!(replaced["profile"], json!({"name": "Sailors", "description": null}));
    assert_eq!(logins(&office.list(&format!("{own}/users")).0), ["grete@example.com"]);
    for (query, n_found) in [
        ("q=sail", 1),
        ("q=ailors", 0),
        ("filter=type%20eq%20%22BUILT_IN%22", 1),
        ("search=profile.name%20sw%20%22role_%22", 3),
        ("search=profile.name%20sw%20%22role_%22&limit=1", 3),
        ("q=role_&sortBy=profile.name&sortOrder=desc&limit=2", 3),
    ] {
        assert_eq!(office.list(&format!("{GROUPS}?{query}")).0.len(), n_found, "{query}");
    }
    let all = office.list(GROUPS).0;
    let everyone = all.iter().find(|group| group["type"] == "BUILT_IN").unwrap();
    let path = format!("{GROUPS}/{}", text_of(&everyone["id"]));
    let everybody = office.list(&format!("{path}/users")).0;
    assert_eq!(everybody.len(), office.list(USERS).0.len());
    let summary = "You do not have permission to perform the requested action";
    for (method, path) in [
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PUT, format!("{path}/users/{}", text_of(&grace["id"]))),
    ] {
        let body = if path.contains("users") { Value::Null } else { renamed.clone() };
        office.ask(method, &path, &body).is_management_error(403, "E0000006", summary);
    }
    assert_eq!(office.ask(Method::DELETE, &member, &Value::Null).status, 204);
    assert!(office.list(&format!("{own}/users")).0.is_empty());
    assert_eq!(office.ask(Method::DELETE, &own, &Value::Null).status, 204);
    assert_eq!(office.ask(Method::GET, &own, &Value::Null).status, 404);
}

#[test]
fn an_app_with_one_time_passwords_is_set_up_for_somebody_asked_for_and_taken_away() {
    let office = Office::open();
    let made = office.add("grete@example.com", "", with_password("a good password"));
    let own = format!("{USERS}/{}/factors", text_of(&made["id"]));
    assert_eq!(office.get(&own), json!([]));
    let kinds = office.get(&format!("{own}/catalog"));
    assert_eq!(kinds[0]["status"], "NOT_SETUP");
    let begun =
        office.post(&own, json!({"factorType": "token:software:totp", "provider": "GOOGLE"}));
    assert_eq!(begun["status"], "PENDING_ACTIVATION");
    let secret = text_of(&begun["_embedded"]["activation"]["sharedSecret"]);
    let one = format!("{own}/{}", text_of(&begun["id"]));
    let activate = |code: &str| {
        let path = format!("{one}/lifecycle/activate");
        office.ask(Method::POST, &path, &json!({"passCode": code}))
    };
    assert_eq!(activate("000000").expect(403)["errorCode"], "E0000068");
    let code = |later: i64| one_time::password(&data_of(&secret), (NOW + later) / 30);
    let active = activate(&code(0)).expect(200);
    assert_eq!((&active["status"], &active["id"]), (&json!("ACTIVE"), &begun["id"]));
    assert_eq!(active["_embedded"]["recovery"]["codes"].as_array().unwrap().len(), 10);
    assert_eq!(office.get(&own)[0]["id"], begun["id"], "it is known as it was");
    assert!(!office.get(&one).to_string().contains(&secret), "its secret is told once");
    // It is asked for, and what was used to set it up is no proof any more.
    let body = json!({"username": "grete@example.com", "password": "a good password"}).to_string();
    let asked = request(Method::POST, "/api/v1/authn", Some("application/json"), body);
    let asked = office.world.send(asked).expect(200);
    assert_eq!(asked["status"], "MFA_REQUIRED");
    assert_eq!(asked["_embedded"]["factors"][0]["id"], begun["id"]);
    let verify = |code: &str| {
        office.ask(Method::POST, &format!("{one}/verify"), &json!({"passCode": code})).status
    };
    assert_eq!((verify(&code(0)), verify(&code(30))), (403, 200));
    assert_eq!(office.ask(Method::DELETE, &one, &Value::Null).status, 204);
    assert_eq!(office.get(&own), json!([]));
    let reset = format!("{USERS}/grete@example.com/lifecycle/reset_factors");
    assert_eq!(office.post(&reset, Value::Null), json!({}));
}
