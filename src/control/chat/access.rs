//! Who may talk to the bot.

use crate::model::{Address, Owner};
use crate::store::{DestinationRow, Edit, Edited, StoreError};

use super::answer::Stop;
use super::turn::Turn;

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

/// Groups that one person may bring in. Each is a row and a chat that asks and is told; who looks after more has reason to
/// run a bot of their own.
const GROUPS_PER_PERSON: usize = 20;

const TOO_MANY_GROUPS: &str = "You have me in 20 groups, as many as one person may. End the watches of one (`/unwatch all`), then remove me there; or let another administrator who may use me write this.";

const NAMELESS: &str = "A group counts for whoever brings me in, and I can't see who you are. Write it once as yourself, not anonymously.";

/// Finds out who is writing and whose limits count, and reads what the chat has set.
pub(super) async fn enter(turn: &mut Turn<'_>) -> Result<Standing, Stop> {
    let standing = standing(turn).await?;
    if standing != Standing::Stranger {
        let store = &turn.control.store;
        turn.home = store.destination(&turn.destination).await?;
        let whole = turn.group();
        let by = if standing == Standing::Guest { personal(turn) } else { Some(whole.clone()) };
        turn.is_in_by = match by {
            Some(by) if needs_row(turn, &by).await? => Some(by),
            Some(_) | None => None,
        };
        turn.whole = if whole == turn.destination {
            turn.home.clone()
        } else {
            store.destination(&whole).await?
        };
        (turn.owner, turn.is_new_group) = owner(turn, &whole).await?;
        if let Some(shut) = turn.home.as_ref().and_then(DestinationRow::shut)
            && turn.typed.is_none()
            && turn.along.shows_a_way()
        {
            turn.control.returns.note(&turn.destination, shut, turn.now);
        }
    }
    Ok(standing)
}

/// Whose limits count in this chat, and whether it is a group that nobody has brought in yet.
async fn owner(turn: &Turn<'_>, whole: &Address) -> Result<(Owner, bool), StoreError> {
    let options = &turn.control.options;
    let itself = Owner::of(whole);
    let chat = turn.destination.whole();
    let names = |list: &[Address]| {
        list.iter().map(Address::whole).any(|known| known == *whole || known == chat)
    };
    if names(&options.operator) || turn.private && is_operator(turn, whole).await? {
        return Ok((Owner::Operator, false));
    }
    let standing = match turn.home.as_ref().or(turn.whole.as_ref()) {
        Some(row) => turn.control.store.owner(row.person).await?,
        None => None,
    };
    if turn.private {
        return Ok(match standing {
            Some(owner) => (owner, false),
            None => (owner_of(turn, whole).await?, false),
        });
    }
    if let Some(row) = turn.control.store.person(whole).await? {
        return Ok(match (standing, row.brought_by) {
            (Some(owner), _) => (owner, false),
            (None, Some(by)) => (owner_of(turn, &by).await?, false),
            (None, None) => (itself, false),
        });
    }
    // A group that was known before groups counted for anybody, or is the operator's, counts for itself. With invitations
    // that is not enough: its other administrators are to be let in.
    let stands_alone =
        standing.as_ref().is_some_and(|owner| *owner == itself || owner.is_operator());
    if names(&options.allow) || (stands_alone && options.access != AccessMode::Invite) {
        return Ok((standing.unwrap_or(itself), false));
    }
    Ok(match (standing, personal(turn)) {
        (Some(Owner::Operator), _) => (Owner::Operator, true),
        (_, Some(by)) => (owner_of(turn, &by).await?, true),
        (_, None) => (itself, true),
    })
}

/// Whose limits count in the chats of a person: the operator has none.
async fn owner_of(turn: &Turn<'_>, person: &Address) -> Result<Owner, StoreError> {
    if is_operator(turn, person).await? {
        return Ok(Owner::Operator);
    }
    turn.control.store.owner_at(person).await
}

/// Whether somebody runs this installation: whoever has one of their addresses does.
async fn is_operator(turn: &Turn<'_>, person: &Address) -> Result<bool, StoreError> {
    let named = &turn.control.options.operator;
    if named.is_empty() {
        return opened_the_first_invitation(turn, person).await;
    }
    let theirs = turn.control.store.addresses(person).await?;
    let is_named = |address: &Address| named.iter().any(|known| known.lane() == address.lane());
    Ok(theirs.iter().any(|address| shows_who_they_are(address) && is_named(address)))
}

