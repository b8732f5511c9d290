//! `refresh_token`: the tokens of a family, made anew (RFC 6749 §6, decisions 10 and 16 to 18). The
//! policies are asked again; the row of the family is exchanged for its successor or nothing happens.

use super::family::{self, Found, Standing};
use super::proof::Terms;
use super::{
    AllowedGrant, Issued, Proof, ProvenClient, Refusal, Request, Signed, Surroundings, WORKER,
    scope,
};
use crate::audit::{EventType, Outcome};
use crate::directory::RefreshRotation;
use crate::policy::{Refused, Trace};
use crate::publish::RunningServer;
use crate::server::RefreshPolicy;
use crate::store::BatchOutcome;

/// How often a rotation is tried while others change the same family.
const ATTEMPTS: usize = 8;

pub(super) async fn refresh(
    allowed: AllowedGrant<'_>,
    server: &RunningServer,
    request: &Request,
    around: &Surroundings<'_>,
) -> Result<Issued, Refusal> {
    let client = allowed.client;
    let text = request.form().find("refresh_token");
    let text = text.ok_or_else(|| Refusal::missing("refresh_token"))?;
    let keys = &client.published().keyring().refresh;
    let token = keys.read(text).ok_or_else(Refusal::invalid_refresh_token)?;
    for _ in 0..ATTEMPTS {
        let found = family::find(around.store, &token.family.text()).await?;
        let mut found = found.ok_or_else(Refusal::invalid_refresh_token)?;
        check_owner(&found, client, server)?;
        let leeway = i64::from(client.application().refresh_leeway);
        let standing = found.family.standing(token.generation, leeway, found.at);
        if standing == Standing::Reused {
            return Err(reused(&found, server, around).await?);
        }
        if standing == Standing::Over {
            return Err(Refusal::invalid_refresh_token());
        }
        let bound = found.family.grant.thumbprint.as_ref();
        if bound.is_some() && bound != allowed.thumbprint.as_ref() {
            return Err(Refusal::another_key());
        }
        found.bind(client, allowed.thumbprint.as_ref());
        let thumbprint = allowed.thumbprint.clone();
        let proof = Proof { thumbprint, ..prove(&found, client, server, request).await? };
        let signed = match renew(&proof, around).await {
            Ok(signed) => signed,
            Err(denied) => return Err(denied.told(&found, around).await?),
        };
        let successor = match (standing, client.application().refresh_rotation) {
            (Standing::Predecessor, _) => None,
            (_, RefreshRotation::Rotate) => Some(found.rotated(keys.version(), &signed)),
            (_, RefreshRotation::Static) => Some(found.used(&signed)),
        };
        let family = successor.as_ref().unwrap_or(&found.family);
        let refresh_token = family.refresh_token(&found.id, keys);
        let refresh_token = Some(refresh_token.ok_or_else(Refusal::invalid_refresh_token)?);
        let Some(successor) = &successor else { return Ok(signed.with(refresh_token)) };
        let ops = vec![found.replace(successor)?];
        if around.store.batch(ops).await?.value == BatchOutcome::Applied {
            return Ok(signed.with(refresh_token));
        }
    }
    Err(Refusal::too_busy("others kept changing the family"))
}

/// Whether the family is this client's and this server's.
pub(super) fn check_owner(
    found: &Found,
    client: ProvenClient<'_>,
    server: &RunningServer,
) -> Result<(), Refusal> {
    if found.family.grant.client != client.application().client_id {
        return Err(Refusal::grant_of_another_client());
    }
    if found.family.grant.server != server.definition().id {
        return Err(Refusal::refresh_token_of_another_server());
    }
    Ok(())
}

/// Holds the request against what was granted. A narrower scope is for this answer alone; what is
/// decided is always about all that was granted (decision 10).
async fn prove<'p>(
    found: &Found,
    client: ProvenClient<'p>,
    server: &'p RunningServer,
    request: &Request,
) -> Result<Proof<'p>, Refusal> {
    let grant = &found.family.grant;
    let form = request.form();
    let asked = scope::parse(form.find("scope").unwrap_or_default())?;
    let denied: Vec<&str> =
        asked.iter().filter(|scope| !grant.scopes.contains(scope)).map(String::as_str).collect();
    if !denied.is_empty() {
        return Err(Refusal::more_than_granted(&denied));
    }
    super::audience::check_repeated(server.definition(), form, &grant.audience)?;
    let proof = grant.prove(client.published(), server, client.index()).await?;
    let terms = match server.definition().refresh_policy {
        RefreshPolicy::Current => Terms::Renewed(grant.lifetimes),
        RefreshPolicy::Snapshot => Terms::Agreed(grant.lifetimes),
    };
    let narrowed = (!asked.is_empty()).then_some(asked);
    Ok(Proof { family: Some(found.id), terms, narrowed, ..proof })
}

/// Why a family gets no tokens now, and whether it gets none ever again.
struct Denied {
    refusal: Refusal,
    ends: bool,
}

/// As [`super::mint`], but for what a refusal does to the family: one that was decided ends it; a
/// fault, which says nothing about the person, does not (decision 10).
async fn renew(proof: &Proof<'_>, around: &Surroundings<'_>) -> Result<Signed, Denied> {
    let stays = |refusal| Denied { refusal, ends: false };
    let decided = WORKER.with_borrow_mut(|worker| proof.decide(Trace::Skip, around.now, worker));
    let decided =
        decided.map_err(|refusal| Denied { refusal: refusal.of_refresh(), ends: true })?;
    if let Some(refused) = decided.refused() {
        let ends = !matches!(refused, Refused::Fault { .. });
        let strict = proof.server.definition().strict_errors;
        return Err(Denied { refusal: Refusal::by_policy(refused, strict).of_refresh(), ends });
    }
    let claims = WORKER.with_borrow_mut(|worker| decided.claim_set(worker)).map_err(stays)?;
    claims.sign_asking(around).await.map_err(stays)
}

impl Denied {
    /// The refusal, once the family has ended if it does.
    async fn told(self, found: &Found, around: &Surroundings<'_>) -> Result<Refusal, Refusal> {
        if self.ends {
            family::revoke(around, &found.id.text()).await?;
        }
        Ok(self.refusal)
    }
}

/// A token that was exchanged already came again: somebody has it who should not, and which of the
/// two that is cannot be told. The whole family ends (RFC 9700 §4.14.2).
async fn reused(
    found: &Found,
    server: &RunningServer,
    around: &Surroundings<'_>,
) -> Result<Refusal, Refusal> {
    let why = Outcome::Failure("a refresh token came again after its time".to_owned());
    family::revoke_recorded(around, found, server, (EventType::TokenReused, why)).await?;
    let (client, user) = (&found.family.grant.client, &found.family.grant.user);
    tracing::warn!(
        event = "app.oauth2.as.token.detect_reuse",
        client,
        user,
        "a refresh token came again after its time"
    );
    Ok(Refusal::invalid_refresh_token())
}
