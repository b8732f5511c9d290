//! Authorization servers (authorization-server §1.2).

use super::ask::{Absent, Ask, Member, Told, find_server, is_true, merge, moment, require};
use super::{ChangeRefused, IfMatch, Required, create, delete, read_body, replace, set, text_of};
use crate::organization::Snapshot;
use crate::publish::{DEFAULT, RunningServer};
use crate::store::key_store;
use crate::store::organization::{Change, Entity, EntityKind};
use serde_json::{Value, json};

const MEMBERS: &[Member] = &[
    Member("id", Absent::Own, &[]),
    Member("default", Absent::Own, &[]),
    Member("status", Absent::Own, &[]),
    Member("associatedServers", Absent::Own, &[]),
    Member("name", Absent::Default, &[]),
    Member("description", Absent::Default, &[]),
    Member("audiences", Absent::Default, &[]),
    Member("issuerMode", Absent::Default, &[]),
    Member(
        "credentials",
        Absent::Default,
        &[Member(
            "signing",
            Absent::Default,
            &[Member("alg", Absent::Kept, &[]), Member("rotationMode", Absent::Default, &[])],
        )],
    ),
    Member("accessTokenFormat", Absent::Kept, &[]),
    Member("strictErrors", Absent::Kept, &[]),
    Member("refreshPolicy", Absent::Kept, &[]),
    Member("legacyGrants", Absent::Kept, &[]),
];

/// From one rotation to the next, in seconds.
const ROTATION_SECONDS: i64 = 90 * 24 * 3600;

/// Okta's own members that are not built; the only value they may have is none.
const NOT_BUILT: &[&str] = &["accessTokenEncryptedResponseAlgorithm", "jwks", "jwks_uri"];

/// The servers whose name or audiences hold `q`, in order.
///
/// # Errors
/// [`ChangeRefused::Store`].
pub async fn list(ask: &Ask<'_>, q: Option<&str>) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let mut found = Vec::new();
    for server in kept.list(EntityKind::Server) {
        let body = read_body(server)?;
        if q.is_none_or(|q| is_about(&body, q)) {
            found.push(told(ask, server, &body));
        }
    }
    found.sort_by(|one, other| one.order.cmp(&other.order));
    Ok(found)
}

/// Whether the name or an audience holds this text, whatever its case.
pub(super) fn is_about(body: &Value, q: &str) -> bool {
    let q = q.to_lowercase();
    let audiences = body.get("audiences").and_then(Value::as_array).into_iter().flatten();
    let texts = audiences.chain(body.get("name")).filter_map(Value::as_str);
    texts.into_iter().any(|text| text.to_lowercase().contains(&q))
}

/// The server of this id.
///
/// # Errors
/// [`ChangeRefused::NotFound`].
pub async fn find(ask: &Ask<'_>, id: &str) -> Result<Told, ChangeRefused> {
    let kept = ask.kept().await?;
    let server = find_server(&kept, id)?;
    Ok(told(ask, server, &read_body(server)?))
}

/// Makes a server: with the scopes and claims that every server has, a key, and no policy.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn add(ask: &Ask<'_>, sent: &Value) -> Result<Told, ChangeRefused> {
    let id = ask.administration.new_id("aus");
    let mut body = wanted(sent, None)?;
    set(&mut body, "id", json!(id));
    let edit = |kept: &Snapshot| {
        let position = kept.next_position(EntityKind::Server, "");
        Ok(vec![create(EntityKind::Server, &id, position, &body)])
    };
    let changed = ask.administration.change(&ask.actor, edit).await?;
    let server = changed.find(EntityKind::Server, &id)?;
    Ok(told(ask, server, &read_body(server)?))
}

/// Puts what is sent in the place of a server.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn put(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Told, ChangeRefused> {
    edit(ask, id, &|body| wanted(sent, Some(&body))).await
}

/// Activates or deactivates a server.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn turn(ask: &Ask<'_>, id: &str, status: &str) -> Result<(), ChangeRefused> {
    let turn = |mut body: Value| {
        set(&mut body, "status", json!(status));
        Ok(body)
    };
    edit(ask, id, &turn).await.map(|_| ())
}

async fn edit(
    ask: &Ask<'_>,
    id: &str,
    edit: &(dyn Fn(Value) -> Result<Value, ChangeRefused> + Send + Sync),
) -> Result<Told, ChangeRefused> {
    let change = |kept: &Snapshot| {
        let id = &find_server(kept, id)?.id;
        let server = kept.require(EntityKind::Server, id, &ask.if_match)?;
        let before = read_body(server)?;
        let after = edit(before.clone())?;
        Ok(if before == after { Vec::new() } else { vec![replace(server, &after)] })
    };
    let changed = ask.administration.change(&ask.actor, change).await?;
    let server = find_server(&changed.snapshot, id)?;
    Ok(told(ask, server, &read_body(server)?))
}

