//! Questions that change nothing: `/start`, `/help`, `/rules`, `/why`, `/stats`, `/test`.

use crate::control::actions::{self, Course, Gain, NoStats, StatsNumbers, Tested, Told};
use crate::control::story::{self, Held, RuleState};
use crate::model::commands::{self, OptionForm};
use crate::model::{
    Known, Live, Metric, Outcome, Picture, Settings, Snapshot, Status, SubjectRef, TriggerRow,
    UnixMillis, VideoId,
};
use crate::render::List;
use crate::render::numbers::{self, Ago, At, Grouped, Near, Numbers, Period};
use crate::render::views::{
    GainLine, Help, HelpLine, Link, Rules, Start, Stats, Test, Why, WhyAlert, WhyHeld, WhyNext,
    WhyOutcome, WhyRule, WhySuppressed, WhyWindow, value_text,
};
use crate::store::{History, RuleStory, Waits};

use super::answer::{Answer, Stop, wrong};
use super::turn::Turn;
use super::words::quoted;
use super::{watched, youtube};

/// `/start` of somebody who is in.
pub(super) async fn start(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let count = turn.actions().count_watches(&turn.destination).await?;
    Ok(Answer::of(&Start {
        preset: turn.options().preset.clone(),
        list_preset: turn.options().list_preset.clone(),
        reads_texts: turn.reads_texts(),
        watches: (count > 0).then(|| Grouped::count(count)),
        muted_until: turn.silent_until(),
        back: turn.back(),
    }))
}

/// `/help`
pub(super) async fn help(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    Ok(Answer::of(&Help {
        preset: turn.options().preset.clone(),
        list_preset: turn.options().list_preset.clone(),
        watches_max: turn.actions().watches_max(&turn.owner).map(Grouped::count),
        forms: if turn.reads_texts() { Vec::new() } else { help_lines(turn) },
    }))
}

/// The commands by the names of their parts.
fn help_lines(turn: &Turn<'_>) -> Vec<HelpLine> {
    let names = |options: &[OptionForm]| options.iter().map(|option| option.name).collect();
    let line = |written: String, does, options| HelpLine { written, does, options: names(options) };
    let lines = commands::of(turn.here().channel()).flat_map(|form| {
        let parts = form.parts.iter();
        let parts = parts
            .map(|part| line(format!("/{} {}", form.word, part.word), part.does, part.options));
        let own = form.parts.is_empty();
        let own = own.then(|| line(format!("/{}", form.word), form.does, form.options));
        own.into_iter().chain(parts).collect::<Vec<_>>()
    });
    lines.collect()
}

/// `/test`
pub(super) async fn test(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let Tested { silent_until, shut } = turn.actions().test(&turn.destination, turn.now).await?;
    let shut = shut.filter(|_| turn.along.shows_a_way());
    Ok(Answer::of(&Test {
        now: turn.moment(turn.now),
        here: turn.destination.to_string(),
        lacking: turn.lacking(),
        muted_until: silent_until.map(|until| turn.moment(until)),
        back: turn.back().or_else(|| shut.map(|shut| turn.back_from(shut))),
    }))
}

/// `/rules [video]`
pub(super) async fn rules(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let (preset, list_preset) = (turn.options().preset.clone(), turn.options().list_preset.clone());
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
pub(super) async fn video(turn: &mut Turn<'_>, rest: &str, command: &str) -> Result<VideoId, Stop> {
    let example = format!("{command} dQw4w9WgXcQ");
    if rest.is_empty() {
        return Err(wrong("Name a video: its number in `/list`, its link or id.", &example));
    }
    match turn.target(rest, &example).await?.subject {
        SubjectRef::Video(id) => Ok(id),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => Err(wrong(
            &format!("{} is no single video: name one of its videos.", quoted(rest)),
            &example,
        )),
    }
}

/// `/why <video>`
pub(super) async fn why(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let id = video(turn, rest, "/why").await?;
    let subject = SubjectRef::Video(id);
    if turn.actions().watch_of(&turn.destination, &subject).await?.is_none() {
        turn.follow(&subject).await?;
    }
    let points = (turn.now.minus(History::BACK), History::POINTS_MAX);
    let Told { stories, history } = turn.actions().why(&turn.destination, id, points).await?;
    let title = history.as_ref().and_then(|history| history.title.as_deref());
    let known = history.as_ref().and_then(|history| history.known.as_ref());
    let rules = by_watch(turn, &SubjectRef::Video(id), &stories, history.as_ref());
    Ok(Answer::of(&Why {
        subject: Link::subject(&SubjectRef::Video(id), title),
        numbers: known.map(|known| Numbers(known.last)),
        seen: known.map(|known| Ago { at: known.numbers_at, now: turn.now }),
        muted_until: turn.silent_until(),
        computed: rules.iter().any(WhyRule::is_computed),
        rules: List::new(rules),
    }))
}

/// The stories of the rules, watch by watch. Where a rule is of another watch than that of the video alone, the first of
/// each watch says of which.
fn by_watch(
    turn: &Turn<'_>,
    video: &SubjectRef,
    stories: &[RuleStory],
    history: Option<&History>,
) -> Vec<WhyRule> {
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
                ..told(turn, story, history)
            }
        }));
    }
    rules
}

