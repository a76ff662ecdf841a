//! The answer to `/watch`, and lines about rules for whoever else shows them.

use std::collections::HashSet;

use crate::control::actions::{RuleInForce, RuleNow, Seen, Watched};
use crate::model::{ChannelId, Counts, Marks, Snapshot, Status, SubjectRef, UnixMillis, VideoId};
use crate::render::numbers::{Ago, Grouped, Numbers, Passed, Period};
use crate::render::views::{Delay, Link, Members, RuleLine, VideosLeft, Watch};
use crate::render::{List, Prose};

use super::answer::Stop;
use super::list::members;
use super::turn::Turn;
use super::words::reference;

/// Below so many in a hundred of what its owner may have, the answer to the watch of one video says what is left.
const FEW_LEFT_PERCENT: usize = 10;

/// What is left of the owner's videos: worth a line for a list, and for a video once they run out.
fn videos_left(turn: &Turn<'_>, watched: &Watched, is_video: bool) -> Option<VideosLeft> {
    let (counted, left) = watched.videos?;
    let max = turn.actions().videos_max(&turn.owner)?;
    let is_told = !is_video || left.saturating_mul(100) < max.saturating_mul(FEW_LEFT_PERCENT);
    is_told.then(|| VideosLeft {
        counted: Grouped::count(counted),
        is_one: counted == 1,
        left: Grouped::count(left),
        max: Grouped::count(max),
    })
}

pub(super) async fn view(turn: &Turn<'_>, watched: &Watched) -> Result<Watch, Stop> {
    let Watched { subject, created, changed, rules, settings, seen, before, .. } = watched;
    let is_changed = !created && *changed;
    let mut lines = rule_lines(turn, subject, rules.iter().map(|rule| rule.text.as_str())).await?;
    for (line, rule) in lines.iter_mut().zip(rules) {
        line.is_new = is_changed && rule.is_new;
        line.passed = (rule.is_new && !rule.passed.is_empty()).then(|| passed(&rule.passed));
    }
    let now: HashSet<&str> = rules.iter().map(|rule| rule.text.as_str()).collect();
    let ended =
        before.iter().flat_map(|watch| &watch.rules).filter(|text| !now.contains(text.as_str()));
    let (known, title) = match (seen.snapshot(), subject) {
        // Of a new watch, what is known is what others were told.
        (None, SubjectRef::Video(id)) if before.is_some() => last_known(turn, id).await?,
        _ => (None, None),
    };
    let numbers =
        seen.snapshot().map(|snapshot| (Counts::from(snapshot), snapshot.observed_at)).or(known);
    let title = seen
        .title()
        .map(str::to_owned)
        .or(title)
        .or_else(|| before.as_ref().and_then(|watch| watch.title.clone()));
    let is_video = matches!(subject, SubjectRef::Video(_));
    let effective = turn.effective(settings);
    Ok(Watch {
        subject: Link::subject(subject, title.as_deref()),
        channel: seen.snapshot().and_then(channel),
        is_changed,
        is_unchanged: !created && !changed,
        is_pending: is_video && numbers.is_none() && matches!(seen, Seen::Unasked(_)),
        is_unavailable: match seen {
            Seen::Video(looked) => looked.snapshot.status == Status::Unavailable,
            Seen::Gone => true,
            Seen::Subject(_) | Seen::Unasked(_) => false,
        },
        numbers: numbers.map(|(counts, _)| Numbers(counts)),
        seen: numbers.map(|(_, at)| Ago { at, now: turn.now }),
        members: match seen.list() {
            Some(list) => list.members.map(|total| held(turn, watched, total)),
            None => before.as_ref().and_then(|watch| members(turn, watch)),
        },
        videos: videos_left(turn, watched, is_video),
        delay: seen
            .list()
            .filter(|_| *created)
            .and_then(|list| list.delay)
            .map(|(time, most)| Delay { time: Period(time), lists_in_time: Grouped::count(most) }),
        rules: List::new(lines),
        ended: List::new(ended.cloned().collect()),
        with_upload: (!is_video && !rules.iter().any(|rule| rule.is_upload))
            .then(|| with_upload(subject, rules)),
        note: match seen {
            Seen::Unasked(error) => {
                let why = turn.excuse(error);
                Some(Prose::new(&format!("{why} The watch stands all the same.")))
            }
            Seen::Video(_) | Seen::Subject(_) | Seen::Gone => None,
        },
        at_most: (!effective.at_most.is_zero()).then_some(Period(effective.at_most)),
        digest: effective.digest.map(|schedule| schedule.to_string()),
        quiet: effective.quiet,
        tz: effective.tz,
        muted_until: turn.silent_until(),
        until: effective.until.map(|until| turn.moment(until)),
        rings_in: turn.rings_in(),
        lacking: turn.lacking(),
        offered: None,
    })
}

/// The command that leaves the rules as they are and adds `upload`: watching again replaces all.
fn with_upload(subject: &SubjectRef, rules: &[RuleInForce]) -> String {
    /// With more of them, the rules of a watch would push all else out of the message.
    const RULES_MAX_CHARS: usize = 400;
    let rules: Vec<&str> = rules.iter().map(|rule| rule.text.as_str()).collect();
    let rules = rules.join("; ");
    let rules = if rules.chars().count() > RULES_MAX_CHARS { "…".to_owned() } else { rules };
    format!("/watch {} {rules}; upload", reference(subject))
}

fn held(turn: &Turn<'_>, watched: &Watched, total: u64) -> Members {
    // Its owner may have no room for all of them.
    let room = watched.videos.map_or(usize::MAX, |(counted, _)| counted);
    let max = turn.options().members_per_subject.min(room);
    let taken = usize::try_from(total).unwrap_or(usize::MAX).min(max);
    Members {
        taken: Grouped::count(taken),
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
    let history = turn.actions().known(*id).await?;
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
    let rules = turn.actions().rules(&turn.destination, subject, texts).await?;
    let line = |rule: RuleNow| RuleLine {
        text: rule.text,
        next: rule.next.map(Grouped),
        passed: None,
        is_new: false,
    };
    Ok(rules.into_iter().map(line).collect())
}
