//! The operator's own invitation, shown once in the life of a database for each chat service; as long as nobody is the
//! operator, also when the last one has expired.

use super::common::Common;
use crate::control::{INVITATION_LIFE, invitation};
use crate::model::{Owner, UnixMillis};
use crate::store::{Registry, StoreError};

/// An invitation to be shown.
pub(super) struct FirstInvitation {
    pub(super) code: String,
    /// What follows “good for one person”, where that makes a difference.
    pub(super) words: &'static str,
}

impl Common {
    /// A new invitation of the operator's own; `None`: none is wanted, one was shown before, or none could be made, which is
    /// logged. `key` is where it is kept that one was.
    pub(super) async fn first_invitation(&self, key: &str) -> Option<FirstInvitation> {
        if !self.invite {
            return None;
        }
        let is_nobody_operator = self.options.operator.is_empty();
        let words =
            if is_nobody_operator { " (whoever opens it first is the operator)" } else { "" };
        match make(&*self.store, is_nobody_operator, (self.clock)(), key).await {
            Ok(code) => code.map(|code| FirstInvitation { code, words }),
            Err(error) => {
                tracing::error!(%error, "the operator's invitation could not be made");
                None
            }
        }
    }
}

async fn make(
    store: &dyn Registry,
    is_nobody_operator: bool,
    now: UnixMillis,
    key: &str,
) -> Result<Option<String>, StoreError> {
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