/// Deletes a server with everything in it. The default one stays (authorization-server §1.1).
///
/// # Errors
/// [`ChangeRefused`].
pub async fn remove(ask: &Ask<'_>, id: &str) -> Result<(), ChangeRefused> {
    let edit = |kept: &Snapshot| {
        let id = &find_server(kept, id)?.id;
        let server = kept.require(EntityKind::Server, id, &ask.if_match)?;
        if is_true(&read_body(server)?, "default") {
            return Err(ChangeRefused::not_permitted());
        }
        let mut changes = vec![delete(server)];
        for policy in kept.within(EntityKind::Policy, id) {
            changes
                .extend(kept.within(EntityKind::Rule, &policy.id).into_iter().map(|r| delete(r)));
        }
        for kind in IN_SERVER {
            changes.extend(kept.within(*kind, id).into_iter().map(|entity| delete(entity)));
        }
        for other in kept.list(EntityKind::Server).filter(|other| other.id != *id) {
            changes.extend(without_trusted(other, id)?);
        }
        Ok(changes)
    };
    let id = find_server(&*ask.kept().await?, id)?.id.clone();
    ask.administration.change(&ask.actor, edit).await?;
    // If this does not come to pass, what is left is a key that nothing signs with.
    key_store::forget(&ask.administration.publisher().foundation().store, &id).await?;
    Ok(())
}

const IN_SERVER: &[EntityKind] =
    &[EntityKind::Scope, EntityKind::Claim, EntityKind::Policy, EntityKind::TokenPolicy];

/// A server that trusts the one of this id, without that.
fn without_trusted(server: &Entity, id: &str) -> Result<Option<Change>, ChangeRefused> {
    let mut body = read_body(server)?;
    let trusted = body.get_mut("associatedServers").and_then(Value::as_array_mut);
    let Some(trusted) = trusted else { return Ok(None) };
    let n_trusted = trusted.len();
    trusted.retain(|known| known.as_str() != Some(id));
    let is_found = trusted.len() < n_trusted;
    Ok(is_found.then(|| replace(server, &body)))
}

/// The body of what is sent.
fn wanted(sent: &Value, kept: Option<&Value>) -> Result<Value, ChangeRefused> {
    require(sent, &["name", "audiences"])?;
    for name in NOT_BUILT {
        if sent.get(*name).is_some_and(|value| !value.is_null()) {
            return Err(ChangeRefused::of_field(name, "Tokens are not encrypted by this server."));
        }
    }
    Ok(merge(MEMBERS, sent, kept))
}

/// A server as Okta tells it.
pub(super) fn told(ask: &Ask<'_>, server: &Entity, body: &Value) -> Told {
    let text = |name: &str| text_of(body, name);
    let status = text("status").unwrap_or("ACTIVE");
    let is_default = is_true(body, "default");
    let public_url = ask.administration.publisher().foundation().addresses.public();
    let name = if is_default { DEFAULT } else { &server.id };
    let issuer = format!("{public_url}/oauth2/{name}");
    let mut value = json!({
        "id": server.id,
        "name": text("name"),
        "description": text("description").unwrap_or_default(),
        "audiences": body.get("audiences"),
        "issuer": issuer,
        "issuerMode": text("issuerMode").unwrap_or("ORG_URL"),
        "status": status,
        "default": is_default,
        "created": moment(server.created),
        "lastUpdated": moment(server.last_updated),
        "credentials": {"signing": signing(ask, server, body)},
        "accessTokenEncryptedResponseAlgorithm": null,
        "_links": links(ask, &server.id, &issuer, status),
    });
    for Member(name, absent, _) in MEMBERS {
        if let (Absent::Kept, Some(own)) = (absent, body.get(*name)) {
            set(&mut value, name, own.clone());
        }
    }
    Told::new(value, server)
}

fn running(ask: &Ask<'_>, id: &str, then: impl FnOnce(&RunningServer) -> Value) -> Value {
    let version = ask.administration.version();
    let found = version.servers().iter().find(|server| server.definition().id == id);
    found.map_or(Value::Null, then)
}

fn signing(ask: &Ask<'_>, server: &Entity, body: &Value) -> Value {
    let kept = body.pointer("/credentials/signing");
    let of = |name: &str| kept.and_then(|signing| text_of(signing, name));
    let mode = of("rotationMode").unwrap_or("AUTO");
    let mut signing = running(ask, &server.id, |running| {
        let kid = running.keys().active().key().kid();
        let rotated = running.keys().since(kid);
        let since = rotated.map(|at| at.saturating_mul(1_000_000)).or(server.created);
        let mut signing = json!({"kid": kid, "lastRotated": moment(since)});
        if mode == "AUTO" {
            let next = since.map(|at| at.saturating_add(ROTATION_SECONDS * 1_000_000));
            set(&mut signing, "nextRotation", moment(next));
        }
        signing
    });
    if signing.is_null() {
        signing = json!({});
    }
    set(&mut signing, "use", json!("sig"));
    set(&mut signing, "rotationMode", json!(mode));
    if let Some(algorithm) = of("alg") {
        set(&mut signing, "alg", json!(algorithm));
    }
    signing
}

