//! Testing a destination: what keeps messages from it.

use super::{Actions, Commit};
use crate::model::{Address, Body, UnixMillis};
use crate::store::{Edit, Edited, Shut, StoreError};

/// What is known of a destination that somebody tests. Whether messages arrive is shown by one that does: whoever asks
/// sends it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct Tested {
    /// Nothing rings there until then.
    pub(in crate::control) silent_until: Option<UnixMillis>,
    /// Why nothing arrives there, as far as an attempt has shown it.
    pub(in crate::control) shut: Option<Shut>,
}

/// Sends a sample to another destination than the one at which somebody asks; whether there is such a one.
pub(in crate::control) async fn send_sample<C: Commit>(
    commit: &mut C,
    to: &Address,
    sample: Body,
) -> Result<bool, C::Stop> {
    let done = commit.commit(vec![Edit::Tell { to: to.clone(), body: sample }]).await?;
    Ok(done.first() == Some(&Edited::Done(1)))
}

impl Actions {
    /// Tests a destination. One that nobody has set anything at has nothing that keeps messages from it.
    pub(in crate::control) async fn test(
        &self,
        destination: &Address,
        now: UnixMillis,
    ) -> Result<Tested, StoreError> {
        let row = self.store.destination(destination).await?;
        let muted_until = row.as_ref().and_then(|row| row.muted_until);
        Ok(Tested {
            silent_until: muted_until.filter(|until| *until > now),
            shut: row.and_then(|row| row.shut()),
        })
    }
}
