//! A document becomes servers, or all that is wrong with it.

mod kept;
mod people;

use super::fixture::{URL, document, draft, publish};
use super::{Problem, PublicUrl, PublicUrlError, normalized};
use crate::server::ORGANIZATION_SERVER;
use serde_json::json;

fn problems(text: &str) -> Vec<Problem> {
    draft(text).map(|_| ()).unwrap_err()
}

#[test]
fn the_demo_serves_under_its_issuers() {
    let published = publish(&document(|_| {}));
    let issuers: Vec<&str> = published.servers().iter().map(|server| server.issuer()).collect();
    assert_eq!(issuers, [format!("{URL}/oauth2/internal"), format!("{URL}/oauth2/default")]);
    assert!(published.servers().iter().all(|server| server.programs().is_native()));
}

/// Decision 43.
#[test]
fn the_organization_s_own_server_is_one_of_every_version_and_none_of_the_document_s() {
    let published = publish(&document(|_| {}));
    let own = published.find_server(ORGANIZATION_SERVER).unwrap();
    assert_eq!((own.issuer(), own.base()), (URL, &*format!("{URL}/oauth2")));
    assert_eq!(own.definition().audiences, [URL]);
    assert_eq!(published.all_servers().len(), published.servers().len() + 1);
    assert!(published.servers().iter().all(|server| !server.definition().is_organization()));
    assert!(own.programs().is_native());
}

#[test]
fn the_default_server_is_found_under_its_id_and_as_default() {
    let text = document(|document| document["authorizationServers"][1]["id"] = json!("aus1"));
    let published = publish(&text);
    for id in ["aus1", "default"] {
        let server = published.find_server(id).unwrap();
        assert_eq!(server.issuer(), format!("{URL}/oauth2/default"));
    }
    assert!(published.find_server("none").is_none());
}

#[test]
fn an_inactive_server_is_not_found() {
    let text =
        document(|document| document["authorizationServers"][0]["status"] = json!("INACTIVE"));
    assert!(publish(&text).find_server("internal").is_none());
}

/// Decision 6, of `device`.
#[test]
fn every_wrong_expression_is_reported_with_path_and_caret() {
    let text = document(|document| {
        let server = &mut document["authorizationServers"][0];
        server["claims"][0]["value"] = json!("usr.department");
        server["claims"][1]["value"] = json!("device.id");
        server["policies"][1]["rules"][1]["conditions"]["elCondition"]["condition"] =
            json!("1 + 1");
        server["tokenPolicies"][0]["actions"]["claims"][0]["value"] = json!("user.\"");
    });
    let found = problems(&text);
    let paths: Vec<(&str, &str)> =
        found.iter().map(|problem| (problem.path.as_str(), problem.diagnostic.code.id)).collect();
    let server = "authorizationServers[0]";
    for (path, code) in [
        (".claims[0].value", "E0301"),
        (".claims[1].value", "E0305"),
        (".policies[1].rules[1].conditions.elCondition.condition", "E0406"),
    ] {
        let path = format!("{server}{path}");
        assert!(
            paths.iter().any(|(known, said)| *known == path && (code == *said || code == "E0406")),
            "{path} {paths:?}"
        );
    }
    let first = found.iter().find(|problem| problem.path.ends_with("claims[0].value")).unwrap();
    assert_eq!(text.get(first.diagnostic.span.range()), Some("usr"));
    let shown = first.render("org.json", &text, false);
    assert!(
        shown.contains("authorizationServers[0].claims[0].value") && shown.contains("org.json:1:")
    );
    let device = found.iter().find(|problem| problem.path.ends_with("claims[1].value")).unwrap();
    assert!(device.diagnostic.message.contains("`device` is not filled here"));
    assert!(found.iter().any(|problem| problem.path.contains("tokenPolicies[0]")));
}

/// Decision 13.
#[test]
fn an_audience_may_not_be_an_issuer_or_the_url_of_the_installation() {
    for audience in [URL.to_owned(), format!("{URL}/"), format!("{URL}/oauth2/default")] {
        let text = document(|document| {
            let audiences = document["authorizationServers"][0]["audiences"].as_array_mut();
            audiences.unwrap().push(json!(audience));
        });
        let found = problems(&text);
        let found = found.iter().find(|found| found.path == "authorizationServers[0].audiences[2]");
        let written = text.get(found.unwrap().diagnostic.span.range());
        assert_eq!(written, Some(json!(audience).to_string().as_str()));
    }
}

#[test]
fn a_group_filter_that_is_no_pattern_is_reported() {
    let text = document(|document| {
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        claims.push(json!({
            "name": "groups", "claimType": "RESOURCE", "valueType": "GROUPS",
            "group_filter_type": "REGEX", "value": "(?=role)",
        }));
    });
    assert!(problems(&text)[0].path.ends_with("claims[6].value"));
}

#[test]
fn what_is_no_document_is_one_problem() {
    for text in ["", "{", "[]", "\"\\ud800\""] {
        assert!(!problems(text).is_empty(), "{text}");
    }
}

