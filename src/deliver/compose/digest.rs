//! What a digest tells of all that watches of one destination had collected, and when.

use super::net::{Net, composed};
use super::{Composer, message, span, unspeakable};
use crate::model::{CancelReason, Metric, Picture, Signal, UnixMillis, VideoId};
use crate::render::{DigestMessage, NetAlert, WatchNews};
use crate::store::{Collected, Composed, Course, Unit, VideoAlerts};

/// Sends, holds or ends it.
pub(super) fn compose(
    composer: &Composer,
    collected: &Collected,
    course: &dyn Fn(&VideoId) -> Course,
    now: UnixMillis,
) -> Composed {
    if let Some(until) = held_until(composer, collected, now) {
        return Composed::Hold(until);
    }
    let nets: Vec<(&Unit, Vec<(&VideoAlerts, Net)>)> = collected
        .units
        .iter()
        .map(|unit| (unit, unit.videos.iter().map(|video| (video, Net::of(video))).collect()))
        .collect();
    let nothing = nets.iter().flat_map(|(_, nets)| nets).flat_map(|(_, net)| &net.nothing);
    let cancelled = nothing.map(|id| (*id, CancelReason::NetZero)).collect();
    let late = now.since(due_at(composer, collected)) > composer.max_age;
    let mut watches = Vec::with_capacity(nets.len());
    let mut told: Vec<(&VideoAlerts, Net)> = Vec::new();
    for (unit, mut nets) in nets {
        nets.retain(|(_, net)| !net.alerts.is_empty());
        if nets.is_empty() {
            continue;
        }
        let tz = composer.settings(&unit.settings, &unit.destination).tz;
        let newest = span(unit).map_or(now, |(_, newest)| newest);
        let message = message(unit, tz, (false, newest), &nets);
        watches.push(WatchNews { message, over_budget: unit.is_over_budget });
        told.append(&mut nets);
    }
    if told.is_empty() {
        return Composed::Cancel(CancelReason::NetZero);
    }
    let channel = collected.destination.address.channel();
    let top = if channel.traits().shows_pictures { moved_most(&told) } else { None };
    let shown = top.and_then(|video| {
        let span = (collected.since, now);
        Some((video, Picture::of_views(&course(&video), span, collected.tz.clone())?))
    });
    let message = DigestMessage {
        shown,
        schedule: collected.schedule.to_string(),
        tz: collected.tz.clone(),
        now,
        since: collected.since,
        late,
        watches,
    };
    match composer.renderer.digest(channel, &message) {
        Ok(parts) => Composed::Send {
            silent: late,
            messages: parts.into_iter().map(|part| composed(part, &told)).collect(),
            cancelled,
            pings: None,
        },
        Err(error) => unspeakable(&error),
    }
}

/// The video whose views moved most; of several, the first.
fn moved_most(told: &[(&VideoAlerts, Net)]) -> Option<VideoId> {
    let moved = |alert: &NetAlert| {
        let (previous, current) = (alert.previous.int()?, alert.current.int()?);
        let is_of_views = alert.series.signal == Signal::Count(Metric::Views);
        is_of_views.then(|| previous.abs_diff(current)).filter(|moved| *moved > 0)
    };
    let moves = told.iter().filter_map(|(video, net)| {
        Some((net.alerts.iter().filter_map(moved).max()?, video.video?))
    });
    moves.rev().max_by_key(|(moved, _)| *moved).map(|(_, video)| video)
}

/// Until when a digest has to wait, if at all. One that somebody asked for comes also in quiet hours and a mute, and so does
/// the rest of one that has begun.
fn held_until(composer: &Composer, collected: &Collected, now: UnixMillis) -> Option<UnixMillis> {
    let barred = collected.destination.barred.as_ref().map(|barred| barred.until);
    let is_ahead = collected.due_at > now;
    let muted = collected.destination.muted_until.filter(|_| !is_ahead);
    let quiet = if is_ahead { None } else { quiet_until(composer, collected, now) };
    [barred, muted, quiet].into_iter().flatten().max().filter(|until| *until > now)
}

/// Until when it is quiet for each watch that has something to tell: one that may ring at this hour takes the others along.
fn quiet_until(composer: &Composer, collected: &Collected, at: UnixMillis) -> Option<UnixMillis> {
    let quiet_until = |unit: &Unit| {
        let settings = composer.settings(&unit.settings, &unit.destination);
        settings.quiet.and_then(|quiet| quiet.until(&settings.tz, at))
    };
    let ends: Option<Vec<UnixMillis>> = collected.units.iter().map(quiet_until).collect();
    ends?.into_iter().min()
}

/// When it was to be told by what people have set: time in which nobody could be reached comes on top.
fn due_at(composer: &Composer, collected: &Collected) -> UnixMillis {
    let due_at = collected.due_at.max(collected.destination.muted_until.unwrap_or(UnixMillis::MIN));
    quiet_until(composer, collected, due_at).unwrap_or(due_at)
}
