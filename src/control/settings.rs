//! `/settings`: how often something rings, and in which time zone; for the chat, or for one watch.

use std::time::Duration;

use crate::model::{Settings, SettingsError};
use crate::render::numbers::{Moment, Period};
use crate::render::views::{Link, SettingsView};
use crate::store::{Edit, Edited, WatchRow};

use super::clock;
use super::list::number;
use super::turn::{Answer, Stop, Turn, quoted};

const EXAMPLE: &str = "/settings at most 15m";

/// What somebody wants to have set; `None` inside is back to the default.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    AtMost(Option<Duration>),
    Zone(Option<String>),
}

impl Wish {
    fn apply(self, settings: &mut Settings) {
        match self {
            Wish::AtMost(length) => settings.at_most_s = length.map(|length| length.as_secs()),
            Wish::Zone(zone) => settings.tz = zone,
        }
    }
}

/// `/settings [video] [at most 15m|off|default] [tz Europe/Madrid|default]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let (wishes, what) = read(rest).map_err(|line| turn.wrong(&line, EXAMPLE))?;
    if !wishes.is_empty() {
        turn.needs_administrator().await?;
    }
    let mut watch = match what {
        Some(what) => Some(turn.watched(what, "/settings 1 at most 1h").await?),
        None => None,
    };
    let mut chat = turn.settings();
    if !wishes.is_empty() {
        let settings = watch.as_mut().map_or(&mut chat, |watch| &mut watch.settings);
        for wish in wishes {
            wish.apply(settings);
        }
        let edit = Edit::Set {
            destination: turn.chat.clone(),
            settings: settings.clone(),
            subject: watch.as_ref().map(|watch| watch.subject.clone()),
        };
        if turn.commit(vec![edit]).await?.first() == Some(&Edited::NotFound) {
            return Err(turn.refuse("This watch has ended already."));
        }
    }
    Ok(turn.show(&view(turn, &chat, watch.as_ref()).await?))
}

/// Whether the text behind the command asks for a change, and not only for what is set.
pub(super) fn is_change(rest: &str) -> bool {
    read(rest).is_ok_and(|(wishes, _)| !wishes.is_empty())
}

async fn view(
    turn: &Turn<'_>,
    chat: &Settings,
    watch: Option<&WatchRow>,
) -> Result<SettingsView, Stop> {
    let options = &turn.control.options;
    let none = Settings::default();
    let own = watch.map_or(&none, |watch| &watch.settings);
    let effective = Settings::effective(own, chat, &options.defaults);
    let muted_until = match watch {
        Some(watch) => watch.muted_until,
        None => turn.home.as_ref().and_then(|home| home.muted_until),
    };
    let watches = turn.count_watches().await?;
    Ok(SettingsView {
        subject: watch.map(|watch| Link::subject(&watch.subject, watch.title.as_deref())),
        at_most: (!effective.at_most.is_zero()).then_some(Period(effective.at_most)),
        quiet: effective.quiet,
        muted_until: muted_until
            .filter(|until| *until > turn.now)
            .map(|at| Moment { at, tz: effective.tz.clone() }),
        tz: effective.tz,
        preset: options.preset.clone(),
        list_preset: options.list_preset.clone(),
        watches: number(watches),
        watches_max: turn.watches_max_here(watches).await?.map(number),
    })
}

/// Reads wishes and at most one thing that they are for, in any order.
fn read(text: &str) -> Result<(Vec<Wish>, Option<&str>), String> {
    let mut words = text.split_whitespace().peekable();
    let mut wishes = Vec::new();
    let mut what = None;
    while let Some(word) = words.next() {
        match word.to_lowercase().as_str() {
            "at" if words.next_if(|next| next.eq_ignore_ascii_case("most")).is_some() => {
                for filler in ["one", "once", "1", "per", "every"] {
                    words.next_if(|next| next.eq_ignore_ascii_case(filler));
                }
                wishes.push(Wish::AtMost(at_most(words.next().unwrap_or_default())?));
            }
            "tz" | "timezone" | "zone" => {
                let name = words.next().unwrap_or_default();
                wishes.push(Wish::Zone(if name.eq_ignore_ascii_case("default") {
                    None
                } else {
                    Some(clock::zone_name(name).map_err(|error| format!("{error}."))?)
                }));
            }
            "for" => {}
            _ if what.is_none() => what = Some(word),
            _ => {
                return Err(format!(
                    "I don't understand {}: write `at most 15m` or `tz Europe/Madrid`.",
                    quoted(word)
                ));
            }
        }
    }
    Ok((wishes, what))
}

fn at_most(text: &str) -> Result<Option<Duration>, String> {
    match text.to_lowercase().as_str() {
        "default" => Ok(None),
        "off" | "0" => Ok(Some(Duration::ZERO)),
        text => match Settings::read_at_most(text) {
            Ok(length) => Ok(Some(length)),
            Err(SettingsError::Duration(text)) => {
                Err(format!("{} is no duration: write `15m`, `1h` or `off`.", quoted(&text)))
            }
            Err(other) => Err(format!("{other}.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_in_any_order_with_what_they_are_for() {
        let quarter = || Wish::AtMost(Some(Duration::from_secs(900)));
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
            ("at most default tz default", vec![Wish::AtMost(None), Wish::Zone(None)], None),
        ] {
            assert_eq!(read(text), Ok((wishes, what)), "{text}");
        }
    }

    #[test]
    fn a_wish_that_is_none_says_what_would_be_one() {
        for (text, part) in [
            ("at most", "`15m`"),
            ("at most often", "`often` is no duration"),
            ("at most 40d", "`40d` is too long: write at most 30d"),
            ("tz Mars/Olympus", "no time zone"),
            ("tz", "no time zone"),
            ("1 louder", "`at most 15m`"),
        ] {
            let line = read(text).unwrap_err();
            assert!(line.contains(part), "{text}: {line}");
        }
    }
}