fn links(ask: &Ask<'_>, id: &str, issuer: &str, status: &str) -> Value {
    let path = path_of(id);
    let below = |name: &str, allow: &[&str]| ask.link(&format!("{path}/{name}"), allow);
    let metadata = ["oauth-authorization-server", "openid-configuration"].map(|name| {
        json!({
            "name": name,
            "href": format!("{issuer}/.well-known/{name}"),
            "hints": {"allow": ["GET"]},
        })
    });
    let mut links = json!({
        "self": ask.link(&path, &["GET", "DELETE", "PUT"]),
        "metadata": metadata,
        "scopes": below("scopes", &["GET", "POST"]),
        "claims": below("claims", &["GET", "POST"]),
        "policies": below("policies", &["GET", "POST"]),
        "tokenPolicies": below("tokenPolicies", &["GET", "POST"]),
        "keys": below("credentials/keys", &["GET"]),
        "rotateKey": below("credentials/lifecycle/keyRotate", &["POST"]),
    });
    ask.add_turn(&mut links, &path, status);
    links
}

/// The path of a server below the API.
pub(super) fn path_of(id: &str) -> String {
    format!("/api/v1/authorizationServers/{id}")
}

/// The servers that a server trusts, or the others that it does not, whose name or audiences hold `q`.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn associated(
    ask: &Ask<'_>,
    id: &str,
    is_trusted: bool,
    q: Option<&str>,
) -> Result<Vec<Told>, ChangeRefused> {
    let kept = ask.kept().await?;
    let server = find_server(&kept, id)?;
    let trusted = trusted_by(&read_body(server)?);
    let is_wanted = |told: &Told| {
        let other = text_of(&told.value, "id").unwrap_or_default();
        other != server.id && trusted.iter().any(|id| id == other) == is_trusted
    };
    let mut all = list(ask, q).await?;
    all.retain(is_wanted);
    all.iter_mut().for_each(|told| set(&mut told.value, "_links", Value::Null));
    Ok(all)
}

fn trusted_by(body: &Value) -> Vec<String> {
    let listed = body.get("associatedServers").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Has a server trust those that are sent as `trusted`, and tells these.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn associate(ask: &Ask<'_>, id: &str, sent: &Value) -> Result<Vec<Value>, ChangeRefused> {
    require(sent, &["trusted"])?;
    let named = sent.get("trusted").and_then(Value::as_array).into_iter().flatten();
    let named: Vec<&str> = named.filter_map(Value::as_str).collect();
    let ask_any = Ask {
        administration: ask.administration,
        actor: ask.actor.clone(),
        base: ask.base.clone(),
        if_match: IfMatch::Any,
    };
    let kept = ask.kept().await?;
    let own = find_server(&kept, id)?.id.clone();
    let mut ids = Vec::new();
    for other in named {
        let other = find_server(&kept, other)?.id.clone();
        if other == own {
            return Err(ChangeRefused::of_field("trusted", "a server trusts itself anyway"));
        }
        ids.push(other);
    }
    edit(&ask_any, id, &|mut body| {
        let mut trusted = trusted_by(&body);
        for id in &ids {
            if trusted.contains(id) {
                let exists = "associated_server_mapping_exists";
                return Err(ChangeRefused::of_field("trusted", exists));
            }
            trusted.push(id.clone());
        }
        set(&mut body, "associatedServers", json!(trusted));
        Ok(body)
    })
    .await?;
    let all = associated(ask, id, true, None).await?;
    let is_new = |told: &Told| {
        text_of(&told.value, "id").is_some_and(|id| ids.iter().any(|known| known == id))
    };
    Ok(all.into_iter().filter(is_new).map(|told| told.value).collect())
}

/// Has a server trust another no more.
///
/// # Errors
/// [`ChangeRefused`].
pub async fn dissociate(ask: &Ask<'_>, id: &str, other: &str) -> Result<(), ChangeRefused> {
    edit(ask, id, &|mut body| {
        let mut trusted = trusted_by(&body);
        let n_trusted = trusted.len();
        trusted.retain(|known| known != other);
        if trusted.len() == n_trusted {
            return Err(ChangeRefused::not_found(EntityKind::Server, other));
        }
        set(&mut body, "associatedServers", json!(trusted));
        Ok(body)
    })
    .await
    .map(|_| ())
}
