//! The messages of a day: so many are told as they happen, and what is over in a digest.

use super::digests::instant;
use super::listing::id;
use super::telling::{EVA, HOOK, Telling};
use super::*;
use tubebell::model::{Pings, VideoId};

fn budget(pings: u32) -> Settings {
    Settings { pings_per_day: Some(pings), ..Settings::default() }
}

impl Telling {
    /// One after the other, so many videos move.
    async fn move_each(&self, videos: std::ops::RangeInclusive<usize>, count: i64) -> usize {
        let mut told = 0;
        for n in videos {
            self.look(n..=n, count).await;
            told += self.tell().await.len();
        }
        told
    }

    async fn pings(&self, of: &str) -> Pings {
        let found = self.bench.store().collecting(&at(of), self.bench.now()).await.unwrap();
        found.unwrap().pings
    }
}

#[tokio::test]
async fn what_is_over_the_messages_of_a_day_comes_in_the_evening() {
    let it = Telling::of_videos(5, "views any").await;
    it.set(EVA, budget(3)).await;
    assert_eq!(it.move_each(1..=5, 2_000).await, 3);
    assert_eq!(it.pings(EVA).await, Pings { day: 20_261_118, count: 3 });
    assert_eq!(it.move_each(1..=5, 3_000).await, 0);
    it.bench.sums();
    let evening = instant("2026-11-18T20:00:00Z");
    let told = it.tell_until(instant("2026-11-18T23:59:00Z")).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].at, evening);
    for n in 1..=5 {
        assert!(told[0].text.contains(&format!("title {n}")), "{told:#?}");
    }
    // On the next day there are three more.
    it.set_clock("2026-11-19T00:00:00Z");
    assert_eq!(it.move_each(1..=5, 4_000).await, 3);
    it.bench.sums();
}

#[tokio::test]
async fn several_watches_that_are_told_at_once_are_counted_one_by_one() {
    let it = Telling::of_videos(6, "views any").await;
    it.set(EVA, budget(4)).await;
    it.look(1..=6, 2_000).await;
    let claims = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(claims.len(), 4);
    assert_eq!(it.waiting(), 2);
    it.bench.sums();
}

#[tokio::test]
async fn a_stop_amid_a_day_forgets_no_message() {
    let mut it = Telling::of_videos(3, "views any").await;
    it.set(EVA, budget(2)).await;
    it.look(1..=1, 2_000).await;
    assert_eq!(it.claim(Channel::Recorder, Vec::new()).await.claims.len(), 1);
    it.bench.restart();
    assert_eq!(it.tell().await.len(), 1, "it was counted when it was born");
    assert_eq!(it.move_each(2..=3, 2_000).await, 1);
    it.bench.sums();
}

#[tokio::test]
async fn the_message_that_uses_up_the_day_says_so_and_no_other() {
    // What is said is the voices' own: here it is seen that it is said.
    use tubebell::store::{Compose as _, Composed};
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, budget(2)).await;
    it.look(1..=1, 2_000).await;
    let seen: Arc<Seen> = Arc::new(Seen::new(Arc::clone(&it.composer)));
    let claim = async || {
        let (compose, now) = (Arc::clone(&seen) as _, it.bench.now());
        let (channel, room) = (Channel::Recorder, Room::of(1));
        let store = it.bench.store();
        let claims = store.finish_and_claim(Vec::new(), channel, room, now, compose).await;
        claims.unwrap().claims
    };
    for (count, pings) in [(2_000, Some(1)), (3_000, Some(2)), (4_000, None)] {
        it.look(1..=1, count).await;
        for claim in claim().await {
            it.bench.sent(&claim).await;
        }
        let unit = seen.last();
        match it.composer.compose(&unit, it.bench.now()) {
            Composed::Send { pings: counted, .. } => {
                assert_eq!(counted.map(|counted| counted.count), pings);
            }
            Composed::Collect { is_over_budget, .. } => assert!(is_over_budget && pings.is_none()),
            other => panic!("{other:?}"),
        }
    }
}

/// Remembers the last unit that it was shown.
struct Seen {
    composer: Arc<tubebell::deliver::Composer>,
    unit: std::sync::Mutex<Option<tubebell::store::Unit>>,
}

impl Seen {
    fn new(composer: Arc<tubebell::deliver::Composer>) -> Seen {
        Seen { composer, unit: std::sync::Mutex::new(None) }
    }

    fn last(&self) -> tubebell::store::Unit {
        self.unit.lock().unwrap().clone().unwrap()
    }
}

impl tubebell::store::Compose for Seen {
    fn compose(&self, unit: &tubebell::store::Unit, now: UnixMillis) -> tubebell::store::Composed {
        *self.unit.lock().unwrap() = Some(unit.clone());
        self.composer.compose(unit, now)
    }

    fn digest(
        &self,
        collected: &tubebell::store::Collected,
        course: &dyn Fn(&VideoId) -> tubebell::store::Course,
        now: UnixMillis,
    ) -> tubebell::store::Composed {
        self.composer.digest(collected, course, now)
    }

