//! What is told of what waits, under the settings of now: when, in how many messages, and what comes to nothing.
//!
//! Runs inside the claiming transaction, so it reads no clock, and nothing but what it is given a reader of.

mod digest;
mod net;

use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Because, CancelReason, Effective, Hold, Schedule, Settings, SubjectRef, UnixMillis, VideoId,
};
use crate::render::{BudgetNote, Part, RenderError, Renderer, WatchMessage};
use crate::store::{Collected, Compose, Composed, Course, DestinationRow, Unit, VideoAlerts};
use net::{Net, composed};

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
        let settings = self.settings(&unit.settings, &unit.destination);
        let Some((oldest, newest)) = span(unit) else {
            return Composed::Cancel(CancelReason::NetZero);
        };
        // What is urgent is in no digest.
        if let Some(schedule) = settings.digest.filter(|_| !unit.is_urgent) {
            let latest = oldest.plus(self.at_most_max);
            return Composed::Collect { schedule, tz: settings.tz, is_over_budget: false, latest };
        }
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
        // A day is that of the destination, and so is what is counted on it.
        let home = self.settings(&Settings::default(), &unit.destination);
        let has_budget = !unit.is_urgent && settings.pings_per_day.or(home.pings_per_day).is_some();
        let budget = settings.pings_per_day.filter(|_| has_budget);
        let budget = budget.map(|pings| Budget::new(pings, unit, &home, now));
        if let Some(budget) = budget.as_ref().filter(|budget| budget.left == 0) {
            return Composed::Collect {
                schedule: budget.schedule,
                tz: budget.tz.clone(),
                is_over_budget: true,
                latest: oldest.plus(self.at_most_max),
            };
        }
        let late = now.since(due_at(unit, &settings, newest)) > self.max_age;
        let mut message = message(unit, settings.tz, (late, newest), &told);
        let parts = match self.parts(unit, &mut message, budget.as_ref()) {
            Ok(parts) => parts,
            Err(error) => return unspeakable(&error),
        };
        let parts = parts.into_iter().map(|part| mentioning(part, unit, &message));
        let parts: Vec<Part> = parts.collect();
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        Composed::Send {
            silent: late,
            messages: parts.into_iter().map(|part| composed(part, &told)).collect(),
            cancelled,
            pings: has_budget.then(|| unit.pings.and(count, now, &home.tz)),
        }
    }

    fn digest(
        &self,
        collected: &Collected,
        course: &dyn Fn(&VideoId) -> Course,
        now: UnixMillis,
    ) -> Composed {
        digest::compose(self, collected, course, now)
    }

    fn is_quiet(&self, watch: &Settings, destination: &Settings, now: UnixMillis) -> bool {
        let settings = Settings::effective(watch, destination, &self.defaults);
        settings.quiet.is_some_and(|quiet| quiet.until(&settings.tz, now).is_some())
    }
}

/// What is left of the messages of a day.
struct Budget {
    /// How many there may be.
    pings: u32,
    left: u32,
    /// The digest that tells what is over.
    schedule: Schedule,
    tz: String,
    digest_at: UnixMillis,
}

impl Budget {
    /// What is left of `pings` messages on the day that it is at home. What is over goes into the digest of there if that
    /// comes each day, and into one in the evening if not.
    fn new(pings: u32, unit: &Unit, home: &Effective, now: UnixMillis) -> Budget {
        let comes_daily = |schedule: &Schedule| match schedule {
            Schedule::Hourly | Schedule::Daily(_) => true,
            Schedule::Every(_) | Schedule::Weekly(..) => false,
        };
        let schedule = home.digest.filter(comes_daily).unwrap_or(Schedule::EVENING);
        Budget {
            pings,
            left: pings.saturating_sub(unit.pings.today(now, &home.tz)),
            schedule,
            digest_at: schedule.next_after(now, &home.tz, now),
            tz: home.tz.clone(),
        }
    }

