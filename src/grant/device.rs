//! Devices without a browser: a code that the device polls with, and a short one that a person types
//! elsewhere (RFC 8628, authorization-server §2.7).

use super::family::{self, Beginning, UserGrant};
use super::record::Record;
use super::{
    AllowedGrant, Endpoint, Issued, Presented, Refusal, Request, Surroundings, authenticate,
    choose_audience, find_server, scope,
};
use crate::audit::EventType;
use crate::publish::{Published, RunningServer};
use crate::random::Random;
use crate::store::{BatchOutcome, Op, Row, Store};
use crate::token::opaque::{generate_secret, lookup_hash};
use serde::{Deserialize, Serialize};

/// The grant type (RFC 8628 §3.4).
pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The kind of the rows; their key is the hash of the device code.
pub const DEVICE: &str = "device";
/// The kind of the rows that lead from a user code to its device; their key is its hash.
pub const USER_CODE: &str = "user-code";

/// How long a person has, in seconds.
const SECONDS: i64 = 600;
/// How long after that a device is told so, in seconds.
const REMEMBERED: i64 = 600;
/// How often a device may ask at first, in seconds, and what is added when it asks more often.
const INTERVAL: i64 = 5;

/// Letters of a user code: consonants that are not mistaken for one another and spell no words
/// (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 8;
/// The largest multiple of 20 that a byte can hold.
const FAIR: u8 = 240;

/// Most devices of one client that wait at a time.
const WAITING: u32 = 1000;

/// How often another user code is tried when one is taken.
const ATTEMPTS: usize = 4;

/// What a device asked for and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The id of the server.
    pub server: String,
    /// The client id.
    pub client: String,
    /// As asked; empty is the default scopes.
    pub scopes: Vec<String>,
    /// One audience of the server.
    pub audience: String,
    /// The hash of the user code.
    user_code: String,
    ends_at: i64,
    interval: i64,
    polled_at: Option<i64>,
    answer: DeviceAnswer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum DeviceAnswer {
    Pending,
    Denied,
    Granted(Box<UserGrant>),
}

/// What a device shows and polls with (RFC 8628 §3.2). Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    pub device_code: String,
    /// `XXXX-XXXX`.
    pub user_code: String,
    /// Seconds.
    pub expires_in: i64,
    /// Seconds.
    pub interval: i64,
}

impl std::fmt::Debug for DeviceAuthorization {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DeviceAuthorization")
    }
}

/// Begins what a person is to allow elsewhere.
///
/// # Errors
/// A client that is not proven or may not use devices, a scope or audience that is not there.
pub async fn authorize_device(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
) -> Result<DeviceAuthorization, Refusal> {
    let mut record = Record::begin(&presented);
    let begun = begin_device(published, server_id, presented, around, &mut record).await;
    record.told(EventType::AuthorizationRefused, begun, around).await
}

async fn begin_device(
    published: &Published,
    server_id: &str,
    presented: Presented,
    around: &Surroundings<'_>,
    record: &mut Record,
) -> Result<DeviceAuthorization, Refusal> {
    let server = find_server(published, server_id)?;
    record.at(server);
    let request = Request::new(presented)?;
    let endpoint = Endpoint::new(published, server, "device/authorize", "POST");
    let client = authenticate(published, &request, &endpoint, around).await?;
    record.of(client);
    let application = client.application();
    if !application.grant_types.iter().any(|grant| grant == DEVICE_CODE) {
        return Err(Refusal::unauthorized_client(&application.grant_types));
    }
    let scopes = scope::parse(request.form().find("scope").unwrap_or_default())?;
    if !scopes.iter().all(|scope| server.rules().has_scope(scope)) {
        return Err(Refusal::unknown_scopes());
    }
    let audience = choose_audience(server.definition(), request.form())?;
    let at = check_number(&application.client_id, around).await?;
    for _ in 0..ATTEMPTS {
        let (device_code, user_code) = (generate_secret(around.random), user_code(around.random));
        let asked = DeviceRequest {
            server: server.definition().id.clone(),
            client: application.client_id.clone(),
            scopes: scopes.clone(),
            audience: audience.to_owned(),
            user_code: user_code_key(&user_code),
            ends_at: at.saturating_add(SECONDS),
            interval: INTERVAL,
            polled_at: None,
            answer: DeviceAnswer::Pending,
        };
        let key = lookup_hash(DEVICE, &device_code);
        let leading = Row::new(USER_CODE, &asked.user_code, key.clone().into_bytes());
        let leading = leading.expiring_at(asked.ends_at);
        let ops = vec![Op::Insert(asked.row(&key)?), Op::Insert(leading)];
        if around.store.batch(ops).await?.value == BatchOutcome::Applied {
            let (expires_in, interval) = (SECONDS, INTERVAL);
            return Ok(DeviceAuthorization { device_code, user_code, expires_in, interval });
        }
    }
    Err(Refusal::too_busy("every user code that was tried is taken"))
}

