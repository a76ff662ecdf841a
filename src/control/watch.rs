//! `/watch`: makes a watch, or gives a standing one new rules, and says where they start.

use std::collections::HashSet;

use crate::model::{Condition, Counts, Event, Rule, Series, Snapshot, Status, SubjectRef};
use crate::render::Prose;
use crate::render::views::ErrorView;
use crate::route::language::{self, RuleError};
use crate::route::trigger::{self, LOWEST};
use crate::store::{Edit, Edited, NewRule, VideosLimit, WatchEdit};

use super::command::{reference, subject_first};
use super::list::number;
use super::target::Target;
use super::turn::{Answer, Stop, Turn, quoted};
use super::watched::{self, Made};
use super::{Looked, LookedSubject};

const EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000; status";

/// `/watch <video> [rule[; rule]…]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let Some((what, rules)) = subject_first(rest) else {
        return Err(turn.wrong(
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
    let asked = asked_rules(turn, &target.subject, rules)?;
    let max = turn.watches_max();
    if target.watch.is_none()
        && let Some(max) = max
        && turn.control.store.watches_of_owner(&turn.owner).await? >= max
    {
        return Err(limit_reached(turn, max));
    }
    let seen = look(turn, &target).await?;
    let counts = seen.counts();
    let wanted = wanted(turn, asked, &target, counts.as_ref());
    let subject = seen.subject(&target);
    let edit = WatchEdit {
        destination: turn.chat.clone(),
        owner: turn.owner.clone(),
        subject: subject.clone(),
        title: seen.title().map(str::to_owned),
        rules: wanted.iter().map(|wanted| wanted.rule.clone()).collect(),
        settings: target.watch.as_ref().map(|watch| watch.settings.clone()).unwrap_or_default(),
        // A watch that a file brought stays the file's: the next `apply` has the last word on it.
        origin: target.watch.as_ref().map_or("chat", |watch| &watch.origin).to_owned(),
        beginning: match &seen {
            Seen::Video(looked) => Some(looked.beginning.clone()),
            Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
        },
        limit: max,
        videos_limit: turn
            .videos_max()
            .map(|limit| VideosLimit { limit, counted: counted(turn, &seen) }),
    };
    let done = turn.commit(vec![Edit::Watch(Box::new(edit))]).await?;
    match done.first() {
        Some(Edited::LimitReached { limit }) => Err(limit_reached(turn, *limit)),
        Some(Edited::VideosReached { limit, left }) => Err(videos_reached(turn, *limit, *left)),
        Some(Edited::Watched { created, changed, videos, .. }) => {
            let made = Made { subject, created: *created, changed: *changed, videos: *videos };
            let view = watched::view(turn, &made, &target, &seen, &wanted).await?;
            Ok(Answer { toast: Some("Watching".into()), ..Answer::of(&view) })
        }
        other => {
            tracing::error!(?other, "the store answered a watch with something else");
            Err(turn.refuse("Something went wrong here. Try again."))
        }
    }
}

/// How many videos a watch counts for. A list of which nobody knows how many it has may fill up.
fn counted(turn: &Turn<'_>, seen: &Seen) -> usize {
    let max = turn.control.options.members_per_subject;
    match seen {
        Seen::Subject(looked) => {
            looked.members.and_then(|all| usize::try_from(all).ok()).map_or(max, |all| all.min(max))
        }
        Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => 1,
    }
}

fn limit_reached(turn: &Turn<'_>, max: usize) -> Stop {
    turn.wrong(
        &format!(
            "This chat{} has {max} watches, as many as it may. End one that you need no more: `/list` shows them.",
            turn.together()
        ),
        "/unwatch 1",
    )
}

fn videos_reached(turn: &Turn<'_>, limit: usize, left: usize) -> Stop {
    let (limit, left) = (number(limit), number(left));
    turn.wrong(
        &format!(
            "That would be too many videos: this chat{} may watch {limit}, and {left} are left. End a watch that you need no more: `/list` shows them.",
            turn.together()
        ),
        "/unwatch 1",
    )
}

/// The rules as written; `None` where none were.
fn asked_rules(
    turn: &Turn<'_>,
    subject: &SubjectRef,
    text: &str,
) -> Result<Option<Vec<Rule>>, Stop> {
    if text.is_empty() {
        return Ok(None);
    }
    let rules = language::parse_set(text).map_err(|error| misread(text, &error, subject))?;
    let is_upload = |rule: &Rule| rule.condition == Condition::Event(Event::Upload);
    if matches!(subject, SubjectRef::Video(_)) && rules.iter().any(is_upload) {
        return Err(turn.wrong(
            "`upload` tells of new videos, so it needs a channel or a playlist.",
            "/watch @youtube upload",
        ));
    }
    Ok(Some(rules))
}

fn misread(text: &str, error: &RuleError, subject: &SubjectRef) -> Stop {
    let picture = error.explain(text);
    let (input, pointer) = picture.split_once('\n').unwrap_or((&picture, ""));
    Stop::Answer(Box::new(Answer::of(&ErrorView {
        message: Prose::new(&error.to_string()),
        input: Some(input.to_owned()),
        pointer: Some(pointer.to_owned()),
        example: Some(format!("/watch {} views every 1000; status", reference(subject))),
    })))
}

/// What YouTube says of what is to be watched.
pub(super) enum Seen {
    Video(Box<Looked>),
    Subject(LookedSubject),
    /// It is watched already and can't be seen any more.
    Gone,
    /// It could not be asked; why, in a sentence.
    Unasked(String),
}

impl Seen {
    pub(super) fn counts(&self) -> Option<Counts> {
        match self {
            Seen::Video(looked) => Some(counts(&looked.snapshot)),
            Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
        }
    }

    pub(super) fn title(&self) -> Option<&str> {
        match self {
            Seen::Video(looked) => looked.snapshot.title.as_deref(),
            Seen::Subject(looked) => looked.title.as_deref(),
            Seen::Gone | Seen::Unasked(_) => None,
        }
    }

    fn subject(&self, target: &Target) -> SubjectRef {
        match (self, &target.watch) {
            // A standing watch keeps the form in which it is stored: another would be a second watch.
            (Seen::Subject(looked), None) => looked.subject.clone(),
            _ => target.subject.clone(),
        }
    }
}

/// The counts of a snapshot.
pub(super) fn counts(snapshot: &Snapshot) -> Counts {
    Counts { views: snapshot.views, likes: snapshot.likes, comments: snapshot.comments }
}

async fn look(turn: &Turn<'_>, target: &Target) -> Result<Seen, Stop> {
    let lookup = &turn.control.lookup;
    let found = match (&target.subject, &target.looked) {
        (SubjectRef::Video(id), _) => {
            let found = lookup.video(id, &turn.asker()).await;
            found.map(|found| found.map(|looked| Seen::Video(Box::new(looked))))
        }
        (_, Some(looked)) => Ok(Some(Seen::Subject(looked.clone()))),
        (subject, None) => {
            let found = lookup.subject(subject, &turn.asker()).await;
            found.map(|found| found.map(Seen::Subject))
        }
    };
    match found {
        Ok(Some(Seen::Video(looked)))
            if !can_be_seen(&looked.snapshot) && target.watch.is_none() =>
        {
            Err(not_there(turn, &target.subject))
        }
        Ok(Some(seen)) => Ok(seen),
        Ok(None) if target.watch.is_some() => Ok(Seen::Gone),
        Ok(None) => Err(not_there(turn, &target.subject)),
        Err(error) => Ok(Seen::Unasked(turn.excuse(&error))),
    }
}

/// Whether there is anything to watch.
pub(super) fn can_be_seen(snapshot: &Snapshot) -> bool {
    snapshot.status != Status::Unavailable
}

/// Ends the turn: YouTube knows no such thing.
pub(super) fn not_there(turn: &Turn<'_>, subject: &SubjectRef) -> Stop {
    let name = quoted(&reference(subject));
    match subject {
        SubjectRef::Video(_) => turn.wrong(
            &format!("YouTube shows no video {name}: it may be private, deleted, or mistyped."),
            EXAMPLE,
        ),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => turn.wrong(
            &format!(
                "YouTube has no channel {name}: open the channel's page and copy its `@handle`."
            ),
            "/watch @youtube upload",
        ),
        SubjectRef::Playlist(_) => turn.wrong(
            &format!("YouTube shows no playlist {name}: it may be private, deleted, or mistyped."),
            "/watch PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf upload",
        ),
    }
}

/// A rule that is to be in force.
pub(super) struct Wanted {
    pub(super) rule: NewRule,
    /// The values of its list that are passed already.
    pub(super) passed: Vec<i64>,
    pub(super) is_new: bool,
}

/// The rules that are to be in force: those asked for, else those that are, else the preset.
fn wanted(
    turn: &Turn<'_>,
    asked: Option<Vec<Rule>>,
    target: &Target,
    counts: Option<&Counts>,
) -> Vec<Wanted> {
    let watch = target.watch.as_ref();
    let standing: HashSet<&str> =
        watch.iter().flat_map(|watch| &watch.rules).map(String::as_str).collect();
    match (asked, watch) {
        // Somebody who only names the video must not lose rules that took thought.
        (None, Some(watch)) if !watch.rules.is_empty() => {
            watch.rules.iter().map(|text| kept(text)).collect()
        }
        (asked, _) => {
            let rules = asked.unwrap_or_else(|| preset(turn, &target.subject));
            rules
                .iter()
                .map(|rule| {
                    let (text, condition) = (rule.to_string(), &rule.condition);
                    let start = counts.map(|counts| trigger::initial(condition, Some(counts)));
                    Wanted {
                        is_new: !standing.contains(text.as_str()),
                        passed: start
                            .as_ref()
                            .map(|start| start.passed.clone())
                            .unwrap_or_default(),
                        rule: NewRule {
                            text,
                            unset: unset(condition),
                            per_video: trigger::is_per_video(condition),
                            start: start.map(|start| start.next),
                        },
                    }
                })
                .collect()
        }
    }
}

/// A rule that stands and stays: the store goes by its text and touches nothing.
fn kept(text: &str) -> Wanted {
    let condition =
        language::parse(text).map_or(Condition::Event(Event::Title), |rule| rule.condition);
    let rule = NewRule {
        text: text.to_owned(),
        unset: unset(&condition),
        per_video: trigger::is_per_video(&condition),
        start: None,
    };
    Wanted { rule, passed: Vec::new(), is_new: false }
}

/// Where the trigger of a rule waits that has not seen anything yet.
fn unset(condition: &Condition) -> (Series, i64) {
    trigger::initial(condition, None)
        .next
        .map_or((trigger::series(condition), LOWEST), |next| (next.series, next.value))
}

/// The rules of the preset that is configured for such a watch; the configuration has checked it.
fn preset(turn: &Turn<'_>, subject: &SubjectRef) -> Vec<Rule> {
    let options = &turn.control.options;
    let text = match subject {
        SubjectRef::Video(_) => &options.preset,
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
            &options.list_preset
        }
    };
    language::parse_set(text).ok().or_else(|| language::preset("all")).unwrap_or_default()
}
