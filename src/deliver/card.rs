//! What a card says, when it is looked at again, and what follows from an attempt that failed: decided apart from sending.
//!
//! Pure: the caller passes `now`.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::retry::{LONG_WAIT, RetryPolicy, next_step};
use crate::model::{Counts, Effective, Live, Picture, Settings, Status, UnixMillis};
use crate::notify::SendError;
use crate::render::numbers::ShortTime;
use crate::render::views::{self, CardChanges, CardCount, CardRing, Link};
use crate::store::{Card, CardResult, FinishedAs};

/// Its numbers are compared with those of so long before.
pub(super) const CHANGES_IN: Duration = Duration::from_secs(86_400);

/// A message is edited at most once in this time, but for a last edit that somebody has asked for.
pub(super) const EVERY: Duration = Duration::from_secs(30);

/// So long after the poller has looked at a video, its numbers are stored and routed.
const AFTER_POLL: Duration = Duration::from_secs(5);

/// A card that rests is looked at so often all the same: a day passes, with which its numbers are compared.
const AT_LEAST_EVERY: Duration = Duration::from_secs(3600);

/// A message whose numbers still hold says so once they were read so much later than it says.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// So long a new card waits for the numbers that were seen when somebody asked for it, …
const FIRST_NUMBERS_WITHIN: Duration = Duration::from_secs(5);

/// … and is looked at so often meanwhile.
const FIRST_NUMBERS_EVERY: Duration = Duration::from_millis(500);

/// Until when a card waits before there is anything to show of it.
pub(super) fn waits_until(card: &Card, now: UnixMillis) -> Option<UnixMillis> {
    let is_new = card.message.is_none() && card.known.is_none();
    let is_early = is_new && now.since(card.made_at) < FIRST_NUMBERS_WITHIN;
    is_early.then(|| now.plus(FIRST_NUMBERS_EVERY))
}

/// What a card says now.
pub(super) fn view(card: &Card, defaults: &Effective, now: UnixMillis) -> views::Card {
    let tz = Settings::effective(&Settings::default(), &card.destination.settings, defaults).tz;
    let time = |at: UnixMillis| ShortTime { at, now, tz: tz.clone() };
    let known = card.known.as_ref();
    let title = known.map(|known| known.title.as_str()).or(card.title.as_deref());
    let earlier = card.base.map_or(Counts::default(), |base| base.counts);
    let counts = card.counts.or(known.map(|known| known.last));
    let counts = counts.map(|now| CardCount::all(&now, &earlier)).unwrap_or_default();
    let has_changed = counts.iter().any(|count| count.change.is_some());
    let is_unavailable = known.is_some_and(|known| known.status == Status::Unavailable);
    views::Card {
        subject: Link::video(&card.video, title.unwrap_or_default()),
        is_unavailable,
        is_live: known.is_some_and(|known| known.live == Live::Live),
        ring: card.ring.as_ref().map(|ring| CardRing {
            at: time(ring.at),
            what: CardRing::what(ring.series, &ring.previous, &ring.current, &ring.marks),
        }),
        changes: card
            .base
            .filter(|_| has_changed)
            .map(|base| CardChanges { since: base.is_first.then(|| time(base.at)) }),
        seen: known.filter(|_| !counts.is_empty()).map(|known| time(known.numbers_at)),
        tz: ShortTime::zone_name(&tz).to_owned(),
        is_over: card.is_ending || is_unavailable,
        picture: picture(card, &tz, now),
        counts,
    }
}

/// How the views went in a day, up to when they were read; `None`: they are not known of two moments.
fn picture(card: &Card, tz: &str, now: UnixMillis) -> Option<Picture> {
    let until = card.known.as_ref().map_or(now, |known| known.numbers_at);
    Picture::of_views(&card.course, (until.minus(CHANGES_IN), until), tz.to_owned())
}

/// What a message says but for the age of its numbers, and that age. It is kept, to be compared with what there is to say
/// later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) seen: Option<UnixMillis>,
}

