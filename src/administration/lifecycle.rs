//! Where a user stands, and what may become of them (authorization-server §1.10).

use super::profile::{stand, status_of_user};
use super::{Administration, Along, ChangeRefused, set, type_name};
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

    /// What it is called in the log.
    pub(super) fn event(self) -> Option<&'static str> {
        self.row().map(|(.., event)| *event)
    }

    /// Does it to the user of this body, and says whether that changes where they stand.
    pub(super) fn turn(
        self,
        body: &mut Value,
        has_password: bool,
        now: &Value,
    ) -> Result<bool, ChangeRefused> {
        let before = status_of_user(body);
        let row = self.row().filter(|(_, from, ..)| from.contains(&before));
        let Some((_, _, to, _)) = row else { return Err(self.refused()) };
        let to = if self == Self::Activate && has_password { Active } else { *to };
        if before != to {
            stand(body, to, now);
        }
        Ok(before != to)
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
        self.turn_user_ending(actor, id, (turn, has_password), &[]).await
    }

    /// As [`Administration::turn_user`]; rows of theirs of these kinds end in the same batch.
    ///
    /// # Errors
    /// As [`Administration::turn_user`].
    pub async fn turn_user_ending(
        &self,
        actor: &Actor,
        id: &str,
        (turn, has_password): (Turn, bool),
        ends: &'static [&'static str],
    ) -> Result<Entity, ChangeRefused> {
        let edit = |_: &Entity, mut body: Value| {
            let now = self.now();
            if !turn.turn(&mut body, has_password, &now)? && ends.is_empty() {
                return Ok(None);
            }
            set(&mut body, "lastUpdated", now);
            Ok(Some(body))
        };
        let along = Along { event: turn.event(), ends, ..Along::default() };
        self.change_user(actor, id, along, edit).await
    }

    /// Has somebody be active who chose a password: `besides` keeps it, in the same batch.
    ///
    /// # Errors
    /// As [`Administration::turn_user`]; [`ChangeRefused::Conflict`] if a condition of `besides` fails.
    pub async fn choose_password(
        &self,
        actor: &Actor,
        id: &str,
        besides: &[Op],
    ) -> Result<Entity, ChangeRefused> {
        let edit = |_: &Entity, mut body: Value| {
            let now = self.now();
            Turn::ChoosePassword.turn(&mut body, true, &now)?;
            set(&mut body, "passwordChanged", now.clone());
            set(&mut body, "lastUpdated", now);
            Ok(Some(body))
        };
        let event = Turn::ChoosePassword.event();
        self.change_user(actor, id, Along { event, besides, ..Along::default() }, edit).await
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
            name: user.names.first().map(str::to_owned),
            before: None,
            after: None,
        };
        let row = alteration_row(&alteration, actor, self.clock.microseconds(), self.random());
        self.publisher.foundation().store.batch(vec![Op::Insert(row)]).await?;
        Ok(())
    }
}