/// A fresh user code: 34 bits, which a person types within ten minutes.
fn user_code(random: &Random) -> String {
    let mut code = String::with_capacity(USER_CODE_LETTERS + 1);
    let mut n_letters = 0;
    while n_letters < USER_CODE_LETTERS {
        let mut byte = [0];
        random.fill(&mut byte);
        let [byte] = byte;
        let letter = LETTERS.get(usize::from(byte) % LETTERS.len());
        let Some(letter) = letter.filter(|_| byte < FAIR) else { continue };
        if n_letters == USER_CODE_LETTERS / 2 {
            code.push('-');
        }
        code.push(char::from(*letter));
        n_letters += 1;
    }
    code
}

/// Under what a user code is found, however a person types it: case, spaces and dashes do not count.
fn user_code_key(typed: &str) -> String {
    let letters: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    lookup_hash(USER_CODE, &letters)
}

fn client_tag(client_id: &str) -> String {
    format!("client:{client_id}")
}

/// A client whose devices wait in such numbers that codes could be guessed, or that the store is
/// filled with them, gets no more for a while. Answers the time of the store, in seconds since 1970.
async fn check_number(client_id: &str, around: &Surroundings<'_>) -> Result<i64, Refusal> {
    let listed = around.store.list_by_tag(DEVICE, &client_tag(client_id), None, WAITING).await?;
    let now = listed.seconds();
    let waits = |row: &&Row| row.expires_at.is_some_and(|end| now < end.saturating_sub(REMEMBERED));
    let n_waiting = listed.value.iter().filter(waits).count();
    if n_waiting < WAITING as usize { Ok(now) } else { Err(Refusal::too_many_user_codes()) }
}

impl DeviceRequest {
    fn row(&self, key: &str) -> Result<Row, Refusal> {
        let row = Row::new(DEVICE, key, family::encode(self)?);
        let row = match &self.answer {
            // What a person granted ends with them, before the device comes for it too.
            DeviceAnswer::Granted(grant) => grant.tag(row),
            DeviceAnswer::Pending | DeviceAnswer::Denied => {
                row.tagged(client_tag(&self.client)).tagged(format!("server:{}", self.server))
            }
        };
        Ok(row.expiring_at(self.ends_at.saturating_add(REMEMBERED)))
    }
}

/// A device that waits for a person, found by the code they typed.
#[derive(Clone, Debug)]
pub struct WaitingDevice {
    pub request: DeviceRequest,
    key: String,
    generation: i64,
}

/// The device whose user code a person typed, if it still waits.
///
/// # Errors
/// That the store failed.
pub async fn find_device(
    around: &Surroundings<'_>,
    typed: &str,
) -> Result<Option<WaitingDevice>, Refusal> {
    let leading = around.store.find(USER_CODE, &user_code_key(typed)).await?.value;
    let Some(leading) = leading else { return Ok(None) };
    waiting(around.store, &String::from_utf8(leading.bytes).unwrap_or_default()).await
}

async fn waiting(store: &Store, key: &str) -> Result<Option<WaitingDevice>, Refusal> {
    let waits = |found: &Kept| {
        found.request.answer == DeviceAnswer::Pending && found.at < found.request.ends_at
    };
    Ok(find(store, key).await?.filter(waits).map(|found| WaitingDevice {
        request: found.request,
        key: key.to_owned(),
        generation: found.generation,
    }))
}