fn told(turn: &Turn<'_>, story: &RuleStory, history: Option<&History>) -> WhyRule {
    let state = story::state(story, history, turn.now);
    let next = match state {
        RuleState::Next { metric, at } => {
            Some(WhyNext { at: Grouped(at), now: story.now.get(metric).map(Grouped) })
        }
        _ => None,
    };
    let window = match &state {
        RuleState::Window { metric, growth, now, window_s, is_armed } => Some(WhyWindow {
            growth: format!("{growth} {metric}"),
            now: now.clone(),
            window: numbers::window(*window_s),
            is_armed: *is_armed,
        }),
        _ => None,
    };
    // Of those that wait, it is the newest that is in no message yet.
    let mut held = story.waits.as_ref().and_then(|waits| self::held(turn, waits));
    let alerts = story.alerts.iter().map(|(alert, outcome, _)| WhyAlert {
        at: turn.moment(alert.observed_at),
        previous: value_text(&alert.previous),
        current: value_text(&alert.current),
        outcome: match (outcome, held.take_if(|_| *outcome == Outcome::Waiting)) {
            (Outcome::Waiting, Some(held)) => WhyOutcome::held(held),
            (outcome, _) => WhyOutcome::from(outcome),
        },
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

/// What holds back what waits, on the clock of this chat.
fn held(turn: &Turn<'_>, waits: &Waits) -> Option<WhyHeld> {
    let tz = turn.effective(&Settings::default()).tz;
    let near = |at: UnixMillis| Near { at, now: turn.now, tz: tz.clone() };
    Some(match story::held(waits, &turn.options().defaults, turn.now)? {
        Held::Barred { until } => WhyHeld::Barred { until: near(until) },
        Held::Quiet { until } => WhyHeld::Quiet { until: near(until) },
        Held::AtMost { at_most, left } => WhyHeld::AtMost {
            at_most: Settings::print_duration(at_most),
            left: Period(numbers::rounded(left)),
        },
        Held::Digest { at } => WhyHeld::Digest { at: At(near(at)) },
        Held::Budget { pings, at } => {
            WhyHeld::Budget { pings: Grouped(i64::from(pings)), at: At(near(at)) }
        }
    })
}

/// `/stats <video>`
pub(super) async fn stats(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let id = video(turn, rest, "/stats").await?;
    match turn.actions().stats(&turn.asking(), id, turn.now).await? {
        Ok(actions::Stats { numbers, views }) => {
            let is_watched = views.is_some();
            let picture = views.and_then(|views| picture(turn, views));
            let told = match numbers {
                StatsNumbers::Fresh(snapshot, gains) => fresh(turn, &snapshot, &gains),
                StatsNumbers::Last { known, is_gone } => last_known(turn, id, &known, is_gone),
            };
            let lacks_picture = is_watched && picture.is_none();
            Ok(Answer::of(&Stats { lacks_picture, picture, ..told }))
        }
        Err(NoStats::NotThere(not_there)) => Err(youtube::not_there(&not_there)),
        Err(NoStats::Unasked(error)) => Err(turn.no_lookup(&error)),
    }
}

fn last_known(turn: &Turn<'_>, id: VideoId, known: &Known, is_gone: bool) -> Stats {
    Stats {
        subject: Link::video(&id, &known.title),
        channel: None,
        numbers: Some(Numbers(known.last)),
        seen: Some(Ago { at: known.numbers_at, now: turn.now }),
        is_unavailable: is_gone || known.status == Status::Unavailable,
        is_live: known.live == Live::Live,
        gains: Vec::new(),
        published: None,
        lacks_picture: false,
        picture: None,
    }
}

fn fresh(turn: &Turn<'_>, snapshot: &Snapshot, gains: &[Gain]) -> Stats {
    Stats {
        subject: Link::video(&snapshot.video_id, snapshot.title.as_deref().unwrap_or_default()),
        channel: watched::channel(snapshot),
        numbers: Some(Numbers(snapshot.into())),
        seen: Some(Ago { at: snapshot.numbers_at, now: turn.now }),
        is_unavailable: snapshot.status == Status::Unavailable,
        is_live: snapshot.live == Live::Live,
        gains: gains.iter().map(gain).collect(),
        published: snapshot.published_at.map(|at| turn.moment(at)),
        lacks_picture: false,
        picture: None,
    }
}

/// How the views went, on the clock of this chat; `None`: too little is known yet.
fn picture(turn: &Turn<'_>, Course { points, marks }: Course) -> Option<Picture> {
    Picture::new(Metric::Views, points, marks, turn.moment(turn.now).tz)
}

fn gain(Gain { window_s, by }: &Gain) -> GainLine {
    let part = |(metric, gained): &(Metric, i64)| {
        format!("{} {}", numbers::signed(*gained), numbers::unit(*gained, *metric))
    };
    let parts: Vec<String> = by.iter().map(part).collect();
    GainLine { window: numbers::window(*window_s), gain: parts.join(" · ") }
}
