//! `/api/v1/logs`: what was recorded, in the order of time, of what is kept with the changes and of what
//! is written apart (decision 41).

use super::super::error::ManagementError;
use super::call::{Answer, Call};
use super::operation::{Operation, Parameter, Shape};
use super::polling::{Cursor, Poll};
use super::shape::FILTER;
use crate::administration::condition::Condition;
use crate::store::journal::{Order, Recorded, Seen, Span, moment, visit_events};
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
    FILTER,
    Parameter {
        name: "sortOrder",
        description: "whether the oldest comes first or the newest",
        schema: || json!({ "enum": ["ASCENDING", "DESCENDING"], "default": "ASCENDING" }),
    },
];

/// Members of an event in Okta's System Log. What members those have, the event says.
const MEMBERS: &[&str] = &[
    "actor",
    "authenticationContext",
    "client",
    "debugContext",
    "device",
    "displayMessage",
    "eventType",
    "legacyEventType",
    "outcome",
    "published",
    "request",
    "securityContext",
    "severity",
    "target",
    "transaction",
    "uuid",
    "version",
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
    let cursor = paging
        .after
        .map(|after| Cursor::read(&after))
        .map(|read| read.ok_or_else(ManagementError::invalid_cursor));
    let (span, poll) = part(&call, cursor.transpose()?)?;
    let wanted = Wanted::of(&call)?;
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let stores = [&call.surface.store, &call.surface.events];
    let goes_on = span.order == Order::Ascending && call.query("until").is_none();
    let mut look = Look { wanted, poll, told: Vec::new(), limit };
    let visited = visit_events(&stores, span, &mut |recorded| look.at(recorded)).await;
    let reached = visited.map_err(|error| {
        tracing::error!(%error, "the audit log could not be read");
        ManagementError::unavailable()
    })?;
    let Look { poll, told, .. } = look;
    // Who collects goes on from the end of it (Okta, System Log API, polling requests).
    let next = (goes_on || reached.is_some()).then(|| poll.ends(reached).text());
    Ok(call.list(told, next.as_deref()))
}

/// Which part of the log is asked for, and how it is told from there on.
fn part(call: &Call, cursor: Option<Cursor>) -> Result<(Span, Poll), ManagementError> {
    let now = call.surface.clock.microseconds();
    let order = order_of(call)?;
    let until = moment_of(call, "until")?;
    let since = moment_of(call, "since")?;
    // Who goes on does so from where they were, however long ago that is.
    let begin = match (since, &cursor) {
        (None, Some(_)) if order == Order::Ascending => 0,
        (since, _) => since.unwrap_or_else(|| now.saturating_sub(USUAL)).max(0),
    };
    // The keys of a moment come behind these.
    let (begin, end) = (moment(begin), moment(until.unwrap_or(i64::MAX).max(0)));
    Ok(match order {
        Order::Ascending => {
            let cursor = cursor.filter(|cursor| cursor.after > begin);
            let cursor = cursor.unwrap_or_else(|| Cursor::at(begin));
            let from = cursor.after.clone();
            let poll = if until.is_none() { Poll::at(cursor, now) } else { Poll::once(cursor) };
            (Span { from, to: end, order }, poll)
        }
        Order::Descending => {
            let from = cursor.map(|cursor| cursor.after).filter(|after| *after < end);
            let from = from.unwrap_or(end);
            // What goes on is what was reached, which is behind nothing.
            let poll = Poll::once(Cursor::at(String::new()));
            (Span { from, to: begin, order }, poll)
        }
    })
}

fn order_of(call: &Call) -> Result<Order, ManagementError> {
    match call.query("sortOrder") {
        None | Some("ASCENDING") => Ok(Order::Ascending),
        Some("DESCENDING") => Ok(Order::Descending),
        Some(_) => {
            let message = "Expected ASCENDING or DESCENDING.";
            Err(ManagementError::invalid_member("sortOrder", "sortOrder", message))
        }
    }
}

/// Which events are asked for.
struct Wanted {
    kind: String,
    words: Vec<String>,
    condition: Option<Condition>,
}

impl Wanted {
    fn of(call: &Call) -> Result<Self, ManagementError> {
        let words = call.query("q").unwrap_or_default();
        let condition = call.query("filter").map(|text| Condition::read(text, &is_attribute));
        Ok(Self {
            kind: call.query("eventType").unwrap_or("*").to_owned(),
            words: words.split_whitespace().map(str::to_lowercase).collect(),
            condition: condition.transpose().map_err(|_| ManagementError::no_condition())?,
        })
    }

    /// The event as it is told, if it is one of them.
    fn tell(&self, recorded: Recorded) -> Option<Value> {
        if !is_of(&recorded, &self.kind) || !has_words(&recorded, &self.words) {
            return None;
        }
        let told = told(recorded);
        let holds = |condition: &Condition| condition.holds(&told);
        self.condition.as_ref().is_none_or(holds).then_some(told)
    }
}

fn is_attribute(name: &str) -> bool {
    name.split('.').next().is_some_and(|member| MEMBERS.contains(&member))
}

/// What is told of the events that are looked at.
struct Look {
    wanted: Wanted,
    poll: Poll,
    told: Vec<Value>,
    limit: usize,
}

impl Look {
    fn at(&mut self, recorded: Recorded) -> Seen {
        let key = recorded.key.clone();
        if self.poll.passes(&key) {
            return Seen::GoOn;
        }
        let Some(event) = self.wanted.tell(recorded) else { return Seen::GoOn };
        if !self.poll.tells(&key) {
            return Seen::NotYet;
        }
        self.told.push(event);
        if self.told.len() >= self.limit { Seen::Last } else { Seen::GoOn }
    }
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