#[test]
fn a_public_url_names_a_host_and_is_plain_only_on_loopback() {
    for good in ["https://id.example.com", "https://a/b", "http://127.0.0.1:8600", "http://[::1]:1"]
    {
        assert_eq!(PublicUrl::new(&format!("{good}/")).unwrap().as_str(), good);
    }
    use PublicUrlError::{Parts, Plain, Scheme};
    for (wrong, error) in [
        ("id.example.com", Scheme),
        ("ftp://a", Scheme),
        ("http://id.example.com", Plain),
        ("https://", Parts),
        ("https://a?b", Parts),
        ("https://a@b", Parts),
        ("https://a:x", Parts),
        ("https://a//b", Parts),
    ] {
        assert_eq!(PublicUrl::new(wrong), Err(error), "{wrong}");
    }
}

/// The claims that are said to fail without a user, when the first server has one with this value and
/// these members.
fn remarked(value: &str, members: &serde_json::Value) -> Vec<String> {
    let text = document(|document| {
        let claims = document["authorizationServers"][0]["claims"].as_array_mut().unwrap();
        let mut claim = json!({
            "name": "made_up", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": value,
        });
        for (name, member) in members.as_object().unwrap() {
            claim[name] = member.clone();
        }
        claims.push(claim);
    });
    let draft = draft(&text).unwrap();
    let unattended = draft.remarks().iter().filter(|remark| remark.diagnostic.code.id == "L0602");
    let told = unattended.map(|remark| {
        assert!(remark.path.ends_with("claims[6].value"), "{}", remark.path);
        text.get(remark.diagnostic.span.range()).unwrap().to_owned()
    });
    told.collect()
}

#[test]
fn a_claim_that_fails_without_a_user_is_remarked_once_where_services_get_tokens() {
    for value in [
        "user.department",
        "user.department + user.email + appuser.userName",
        "user.groups.map(g => g.name)",
        "Groups.startsWith('OKTA', 'x', 1)",
        "app.clientId == 'x' ? user.email : 'y'",
        "user == null ? user.email : 'y'",
        "user != null || app.clientId == 'x' ? user.email : 'y'",
        "user.getInternalProperty('id')",
    ] {
        assert_eq!(remarked(value, &json!({})).len(), 1, "{value}");
    }
    assert_eq!(remarked("user?.email + appuser.userName", &json!({})), ["appuser"]);
}

#[test]
fn a_claim_that_asks_for_the_user_first_is_not_remarked() {
    for value in [
        "user?.department",
        "user != null ? user.email : app.clientId",
        "user == null ? app.clientId : user.email + user.department",
        "null != user && user.email == 'x'",
        "user == null || user.email == 'x'",
        "!(user == null) && user.email == 'x' ? user.email : null",
        "user != null && app.clientId == 'x' ? user.email : 'y'",
        "isMemberOfGroupName('x')",
        "app.clientId",
        "user?.groups.map(g => user.email)",
    ] {
        assert!(remarked(value, &json!({})).is_empty(), "{value}");
    }
}

#[test]
fn what_will_surprise_is_remarked_of_claims_and_conditions_where_they_stand() {
    let text = document(|document| {
        let server = &mut document["authorizationServers"][0];
        server["claims"].as_array_mut().unwrap().push(json!({
            "name": "made_up", "claimType": "IDENTITY", "valueType": "EXPRESSION",
            "value": "user.nickName.length()",
        }));
        server["policies"][0]["rules"][0]["conditions"]["elCondition"] =
            json!({"condition": "user.email != null && user.email matches 'ada.*'"});
    });
    let draft = draft(&text).unwrap();
    let told: Vec<(&str, &str)> = draft
        .remarks()
        .iter()
        .map(|told| (told.diagnostic.code.id, text.get(told.diagnostic.span.range()).unwrap()))
        .collect();
    assert_eq!(
        told,
        [("L0404", "nickName"), ("L0410", "user.email != null"), ("L0412", "'ada.*'")]
    );
}

#[test]
fn a_claim_that_no_service_can_reach_is_not_remarked() {
    for members in [
        json!({"claimType": "IDENTITY"}),
        json!({"status": "INACTIVE"}),
        json!({"conditions": {"scopes": ["admin:users"]}}),
    ] {
        assert!(remarked("user.department", &members).is_empty(), "{members}");
    }
    let scopes = json!({"conditions": {"scopes": ["read:customers"]}});
    assert_eq!(remarked("user.department", &scopes), ["user"]);
}

#[test]
fn urls_are_written_as_everybody_would() {
    for (url, normal) in [
        ("HTTPS://ID.Example.com:443/a", Some("https://id.example.com/a")),
        ("http://127.0.0.1:80", Some("http://127.0.0.1")),
        ("https://id.example.com:8443/%7Ea%2fb", Some("https://id.example.com:8443/~a%2Fb")),
        ("https://id.example.com/%", None),
        ("https://id.example.com/%+f", None),
        ("https://id.example.com/%\u{e9}0", None),
        ("ftp://id.example.com/", None),
        ("id.example.com", None),
    ] {
        assert_eq!(normalized(url).as_deref(), normal, "{url}");
    }
    let url = PublicUrl::new("https://ID.Example.com:443/").unwrap();
    assert_eq!(url.as_str(), "https://id.example.com");
}
