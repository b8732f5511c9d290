//! Files of tests that say something wrong are pointed at, answers are held against what is expected,
//! and results are XML whatever they are called.

use super::*;
use crate::grant::preview::{PreviewRequest, preview};
use crate::publish::fixture;
use serde_json::json;

fn problems(text: &str) -> Vec<(String, String)> {
    let told = |problem: crate::publish::Problem| (problem.path, problem.diagnostic.message);
    read_suite(text.as_bytes()).unwrap_err().into_iter().map(told).collect()
}

#[test]
fn everything_wrong_with_a_file_is_told_with_its_place() {
    let text = json!({
        "server": "internal",
        "tests": [
            {"client": "web-app", "expect": {"error": "access_denied"}},
            {"name": "no expectation", "client": "web-app", "expect": {}},
            {"name": "both", "client": "web-app",
             "expect": {"error": "access_denied", "accessToken": {"with": ["sub"]}}},
            {"name": "a word too many", "client": "web-app", "scopes": "openid",
             "expect": {"refreshToken": "yes"}},
        ],
        "at": 3,
    });
    let told = problems(&text.to_string());
    let paths: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
    for path in [
        "tests[0]",
        "tests[1].expect",
        "tests[2].expect.accessToken",
        "tests[3].scopes",
        "tests[3].expect.refreshToken",
        "at",
    ] {
        assert!(paths.contains(&path), "{path} is not blamed: {told:?}");
    }
    assert_eq!(problems("[")[0].0, "");
    assert!(read_suite(b"{\"tests\": []}").is_ok());
}

/// How the answer to a request of Ada by the demo's web application differs.
fn mismatches(scope: &str, expect: &serde_json::Value) -> Vec<String> {
    let published = fixture::publish(&fixture::document(|_| {}));
    let text = json!({"server": "internal", "tests": [
        {"name": "t", "client": "web-app", "user": "ada@example.com", "scope": scope,
         "expect": expect},
    ]});
    let suite = read_suite(text.to_string().as_bytes()).unwrap();
    let case = &suite.cases[0];
    let index = published.directory().find_user_by_login("ada@example.com").unwrap();
    let request = PreviewRequest {
        client_id: case.client.clone(),
        person: published.records().person(index).cloned(),
        scope: case.scope.clone(),
        ..PreviewRequest::default()
    };
    let server = published.find_server(&case.server).unwrap();
    let answer = preview(&published, server, &request, 1_700_000_000);
    judge(&case.expectation, &answer).iter().map(ToString::to_string).collect()
}

#[test]
fn an_answer_that_is_as_expected_has_no_difference() {
    let expect = json!({
        "rule": "People / Administrators",
        "scopes": ["read:customers", "openid"],
        "accessToken": {"claims": {"employeeType": "FULL_TIME", "roles": ["admin", "auditor"]},
                        "with": ["sub"], "without": ["payment_desk"], "minutes": 15},
        "idToken": {"with": ["sub"], "without": ["name"]},
        "refreshToken": false,
    });
    assert_eq!(mismatches("openid read:customers", &expect), Vec::<String>::new());
}

#[test]
fn each_difference_is_told_with_what_was_found() {
    let expect = json!({
        "rule": "Customers",
        "scopes": "openid",
        "accessToken": {"claims": {"employeeType": "INTERN", "shoe": 44}, "with": ["shoe"],
                        "without": ["sub"], "minutes": 60},
        "idToken": null,
        "refreshToken": true,
    });
    let told = mismatches("openid read:customers", &expect);
    assert_eq!(
        told,
        [
            "rule: expected Customers, found People / Administrators",
            "scopes: expected openid, found openid read:customers",
            "accessToken.claims.employeeType: expected \"INTERN\", found \"FULL_TIME\"",
            "accessToken.claims.shoe: expected 44, found no such claim",
            "accessToken.with.shoe: expected a claim, found no such claim",
            "accessToken.without.sub: expected no such claim, found \"ada\"",
            "accessToken.minutes: expected 60, found 15",
            "idToken: expected none, found one",
            "refreshToken: expected one, found none",
        ]
    );
    let told = mismatches("read:customers", &json!({"error": "access_denied"}));
    assert_eq!(
        told,
        ["error: expected access_denied, found none, but tokens by People / Administrators"]
    );
    let told = mismatches("nothing:known", &json!({"scopes": "nothing:known"}));
    assert!(told[0].starts_with("error: expected none, found invalid_scope"), "{told:?}");
}

#[test]
fn what_is_written_for_build_servers_is_xml_whatever_it_is_called() {
    let mismatch = Mismatch {
        what: "error".to_owned(),
        expected: "\"<none>\"".to_owned(),
        found: "a\u{1}&b\nc".to_owned(),
    };
    let tests =
        vec![("fine".to_owned(), Vec::new()), ("<odd> & \"so\"".to_owned(), vec![mismatch])];
    let xml = junit(&[("orders.json".to_owned(), tests)]);
    assert!(xml.contains("<testsuites tests=\"2\" failures=\"1\">"), "{xml}");
    assert!(xml.contains("name=\"&lt;odd&gt; &amp; &quot;so&quot;\""), "{xml}");
    assert!(xml.contains("found a\u{fffd}&amp;b&#10;c</failure>"), "{xml}");
}
