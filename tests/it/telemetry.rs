//! What a server tells a collector of OpenTelemetry: the spans of a request, in the trace that it came
//! with, and the figures that it counts.

use crate::support::server::{Server, claimsmith};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// A collector: what it was sent, head and body.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if sender.send(take(stream.unwrap())).is_err() {
                break;
            }
        }
    });
    (url, received)
}

/// Reads a request and takes it.
fn take(mut stream: TcpStream) -> (String, Vec<u8>) {
    let (mut read, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        let n_read = stream.read(&mut buffer).unwrap();
        assert!(n_read > 0, "the request has no end");
        read.extend_from_slice(&buffer[..n_read]);
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(read[..end].to_vec()).unwrap().to_ascii_lowercase();
        let mut lines = head.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if read.len() >= end + 4 + length.parse::<usize>().unwrap() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            return (head, read.split_off(end + 4));
        }
    }
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// What the span of the request is called, and what it is counted as.
const REQUEST: &str = "POST /oauth2/{server}/v1/token";
const COUNTED: &str = "invalid_client";

/// Has a server be asked and end; what it told until then.
fn told() -> Vec<(String, Vec<u8>)> {
    let (url, received) = collector();
    let folder = TempDir::new().unwrap();
    let server = Server::start(
        claimsmith()
            .args(["serve", "--demo", "--telemetry-endpoint", &url])
            .args(["--telemetry-service", "id of the tests"])
            .env("CLAIMSMITH_TELEMETRY_HEADER", "X-Key=hush")
            .env("CLAIMSMITH_DEMO_SECRET_BILLING_SERVICE", "a-secret-of-the-tests")
            .current_dir(folder.path()),
    );
    let form = "grant_type=client_credentials&client_id=web-app&client_secret=guessed-by-somebody";
    let answer = server.send(&format!(
        "POST /oauth2/internal/v1/token?probe=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         traceparent: 00-{TRACE}-{PARENT}-01\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    server.signal("TERM");
    let mut all = Vec::new();
    // Some is told while it starts, and the rest when it ends.
    while let Ok(one) = received.recv_timeout(Duration::from_secs(60)) {
        all.push(one);
        let tells = |path: &str, what: &str| {
            all.iter().any(|(head, body)| {
                let is_said = body.windows(what.len()).any(|part| part == what.as_bytes());
                head.starts_with(path) && is_said
            })
        };
        if tells("post /v1/traces ", REQUEST) && tells("post /v1/metrics ", COUNTED) {
            break;
        }
    }
    all
}

#[test]
fn a_request_is_a_span_of_the_trace_it_came_with_and_is_counted() {
    let told = told();
    let at = |path: &str| {
        let found = told.iter().filter(|(head, _)| head.starts_with(&format!("post {path} ")));
        found.map(|(_, body)| body.as_slice()).collect::<Vec<_>>()
    };
    for (head, body) in &told {
        assert!(head.contains("x-key: hush"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        for secret in ["guessed-by-somebody", "a-secret-of-the-tests", "probe"] {
            let is_told = body.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_told, "{secret}");
        }
    }
    let traces = at("/v1/traces").into_iter().map(ExportTraceServiceRequest::decode);
    let resources = traces.flat_map(|sent| sent.unwrap().resource_spans).collect::<Vec<_>>();
    let service = text(&resources[0].resource.as_ref().unwrap().attributes, "service.name");
    assert_eq!(service, Some("id of the tests"));
    let scopes = resources.iter().flat_map(|resource| &resource.scope_spans);
    let spans: Vec<&Span> = scopes.flat_map(|scope| &scope.spans).collect();
    let request = spans.iter().find(|span| span.name == REQUEST);
    let request = request.unwrap_or_else(|| panic!("{spans:?}"));
    assert_eq!(
        (hex(&request.trace_id), hex(&request.parent_span_id)),
        (TRACE.into(), PARENT.into())
    );
    assert_eq!(text(&request.attributes, "http.request.method"), Some("POST"));
    let status = request.attributes.iter().find(|one| one.key == "http.response.status_code");
    let status = status.unwrap().value.clone().unwrap().value;
    assert_eq!(status, Some(any_value::Value::IntValue(401)));

    let sent = at("/v1/metrics").into_iter().map(ExportMetricsServiceRequest::decode);
    let resources = sent.flat_map(|sent| sent.unwrap().resource_metrics).collect::<Vec<_>>();
    let scopes = resources.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let sums = metrics.filter_map(|metric| match &metric.data {
        Some(metric::Data::Sum(sum)) if metric.name == "claimsmith_requests_total" => Some(sum),
        _ => None,
    });
    let mut points = sums.flat_map(|sum| &sum.data_points);
    let is_counted = points.any(|one| text(&one.attributes, "outcome") == Some(COUNTED));
    assert!(is_counted, "{resources:?}");
}

#[test]
fn a_collector_that_is_not_there_keeps_nobody_from_a_token_and_a_wrong_setting_starts_nothing() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(
        claimsmith()
            .args(["serve", "--demo", "--telemetry-endpoint", "http://127.0.0.1:1"])
            .current_dir(folder.path()),
    );
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
    drop(server);
    let output = claimsmith()
        .args(["serve", "--demo", "--telemetry-endpoint", "http://127.0.0.1:1"])
        .args(["--telemetry-header", "nothing"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--telemetry-header is NAME=VALUE"), "{said}");
}
