//! The page on which the reader of a mail ends it, and all others to that address.
//!
//! Mail programs with a button of their own send what stands in RFC 8058, section 3.2: a POST to the same address.

use super::page::Said;
use super::{Counter, Public, shown};
use crate::model::Address;
use crate::store::{Edit, Edited, StoreError};

/// What somebody with a token is told; `does`: they have pressed the button.
pub(super) async fn says(counter: &Counter, token: &str, does: bool) -> Said {
    let public = &counter.public;
    let Some(address) = public.links.unsubscribed(token) else { return Said::NoLink };
    match counter.asked(token, is_ended(public, &address, does)).await {
        Ok(true) => Said::Ended { address: shown(&address), contact: public.contact.clone() },
        Ok(false) => Said::WouldEnd { address: shown(&address) },
        Err(says) => says,
    }
}

/// Whether mails to an address are ended, and ends them where that `does` it, also those of a day to come: nothing may be sent
/// there just now.
async fn is_ended(public: &Public, address: &Address, does: bool) -> Result<bool, StoreError> {
    let Public { store, clock, changed, .. } = public;
    let row = store.destination(address).await?;
    if row.is_some_and(|row| row.is_refused) {
        return Ok(true);
    }
    if !does {
        return Ok(false);
    }
    let edit = Edit::Refuse { destination: address.clone() };
    let done = store.edit(None, vec![edit], clock()).await?;
    if matches!(done.as_deref(), Some([Edited::Done(_)])) {
        tracing::info!(to = %address.masked(), "the reader of an address has ended its mails");
        changed();
    }
    Ok(true)
}
