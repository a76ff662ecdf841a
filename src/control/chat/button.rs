//! Pressed buttons: under alerts, offers, new watches and lists. Their data comes from clients, so it is read like any input.

use std::time::Duration;

use crate::control::actions::{
    self, Asking, Mute, NotLess, NotWatched, Set, Silence, Target, Unwatch, WatchRequest, Wish,
};
use crate::model::{Digest, Schedule, Settings, SubjectRef, SubscriptionId};
use crate::render::views::{Link, Watch};
use crate::route::language;
use crate::store::WatchRow;

use super::answer::{Answer, Stop};
use super::list;
use super::target::ENDED;
use super::turn::Turn;
use super::words::list_number;
use super::{watch, watched};

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
        turn.count_answer()?;
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
        "every" => other_rules(turn, rest, "all", "Every change is told").await,
        "miles" => other_rules(turn, rest, "milestones", "Milestones are told").await,
        "daily" => once_a_day(turn, rest).await,
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
    is_of_an_alert(verb) || matches!(verb, "watch" | "every" | "miles" | "daily")
}

fn unknown(turn: &Turn<'_>) -> Stop {
    turn.refuse("I don't know this button any more.")
}

/// Longest title in a line at a button. Twice as long where each of its signs has to be closed, and with what stands around
/// it, it stays below the 200 characters that such a line may have.
const TITLE_MAX_CHARS: usize = 64;

/// The watch of a button, in the chat where the button stands, for somebody who may decide there.
async fn watch_of(turn: &mut Turn<'_>, id: &str) -> Result<WatchRow, Stop> {
    turn.needs_administrator().await?;
    let Ok(id) = id.parse() else { return Err(unknown(turn)) };
    match turn.actions().watch_in_chat(&turn.destination, SubscriptionId(id)).await? {
        Some(row) => {
            turn.turn_to(&row.destination.address).await?;
            Ok(row)
        }
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

/// A line at the button.
fn toast(text: String) -> Answer {
    Answer { toast: Some(text.into()), ..Answer::default() }
}

async fn mute(turn: &mut Turn<'_>, id: &str, hours: u64, silent: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let done = format!("{silent}: {}", name(&row));
    let end = turn.now.plus(Duration::from_secs(hours * 3600));
    let Ok(silence) = Silence::until(end, turn.now) else { return Err(unknown(turn)) };
    let request = Mute {
        destination: row.destination.address,
        subject: Some(row.subject),
        silence: Some(silence),
    };
    Ok(match actions::mute(turn, request).await? {
        Ok(_) => toast(done),
        Err(NotWatched) => toast(ENDED.to_owned()),
    })
}

async fn less(turn: &mut Turn<'_>, id: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    // The alert may stand in another topic than the one whose settings were read on entering.
    let step = match turn.actions().less_often(turn, &row).await? {
        Ok(step) => step,
        Err(NotLess::Already) => {
            return Err(turn.refuse("It is at most one message per 24 hours already."));
        }
        Err(NotLess::NotWatched) => return Ok(toast(ENDED.to_owned())),
    };
    let time = match step.as_secs() {
        900 => "15 minutes",
        3600 => "hour",
        21_600 => "6 hours",
        _ => "24 hours",
    };
    Ok(toast(format!("From now on at most one message per {time}: {}", name(&row))))
}

async fn stop(turn: &mut Turn<'_>, id: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let done = format!("No longer watching {}.", name(&row));
    let request = Unwatch { destination: row.destination.address, subject: row.subject };
    Ok(match actions::unwatch(turn, request).await? {
        Ok(()) => toast(done),
        Err(NotWatched) => toast(ENDED.to_owned()),
    })
}

/// `watch:<subject>`, or `watch:<video id>`
async fn offered(turn: &mut Turn<'_>, reference: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let subject = reference.parse::<SubjectRef>();
    let subject = subject.or_else(|_| reference.parse().map(SubjectRef::Video));
    let Ok(subject) = subject else { return Err(unknown(turn)) };
    let watch = turn.actions().watch_of(&turn.destination, &subject).await?;
    watch::make(turn, Target { subject, watch, looked: None }, "", None).await
}

/// Gives a watch the rules of a preset, and what they tell as it happens; of a list new videos, too.
async fn other_rules(
    turn: &mut Turn<'_>,
    id: &str,
    preset: &str,
    told: &str,
) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let text = match row.subject {
        SubjectRef::Video(_) => preset.to_owned(),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
            format!("upload; {preset}")
        }
    };
    let Ok(rules) = language::parse_set(&text) else { return Err(unknown(turn)) };
    let done = format!("{told}: {}", name(&row));
    let by = Asking { destination: row.destination.address.clone(), owner: turn.owner.clone() };
    let request = WatchRequest {
        settings: Some(Settings { digest: None, ..row.settings.clone() }),
        target: row.into(),
        rules: Some(rules),
    };
    match turn.actions().watch(turn, &by, request).await? {
        Ok(watched) => {
            let offered = Some(watched.id);
            let view = Watch { offered, ..watched::view(turn, &watched).await? };
            Ok(Answer { replacement: Some((&view).into()), ..toast(done) })
        }
        Err(refusal) => Err(watch::refused(turn, &refusal)),
    }
}

async fn once_a_day(turn: &mut Turn<'_>, id: &str) -> Result<Answer, Stop> {
    let row = watch_of(turn, id).await?;
    let schedule = Schedule::Daily(Schedule::TIME);
    let done = format!("One digest a day, {schedule}: {}", name(&row));
    let request = Set {
        destination: row.destination.address,
        subject: Some(row.subject),
        settings: row.settings,
        wishes: vec![Wish::Digest(Some(Digest::At(schedule)))],
    };
    Ok(match actions::set(turn, request).await? {
        Ok(_) => toast(done),
        Err(NotWatched) => toast(ENDED.to_owned()),
    })
}

async fn page(turn: &mut Turn<'_>, page: &str) -> Result<Answer, Stop> {
    let Some(page) = list_number(page) else { return Err(unknown(turn)) };
    if turn.may_be_of_the_feed().await? {
        return Err(turn.refuse(
            "This may be the list of another place: write /list to see that of this one.",
        ));
    }
    let view = list::view(turn, page).await?;
    Ok(Answer { replacement: Some((&view).into()), ..Answer::default() })
}