    /// What a message in so many parts says that leaves nothing of it.
    fn note(&self, parts: usize) -> Option<BudgetNote> {
        let is_used_up = u32::try_from(parts).is_ok_and(|parts| parts >= self.left);
        is_used_up.then_some(BudgetNote { pings: self.pings, digest_at: self.digest_at })
    }
}

impl Composer {
    fn settings(&self, watch: &Settings, destination: &DestinationRow) -> Effective {
        let mut settings = Settings::effective(watch, &destination.settings, &self.defaults);
        settings.at_most = settings.at_most.min(self.at_most_max);
        settings
    }

    /// The parts of a message. The one that uses up the messages of a day says so.
    fn parts(
        &self,
        unit: &Unit,
        message: &mut WatchMessage,
        budget: Option<&Budget>,
    ) -> Result<Vec<Part>, RenderError> {
        let channel = unit.destination.address.channel();
        message.budget = budget.and_then(|budget| budget.note(1));
        let parts = self.renderer.watch(channel, message)?;
        let note = budget.and_then(|budget| budget.note(parts.len()));
        if note == message.budget {
            return Ok(parts);
        }
        message.budget = note;
        self.renderer.watch(channel, message)
    }
}

/// A part with the mention that its destination wants where one of these rules rings.
fn mentioning(part: Part, unit: &Unit, message: &WatchMessage) -> Part {
    let rule = |(video, alert): &(usize, usize)| {
        let alert = message.videos.get(*video)?.alerts.get(*alert)?;
        Some(alert.rule_text.as_str())
    };
    let role = unit.destination.settings.mention(part.told.iter().filter_map(rule));
    Part { body: part.body.mentioning(role), ..part }
}

/// What becomes of what no template has words for.
fn unspeakable(error: &RenderError) -> Composed {
    let cause =
        std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Composed::Dead(format!("{error}{cause}"))
}

/// What a message of one watch says.
fn message(
    unit: &Unit,
    tz: String,
    (late, observed_at): (bool, UnixMillis),
    told: &[(&VideoAlerts, Net)],
) -> WatchMessage {
    WatchMessage {
        subject: unit.subject.clone(),
        subject_title: match unit.subject {
            SubjectRef::Video(_) => None,
            SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
                unit.subject_title.clone()
            }
        },
        subscription: unit.subscription,
        tz,
        late,
        observed_at,
        videos: told.iter().map(|(video, net)| net.news(video)).collect(),
        budget: None,
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
    settings.quiet.and_then(|quiet| quiet.until(&settings.tz, spaced)).unwrap_or(spaced)
}

/// Until when a unit has to wait, if at all.
fn held_until(
    unit: &Unit,
    settings: &Effective,
    (oldest, newest): (UnixMillis, UnixMillis),
    now: UnixMillis,
) -> Option<UnixMillis> {
    let barred = unit.destination.barred.as_ref();
    let barred = barred.map(|barred| Hold { until: barred.until, because: Because::Barred });
    // Only what a digest had collected before a mute outlives it.
    let muted = unit.destination.muted_until.max(unit.muted_until);
    let muted = muted.map(|until| Hold { until, because: Because::Muted });
    let set = if unit.is_urgent { None } else { settings.hold(unit.last_sent, now) };
    // Nothing more comes of a look that is ahead of a clock that was set back.
    let is_gathered = is_gathered(unit, settings) && newest <= now;
    let gathered = newest.plus(GATHERED_AFTER).min(oldest.plus(GATHERED_FOR));
    let gathered = is_gathered.then_some(Hold { until: gathered, because: Because::Gathering });
    let holds = [barred, muted, set, gathered];
    Hold::last(holds.into_iter().flatten(), now).map(|hold| hold.until)
}