impl WaitingDevice {
    /// The same device as it waits now, if it still does: its polls are noted in the same row.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn as_it_is(&self, store: &Store) -> Result<Option<Self>, Refusal> {
        waiting(store, &self.key).await
    }

    /// What keeps that the person allowed it, to be applied with whatever led to it. The grant is
    /// that of this request, and its grant type that of devices.
    ///
    /// # Errors
    /// `server_error` where it cannot be written down.
    pub fn grant(&self, grant: UserGrant) -> Result<Vec<Op>, Refusal> {
        self.answer(DeviceAnswer::Granted(Box::new(grant)))
    }

    /// What keeps that the person said no.
    ///
    /// # Errors
    /// `server_error` where it cannot be written down.
    pub fn deny(&self) -> Result<Vec<Op>, Refusal> {
        self.answer(DeviceAnswer::Denied)
    }

    fn answer(&self, answer: DeviceAnswer) -> Result<Vec<Op>, Refusal> {
        let request = DeviceRequest { answer, ..self.request.clone() };
        let row = request.row(&self.key)?;
        let (kind, key) = (USER_CODE.to_owned(), request.user_code);
        Ok(vec![
            Op::Replace { row, expected: self.generation },
            Op::Delete { kind, key, expected: None },
        ])
    }
}

/// A request of a device as it is kept.
struct Kept {
    request: DeviceRequest,
    generation: i64,
    /// The time of the store, in seconds since 1970.
    at: i64,
}

async fn find(store: &Store, key: &str) -> Result<Option<Kept>, Refusal> {
    let found = store.find(DEVICE, key).await?;
    let at = found.seconds();
    let Some(row) = found.value else { return Ok(None) };
    Ok(Some(Kept { request: family::decode(&row.bytes)?, generation: row.generation, at }))
}

/// The device asks whether its person has answered (RFC 8628 §3.4, §3.5).
pub(super) async fn poll(
    allowed: &AllowedGrant<'_>,
    server: &RunningServer,
    request: &Request,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let secret = request.form().find("device_code");
    let secret = secret.ok_or_else(|| Refusal::missing("device_code"))?;
    let key = lookup_hash(DEVICE, secret);
    let kept = find(around.store, &key).await?.ok_or_else(Refusal::unknown_device_code)?;
    let asked = &kept.request;
    if asked.client != allowed.client.application().client_id {
        return Err(Refusal::grant_of_another_client());
    }
    if asked.server != server.definition().id {
        return Err(Refusal::grant_of_another_server());
    }
    if kept.at >= asked.ends_at {
        return Err(Refusal::expired_device_code());
    }
    match &asked.answer {
        DeviceAnswer::Denied => Err(Refusal::denied_by_owner()),
        DeviceAnswer::Pending => Err(note_poll(&kept, &key, around).await?),
        DeviceAnswer::Granted(grant) => {
            let expected = Some(kept.generation);
            let spend = Op::Delete { kind: DEVICE.to_owned(), key, expected };
            let (grant, at) = (UserGrant::clone(grant), kept.at);
            let beginning = Beginning { grant, secret, nonce: None, spend, at };
            let begun = family::begin(allowed, server, beginning, around).await?;
            begun.ok_or_else(Refusal::unknown_device_code)
        }
    }
}

/// Notes when a device asked. One that does not wait is told to wait longer.
async fn note_poll(kept: &Kept, key: &str, around: &Surroundings<'_>) -> Result<Refusal, Refusal> {
    let asked = &kept.request;
    let waited = asked.polled_at.is_none_or(|polled| kept.at - polled >= asked.interval);
    let interval = if waited { asked.interval } else { asked.interval + INTERVAL };
    let noted = DeviceRequest { interval, polled_at: Some(kept.at), ..asked.clone() };
    let op = Op::Replace { row: noted.row(key)?, expected: kept.generation };
    // Another poll, or the person's answer, may come first; the next poll sees it.
    around.store.batch(vec![op]).await?;
    Ok(if waited { Refusal::authorization_pending() } else { Refusal::slow_down() })
}
