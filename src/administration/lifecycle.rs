//! Where a user stands, and what may become of them (authorization-server §1.10).

use super::profile::{stand, status_of_user};
use super::{Administration, ChangeRefused, set, type_name};
use crate::audit::{Actor, Alteration};
use crate::directory::UserStatus;
use crate::directory::UserStatus::{
    Active, Deprovisioned, LockedOut, PasswordExpired, Provisioned, Recovery, Staged, Suspended,
};
use crate::store::Op;
use crate::store::journal::alteration_row;
use crate::store::organization::Entity;
use serde_json::Value;

/// What is done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Activate,
    Reactivate,
    Deactivate,
    Suspend,
    Unsuspend,
    Unlock,
    ExpirePassword,
    ResetPassword,
    /// They chose a password by a link.
    ChoosePassword,
}

/// What is done: to whom it may be, where they stand then, and what it is called in the log.
type Row = (Turn, &'static [UserStatus], UserStatus, &'static str);

const TURNS: &[Row] = &[
    (Turn::Activate, &[Staged, Deprovisioned], Provisioned, "user.lifecycle.activate"),
    (Turn::Reactivate, &[Provisioned, Recovery], Provisioned, "user.lifecycle.reactivate"),
    (
        Turn::Deactivate,
        &[Staged, Provisioned, Active, Recovery, PasswordExpired, LockedOut, Suspended],
        Deprovisioned,
        "user.lifecycle.deactivate",
    ),
    (Turn::Suspend, &[Active], Suspended, "user.lifecycle.suspend"),
    (Turn::Unsuspend, &[Suspended], Active, "user.lifecycle.unsuspend"),
    (Turn::Unlock, &[LockedOut], Active, "user.account.unlock"),
    (
        Turn::ExpirePassword,
        &[Staged, Provisioned, Active, Recovery, PasswordExpired, LockedOut],
        PasswordExpired,
        "user.account.expire_password",
    ),
    (
        Turn::ResetPassword,
        &[Active, Recovery, PasswordExpired, LockedOut],
        Recovery,
        "user.account.reset_password",
    ),
    (
        Turn::ChoosePassword,
        &[Provisioned, Recovery, PasswordExpired, LockedOut],
        Active,
        "user.lifecycle.activate",
    ),
];

impl Turn {
    fn row(self) -> Option<&'static Row> {
        TURNS.iter().find(|(turn, ..)| *turn == self)
    }

    /// Whether it may be done to who stands there.
    #[must_use]
    pub fn may_begin_at(self, status: UserStatus) -> bool {
        self.row().is_some_and(|(_, from, ..)| from.contains(&status))
    }

    fn refused(self) -> ChangeRefused {
        let forbidden =
            |code, words: &str| ChangeRefused::Forbidden { code, summary: words.to_owned() };
        match self {
            Self::Activate => {
                forbidden("E0000016", "Activation failed because the user is already active")
            }
            Self::Suspend => {
                ChangeRefused::of_whole("suspendUser", "Cannot suspend a user that is not active")
            }
            Self::Unsuspend => ChangeRefused::of_whole(
                "unsuspendUser",
                "Cannot unsuspend a user that is not suspended",
            ),
            Self::Unlock => forbidden("E0000032", "Unlock is not allowed for this user."),
            _ => {
                forbidden("E0000038", "This operation is not allowed in the user's current status.")
            }
        }
    }
}

impl Administration {
    /// Does this to a user. `has_password` is whether they can be active without choosing one.
    ///
    /// # Errors
    /// [`ChangeRefused`], also that it may not be done to who stands where they do.
    pub async fn turn_user(
        &self,
        actor: &Actor,
        id: &str,
        turn: Turn,
        has_password: bool,
    ) -> Result<Entity, ChangeRefused> {
        let Some((_, from, to, event)) = turn.row() else { return Err(turn.refused()) };
        let edit = |_: &Entity, mut body: Value| {
            let before = status_of_user(&body);
            if !from.contains(&before) {
                return Err(turn.refused());
            }
            let to = if turn == Turn::Activate && has_password { Active } else { *to };
            if before == to {
                return Ok(None);
            }
            let now = self.now();
            stand(&mut body, to, &now);
            set(&mut body, "lastUpdated", now);
            Ok(Some(body))
        };
        self.change_user(actor, id, Some(event), edit).await
    }

    /// Records that something was done to a user that is not kept with them.
    ///
    /// # Errors
    /// That the store failed.
    pub async fn note(
        &self,
        actor: &Actor,
        event: &'static str,
        user: &Entity,
    ) -> Result<(), ChangeRefused> {
        let alteration = Alteration {
            event,
            object: type_name(user.kind),
            id: user.id.clone(),
            name: user.names.first().cloned(),
            before: None,
            after: None,
        };
        let row = alteration_row(&alteration, actor, self.clock.microseconds(), self.random());
        self.publisher.foundation().store.batch(vec![Op::Insert(row)]).await?;
        Ok(())
    }
}
