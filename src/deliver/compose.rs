//! What is told of what waits for one watch, under the settings of now: when, in how many messages, and what comes to
//! nothing.
//!
//! Runs inside the claiming transaction, so it reads no clock and does no I/O.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::quiet::quiet_until;
use crate::model::{
    Alert, AlertId, CancelReason, Counts, Effective, Event, Live, RuleId, Settings, Signal, Status,
    SubjectRef, UnixMillis, Value,
};
use crate::render::{NetAlert, Part, Renderer, VideoFacts, VideoNews, WatchMessage};
use crate::store::{Compose, Composed, ComposedMessage, Unit, VideoAlerts};

/// A watch of several videos is told so long after its newest alert, …
const GATHERED_AFTER: Duration = Duration::from_secs(5);

/// … and at most so long after its oldest: what one look finds is one message.
const GATHERED_FOR: Duration = Duration::from_secs(30);

/// Decides and renders with the settings that underlie those of destinations and watches.
#[derive(Debug)]
pub struct Composer {
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// What holds where neither the watch nor its destination says otherwise.
    pub defaults: Effective,
    /// A message that leaves so long after it was due comes without a sound and with its time.
    pub max_age: Duration,
    /// Nothing is held for longer, whatever is set: it would be forgotten before it is told.
    pub at_most_max: Duration,
}

impl Compose for Composer {
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed {
        let mut settings =
            Settings::effective(&unit.settings, &unit.destination.settings, &self.defaults);
        settings.at_most = settings.at_most.min(self.at_most_max);
        let Some((oldest, newest)) = span(unit) else {
            return Composed::Cancel(CancelReason::NetZero);
        };
        if let Some(until) = held_until(unit, &settings, (oldest, newest), now) {
            return Composed::Hold(until);
        }
        let nets: Vec<Net> = unit.videos.iter().map(Net::of).collect();
        let cancelled = nets.iter().flat_map(|net| &net.nothing).copied();
        let cancelled: Vec<_> = cancelled.map(|id| (id, CancelReason::NetZero)).collect();
        let told: Vec<(&VideoAlerts, Net)> =
            unit.videos.iter().zip(nets).filter(|(_, net)| !net.alerts.is_empty()).collect();
        if told.is_empty() {
            return Composed::Cancel(CancelReason::NetZero);
        }
        let late = now.since(due_at(unit, &settings, newest)) > self.max_age;
        let message = WatchMessage {
            subject: unit.subject.clone(),
            subject_title: match unit.subject {
                SubjectRef::Video(_) => None,
                SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
                    unit.subject_title.clone()
                }
            },
            subscription: unit.subscription,
            tz: settings.tz,
            late,
            observed_at: newest,
            videos: told.iter().map(|(video, net)| net.news(video)).collect(),
        };
        match self.renderer.watch(unit.destination.address.channel(), &message) {
            Ok(parts) => Composed::Send {
                silent: late,
                messages: parts.into_iter().map(|part| composed(part, &told)).collect(),
                cancelled,
            },
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map(|cause| format!(": {cause}"))
                    .unwrap_or_default();
                Composed::Dead(format!("{error}{cause}"))
            }
        }
    }

    fn is_quiet(&self, watch: &Settings, destination: &Settings, now: UnixMillis) -> bool {
        let settings = Settings::effective(watch, destination, &self.defaults);
        settings.quiet.is_some_and(|quiet| quiet_until(quiet, &settings.tz, now).is_some())
    }
}

/// When the oldest and the newest of what waits were seen.
fn span(unit: &Unit) -> Option<(UnixMillis, UnixMillis)> {
    let alerts = || unit.videos.iter().flat_map(|video| &video.alerts);
    let oldest = alerts().map(|alert| alert.observed_at).min()?;
    Some((oldest, alerts().map(|alert| alert.last_at).max()?))
}

/// When a unit was to be told by what people have set: time in which nobody could be reached comes on top.
fn due_at(unit: &Unit, settings: &Effective, newest: UnixMillis) -> UnixMillis {
    if unit.is_urgent {
        return newest;
    }
    let spaced = unit.last_sent.map_or(newest, |sent| newest.max(sent.plus(settings.at_most)));
    settings.quiet.and_then(|quiet| quiet_until(quiet, &settings.tz, spaced)).unwrap_or(spaced)
}

