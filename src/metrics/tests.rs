//! What is counted is told, in the form that Prometheus reads.

use super::*;
use std::collections::BTreeMap;

/// The values by name and labels, of a text that has every line in the right form.
fn parse(text: &str) -> BTreeMap<&str, f64> {
    let mut known = "";
    let mut values = BTreeMap::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# HELP ") {
            known = head.split(' ').next().unwrap();
        } else if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').unwrap();
            assert_eq!(name, known, "HELP and TYPE are of one name");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(known), "{line} is not of {known}");
            assert!(values.insert(name, value.parse().unwrap()).is_none(), "{line} twice");
        }
    }
    values
}

fn told(write: impl FnOnce(&mut Text)) -> String {
    let mut text = Text::default();
    write(&mut text);
    text.finish()
}

#[test]
fn everything_is_told_in_the_form_that_prometheus_reads() {
    let metrics = Metrics::new();
    metrics.requests.count(Some("/oauth2/{server}/v1/token"), "invalid_grant", 3_000_000);
    metrics.store_batches.observe(1);
    let text = told(|text| metrics.write(text));
    let values = parse(&text);
    let request = "claimsmith_requests_total{endpoint=\"token\",outcome=\"invalid_grant\"}";
    assert_eq!(values.get(request), Some(&1.0));
    assert_eq!(values.get("claimsmith_queue_length{queue=\"password\"}"), Some(&0.0));
    assert_eq!(values.get("claimsmith_audit_lost_total"), Some(&0.0));
    #[cfg(target_os = "linux")]
    assert!(values["process_resident_memory_bytes"] > 1e6);
}

#[test]
fn a_histogram_counts_each_duration_in_its_range_and_all_above() {
    let histogram = Histogram::new();
    for nanoseconds in [0, 50_000, 50_001, 999_999, 60_000_000_000, u64::MAX / 2] {
        histogram.observe(nanoseconds);
    }
    let text = told(|text| {
        text.head("h", "histogram", "help");
        histogram.write("h", &[("a", "b")], text);
    });
    let values = parse(&text);
    let within = |bound: &str| values[&*format!("h_bucket{{a=\"b\",le=\"{bound}\"}}")];
    assert_eq!(within("0.00005"), 2.0);
    assert_eq!(within("0.0001"), 3.0);
    assert_eq!(within("0.001"), 4.0);
    assert_eq!(within("10"), 4.0);
    assert_eq!(within("+Inf"), 6.0);
    assert_eq!(values["h_count{a=\"b\"}"], 6.0);
    assert!(values["h_sum{a=\"b\"}"] > 60.0);
    assert_eq!(histogram.count(), 6);
}

#[test]
fn no_request_makes_a_label_of_its_own() {
    let requests = Requests::new();
    requests.count(Some("/oauth2/{server}/v1/token"), "ok", 1);
    requests.count(Some("/oauth2/v1/token"), "ok", 1);
    requests.count(Some("/api/v1/users/{id}"), "whatever a client thinks of", 1);
    requests.count(Some("/oauth2/{server}/.well-known/oauth-authorization-server"), "ok", 1);
    requests.count(Some("/oauth2/{server}/.well-known/openid-configuration"), "ok", 1);
    requests.count(None, "not_found", 1);
    let text = told(|text| requests.write(text));
    let values = parse(&text);
    let count = |endpoint: &str, outcome: &str| {
        let name =
            format!("claimsmith_requests_total{{endpoint=\"{endpoint}\",outcome=\"{outcome}\"}}");
        values.get(&*name).copied()
    };
    assert_eq!(count("token", "ok"), Some(2.0));
    assert_eq!(count("management", "client_error"), Some(1.0));
    assert_eq!(count("metadata", "ok"), Some(2.0));
    assert_eq!(count("other", "not_found"), Some(1.0));
}

#[test]
fn an_outcome_without_a_code_is_the_class_of_its_status() {
    for (status, outcome) in [
        (200, "ok"),
        (302, "redirect"),
        (400, "client_error"),
        (404, "not_found"),
        (429, "rate_limited"),
        (431, "client_error"),
        (500, "failure"),
        (503, "failure"),
    ] {
        assert_eq!(outcome_of_status(status), outcome);
    }
}
