//! Setting what somebody wishes for: of the chat, or of one of its watches.

use crate::control::actions::{self, NotWatched, Set, Wish};
use crate::model::Settings;
use crate::store::WatchRow;

use super::answer::Stop;
use super::target::ENDED;
use super::turn::Turn;

/// Sets what is wished for, of one watch or of the chat, and returns what the chat has set then.
pub(super) async fn change(
    turn: &mut Turn<'_>,
    watch: Option<&mut WatchRow>,
    wishes: Vec<Wish>,
) -> Result<Settings, Stop> {
    let mut chat = turn.settings();
    if wishes.is_empty() {
        return Ok(chat);
    }
    let subject = watch.as_ref().map(|watch| watch.subject.clone());
    let settings = watch.map_or(&mut chat, |watch| &mut watch.settings);
    let request =
        Set { destination: turn.destination.clone(), subject, settings: settings.clone(), wishes };
    *settings = match actions::set(turn, request).await? {
        Ok(settings) => settings,
        Err(NotWatched) => return Err(turn.refuse(ENDED)),
    };
    Ok(chat)
}

/// Whether a file brought a watch: the next `apply` of it has the last word on its settings.
pub(super) fn is_of_file(watch: &WatchRow) -> bool {
    watch.origin != "chat"
}
