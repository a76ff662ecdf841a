//! `/watch`: makes a watch, or gives a standing one new rules, and says where they start.

use crate::control::actions::{NoWatch, Target, WatchRequest};
use crate::model::{Rule, SubjectRef};
use crate::render::Prose;
use crate::render::numbers::Grouped;
use crate::render::views::{ErrorView, Watch};
use crate::route::language::{self, RuleError};

use super::answer::{Answer, Stop, wrong};
use super::turn::Turn;
use super::words::{FAILED, reference, subject_first};
use super::{watched, youtube};

const EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000; status";

/// `/watch <video> [rule[; rule]…]`
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
    let target = turn.target(what, EXAMPLE).await?;
    make(turn, target, rules).await
}

/// Makes a watch of `target`, with the preset where `rules` is empty.
pub(super) async fn make(turn: &mut Turn<'_>, target: Target, rules: &str) -> Result<Answer, Stop> {
    let rules = read(rules, &target.subject)?;
    let by = turn.asking();
    let names_no_rule = rules.is_none();
    let request = WatchRequest { target, rules, settings: None };
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
    let picture = error.explain(text);
    let (input, pointer) = picture.split_once('\n').unwrap_or((&picture, ""));
    Stop::with(&ErrorView {
        message: Prose::new(&error.to_string()),
        input: Some(input.to_owned()),
        pointer: Some(pointer.to_owned()),
        example: Some(format!("/watch {} views every 1000; status", reference(subject))),
    })
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
