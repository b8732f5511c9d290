//! The token that `serve` is given for an empty store, by which everything else is made (decision 33).

use super::installation::{Opened, Stop};
use super::say;
use crate::administration::Administration;
use crate::audit::Actor;
use crate::authority::{Bootstrap, begin, finish, is_bootstrap_token, stands};
use crate::store::organization::EntityKind;
use serde_json::json;

/// The variable that holds it.
pub(super) const TOKEN: &str = "CLAIMSMITH_BOOTSTRAP_TOKEN";

/// The login of the administrator that is made.
const LOGIN: &str = "administrator";

/// A token to begin with, if there is one.
pub(super) struct BootstrapToken(Option<String>);

impl BootstrapToken {
    /// Reads it once. On a store where nothing is kept yet it is noted that there is one.
    pub(super) async fn read(opened: &Opened) -> Result<Self, Stop> {
        let Some(token) = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) else {
            return Ok(Self(None));
        };
        if !is_bootstrap_token(&token) {
            return Err(format!("{TOKEN} must have 32 characters or more").into());
        }
        if opened.organizations().counters().await?.is_zero() {
            begin(&opened.store).await?;
        }
        Ok(Self(Some(token)))
    }

    /// Makes the administrator and keeps the token, unless that was done before.
    pub(super) async fn keep(
        self,
        opened: &Opened,
        administration: &Administration,
    ) -> Result<(), Stop> {
        let Some(token) = self.0 else { return Ok(()) };
        if stands(&opened.store).await? == Bootstrap::Over {
            say(&format!("warning: {TOKEN} is ignored: the store is not a new one\n"));
            return Ok(());
        }
        let user_id = administrator(administration).await?;
        let (store, random) = (&opened.store, &opened.random);
        let is_kept = finish(store, random, &token, &user_id).await?;
        if is_kept {
            say(&format!(
                "the token of {TOKEN} may administer everything for thirty days, as the user \
                 `{LOGIN}`\n"
            ));
        }
        Ok(())
    }
}

/// The id of the administrator, who is made unless another node was first.
async fn administrator(administration: &Administration) -> Result<String, Stop> {
    let find = async || administration.organizations().find_by_name(EntityKind::User, LOGIN).await;
    if let Some(found) = find().await? {
        return Ok(found.id);
    }
    let profile = json!({
        "login": LOGIN,
        "email": "administrator@localhost",
        "firstName": "Bootstrap",
        "lastName": "Administrator",
    });
    let body = json!({ "status": "ACTIVE", "profile": profile });
    match administration.create_user(&Actor::system(), &body).await {
        Ok(user) => Ok(user.id),
        Err(refused) => match find().await? {
            Some(found) => Ok(found.id),
            None => Err(refused.into()),
        },
    }
}
