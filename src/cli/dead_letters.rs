//! `tubebell dead-letters`: what could not be delivered, and another try.

use std::collections::BTreeSet;
use std::io::Write;

use clap::Subcommand;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{counted, plain};
use crate::model::NotificationId;
use crate::render::numbers::Moment;
use crate::store::{Access, DeadLetters, Outbox};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists them, newest first
    List {
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Sends them again
    Replay {
        /// Their numbers, as `list` shows them; or --all
        #[arg(value_name = "ID", conflicts_with = "all")]
        ids: Vec<i64>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Fault> {
    match args.what {
        What::List { limit } => list(context, limit),
        What::Replay { ids, all: false } if ids.is_empty() => Err(Fault::wrong(
            "say which: their numbers, as `tubebell dead-letters list` shows them, or --all",
        )),
        What::Replay { ids, all } => replay(context, (!all).then_some(ids)),
    }
}

fn list(context: &Context, limit: usize) -> Result<(), Fault> {
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    // One more than is shown tells whether there are more.
    let mut letters = block_on(async { Ok(store.dead_letters(limit.saturating_add(1)).await?) })?;
    let more = letters.len() > limit;
    letters.truncate(limit);
    let mut out = stdout();
    if letters.is_empty() && !more {
        writeln!(out, "there are no dead letters")?;
    }
    for letter in letters {
        let ended = Moment { at: letter.ended, tz: config.defaults.tz.clone() };
        let attempts = usize::try_from(letter.attempts).unwrap_or(usize::MAX);
        writeln!(
            out,
            "{}  {}  {ended}  after {}{}\n    {}",
            letter.id,
            letter.address.masked(),
            counted(attempts, "attempt", "attempts"),
            letter.about.map(|about| format!("  about {}", plain(&about))).unwrap_or_default(),
            plain(&letter.error),
        )?;
    }
    if more {
        writeln!(out, "there are more: see --limit")?;
    }
    Ok(out.flush()?)
}

fn replay(context: &Context, ids: Option<Vec<i64>>) -> Result<(), Fault> {
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    let asked = ids.as_ref().map(|ids| ids.iter().collect::<BTreeSet<_>>().len());
    let which = ids.map_or(DeadLetters::All, |ids| {
        DeadLetters::Of(ids.into_iter().map(NotificationId).collect())
    });
    let queued = block_on(async {
        let (mut queued, mut after) = (0, Some(NotificationId(0)));
        while let Some(last) = after {
            let replayed = store.replay_dead_letters(which.clone(), last, context.now).await?;
            queued += replayed.count;
            after = replayed.last;
        }
        Ok(queued)
    })?;
    if let Some(asked) = asked.filter(|asked| *asked > queued) {
        let missing = counted(asked - queued, "is no dead letter", "are no dead letters");
        return Err(Fault::failed(format!(
            "{} will be sent again; {missing}",
            counted(queued, "message", "messages"),
        )));
    }
    let mut out = stdout();
    writeln!(out, "{} will be sent again", counted(queued, "message", "messages"))?;
    Ok(out.flush()?)
}
