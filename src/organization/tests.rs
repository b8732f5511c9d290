//! Documents are read whole, and what is wrong with them is said at its place.

use super::*;
use crate::directory::{AuthenticationMethod, SecretSource};
use crate::document::{self, Json, Member};
use crate::policy::{
    ConditionOutcome, Facts, Person, Refused, RuleIndex, Trace, decide, token_policies_that_apply,
};
use crate::server::{Access, Clients, ExpressionText, RuleScopes, SUBJECT_EXPRESSION};

/// Stands in for SHA-256: FNV-1a, four lanes of eight bytes.
fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (lane, chunk) in out.chunks_mut(8).enumerate() {
        let start = 0xcbf2_9ce4_8422_2325_u64.wrapping_add(lane as u64);
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        chunk.copy_from_slice(&bytes.iter().fold(start, mix).to_be_bytes());
    }
    out
}

fn node(text: &str) -> Node {
    document::read(text.as_bytes()).unwrap()
}

fn demo() -> Organization {
    read(&node(DEMO), &digest).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The value at a path such as `apps.0.label`.
fn at<'n>(node: &'n mut Node, path: &str) -> &'n mut Node {
    path.split('.').filter(|step| !step.is_empty()).fold(node, |node, step| match &mut node.value {
        Json::List(nodes) => &mut nodes[step.parse::<usize>().unwrap()],
        Json::Object(members) => {
            &mut members.iter_mut().find(|member| member.key == step).unwrap().value
        }
        other => panic!("{step} in {other:?}"),
    })
}

/// The problems of the demo document with one member set; each as path and message.
fn problems_with(path: &str, key: &str, value: &str) -> Vec<(String, String)> {
    let mut document = node(DEMO);
    let place = at(&mut document, path);
    match &mut place.value {
        Json::Object(members) => {
            members.retain(|member| member.key != key);
            let key = key.to_owned();
            members.push(Member { key, key_span: place.span, value: node(value) });
        }
        Json::List(nodes) => nodes.push(node(value)),
        other => panic!("{other:?}"),
    }
    let problems = read(&document, &digest).err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.path, problem.message)).collect()
}

#[track_caller]
fn assert_problem(path: &str, key: &str, value: &str, blamed: &str, message: &str) {
    let problems = problems_with(path, key, value);
    let found = problems.iter().any(|(path, said)| path == blamed && said.contains(message));
    assert!(found, "{problems:#?}");
}

#[test]
fn the_demo_document_reads_without_problems() {
    let demo = demo();
    assert_eq!((demo.name.as_str(), demo.sub_domain.as_str()), ("My Company", "mycompany"));
    assert_eq!(demo.directory.users().len(), 5);
    let ids: Vec<&str> = demo.servers.iter().map(|server| server.id.as_str()).collect();
    assert_eq!(ids, ["internal", "default"]);
    let internal = &demo.servers[0];
    assert_eq!(internal.audiences, ["https://api.mycompany.com", "https://my-partner-api.com"]);
    assert_eq!(internal.scopes.len(), 10);
    assert_eq!(internal.token_policies[0].name, "Add Department Claim for Internal Apps");
    let default = &demo.servers[1];
    assert!(default.is_default);
    assert_eq!(default.policies[0].clients, Clients::All);
    assert_eq!(default.policies[0].rules[0].scopes, RuleScopes::All);
    let web = demo.directory.find_application("web-app").unwrap();
    assert_eq!(web.token_endpoint_auth_method, AuthenticationMethod::ClientSecretBasic);
    let source = SecretSource::Environment("CLAIMSMITH_DEMO_SECRET_WEB_APP".to_owned());
    assert_eq!(web.secrets, [source]);
}

/// The scopes and rule that the demo grants, or why it refuses.
fn demo_decision(
    client_id: &str,
    login: Option<&str>,
    scopes: &[&str],
    condition: &ConditionOutcome,
) -> Result<(String, Vec<String>), Refused> {
    let demo = demo();
    let index = login.map(|login| demo.directory.find_user_by_login(login).unwrap());
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let facts = Facts {
        client_id,
        person: index.map(|index| Person { index, user: &demo.directory.users()[index] }),
        grant_type: if login.is_some() { "authorization_code" } else { "client_credentials" },
        also: None,
        scopes: &scopes,
        audience: "https://api.mycompany.com",
    };
    let mut evaluate = |_: &ExpressionText, _: &[&str]| condition.clone();
    let (server, index) = (&demo.servers[0], RuleIndex::new(&demo.servers[0]));
    decide(server, &index, &facts, Trace::Skip, &mut evaluate).outcome.map(|allowed| {
        (
            allowed.names().1.to_owned(),
            allowed.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        )
    })
}

