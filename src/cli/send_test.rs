//! `tubebell test`: a sample message on the real way, with the channel's own answer.

use std::io::Write;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use rand::RngCore;
use tokio_util::task::TaskTracker;

use super::context::{Context, block_on, stdout};
use super::destinations::{destination, make_on};
use super::fault::Fault;
use super::preview;
use super::shut::in_words;
use super::terminal::plain;
use crate::app::{Channels, links, with_mail_foot};
use crate::config::Config;
use crate::model::Clock;
use crate::notify::Outgoing;
use crate::store::{Access, Shared, Shut};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to, such as telegram:1234
    #[arg(value_name = "DESTINATION")]
    to: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let to = destination(&args.to)?;
    let config = context.config()?;
    let now = context.now;
    let clock: Clock = Arc::new(move || now);
    let channel = to.channel();
    // It needs no watch, and so no database; where there is one, it says where a chat has moved to.
    let store = match config.store.path.exists() {
        true => Some(context.store(&config, Access::Existing)?),
        false => None,
    };
    let links = match &store {
        Some(store) => block_on(async {
            let links = links(&config, store).await;
            links.map_err(|error| Fault::failed(error.to_string()))
        })?,
        None => None,
    };
    let channels = Channels::new(&config, &clock, links.as_ref(), &TaskTracker::new());
    let channels = channels.map_err(|error| Fault::wrong(error.to_string()))?;
    let notifier = channels.notifier(channel).ok_or_else(|| {
        let (to, lacks) = (to.masked(), Config::switch(channel));
        Fault::wrong(format!("{to} is off: there is no {lacks} in the configuration"))
    })?;
    let renderer = preview::renderer(&config.defaults.templates).map_err(Fault::templates)?;
    let renderer = with_mail_foot(renderer, &config, links.is_some());
    let body = renderer
        .test(&to, now, &config.defaults.tz)
        .map_err(|error| Fault::Failed(error.into()))?;
    block_on(async {
        let known = match &store {
            Some(store) => store.destination(&to).await?,
            None => None,
        };
        let address = known.as_ref().map_or(&to, |row| &row.address).clone();
        let shown = address.masked();
        let shut = known.and_then(|row| row.shut());
        if let Some(Shut::Refused { .. }) = shut {
            return Err(Fault::failed(format!(
                "{shown}: its reader has ended these messages; `tubebell destinations --enable` makes it on, if they ask for it"
            )));
        }
        let outgoing =
            Outgoing { id: new_id(), address: address.clone(), body, png: None, silent: false };
        let receipt = notifier.send(&outgoing).await;
        let receipt = receipt.map_err(|error| Fault::failed(format!("{shown}: {error}")))?;
        let mut out = stdout();
        writeln!(out, "{shown}: arrived (message id {})", plain(&receipt.0))?;
        if let Some(store) = &store
            && let Some(shut) = shut
        {
            make_on(store, address, now).await?;
            writeln!(out, "it is on again; it was {}", in_words(&shut, &config.defaults.tz))?;
        }
        Ok(out.flush()?)
    })
}

/// An id as that of any other message, and never the same.
fn new_id() -> String {
    let mut bytes = [0; 8];
    rand::rng().fill_bytes(&mut bytes);
    BASE32_NOPAD.encode(&bytes).to_lowercase()
}
