//! `/digest`: whether what happens is collected, and when that is told; for the chat, or for one watch.

use crate::control::actions::{self, Budget, Digests, NothingCollected, Wish};
use crate::model::{Digest, Schedule, Settings, SubjectRef};
use crate::render::List;
use crate::render::numbers::{Grouped, Moment};
use crate::render::views::{self, Link, OtherDigest};
use crate::store::WatchRow;

use super::answer::{Answer, Stop, wrong};
use super::set::{change, is_of_file};
use super::turn::Turn;
use super::words::{is_link, list_number, subject_first};

const EXAMPLE: &str = "/digest daily 09:00";
const WATCH_EXAMPLE: &str = "/digest 1 daily 09:00";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// What is collected, at once.
    Now,
    /// That something is set; `None` is back to the default.
    Set(Option<Digest>),
}

/// `/digest [video] [daily 09:00|weekly mon 09:00|hourly|every 6h|off|default]`, in either order, and `/digest now`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let (asked, what) = read(rest).map_err(|line| wrong(&line, EXAMPLE))?;
    if asked.is_some() {
        turn.needs_administrator().await?;
    }
    if let (Some(Asked::Now), Some(_)) = (&asked, what) {
        let line = "At once comes all that this chat has collected: leave the video out.";
        return Err(wrong(line, "/digest now"));
    }
    let mut watch = match what {
        Some(what) => Some(turn.watched(what, WATCH_EXAMPLE).await?),
        None => None,
    };
    let wishes = match asked {
        Some(Asked::Set(digest)) => vec![Wish::Digest(digest)],
        Some(Asked::Now) => return at_once(turn).await,
        None => Vec::new(),
    };
    let chat = change(turn, watch.as_mut(), wishes).await?;
    Ok(Answer::of(&view(turn, &chat, watch.as_ref()).await?))
}

/// Whether the text behind the command asks for a change, and not only for what is set.
pub(super) fn is_change(rest: &str) -> bool {
    read(rest).is_ok_and(|(asked, _)| asked.is_some())
}

async fn at_once(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let chat = turn.destination.clone();
    let is_told_now = match actions::digest_now(turn, &chat).await? {
        Ok(()) => true,
        Err(NothingCollected) => false,
    };
    let view = view(turn, &turn.settings(), None).await?;
    Ok(Answer::of(&views::Digests { is_told_now, is_nothing_collected: !is_told_now, ..view }))
}

async fn view(
    turn: &Turn<'_>,
    chat: &Settings,
    watch: Option<&WatchRow>,
) -> Result<views::Digests, Stop> {
    let own = watch.map(|watch| watch.settings.clone()).unwrap_or_default();
    let tz = Settings::effective(&own, chat, &turn.options().defaults).tz;
    let digests = turn.actions().digests(&turn.destination, chat, watch, turn.now).await?;
    let Digests { schedule, next, is_after_quiet, collected, budget, others, more } = digests;
    let link = |watch: &WatchRow| Link::subject(&watch.subject, watch.title.as_deref());
    let other = |watch: &WatchRow| OtherDigest {
        subject: link(watch),
        schedule: watch.settings.digest.and_then(Digest::schedule).map(|s| s.to_string()),
    };
    Ok(views::Digests {
        subject: watch.map(link),
        is_told_now: false,
        is_nothing_collected: false,
        schedule: schedule.map(|schedule: Schedule| schedule.to_string()),
        next: next.map(|at| Moment { at, tz: tz.clone() }),
        tz,
        is_after_quiet,
        is_as_chat: watch.is_some_and(|watch| watch.settings.digest.is_none()),
        is_of_file: watch.is_some_and(is_of_file),
        collected: (collected > 0).then(|| Grouped::count(collected)),
        is_of_one: collected == 1,
        budget: budget.map(self::budget),
        muted_until: turn.silent_until(),
        others: List {
            items: others.iter().map(other).collect(),
            more: u64::try_from(more).unwrap_or(u64::MAX),
        },
    })
}

/// At most so many messages a day, as answers show it.
pub(super) fn budget(Budget { pings, today, digest }: Budget) -> views::Budget {
    let count = |pings: u32| Grouped(i64::from(pings));
    views::Budget { pings: count(pings), today: today.map(count), digest: digest.to_string() }
}