/// Until when a unit has to wait, if at all.
fn held_until(
    unit: &Unit,
    settings: &Effective,
    (oldest, newest): (UnixMillis, UnixMillis),
    now: UnixMillis,
) -> Option<UnixMillis> {
    let mut until = now;
    if let Some(barred) = &unit.destination.barred {
        until = until.max(barred.until);
    }
    if !unit.is_urgent {
        if let Some(quiet) = settings.quiet.and_then(|quiet| quiet_until(quiet, &settings.tz, now))
        {
            until = until.max(quiet);
        }
        if let Some(sent) = unit.last_sent {
            until = until.max(sent.plus(settings.at_most));
        }
    }
    // Nothing more comes of a look that is ahead of a clock that was set back.
    if is_gathered(unit, settings) && newest <= now {
        until = until.max(newest.plus(GATHERED_AFTER).min(oldest.plus(GATHERED_FOR)));
    }
    (until > now).then_some(until)
}

/// Whether what comes within seconds is told together. A program that is told each video by itself need not wait for
/// the others, unless they would have to wait for the next time.
fn is_gathered(unit: &Unit, settings: &Effective) -> bool {
    let channel = unit.destination.address.channel();
    !matches!(unit.subject, SubjectRef::Video(_))
        && (!channel.traits().is_told_each_video || !settings.at_most.is_zero())
}

/// What the alerts of one video come to.
#[derive(Default)]
struct Net {
    /// One per rule, in the order in which messages tell them: counts, computed values, events.
    alerts: Vec<NetAlert>,
    /// Of each of these the alerts that it stands for.
    ids: Vec<Vec<AlertId>>,
    /// Alerts that come to nothing.
    nothing: Vec<AlertId>,
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
    fn of(video: &VideoAlerts) -> Net {
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
    fn news(&self, video: &VideoAlerts) -> VideoNews {
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

/// A message with the alerts that it tells.
fn composed(part: Part, told: &[(&VideoAlerts, Net)]) -> ComposedMessage {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        About, Address, Body, DestinationId, Marks, Metric, PersonKey, Quiet, Series,
        SubscriptionId,
    };
    use crate::store::DestinationRow;

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

    fn alert(id: i64, rule: i64, previous: i64, current: i64, marks: &[i64]) -> Alert {
        Alert {
            id: AlertId(id),
            destination: DestinationId(1),
            subscription: SubscriptionId(1),
            rule: RuleId(rule),
            rule_text: "views any".into(),
            video: Some("dQw4w9WgXcQ".parse().unwrap()),
            series: Series::up(Signal::Count(Metric::Views)),
            previous: Value::Int(previous),
            current: Value::Int(current),
            marks: Marks { values: marks.to_vec(), more: 0 },
            observed_at: NOW,
            last_at: NOW,
            firings: 1,
        }
    }

    fn unit(alerts: Vec<Alert>, settings: Settings, last_sent: Option<UnixMillis>) -> Unit {
        Unit {
            subscription: SubscriptionId(1),
            is_urgent: false,
            destination: DestinationRow {
                id: DestinationId(1),
                address: "recorder:test".parse::<Address>().unwrap(),
                person: PersonKey::OPERATOR,
                settings: Settings::default(),
                muted_until: None,
                disabled: None,
                off_since: None,
                barred: None,
            },
            settings,
            subject: SubjectRef::Video("dQw4w9WgXcQ".parse().unwrap()),
            subject_title: None,
            videos: vec![VideoAlerts {
                video: Some("dQw4w9WgXcQ".parse().unwrap()),
                title: Some("a <b> title".into()),
                known: None,
                about: About::default(),
                alerts,
            }],
            last_sent,
        }
    }

    fn compose(unit: &Unit, now: UnixMillis) -> Composed {
        compose_of(Settings::AT_MOST_MAX, unit, now)
    }

    fn compose_of(at_most_max: Duration, unit: &Unit, now: UnixMillis) -> Composed {
        let defaults = Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        };
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        let max_age = Duration::from_secs(86_400);
        let composer = Composer { renderer, defaults, max_age, at_most_max };
        composer.compose(unit, now)
    }

    fn body(composed: Composed) -> String {
        match composed {
            Composed::Send { messages, .. } => {
                let text = |message: ComposedMessage| match message.body {
                    Body::Text(text) => text,
                    other => panic!("{other:?} is none for the recorder"),
                };
                messages.into_iter().map(text).collect::<Vec<_>>().join("\n")
            }
            other => panic!("{other:?} is not sent"),
        }
    }

    #[test]
    fn what_was_held_leaves_as_one_net_change() {
        let unit = unit(
            vec![alert(1, 1, 950, 980, &[]), alert(2, 1, 980, 1240, &[])],
            Settings::default(),
            None,
        );
        let body = body(compose(&unit, NOW));
        assert!(body.contains("950") && body.contains("1,240") && !body.contains("980"), "{body}");
    }

    #[test]
    fn a_net_change_of_nothing_is_cancelled_unless_it_passed_a_value() {
        let back = vec![alert(1, 1, 950, 980, &[]), alert(2, 1, 980, 950, &[])];
        assert_eq!(
            compose(&unit(back, Settings::default(), None), NOW),
            Composed::Cancel(CancelReason::NetZero)
        );
        let passed = vec![alert(1, 1, 950, 1010, &[1000]), alert(2, 1, 1010, 950, &[])];
        let body = body(compose(&unit(passed, Settings::default(), None), NOW));
        assert!(body.contains("1,000"), "{body}");
    }

    #[test]
    fn one_rule_of_two_may_cancel_out() {
        let alerts = vec![alert(1, 1, 5, 6, &[]), alert(2, 1, 6, 5, &[]), alert(3, 2, 5, 9, &[])];
        match compose(&unit(alerts, Settings::default(), None), NOW) {
            Composed::Send { cancelled, .. } => assert_eq!(
                cancelled,
                [(AlertId(1), CancelReason::NetZero), (AlertId(2), CancelReason::NetZero)]
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn at_most_one_per_quarter_of_an_hour() {
        let settings = Settings { at_most_s: Some(900), ..Settings::default() };
        let sent = NOW.minus(Duration::from_secs(60));
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], settings, Some(sent));
        assert_eq!(compose(&unit, NOW), Composed::Hold(sent.plus(Duration::from_secs(900))));
        assert!(body(compose(&unit, sent.plus(Duration::from_secs(900)))).contains('2'));
    }

    #[test]
    fn quiet_hours_hold_until_they_end() {
        let quiet: Quiet = "00:00-23:59".parse().unwrap();
        let settings = Settings { quiet: Some(quiet), ..Settings::default() };
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], settings, None);
        assert!(matches!(compose(&unit, NOW), Composed::Hold(until) if until > NOW));
    }

