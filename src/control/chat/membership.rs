//! A chat that can be reached: the bot was added, or is no longer blocked.

use crate::control::actions::Commit;
use crate::store::Edit;

use super::access::{self, Standing};
use super::answer::{Answer, Stop};
use super::ask;
use super::turn::Turn;

/// The chat can be reached: unblocked, or the bot was added.
pub(super) async fn reachable(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let standing = access::enter(turn).await?;
    if turn.is_new_group && turn.is_administrator().await.unwrap_or(false) {
        turn.commit(Vec::new()).await?;
        return ask::start(turn).await;
    }
    // A row for every group that strangers add the bot to would be theirs to fill.
    let is_known = turn.control.store.destination(&turn.destination).await?.is_some();
    let is_in = standing != Standing::Stranger && !turn.is_new_group;
    let edits = if is_in || is_known {
        vec![Edit::Enable { destination: turn.destination.clone(), owner: turn.owner.clone() }]
    } else {
        Vec::new()
    };
    turn.commit_only(edits).await?;
    Ok(Answer::default())
}
