//! Requests for certificates of keys that are made for it: who signs certificates is sent the request,
//! and the certificate that comes back makes its key one of the application's.

use super::super::path_of;
use super::key::{KEY, Kept as KeptKey};
use super::{Owner, failed, generated};
use crate::administration::ask::{Ask, moment};
use crate::administration::{ChangeRefused, IfMatch};
use crate::store::Op;
use crate::token::certificate::{self, ATTRIBUTES, Attribute, Certificate};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const REQUEST: &str = "application-csr";

/// Most names of hosts in a request.
const HOSTS: usize = 100;

/// Most characters of one (RFC 1035 §2.3.4).
const HOST_LENGTH: usize = 253;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// In seconds since 1970.
    created: i64,
    /// In DER, as base64.
    request: String,
    /// The private half of the key, closed under the master key.
    sealed: String,
}

fn told(ask: &Ask<'_>, app: &str, id: &str, kept: &Kept) -> Value {
    let path = format!("{}/credentials/csrs/{id}", path_of(app));
    json!({
        "id": id,
        "created": moment(kept.created.checked_mul(1_000_000)),
        "csr": kept.request,
        "kty": "RSA",
        "_links": {
            "self": ask.link(&path, &["GET", "DELETE"]),
            "publish": ask.link(&format!("{path}/lifecycle/publish"), &["POST"]),
        },
    })
}

/// The requests of an application that wait for a certificate.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn list_requests(ask: &Ask<'_>, app: &str) -> Result<Vec<Value>, ChangeRefused> {
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &IfMatch::Any)?;
    let requests: Vec<(String, i64, Kept)> = owner.list(ask, REQUEST).await?;
    Ok(requests.iter().map(|(id, _, kept)| told(ask, app, id, kept)).collect())
}

/// The request of this id.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn find_request(ask: &Ask<'_>, app: &str, id: &str) -> Result<Value, ChangeRefused> {
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &IfMatch::Any)?;
    find(ask, &owner, id).await.map(|(_, kept)| told(ask, app, id, &kept))
}

/// The request and its generation.
async fn find(ask: &Ask<'_>, owner: &Owner<'_>, id: &str) -> Result<(i64, Kept), ChangeRefused> {
    let requests: Vec<(String, i64, Kept)> = owner.list(ask, REQUEST).await?;
    let found = requests.into_iter().find(|(known, ..)| known == id);
    let missing = || ChangeRefused::NotFound { object: "Csr", id: id.to_owned() };
    found.map(|(_, generation, kept)| (generation, kept)).ok_or_else(missing)
}

/// Makes a key and a request for a certificate of it.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn make_request(ask: &Ask<'_>, app: &str, sent: &Value) -> Result<Value, ChangeRefused> {
    let (name, hosts) = (read_name(sent)?, read_hosts(sent)?);
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &ask.if_match)?;
    // Before a key is made for nothing.
    owner.check_room(ask, REQUEST).await?;
    let key = generated().await?;
    let request = certificate::request(&key, &name, &hosts).map_err(failed)?;
    let kept = Kept {
        created: ask.administration.clock.seconds(),
        request: certificate::base64(&request),
        sealed: owner.seal(ask, &key)?,
    };
    let id = ask.administration.new_id("csr");
    let row = owner.row(REQUEST, &id, &kept)?;
    owner.add(ask, row, None, ("app.csr.generate", &id)).await?;
    Ok(told(ask, app, &id, &kept))
}

fn read_name(sent: &Value) -> Result<Vec<(Attribute, &str)>, ChangeRefused> {
    let subject = sent.get("subject").and_then(Value::as_object);
    let blank = || ChangeRefused::of_field("subject", "The field cannot be left blank");
    let subject = subject.filter(|subject| !subject.is_empty()).ok_or_else(blank)?;
    if let Some(other) = subject.keys().find(|name| ATTRIBUTES.iter().all(|a| a.name != **name)) {
        return Err(ChangeRefused::of_field(&format!("subject.{other}"), "is not known"));
    }
    let mut name = Vec::new();
    for attribute in ATTRIBUTES {
        let text = match subject.get(attribute.name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.as_str(),
            Some(_) => "",
        };
        let length = text.chars().count();
        let is_country = attribute.longest == 2;
        let fits = if is_country {
            length == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        } else {
            (1..=attribute.longest).contains(&length) && !text.contains(char::is_control)
        };
        if !fits {
            let words = match is_country {
                true => "expected two letters".to_owned(),
                false => format!("expected a text of 1 to {} characters", attribute.longest),
            };
            return Err(ChangeRefused::of_field(&format!("subject.{}", attribute.name), words));
        }
        name.push((*attribute, text));
    }
    if name.is_empty() { Err(blank()) } else { Ok(name) }
}

fn read_hosts(sent: &Value) -> Result<Vec<&str>, ChangeRefused> {
    let hosts = match sent.pointer("/subjectAltNames/dnsNames") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(hosts) => hosts.as_array().filter(|hosts| hosts.len() <= HOSTS),
    };
    let is_host = |host: &&str| {
        let may_be_in = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
        (1..=HOST_LENGTH).contains(&host.len()) && host.bytes().all(may_be_in)
    };
    let hosts: Option<Vec<&str>> =
        hosts.and_then(|hosts| hosts.iter().map(|host| host.as_str().filter(is_host)).collect());
    hosts.ok_or_else(|| {
        let words = format!("expected at most {HOSTS} names of hosts");
        ChangeRefused::of_field("subjectAltNames.dnsNames", words)
    })
}

/// Takes the certificate that a request was for: its key is the application's from now on, and there is
/// no request any more.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn publish_certificate(
    ask: &Ask<'_>,
    (app, id): (&str, &str),
    sent: &[u8],
) -> Result<Value, ChangeRefused> {
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &ask.if_match)?;
    let (generation, kept) = find(ask, &owner, id).await?;
    let wrong = |words: &str| ChangeRefused::of_whole("certificate", words);
    let certificate = Certificate::read(sent)
        .ok_or_else(|| wrong("Expected an X.509 certificate of an RSA key, in DER or PEM."))?;
    let key = owner.open(ask, &kept.sealed)?;
    if !certificate.is_of(&key) {
        return Err(wrong("The certificate is not of the key that it was requested for."));
    }
    let now = ask.administration.clock.seconds();
    if certificate.until <= now {
        return Err(wrong("The certificate has expired."));
    }
    let times = (now, certificate.until);
    let kept = KeptKey::new(ask, &owner, &key, &certificate.der, times)?;
    let row = owner.row(KEY, key.kid(), &kept)?;
    let (kind, key_of) = (REQUEST.to_owned(), owner.key_of(id));
    let spent = Op::Delete { kind, key: key_of, expected: Some(generation) };
    owner.add(ask, row, Some(spent), ("app.csr.publish", key.kid())).await?;
    Ok(kept.told())
}

/// Takes a request back.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn revoke_request(ask: &Ask<'_>, app: &str, id: &str) -> Result<(), ChangeRefused> {
    let all = ask.kept().await?;
    let owner = Owner::read(&all, app, &ask.if_match)?;
    let (generation, _) = find(ask, &owner, id).await?;
    let (kind, key) = (REQUEST.to_owned(), owner.key_of(id));
    let delete = Op::Delete { kind, key, expected: Some(generation) };
    owner.remove(ask, delete, ("app.csr.revoke", id)).await
}
