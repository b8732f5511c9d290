//! Rules that put users into groups, as administrators see and change them.

use super::people::Office;
use super::*;

const RULES: &str = "/api/v1/groups/rules";
const GROUPS: &str = "/api/v1/groups";
const USERS: &str = "/api/v1/users";

/// A group, a rule that puts the navy into it, and its address.
struct Navy {
    office: Office,
    group: String,
    rule: String,
}

impl Navy {
    fn new() -> Self {
        let office = Office::open();
        let group = office.post(GROUPS, json!({"profile": {"name": "Navy"}}));
        let group = text_of(&group["id"]);
        let made = office.post(RULES, rule("Sailors", "user.department == \"Navy\"", &[&group]));
        let rule = text_of(&made["id"]);
        Self { office, group, rule }
    }

    fn turn(&self, how: &str) {
        let path = format!("{RULES}/{}/lifecycle/{how}", self.rule);
        assert_eq!(self.office.ask(Method::POST, &path, &Value::Null).status, 204);
    }

    /// A new user of this department.
    fn add(&self, login: &str, department: &str) -> String {
        let profile = json!({"login": login, "email": login, "department": department});
        text_of(&self.office.post(USERS, json!({ "profile": profile }))["id"])
    }

    fn move_to(&self, user: &str, department: &str) {
        let profile = json!({"profile": {"department": department}});
        self.office.post(&format!("{USERS}/{user}"), profile);
    }

