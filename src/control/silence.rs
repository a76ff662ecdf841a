//! `/mute`, `/unmute` and `/quiet`: when nothing rings.

use std::time::Duration;

use crate::model::{Quiet, Settings, UnixMillis};
use crate::render::views::{Link, Mute, QuietHours, Unmuted};
use crate::store::{Edit, Edited, WatchRow};

use super::clock;
use super::command::{first_word, list_number, reference};
use super::list::number;
use super::turn::{Answer, Stop, Turn, quoted};

/// Longest silence: who wants more wants `/unwatch`.
const MUTE_MAX: Duration = Duration::from_secs(366 * 86_400);

/// Silence without a time.
const MUTE_DEFAULT: Duration = Duration::from_secs(3600);

const MUTE_EXAMPLE: &str = "/mute 2h";
const QUIET_EXAMPLE: &str = "/quiet 22:00-08:00 Europe/Madrid";

/// `/mute [1h|until 18:00|off] [video]`, in either order
pub(super) async fn mute(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let (when, what) = match when(turn, rest)? {
        Some((when, rest)) => (when, rest),
        None => match first_word(rest) {
            None => (Some(turn.now.plus(MUTE_DEFAULT)), ""),
            Some((what, rest)) => match when(turn, rest)? {
                Some((when, "")) => (when, what),
                Some((_, rest)) => return Err(unclear(turn, rest)),
                None if rest.is_empty() => (Some(turn.now.plus(MUTE_DEFAULT)), what),
                None => return Err(unclear(turn, rest)),
            },
        },
    };
    set(turn, when, what).await
}

/// `/unmute [video]`
pub(super) async fn unmute(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    set(turn, None, rest).await
}

fn unclear(turn: &Turn<'_>, text: &str) -> Stop {
    turn.wrong(
        &format!(
            "I don't understand {} as a time: write `1h`, `90 min`, `until 18:00` or `off`.",
            quoted(text)
        ),
        MUTE_EXAMPLE,
    )
}

/// Reads a time at the front, and what follows it; `None`: there is none.
fn when<'t>(turn: &Turn<'_>, text: &'t str) -> Result<Option<(Option<UnixMillis>, &'t str)>, Stop> {
    let Some((word, rest)) = first_word(text) else { return Ok(None) };
    if word.eq_ignore_ascii_case("off") {
        return Ok(Some((None, rest)));
    }
    let (until, rest) = if word.eq_ignore_ascii_case("until") {
        let tz = turn.effective(&Settings::default()).tz;
        let Some((time, rest)) = first_word(rest) else {
            return Err(turn.wrong("Until when? Write a time or a date.", "/mute until 18:00"));
        };
        let until = clock::until(time, &tz, turn.now)
            .map_err(|error| turn.wrong(&format!("{error}."), "/mute until 18:00"))?;
        (until, rest)
    } else if word.eq_ignore_ascii_case("for") {
        return when(turn, rest);
    } else if let Some((length, rest)) = clock::leading_duration(text) {
        (turn.now.plus(length), rest)
    } else {
        return Ok(None);
    };
    if until <= turn.now {
        return Err(turn.wrong("That is over already.", MUTE_EXAMPLE));
    }
    if until > turn.now.plus(MUTE_MAX) {
        return Err(turn.wrong(
            "That is longer than a year: to hear no more of something, end its watch.",
            "/unwatch 1",
        ));
    }
    Ok(Some((Some(until), rest)))
}

async fn set(turn: &mut Turn<'_>, until: Option<UnixMillis>, what: &str) -> Result<Answer, Stop> {
    let watch = match what {
        "" => None,
        what => Some(turn.watched(what, "/mute 2h dQw4w9WgXcQ").await?),
    };
    let subject = watch.as_ref().map(|row| row.subject.clone());
    let edit = Edit::Mute { destination: turn.chat.clone(), subject, until };
    let watches = match turn.commit(vec![edit]).await?.first() {
        Some(Edited::NotFound) => return Err(turn.refuse("This watch has ended already.")),
        Some(Edited::Unmuted { watches }) if *watches > 0 => {
            Some(Unmuted { count: number(*watches), is_one: *watches == 1 })
        }
        _ => None,
    };
    // By the number that was written, else by what names it at any time.
    let undo = watch.as_ref().map_or_else(
        || "/mute off".to_owned(),
        |row| match list_number(what) {
            Some(number) => format!("/unmute {number}"),
            None => format!("/unmute {}", reference(&row.subject)),
        },
    );
    let is_one_of_a_silent_chat = until.is_none() && watch.is_some();
    let link = |row: &WatchRow| Link::subject(&row.subject, row.title.as_deref());
    Ok(Answer::of(&Mute {
        subject: watch.as_ref().map(link),
        until: until.map(|until| turn.moment(until)),
        undo,
        watches,
        chat_until: turn.silent_until().filter(|_| is_one_of_a_silent_chat),
    }))
}

/// `/quiet [22:00-08:00 [Zone]|off]`
pub(super) async fn quiet(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let mut settings = turn.settings();
    if !rest.is_empty() {
        turn.needs_administrator().await?;
        let (hours, tz) = quiet_hours(turn, rest)?;
        settings.quiet = hours;
        settings.tz = tz.or(settings.tz);
        let edit =
            Edit::Set { destination: turn.chat.clone(), subject: None, settings: settings.clone() };
        turn.commit(vec![edit]).await?;
    }
    let defaults = &turn.control.options.defaults;
    let effective = Settings::effective(&Settings::default(), &settings, defaults);
    Ok(Answer::of(&QuietHours {
        hours: effective.quiet,
        now: crate::render::numbers::Moment { at: turn.now, tz: effective.tz.clone() },
        tz: effective.tz,
    }))
}

/// Reads `off`, or hours (with or without spaces) and a zone.
fn quiet_hours(turn: &Turn<'_>, text: &str) -> Result<(Option<Quiet>, Option<String>), Stop> {
    if text.eq_ignore_ascii_case("off") {
        return Ok((None, None));
    }
    let is_hours =
        |word: &&str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '-' | '–'));
    let words: Vec<&str> = text.split_whitespace().collect();
    let count = words.iter().take_while(|word| is_hours(word)).count();
    let (hours, zone) = words.split_at(count);
    let wrong = |line: String| turn.wrong(&format!("{line}."), QUIET_EXAMPLE);
    let shown = if hours.is_empty() { quoted(text).replace('`', "") } else { hours.concat() };
    let hours: Quiet =
        shown.parse().map_err(|error: crate::model::SettingsError| wrong(error.to_string()))?;
    let zone = match zone {
        [] => None,
        [zone] => Some(clock::zone_name(zone).map_err(|error| wrong(error.to_string()))?),
        [_, extra, ..] => return Err(wrong(format!("I don't understand {}", quoted(extra)))),
    };
    Ok((Some(hours), zone))
}
