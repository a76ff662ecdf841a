//! Digests: what happens is collected, and told at its time, once.

use super::listing::{CHANNEL, id, name, row};
use super::telling::{ALL, EVA, HOOK, Telling, Told, quiet};
use super::*;
use tubebell::model::{Digest, Schedule};

/// With a digest at these times, and nothing else.
pub(super) fn digest(schedule: &str) -> Settings {
    Settings { digest: Some(schedule.parse().unwrap()), ..Settings::default() }
}

/// With a digest at these times in a time zone.
pub(super) fn digest_in(schedule: &str, tz: &str) -> Settings {
    Settings { tz: Some(tz.into()), ..digest(schedule) }
}

pub(super) fn instant(text: &str) -> UnixMillis {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

impl Telling {
    /// Eva watches so many single videos, which were seen once.
    pub(super) async fn of_videos(videos: usize, rules: &str) -> Telling {
        let it = Telling::new();
        for n in 1..=videos {
            it.bench.watch_subject(EVA, &format!("video:{}", id(n)), rules).await;
        }
        it.look(1..=videos, 1_000).await;
        it
    }

    pub(super) fn set_clock(&self, text: &str) {
        self.bench.now.set(instant(text));
    }

    /// Passes from one time at which something is due to the next, until then, and tells what is due.
    pub(super) async fn tell_until(&self, end: UnixMillis) -> Vec<Told> {
        let mut told = self.tell().await;
        while let Some(next) = self.next_due().await.filter(|next| *next <= end) {
            self.bench.now.set(next.max(self.bench.now()));
            let more = self.tell().await;
            assert!(!more.is_empty() || self.next_due().await != Some(next), "it spins");
            told.extend(more);
        }
        self.bench.now.set(end.max(self.bench.now()));
        told
    }

    pub(super) async fn next_due(&self) -> Option<UnixMillis> {
        let composer = Arc::clone(&self.composer) as _;
        let (channel, room) = (Channel::Recorder, Room::of(0));
        let claimed = self.bench.store().finish_and_claim(
            Vec::new(),
            channel,
            room,
            self.bench.now(),
            composer,
        );
        claimed.await.unwrap().next_due()
    }

    /// The digests of a destination, and when they come.
    async fn digests(&self, of: &str) -> Vec<(String, UnixMillis, usize)> {
        let found = self.bench.store().collecting(&at(of), self.bench.now()).await.unwrap();
        let digests = found.unwrap_or_default().digests.into_iter();
        digests.map(|of| (of.schedule.to_string(), of.next_at, of.watches)).collect()
    }
}

#[tokio::test]
async fn what_happens_is_collected_and_told_at_its_time_in_one_message() {
    let it = Telling::of_videos(3, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    for count in [2_000, 3_000, 4_000] {
        it.look(1..=2, count).await;
        assert!(it.tell().await.is_empty());
    }
    let noon = instant("2026-11-18T12:00:00Z");
    assert_eq!(it.digests(EVA).await, [("daily 12:00".to_owned(), noon, 2)]);
    it.bench.sums();
    let told = it.tell_until(noon.plus(DAY * 3)).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].at, noon);
    let text = &told[0].text;
    assert!(text.contains("title 1") && text.contains("title 2"), "{text}");
    assert_eq!(text.matches("4,000 (+3,000)").count(), 2, "{text}");
    assert_eq!((it.bench.count("sent"), it.bench.count("waiting")), (2, 0));
    it.bench.sums();
}

#[tokio::test]
async fn where_nothing_happened_nothing_is_sent_and_nothing_is_looked_at() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let settings = digest("every 30s");
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 0);
    bench.pass(SECOND * 30);
    assert_eq!(bench.send_all().await.len(), 1);
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert_eq!(claimed.next_due(), None, "nothing wakes anybody");
    bench.sums();
}

#[tokio::test]
async fn alerts_that_come_into_a_digest_cost_no_look() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let settings = digest("daily 12:00");
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    for views in 1..=20 {
        bench.see(views).await;
        assert!(bench.claim().await.is_empty());
    }
    assert_eq!(bench.plain.shown.load(Ordering::Relaxed), 1, "it was decided once");
    assert_eq!(bench.store().pulse(bench.now()).await.unwrap().ledger.folded, 18);
    bench.sums();
}