/// Reads what is asked for, and what it is for; a line that says what is wrong.
fn read(text: &str) -> Result<(Option<Asked>, Option<&str>), String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok((None, None));
    }
    let whole = match asked(text) {
        Ok(asked) => return Ok((Some(asked), None)),
        Err(line) => line,
    };
    if let Some((front, what)) = text.rsplit_once(char::is_whitespace)
        && is_reference(what)
    {
        let front = front.trim();
        let front = front.strip_suffix(" for").unwrap_or(front);
        // “daily 9” lacks a part of its time, and has no number of the list.
        let lacks_time = list_number(what).is_some() && lacks_time(front);
        if let (Ok(asked), false) = (asked(front), lacks_time) {
            return Ok((Some(asked), Some(what)));
        }
    }
    match subject_first(text).filter(|(what, _)| is_reference(what)) {
        Some((what, "")) => Ok((None, Some(what))),
        Some((what, rest)) => Ok((Some(asked(rest)?), Some(what))),
        None => Err(whole),
    }
}

/// Reads when something is told; `None` is the default.
pub(super) fn schedule(text: &str) -> Result<Option<Digest>, String> {
    match asked(text)? {
        Asked::Set(digest) => Ok(digest),
        Asked::Now => Err("Say when: `daily 09:00`, `hourly`.".to_owned()),
    }
}

fn asked(text: &str) -> Result<Asked, String> {
    match text.trim() {
        now if now.eq_ignore_ascii_case("now") => Ok(Asked::Now),
        default if default.eq_ignore_ascii_case("default") => Ok(Asked::Set(None)),
        text => match text.parse() {
            Ok(digest) => Ok(Asked::Set(Some(digest))),
            Err(error) => Err(format!("{error}.")),
        },
    }
}

/// Whether a schedule may be followed by a time.
fn lacks_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    !lower.contains(':') && (lower.starts_with("daily") || lower.starts_with("weekly"))
}

/// Whether a word names a watch, or what one may be of.
fn is_reference(word: &str) -> bool {
    list_number(word).is_some() || is_link(word) || SubjectRef::from_text(word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_front_of_what_it_is_for_or_behind_it() {
        let set = |text: &str| Some(Asked::Set(Some(text.parse().unwrap())));
        for (text, asked, what) in [
            ("", None, None),
            ("2", None, Some("2")),
            ("dQw4w9WgXcQ", None, Some("dQw4w9WgXcQ")),
            ("daily 09:00", set("daily 09:00"), None),
            ("Daily", set("daily 09:00"), None),
            ("weekly mon 9:00", set("weekly mon 09:00"), None),
            ("hourly", set("hourly"), None),
            ("every 6h", set("every 6h"), None),
            ("off", set("off"), None),
            ("OFF 2", set("off"), Some("2")),
            ("now", Some(Asked::Now), None),
            ("default", Some(Asked::Set(None)), None),
            ("dQw4w9WgXcQ default", Some(Asked::Set(None)), Some("dQw4w9WgXcQ")),
            ("2 daily 09:00", set("daily 09:00"), Some("2")),
            ("daily 09:00 2", set("daily 09:00"), Some("2")),
            ("daily 09:00 for dQw4w9WgXcQ", set("daily 09:00"), Some("dQw4w9WgXcQ")),
            ("every 90 min 2", set("every 90 min"), Some("2")),
            (
                "Look: https://youtu.be/dQw4w9WgXcQ weekly fri 18:00",
                set("weekly fri 18:00"),
                Some("https://youtu.be/dQw4w9WgXcQ"),
            ),
        ] {
            assert_eq!(read(text), Ok((asked, what)), "{text}");
        }
    }

    #[test]
    fn a_time_that_is_none_says_what_would_be_one() {
        for (text, part) in [
            ("sometimes", "`sometimes` is no time of a digest: write `daily 09:00`"),
            ("daily 25:00", "`25:00` is no time of day"),
            ("daily 9", "`9` is no time of day: write HH:MM"),
            ("weekly moon 09:00", "no time of a digest"),
            ("every 10s", "too often"),
            ("2 sometimes", "`sometimes` is no time of a digest"),
            ("1 2", "`2` is no time of a digest"),
        ] {
            let line = read(text).unwrap_err();
            assert!(line.contains(part), "{text}: {line}");
        }
    }
}
