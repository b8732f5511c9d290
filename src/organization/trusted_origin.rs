//! Reads the trusted origins of the document, each written as the body of `POST
//! /api/v1/trustedOrigins`.

use super::decode::{Object, Place};
use super::identity::{self, Digest, TRUSTED_ORIGIN};
use crate::directory::Status;
use crate::server::{Trust, TrustedOrigin};

/// Most of them.
const AT_MOST: usize = 1000;

/// The origins. No two share an id, a name or an origin.
pub(super) fn read_trusted_origins(top: &Object<'_>, digest: Digest<'_>) -> Vec<TrustedOrigin> {
    let mut origins: Vec<TrustedOrigin> = Vec::new();
    for place in top.list("trustedOrigins") {
        let Some(origin) = read_trusted_origin(&place, digest) else { continue };
        let is_known = |known: &TrustedOrigin| {
            known.id == origin.id || known.name == origin.name || known.origin == origin.origin
        };
        if origins.iter().any(is_known) {
            place.blame("another trusted origin has this id, this name or this origin already");
        }
        if origins.len() == AT_MOST {
            place.blame(format!("at most {AT_MOST} trusted origins"));
        }
        origins.push(origin);
    }
    origins
}

fn read_trusted_origin(place: &Place<'_>, digest: Digest<'_>) -> Option<TrustedOrigin> {
    let object = place.object(&["id", "name", "origin", "status", "scopes"])?;
    let name = object.require("name")?.text_up_to(255)?;
    let place = object.require("origin")?;
    let written = place.text_up_to(255)?;
    // Okta takes the slash that follows an origin in an address.
    let origin = written.strip_suffix('/').unwrap_or(written);
    if !is_origin(origin) {
        place.blame(
            "expected an origin as browsers write it: `https://`, a host in lower case and perhaps \
             a port, and no more",
        );
    }
    let mut trust = Vec::new();
    for place in object.require("scopes")?.list() {
        let Some(scope) = place.object(&["type"]) else { continue };
        let word = scope.require("type").and_then(|place| place.choice(Trust::WORDS));
        let Some(word) = word else { continue };
        if trust.contains(&word) {
            place.blame("this is listed twice");
        }
        trust.push(word);
    }
    Some(TrustedOrigin {
        id: identity::id_in(&object, TRUSTED_ORIGIN, &[name], digest),
        name: name.to_owned(),
        origin: origin.to_owned(),
        status: object.choice("status", Status::WORDS, Status::Active),
        trust,
    })
}

/// Whether a text is an origin as a browser writes it (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c);
    let (host, port) = match authority.rfind(':').filter(|at| !authority.ends_with(']') && *at > 0)
    {
        Some(at) => authority.split_at(at),
        None => (authority, ""),
    };
    let has_port = port.strip_prefix(':').is_none_or(|port| port.parse::<u16>().is_ok());
    let has_host = !host.is_empty() && (host.starts_with('[') || !host.contains(':'));
    authority.chars().all(plain) && has_host && has_port && !authority.ends_with(usual)
}