#[tokio::test]
async fn a_net_change_of_nothing_is_no_news_and_the_time_passes_all_the_same() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    for count in [2_000, 1_000] {
        it.look(1..=1, count).await;
        it.tell().await;
    }
    let next = instant("2026-11-19T12:00:00Z");
    assert!(it.tell_until(next.minus(HOUR)).await.is_empty());
    assert_eq!(it.bench.count("cancelled:net_zero"), 1);
    it.look(1..=1, 5_000).await;
    assert_eq!(it.tell_until(next).await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_watch_may_have_a_digest_of_its_own_or_none() {
    let it = Telling::of_videos(3, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    for (n, schedule) in [(2, "hourly"), (3, "off")] {
        let subject = Some(of(&format!("video:{}", id(n))));
        let settings = Settings { digest: Some(schedule.parse().unwrap()), ..Settings::default() };
        it.bench.edit(Edit::Set { destination: at(EVA), subject, settings }).await;
    }
    it.set_clock("2026-11-18T11:30:00Z");
    it.look(1..=3, 2_000).await;
    let told = it.tell().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("title 3"), "{told:#?}");
    let noon = instant("2026-11-18T12:00:00Z");
    assert_eq!(it.digests(EVA).await.len(), 2);
    let told = it.tell_until(noon).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    it.bench.sums();
}

#[tokio::test]
async fn late_alerts_go_to_the_next_digest_and_a_restart_repeats_none() {
    let mut it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("hourly")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    it.bench.restart();
    it.set_clock("2026-11-18T12:00:00Z");
    let first = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(first.len(), 1);
    it.look(1..=1, 3_000).await;
    it.bench.restart();
    let again = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(again.len(), 1, "what was in flight, and no second digest");
    assert_eq!((&again[0].public_id, &again[0].body), (&first[0].public_id, &first[0].body));
    it.bench.sent(&again[0]).await;
    let told = it.tell_until(instant("2026-11-18T13:59:59Z")).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].at, instant("2026-11-18T13:00:00Z"));
    it.bench.sums();
}

#[tokio::test]
async fn a_digest_that_is_due_in_quiet_hours_comes_at_their_end_and_is_one() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, Settings { digest: Some("hourly".parse().unwrap()), ..quiet("11:00-15:30") }).await;
    for hour in ["11:40", "12:20", "13:20", "14:20"] {
        it.set_clock(&format!("2026-11-18T{hour}:00Z"));
        it.look(1..=1, it.bench.now().0 / 1_000_000).await;
        assert!(it.tell_until(it.bench.now().plus(10 * MINUTE)).await.is_empty());
    }
    let told = it.tell_until(instant("2026-11-18T16:10:00Z")).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].at, instant("2026-11-18T15:30:00Z"));
    assert!(!told[0].silent, "quiet hours make nothing late");
    it.look(1..=1, 9_999_999).await;
    let told = it.tell_until(instant("2026-11-18T23:00:00Z")).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, instant("2026-11-18T17:00:00Z"), "to the first time after it was born");
    it.bench.sums();
}

#[tokio::test]
async fn a_digest_in_which_one_watch_may_ring_is_not_held_by_the_quiet_hours_of_another() {
    for quiet_ones in [1..=1, 1..=2] {
        let it = Telling::of_videos(2, "views any").await;
        it.set(EVA, digest("daily 12:00")).await;
        for n in quiet_ones.clone() {
            let subject = Some(of(&format!("video:{}", id(n))));
            let settings = quiet("11:00-18:00");
            it.bench.edit(Edit::Set { destination: at(EVA), subject, settings }).await;
        }
        it.look(1..=2, 2_000).await;
        let told = it.tell_until(instant("2026-11-18T20:00:00Z")).await;
        assert_eq!(told.len(), 1);
        let hour = if quiet_ones.count() == 1 { "12" } else { "18" };
        assert_eq!(told[0].at, instant(&format!("2026-11-18T{hour}:00:00Z")));
    }
}

#[tokio::test]
async fn a_digest_that_nobody_was_there_to_send_comes_late_and_without_a_sound() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    it.set_clock("2026-11-19T12:00:01Z");
    let told = it.tell().await;
    assert_eq!((told.len(), told[0].silent), (1, true));
}

