//! `/mute`, `/unmute` and `/quiet`: when nothing rings.

use std::time::Duration;

use crate::control::actions::{self, BadSilence, NotWatched, Set, Silence, Wish};
use crate::model::{Quiet, Settings, SettingsError};
use crate::render::numbers::{Grouped, Moment};
use crate::render::views::{Link, Mute, QuietHours, Unmuted};
use crate::store::WatchRow;

use super::answer::{Answer, Stop, wrong};
use super::clock;
use super::target::ENDED;
use super::turn::Turn;
use super::words::{FAILED, first_word, list_number, quoted, reference};

/// Silence without a time.
const MUTE_DEFAULT: Duration = Duration::from_secs(3600);

const MUTE_EXAMPLE: &str = "/mute 2h";
const QUIET_EXAMPLE: &str = "/quiet 22:00-08:00 Europe/Madrid";

/// `/mute [1h|until 18:00|off] [video]`, in either order
pub(super) async fn mute(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let (silence, what) = match when(turn, rest)? {
        Some((silence, rest)) => (silence, rest),
        None => match first_word(rest) {
            None => (Some(by_default(turn)?), ""),
            Some((what, rest)) => match when(turn, rest)? {
                Some((silence, "")) => (silence, what),
                Some((_, rest)) => return Err(unclear(rest)),
                None if rest.is_empty() => (Some(by_default(turn)?), what),
                None => return Err(unclear(rest)),
            },
        },
    };
    set(turn, silence, what).await
}

/// `/unmute [video]`
pub(super) async fn unmute(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    set(turn, None, rest).await
}

fn by_default(turn: &Turn<'_>) -> Result<Silence, Stop> {
    Silence::until(turn.now.plus(MUTE_DEFAULT), turn.now).map_err(bad_silence)
}

fn bad_silence(refusal: BadSilence) -> Stop {
    match refusal {
        BadSilence::Over => wrong("That is over already.", MUTE_EXAMPLE),
        BadSilence::TooLong => wrong(
            "That is longer than a year: to hear no more of something, end its watch.",
            "/unwatch 1",
        ),
    }
}

fn unclear(text: &str) -> Stop {
    wrong(
        &format!(
            "I don't understand {} as a time: write `1h`, `90 min`, `until 18:00` or `off`.",
            quoted(text)
        ),
        MUTE_EXAMPLE,
    )
}

/// Reads a time at the front, and what follows it; `None`: there is none.
fn when<'t>(turn: &Turn<'_>, text: &'t str) -> Result<Option<(Option<Silence>, &'t str)>, Stop> {
    let Some((word, rest)) = first_word(text) else { return Ok(None) };
    if word.eq_ignore_ascii_case("off") {
        return Ok(Some((None, rest)));
    }
    let (until, rest) = if word.eq_ignore_ascii_case("until") {
        let tz = turn.effective(&Settings::default()).tz;
        let Some((time, rest)) = first_word(rest) else {
            return Err(wrong("Until when? Write a time or a date.", "/mute until 18:00"));
        };
        let until = clock::until(time, &tz, turn.now)
            .map_err(|error| wrong(&format!("{error}."), "/mute until 18:00"))?;
        (until, rest)
    } else if word.eq_ignore_ascii_case("for") {
        return match when(turn, rest)? {
            None => Err(unclear(rest)),
            time => Ok(time),
        };
    } else if let Some((length, rest)) = clock::leading_duration(text) {
        (turn.now.plus(length), rest)
    } else {
        return Ok(None);
    };
    let silence = Silence::until(until, turn.now).map_err(bad_silence)?;
    Ok(Some((Some(silence), rest)))
}

async fn set(turn: &mut Turn<'_>, silence: Option<Silence>, what: &str) -> Result<Answer, Stop> {
    let watch = match what {
        "" => None,
        what => Some(turn.watched(what, "/mute 2h dQw4w9WgXcQ").await?),
    };
    let request = actions::Mute {
        destination: turn.destination.clone(),
        subject: watch.as_ref().map(|row| row.subject.clone()),
        silence,
    };
    let watches = match actions::mute(turn, request).await? {
        Ok(watches) => watches,
        Err(NotWatched) => return Err(turn.refuse(ENDED)),
    };
    // By the number that was written, else by what names it at any time.
    let undo = watch.as_ref().map_or_else(
        || "/mute off".to_owned(),
        |row| match list_number(what) {
            Some(number) => format!("/unmute {number}"),
            None => format!("/unmute {}", reference(&row.subject)),
        },
    );
    let is_one_of_a_silent_chat = silence.is_none() && watch.is_some();
    let link = |row: &WatchRow| Link::subject(&row.subject, row.title.as_deref());
    Ok(Answer::of(&Mute {
        subject: watch.as_ref().map(link),
        until: silence.map(|silence| turn.moment(silence.end())),
        undo,
        watches: (watches > 0)
            .then(|| Unmuted { count: Grouped::count(watches), is_one: watches == 1 }),
        chat_until: turn.silent_until().filter(|_| is_one_of_a_silent_chat),
    }))
}

/// `/quiet [22:00-08:00|off] [Zone]`
pub(super) async fn quiet(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let mut settings = turn.settings();
    if !rest.is_empty() {
        turn.needs_administrator().await?;
        let (hours, tz) = quiet_hours(rest)?;
        let (hours, zone) = (hours.map(Wish::Quiet), tz.map(|tz| Wish::Zone(Some(tz))));
        let request = Set {
            destination: turn.destination.clone(),
            subject: None,
            settings,
            wishes: hours.into_iter().chain(zone).collect(),
        };
        settings = match actions::set(turn, request).await? {
            Ok(settings) => settings,
            // Of the chat as a whole there is something to be set as soon as somebody has written there.
            Err(NotWatched) => {
                tracing::error!("the store knows no chat in which somebody has just written");
                return Err(turn.refuse(FAILED));
            }
        };
    }
    let effective = Settings::effective(&Settings::default(), &settings, &turn.options().defaults);
    Ok(Answer::of(&QuietHours {
        hours: effective.quiet,
        digest: effective.digest.map(|schedule| schedule.to_string()),
        now: Moment { at: turn.now, tz: effective.tz.clone() },
        tz: effective.tz,
    }))
}

/// Reads hours (with or without spaces) or `off`, and a zone: what of them is to be set.
fn quiet_hours(text: &str) -> Result<(Option<Option<Quiet>>, Option<String>), Stop> {
    let is_hours =
        |word: &&str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '-' | '–'));
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_off = words.first().is_some_and(|word| word.eq_ignore_ascii_case("off"));
    let count = if is_off { 1 } else { words.iter().take_while(|word| is_hours(word)).count() };
    let (hours, zone) = words.split_at(count);
    let refused = |line: String| wrong(&format!("{line}."), QUIET_EXAMPLE);
    let hours: Option<Option<Quiet>> = match (hours, zone) {
        _ if is_off => Some(None),
        ([], [name]) if name.contains('/') || clock::zone_name(name).is_ok() => None,
        _ => {
            let shown =
                if hours.is_empty() { quoted(text).replace('`', "") } else { hours.concat() };
            Some(Some(shown.parse().map_err(|error: SettingsError| refused(error.to_string()))?))
        }
    };
    let zone = match zone {
        [] => None,
        [zone] => Some(clock::zone_name(zone).map_err(|error| refused(error.to_string()))?),
        [_, extra, ..] => return Err(refused(format!("I don't understand {}", quoted(extra)))),
    };
    Ok((hours, zone))
}
