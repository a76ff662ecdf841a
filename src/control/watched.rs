//! The answer to `/watch`, and lines about rules for whoever else shows them.

use std::collections::HashSet;

use crate::model::{
    ChannelId, Counts, Event, Marks, Metric, Series, Signal, Snapshot, Status, SubjectRef,
    UnixMillis, VideoId,
};
use crate::render::numbers::{Ago, Grouped, Numbers, Passed, Period};
use crate::render::views::{Delay, Link, Members, RuleLine, VideosLeft, Watch};
use crate::render::{List, Prose};
use crate::route::trigger::LOWEST;

use super::command::reference;
use super::list::{members, number};
use super::target::Target;
use super::turn::{Stop, Turn};
use super::watch::{Seen, Wanted, counts};

/// What was made.
pub(super) struct Made {
    pub(super) subject: SubjectRef,
    pub(super) created: bool,
    pub(super) changed: bool,
    /// How many videos it counts, and how many the owner has left.
    pub(super) videos: Option<(usize, usize)>,
}

/// Below so many in a hundred of what its owner may have, the answer to the watch of one video says what is left.
const FEW_LEFT_PERCENT: usize = 10;

/// What is left of the owner's videos: worth a line for a list, and for a video once they run out.
fn videos_left(turn: &Turn<'_>, made: &Made, is_video: bool) -> Option<VideosLeft> {
    let (counted, left) = made.videos?;
    let max = turn.videos_max()?;
    let is_told = !is_video || left.saturating_mul(100) < max.saturating_mul(FEW_LEFT_PERCENT);
    is_told.then(|| VideosLeft {
        counted: number(counted),
        is_one: counted == 1,
        left: number(left),
        max: number(max),
    })
}

pub(super) async fn view(
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
        // Of a new watch, what is known is what others were told.
        (None, SubjectRef::Video(id)) if watch.is_some() => last_known(turn, id).await?,
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
    let is_upload = |one: &Wanted| one.rule.unset.0.signal == Signal::Event(Event::Upload);
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
            Seen::Subject(looked) => looked.members.map(|total| held(turn, made, total)),
            Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => {
                watch.and_then(|watch| members(turn, watch))
            }
        },
        videos: videos_left(turn, made, is_video),
        delay: match seen {
            Seen::Subject(looked) if made.created => looked
                .delay
                .map(|(time, most)| Delay { time: Period(time), lists_in_time: number(most) }),
            Seen::Subject(_) | Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => None,
        },
        rules: List::new(lines),
        ended: List::new(ended.cloned().collect()),
        with_upload: (!is_video && !wanted.iter().any(is_upload))
            .then(|| with_upload(&made.subject, wanted)),
        note: match seen {
            Seen::Unasked(why) => {
                Some(Prose::new(&format!("{why} The watch stands all the same.")))
            }
            Seen::Video(_) | Seen::Subject(_) | Seen::Gone => None,
        },
        at_most: (!effective.at_most.is_zero()).then_some(Period(effective.at_most)),
        quiet: effective.quiet,
        tz: effective.tz,
        muted_until: turn.silent_until(),
        until: effective.until.map(|until| turn.moment(until)),
    })
}

/// The command that leaves the rules as they are and adds `upload`: watching again replaces all.
fn with_upload(subject: &SubjectRef, wanted: &[Wanted]) -> String {
    /// With more of them, the rules of a watch would push all else out of the message.
    const RULES_MAX_CHARS: usize = 400;
    let rules: Vec<&str> = wanted.iter().map(|one| one.rule.text.as_str()).collect();
    let rules = rules.join("; ");
    let rules = if rules.chars().count() > RULES_MAX_CHARS { "…".to_owned() } else { rules };
    format!("/watch {} {rules}; upload", reference(subject))
}

fn held(turn: &Turn<'_>, made: &Made, total: u64) -> Members {
    // Its owner may have no room for all of them.
    let room = made.videos.map_or(usize::MAX, |(counted, _)| counted);
    let max = turn.control.options.members_per_subject.min(room);
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

type LastKnown = (Option<(Counts, UnixMillis)>, Option<String>);

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
pub(super) fn next_count((series, value): (Series, i64)) -> Option<(Metric, i64)> {
    match series.signal {
        Signal::Count(metric) if value != LOWEST => Some((metric, series.scale(value))),
        Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } | Signal::Event(_) => None,
    }
}