#[tokio::test]
async fn whoever_asks_gets_the_digest_at_once_and_the_next_one_at_its_time() {
    let it = Telling::of_videos(2, "views any").await;
    let now = async || it.bench.edit(Edit::DigestNow { destination: at(EVA) }).await;
    assert_eq!(now().await, Edited::Done(0));
    // Also in quiet hours: whoever asks is awake.
    it.set(EVA, Settings { digest: Some("daily 12:00".parse().unwrap()), ..quiet("11:00-18:00") })
        .await;
    it.look(1..=1, 2_000).await;
    assert!(it.tell().await.is_empty());
    assert_eq!(now().await, Edited::Done(1));
    assert_eq!(it.tell().await.len(), 1);
    assert_eq!(now().await, Edited::Done(0));
    it.bench.sums();
    it.look(2..=2, 2_000).await;
    assert!(it.tell_until(instant("2026-11-18T12:30:00Z")).await.is_empty());
    // It is held now, and what is asked for takes its place.
    assert_eq!(now().await, Edited::Done(1));
    assert_eq!(it.tell().await.len(), 1);
    it.look(2..=2, 3_000).await;
    let told = it.tell_until(instant("2026-11-19T20:00:00Z")).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, instant("2026-11-19T18:00:00Z"));
    let nobody = Edit::DigestNow { destination: at("recorder:nobody") };
    assert_eq!(it.bench.edit(nobody).await, Edited::NotFound);
    it.bench.sums();
}

