//! What one message says: the waiting alerts of one watch and video, put together under the settings of now.
//!
//! Runs inside the claiming transaction, so it reads no clock and does no I/O.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::quiet::quiet_until;
use crate::model::{
    Alert, AlertId, CancelReason, Counts, Effective, Event, Live, Marks, RuleId, Settings, Signal,
    Status, SubjectRef, UnixMillis, Value,
};
use crate::render::{AlertMessage, NetAlert, Renderer, VideoFacts};
use crate::store::{Compose, Composed, Group};

/// Decides and renders with the settings that underlie those of destinations and watches.
#[derive(Debug)]
pub struct Composer {
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// What holds where neither the watch nor its destination says otherwise.
    pub defaults: Effective,
    /// A message later than this comes without a sound and with its time.
    pub max_age: Duration,
}

impl Compose for Composer {
    fn compose(&self, group: &Group, now: UnixMillis) -> Composed {
        let settings =
            Settings::effective(&group.settings, &group.destination.settings, &self.defaults);
        if let Some(until) = held_until(&settings, group.last_sent, now) {
            return Composed::Hold(until);
        }
        let (net, cancelled) = coalesce(&group.alerts);
        let Some(newest) = group.alerts.iter().map(|alert| alert.observed_at).max() else {
            return Composed::Cancel(CancelReason::NetZero);
        };
        if net.is_empty() {
            return Composed::Cancel(CancelReason::NetZero);
        }
        let late = now.since(newest) > self.max_age;
        let message = AlertMessage {
            video: facts(group),
            alerts: net,
            observed_at: newest,
            tz: settings.tz,
            late,
            coalesced_count: moments(&group.alerts, &cancelled),
            subject_title: match group.subject {
                SubjectRef::Video(_) => None,
                SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
                    group.subject_title.clone()
                }
            },
            subject: group.subject.clone(),
            subscription: group.alerts[0].subscription,
        };
        let kind = if message.coalesced_count > 1 { "coalesced" } else { "single" };
        match self.renderer.alert(group.destination.address.channel(), &message) {
            Ok(body) => Composed::Send { kind, body, silent: late, cancelled },
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map(|cause| format!(": {cause}"))
                    .unwrap_or_default();
                Composed::Dead(format!("{error}{cause}"))
            }
        }
    }
}

/// Until when a message of this watch and video has to wait, if at all.
fn held_until(
    settings: &Effective,
    last_sent: Option<UnixMillis>,
    now: UnixMillis,
) -> Option<UnixMillis> {
    let quiet =
        settings.quiet.and_then(|quiet| quiet_until(quiet, &settings.tz, now)).unwrap_or(now);
    let spaced = last_sent
        .filter(|_| !settings.at_most.is_zero())
        .map_or(now, |sent| sent.plus(settings.at_most));
    let until = quiet.max(spaced);
    (until > now).then_some(until)
}

/// How many changes a message tells: two rules that one change met are one.
fn moments(alerts: &[Alert], cancelled: &[(AlertId, CancelReason)]) -> usize {
    let cancelled: HashSet<AlertId> = cancelled.iter().map(|(id, _)| *id).collect();
    let told = alerts.iter().filter(|alert| !cancelled.contains(&alert.id));
    told.map(|alert| alert.observed_at).collect::<HashSet<UnixMillis>>().len()
}

/// The video that the alerts are about, if they are about one.
fn facts(group: &Group) -> Option<VideoFacts> {
    let id = group.alerts.first()?.video?;
    let uploaded = group.alerts.iter().rev().find_map(|alert| match alert.series.signal {
        Signal::Event(Event::Upload) => alert.current.text(),
        Signal::Event(_) | Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } => None,
    });
    let title = group
        .known
        .as_ref()
        .map(|known| known.title.as_str())
        .or(group.title.as_deref())
        .or(uploaded)
        .unwrap_or_default();
    Some(VideoFacts {
        id,
        title: title.to_owned(),
        about: group.about.clone(),
        status: group.known.as_ref().map_or(Status::Public, |known| known.status),
        live: group.known.as_ref().map_or(Live::None, |known| known.live),
        counts: group.known.as_ref().map_or(Counts::default(), |known| known.last),
    })
}

