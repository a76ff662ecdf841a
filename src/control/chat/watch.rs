//! `/watch`: makes a watch, or gives a standing one new rules, and says where they start.

use std::borrow::Cow;

use crate::control::actions::{NoWatch, Target, WatchRequest};
use crate::model::{Digest, Rule, Settings, SubjectRef, VideoId};
use crate::render::Prose;
use crate::render::numbers::Grouped;
use crate::render::views::{ErrorView, Watch};
use crate::route::language::{self, RuleError};

use super::answer::{Answer, Stop, wrong};
use super::turn::Turn;
use super::words::{FAILED, first_word, is_link, reference, subject_first};
use super::{digest, watched, youtube};

const EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000; status";
const DIGEST_EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000; digest daily 09:00";

/// `/watch <video> [rule[; rule]…][; digest daily 09:00]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let Some((what, rules)) = subject_first(rest) else {
        return Err(wrong(
            "Say what to watch: the link or id of a video, a channel's `@handle`, or a playlist.",
            EXAMPLE,
        ));
    };
    // “/watch ID, views any” and “/watch ID; status” are what people write.
    let what = what.trim_end_matches([';', ',']);
    let rules = rules.trim_start_matches([';', ',']).trim_start();
    let (rules, digest) = told_apart(rules).map_err(|line| wrong(&line, DIGEST_EXAMPLE))?;
    let target = turn.target(what, EXAMPLE).await?;
    make(turn, target, &rules, digest).await
}

/// The rules, and when what they ring for is told, where one of the parts between semicolons says so.
fn told_apart(text: &str) -> Result<(Cow<'_, str>, Option<Option<Digest>>), String> {
    let time = |part: &str| {
        let (word, time) = first_word(part)?;
        word.eq_ignore_ascii_case("digest").then(|| time.to_owned())
    };
    let mut digest = None;
    let mut rules = Vec::new();
    for part in text.split(';') {
        match time(part) {
            Some(time) => digest = Some(digest::schedule(&time)?),
            None => rules.push(part),
        }
    }
    // Where nothing is taken out, an error points into what was written.
    let rules =
        if digest.is_none() { text.into() } else { rules.join(";").trim().to_owned().into() };
    Ok((rules, digest))
}

/// Makes a watch of `target`, with the preset where `rules` is empty; `digest` is when it is told, if that is to be set.
pub(super) async fn make(
    turn: &mut Turn<'_>,
    target: Target,
    rules: &str,
    digest: Option<Option<Digest>>,
) -> Result<Answer, Stop> {
    let rules = read(rules, &target.subject)?;
    let by = turn.asking();
    let names_no_rule = rules.is_none();
    let settings = digest.map(|digest| {
        let standing = target.watch.as_ref().map(|watch| watch.settings.clone());
        Settings { digest, ..standing.unwrap_or_default() }
    });
    let request = WatchRequest { target, rules, settings };
    match turn.actions().watch(turn, &by, request).await? {
        Ok(watched) => {
            let offered = (names_no_rule && watched.created).then_some(watched.id);
            let view = Watch { offered, ..watched::view(turn, &watched).await? };
            Ok(Answer { toast: Some("Watching".into()), ..Answer::of(&view) })
        }
        Err(refusal) => Err(refused(turn, &refusal)),
    }
}

/// The rules as written; `None` where none were.
fn read(text: &str, subject: &SubjectRef) -> Result<Option<Vec<Rule>>, Stop> {
    if text.is_empty() {
        return Ok(None);
    }
    language::parse_set(text).map(Some).map_err(|error| misread(text, &error, subject))
}

fn misread(text: &str, error: &RuleError, subject: &SubjectRef) -> Stop {
    if let Some((other, _)) = first_word(text)
        && (is_link(other) || is_id(other.trim_end_matches([',', ';'])))
    {
        return wrong("One at a time.", &format!("/watch {}", reference(subject)));
    }
    let picture = error.explain(text);
    let (input, pointer) = picture.split_once('\n').unwrap_or((&picture, ""));
    Stop::with(&ErrorView {
        message: Prose::new(&error.to_string()),
        input: Some(input.to_owned()),
        pointer: Some(pointer.to_owned()),
        example: Some(format!("/watch {} views every 1000; status", reference(subject))),
    })
}

/// Whether a word is the id of a video, and none of a language: “subscribers” has as many letters.
fn is_id(word: &str) -> bool {
    word.parse::<VideoId>().is_ok() && !word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A refusal in words.
pub(super) fn refused(turn: &Turn<'_>, refusal: &NoWatch) -> Stop {
    match refusal {
        NoWatch::UploadOfVideo => wrong(
            "`upload` tells of new videos, so it needs a channel or a playlist.",
            "/watch @youtube upload",
        ),
        NoWatch::TooManyWatches { max } => wrong(
            &format!(
                "This chat{} has {max} watches, as many as it may. End one that you need no more: `/list` shows them.",
                turn.together()
            ),
            "/unwatch 1",
        ),
        NoWatch::TooManyVideos { max, left } => {
            let (max, left) = (Grouped::count(*max), Grouped::count(*left));
            wrong(
                &format!(
                    "That would be too many videos: this chat{} may watch {max}, and {left} are left. End a watch that you need no more: `/list` shows them.",
                    turn.together()
                ),
                "/unwatch 1",
            )
        }
        NoWatch::NotThere(not_there) => youtube::not_there(not_there),
        NoWatch::Failed => turn.refuse(FAILED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_is_told_stands_between_rules_and_is_none() {
        let set = |text: &str| Some(Some(text.parse().unwrap()));
        for (text, rules, digest) in [
            ("", "", None),
            ("views any; status", "views any; status", None),
            ("views any; digest daily 09:00", "views any", set("daily 09:00")),
            ("digest hourly; status", "status", set("hourly")),
            ("Digest off", "", set("off")),
            ("digest default", "", Some(None)),
        ] {
            assert_eq!(told_apart(text), Ok((rules.into(), digest)), "{text}");
        }
        assert!(told_apart("views any; digest sometimes").unwrap_err().contains("`sometimes`"));
        assert!(told_apart("digest now").is_err());
    }
}
