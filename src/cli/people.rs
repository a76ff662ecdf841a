//! `tubebell people`: who may talk to the bot and how they came; and putting somebody out.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use clap::Subcommand;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{counted, plain};
use crate::config::Config;
use crate::control::AccessMode;
use crate::model::{Address, DestinationId, Owner, Settings, SubscriptionId, UnixMillis};
use crate::render::numbers::Moment;
use crate::store::{
    Access, DestinationRow, Edit, Edited, PersonRow, PersonState, Registry, Shared, Sqlite,
    WatchFilter,
};

/// Rows read at once: a bound on memory, and on how long one look takes.
const PAGE: usize = 100;

/// Edits handed to the store at once; it makes transactions of them.
const EDITS: usize = 1000;

/// The origin of watches that were made in chats.
const CHAT: &str = "chat";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists people and groups: since when they are in, how they came, what they have
    List,
    /// Puts somebody out: ends their watches and cards and those of groups they brought in, withdraws their invitations
    Remove {
        /// A person or a group, as `list` shows them: telegram:1234
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), Fault> {
    match args.what {
        What::List => {
            let config = context.config()?;
            let store = context.store(&config, Access::Existing)?;
            block_on(list(&store, &config, context.now))
        }
        What::Remove { address } => {
            let address = read(&address)?;
            let config = context.config()?;
            let store = context.store(&config, Access::Existing)?;
            block_on(remove(&store, &config, &address, context.now))
        }
    }
}

/// Whether an address is that of a person or a group.
fn is_whole_chat(address: &Address) -> bool {
    address.channel().traits().is_chat && !address.is_thread()
}

/// A chat without a topic.
fn read(text: &str) -> Result<Address, Fault> {
    match text.parse::<Address>() {
        Ok(address) if is_whole_chat(&address) => Ok(address),
        other => {
            // What has a slash may be a secret.
            let shown = match other {
                Ok(address) => address.masked(),
                Err(_) if text.contains('/') => "…".to_owned(),
                Err(_) => plain(text),
            };
            Err(Fault::wrong(format!(
                "`{shown}` is no person and no group: write telegram:<chat id>, discord:<server id> or discord:@<user id>, as `tubebell people list` shows them"
            )))
        }
    }
}

/// What makes somebody the operator.
enum OperatorBy {
    Configuration,
    FirstInvitation,
}

async fn operator(
    store: &Sqlite,
    config: &Config,
    address: &Address,
) -> Result<Option<OperatorBy>, Fault> {
    let theirs = store.addresses(address).await?;
    if theirs.iter().any(|address| is_among(&config.operator.to, address)) {
        return Ok(Some(OperatorBy::Configuration));
    }
    let is_first = config.operator.to.is_empty()
        && store.operator().await?.is_some_and(|known| theirs.contains(&known));
    Ok(is_first.then_some(OperatorBy::FirstInvitation))
}

fn is_among(list: &[Address], address: &Address) -> bool {
    list.iter().any(|known| known.lane() == address.lane())
}

async fn list(store: &Sqlite, config: &Config, now: UnixMillis) -> Result<(), Fault> {
    let mut out = stdout();
    let mut is_empty = true;
    let line = async |state: &PersonState| -> Result<String, Fault> {
        let how = match operator(store, config, &state.address).await? {
            Some(OperatorBy::Configuration) => "operator, by operator.to".to_owned(),
            Some(OperatorBy::FirstInvitation) => "operator, by the first invitation".to_owned(),
            None if all(state).any(|address| is_among(&config.access.allow, address)) => {
                "by access.allow".to_owned()
            }
            None => state.row.as_ref().map(how).unwrap_or_default(),
        };
        Ok(line(state, &how, &config.defaults.tz))
    };
    // Those whom the configuration names need no row.
    let mut named: Vec<&Address> = Vec::new();
    for address in config.operator.to.iter().chain(&config.access.allow) {
        if is_whole_chat(address) && !named.contains(&address) {
            named.push(address);
        }
    }
    for address in named {
        let state = store.person_state(address, now).await?;
        if state.row.is_none() {
            is_empty = false;
            writeln!(out, "{}", line(&state).await?)?;
        }
    }
    let mut after = None;
    loop {
        let page = store.people(after, PAGE, now).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.address.clone());
        is_empty = false;
        for state in &page {
            writeln!(out, "{}", line(state).await?)?;
        }
    }
    match (is_empty, config.access.mode) {
        (_, AccessMode::Open) => {
            writeln!(out, "access.mode is \"open\": everyone may talk to the bot")?;
        }
        (true, AccessMode::Invite | AccessMode::Allowlist) => {
            writeln!(out, "nobody is in yet: `tubebell invite` makes an invitation")?;
        }
        (false, _) => {}
    }
    Ok(out.flush()?)
}