#[tokio::test]
async fn a_changed_setting_touches_no_alert_and_holds_at_once() {
    let it = Telling::of_videos(2, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=2, 2_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.engine.multiply_waiting(200);
    it.set(EVA, digest("weekly sun 08:00")).await;
    assert!(it.tell().await.is_empty());
    let sunday = instant("2026-11-22T08:00:00Z");
    let weekly = ("weekly sun 08:00".to_owned(), sunday, 2);
    assert!(it.digests(EVA).await.contains(&weekly), "{:?}", it.digests(EVA).await);
    assert!(it.tell_until(instant("2026-11-19T12:00:00Z")).await.is_empty(), "it is empty");
    it.set(EVA, Settings::default()).await;
    assert_eq!(it.tell().await.len(), 2, "each watch by itself");
    assert_eq!(it.bench.count("waiting"), 0);
    it.bench.sums();
}

#[tokio::test]
async fn other_defaults_at_a_restart_leave_a_digest_its_time() {
    let it = Telling::of_videos(1, "views any").await;
    let with = |digest: Option<&str>| {
        let defaults = tubebell::model::Effective {
            digest: digest.map(|text| text.parse::<Schedule>().unwrap()),
            ..it.composer.defaults.clone()
        };
        Arc::new(tubebell::deliver::Composer {
            renderer: Arc::clone(&it.composer.renderer),
            defaults,
            max_age: it.composer.max_age,
            at_most_max: it.composer.at_most_max,
        })
    };
    let claim = async |composer: &Arc<tubebell::deliver::Composer>| {
        let (channel, room, now) = (Channel::Recorder, Room::of(10), it.bench.now());
        let composer = Arc::clone(composer) as _;
        let store = it.bench.store();
        store.finish_and_claim(Vec::new(), channel, room, now, composer).await.unwrap()
    };
    it.look(1..=1, 2_000).await;
    let claimed = claim(&with(Some("daily 12:00"))).await;
    let noon = instant("2026-11-18T12:00:00Z");
    assert_eq!((claimed.claims.len(), claimed.next_due()), (0, Some(noon)));
    let off = with(None);
    assert!(claim(&off).await.claims.is_empty());
    it.bench.now.set(noon);
    let claims = claim(&off).await.claims;
    assert_eq!(claims.len(), 1);
    it.bench.sent(&claims[0]).await;
    it.look(1..=1, 3_000).await;
    assert_eq!(claim(&off).await.claims.len(), 1, "told as it happens");
}

#[tokio::test]
async fn what_is_urgent_is_in_no_digest() {
    let it = Telling::of_videos(1, "views any; likes any!").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    let told = it.tell().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("Likes"), "{told:#?}");
    assert_eq!(it.waiting(), 1);
    assert_eq!(it.tell_until(instant("2026-11-18T12:00:00Z")).await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_hundred_and_fifty_watches_and_five_hundred_videos_are_one_digest_in_parts() {
    let it = Telling::of_channel(EVA, 500, ALL).await;
    for n in 1..=150 {
        it.bench.watch_subject(EVA, &format!("video:{}", id(n)), "views every 500").await;
    }
    it.look(1..=500, 1_000).await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=500, 2_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.sums();
    let told = it.tell_until(instant("2026-11-18T12:30:00Z")).await;
    assert!(told.len() > 1 && told.iter().all(|part| !part.text.is_empty()));
    assert!(told.iter().all(|part| part.at == instant("2026-11-18T12:00:00Z")));
    assert_eq!((it.bench.count("sent"), it.bench.count("waiting")), (1_650, 0));
    it.bench.sums();
}

#[tokio::test]
async fn parts_of_a_digest_follow_each_other_over_stops() {
    let mut bench = Bench::new();
    bench.plain = Arc::new(Plain { videos_per_message: 2, ..Plain::default() });
    bench.watch_subject(ANA, CHANNEL, "views any").await;
    bench.list_within(CHANNEL, (1..=5).map(|n| row(n, T0.minus(DAY))).collect(), true, 5).await;
    let settings = digest("every 1h");
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    for views in [1, 2] {
        for n in 1..=5 {
            bench.see_video(&name(n), views).await;
        }
    }
    assert!(bench.claim().await.is_empty());
    bench.pass(HOUR);
    let first = bench.claim().await;
    assert_eq!(first.len(), 1);
    bench.see_video(&name(1), 3).await;
    bench.sums();
    let again = bench.now().plus(MINUTE);
    let retry = FinishedAs::Retry { at: again, counts: true, error: "500".into() };
    bench.finish(&first[0], retry).await;
    assert!(bench.claim().await.is_empty(), "no part overtakes another");
    bench.restart();
    bench.pass(MINUTE);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 3, "{bodies:#?}");
    assert_eq!(bodies[0], bodies::text(&first[0].body));
    assert_eq!((bench.count("sent"), bench.count("waiting")), (5, 1));
    bench.pass(HOUR);
    assert_eq!(bench.send_all().await.len(), 1);
    bench.sums();
}

#[tokio::test]
async fn more_than_a_claim_reads_is_told_by_several_messages_of_one_digest() {
    let it = Telling::of_videos(3, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=3, 2_000).await;
    it.tell().await;
    it.bench.engine.multiply_waiting(2_500);
    let told = it.tell_until(instant("2026-11-18T12:00:00Z")).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!((it.bench.count("waiting"), it.bench.count("sent")), (0, 3 * 2_501));
    it.bench.sums();
    it.look(1..=1, 3_000).await;
    let told = it.tell_until(instant("2026-11-20T11:00:00Z")).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    it.bench.sums();
}

#[tokio::test]
async fn digests_of_many_chats_come_behind_what_is_told_as_it_happens() {
    let it = Telling::new();
    let chats: Vec<String> = (0..40).map(|n| format!("recorder:{n}")).collect();
    for chat in &chats {
        it.bench.watch_subject(chat, &format!("video:{}", id(1)), "views any").await;
    }
    it.bench.watch_subject(EVA, &format!("video:{}", id(2)), "views any").await;
    it.look(1..=2, 1_000).await;
    for chat in &chats {
        it.set(chat, digest("daily 12:00")).await;
    }
    it.look(1..=1, 2_000).await;
    assert!(it.tell().await.is_empty());
    it.set_clock("2026-11-18T12:00:00Z");
    let claim = async |limit| {
        let (composer, now) = (Arc::clone(&it.composer) as _, it.bench.now());
        let room = Room::of(limit);
        let claimed =
            it.bench.store().finish_and_claim(Vec::new(), Channel::Recorder, room, now, composer);
        claimed.await.unwrap().claims
    };
    assert_eq!(claim(3).await.len(), 3);
    // It comes last and is served first.
    it.look(2..=2, 2_000).await;
    let next = claim(1).await;
    assert!(bodies::text(&next[0].body).contains("title 2"), "{next:#?}");
    let mut rest = 0;
    for _ in 0..20 {
        rest += claim(10).await.len();
    }
    assert_eq!(rest, 37);
}

#[tokio::test]
async fn a_program_gets_digests_too() {
    let it = Telling::of_channel(HOOK, 3, "views any").await;
    it.set(HOOK, digest("daily 12:00")).await;
    it.look(1..=3, 2_000).await;
    assert!(it.claim(Channel::Webhook, Vec::new()).await.claims.is_empty());
    it.set_clock("2026-11-18T12:00:00Z");
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert!(!claims.is_empty());
    assert!(claims.iter().all(|claim| bodies::text(&claim.body).contains("digest.sent")));
    for claim in &claims {
        it.bench.sent(claim).await;
    }
    assert_eq!(it.bench.count("sent"), 3);
    it.bench.sums();
}

#[tokio::test]
async fn what_a_program_has_refused_of_a_video_is_not_overtaken_by_a_digest() {
    let it = Telling::of_channel(HOOK, 2, "views any").await;
    it.look(1..=2, 2_000).await;
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    let later = it.bench.now().plus(HOUR * 2);
    let retry = FinishedAs::Retry { at: later, counts: true, error: "HTTP 400".into() };
    it.bench.finish(&claims[0], retry).await;
    it.bench.sent(&claims[1]).await;
    it.set(HOOK, digest("daily 12:00")).await;
    it.look(1..=2, 3_000).await;
    assert!(it.claim(Channel::Webhook, Vec::new()).await.claims.is_empty());
    it.bench.sums();
    it.set_clock("2026-11-18T12:00:00Z");
    let told = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(told.len(), 1);
    it.bench.sent(&told[0]).await;
    assert_eq!(it.waiting(), 1);
    it.bench.sums();
    it.bench.pass(DAY);
    let rest = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(rest[0].public_id, claims[0].public_id);
    it.bench.sent(&rest[0]).await;
    it.bench.pass(DAY);
    let told = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(told.len(), 1);
    it.bench.sent(&told[0]).await;
    assert_eq!(it.waiting(), 0);
    it.bench.sums();
}

#[tokio::test]
async fn nothing_is_collected_for_longer_than_it_is_kept() {
    let it = Telling::of_videos(1, "views any").await;
    let short = Arc::new(tubebell::deliver::Composer {
        renderer: Arc::clone(&it.composer.renderer),
        defaults: it.composer.defaults.clone(),
        max_age: it.composer.max_age,
        at_most_max: DAY * 5,
    });
    let it = Telling { composer: short, ..it };
    it.set(EVA, digest("weekly tue 12:00")).await;
    it.look(1..=1, 2_000).await;
    let seen = it.bench.now();
    let told = it.tell_until(instant("2026-11-30T12:00:00Z")).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, seen.plus(DAY * 5), "six days ahead of it is all that is kept");
}

