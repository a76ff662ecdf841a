//! The operator's own invitation, shown once in the life of a database for each chat service; as long as nobody is the
//! operator, also when the last one has expired.

use crate::control::{INVITATION_LIFE, invitation};
use crate::model::{Owner, UnixMillis};
use crate::store::{Registry, StoreError};

/// What the operator's own invitation goes by.
pub(super) struct FirstInvitation<'a> {
    pub(super) store: &'a dyn Registry,
    /// The configuration names no operator.
    pub(super) is_nobody_operator: bool,
    pub(super) now: UnixMillis,
}

impl FirstInvitation<'_> {
    /// What follows “good for one person”, where that makes a difference.
    pub(super) fn words(&self) -> &'static str {
        if self.is_nobody_operator { " (whoever opens it first is the operator)" } else { "" }
    }
}

/// The code of a new invitation; `None`: one was shown before, or none could be made, which is logged. `key` is where it is kept
/// that one was.
pub(super) async fn made(first: &FirstInvitation<'_>, key: &str) -> Option<String> {
    match make(first, key).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(%error, "the operator's invitation could not be made");
            None
        }
    }
}

async fn make(first: &FirstInvitation<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let FirstInvitation { store, is_nobody_operator, now } = *first;
    if let Some(at) = store.load(key).await? {
        let is_expired = at
            .parse::<jiff::Timestamp>()
            .is_ok_and(|at| UnixMillis::from(at).plus(INVITATION_LIFE) <= now);
        let is_missed = is_nobody_operator && store.operator().await?.is_none();
        if !(is_expired && is_missed) {
            return Ok(None);
        }
    }
    let (code, edit) = invitation(Owner::Operator, now);
    store.edit(None, vec![edit], now).await?;
    store.save(key, now.to_string()).await?;
    Ok(Some(code))
}
