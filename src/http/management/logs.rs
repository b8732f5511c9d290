//! `/api/v1/logs`: what was recorded, in the order of time, of what is kept with the changes and of what
//! is written apart (decision 41).

use super::super::error::ManagementError;
use super::call::{Answer, Call};
use super::operation::{Operation, Parameter, Shape};
use crate::store::journal::{Recorded, list_events, moment};
use claimsmith_runtime::time::{DateTime, Zone, read};
use serde_json::{Value, json};

const DAY: i64 = 24 * 3600 * 1_000_000;

/// How far back is looked where nothing is said, in microseconds.
const USUAL: i64 = 7 * DAY;

/// What there is to be done with it.
pub(super) fn operations() -> Vec<Operation> {
    let list = Operation::list("/api/v1/logs", "listLogEvents", SHAPE, list);
    vec![list.asking(PARAMETERS)]
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

const PARAMETERS: &[Parameter] = &[
    Parameter { name: "since", description: "not before this moment", schema: time },
    Parameter { name: "until", description: "before this moment", schema: time },
    Parameter {
        name: "q",
        description: "words that must all be somewhere in an event",
        schema: || json!({ "type": "string", "maxLength": 400 }),
    },
    Parameter {
        name: "eventType",
        description: "the name of the event, or what it begins with and `*`",
        schema: || json!({ "type": "string" }),
    },
];

const SHAPE: Shape = Shape {
    name: "LogEvent",
    schema: || {
        let open = json!({ "type": ["object", "null"] });
        json!({
            "type": "object",
            "required": ["uuid", "published", "eventType", "version", "severity", "outcome"],
            "properties": {
                "uuid": { "type": "string" },
                "published": time(),
                "eventType": { "type": "string" },
                "version": { "const": "0" },
                "severity": { "enum": ["DEBUG", "INFO", "WARN", "ERROR"] },
                "displayMessage": { "type": "string" },
                "outcome": {
                    "type": "object",
                    "required": ["result"],
                    "properties": {
                        "result": { "enum": ["SUCCESS", "FAILURE", "SKIPPED", "ALLOW", "DENY", "CHALLENGE", "UNKNOWN"] },
                        "reason": { "type": ["string", "null"] },
                    },
                },
                "actor": open,
                "client": open,
                "transaction": open,
                "debugContext": open,
                "target": { "type": ["array", "null"], "items": { "type": "object" } },
            },
        })
    },
};

/// `GET /api/v1/logs`
async fn list(call: Call) -> Answer {
    let paging = call.paging(100, 1000)?;
    let now = call.surface.clock.microseconds();
    let until = moment_of(&call, "until")?.unwrap_or(i64::MAX);
    let since = moment_of(&call, "since")?.unwrap_or_else(|| now.saturating_sub(USUAL));
    // The keys of a moment come behind this.
    let begin = moment(since.max(0));
    let after = paging.after.filter(|after| *after > begin).unwrap_or(begin);
    let words: Vec<String> =
        call.query("q").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let kind = call.query("eventType").unwrap_or("*").to_owned();
    let wanted = |recorded: &Recorded| is_of(recorded, &kind) && has_words(recorded, &words);
    let stores = [&call.surface.store, &call.surface.events];
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let listed = list_events(&stores, &after, until, limit, &wanted).await;
    let (events, next) = listed.map_err(|error| {
        tracing::error!(%error, "the audit log could not be read");
        ManagementError::unavailable()
    })?;
    Ok(call.list(events.into_iter().map(told).collect(), next.as_deref()))
}

fn moment_of(call: &Call, name: &'static str) -> Result<Option<i64>, ManagementError> {
    let Some(text) = call.query(name) else { return Ok(None) };
    let message = "Expected a moment as RFC 3339 writes it.";
    let moment = read(text).map(DateTime::microseconds);
    moment.map(Some).ok_or_else(|| ManagementError::invalid_member(name, name, message))
}

fn is_of(recorded: &Recorded, kind: &str) -> bool {
    let name = recorded.event.get("eventType").and_then(Value::as_str).unwrap_or_default();
    match kind.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == kind,
    }
}

fn has_words(recorded: &Recorded, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = recorded.event.to_string().to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn told(recorded: Recorded) -> Value {
    let Recorded { key, at, mut event } = recorded;
    let published = DateTime::new(at, Zone::UTC).map(DateTime::text);
    let name = event.get("eventType").cloned().unwrap_or_default();
    // Of one request all events have one transaction.
    let request = event.pointer("/debugContext/debugData/requestId").and_then(Value::as_str);
    let transaction = request.unwrap_or(&key).to_owned();
    if let Value::Object(event) = &mut event {
        let members = [
            ("uuid", json!(key)),
            ("published", json!(published)),
            ("version", json!("0")),
            ("displayMessage", name),
            ("transaction", json!({ "type": "WEB", "id": transaction, "detail": {} })),
        ];
        event.extend(members.map(|(name, value)| (name.to_owned(), value)));
    }
    event
}
