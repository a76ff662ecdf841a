//! Questions that change nothing: `/start`, `/help`, `/rules`, `/why`, `/stats`, `/test`.

use std::time::Duration;

use crate::model::{
    Counts, Known, Live, Metric, Snapshot, Status, SubjectRef, TriggerRow, VideoId,
};
use crate::render::List;
use crate::render::numbers::{self, Ago, Grouped, Numbers};
use crate::render::views::{
    GainLine, Help, Link, Rules, Start, Stats, Test, Why, WhyAlert, WhyNext, WhyOutcome, WhyRule,
    WhySuppressed, WhyWindow, value_text,
};
use crate::store::{History, RuleStory};

use super::list::number;
use super::story::{self, RuleState};
use super::turn::{Answer, Stop, Turn, quoted};
use super::{watch, watched};

/// `/start` of somebody who is in.
pub(super) async fn start(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let count = turn.count_watches().await?;
    Ok(Answer::of(&Start {
        preset: turn.control.options.preset.clone(),
        list_preset: turn.control.options.list_preset.clone(),
        watches: (count > 0).then(|| number(count)),
        muted_until: turn.silent_until(),
        back: turn.back(),
    }))
}

/// `/help`
pub(super) async fn help(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    Ok(Answer::of(&Help {
        preset: turn.control.options.preset.clone(),
        list_preset: turn.control.options.list_preset.clone(),
        watches_max: turn.watches_max().map(number),
    }))
}

/// `/test`
pub(super) async fn test(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    Ok(Answer::of(&Test {
        now: turn.moment(turn.now),
        here: turn.chat.to_string(),
        muted_until: turn.silent_until(),
        back: turn.back(),
    }))
}

/// `/rules [video]`
pub(super) async fn rules(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let (preset, list_preset) =
        (turn.control.options.preset.clone(), turn.control.options.list_preset.clone());
    if rest.is_empty() {
        return Ok(Answer::of(&Rules {
            subject: None,
            rules: List::default(),
            preset,
            list_preset,
        }));
    }
    let row = turn.watched(rest, "/rules 1").await?;
    let texts = row.rules.iter().map(String::as_str);
    Ok(Answer::of(&Rules {
        subject: Some(Link::subject(&row.subject, row.title.as_deref())),
        rules: List::new(watched::rule_lines(turn, &row.subject, texts).await?),
        preset,
        list_preset,
    }))
}

/// The one video that a question is about.
async fn video(turn: &Turn<'_>, rest: &str, command: &str) -> Result<VideoId, Stop> {
    let example = format!("{command} dQw4w9WgXcQ");
    if rest.is_empty() {
        return Err(turn.wrong("Name a video: its number in `/list`, its link or id.", &example));
    }
    match turn.target(rest, &example).await?.subject {
        SubjectRef::Video(id) => Ok(id),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => Err(turn
            .wrong(
                &format!("{} is no single video: name one of its videos.", quoted(rest)),
                &example,
            )),
    }
}

/// `/why <video>`
pub(super) async fn why(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let id = video(turn, rest, "/why").await?;
    let stories = turn.control.store.why(id, Some(turn.chat.clone())).await?;
    let history = match is_watched(&stories) {
        true => turn.control.store.history(id, turn.now, 0).await?,
        false => None,
    };
    let title = history.as_ref().and_then(|history| history.title.as_deref());
    let known = history.as_ref().and_then(|history| history.known.as_ref());
    Ok(Answer::of(&Why {
        subject: Link::subject(&SubjectRef::Video(id), title),
        numbers: known.map(|known| Numbers(known.last)),
        seen: known.map(|known| Ago { at: known.numbers_at, now: turn.now }),
        muted_until: turn.silent_until(),
        rules: List::new(by_watch(turn, &SubjectRef::Video(id), &stories)),
    }))
}

/// Whether the stories are those of a running watch. What is known of a video that others watch is theirs, also that they
/// do.
fn is_watched(stories: &[RuleStory]) -> bool {
    stories.iter().any(|story| !story.ended)
}

/// The stories of the rules, watch by watch. Where a rule is of another watch than that of the video alone, the first of
/// each watch says of which.
fn by_watch(turn: &Turn<'_>, video: &SubjectRef, stories: &[RuleStory]) -> Vec<WhyRule> {
    let mut watches: Vec<&SubjectRef> = Vec::new();
    for story in stories {
        if !watches.contains(&&story.subject) {
            watches.push(&story.subject);
        }
    }
    let is_of_lists = watches.iter().any(|subject| *subject != video);
    let mut rules = Vec::with_capacity(stories.len());
    for subject in watches {
        let of_watch = stories.iter().filter(|story| story.subject == *subject);
        rules.extend(of_watch.enumerate().map(|(index, story)| {
            WhyRule {
                watch: (index == 0 && is_of_lists)
                    .then(|| Link::subject(subject, story.subject_title.as_deref())),
                ..told(turn, story)
            }
        }));
    }
    rules
}

