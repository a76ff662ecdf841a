//! `/settings`: how often something rings, how often a day, and in which time zone; for the chat, or for one watch.

use std::time::Duration;

use crate::control::actions::Wish;
use crate::model::{Settings, SettingsError};
use crate::render::numbers::{Grouped, Moment, Period};
use crate::render::views::{Link, SettingsView};
use crate::store::WatchRow;

use super::answer::{Answer, Stop, wrong};
use super::set::{change, is_of_file};
use super::turn::Turn;
use super::words::{first_word, quoted};
use super::{clock, digest};

const EXAMPLE: &str = "/settings at most 15m";
const DAY_EXAMPLE: &str = "/settings at most 10 a day";
const ZONE_EXAMPLE: &str = "/settings tz Europe/Madrid";

/// `/settings [video] [at most 15m|off|default] [at most 10|off|default a day] [tz Europe/Madrid|default]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let (wishes, what) = read(rest).map_err(|(line, example)| wrong(&line, example))?;
    if !wishes.is_empty() {
        turn.needs_administrator().await?;
    }
    let mut watch = match what {
        Some(what) => Some(turn.watched(what, "/settings 1 at most 1h").await?),
        None => None,
    };
    let here = change(turn, watch.as_mut(), wishes).await?;
    Ok(Answer::of(&view(turn, &here, watch.as_ref()).await?))
}

/// Whether the text behind the command asks for a change, and not only for what is set.
pub(super) fn is_change(rest: &str) -> bool {
    read(rest).is_ok_and(|(wishes, _)| !wishes.is_empty())
}

async fn view(
    turn: &Turn<'_>,
    here: &Settings,
    watch: Option<&WatchRow>,
) -> Result<SettingsView, Stop> {
    let options = turn.options();
    let none = Settings::default();
    let own = watch.map_or(&none, |watch| &watch.settings);
    let effective = Settings::effective(own, here, &options.defaults);
    let is_of_watch = watch.is_some();
    let muted_until = match watch {
        Some(watch) => watch.muted_until,
        None => turn.home.as_ref().and_then(|home| home.muted_until),
    };
    let watches = turn.actions().count_watches(&turn.destination).await?;
    let digests = turn.actions().digests(&turn.destination, here, watch, turn.now).await?;
    Ok(SettingsView {
        subject: watch.map(|watch| Link::subject(&watch.subject, watch.title.as_deref())),
        at_most: (!effective.at_most.is_zero()).then_some(Period(effective.at_most)),
        quiet: effective.quiet,
        digest: digests.schedule.map(|schedule| schedule.to_string()),
        budget: digests.budget.map(digest::budget),
        is_of_file: watch.is_some_and(is_of_file),
        muted_until: muted_until
            .filter(|until| *until > turn.now)
            .map(|at| Moment { at, tz: effective.tz.clone() }),
        chat_muted_until: turn.silent_until().filter(|_| is_of_watch),
        tz: effective.tz,
        preset: options.preset.clone(),
        list_preset: options.list_preset.clone(),
        watches: Grouped::count(watches),
        watches_max: turn
            .actions()
            .watches_max_here(&turn.owner, watches)
            .await?
            .map(Grouped::count),
    })
}

/// What is wrong, and a line that would work.
type Wrong = (String, &'static str);

/// Reads wishes and at most one thing that they are for, in any order.
fn read(text: &str) -> Result<(Vec<Wish>, Option<&str>), Wrong> {
    let mut rest = text;
    let mut wishes = Vec::new();
    let mut what = None;
    while let Some((word, after)) = first_word(rest) {
        rest = after;
        match word.to_lowercase().as_str() {
            "at" if behind(rest, "most").is_some() => {
                let text = behind(rest, "most").unwrap_or_default();
                let (wish, after) = match a_day(text) {
                    Some(read) => read?,
                    None => at_most(text)?,
                };
                wishes.push(wish);
                rest = after;
            }
            "tz" | "timezone" | "zone" => {
                let (zone, after) = zone(rest)?;
                wishes.push(Wish::Zone(zone));
                rest = after;
            }
            "for" => {}
            _ if what.is_none() => what = Some(word),
            _ => {
                let line = format!(
                    "I don't understand {}: write `at most 15m`, `at most 10 a day` or `tz Europe/Madrid`.",
                    quoted(word)
                );
                return Err((line, EXAMPLE));
            }
        }
    }
    Ok((wishes, what))
}

/// What follows a word, where the text begins with it.
fn behind<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    first_word(text).filter(|(first, _)| first.eq_ignore_ascii_case(word)).map(|(_, rest)| rest)
}

/// Reads a time zone, and what follows it; `None` is the default.
fn zone(text: &str) -> Result<(Option<String>, &str), Wrong> {
    let Some((name, rest)) = first_word(text) else {
        return Err(("Say which time zone, as in `tz Europe/Madrid`.".to_owned(), ZONE_EXAMPLE));
    };
    if name.eq_ignore_ascii_case("default") {
        return Ok((None, rest));
    }
    match clock::zone_name(name) {
        Ok(zone) => Ok((Some(zone), rest)),
        Err(error) => Err((format!("{error}."), ZONE_EXAMPLE)),
    }
}

