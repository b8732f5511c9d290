//! Reads the inline hooks of the document, each written as the body of `POST /api/v1/inlineHooks`.

use super::credential::read_secret;
use super::decode::{Object, Place};
use super::grants::is_absolute_uri;
use super::identity::{self, Digest, HOOK};
use crate::directory::{SecretSource, Status};
use crate::server::{HookAuthentication, HookClient, InlineHook, OnFailure};

const MEMBERS: &[&str] = &["id", "name", "status", "type", "version", "channel", "onFailure"];
const CONFIG: &[&str] = &["uri", "method", "headers", "authScheme"];
/// The same of the channel type `OAUTH`.
const OAUTH_CONFIG: &[&str] =
    &["uri", "method", "headers", "authType", "clientId", "clientSecret", "tokenUrl", "scope"];

/// Most hooks of an organization (authorization-server §8).
const HOOKS_AT_MOST: usize = 50;

/// Headers that we say ourselves.
const OWN_HEADERS: &[&str] =
    &["accept", "connection", "content-length", "content-type", "host", "transfer-encoding"];

/// The hooks. No two share an id or a name.
pub(super) fn read_hooks(top: &Object<'_>, digest: Digest<'_>) -> Vec<InlineHook> {
    let mut hooks: Vec<InlineHook> = Vec::new();
    for place in top.list("inlineHooks") {
        let Some(hook) = read_hook(&place, digest) else { continue };
        if hooks.iter().any(|known| known.id == hook.id || known.name == hook.name) {
            place.blame("another hook has this id or this name already");
        }
        if hooks.len() == HOOKS_AT_MOST {
            place.blame(format!("at most {HOOKS_AT_MOST} hooks"));
        }
        hooks.push(hook);
    }
    hooks
}

fn read_hook(place: &Place<'_>, digest: Digest<'_>) -> Option<InlineHook> {
    let object = place.object(MEMBERS)?;
    let name = object.require("name")?.text_up_to(255)?;
    object.require("type")?.choice(&[("com.okta.oauth2.tokens.transform", ())]);
    object.find("version").and_then(|place| place.choice(&[("1.0.0", ()), ("1.0.1", ())]));
    let channel = object.require("channel")?.object(&["type", "version", "config"])?;
    let is_oauth = channel.require("type")?.choice(&[("HTTP", false), ("OAUTH", true)])?;
    channel.find("version").and_then(|place| place.choice(&[("1.0.0", ())]));
    let members = if is_oauth { OAUTH_CONFIG } else { CONFIG };
    let config = channel.require("config")?.object(members)?;
    config.find("method").and_then(|place| place.choice(&[("POST", ())]));
    let uri = read_address(&config, "uri")?;
    let authentication = match is_oauth {
        true => read_client(&config).map(HookAuthentication::AccessToken),
        false => config.find("authScheme").and_then(|place| read_header_scheme(&place)),
    };
    Some(InlineHook {
        id: identity::id_in(&object, HOOK, &[name], digest),
        name: name.to_owned(),
        status: object.choice("status", Status::WORDS, Status::Active),
        uri,
        headers: config.list("headers").iter().filter_map(read_header).collect(),
        authentication,
        on_failure: object.choice("onFailure", OnFailure::WORDS, OnFailure::Allow),
    })
}

fn read_address(config: &Object<'_>, name: &str) -> Option<String> {
    let place = config.require(name)?;
    let address = place.text_up_to(2048)?;
    if !address.starts_with("https://") || !is_absolute_uri(address) {
        place.blame("expected the address of a hook, `https://` and so on");
    }
    Some(address.to_owned())
}

fn read_header(place: &Place<'_>) -> Option<(String, String)> {
    let object = place.object(&["key", "value"])?;
    let name = read_header_name(&object)?;
    let value = object.require("value")?;
    let text = value.text_up_to(4096)?;
    if !text.chars().all(|c| matches!(c, ' '..='~')) {
        value.blame("expected printable ASCII");
    }
    Some((name, text.to_owned()))
}

fn read_header_name(object: &Object<'_>) -> Option<String> {
    let key = object.require("key")?;
    let name = key.text_up_to(100)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.chars().all(plain) || OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        key.blame("expected the name of a header that is not set anyway");
    }
    Some(name.to_owned())
}

/// `authScheme`: its value is a secret, which does not stand in the document.
fn read_header_scheme(place: &Place<'_>) -> Option<HookAuthentication> {
    let object = place.object(&["type", "key", "value"])?;
    object.find("type").and_then(|place| place.choice(&[("HEADER", ())]));
    let name = read_header_name(&object)?;
    Some(HookAuthentication::Header(name, read_own_secret(&object, "value")?))
}

fn read_own_secret(object: &Object<'_>, name: &str) -> Option<SecretSource> {
    let value = object.require(name)?;
    let secret = read_secret(&value)?;
    if let SecretSource::Hash(_) = secret {
        value.blame("a hash proves nothing to a hook; name the secret itself");
    }
    Some(secret)
}

/// What an access token for the hook is asked for with.
fn read_client(config: &Object<'_>) -> Option<HookClient> {
    let types = [("client_secret_post", true), ("private_key_jwt", false)];
    let has_secret = config.require("authType")?.choice(&types)?;
    let id = config.require("clientId")?;
    let client_id = id.text_up_to(255)?;
    // It is the issuer of assertions that our key signs, and must not be that of our tokens.
    if client_id.is_empty() || !client_id.chars().all(|c| c.is_ascii_graphic() && c != ':') {
        id.blame("expected the id of a client: printable ASCII without spaces and colons");
    }
    let secret = match has_secret {
        true => Some(read_own_secret(config, "clientSecret")?),
        false => None,
    };
    if let Some(place) = config.find("clientSecret").filter(|_| !has_secret) {
        place.blame("a client of `private_key_jwt` has no secret");
    }
    Some(HookClient {
        client_id: client_id.to_owned(),
        secret,
        token_url: read_address(config, "tokenUrl")?,
        scope: config.require("scope")?.text_up_to(1024)?.to_owned(),
    })
}