#[test]
fn the_demo_denies_admin_to_all_but_its_role_also_with_other_scopes_and_to_services() {
    let both = ["read:customers", "admin:users"];
    let granted = demo_decision("web-app", Some("ada@example.com"), &both, &ConditionOutcome::True);
    assert_eq!(granted.unwrap().0, "Administrators");
    for (client, login) in
        [("web-app", Some("grace@example.com")), ("billing-service", None), ("phone-app", None)]
    {
        let refused = demo_decision(client, login, &both, &ConditionOutcome::True).unwrap_err();
        assert!(matches!(refused, Refused::Denied { .. }), "{client}: {refused:?}");
    }
}

#[test]
fn the_demo_lets_services_and_people_read_customers() {
    let read = ["read:customers"];
    let service = demo_decision("billing-service", None, &read, &ConditionOutcome::True);
    assert_eq!(service.unwrap().0, "Our own services");
    let person =
        demo_decision("web-app", Some("linus@example.com"), &read, &ConditionOutcome::False);
    assert_eq!(person.unwrap().0, "Customers");
    let pay = ["process:payments"];
    let person = demo_decision("web-app", Some("linus@example.com"), &pay, &ConditionOutcome::True);
    assert_eq!(person.unwrap_err(), Refused::NoMatch);
}

#[test]
fn the_demo_adds_a_department_for_internal_employees_and_the_internal_audience_only() {
    let demo = demo();
    let names = |login: &str, audience: &str| -> Vec<String> {
        let index = demo.directory.find_user_by_login(login).unwrap();
        let facts = Facts {
            client_id: "web-app",
            person: Some(Person { index, user: &demo.directory.users()[index] }),
            grant_type: "authorization_code",
            also: None,
            scopes: &[],
            audience,
        };
        let mut evaluate = |_: &ExpressionText, _: &[&str]| ConditionOutcome::True;
        let granted = ["read:customers"];
        let applying = token_policies_that_apply(
            &demo.servers[0],
            &facts,
            &granted,
            Trace::Keep,
            &mut evaluate,
        );
        let policies = &demo.servers[0].token_policies;
        applying.unwrap().0.iter().map(|index| policies[*index].name.clone()).collect()
    };
    let department = ["Add Department Claim for Internal Apps"];
    assert_eq!(names("ada@example.com", "https://api.mycompany.com"), department);
    assert!(names("ada@example.com", "https://my-partner-api.com").is_empty());
    assert!(names("linus@example.com", "https://api.mycompany.com").is_empty());
}

#[test]
fn an_absent_id_is_made_of_the_name_and_stays_the_same() {
    let (one, two) = (demo(), demo());
    assert_eq!(one, two);
    let mut ids: Vec<&str> = one.directory.users().iter().map(|user| user.id.as_str()).collect();
    assert!(ids.iter().all(|id| id.len() == 20 && id.starts_with("00u")));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    assert!(one.servers[0].policies[0].rules[0].id.starts_with("0pr"));
}

#[test]
fn an_application_without_a_client_id_is_known_by_its_id() {
    let text = r#"{"version": 1, "organization": {"name": "o", "subDomain": "o"}, "apps": [
        {"label": "Bare", "id": "0oaBare",
         "credentials": {"oauthClient": {"client_secret": [{"file": "a"}, {"hash": "b"}]}},
         "settings": {"oauthClient": {"application_type": "service",
                                      "grant_types": ["client_credentials"]}}}]}"#;
    let organization = read(&node(text), &digest).unwrap();
    let application = organization.directory.find_application("0oaBare").unwrap();
    assert_eq!(application.secrets.len(), 2);
    assert_eq!(organization.directory.groups().len(), 1, "Everyone is always there");
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let text = r#"{"version": 2, "organisation": {},
        "users": [{"profile": {"login": "ada@example.com", "age": 3}, "groups": ["nobody"]}]}"#;
    let problems = read(&node(text), &digest).unwrap_err();
    let found: Vec<(&str, &str)> =
        problems.iter().map(|p| (p.path.as_str(), p.message.as_str())).collect();
    let expected = [
        ("", "the member `organization` is missing"),
        ("version", "expected an integer from 1 to 1, found 2"),
        (
            "organisation",
            "unknown member `organisation`; known are `version`, `organization`, `userSchema`, \
             `linkedObjects`, `groups`, `users`, `groupRules`, `apps`, `inlineHooks`, \
             `trustedOrigins`, `authorizationServers`",
        ),
        ("users[0].profile", "required attributes are missing: `email`"),
        ("users[0].profile.age", "the user schema has no attribute `age`"),
        ("users[0].groups[0]", "there is no group `nobody`"),
    ];
    assert_eq!(found, expected);
    let last = &problems[5];
    assert_eq!(text.get(last.span.range()), Some("\"nobody\""));
}