impl Said {
    pub(super) fn to_text(&self) -> String {
        // Of what could not be kept, nothing is known later: one edit too many.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether somebody who reads it sees anything new, beside a message that says what was kept as `before`.
    pub(super) fn is_news(&self, before: Option<&str>) -> bool {
        let before: Option<Said> = before.and_then(|text| serde_json::from_str(text).ok());
        let Some(before) = before else { return true };
        let is_fresher =
            self.seen.zip(before.seen).is_some_and(|(now, then)| now.since(then) >= STALE_AFTER);
        self.text != before.text || is_fresher
    }
}

/// When a card is looked at again: soon after it has changed, for what rings is told a moment later, and else once there are
/// new numbers.
pub(super) fn next_look(card: &Card, has_changed: bool, now: UnixMillis) -> UnixMillis {
    let soonest = now.plus(EVERY);
    if has_changed {
        return soonest;
    }
    let latest = now.plus(AT_LEAST_EVERY);
    card.next_poll.map_or(latest, |at| at.plus(AFTER_POLL)).clamp(soonest, latest)
}

/// What follows from an attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
pub(super) enum After {
    /// This, without a word.
    Recorded(CardResult),
    /// It ends, and whoever sees the chat is told so: its message is gone, or nobody has taken it for days.
    Lost,
}

/// Decides what follows from an attempt that failed, as it is decided for any message. Of a card it is not kept how long it
/// has failed: each attempt counts as if it had waited the longest.
pub(super) fn after(
    card: &Card,
    error: &SendError,
    policy: RetryPolicy,
    now: UnixMillis,
    jitter: f64,
) -> After {
    let spent = LONG_WAIT.saturating_mul(card.failing);
    let step = next_step(error, card.failing.saturating_add(1), spent, policy, now, jitter);
    let failed = |at: UnixMillis, counts| CardResult::Failed {
        next_at: at.max(now.plus(EVERY)),
        counts,
        lane_free_at: Some(step.lane_free_at).filter(|at| *at > now),
    };
    After::Recorded(match step.result {
        FinishedAs::Retry { at, counts, .. } => failed(at, counts),
        FinishedAs::Barred { at, .. } => failed(at, true),
        FinishedAs::Moved(to) => CardResult::Moved { to, next_at: now.plus(LONG_WAIT) },
        FinishedAs::Gone(_) => CardResult::Ended(None),
        FinishedAs::Dead(_) => return After::Lost,
        FinishedAs::Sent(_) => CardResult::Stays { next_at: now.plus(EVERY) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Address, CardId, DestinationId, Known, Marks, Metric, PersonKey, Series, Signal, Value,
    };
    use crate::store::{CardBase, DestinationRow, Ring};

    const NOW: UnixMillis = UnixMillis(1_795_266_180_000);
    const POLICY: RetryPolicy = RetryPolicy { give_up: Duration::from_secs(5 * 86_400) };
    const MINUTE: Duration = Duration::from_secs(60);

    fn counts(views: i64, likes: Option<i64>) -> Counts {
        Counts { views: Some(views), likes, comments: Some(1) }
    }

    fn card() -> Card {
        let last = counts(1_240, Some(56));
        Card {
            id: CardId(1),
            made_at: NOW.minus(MINUTE),
            destination: DestinationRow {
                id: DestinationId(1),
                address: Address::Telegram { chat: 1, thread: None },
                person: PersonKey::OPERATOR,
                settings: Settings { tz: Some("Europe/Madrid".to_owned()), ..Settings::default() },
                muted_until: None,
                disabled: None,
                off_since: None,
                is_refused: false,
                barred: None,
            },
            video: "dQw4w9WgXcQ".parse().unwrap(),
            title: None,
            known: Some(Known {
                observed_at: NOW,
                numbers_at: NOW.minus(MINUTE),
                last,
                highest: last,
                title: "Never Gonna".to_owned(),
                status: Status::Public,
                live: Live::None,
            }),
            counts: Some(last),
            base: Some(CardBase {
                at: NOW.minus(2 * MINUTE),
                counts: counts(1_000, Some(56)),
                is_first: true,
            }),
            ring: None,
            next_poll: Some(NOW.plus(2 * MINUTE)),
            message: Some("7".to_owned()),
            shown: None,
            failing: 0,
            is_ending: false,
            course: Vec::new(),
        }
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

    #[test]
    fn a_card_shows_the_counts_with_their_change_and_how_old_they_are() {
        let view = view(&card(), &defaults(), NOW);
        let changes: Vec<_> = view.counts.iter().map(|count| count.change.as_deref()).collect();
        assert_eq!(changes, [Some("+240"), None, None]);
        assert_eq!(view.changes.unwrap().since.unwrap().to_string(), "14:01");
        assert_eq!(view.seen.unwrap().to_string(), "14:02");
        assert_eq!(view.tz, "Europe/Madrid");
        assert!(!view.is_over);
    }

    #[test]
    fn a_count_that_is_hidden_is_shown_as_such_though_its_last_value_is_known() {
        let hidden = Card { counts: Some(counts(1_240, None)), ..card() };
        let view = view(&hidden, &defaults(), NOW);
        assert_eq!((view.counts[1].number, view.counts[1].absent), (None, "likes hidden"));
    }

    #[test]
    fn what_rang_is_told_with_its_time() {
        let ring = Ring {
            at: NOW.minus(3 * MINUTE),
            series: Series::up(Signal::Count(Metric::Views)),
            previous: Value::Int(990),
            current: Value::Int(1_240),
            marks: Marks { values: vec![1_000], more: 0 },
        };
        let view = view(&Card { ring: Some(ring), ..card() }, &defaults(), NOW);
        let ring = view.ring.unwrap();
        assert_eq!(
            (ring.at.to_string().as_str(), ring.what.as_str()),
            ("14:00", "views passed 1,000")
        );
    }

    #[test]
    fn a_card_of_what_is_gone_and_one_that_somebody_has_ended_say_that_it_is_over() {
        let mut gone = card();
        gone.known.as_mut().unwrap().status = Status::Unavailable;
        let ended = Card { is_ending: true, ..card() };
        let [gone, ended] = [gone, ended].map(|card| view(&card, &defaults(), NOW));
        assert!(gone.is_unavailable && gone.is_over && ended.is_over && !ended.is_unavailable);
    }

    #[test]
    fn nothing_is_said_again_but_that_it_still_holds_after_an_hour() {
        let said = |text: &str, minutes: u32| Said {
            text: text.to_owned(),
            seen: Some(NOW.plus(MINUTE * minutes)),
        };
        let before = said("1,240 views", 0).to_text();
        let is_news = |said: Said| said.is_news(Some(&before));
        assert!(!is_news(said("1,240 views", 59)));
        assert!(is_news(said("1,240 views", 60)));
        assert!(is_news(said("1,241 views", 1)));
        assert!(said("1,240 views", 0).is_news(None));
        assert!(said("1,240 views", 0).is_news(Some("rubbish")), "an older version wrote it");
    }

    #[test]
    fn a_card_that_rests_is_looked_at_after_the_video_is_and_one_that_moves_after_half_a_minute() {
        let next = |next_poll: Option<u64>, has_changed| {
            let next_poll = next_poll.map(|s| NOW.plus(Duration::from_secs(s)));
            next_look(&Card { next_poll, ..card() }, has_changed, NOW).since(NOW).as_secs()
        };
        assert_eq!(next(Some(120), true), 30);
        assert_eq!(next(Some(120), false), 125);
        assert_eq!(next(Some(1), false), 30);
        assert_eq!([next(Some(90_000), false), next(None, false)], [3600, 3600]);
    }

    #[test]
    fn a_new_card_waits_a_moment_for_its_first_numbers() {
        let new = Card { message: None, known: None, made_at: NOW, ..card() };
        assert_eq!(waits_until(&new, NOW), Some(NOW.plus(FIRST_NUMBERS_EVERY)));
        assert_eq!(waits_until(&new, NOW.plus(FIRST_NUMBERS_WITHIN)), None);
        assert_eq!(waits_until(&card(), NOW), None);
    }

    fn failed(error: &SendError, failing: u32) -> After {
        after(&Card { failing, ..card() }, error, POLICY, NOW, 0.0)
    }

    #[test]
    fn a_wait_that_is_asked_for_is_obeyed_in_full_by_the_whole_chat() {
        let until = NOW.plus(Duration::from_secs(3600));
        assert_eq!(
            failed(&SendError::Wait { after: Some(Duration::from_secs(3600)) }, 0),
            After::Recorded(CardResult::Failed {
                next_at: until,
                counts: true,
                lane_free_at: Some(until)
            })
        );
    }

    #[test]
    fn what_may_pass_is_tried_again_but_no_sooner_than_after_half_a_minute() {
        let next_at = NOW.plus(EVERY);
        for (error, counts) in [
            (SendError::Transient("500".into()), true),
            (SendError::Ambiguous("no answer".into()), true),
            (SendError::Unreachable("dns".into()), false),
            (SendError::Unauthorized("401".into()), false),
        ] {
            let expected = CardResult::Failed { next_at, counts, lane_free_at: None };
            assert_eq!(failed(&error, 0), After::Recorded(expected));
        }
        let barred = failed(&SendError::Barred("no rights".into()), 3);
        assert!(matches!(barred, After::Recorded(CardResult::Failed { counts: true, .. })));
    }

    #[test]
    fn a_message_that_can_not_be_edited_is_the_end_and_a_chat_that_is_gone_a_silent_one() {
        assert_eq!(
            failed(&SendError::Rejected("message to edit not found".into()), 0),
            After::Lost
        );
        let silent = After::Recorded(CardResult::Ended(None));
        assert_eq!(failed(&SendError::Gone("blocked".into()), 0), silent);
        // For five days in vain.
        assert_eq!(failed(&SendError::Barred("no rights".into()), 240), silent);
        assert_eq!(failed(&SendError::Transient("500".into()), 240), After::Lost);
    }

    #[test]
    fn a_chat_that_has_moved_is_followed() {
        let to = Address::Telegram { chat: -1_005, thread: None };
        let next_at = NOW.plus(LONG_WAIT);
        assert_eq!(
            failed(&SendError::Moved(to.clone()), 0),
            After::Recorded(CardResult::Moved { to, next_at })
        );
    }
}