/// Whether somebody is whoever an address belongs to: at a mailbox others may read, too, and whoever confirms it need not be
/// the one whom the configuration means.
fn shows_who_they_are(address: &Address) -> bool {
    address.channel().traits().is_chat
}

/// Whether somebody is the operator, as long as the configuration names none.
async fn opened_the_first_invitation(
    turn: &Turn<'_>,
    person: &Address,
) -> Result<bool, StoreError> {
    let store = &turn.control.store;
    match store.operator().await? {
        Some(operator) => Ok(store.owner_at(person).await? == store.owner_at(&operator).await?),
        None => Ok(false),
    }
}

/// Lets a group in with the first thing that an administrator changes there; it counts for them from then on.
pub(super) async fn bring_in(turn: &mut Turn<'_>) -> Result<(), Stop> {
    if !turn.is_new_group {
        return Ok(());
    }
    let Some(by) = personal(turn) else { return Err(turn.refuse(NAMELESS)) };
    let owner = owner_of(turn, &by).await?;
    let limit = (!owner.is_operator()).then_some(GROUPS_PER_PERSON);
    let edit = Edit::BringIn { group: turn.group(), by, owner, limit };
    let edits = turn.standing().into_iter().chain([edit]).collect();
    // A transaction of its own: beyond the limit nothing else is to be stored.
    let done = turn.control.store.edit(None, edits, turn.now).await?;
    if let Some([.., Edited::GroupsReached { .. }]) = done.as_deref() {
        return Err(turn.refuse(TOO_MANY_GROUPS));
    }
    turn.is_new_group = false;
    Ok(())
}

async fn standing(turn: &Turn<'_>) -> Result<Standing, StoreError> {
    if may_talk(turn, &turn.group()).await? {
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
pub(super) fn personal(turn: &Turn<'_>) -> Option<Address> {
    turn.destination.private_chat(&turn.person()?.0)
}

/// Whether the configuration says that somebody is in, by any of their addresses.
async fn is_listed(turn: &Turn<'_>, address: &Address) -> Result<bool, StoreError> {
    // Of a server, a channel may be named alone.
    let chat = (*address == turn.group()).then(|| turn.destination.clone());
    if is_named(turn, address) || chat.is_some_and(|chat| is_named(turn, &chat)) {
        return Ok(true);
    }
    if address.is_group() {
        return Ok(false);
    }
    let theirs = turn.control.store.addresses(address).await?;
    Ok(theirs.iter().any(|known| shows_who_they_are(known) && is_named(turn, known)))
}

/// Whether somebody is in at this address without a row and without any other address. Nobody can ask for anything at a mailbox.
pub(super) fn is_in_by_itself(turn: &Turn<'_>, address: &Address) -> bool {
    let is_open = turn.control.options.access == AccessMode::Open;
    shows_who_they_are(address) && (is_open || is_named(turn, address))
}

/// Whether the configuration names this address.
fn is_named(turn: &Turn<'_>, address: &Address) -> bool {
    let options = &turn.control.options;
    let mut named = options.operator.iter().chain(&options.allow);
    named.any(|known| known.lane() == address.lane())
}

/// Whether somebody is in only as long as there is a row of theirs.
async fn needs_row(turn: &Turn<'_>, address: &Address) -> Result<bool, StoreError> {
    Ok(turn.control.options.access == AccessMode::Invite && !is_listed(turn, address).await?)
}

async fn may_talk(turn: &Turn<'_>, address: &Address) -> Result<bool, StoreError> {
    let options = &turn.control.options;
    if is_listed(turn, address).await? {
        return Ok(true);
    }
    match options.access {
        AccessMode::Open => Ok(true),
        AccessMode::Allowlist if options.operator.is_empty() => {
            opened_the_first_invitation(turn, address).await
        }
        AccessMode::Allowlist => Ok(false),
        AccessMode::Invite => turn.control.store.is_admitted(address).await,
    }
}
