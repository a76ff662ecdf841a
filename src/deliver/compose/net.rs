//! What the alerts of one video come to: those of each rule put together, from the first's previous value to the last's
//! current one.

use std::collections::HashSet;

use crate::model::{
    Alert, AlertId, Counts, Event, Live, RuleId, Signal, Status, UnixMillis, Value,
};
use crate::render::{NetAlert, Part, VideoFacts, VideoNews};
use crate::store::{ComposedMessage, VideoAlerts};

/// What the alerts of one video come to.
#[derive(Default)]
pub(super) struct Net {
    /// One per rule, in the order in which messages tell them: counts, computed values, events.
    pub(super) alerts: Vec<NetAlert>,
    /// Of each of these the alerts that it stands for.
    ids: Vec<Vec<AlertId>>,
    /// Alerts that come to nothing.
    pub(super) nothing: Vec<AlertId>,
    /// How many changes are told.
    changes: usize,
    observed: Option<(UnixMillis, UnixMillis)>,
}

/// The alerts of one rule.
struct OfRule<'a> {
    rule: RuleId,
    net: NetAlert,
    alerts: Vec<&'a Alert>,
}

impl Net {
    /// Puts the alerts of each rule together: from the first's previous value to the last's current one. What has waited
    /// since an older version, or was queued again, may be several of one rule; others were folded as they came.
    ///
    /// A net change of nothing that passed no value comes to nothing.
    pub(super) fn of(video: &VideoAlerts) -> Net {
        let mut rules: Vec<OfRule<'_>> = Vec::new();
        for alert in &video.alerts {
            match rules.iter_mut().find(|of| of.rule == alert.rule) {
                None => rules.push(OfRule::new(alert)),
                Some(of) => of.add(alert),
            }
        }
        rules.sort_by_key(|of| of.net.series.code());
        let mut net = Net::default();
        let mut moments: HashSet<UnixMillis> = HashSet::new();
        for of in rules {
            let ids: Vec<AlertId> = of.alerts.iter().map(|alert| alert.id).collect();
            if of.is_nothing() {
                net.nothing.extend(ids);
                continue;
            }
            for alert in &of.alerts {
                moments.extend([alert.observed_at, alert.last_at]);
            }
            let firings: u32 = of.alerts.iter().map(|alert| alert.firings).sum();
            net.changes = net.changes.max(usize::try_from(firings).unwrap_or(usize::MAX));
            net.alerts.push(of.net);
            net.ids.push(ids);
        }
        // Two rules that one change met are one change.
        net.changes = net.changes.max(moments.len());
        net.observed = moments.iter().min().copied().zip(moments.iter().max().copied());
        net
    }

    /// What a message says of it.
    pub(super) fn news(&self, video: &VideoAlerts) -> VideoNews {
        VideoNews {
            video: facts(video),
            alerts: self.alerts.clone(),
            observed_at: self.observed.map_or_else(UnixMillis::default, |(_, newest)| newest),
            changes: self.changes,
        }
    }
}

impl<'a> OfRule<'a> {
    fn new(alert: &'a Alert) -> OfRule<'a> {
        let net = NetAlert {
            series: alert.series,
            previous: alert.previous.clone(),
            current: alert.current.clone(),
            marks: alert.marks.clone(),
            rule_text: alert.rule_text.clone(),
        };
        OfRule { rule: alert.rule, net, alerts: vec![alert] }
    }

    fn add(&mut self, alert: &'a Alert) {
        self.alerts.push(alert);
        self.net.current = alert.current.clone();
        if alert.series.signal.is_told_by_the_last() {
            self.net.previous = alert.previous.clone();
        }
        self.net.marks = std::mem::take(&mut self.net.marks).joined(&alert.marks);
    }

    fn is_nothing(&self) -> bool {
        let NetAlert { series, previous, current, marks, .. } = &self.net;
        previous == current
            && *previous != Value::None
            && marks.is_empty()
            && series.signal != Signal::Event(Event::Upload)
    }
}

/// A message with the alerts that it tells, of videos in the order in which it counts them.
pub(super) fn composed(part: Part, told: &[(&VideoAlerts, Net)]) -> ComposedMessage {
    let of = |video: usize| told.get(video).map(|(_, net)| net);
    let alerts =
        part.told.iter().filter_map(|(video, alert)| of(*video)?.ids.get(*alert)).flatten();
    let nets = || part.told.iter().filter_map(|(video, _)| of(*video));
    ComposedMessage {
        video: part.video.and_then(|video| told.get(video)?.0.video),
        is_coalesced: nets().any(|net| net.changes > 1),
        alerts: alerts.copied().collect(),
        observed_at: nets()
            .filter_map(|net| net.observed)
            .map(|(oldest, _)| oldest)
            .min()
            .unwrap_or_default(),
        body: part.body,
    }
}

/// The video that alerts are about, if they are about one.
fn facts(video: &VideoAlerts) -> Option<VideoFacts> {
    let id = video.video?;
    let uploaded = video.alerts.iter().rev().find_map(|alert| match alert.series.signal {
        Signal::Event(Event::Upload) => alert.current.text(),
        Signal::Event(_) | Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } => None,
    });
    let title = video
        .known
        .as_ref()
        .map(|known| known.title.as_str())
        .or(video.title.as_deref())
        .or(uploaded)
        .unwrap_or_default();
    Some(VideoFacts {
        id,
        title: title.to_owned(),
        about: video.about.clone(),
        status: video.known.as_ref().map_or(Status::Public, |known| known.status),
        live: video.known.as_ref().map_or(Live::None, |known| known.live),
        counts: video.known.as_ref().map_or(Counts::default(), |known| known.last),
    })
}
