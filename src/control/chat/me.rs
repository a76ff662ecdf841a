//! `/me`: what is stored about whoever writes, as a message or a file, and the end of it.

use crate::control::actions::{self, NothingStored};
use crate::model::{Settings, TextFile};
use crate::render::numbers::Grouped;
use crate::render::views::{Me, StoredView};
use crate::store::PersonRow;

use super::answer::{Answer, Stop, wrong};
use super::turn::Turn;
use super::words::quoted;
use super::{account, export};

const PRIVATE: &str = "This is about you, not about this group: ask me in a private chat.";

const OPERATOR: &str = "You run me, so what is stored is in your database. `tubebell people` lists and removes people; to be forgotten yourself, end your watches with `/unwatch all`.";

/// The word behind `/me delete` that does it.
const EVERYTHING: &str = "everything";

const NONE: Me =
    Me { stored: None, erase: None, watches: None, is_exported: false, is_cut: false, file: None };

/// `/me [export|delete [everything]]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    if !turn.private {
        return Err(turn.refuse(PRIVATE));
    }
    let words: Vec<String> = rest.split_whitespace().map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let me = match words.as_slice() {
        [] => stored(turn).await?,
        ["export"] => exported(turn).await?,
        ["delete", ..] if turn.owner.is_operator() => return Err(turn.refuse(OPERATOR)),
        ["delete"] => Me { erase: Some(format!("/me delete {EVERYTHING}")), ..stored(turn).await? },
        ["delete", EVERYTHING] => erased(turn).await?,
        ["delete", word, ..] => {
            return Err(wrong(
                &format!("I don't understand {}: nothing is erased.", quoted(word)),
                "/me delete everything",
            ));
        }
        [word, ..] => {
            return Err(wrong(
                &format!("I don't understand {}: write `export` or `delete`.", quoted(word)),
                "/me export",
            ));
        }
    };
    Ok(Answer::of(&me).for_asker())
}

async fn stored(turn: &Turn<'_>) -> Result<Me, Stop> {
    let here = turn.here().whole();
    let state = turn.actions().person(&here, turn.now).await?;
    let count = |count: usize| (count > 0).then(|| Grouped::count(count));
    let stored = StoredView {
        addresses: account::lines(turn).await?,
        since: state.row.as_ref().map(|row: &PersonRow| turn.moment(row.since)),
        was_invited: state.row.as_ref().is_some_and(|row| row.invited_by.is_some()),
        max: turn.actions().watches_max(&turn.owner).map(Grouped::count),
        groups: count(state.groups),
        invitations: count(state.invitations),
        tz: turn.effective(&Settings::default()).tz,
        is_operator: turn.owner.is_operator(),
    };
    Ok(Me { stored: Some(stored), watches: count(state.watches), ..NONE })
}

async fn exported(turn: &Turn<'_>) -> Result<Me, Stop> {
    let all = turn.actions().stored(&turn.here().whole(), turn.now).await?;
    let (text, is_cut) = export::json(&all, turn.now, TextFile::BYTES_MAX);
    let file = TextFile { name: "tubebell-me.json".to_owned(), text };
    Ok(Me { is_exported: true, is_cut, file: Some(file), ..stored(turn).await? })
}

async fn erased(turn: &mut Turn<'_>) -> Result<Me, Stop> {
    let here = turn.destination.whole();
    match actions::erase(turn, &here).await? {
        Ok(watches) => Ok(Me { watches: (watches > 0).then(|| Grouped::count(watches)), ..NONE }),
        Err(NothingStored) => Err(turn.refuse("Nothing is stored about you.")),
    }
}