#[tokio::test]
async fn whoever_asks_why_hears_of_the_digest() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    let why = it.bench.store().why(id(1), Some(at(EVA))).await.unwrap().remove(0);
    let waits = why.waits.unwrap();
    let schedule: Digest = "daily 12:00".parse().unwrap();
    assert_eq!(waits.digest, Some((schedule.schedule().unwrap(), "UTC".to_owned())));
    assert_eq!(waits.until, instant("2026-11-18T12:00:00Z"));
    assert!(!waits.is_over_budget && !waits.is_urgent);
    assert_eq!(waits.destination.address, at(EVA));
    it.tell_until(instant("2026-11-18T12:00:00Z")).await;
    let why = it.bench.store().why(id(1), Some(at(EVA))).await.unwrap().remove(0);
    assert!(why.waits.is_none());
    // What quiet hours hold is no digest's.
    it.set(EVA, quiet("11:00-18:00")).await;
    it.look(1..=1, 3_000).await;
    it.tell().await;
    let why = it.bench.store().why(id(1), Some(at(EVA))).await.unwrap().remove(0);
    let waits = why.waits.unwrap();
    assert_eq!((waits.digest, waits.until), (None, instant("2026-11-18T18:00:00Z")));
}

#[tokio::test]
async fn a_digest_of_which_nothing_is_collected_for_long_is_forgotten() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    for _ in 0..3 {
        it.bench.pass(DAY * 3);
        it.bench.sweep().await;
    }
    assert_eq!(it.bench.engine.rows("digest"), 1, "something is collected");
    assert_eq!(it.tell().await.len(), 1);
    it.bench.pass(DAY * 7);
    it.bench.sweep().await;
    assert_eq!(it.bench.engine.rows("digest"), 1);
    it.bench.pass(DAY * 2);
    it.bench.sweep().await;
    assert_eq!(it.bench.engine.rows("digest"), 0);
    it.bench.sums();
}
