//! The log as those ask who search it, and those who collect it (Okta, System Log API).

use super::people::Office;
use super::*;
use crate::audit::{About, Event, EventType, Outcome};
use crate::store::journal::event_row;

const LOGS: &str = "/api/v1/logs";
const SECOND: i64 = 1_000_000;

/// Somebody, and the server that they came to.
fn about(user: &str) -> About {
    let [user, server] = [user, "internal"].map(|id| Some(id.to_owned()));
    About { user, server, address: Some([198, 51, 100, 7].into()), ..About::default() }
}

impl World {
    /// Writes that somebody signed in so many microseconds after the start of the test.
    fn signed_in(&self, user: &str, offset: i64) {
        let outcome = match user {
            "00u2" => Outcome::Failure("VERIFICATION_ERROR".to_owned()),
            _ => Outcome::Success,
        };
        let event_type =
            if user == "00u3" { EventType::TokenRevoked } else { EventType::SessionStarted };
        let about = about(user);
        let event = Event { event_type, outcome, about: &about };
        let row = event_row(&event, NOW * SECOND + offset, &self.surface.random);
        self.runtime.block_on(self.surface.events.batch(vec![Op::Insert(row)])).unwrap();
    }
}

/// Who signed in, as a part of the log tells it.
fn users(events: &Value) -> Vec<String> {
    let user = |event: &Value| text_of(&event["target"][0]["id"]);
    events.as_array().unwrap().iter().map(user).collect()
}

/// A part of the log, and where the next begins.
fn part(office: &Office, path: &str) -> (Vec<String>, Option<String>) {
    let answer = office.ask(Method::GET, path, &Value::Null);
    let events = users(&answer.expect(200));
    let links = answer.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
    let mut next = links.filter_map(|link| link.strip_suffix(">; rel=\"next\""));
    let next = next.next().map(|next| next.strip_prefix(&format!("<{URL}")).unwrap().to_owned());
    (events, next)
}

/// Everything as it is once all have signed in, a second apart.
fn office() -> Office {
    let office = Office::open();
    for (user, offset) in [("00u1", 0), ("00u2", 1), ("00u3", 2), ("00u4", 3)] {
        office.world.signed_in(user, offset * SECOND);
    }
    office.world.surface.clock.advance(60);
    office
}

#[test]
fn a_filter_asks_for_members_of_an_event_and_one_that_is_none_is_refused() {
    let office = office();
    let since = "2023-11-17T12:13:20Z";
    for (filter, expected) in [
        ("eventType eq \"user.session.start\"", &["00u1", "00u2", "00u4"][..]),
        ("eventType sw \"app.oauth2.\" and severity eq \"INFO\"", &["00u3"]),
        ("not (eventType eq \"user.session.start\")", &["00u3"]),
        ("outcome.result ne \"SUCCESS\"", &["00u2"]),
        ("outcome.reason pr or target.id eq \"00u4\"", &["00u2", "00u4"]),
        ("target.id eq \"internal\" and target.type eq \"AuthorizationServer\"", &USERS),
        (
            "actor.id eq \"00u1\" or (actor.type eq \"User\" and target.id eq \"00u4\")",
            &["00u1", "00u4"],
        ),
        (
            "client.ipAddress sw \"198.51.\" and published gt \"2023-11-17T12:13:21.000Z\"",
            &["00u3", "00u4"],
        ),
        ("transaction.id pr and debugContext.debugData.nosuch pr", &[]),
        ("securityContext.asNumber eq 1", &[]),
        ("displayMessage co \"REVOKE\" and version eq \"0\"", &["00u3"]),
    ] {
        let path = format!("{LOGS}?since={since}&filter={}", percent(filter));
        assert_eq!(part(&office, &path).0, expected, "{filter}");
    }
    let first = office.get(&format!("{LOGS}?since={since}&limit=1"));
    let filter = percent(&format!("uuid eq {}", first[0]["uuid"]));
    assert_eq!(users(&office.get(&format!("{LOGS}?filter={filter}&q=00u1"))), ["00u1"]);
    for wrong in ["this is not a filter", "eventType", "nosuch eq \"x\"", "eventType eq x"] {
        let path = format!("{LOGS}?filter={}", percent(wrong));
        let answer = office.ask(Method::GET, &path, &Value::Null);
        answer.is_management_error(400, "E0000031", "Invalid search criteria.");
    }
}