/// Whether what comes within seconds is told together. A program that is told each video by itself need not wait for
/// the others, unless they would have to wait for the next time.
fn is_gathered(unit: &Unit, settings: &Effective) -> bool {
    let channel = unit.destination.address.channel();
    !matches!(unit.subject, SubjectRef::Video(_))
        && (!channel.traits().is_told_each_video || !settings.at_most.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        About, Address, Alert, AlertId, Body, DestinationId, Marks, Mention, Metric, PersonKey,
        Pings, Quiet, RuleId, Series, Signal, SubscriptionId, Value,
    };
    use crate::store::ComposedMessage;

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
                is_refused: false,
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
            muted_until: None,
            is_over_budget: false,
            pings: Pings::default(),
        }
    }

    fn compose(unit: &Unit, now: UnixMillis) -> Composed {
        compose_of(Settings::AT_MOST_MAX, unit, now)
    }

    fn compose_of(at_most_max: Duration, unit: &Unit, now: UnixMillis) -> Composed {
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        let max_age = Duration::from_secs(86_400);
        let composer = Composer { renderer, defaults: defaults(), max_age, at_most_max };
        composer.compose(unit, now)
    }

    fn defaults() -> Effective {
        Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        }
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
    fn a_message_mentions_the_role_that_its_destination_wants_on_its_rule() {
        let mention = |rule: &str| {
            let mention = Mention { role: 7, name: "owls".into(), rule: rule.into() };
            let settings = Settings { mentions: vec![mention], ..Settings::default() };
            let plain = unit(vec![alert(1, 1, 950, 980, &[])], Settings::default(), None);
            let address = "discord:5".parse().unwrap();
            let destination = DestinationRow { address, settings, ..plain.destination.clone() };
            match compose(&Unit { destination, ..plain }, NOW) {
                Composed::Send { messages, .. } => match &messages[0].body {
                    Body::Embed(message) => message.mention,
                    other => panic!("{other:?} is none for Discord"),
                },
                other => panic!("{other:?} is not sent"),
            }
        };
        assert_eq!(mention("views any"), Some(7));
        assert_eq!(mention("views milestones"), None);
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
    fn the_message_that_uses_up_the_day_says_so_however_many_parts_it_has() {
        let settings = Settings { pings_per_day: Some(3), ..Settings::default() };
        let home = Settings::effective(&settings, &Settings::default(), &defaults());
        let said = |pings: u32, parts| {
            let pings = Pings::default().and(pings, NOW, "UTC");
            let unit = Unit { pings, ..unit(vec![alert(1, 1, 1, 2, &[])], settings.clone(), None) };
            Budget::new(3, &unit, &home, NOW).note(parts)
        };
        let note =
            BudgetNote { pings: 3, digest_at: Schedule::EVENING.next_after(NOW, "UTC", NOW) };
        assert_eq!([said(0, 1), said(1, 1), said(2, 1)], [None, None, Some(note)]);
        assert_eq!([said(0, 2), said(0, 3), said(1, 5)], [None, Some(note), Some(note)]);
    }

    #[test]
    fn what_had_been_collected_before_a_mute_waits_for_its_end() {
        let until = NOW.plus(Duration::from_secs(60));
        let held = unit(vec![alert(1, 1, 1, 2, &[])], Settings::default(), None);
        for is_urgent in [false, true] {
            let unit = Unit { muted_until: Some(until), is_urgent, ..held.clone() };
            assert_eq!(compose(&unit, NOW), Composed::Hold(until));
            assert!(matches!(compose(&unit, until), Composed::Send { .. }));
        }
    }

    #[test]
    fn a_digest_collects_whatever_else_would_hold() {
        let settings = Settings {
            digest: Some("daily 20:00".parse().unwrap()),
            quiet: Some("00:00-23:59".parse().unwrap()),
            tz: Some("Asia/Tokyo".into()),
            ..Settings::default()
        };
        let unit = unit(vec![alert(1, 1, 1, 2, &[])], settings, None);
        let collected = Composed::Collect {
            schedule: "daily 20:00".parse().unwrap(),
            tz: "Asia/Tokyo".into(),
            is_over_budget: false,
            latest: NOW.plus(Settings::AT_MOST_MAX),
        };
        assert_eq!(compose(&unit, NOW), collected);
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