/// Puts the alerts of each rule together: from the first's previous value to the last's current one.
///
/// A net change of nothing that passed no value is cancelled. Alerts come oldest first; the result is in the order in
/// which messages tell: counts, computed values, events.
fn coalesce(alerts: &[Alert]) -> (Vec<NetAlert>, Vec<(AlertId, CancelReason)>) {
    let mut rules: Vec<(RuleId, NetAlert, Vec<AlertId>)> = Vec::new();
    for alert in alerts {
        match rules.iter_mut().find(|(rule, ..)| *rule == alert.rule) {
            None => {
                let net = NetAlert {
                    series: alert.series,
                    previous: alert.previous.clone(),
                    current: alert.current.clone(),
                    marks: alert.marks.clone(),
                    rule_text: alert.rule_text.clone(),
                };
                rules.push((alert.rule, net, vec![alert.id]));
            }
            Some((_, net, ids)) => {
                ids.push(alert.id);
                net.current = alert.current.clone();
                match alert.series.signal {
                    // The windows of two alerts overlap: the later one stands for itself.
                    Signal::Gain { .. } | Signal::Growth { .. } => {
                        net.previous = alert.previous.clone();
                    }
                    Signal::Count(_) | Signal::Event(_) => {}
                }
                net.marks = joined(std::mem::take(&mut net.marks), &alert.marks);
            }
        }
    }
    let mut cancelled = Vec::new();
    let mut net: Vec<NetAlert> = Vec::new();
    for (_, alert, ids) in rules {
        let is_upload = alert.series.signal == Signal::Event(Event::Upload);
        let nothing = alert.previous == alert.current
            && alert.previous != Value::None
            && alert.marks.is_empty()
            && !is_upload;
        if nothing {
            cancelled.extend(ids.into_iter().map(|id| (id, CancelReason::NetZero)));
        } else {
            net.push(alert);
        }
    }
    net.sort_by_key(|alert| alert.series.code());
    (net, cancelled)
}

fn joined(earlier: Marks, later: &Marks) -> Marks {
    let mut values = earlier.values;
    values.extend(&later.values);
    values.sort_unstable();
    values.dedup();
    let dropped = values.len().saturating_sub(Marks::NAMED_MAX);
    values.drain(..dropped);
    let more = earlier.more + later.more + u64::try_from(dropped).unwrap_or(u64::MAX);
    Marks { values, more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{About, Address, DestinationId, Metric, Quiet, Series, SubscriptionId};
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
        }
    }

    fn group(alerts: Vec<Alert>, settings: Settings, last_sent: Option<UnixMillis>) -> Group {
        Group {
            destination: DestinationRow {
                id: DestinationId(1),
                address: "recorder:test".parse::<Address>().unwrap(),
                owner: "operator".into(),
                settings: Settings::default(),
                muted_until: None,
                disabled: None,
            },
            settings,
            subject: SubjectRef::Video("dQw4w9WgXcQ".parse().unwrap()),
            subject_title: None,
            title: Some("a <b> title".into()),
            known: None,
            about: About::default(),
            alerts,
            last_sent,
        }
    }

    fn compose(group: &Group, now: UnixMillis) -> Composed {
        let defaults =
            Effective { at_most: Duration::ZERO, quiet: None, tz: "UTC".into(), until: None };
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        let composer = Composer { renderer, defaults, max_age: Duration::from_secs(86_400) };
        composer.compose(group, now)
    }

    fn body(composed: Composed) -> String {
        match composed {
            Composed::Send { body, .. } => body,
            other => panic!("{other:?} is not sent"),
        }
    }

    #[test]
    fn what_was_held_leaves_as_one_net_change() {
        let group = group(
            vec![alert(1, 1, 950, 980, &[]), alert(2, 1, 980, 1240, &[])],
            Settings::default(),
            None,
        );
        let body = body(compose(&group, NOW));
        assert!(body.contains("950") && body.contains("1,240") && !body.contains("980"), "{body}");
    }

    #[test]
    fn a_net_change_of_nothing_is_cancelled_unless_it_passed_a_value() {
        let back = vec![alert(1, 1, 950, 980, &[]), alert(2, 1, 980, 950, &[])];
        assert_eq!(
            compose(&group(back, Settings::default(), None), NOW),
            Composed::Cancel(CancelReason::NetZero)
        );
        let passed = vec![alert(1, 1, 950, 1010, &[1000]), alert(2, 1, 1010, 950, &[])];
        let body = body(compose(&group(passed, Settings::default(), None), NOW));
        assert!(body.contains("1,000"), "{body}");
    }

    #[test]
    fn one_rule_of_two_may_cancel_out() {
        let alerts = vec![alert(1, 1, 5, 6, &[]), alert(2, 1, 6, 5, &[]), alert(3, 2, 5, 9, &[])];
        match compose(&group(alerts, Settings::default(), None), NOW) {
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
        let group = group(vec![alert(1, 1, 1, 2, &[])], settings, Some(sent));
        assert_eq!(compose(&group, NOW), Composed::Hold(sent.plus(Duration::from_secs(900))));
        assert!(body(compose(&group, sent.plus(Duration::from_secs(900)))).contains('2'));
    }

    #[test]
    fn quiet_hours_hold_until_they_end() {
        let quiet: Quiet = "00:00-23:59".parse().unwrap();
        let settings = Settings { quiet: Some(quiet), ..Settings::default() };
        let group = group(vec![alert(1, 1, 1, 2, &[])], settings, None);
        assert!(matches!(compose(&group, NOW), Composed::Hold(until) if until > NOW));
    }

    #[test]
    fn what_comes_a_day_late_comes_silently() {
        let group = group(vec![alert(1, 1, 1, 2, &[])], Settings::default(), None);
        let silent = |now| match compose(&group, now) {
            Composed::Send { silent, .. } => silent,
            other => panic!("{other:?}"),
        };
        assert!(!silent(NOW.plus(Duration::from_secs(86_400))));
        assert!(silent(NOW.plus(Duration::from_secs(86_401))));
    }
}
