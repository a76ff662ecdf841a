//! `/watch`: makes a watch, or gives a standing one new rules, and says where they start.

use std::collections::HashSet;

use crate::model::{
    ChannelId, Counts, Event, Marks, Rule, Series, Signal, Snapshot, Status, SubjectRef, VideoId,
};
use crate::render::numbers::{Ago, Grouped, Numbers, Passed, Period};
use crate::render::views::{ErrorView, Link, Members, RuleLine, Watch};
use crate::render::{List, Prose};
use crate::route::language::{self, RuleError};
use crate::route::trigger::{self, LOWEST};
use crate::store::{Edit, Edited, NewRule, WatchEdit, WatchRow};

use super::command::{first_word, reference};
use super::list::{members, number};
use super::target::Target;
use super::turn::{Answer, Stop, Turn, quoted};
use super::{Looked, LookedSubject};

const EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000; status";

/// `/watch <video> [rule[; rule]…]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let Some((what, rules)) = first_word(rest) else {
        return Err(turn.wrong(
            "Say what to watch: the link or id of a video, a channel's `@handle`, or a playlist.",
            EXAMPLE,
        ));
    };
    turn.needs_administrator().await?;
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
        && turn.control.store.watches_of_owner(&turn.owner()).await? >= max
    {
        return Err(limit_reached(turn, max));
    }
    let seen = look(turn, &target).await?;
    let counts = seen.counts();
    let wanted = wanted(turn, asked, target.watch.as_ref(), counts.as_ref());
    let subject = seen.subject(&target);
    let edit = WatchEdit {
        destination: turn.chat.clone(),
        owner: turn.owner(),
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
    };
    let done = turn.commit(vec![Edit::Watch(Box::new(edit))]).await?;
    match done.first() {
        Some(Edited::LimitReached { limit }) => Err(limit_reached(turn, *limit)),
        Some(Edited::Watched { created, changed, .. }) => {
            let made = Made { subject, created: *created, changed: *changed };
            let view = view(turn, &made, &target, &seen, &wanted).await?;
            Ok(Answer {
                message: Some(turn.render(&view)),
                toast: Some("Watching"),
                ..Answer::default()
            })
        }
        other => {
            tracing::error!(?other, "the store answered a watch with something else");
            Err(turn.refuse("Something went wrong here. Try again."))
        }
    }
}