    fn is_quiet(&self, watch: &Settings, destination: &Settings, now: UnixMillis) -> bool {
        self.composer.is_quiet(watch, destination, now)
    }
}

#[tokio::test]
async fn urgent_alerts_digests_and_retries_count_for_nothing() {
    let it = Telling::of_videos(2, "views any; likes any!").await;
    it.set(EVA, budget(1)).await;
    it.look(1..=1, 2_000).await;
    let claims = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(claims.len(), 2);
    let again = it.bench.now().plus(MINUTE);
    for claim in &claims {
        let retry = FinishedAs::Retry { at: again, counts: true, error: "500".into() };
        it.bench.finish(claim, retry).await;
    }
    it.bench.pass(MINUTE);
    assert_eq!(it.tell().await.len(), 2);
    it.look(2..=2, 2_000).await;
    let told = it.tell().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("Likes"), "{told:#?}");
    assert_eq!(it.tell_until(instant("2026-11-18T20:00:00Z")).await.len(), 1);
    assert_eq!(it.pings(EVA).await.count, 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_day_and_its_evening_are_those_of_whoever_is_told() {
    let it = Telling::of_videos(2, "views any").await;
    let settings = Settings { tz: Some("Asia/Tokyo".into()), ..budget(1) };
    it.set(EVA, settings).await;
    // Nine in the evening of Tokyo.
    it.set_clock("2026-11-18T12:00:00Z");
    assert_eq!(it.move_each(1..=2, 2_000).await, 1);
    // A new day, and a message of the old one that waits for its evening.
    it.set_clock("2026-11-18T15:00:00Z");
    assert_eq!(it.move_each(1..=1, 3_000).await, 1);
    let told = it.tell_until(instant("2026-11-19T12:00:00Z")).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, instant("2026-11-19T11:00:00Z"));
    assert!(told[0].text.contains("title 2"), "{told:#?}");
}

#[tokio::test]
async fn what_is_over_goes_into_the_digest_of_ones_own_where_that_comes_each_day() {
    for (schedule, told_at) in [
        ("daily 18:30", "2026-11-18T18:30:00Z"),
        ("hourly", "2026-11-18T12:00:00Z"),
        ("weekly mon 09:00", "2026-11-18T20:00:00Z"),
    ] {
        let it = Telling::of_videos(2, "views any").await;
        let settings = Settings { digest: Some(schedule.parse().unwrap()), ..budget(1) };
        it.set(EVA, settings).await;
        for n in 1..=2 {
            let subject = Some(of(&format!("video:{}", id(n))));
            let settings = Settings { digest: Some("off".parse().unwrap()), ..Settings::default() };
            it.bench.edit(Edit::Set { destination: at(EVA), subject, settings }).await;
        }
        assert_eq!(it.move_each(1..=2, 2_000).await, 1);
        let told = it.tell_until(instant("2026-11-18T23:00:00Z")).await;
        assert_eq!(told.len(), 1, "{schedule}");
        assert_eq!(told[0].at, instant(told_at));
        it.bench.sums();
    }
}

#[tokio::test]
async fn a_budget_that_is_lifted_lets_go_what_it_held_back() {
    let it = Telling::of_videos(2, "views any").await;
    it.set(EVA, budget(1)).await;
    assert_eq!(it.move_each(1..=2, 2_000).await, 1);
    let why = it.bench.store().why(id(2), Some(at(EVA))).await.unwrap().remove(0);
    let waits = why.waits.unwrap();
    assert!(waits.is_over_budget && waits.until == instant("2026-11-18T20:00:00Z"));
    it.set(EVA, Settings::default()).await;
    assert_eq!(it.tell().await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_watch_with_a_budget_of_its_own_keeps_to_it_and_no_other() {
    let it = Telling::of_videos(2, "views any").await;
    let subject = Some(of(&format!("video:{}", id(1))));
    it.bench.edit(Edit::Set { destination: at(EVA), subject, settings: budget(1) }).await;
    for count in [2_000, 3_000, 4_000] {
        it.move_each(1..=2, count).await;
    }
    assert_eq!((it.bench.count("sent"), it.waiting()), (4, 1));
}

#[tokio::test]
async fn each_message_to_a_program_counts() {
    let it = Telling::of_channel(HOOK, 5, "views any").await;
    it.set(HOOK, budget(3)).await;
    it.look(1..=2, 2_000).await;
    assert_eq!(it.claim(Channel::Webhook, Vec::new()).await.claims.len(), 2);
    it.look(3..=5, 2_000).await;
    assert_eq!(it.claim(Channel::Webhook, Vec::new()).await.claims.len(), 3, "told together");
    assert_eq!(it.pings(HOOK).await.count, 5);
    it.look(1..=1, 3_000).await;
    assert!(it.claim(Channel::Webhook, Vec::new()).await.claims.is_empty());
    it.bench.sums();
}
