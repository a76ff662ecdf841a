//! Pressed buttons: under alerts, offers and lists. Their data comes from clients, so it is read like any input.

use std::time::Duration;

use crate::model::{SubjectRef, SubscriptionId};
use crate::render::views::Link;
use crate::store::{Edit, Edited, WatchRow};

use super::command::list_number;
use super::list;
use super::target::Target;
use super::turn::{Answer, Stop, Turn};
use super::watch;

/// The steps of “less often”, in seconds.
const STEPS_S: [u64; 4] = [900, 3600, 6 * 3600, 24 * 3600];

/// Does what a button says, where the message that it stands under has it: clients are free to send other data.
///
/// Of a message that is too old, the chat service does not say what it has. Then only buttons under alerts act: they change
/// nothing but their own watch, and no message.
pub(super) async fn pressed(
    turn: &mut Turn<'_>,
    data: &str,
    buttons: Option<&[String]>,
) -> Result<Answer, Stop> {
    let (verb, rest) = data.split_once(':').unwrap_or((data, ""));
    let has_it = match buttons {
        Some(buttons) => buttons.iter().any(|button| button == data),
        None => is_of_an_alert(verb),
    };
    if !has_it || !is_for_administrators(data) {
        turn.control.count_answer(turn)?;
    }
    if !has_it {
        return Err(unknown(turn));
    }
    match verb {
        "mute" => match rest.split_once(':') {
            Some(("1h", id)) => mute(turn, id, 1, "Silent for 1 hour").await,
            Some(("24h", id)) => mute(turn, id, 24, "Silent for 24 hours").await,
            _ => Err(unknown(turn)),
        },
        "less" => less(turn, rest).await,
        "stop" => stop(turn, rest).await,
        "watch" => offered(turn, rest).await,
        "list" => page(turn, rest).await,
        _ => Err(unknown(turn)),
    }
}

fn is_of_an_alert(verb: &str) -> bool {
    matches!(verb, "mute" | "less" | "stop")
}

/// Whether only those who may decide for a chat press a button with this data to some effect.
pub(super) fn is_for_administrators(data: &str) -> bool {
    let verb = data.split_once(':').map_or(data, |(verb, _)| verb);
    is_of_an_alert(verb) || verb == "watch"
}

fn unknown(turn: &Turn<'_>) -> Stop {
    turn.refuse("I don't know this button any more.")
}

/// Longest title in a line at a button. Twice as long where each of its signs has to be closed, and with what stands around
/// it, it stays below the 200 characters that such a line may have.
const TITLE_MAX_CHARS: usize = 64;

const ENDED: &str = "This watch has ended already.";

/// The watch of a button, in the chat where the button stands, for somebody who may decide there.
async fn watch_of(turn: &mut Turn<'_>, id: &str) -> Result<WatchRow, Stop> {
    turn.needs_administrator().await?;
    let Ok(id) = id.parse() else { return Err(unknown(turn)) };
    match list::own(turn, SubscriptionId(id)).await? {
        Some(row) => Ok(row),
        None => Err(turn.refuse("This watch has ended, or it is not one of this chat.")),
    }
}

/// What a watch is called in a line at a button. An alert about one video may be of the watch of a channel, and the
/// button acts on all of it.
fn name(row: &WatchRow) -> String {
    let title = Link::subject(&row.subject, row.title.as_deref()).one_line(TITLE_MAX_CHARS);
    match row.subject {
        SubjectRef::Video(_) => title,
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => format!("{title} (a channel)"),
        SubjectRef::Playlist(_) => format!("{title} (a playlist)"),
    }
}

/// Commits an edit of a watch.
async fn done(turn: &mut Turn<'_>, edit: Edit, toast: String) -> Result<Answer, Stop> {
    let is_gone = turn.commit(vec![edit]).await?.first() == Some(&Edited::NotFound);
    let toast = if is_gone { ENDED.into() } else { toast.into() };
    Ok(Answer { toast: Some(toast), ..Answer::default() })
}

async fn mute(turn: &mut Turn<'_>, id: &str, hours: u64, silent: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let toast = format!("{silent}: {}", name(&row));
    let edit = Edit::Mute {
        destination: row.destination.address,
        subject: Some(row.subject),
        until: Some(turn.now.plus(Duration::from_secs(hours * 3600))),
    };
    done(turn, edit, toast).await
}

async fn less(turn: &mut Turn<'_>, id: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    // The alert may stand in another topic than the one whose settings were read on entering.
    let defaults = &turn.control.options.defaults;
    let destination = &row.destination.settings;
    let effective = crate::model::Settings::effective(&row.settings, destination, defaults);
    let Some(step) = STEPS_S.into_iter().find(|step| *step > effective.at_most.as_secs()) else {
        return Err(turn.refuse("It is at most one message per 24 hours already."));
    };
    let time = match step {
        900 => "15 minutes",
        3600 => "hour",
        21_600 => "6 hours",
        _ => "24 hours",
    };
    let toast = format!("From now on at most one message per {time}: {}", name(&row));
    let settings = crate::model::Settings { at_most_s: Some(step), ..row.settings };
    let edit =
        Edit::Set { destination: row.destination.address, subject: Some(row.subject), settings };
    done(turn, edit, toast).await
}

async fn stop(turn: &mut Turn<'_>, id: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let toast = format!("No longer watching {}.", name(&row));
    let edit = Edit::Unwatch { destination: row.destination.address, subject: row.subject };
    done(turn, edit, toast).await
}

/// `watch:<subject>`, or `watch:<video id>`
async fn offered(turn: &mut Turn<'_>, reference: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let subject = reference.parse::<SubjectRef>();
    let subject = subject.or_else(|_| reference.parse().map(SubjectRef::Video));
    let Ok(subject) = subject else { return Err(unknown(turn)) };
    let mut watch = None;
    turn.each_watch(|_, row| {
        if row.subject == subject {
            watch = Some(row);
        }
        watch.is_none()
    })
    .await?;
    watch::make(turn, Target { subject, watch, looked: None }, "").await
}

async fn page(turn: &mut Turn<'_>, page: &str) -> Result<Answer, Stop> {
    let Some(page) = list_number(page) else { return Err(unknown(turn)) };
    let view = list::view(turn, page).await?;
    Ok(Answer { replacement: Some((&view).into()), ..Answer::default() })
}