fn limit_reached(turn: &Turn<'_>, max: usize) -> Stop {
    turn.wrong(
        &format!(
            "This chat has {max} watches, as many as it may. End one that you need no more: `/list` shows them."
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
    let rules = language::parse_set(text).map_err(|error| misread(turn, text, &error, subject))?;
    if matches!(subject, SubjectRef::Video(_)) && rules.contains(&Rule::Event(Event::Upload)) {
        return Err(turn.wrong(
            "`upload` tells of new videos, so it needs a channel or a playlist.",
            "/watch @youtube upload",
        ));
    }
    Ok(Some(rules))
}

fn misread(turn: &Turn<'_>, text: &str, error: &RuleError, subject: &SubjectRef) -> Stop {
    let picture = error.explain(text);
    let (input, pointer) = picture.split_once('\n').unwrap_or((&picture, ""));
    let message = turn.render(&ErrorView {
        message: Prose::new(&error.to_string()),
        input: Some(input.to_owned()),
        pointer: Some(pointer.to_owned()),
        example: Some(format!("/watch {} views every 1000; status", reference(subject))),
    });
    Stop::Answer(Box::new(Answer { message: Some(message), ..Answer::default() }))
}

/// What YouTube says of what is to be watched.
enum Seen {
    Video(Box<Looked>),
    Subject(LookedSubject),
    /// It is watched already and can't be seen any more.
    Gone,
    /// It could not be asked; why, in a sentence.
    Unasked(String),
}

impl Seen {
    fn counts(&self) -> Option<Counts> {
        match self {
            Seen::Video(looked) => Some(counts(&looked.snapshot)),
            Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
        }
    }

    fn title(&self) -> Option<&str> {
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
            lookup.video(id).await.map(|found| found.map(|looked| Seen::Video(Box::new(looked))))
        }
        (_, Some(looked)) => Ok(Some(Seen::Subject(looked.clone()))),
        (subject, None) => lookup.subject(subject).await.map(|found| found.map(Seen::Subject)),
    };
    match found {
        Ok(Some(seen)) => Ok(seen),
        Ok(None) if target.watch.is_some() => Ok(Seen::Gone),
        Ok(None) => Err(not_there(turn, &target.subject)),
        Err(error) => {
            tracing::warn!(%error, "a watch is made without a look");
            Ok(Seen::Unasked(turn.excuse(&error)))
        }
    }
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
struct Wanted {
    rule: NewRule,
    /// The values of its list that are passed already.
    passed: Vec<i64>,
    is_new: bool,
}

/// The rules that are to be in force: those asked for, else those that are, else the preset.
fn wanted(
    turn: &Turn<'_>,
    asked: Option<Vec<Rule>>,
    watch: Option<&WatchRow>,
    counts: Option<&Counts>,
) -> Vec<Wanted> {
    let standing: HashSet<&str> =
        watch.iter().flat_map(|watch| &watch.rules).map(String::as_str).collect();
    match (asked, watch) {
        // Somebody who only names the video must not lose rules that took thought.
        (None, Some(watch)) if !watch.rules.is_empty() => {
            watch.rules.iter().map(|text| kept(text)).collect()
        }
        (asked, _) => {
            let rules = asked.unwrap_or_else(|| preset(&turn.control.options.preset));
            rules
                .iter()
                .map(|rule| {
                    let text = rule.to_string();
                    let start = counts.map(|counts| trigger::initial(rule, Some(counts)));
                    Wanted {
                        is_new: !standing.contains(text.as_str()),
                        passed: start
                            .as_ref()
                            .map(|start| start.passed.clone())
                            .unwrap_or_default(),
                        rule: NewRule {
                            text,
                            unset: unset(rule),
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
    let unset =
        language::parse(text).as_ref().map_or((Series::up(Signal::Event(Event::Title)), 0), unset);
    let rule = NewRule { text: text.to_owned(), unset, start: None };
    Wanted { rule, passed: Vec::new(), is_new: false }
}

/// Where the trigger of a rule waits that has not seen anything yet.
fn unset(rule: &Rule) -> (Series, i64) {
    trigger::initial(rule, None)
        .next
        .map_or((trigger::series(rule), LOWEST), |next| (next.series, next.value))
}

/// The rules of the configured preset, which the configuration has checked.
pub(super) fn preset(text: &str) -> Vec<Rule> {
    language::parse_set(text).ok().or_else(|| language::preset("all")).unwrap_or_default()
}

/// What was made.
struct Made {
    subject: SubjectRef,
    created: bool,
    changed: bool,
}

async fn view(
    turn: &Turn<'_>,
    made: &Made,
    target: &Target,
    seen: &Seen,
    wanted: &[Wanted],
) -> Result<Watch, Stop> {
    let watch = target.watch.as_ref();
    let is_changed = !made.created && made.changed;
    let mut lines =
        rule_lines(turn, &made.subject, wanted.iter().map(|one| &*one.rule.text)).await?;
    for (line, one) in lines.iter_mut().zip(wanted) {
        line.is_new = is_changed && one.is_new;
        line.passed = (one.is_new && !one.passed.is_empty()).then(|| passed(&one.passed));
    }
    let now: HashSet<&str> = wanted.iter().map(|one| one.rule.text.as_str()).collect();
    let ended =
        watch.iter().flat_map(|watch| &watch.rules).filter(|text| !now.contains(text.as_str()));
    let (known, title) = match (seen.counts(), &made.subject) {
        (None, SubjectRef::Video(id)) => last_known(turn, id).await?,
        _ => (None, None),
    };
    let numbers = match seen {
        Seen::Video(looked) => Some((counts(&looked.snapshot), looked.snapshot.observed_at)),
        Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => known,
    };
    let title = seen
        .title()
        .map(str::to_owned)
        .or(title)
        .or_else(|| watch.and_then(|watch| watch.title.clone()));
    let is_video = matches!(made.subject, SubjectRef::Video(_));
    let effective = turn.effective(&watch.map(|watch| watch.settings.clone()).unwrap_or_default());
    Ok(Watch {
        subject: Link::subject(&made.subject, title.as_deref()),
        channel: match seen {
            Seen::Video(looked) => channel(&looked.snapshot),
            Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
        },
        is_changed,
        is_unchanged: !made.created && !made.changed,
        is_pending: is_video && numbers.is_none() && matches!(seen, Seen::Unasked(_)),
        is_unavailable: match seen {
            Seen::Video(looked) => looked.snapshot.status == Status::Unavailable,
            Seen::Gone => true,
            Seen::Subject(_) | Seen::Unasked(_) => false,
        },
        numbers: numbers.map(|(counts, _)| Numbers(counts)),
        seen: numbers.map(|(_, at)| Ago { at, now: turn.now }),
        members: match seen {
            Seen::Subject(looked) => looked.members.map(|total| held(turn, total)),
            Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => {
                watch.and_then(|watch| members(turn, watch))
            }
        },
        rules: List::new(lines),
        ended: List::new(ended.cloned().collect()),
        lacks_upload: !is_video && !now.contains(Event::Upload.name()),
        note: match seen {
            Seen::Unasked(why) => {
                Some(Prose::new(&format!("{why} The watch stands all the same.")))
            }
            Seen::Video(_) | Seen::Subject(_) | Seen::Gone => None,
        },
        at_most: (!effective.at_most.is_zero()).then_some(Period(effective.at_most)),
        quiet: effective.quiet,
        until: effective.until.map(|until| turn.moment(until)),
    })
}

fn held(turn: &Turn<'_>, total: u64) -> Members {
    let max = turn.control.options.members_per_subject;
    let taken = usize::try_from(total).unwrap_or(usize::MAX).min(max);
    Members {
        taken: number(taken),
        total: Grouped(i64::try_from(total).unwrap_or(i64::MAX)),
        is_cut: u64::try_from(max).is_ok_and(|max| total > max),
    }
}

/// The highest few of the values that were passed.
fn passed(values: &[i64]) -> Passed {
    let named = values.len().saturating_sub(Marks::NAMED_MAX);
    Passed(Marks {
        values: values.iter().skip(named).copied().collect(),
        more: u64::try_from(named).unwrap_or(u64::MAX),
    })
}

/// The channel of a video, where the snapshot says.
pub(super) fn channel(snapshot: &Snapshot) -> Option<Link> {
    let id: ChannelId = snapshot.channel_id.as_ref()?.parse().ok()?;
    let title = snapshot.channel_title.as_deref();
    title.map(|title| Link::subject(&SubjectRef::Channel(id), Some(title)))
}

type LastKnown = (Option<(Counts, crate::model::UnixMillis)>, Option<String>);

/// What the router knew last of a video: counts with their time, and the title.
async fn last_known(turn: &Turn<'_>, id: &VideoId) -> Result<LastKnown, Stop> {
    let history = turn.control.store.history(*id, turn.now, 0).await?;
    Ok(history.map_or((None, None), |history| {
        let counts = history.known.map(|known| (known.last, known.numbers_at));
        (counts, history.title)
    }))
}

/// Rules with the values at which they fire next, where a single video is watched.
pub(super) async fn rule_lines(
    turn: &Turn<'_>,
    subject: &SubjectRef,
    texts: impl Iterator<Item = &str>,
) -> Result<Vec<RuleLine>, Stop> {
    let stories = match subject {
        SubjectRef::Video(id) => turn.control.store.why(*id, Some(turn.chat.clone())).await?,
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => Vec::new(),
    };
    let next = |text: &str| {
        let story = stories.iter().find(|story| !story.ended && story.rule_text == text)?;
        next_count(story.trigger?).map(|(_, value)| Grouped(value))
    };
    Ok(texts
        .map(|text| RuleLine {
            text: text.to_owned(),
            next: next(text),
            passed: None,
            is_new: false,
        })
        .collect())
}

/// The count at which a trigger fires, where it waits for one.
pub(super) fn next_count((series, value): (Series, i64)) -> Option<(crate::model::Metric, i64)> {
    match series.signal {
        Signal::Count(metric) if value != LOWEST => Some((metric, series.scale(value))),
        Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } | Signal::Event(_) => None,
    }
}
