//! The page on which the reader of a mailbox says that it belongs to whoever entered it.
//!
//! They are told by which service that was, and not by whom: who entered an address can write nothing to its reader.

use super::page::Said;
use super::{Counter, Public, shown};
use crate::model::Channel;
use crate::store::{Edit, Edited, LinkCode, StoreError};

/// What somebody with a token is told; `does`: they have pressed the button.
pub(super) async fn says(counter: &Counter, token: &str, does: bool) -> Said {
    let public = &counter.public;
    let Some(code) = public.links.confirmed(token) else { return Said::NoLink };
    let says = if does {
        counter.asked(token, link(public, code)).await
    } else {
        counter.asked(token, would_link(public, &code)).await
    };
    says.unwrap_or_else(|says| says)
}

/// What would happen.
async fn would_link(public: &Public, code: &str) -> Result<Said, StoreError> {
    Ok(match public.store.link_code(code, (public.clock)()).await? {
        Some(LinkCode { made_in, address: Some(address) }) => {
            Said::WouldLink { address: shown(&address), service: service(made_in.channel()) }
        }
        // A code that is typed is in no mail.
        Some(LinkCode { address: None, .. }) | None => Said::BadCode,
    })
}

/// Does it, once.
async fn link(public: &Public, code: String) -> Result<Said, StoreError> {
    let edit = Edit::Link { code, at: None, told: None };
    let done = public.store.edit(None, vec![edit], (public.clock)()).await?;
    Ok(match done.as_deref() {
        Some([Edited::Linked { address, was_theirs }]) => {
            if !was_theirs {
                tracing::info!(to = %address.masked(), "the reader of an address has said that it is theirs");
                (public.changed)();
            }
            Said::Linked { address: shown(address) }
        }
        Some([Edited::BadCode]) => Said::BadCode,
        Some([Edited::AddressesReached { limit }]) => Said::AddressesReached { limit: *limit },
        // A group has no mailbox, and what else an edit can become is of other edits.
        Some(_) | None => {
            tracing::warn!("a code of a mail was neither used nor refused");
            Said::Later
        }
    })
}

/// A chat service, by the name that people know.
fn service(channel: Channel) -> String {
    let mut name = channel.name().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}