    fn members(&self) -> Vec<String> {
        let members = self.office.get(&format!("{GROUPS}/{}/users", self.group));
        let ids = members.as_array().unwrap().iter().map(|user| text_of(&user["id"]));
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    fn member(&self, method: Method, user: &str) -> u16 {
        let path = format!("{GROUPS}/{}/users/{user}", self.group);
        self.office.ask(method, &path, &Value::Null).status
    }
}

impl Answer {
    /// An error whose one cause is this, wherever that is.
    #[track_caller]
    pub(super) fn says(&self, status: u16, cause: &str) {
        let body = self.expect(status);
        assert_eq!(body["errorCauses"][0]["errorSummary"], cause, "{body}");
    }
}

fn rule(name: &str, expression: &str, groups: &[&str]) -> Value {
    json!({
        "type": "group_rule",
        "name": name,
        "conditions": {
            "people": {"users": {"include": [], "exclude": []}, "groups": {"exclude": []}},
            "expression": {"value": expression, "type": "urn:okta:expression:1.0"},
        },
        "actions": {"assignUserToGroups": {"groupIds": groups}},
    })
}

#[test]
fn a_rule_is_made_found_changed_while_it_is_inactive_and_deleted() {
    let navy = Navy::new();
    let (office, own) = (&navy.office, format!("{RULES}/{}", navy.rule));
    let found = office.get(&own);
    assert_eq!(
        (&found["type"], &found["status"], &found["name"]),
        (&json!("group_rule"), &json!("INACTIVE"), &json!("Sailors"))
    );
    assert_eq!(
        found["conditions"],
        json!({
            "people": {"users": {"exclude": []}, "groups": {"exclude": []}},
            "expression": {
                "value": "user.department == \"Navy\"", "type": "urn:okta:expression:1.0",
            },
        })
    );
    assert_eq!(found["actions"]["assignUserToGroups"]["groupIds"], json!([navy.group]));
    let expanded = office.get(&format!("{own}?expand=groupIdToGroupNameMap"));
    assert_eq!(expanded["_embedded"]["groupIdToGroupNameMap"][&navy.group], "Navy");
    assert_eq!(office.get(&format!("{RULES}?search=sail"))[0]["id"], found["id"]);
    assert_eq!(office.get(&format!("{RULES}?search=army")), json!([]));
    let second = office.post(RULES, rule("Others", "user.department != null", &[&navy.group]));
    let parts = office.ask(Method::GET, &format!("{RULES}?limit=1"), &Value::Null);
    assert_eq!(parts.expect(200).as_array().unwrap().len(), 1);
    assert_eq!(parts.headers.get_all("link").iter().count(), 2);
    let changed = rule("Seafarers", "user.department == \"Sea\"", &[&navy.group]);
    let put = office.ask(Method::PUT, &own, &changed).expect(200);
    assert_eq!((&put["name"], &put["status"]), (&json!("Seafarers"), &json!("INACTIVE")));
    navy.turn("activate");
    assert_eq!(office.get(&own)["status"], "ACTIVE");
    let refused = office.ask(Method::PUT, &own, &changed);
    refused.says(400, "status: Only a rule that is not active can be changed.");
    navy.turn("deactivate");
    for id in [&found["id"], &second["id"]] {
        let path = format!("{RULES}/{}", text_of(id));
        assert_eq!(office.ask(Method::DELETE, &path, &Value::Null).status, 202);
    }
    assert_eq!(office.ask(Method::GET, &own, &Value::Null).status, 404);
    assert_eq!(office.get(RULES), json!([]));
}

#[test]
fn a_rule_that_does_not_compile_or_names_nothing_is_refused_with_why() {
    let navy = Navy::new();
    let (office, group) = (&navy.office, navy.group.as_str());
    let ask = |body: Value| office.ask(Method::POST, RULES, &body).expect(400);
    let broken = ask(rule("Broken", "user.department = \"Navy\"", &[group]));
    let cause = &broken["errorCauses"][0];
    assert_eq!(cause["location"], "conditions.expression.value", "{broken}");
    assert_eq!(cause["diagnostic"]["line"], 1, "{broken}");
    // Of the roots there is only the user (OEL §1.1), nobody is reached from there, and there is no
    // conversion (OEL §3.3).
    let elsewhere = [
        "app.id == \"x\"",
        "Convert.toInt(user.department) == 1",
        "user.rank == 1",
        "user.getLinkedObject(\"manager\") != null",
    ];
    for expression in elsewhere {
        let refused = ask(rule("Broken", expression, &[group]));
        assert_eq!(refused["errorCauses"][0]["location"], "conditions.expression.value");
    }
    assert_eq!(ask(rule("Broken", "user.department", &[group]))["errorCode"], "E0000001");
    assert_eq!(ask(rule("Sailors", "true", &[group]))["errorCode"], "E0000001", "taken");
    assert_eq!(ask(rule("Broken", "true", &["00gnothing"]))["errorCode"], "E0000001");
    assert_eq!(ask(rule("Broken", "true", &[]))["errorCode"], "E0000001");
    assert_eq!(ask(json!({"name": "Broken"}))["errorCode"], "E0000001");
    assert_eq!(office.get(RULES).as_array().unwrap().len(), 1);
}

#[test]
fn who_matches_is_in_the_group_as_long_as_the_rule_is_active_and_matches() {
    let navy = Navy::new();
    let (grace, alan) =
        (navy.add("hopper@example.com", "Navy"), navy.add("turing@example.com", "Park"));
    assert_eq!(navy.members(), [""; 0], "an inactive rule puts nobody anywhere");
    navy.turn("activate");
    assert_eq!(navy.members(), [&*grace]);
    navy.move_to(&alan, "Navy");
    let late = navy.add("late@example.com", "Navy");
    let mut all = vec![grace.clone(), alan.clone(), late.clone()];
    all.sort();
    assert_eq!(navy.members(), all);
    navy.move_to(&late, "Army");
    assert!(!navy.members().contains(&late));
    // Who is there by hand stays whatever the rule says, also if the rule put them there first.
    assert_eq!(navy.member(Method::PUT, &late), 204);
    assert_eq!(navy.member(Method::PUT, &grace), 204);
    navy.turn("deactivate");
    let mut by_hand = vec![grace, late];
    by_hand.sort();
    assert_eq!(navy.members(), by_hand);
    navy.turn("activate");
    let path = format!("{RULES}/{}", navy.rule);
    assert!(navy.members().contains(&alan));
    assert_eq!(navy.office.ask(Method::DELETE, &path, &Value::Null).status, 202);
    assert_eq!(navy.members(), by_hand);
}

#[test]
fn who_is_taken_out_by_hand_is_left_alone_by_the_rule() {
    let navy = Navy::new();
    navy.turn("activate");
    let (grace, alan) =
        (navy.add("hopper@example.com", "Navy"), navy.add("turing@example.com", "Navy"));
    assert_eq!(navy.member(Method::DELETE, &grace), 204);
    assert_eq!(navy.members(), [&*alan]);
    let own = format!("{RULES}/{}", navy.rule);
    let except = navy.office.get(&own)["conditions"]["people"]["users"]["exclude"].clone();
    assert_eq!(except, json!([grace]));
    // Another change of the profile does not put them back.
    let profile = json!({"profile": {"title": "Admiral"}});
    navy.office.post(&format!("{USERS}/{grace}"), profile);
    assert_eq!(navy.members(), [&*alan]);
    let events = navy.office.world.kept_events();
    let has = |name: &str| events.iter().any(|(event, ..)| event == name);
    assert!(has("group.user_membership.rule.add_exclusion"), "{events:?}");
    assert!(has("group.user_membership.remove"), "{events:?}");
    // A user who is gone is not spoken of any more.
    for _ in 0..2 {
        navy.office.ask(Method::DELETE, &format!("{USERS}/{grace}"), &Value::Null);
    }
    let except = navy.office.get(&own)["conditions"]["people"]["users"]["exclude"].clone();
    assert_eq!(except, json!([]));
}

#[test]
fn a_rule_may_ask_for_groups_that_other_rules_give() {
    let navy = Navy::new();
    let fleet = navy.office.post(GROUPS, json!({"profile": {"name": "Fleet"}}));
    let fleet = text_of(&fleet["id"]);
    let expression = "isMemberOfGroupName(\"Navy\")";
    let second = navy.office.post(RULES, rule("Fleet", expression, &[&fleet]));
    let path = format!("{RULES}/{}/lifecycle/activate", text_of(&second["id"]));
    assert_eq!(navy.office.ask(Method::POST, &path, &Value::Null).status, 204);
    navy.turn("activate");
    let grace = navy.add("hopper@example.com", "Navy");
    let groups = navy.office.get(&format!("{USERS}/{grace}/groups"));
    let names: Vec<&Value> =
        groups.as_array().unwrap().iter().map(|g| &g["profile"]["name"]).collect();
    assert_eq!(names, ["Everyone", "Fleet", "Navy"]);
    navy.move_to(&grace, "Army");
    let groups = navy.office.get(&format!("{USERS}/{grace}/groups"));
    assert_eq!(groups.as_array().unwrap().len(), 1);
}

#[test]
fn a_rule_whose_group_is_deleted_is_invalid_until_somebody_changes_it() {
    let navy = Navy::new();
    navy.turn("activate");
    navy.add("hopper@example.com", "Navy");
    let path = format!("{GROUPS}/{}", navy.group);
    assert_eq!(navy.office.ask(Method::DELETE, &path, &Value::Null).status, 204);
    let own = format!("{RULES}/{}", navy.rule);
    let found = navy.office.get(&own);
    assert_eq!(
        (&found["status"], &found["actions"]["assignUserToGroups"]["groupIds"]),
        (&json!("INVALID"), &json!([]))
    );
    let path = format!("{own}/lifecycle/activate");
    let refused = navy.office.ask(Method::POST, &path, &Value::Null);
    let words = "status: A group of the rule was deleted. Change the rule first.";
    refused.says(400, words);
    let other = navy.office.post(GROUPS, json!({"profile": {"name": "Fleet"}}));
    let repaired = rule("Sailors", "user.department == \"Navy\"", &[&text_of(&other["id"])]);
    let put = navy.office.ask(Method::PUT, &own, &repaired).expect(200);
    assert_eq!(put["status"], "INACTIVE");
}

/// What an expression reads is not taken back, also where that is of a rule of a group.
#[test]
fn an_attribute_that_a_rule_reads_is_kept() {
    let navy = Navy::new();
    let (schema, group) = ("/api/v1/meta/schemas/user/default", navy.group.as_str());
    navy.office.post(RULES, rule("Cleared", "user.clearance > 3", &[group]));
    let gone = json!({"definitions": {"custom": {"properties": {"clearance": null}}}});
    let refused = navy.office.ask(Method::POST, schema, &gone).expect(400);
    assert!(refused.to_string().contains("group rule `Cleared`"), "{refused}");
}

/// A document says who is in a group by hand, and the rules; the rest follows, also for who is read
/// from the store when they are wanted.
#[test]
fn rules_of_a_document_are_followed_from_the_start_and_nothing_is_told_of_what_they_give() {
    let office = Office::with(|document| {
        document["groups"].as_array_mut().unwrap().push(json!({"name": "Clerks"}));
        let mut clerks = rule("Clerks", "user.email != null", &["Clerks"]);
        clerks["conditions"]["people"]["users"]["exclude"] = json!(["ada@example.com"]);
        document["groupRules"] = json!([clerks]);
        document["users"].as_array_mut().unwrap().push(json!({
            "profile": {"login": "idle@example.com", "email": "idle@example.com"},
        }));
        add_claim(document, "in", "user?.groups.map(g => g.name)");
    });
    let told = |login: &str| {
        let body = json!({"client_id": "web-app", "user_id": login, "scopes": ["read:customers"]});
        let path = "/api/v1/authorizationServers/internal/tokens/preview";
        office.post(path, body)["access_token"]["payload"]["in"].to_string()
    };
    assert!(told("grace@example.com").contains("Clerks"));
    assert!(!told("ada@example.com").contains("Clerks"));
    let administration = &office.world.surface.administration;
    let follow = || office.world.runtime.block_on(administration.follow_rules()).unwrap();
    while follow() {}
    let group = text_of(&office.get(&format!("{GROUPS}?q=Clerks"))[0]["id"]);
    let members = office.get(&format!("{GROUPS}/{group}/users"));
    let logins: Vec<&str> = members
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["profile"]["login"].as_str().unwrap())
        .collect();
    assert!(logins.contains(&"idle@example.com") && logins.contains(&"grace@example.com"));
    assert!(!logins.contains(&"ada@example.com"), "{logins:?}");
    let snapshot = office.world.runtime.block_on(administration.snapshot()).unwrap();
    let document: Value = serde_json::from_str(&snapshot.to_document()).unwrap();
    let users = document["users"].as_array().unwrap();
    assert!(!users.is_empty() && !users.iter().any(|u| u["groups"].to_string().contains(&group)));
    assert_eq!(document["groupRules"][0]["actions"]["assignUserToGroups"]["groupIds"][0], group);
}