    fn is_silent(unit: &Unit, now: UnixMillis) -> bool {
        match compose(unit, now) {
            Composed::Send { silent, .. } => silent,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_comes_a_day_late_comes_silently() {
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], Settings::default(), None);
        assert!(!is_silent(&unit, NOW.plus(Duration::from_secs(86_400))));
        assert!(is_silent(&unit, NOW.plus(Duration::from_secs(86_401))));
    }

    #[test]
    fn what_people_have_set_makes_nothing_late() {
        let week = Duration::from_secs(7 * 86_400);
        let settings = Settings { at_most_s: Some(week.as_secs()), ..Settings::default() };
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], settings, Some(NOW));
        assert!(!is_silent(&unit, NOW.plus(week + Duration::from_secs(86_400))));
        assert!(is_silent(&unit, NOW.plus(week + Duration::from_secs(86_401))));
    }

    #[test]
    fn nothing_is_held_for_longer_than_it_is_kept() {
        let settings = Settings { at_most_s: Some(14 * 86_400), ..Settings::default() };
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], settings, Some(NOW));
        let kept = Duration::from_secs(6 * 86_400);
        assert_eq!(compose_of(kept, &unit, NOW), Composed::Hold(NOW.plus(kept)));
    }

    #[test]
    fn a_look_ahead_of_a_clock_that_was_set_back_is_not_waited_for() {
        let mut unit = unit(vec![alert(1, 1, 1, 2, &[])], Settings::default(), None);
        unit.subject = "channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap();
        assert_eq!(compose(&unit, NOW), Composed::Hold(NOW.plus(GATHERED_AFTER)));
        let set_back = NOW.minus(Duration::from_secs(3600));
        assert!(!is_silent(&unit, set_back));
    }
}
