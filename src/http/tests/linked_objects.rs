//! Relations between users as administrators see and change them, and what tokens say of them.

use super::people::Office;
use super::*;

const RELATIONS: &str = "/api/v1/meta/schemas/user/linkedObjects";
const USERS: &str = "/api/v1/users";

fn relation(primary: &str, associated: &str) -> Value {
    let side = |name: &str| json!({"name": name, "title": name.to_uppercase(), "description": "d", "type": "USER"});
    json!({"primary": side(primary), "associated": side(associated)})
}

fn add(office: &Office, login: &str) -> String {
    let profile = json!({"login": login, "email": login, "lastName": "Of " .to_owned() + login});
    text_of(&office.post(USERS, json!({ "profile": profile }))["id"])
}

fn path(user: &str, name: &str) -> String {
    format!("{USERS}/{user}/linkedObjects/{name}")
}

impl Office {
    fn link(&self, user: &str, name: &str, to: &str) -> Answer {
        self.ask(Method::PUT, &format!("{}/{to}", path(user, name)), &Value::Null)
    }

    /// The ids of those who are linked.
    fn linked(&self, user: &str, name: &str) -> Vec<String> {
        let listed = self.get(&path(user, name));
        let href = |one: &Value| text_of(&one["_links"]["self"]["href"]);
        let id = |one: &Value| href(one).rsplit('/').next().unwrap().to_owned();
        let mut ids: Vec<String> = listed.as_array().unwrap().iter().map(id).collect();
        ids.sort();
        ids
    }
}

#[test]
fn a_relation_is_made_found_by_either_name_and_deleted_with_its_links() {
    let office = Office::open();
    let made = office.ask(Method::POST, RELATIONS, &relation("manager", "subordinate")).expect(201);
    assert_eq!(made["primary"], relation("manager", "subordinate")["primary"]);
    assert_eq!(made["_links"]["self"]["href"], format!("{URL}{RELATIONS}/manager"));
    for name in ["manager", "subordinate"] {
        let found = office.get(&format!("{RELATIONS}/{name}"));
        assert_eq!(
            (&found["primary"], &found["associated"]),
            (&made["primary"], &made["associated"])
        );
    }
    assert_eq!(office.get(RELATIONS).as_array().unwrap().len(), 1);
    for wrong in [relation("Manager", "x"), relation("x", "x"), relation("1x", "y"), json!({})] {
        let refused = office.ask(Method::POST, RELATIONS, &wrong).expect(400);
        assert_eq!(refused["errorCode"], "E0000001", "{wrong}");
    }
    let (boss, grace) = (add(&office, "boss@example.com"), add(&office, "g@example.com"));
    assert_eq!(office.link(&grace, "manager", &boss).status, 204);
    assert_eq!(
        office.ask(Method::DELETE, &format!("{RELATIONS}/manager"), &Value::Null).status,
        204
    );
    assert_eq!(office.ask(Method::GET, &path(&grace, "manager"), &Value::Null).status, 404);
    // One of the same name begins without links.
    office.ask(Method::POST, RELATIONS, &relation("manager", "subordinate")).expect(201);
    assert_eq!(office.linked(&grace, "manager"), [""; 0]);
    assert_eq!(office.linked(&boss, "subordinate"), [""; 0]);
}

#[test]
fn a_user_has_one_primary_and_nobody_leads_back_to_themselves() {
    let office = Office::open();
    office.ask(Method::POST, RELATIONS, &relation("manager", "subordinate")).expect(201);
    let [boss, grace, alan] = ["boss@example.com", "g@example.com", "turing@example.com"]
        .map(|login| add(&office, login));
    assert_eq!(office.link(&grace, "manager", "boss@example.com").status, 204);
    assert_eq!(office.link(&alan, "manager", &boss).status, 204);
    assert_eq!(office.linked(&grace, "manager"), [&*boss]);
    let mut both = vec![grace.clone(), alan.clone()];
    both.sort();
    assert_eq!(office.linked(&boss, "subordinate"), both);
    // Another takes the place of the one before.
    assert_eq!(office.link(&grace, "manager", &alan).status, 204);
    assert_eq!(
        (office.linked(&grace, "manager"), office.linked(&boss, "subordinate")),
        (vec![alan.clone()], vec![alan.clone()])
    );
    for (user, to) in [(&boss, &boss), (&boss, &alan), (&boss, &grace)] {
        let words = "manager: A user cannot be linked to themselves, also not by way of others.";
        office.link(user, "manager", to).says(400, words);
    }
    for (user, name, to) in [
        (&*grace, "subordinate", &*boss),
        (&*grace, "friend", &*boss),
        (&*grace, "manager", "nobody"),
    ] {
        assert_eq!(office.link(user, name, to).status, 404);
    }
    // A change of the profile keeps the link.
    office.post(&format!("{USERS}/{grace}"), json!({"profile": {"title": "Admiral"}}));
    assert_eq!(office.linked(&grace, "manager"), [&*alan]);
    for _ in 0..2 {
        assert_eq!(office.ask(Method::DELETE, &path(&grace, "manager"), &Value::Null).status, 204);
    }
    assert_eq!(office.linked(&grace, "manager"), [""; 0]);
    // Who is gone is nobody's manager.
    for _ in 0..2 {
        office.ask(Method::DELETE, &format!("{USERS}/{boss}"), &Value::Null);
    }
    assert_eq!(office.linked(&alan, "manager"), [""; 0]);
}

#[test]
fn claims_say_what_the_linked_user_is_now() {
    let office = Office::with(|document| {
        document["linkedObjects"] = json!([relation("manager", "subordinate")]);
        document["users"][0]["linkedObjects"] = json!({"manager": "grace@example.com"});
        let chain = "user.getLinkedObject('manager')?.getLinkedObject('manager')?.login";
        add_claim(document, "manager", "user.getLinkedObject(\"manager\")?.lastName");
        add_claim(document, "above", chain);
    });
    let claims = |user: &str| {
        let body = json!({"client_id": "web-app", "user_id": user, "scopes": ["read:customers"]});
        let told = office.post("/api/v1/authorizationServers/internal/tokens/preview", body);
        let payload = &told["access_token"]["payload"];
        (payload["manager"].clone(), payload["above"].clone())
    };
    let grace = office.get(&format!("{USERS}/grace@example.com"));
    assert_eq!(claims("ada@example.com"), (grace["profile"]["lastName"].clone(), Value::Null));
    let boss = add(&office, "boss@example.com");
    assert_eq!(office.link("grace@example.com", "manager", &boss).status, 204);
    assert_eq!(claims("ada@example.com").1, "boss@example.com");
    assert_eq!(claims("grace@example.com").0, "Of boss@example.com");
    // What is known of the user is forgotten with what was known of whom they are linked to.
    office.post(&format!("{USERS}/{boss}"), json!({"profile": {"lastName": "Hopper"}}));
    assert_eq!(claims("grace@example.com").0, "Hopper");
    assert_eq!(claims(&boss), (Value::Null, Value::Null));
}