/// All addresses of somebody.
fn all(state: &PersonState) -> impl Iterator<Item = &Address> {
    std::iter::once(&state.address).chain(&state.others)
}

fn how(row: &PersonRow) -> String {
    match (&row.brought_by, &row.invited_by) {
        (Some(by), _) => format!("brought in by {by}"),
        (None, Some(Owner::Operator)) => "invited by the operator".to_owned(),
        (None, Some(Owner::Person(by))) => format!("invited by {by}"),
        (None, None) => "came before it was written down how".to_owned(),
    }
}

fn line(state: &PersonState, how: &str, tz: &str) -> String {
    let since = state.row.as_ref().map(|row| {
        let since = Moment { at: row.since, tz: tz.to_owned() };
        format!("  since {since}")
    });
    let some = |count: usize, one: &str, many: &str| match count {
        0 => String::new(),
        count => format!("  {}", counted(count, one, many)),
    };
    let others: String = state.others.iter().map(|other| format!(", {other}")).collect();
    format!(
        "{}{others}{}  {how}{}  {}{}",
        state.address,
        since.unwrap_or_default(),
        some(state.groups, "group", "groups"),
        counted(state.watches, "watch", "watches"),
        some(state.invitations, "unused invitation", "unused invitations"),
    )
}

async fn remove(
    store: &Sqlite,
    config: &Config,
    address: &Address,
    now: UnixMillis,
) -> Result<(), Fault> {
    refuse_whom_the_configuration_lets_in(store, config, address).await?;
    let mut chats = chats_of(store, address).await?;
    if chats.is_empty() && !store.is_admitted(address).await? {
        return Err(Fault::failed(format!(
            "{address} is not known here: `tubebell people list` shows who is in"
        )));
    }
    // They are out at the end: whoever is stopped on the way finds all of it again. What came meanwhile ends then.
    let before = end_all(store, &chats, now).await?;
    let edit = Edit::Expel { person: address.clone() };
    let expelled = store.edit(None, vec![edit], now).await?.and_then(|mut done| done.pop());
    for chat in chats_of(store, address).await? {
        if chats.iter().all(|known| known.id != chat.id) {
            chats.push(chat);
        }
    }
    let Ended { watches, cards, staying } = end_all(store, &chats, now).await?;
    reset(store, chats, now).await?;
    let mut out = stdout();
    let (groups, invitations) = match expelled {
        Some(Edited::Expelled { groups, invitations, .. }) => (groups, invitations),
        _ => (Vec::new(), 0),
    };
    let watches = counted(before.watches + watches, "watch", "watches");
    let mut parts = vec![match before.cards + cards {
        0 => format!("{watches} ended"),
        cards => format!("{watches} and {} ended", counted(cards, "card", "cards")),
    }];
    if !groups.is_empty() {
        let names = groups.iter().map(|group| plain(group)).collect::<Vec<_>>().join(", ");
        parts.push(format!("{} out with them ({names})", counted(groups.len(), "group", "groups")));
    }
    if invitations > 0 {
        parts.push(format!("{} withdrawn", counted(invitations, "invitation", "invitations")));
    }
    writeln!(out, "{address} is out: {}", parts.join(", "))?;
    for ((origin, to), count) in &staying {
        let watches = counted(*count, "watch", "watches");
        let verb = if *count == 1 { "stays" } else { "stay" };
        writeln!(out, "{watches} of {} to {to} {verb}: the file has the last word", plain(origin))?;
    }
    if config.access.mode == AccessMode::Open {
        writeln!(out, "access.mode is \"open\": they may come back at any time")?;
    }
    Ok(out.flush()?)
}

