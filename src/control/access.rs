//! Who may talk to the bot.

use crate::model::Address;
use crate::store::{DestinationRow, Edit, OPERATOR_KEY, StoreError};

use super::ask;
use super::turn::{Answer, Stop, Turn, whole_chat};

/// Whom the bot answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessMode {
    /// Who came with an invitation.
    Invite,
    /// Everyone.
    Open,
    /// Who is on the list.
    Allowlist,
}

/// How somebody stands to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The chat is in.
    Admitted,
    /// The chat is not, but who writes is.
    Guest,
    /// Neither.
    Stranger,
}

impl Standing {
    pub(super) fn is_stranger(self) -> bool {
        self == Standing::Stranger
    }
}

/// Finds out who is writing, and reads what the chat has set.
pub(super) async fn enter(turn: &mut Turn<'_>) -> Result<Standing, Stop> {
    let standing = standing(turn).await?;
    turn.brings_chat_in = standing == Standing::Guest;
    if standing != Standing::Stranger {
        turn.home = turn.control.store.destination(turn.chat).await?;
        if let Some(shut) = turn.home.as_ref().and_then(DestinationRow::shut) {
            turn.control.returns.note(turn.chat, shut, turn.now);
        }
    }
    Ok(standing)
}

async fn standing(turn: &Turn<'_>) -> Result<Standing, StoreError> {
    if may_talk(turn, &whole_chat(turn.chat)).await? {
        return Ok(Standing::Admitted);
    }
    if !turn.private
        && let Some(address) = personal(turn)
        && may_talk(turn, &address).await?
    {
        return Ok(Standing::Guest);
    }
    Ok(Standing::Stranger)
}

/// The address of the conversation with whoever writes.
fn personal(turn: &Turn<'_>) -> Option<Address> {
    match (turn.chat, turn.person) {
        (Address::Telegram { .. }, Some(person)) => {
            Some(Address::Telegram { chat: person.id, thread: None })
        }
        _ => None,
    }
}

async fn may_talk(turn: &Turn<'_>, address: &Address) -> Result<bool, StoreError> {
    let options = &turn.control.options;
    let mut listed = options.operator.iter().chain(&options.allow);
    if listed.any(|known| known.lane() == address.lane()) {
        return Ok(true);
    }
    match options.access {
        AccessMode::Open => Ok(true),
        AccessMode::Allowlist if options.operator.is_empty() => {
            let operator = turn.control.store.load(OPERATOR_KEY).await?;
            Ok(operator.is_some_and(|operator| operator == address.to_string()))
        }
        AccessMode::Allowlist => Ok(false),
        AccessMode::Invite => turn.control.store.is_admitted(address).await,
    }
}

/// The chat can be reached: unblocked, or the bot was added.
pub(super) async fn reachable(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let standing = enter(turn).await?;
    if standing == Standing::Guest && turn.needs_administrator().await.is_ok() {
        turn.commit(Vec::new()).await?;
        return ask::start(turn).await;
    }
    // A row for every group that strangers add the bot to would be theirs to fill.
    let is_known = turn.control.store.destination(turn.chat).await?.is_some();
    let edits = if standing == Standing::Admitted || is_known {
        vec![Edit::Enable { destination: turn.chat.clone(), owner: turn.chat.lane() }]
    } else {
        Vec::new()
    };
    turn.commit_only(edits).await?;
    Ok(Answer::default())
}