#[test]
fn unknown_members_are_problems_wherever_they_stand() {
    for path in [
        "",
        "groups.0",
        "users.0",
        "apps.0",
        "apps.0.settings.oauthClient",
        "apps.0.credentials.oauthClient",
        "apps.0.assignments.users.0",
        "authorizationServers.0",
        "authorizationServers.0.scopes.0",
        "authorizationServers.0.claims.0",
        "authorizationServers.0.policies.0",
        "authorizationServers.0.policies.0.rules.0",
        "authorizationServers.0.policies.0.rules.0.conditions.people",
        "authorizationServers.0.tokenPolicies.0.conditions",
        "authorizationServers.0.tokenPolicies.0.actions.claims.0",
    ] {
        let problems = problems_with(path, "surprise", "1");
        assert_eq!(problems.len(), 1, "{path}: {problems:?}");
        assert!(problems[0].1.starts_with("unknown member `surprise`; known are `"), "{path}");
    }
}

#[test]
fn a_member_that_is_null_counts_as_absent() {
    assert!(problems_with("authorizationServers.0", "description", "null").is_empty());
    assert!(problems_with("users.0.profile", "department", "null").is_empty());
    assert_problem("users.0.profile", "email", "null", "users[0].profile", "missing: `email`");
}

#[test]
fn references_must_name_what_is_there() {
    let rule = "authorizationServers.0.policies.1.rules.0.conditions";
    let dotted = "authorizationServers[0].policies[1].rules[0].conditions";
    let cases = [
        ("people.groups.include", "there is no group `x`"),
        ("scopes.include", "the server has no scope `x`"),
        ("grantTypes.include", "found `x`"),
    ];
    for (list, message) in cases {
        let path = format!("{rule}.{list}");
        assert_problem(&path, "", r#""x""#, &format!("{dotted}.{list}[1]"), message);
    }
    let audiences = r#"{"include": ["https://other.example"]}"#;
    assert_problem(
        rule,
        "audiences",
        audiences,
        &format!("{dotted}.audiences.include[0]"),
        "the server has no audience",
    );
    assert_problem(
        "apps.0.assignments",
        "users",
        r#"[{"login": "x"}]"#,
        "apps[0].assignments.users[0].login",
        "there is no user `x`",
    );
    assert_problem(
        "authorizationServers.0.policies.0.conditions.clients.include",
        "",
        r#""x""#,
        "authorizationServers[0].policies[0].conditions.clients.include[1]",
        "there is no application `x`",
    );
}

#[test]
fn names_ids_and_priorities_are_unique() {
    assert_problem("groups", "", r#"{"name": "role_admin"}"#, "groups[6]", "already");
    let twin = r#"{"profile": {"login": "ADA@example.com", "email": "a@example.com"}}"#;
    assert_problem("users", "", twin, "users[5]", "another user has the login");
    let server = r#"{"id": "internal", "name": "other", "audiences": ["a"]}"#;
    assert_problem("authorizationServers", "", server, "authorizationServers[2]", "already");
    assert_problem(
        "authorizationServers.0.policies.1",
        "priority",
        "1",
        "authorizationServers[0].policies[1].priority",
        "another policy has the priority 1 already",
    );
    let claim = r#"{"name": "roles", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                    "value": "1"}"#;
    let path = "authorizationServers[0].claims[6]";
    assert_problem("authorizationServers.0.claims", "", claim, path, "already");
}

/// Decision 9 and decision 13.
#[test]
fn clients_audiences_and_users_cannot_be_mistaken_for_each_other() {
    let audiences = r#"["web-app"]"#;
    let path = "authorizationServers[0].audiences[0]";
    assert_problem("authorizationServers.0", "audiences", audiences, path, "is the client_id");
    let credentials = "apps.2.credentials.oauthClient";
    let path = "apps[2].credentials.oauthClient.client_id";
    assert_problem(credentials, "client_id", "\"ada_lovelace@example.com\"", path, "expected 6");
    let problems = problems_with("users.0", "id", r#""billing-service""#);
    let said: Vec<&str> = problems.iter().map(|(_, message)| message.as_str()).collect();
    assert_eq!(said, ["`billing-service` is the id or login of a user"]);
}

/// Decision 8.
#[test]
fn reserved_claim_names_are_refused_in_claims_and_token_policies() {
    let claim = |name: &str, kind: &str| {
        format!(
            r#"{{"name": "{name}", "claimType": "{kind}", "valueType": "EXPRESSION", "value": "1"}}"#
        )
    };
    let list = "authorizationServers.0.claims";
    for (name, kind) in [("exp", "RESOURCE"), ("act", "RESOURCE"), ("sub", "IDENTITY")] {
        let path = "authorizationServers[0].claims[6].name";
        assert_problem(list, "", &claim(name, kind), path, "is reserved in");
    }
    assert!(problems_with(list, "", &claim("groups", "RESOURCE")).is_empty());
    assert!(problems_with(list, "", &claim("scope", "RESOURCE")).is_empty());
    let added = "authorizationServers.0.tokenPolicies.0.actions.claims.0";
    let path = "authorizationServers[0].tokenPolicies[0].actions.claims[0].name";
    assert_problem(added, "name", "\"uid\"", path, "is reserved in access tokens");
    assert_problem(added, "name", "\"sub\"", path, "is set by the claim `sub`");
}

#[test]
fn of_the_subject_only_the_expression_may_change() {
    let subject = |more: &str| {
        format!(
            r#"{{"name": "sub", "claimType": "RESOURCE", "valueType": "EXPRESSION",
                 "value": "user.id"{more}}}"#
        )
    };
    let list = "authorizationServers.0.claims";
    let mut document = node(DEMO);
    let Json::List(claims) = &mut at(&mut document, list).value else { panic!() };
    claims.push(node(&subject("")));
    let organization = read(&document, &digest).unwrap();
    let expression = |server: usize| {
        let claim = organization.servers[server].claims[0].clone();
        claim.value.unwrap().text
    };
    assert_eq!((expression(0).as_str(), expression(1).as_str()), ("user.id", SUBJECT_EXPRESSION));
    let inactive = subject(r#", "status": "INACTIVE""#);
    let path = "authorizationServers[0].claims[6]";
    assert_problem(list, "", &inactive, path, "only `value` may change");
}

#[test]
fn lifetimes_have_bounds() {
    let token = "authorizationServers.0.policies.1.rules.0.actions.token";
    let dotted = "authorizationServers[0].policies[1].rules[0].actions.token";
    let access = format!("{dotted}.accessTokenLifetimeMinutes");
    assert_problem(token, "accessTokenLifetimeMinutes", "4", &access, "from 5 to 1440");
    assert_problem(token, "accessTokenLifetimeMinutes", "1441", &access, "from 5 to 1440");
    assert_problem(token, "refreshTokenLifetimeMinutes", "10", dotted, "may not end before");
    assert_problem(token, "refreshTokenWindowMinutes", "481", dotted, "must lie between");
    assert!(problems_with(token, "accessTokenLifetimeMinutes", "5").is_empty());
}

#[test]
fn profiles_conform_to_the_schema() {
    let profile = |key: &str, value: &str, message: &str| {
        let path = format!("users[0].profile.{key}");
        assert_problem("users.0.profile", key, value, &path, message);
    };
    profile("clearance", "\"3\"", "expected an integer for `clearance`");
    profile("department", "7", "expected a string for `department`");
    profile("projects", "[1]", "expected an array of string for `projects`");
    profile("Department", "\"x\"", "did you mean `department`");
    let schema = |key: &str, value: &str, message: &str| {
        assert_problem("userSchema", key, value, &format!("userSchema.{key}"), message);
    };
    schema("DEPARTMENT", r#"{"type": "string"}"#, "by case only");
    schema("department", r#"{"type": "integer"}"#, "whose type is `string`");
    schema("groups", r#"{"type": "string"}"#, "means something else");
    let path = "userSchema.age.type";
    assert_problem("userSchema", "age", r#"{"type": "int"}"#, path, "expected one of `string`");
}

#[test]
fn a_secret_does_not_stand_in_the_document() {
    let place = "apps.0.credentials.oauthClient";
    let path = "apps[0].credentials.oauthClient.client_secret";
    assert_problem(place, "client_secret", "\"hunter2hunter2\"", path, "does not stand in");
    let two = r#"{"env": "A", "file": "b"}"#;
    assert_problem(place, "client_secret", two, path, "exactly one of");
    assert_problem(place, "client_secret", "null", "apps[0]", "`client_secret` is needed");
}

#[test]
fn grants_fit_the_type_of_the_application() {
    let settings = "apps.2.settings.oauthClient";
    let path = "apps[2].settings.oauthClient.grant_types[0]";
    assert_problem(settings, "grant_types", "[\"password\"]", path, "cannot use the grant");
    let web = "apps.0.settings.oauthClient";
    let dotted = "apps[0].settings.oauthClient";
    assert_problem(web, "redirect_uris", "[]", dotted, "must name at least one");
    let uri = "[\"https://a.example/#x\"]";
    let path = "apps[0].settings.oauthClient.redirect_uris[0]";
    assert_problem(web, "redirect_uris", uri, path, "without a fragment");
    let rule = "authorizationServers.0.policies.1.rules.0.conditions.grantTypes.include";
    let path = "authorizationServers[0].policies[1].rules[0].conditions.grantTypes.include[1]";
    assert_problem(rule, "", "\"refresh_token\"", path, "a refresh is decided as");
}

#[test]
fn policies_and_rules_stand_in_the_order_of_their_priority() {
    let mut document = node(DEMO);
    let priority = at(&mut document, "authorizationServers.0.policies.0.priority");
    priority.value = Json::Integer(9);
    let organization = read(&document, &digest).unwrap();
    let names: Vec<&str> =
        organization.servers[0].policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["People", "Services", "Administration"]);
    assert_eq!(organization.servers[0].policies[2].rules[0].access, Access::Deny);
}

#[test]
fn a_document_of_another_shape_is_a_problem_not_a_panic() {
    for text in ["null", "[]", "1", "\"x\"", "{}"] {
        assert!(!read(&node(text), &digest).unwrap_err().is_empty(), "{text}");
    }
    let odd = r#"{"version": "1", "organization": [], "userSchema": 1, "groups": {}, "users": [1],
                  "apps": [null, {"label": 1}], "authorizationServers": [{"audiences": 1}]}"#;
    assert!(read(&node(odd), &digest).unwrap_err().len() >= 8);
}

#[test]
fn nobody_is_linked_to_themselves_and_by_what_is_no_relation() {
    let side = |name: &str| format!("{{\"name\": \"{name}\"}}");
    let relation = |one: &str, many: &str| {
        format!("{{\"primary\": {}, \"associated\": {}}}", side(one), side(many))
    };
    let document = |relations: &str, links: [&str; 3]| {
        let user = |(index, to): (usize, &str)| {
            let login = format!("user{index}@example.com");
            let links = if to.is_empty() { String::new() } else { format!("\"boss\": \"{to}\"") };
            format!(
                "{{\"profile\": {{\"login\": \"{login}\", \"email\": \"{login}\"}}, \
                 \"linkedObjects\": {{{links}}}}}"
            )
        };
        let users: Vec<String> = links.into_iter().enumerate().map(user).collect();
        format!(
            "{{\"organization\": {{\"name\": \"o\", \"subDomain\": \"o\"}}, \"version\": 1, \
             \"linkedObjects\": [{relations}], \"users\": [{}]}}",
            users.join(", ")
        )
    };
    let said = |text: &str| match read(&node(text), &digest) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>(),
    };
    let boss = relation("boss", "report");
    let chain = ["user1@example.com", "user2@example.com", ""];
    assert_eq!(said(&document(&boss, chain)), [""; 0]);
    let circle = ["user1@example.com", "user2@example.com", "user0@example.com"];
    assert_eq!(
        said(&document(&boss, circle)),
        ["`boss` leads from `user0@example.com` back to them"]
    );
    let unknown = "`boss` is not the primary name of a linked object";
    assert_eq!(said(&document("", chain)), [unknown, unknown]);
    let twice = format!("{boss}, {}", relation("other", "Boss"));
    assert_eq!(said(&document(&twice, ["", "", ""])).len(), 1);
    assert_eq!(said(&document(&relation("1st", "x"), ["", "", ""])).len(), 1);
}