/// Reads how many messages a day (`10 a day`, `10 messages per day`, `off a day`), and what follows it; `None`: it is not
/// about a day.
fn a_day(text: &str) -> Option<Result<(Wish, &str), Wrong>> {
    let (word, rest) = first_word(text)?;
    let rest = ["message", "messages"].iter().find_map(|word| behind(rest, word)).unwrap_or(rest);
    let rest = ["a", "per", "each"].iter().find_map(|word| behind(rest, word))?;
    let rest = behind(rest, "day")?;
    let pings = match word.to_lowercase().as_str() {
        "default" => Ok(None),
        "one" | "once" => Ok(Some(1)),
        word => Settings::read_pings_per_day(word).map(Some),
    };
    Some(match pings {
        Ok(pings) => Ok((Wish::PingsPerDay(pings), rest)),
        Err(error) => Err((format!("{error}."), DAY_EXAMPLE)),
    })
}

/// Reads how often, and what follows it; `None` is the default.
fn at_most(text: &str) -> Result<(Wish, &str), Wrong> {
    let mut text = text;
    if clock::leading_duration(text).is_none() {
        for filler in ["one", "once", "1", "per", "every"] {
            text = behind(text, filler).unwrap_or(text);
        }
    }
    let Some((word, rest)) = first_word(text) else {
        let line = "Say how often, as in `at most 15m`, or `at most off`.";
        return Err((line.to_owned(), EXAMPLE));
    };
    if word.eq_ignore_ascii_case("default") {
        return Ok((Wish::AtMost(None), rest));
    }
    if word.eq_ignore_ascii_case("off") || word == "0" {
        return Ok((Wish::AtMost(Some(Duration::ZERO)), rest));
    }
    match clock::leading_duration(text) {
        Some((length, rest)) if length <= Settings::AT_MOST_MAX => {
            Ok((Wish::AtMost(Some(length)), rest))
        }
        Some(_) => Err((format!("{}.", SettingsError::AtMost(word.to_owned())), EXAMPLE)),
        None => {
            let line =
                format!("{} is no duration: write `15m`, `1h`, `10 a day` or `off`.", quoted(word));
            Err((line, EXAMPLE))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_in_any_order_with_what_they_are_for() {
        let quarter = || Wish::AtMost(Some(Duration::from_secs(900)));
        let hour = || Wish::AtMost(Some(Duration::from_secs(3600)));
        let utc = || Wish::Zone(Some("UTC".to_owned()));
        let madrid = || Wish::Zone(Some("Europe/Madrid".to_owned()));
        for (text, wishes, what) in [
            ("", vec![], None),
            ("dQw4w9WgXcQ", vec![], Some("dQw4w9WgXcQ")),
            ("at most 15m", vec![quarter()], None),
            ("AT MOST one per 15m", vec![quarter()], None),
            ("2 at most 15m", vec![quarter()], Some("2")),
            ("at most 15m for dQw4w9WgXcQ", vec![quarter()], Some("dQw4w9WgXcQ")),
            ("tz europe/madrid at most 15m", vec![madrid(), quarter()], None),
            ("at most off", vec![Wish::AtMost(Some(Duration::ZERO))], None),
            ("at most 90 min", vec![Wish::AtMost(Some(Duration::from_secs(5400)))], None),
            ("2 at most 1 hour tz UTC", vec![hour(), utc()], Some("2")),
            ("at most once per 1 h 2", vec![hour()], Some("2")),
            ("at most default tz default", vec![Wish::AtMost(None), Wish::Zone(None)], None),
            ("at most 10 a day", vec![Wish::PingsPerDay(Some(10))], None),
            ("at most 10 messages per day for 2", vec![Wish::PingsPerDay(Some(10))], Some("2")),
            ("at most once a day", vec![Wish::PingsPerDay(Some(1))], None),
            ("at most off a day", vec![Wish::PingsPerDay(Some(0))], None),
            ("2 at most default a day", vec![Wish::PingsPerDay(None)], Some("2")),
            ("at most 1 day", vec![Wish::AtMost(Some(Duration::from_secs(86_400)))], None),
            ("at most 15m at most 10 a day", vec![quarter(), Wish::PingsPerDay(Some(10))], None),
        ] {
            assert_eq!(read(text), Ok((wishes, what)), "{text}");
        }
    }

    #[test]
    fn a_wish_that_is_none_says_what_would_be_one() {
        for (text, part) in [
            ("at most", "Say how often"),
            ("at most often", "`often` is no duration"),
            ("at most 40d", "`40d` is too long: write at most 30d"),
            ("at most 0 a day", "`0` is no number of messages a day: write 1 or more"),
            ("at most ten a day", "`ten` is no number of messages a day"),
            ("at most 10", "`10 a day`"),
            ("tz Mars/Olympus", "no time zone"),
            ("tz", "which time zone"),
            ("1 louder", "`at most 15m`"),
        ] {
            let (line, example) = read(text).unwrap_err();
            assert!(line.contains(part) && !line.contains("``"), "{text}: {line}");
            assert_eq!(example.contains("tz"), text.contains("tz"), "{text}: {example}");
        }
    }
}
