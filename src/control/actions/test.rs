//! Testing a destination: what keeps messages from it.

use super::Actions;
use crate::model::{Address, UnixMillis};
use crate::store::{Shut, StoreError};

/// What is known of a destination that somebody tests. Whether messages arrive is shown by one that does: whoever asks
/// sends it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct Tested {
    /// Nothing rings there until then.
    pub(in crate::control) silent_until: Option<UnixMillis>,
    /// Why nothing arrives there, as far as an attempt has shown it.
    pub(in crate::control) shut: Option<Shut>,
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
