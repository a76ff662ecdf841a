//! `tubebell destinations`: where messages go, what keeps them from arriving, and the way back.

use std::io::Write;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::shut::in_words;
use super::terminal::counted;
use crate::model::{Address, DestinationId, UnixMillis};
use crate::render::numbers::Moment;
use crate::store::{
    Access, DestinationRow, DestinationState, Edit, Edited, Registry, Shared, Sqlite,
};

/// Destinations read at once: a bound on memory, and on how long one look takes.
const PAGE: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only those at which nothing arrives
    #[arg(long)]
    off: bool,
    /// Makes one on again: its address, or its number in the list
    #[arg(long, value_name = "ADDRESS", conflicts_with = "off")]
    enable: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let which = args.enable.as_deref().map(Which::read).transpose()?;
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    let tz = &config.defaults.tz;
    match which {
        Some(which) => block_on(enable(&store, &which, context.now, tz)),
        None => block_on(list(&store, args.off, context.now, tz)),
    }
}

async fn list(store: &Sqlite, shut_only: bool, now: UnixMillis, tz: &str) -> Result<(), Fault> {
    let mut out = stdout();
    let mut after = DestinationId(0);
    let mut is_empty = true;
    loop {
        let page = store.destinations(shut_only, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.row.id;
        is_empty = false;
        for destination in page {
            writeln!(out, "{}", line(&destination))?;
            if let Some(shut) = destination.row.shut() {
                writeln!(out, "    {}", in_words(&shut, tz))?;
            }
            if let Some(at) = destination.row.muted_until.filter(|until| *until > now) {
                let until = Moment { at, tz: tz.to_owned() };
                writeln!(out, "    silent until {until}; `/unmute` there ends it")?;
            }
        }
    }
    match (is_empty, shut_only) {
        (true, true) => writeln!(out, "messages arrive everywhere, as far as is known")?,
        (true, false) => writeln!(out, "there are no destinations")?,
        (false, _) => {}
    }
    Ok(out.flush()?)
}

fn line(DestinationState { row, watches, waiting }: &DestinationState) -> String {
    let watches = counted(*watches, "watch", "watches");
    let waiting = match waiting {
        0 => String::new(),
        1 => "  1 message waits".to_owned(),
        more => format!("  {} wait", counted(*more, "message", "messages")),
    };
    format!("{}  {}  {watches}{waiting}", row.id, row.address.masked())
}

/// The destination that is meant: of two webhooks on one host, the list shows the same.
enum Which {
    Numbered(DestinationId),
    At(Address),
}

impl Which {
    fn read(text: &str) -> Result<Which, Fault> {
        match text.parse() {
            Ok(number) => Ok(Which::Numbered(DestinationId(number))),
            Err(_) => match text.parse() {
                Ok(address) => Ok(Which::At(address)),
                Err(error) => Err(Fault::wrong(format!("--enable: {error}"))),
            },
        }
    }

    async fn find(&self, store: &Sqlite) -> Result<DestinationRow, Fault> {
        let (found, shown) = match self {
            Which::At(address) => (store.destination(address).await?, address.masked()),
            Which::Numbered(id) => {
                let before = DestinationId(id.0.saturating_sub(1));
                let page = store.destinations(false, before, 1).await?;
                let found = page.into_iter().map(|found| found.row).find(|row| row.id == *id);
                (found, id.to_string())
            }
        };
        found.ok_or_else(|| {
            Fault::failed(format!("{shown} is no destination: `tubebell destinations` lists them"))
        })
    }
}

async fn enable(store: &Sqlite, which: &Which, now: UnixMillis, tz: &str) -> Result<(), Fault> {
    let row = which.find(store).await?;
    let shown = row.address.masked();
    let mut out = stdout();
    match row.shut() {
        None => writeln!(out, "{shown} is on already")?,
        Some(shut) => {
            let allow = Edit::Allow { destination: row.address.clone() };
            store.edit(None, vec![allow], now).await?;
            let more = make_on(store, row.address, now).await?.saturating_sub(1);
            let more = match more {
                0 => String::new(),
                more => format!(", and {more} more of its chat"),
            };
            writeln!(out, "{shown} is on again{more}; it was {}", in_words(&shut, tz))?;
        }
    }
    Ok(out.flush()?)
}

/// A destination as it was written. One that can't be read is not repeated whole: it may hold a secret.
pub(super) fn destination(text: &str) -> Result<Address, Fault> {
    Address::written(text).map_err(|error| Fault::wrong(error.to_string()))
}

/// Makes a destination on again; returns how many are by that.
pub(super) async fn make_on(
    store: &Sqlite,
    destination: Address,
    now: UnixMillis,
) -> Result<usize, Fault> {
    let done = store.edit(None, vec![Edit::Alive { destination }], now).await?;
    match done.as_deref() {
        Some([Edited::Done(count)]) => Ok(*count),
        _ => Ok(0),
    }
}