async fn refuse_whom_the_configuration_lets_in(
    store: &Sqlite,
    config: &Config,
    address: &Address,
) -> Result<(), Fault> {
    let theirs = store.addresses(address).await?;
    let way_out = match operator(store, config, address).await? {
        Some(OperatorBy::Configuration) => {
            "is the operator: take it out of operator.to of the configuration first, and restart `tubebell run`"
        }
        Some(OperatorBy::FirstInvitation) => {
            "is the operator, by the first invitation: name another in operator.to of the configuration first, and restart `tubebell run`"
        }
        None if theirs.iter().any(|address| is_among(&config.access.allow, address)) => {
            "is in by the configuration: take it out of access.allow first, and restart `tubebell run`"
        }
        None => return Ok(()),
    };
    Err(Fault::failed(format!("{address} {way_out}")))
}

/// The chats and topics that stand in somebody's name.
async fn chats_of(store: &Sqlite, address: &Address) -> Result<Vec<DestinationRow>, Fault> {
    let mut found = Vec::new();
    let mut after = DestinationId(0);
    loop {
        let page = store.chats_of_person(address, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.id;
        found.extend(page);
    }
}

#[derive(Default)]
struct Ended {
    watches: usize,
    cards: usize,
    /// Watches that files brought, by the file and the place.
    staying: BTreeMap<(String, String), usize>,
}

/// Ends the watches and cards that were made in these chats.
async fn end_all(
    store: &Sqlite,
    chats: &[DestinationRow],
    now: UnixMillis,
) -> Result<Ended, Fault> {
    let mut ended = Ended::default();
    for chat in chats {
        let mut after = SubscriptionId(0);
        loop {
            let filter = WatchFilter::Of(chat.address.clone());
            let page = store.watches(filter, after.0, EDITS).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            let mut edits = Vec::new();
            for row in page {
                let destination = row.destination.address;
                if row.origin == CHAT {
                    edits.push(Edit::Unwatch { destination, subject: row.subject });
                } else {
                    *ended.staying.entry((row.origin, destination.masked())).or_default() += 1;
                }
            }
            ended.watches += apply(store, edits, now).await?;
        }
        let cards = store.cards(&chat.address).await?.len();
        if cards > 0 {
            let edit = Edit::EndCards { destination: chat.address.clone(), video: None };
            apply(store, vec![edit], now).await?;
            ended.cards += cards;
        }
    }
    Ok(ended)
}

/// What was set in chats in which nothing is watched any more would keep their rows.
async fn reset(store: &Sqlite, chats: Vec<DestinationRow>, now: UnixMillis) -> Result<(), Fault> {
    let mut edits = Vec::new();
    for chat in chats {
        let filter = WatchFilter::Of(chat.address.clone());
        if !store.watches(filter, 0, 1).await?.is_empty() {
            continue;
        }
        let destination = chat.address;
        if chat.muted_until.is_some() {
            let destination = destination.clone();
            edits.push(Edit::Mute { destination, subject: None, until: None });
        }
        if chat.settings != Settings::default() {
            let settings = Settings::default();
            edits.push(Edit::Set { destination, subject: None, settings });
        }
    }
    apply(store, edits, now).await.map(drop)
}

/// Applies edits, beside a gateway that is not to wait; returns how many rows were touched.
async fn apply(store: &Sqlite, edits: Vec<Edit>, now: UnixMillis) -> Result<usize, Fault> {
    let edits: Arc<[Edit]> = edits.into();
    let (mut from, mut touched) = (0, 0);
    while from < edits.len() {
        let done = store.edit_some(Arc::clone(&edits), from, now).await?;
        from += done.len().max(1);
        for edited in done {
            touched += usize::from(matches!(edited, Edited::Done(1..)));
        }
    }
    Ok(touched)
}