fn told(turn: &Turn<'_>, story: &RuleStory) -> WhyRule {
    let state = story::state(story);
    let next = match state {
        RuleState::Next { metric, at } => {
            Some(WhyNext { at: Grouped(at), now: story.now.get(metric).map(Grouped) })
        }
        _ => None,
    };
    let window = match &state {
        RuleState::Window { metric, growth, window_s, is_armed } => Some(WhyWindow {
            growth: format!("{growth} {metric}"),
            window: numbers::window(*window_s),
            is_armed: *is_armed,
        }),
        _ => None,
    };
    let alerts = story.alerts.iter().map(|(alert, outcome, _)| WhyAlert {
        at: turn.moment(alert.observed_at),
        previous: value_text(&alert.previous),
        current: value_text(&alert.current),
        outcome: WhyOutcome::from(outcome),
    });
    let suppressed = story.suppressions.iter().map(|(reason, count, first, last)| WhySuppressed {
        reason: match reason.as_str() {
            "disabled" => "this chat was off".to_owned(),
            "expired" => "its watch had ended".to_owned(),
            other => other.to_owned(),
        },
        count: Grouped(i64::try_from(*count).unwrap_or(i64::MAX)),
        first: turn.moment(*first),
        last: turn.moment(*last),
    });
    WhyRule {
        watch: None,
        text: story.rule_text.clone(),
        is_presence: story.rule == TriggerRow::NO_RULE,
        next,
        window,
        is_unset: matches!(state, RuleState::Unset),
        is_spent: matches!(state, RuleState::Spent),
        is_ended: story.ended,
        alerts: List::new(alerts.collect()),
        suppressed: suppressed.collect(),
    }
}

/// Windows over which gains are told, in seconds.
const WINDOWS_S: [u32; 2] = [3600, 86_400];

/// How far back points are read: a count that rests has none, and statistics are kept no longer.
const BACK: Duration = Duration::from_secs(31 * 86_400);

/// Most points that are read: those of a day with one a minute, and some.
const POINTS_MAX: usize = 2000;

/// `/stats <video>`
pub(super) async fn stats(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let id = video(turn, rest, "/stats").await?;
    let control = turn.control;
    let stories = control.store.why(id, Some(turn.chat.clone())).await?;
    let history = match is_watched(&stories) {
        true => control.store.history(id, turn.now.minus(BACK), POINTS_MAX).await?,
        false => None,
    };
    // Asked anew: what is stored does not say whether a count has been hidden since.
    match (control.lookup.video(&id, &turn.asker()).await, &history) {
        (Ok(Some(looked)), None) if !watch::can_be_seen(&looked.snapshot) => {
            Err(watch::not_there(turn, &SubjectRef::Video(id)))
        }
        (Ok(Some(looked)), history) => {
            Ok(Answer::of(&fresh(turn, &looked.snapshot, history.as_ref())))
        }
        (Ok(None), Some(History { known: Some(known), .. })) => {
            Ok(Answer::of(&Stats { is_unavailable: true, ..last_known(turn, id, known) }))
        }
        (Ok(None), _) => Err(watch::not_there(turn, &SubjectRef::Video(id))),
        (Err(_), Some(History { known: Some(known), .. })) => {
            Ok(Answer::of(&last_known(turn, id, known)))
        }
        (Err(error), _) => Err(turn.no_lookup(&error)),
    }
}

fn last_known(turn: &Turn<'_>, id: VideoId, known: &Known) -> Stats {
    Stats {
        subject: Link::video(&id, &known.title),
        channel: None,
        numbers: Some(Numbers(known.last)),
        seen: Some(Ago { at: known.numbers_at, now: turn.now }),
        is_unavailable: known.status == Status::Unavailable,
        is_live: known.live == Live::Live,
        gains: Vec::new(),
        published: None,
    }
}

fn fresh(turn: &Turn<'_>, snapshot: &Snapshot, history: Option<&History>) -> Stats {
    let counts = watch::counts(snapshot);
    let gains = history.map(|history| {
        WINDOWS_S.iter().filter_map(|window_s| gain(turn, history, &counts, *window_s)).collect()
    });
    Stats {
        subject: Link::video(&snapshot.video_id, snapshot.title.as_deref().unwrap_or_default()),
        channel: watched::channel(snapshot),
        numbers: Some(Numbers(counts)),
        seen: Some(Ago { at: snapshot.numbers_at, now: turn.now }),
        is_unavailable: snapshot.status == Status::Unavailable,
        is_live: snapshot.live == Live::Live,
        gains: gains.unwrap_or_default(),
        published: snapshot.published_at.map(|at| turn.moment(at)),
    }
}

/// What was gained within a window that the history covers.
fn gain(turn: &Turn<'_>, history: &History, now: &Counts, window_s: u32) -> Option<GainLine> {
    let start = turn.now.minus(Duration::from_secs(u64::from(window_s)));
    let (_, base) = history.points.iter().rev().find(|(at, _)| *at <= start)?;
    let parts: Vec<String> = Metric::ALL
        .into_iter()
        .filter_map(|metric| {
            let gained = now.get(metric)?.checked_sub(base.get(metric)?)?;
            Some(format!("{} {}", numbers::signed(gained), numbers::unit(gained, metric)))
        })
        .collect();
    (!parts.is_empty())
        .then(|| GainLine { window: numbers::window(window_s), gain: parts.join(" · ") })
}