const USERS: [&str; 4] = ["00u1", "00u2", "00u3", "00u4"];

#[test]
fn the_newest_comes_first_where_that_is_asked_and_pages_go_back_to_the_oldest() {
    let office = office();
    let backwards = ["00u4", "00u3", "00u2", "00u1"];
    let since = "since=2023-11-17T12:13:20Z";
    let (all, next) = part(&office, &format!("{LOGS}?{since}&sortOrder=DESCENDING"));
    assert_eq!((all, next), (backwards.map(str::to_owned).to_vec(), None));
    let of = |query: &str| part(&office, &format!("{LOGS}?sortOrder=DESCENDING&{query}")).0;
    assert_eq!(of("since=2023-11-17T12:13:21Z&until=2023-11-17T12:13:23Z"), ["00u3", "00u2"]);
    assert_eq!(of("eventType=user.session.start&limit=2"), ["00u4", "00u2"]);
    let (mut paged, mut next) =
        (Vec::new(), Some(format!("{LOGS}?{since}&limit=1&sortOrder=DESCENDING")));
    while let Some(path) = next {
        let (events, behind) = part(&office, &path);
        // What happens meanwhile is no part of what is gone back through.
        office.world.signed_in("00u5", 61 * SECOND);
        paged.extend(events);
        next = behind;
    }
    assert_eq!(paged, backwards);
    let path = format!("{LOGS}?{since}&sortOrder=ASCENDING&until=2023-11-17T12:14:00Z");
    assert_eq!(part(&office, &path), (USERS.map(str::to_owned).to_vec(), None));
    for wrong in ["descending", "UP"] {
        let path = format!("{LOGS}?sortOrder={wrong}");
        let answer = office.ask(Method::GET, &path, &Value::Null);
        answer.is_caused(400, "E0000001", "sortOrder: Expected ASCENDING or DESCENDING.");
    }
}

#[test]
fn who_collects_goes_on_from_the_end_and_loses_nothing_that_is_written_late() {
    let office = office();
    let world = &office.world;
    let poll = |path: &str| {
        let (events, next) = part(&office, path);
        (events, next.expect("there is always a next part"))
    };
    let (events, next) = poll(&format!("{LOGS}?filter=client.ipAddress+sw+%22198.51.%22"));
    assert_eq!(events, USERS);
    assert_eq!(poll(&next).0, [""; 0]);
    // One happened, and another before it, that is written only after the first was told.
    world.signed_in("00u7", 59 * SECOND);
    let (events, next) = poll(&next);
    assert_eq!(events, ["00u7"]);
    world.signed_in("00u6", 58 * SECOND);
    let (events, next) = poll(&next);
    assert_eq!(events, ["00u6"]);
    let (events, next) = poll(&next);
    assert_eq!(events, [""; 0]);
    // The same place serves as well when it is asked for long after.
    world.surface.clock.advance(9 * 24 * 3600);
    world.signed_in("00u8", 61 * SECOND);
    let (events, next) = poll(&next);
    assert_eq!(events, ["00u8"]);
    let (events, next) = poll(&next);
    assert_eq!(events, [""; 0]);
    // Who sets an end comes to it.
    let (events, end) = part(&office, &format!("{next}&until=2023-11-18T00:00:00Z"));
    assert_eq!((events.len(), end), (0, None));
    let answer = office.ask(Method::GET, &format!("{LOGS}?after=eHg"), &Value::Null);
    answer.is_caused(400, "E0000029", "Invalid cursor.");
}

#[test]
fn part_by_part_each_event_is_collected_once() {
    let office = Office::open();
    let mut next =
        format!("{LOGS}?since=2023-11-17T12:13:00Z&limit=3&eventType=user.session.start");
    let mut collected = Vec::new();
    for index in 0..40 {
        // Four seconds before or just now: what comes late lies between what was told.
        office.world.signed_in(&format!("00ux{index}"), (index - 4 * (index % 2)) * SECOND);
        office.world.surface.clock.advance(1);
        let (events, behind) = part(&office, &next);
        assert!(behind.as_ref().is_some_and(|next| next.len() < 500), "{behind:?}");
        collected.extend(events);
        next = behind.unwrap();
    }
    let expected: Vec<String> = (0..40).map(|index| format!("00ux{index}")).collect();
    assert_eq!(collected, expected);
}
