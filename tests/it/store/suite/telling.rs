//! One message per watch and moment: what waits together leaves together, in order, when its settings let it.

use super::listing::{CHANNEL, id, name, row};
use super::*;
use tubebell::deliver::Composer;
use tubebell::model::{CancelReason, Effective};
use tubebell::render::Renderer;

const EVA: &str = "recorder:eva";
const HOOK: &str = "webhook:https://a.example/";
const ALL: &str = "views any; likes any; comments any";

/// A bench whose messages are made as a gateway makes them.
struct Telling {
    bench: Bench,
    composer: Arc<Composer>,
}

/// A message that left.
#[derive(Debug)]
struct Told {
    at: UnixMillis,
    text: String,
    silent: bool,
}

impl Telling {
    fn new() -> Telling {
        let defaults = Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        };
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        Telling {
            bench: Bench::new(),
            composer: Arc::new(Composer {
                renderer,
                defaults,
                max_age: DAY,
                at_most_max: DAY * 29,
            }),
        }
    }

    /// A channel of so many videos, all of them seen once, watched by `to`.
    async fn of_channel(to: &str, videos: usize, rules: &str) -> Telling {
        let it = Telling::new();
        it.bench.watch_subject(to, CHANNEL, rules).await;
        let old = |n| row(n, T0.minus(100 * DAY).plus(HOUR * u32::try_from(n).unwrap()));
        it.bench.list_within(CHANNEL, (1..=videos).map(old).collect(), true, videos).await;
        it.look(1..=videos, 1_000).await;
        it
    }

    async fn set(&self, to: &str, settings: Settings) {
        self.bench.edit(Edit::Set { destination: at(to), subject: None, settings }).await;
    }

    /// One look at many videos: all counts are so high.
    async fn look(&self, videos: impl Iterator<Item = usize>, count: i64) {
        self.bench.pass(SECOND);
        let now = self.bench.now();
        let seen = videos.map(|n| Snapshot {
            likes: Some(count),
            comments: Some(count),
            title: Some(format!("title {n}")),
            ..snapshot(&name(n), now, count)
        });
        self.bench.store().append(seen.collect()).await.unwrap();
        self.bench.route().await;
    }

    async fn claim(&self, channel: Channel, finished: Vec<Finished>) -> Claimed {
        let composer = Arc::clone(&self.composer) as _;
        let now = self.bench.now();
        self.bench
            .store()
            .finish_and_claim(finished, channel, Room::of(100), now, composer)
            .await
            .unwrap()
    }

    /// Takes and sends what is due on the recorder.
    async fn tell(&self) -> Vec<Told> {
        let mut told = Vec::new();
        loop {
            let claims = self.claim(Channel::Recorder, Vec::new()).await.claims;
            if claims.is_empty() {
                return told;
            }
            for claim in claims {
                self.bench.sent(&claim).await;
                let Claim { body, silent, .. } = claim;
                let text = bodies::text(&body).to_owned();
                told.push(Told { at: self.bench.now(), text, silent });
            }
        }
    }

    /// The same for so long, a minute at a time.
    async fn tell_for(&self, minutes: u32) -> Vec<Told> {
        let mut told = Vec::new();
        for _ in 0..minutes {
            self.bench.pass(MINUTE);
            told.extend(self.tell().await);
        }
        told
    }

    fn waiting(&self) -> usize {
        self.bench.count("waiting")
    }
}

fn quiet(hours: &str) -> Settings {
    Settings { quiet: Some(hours.parse().unwrap()), ..Settings::default() }
}

fn at_most(time: Duration) -> Settings {
    Settings { at_most_s: Some(time.as_secs()), ..Settings::default() }
}

#[tokio::test]
async fn what_one_look_finds_for_one_watch_is_one_message() {
    let it = Telling::of_channel(EVA, 50, "status").await;
    let now = it.bench.now().plus(SECOND);
    let gone = (1..=50)
        .map(|n| Snapshot { status: Status::Unavailable, ..snapshot(&name(n), now, 1_000) });
    it.bench.store().append(gone.collect()).await.unwrap();
    it.bench.pass(SECOND);
    it.bench.route().await;
    assert!(it.tell().await.is_empty(), "more of it may come within seconds");
    it.bench.pass(5 * SECOND);
    let told = it.tell().await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].text.contains("50 videos"), "{}", told[0].text);
    assert_eq!(it.bench.count("sent"), 50);
    it.bench.sums();
}

#[tokio::test]
async fn what_keeps_coming_is_told_half_a_minute_after_its_beginning() {
    let it = Telling::of_channel(EVA, 40, "views any").await;
    let mut told = Vec::new();
    let begun = it.bench.now();
    for n in 1..=40 {
        it.look(n..=n, 2_000).await;
        told.extend(it.tell().await);
    }
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].at, begun.plus(31 * SECOND));
}

#[tokio::test]
async fn a_channel_of_five_hundred_that_may_ring_every_quarter_of_an_hour_does_so_for_a_day() {
    let it = Telling::of_channel(EVA, 500, ALL).await;
    it.set(EVA, at_most(15 * MINUTE)).await;
    let mut told = Vec::new();
    for look in 0..144_usize {
        // Some of the videos move at each look.
        let from = look % 25 * 20;
        it.look(from + 1..=from + 20, 2_000 + i64::try_from(look).unwrap()).await;
        told.extend(it.tell_for(10).await);
    }
    let mut moments: Vec<UnixMillis> = told.iter().map(|told| told.at).collect();
    moments.dedup();
    assert!((80..=97).contains(&moments.len()), "{} times in a day", moments.len());
    for pair in moments.windows(2) {
        assert!(pair[1].since(pair[0]) >= 15 * MINUTE, "{pair:?}");
    }
    it.bench.sums();
}

#[tokio::test]
async fn a_quiet_night_of_a_channel_is_told_in_the_morning_at_once() {
    let it = Telling::of_channel(EVA, 500, ALL).await;
    // T0 is at 11:06.
    it.set(EVA, quiet("11:00-19:00")).await;
    for look in 0..40 {
        it.look(1..=30, 2_000 + look).await;
        assert!(it.tell_for(10).await.is_empty());
    }
    it.look(1..=500, 3_000).await;
    assert_eq!(it.waiting(), 1_500, "as many as it has rules and videos, however often they fired");
    let pulse = it.bench.store().pulse(it.bench.now()).await.unwrap();
    assert_eq!(pulse.ledger.folded, 40 * 90);
    it.bench.sums();
    let told = it.tell_for(120).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].text.contains("1,000 → 3,000"), "{}", told[0].text);
    assert!(!told[0].silent);
    assert_eq!(it.bench.count("sent"), 1_500);
    it.bench.sums();
}

#[tokio::test]
async fn a_mute_ends_what_is_held_and_what_comes_later_starts_anew() {
    let it = Telling::of_channel(EVA, 3, ALL).await;
    it.set(EVA, at_most(HOUR)).await;
    it.look(1..=3, 2_000).await;
    assert_eq!(it.tell_for(1).await.len(), 1);
    it.look(1..=3, 3_000).await;
    assert!(it.tell_for(1).await.is_empty());
    it.bench.mute(EVA, None, Some(it.bench.now().plus(MINUTE))).await;
    it.bench.mute(EVA, None, None).await;
    // Before any claim has ended what the mute has cancelled.
    it.look(1..=3, 4_000).await;
    let told = it.tell_for(60).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("3,000 → 4,000"), "{}", told[0].text);
    assert_eq!(it.bench.count("cancelled:muted"), 9);
    it.bench.sums();
}

#[tokio::test]
async fn of_several_watches_the_one_that_ends_takes_only_its_own_retry_along() {
    let it = Telling::new();
    for n in [1, 2] {
        it.bench.watch_subject(EVA, &format!("video:{}", id(n)), "views any").await;
    }
    it.look(1..=2, 1_000).await;
    it.look(1..=2, 2_000).await;
    let claims = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(claims.len(), 2);
    let again = it.bench.now().plus(MINUTE);
    for claim in &claims {
        let retry = FinishedAs::Retry { at: again, counts: true, error: "500".into() };
        it.bench.finish(claim, retry).await;
    }
    let subject = of(&format!("video:{}", id(1)));
    it.bench.edit(Edit::Unwatch { destination: at(EVA), subject }).await;
    let told = it.tell_for(2).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("title 2"), "{}", told[0].text);
    assert_eq!(it.bench.count("cancelled:unwatched"), 1);
    it.bench.sums();
}

#[tokio::test]
async fn titles_of_a_hundred_emoji_make_messages_that_fit_and_tell_all() {
    let it = Telling::of_channel(EVA, 20, "views every 1000; upload").await;
    let title = "🧑🏽‍🚀".repeat(14) + "👩‍👩‍👧‍👦🏳️‍🌈";
    it.bench.pass(SECOND);
    let now = it.bench.now();
    let seen =
        (1..=20).map(|n| Snapshot { title: Some(title.clone()), ..snapshot(&name(n), now, 5_500) });
    it.bench.store().append(seen.collect()).await.unwrap();
    it.bench.route().await;
    let told = it.tell_for(1).await;
    assert!(!told.is_empty());
    for part in &told {
        assert!(part.text.encode_utf16().count() <= 4_096);
    }
    assert_eq!((it.bench.count("sent"), it.bench.count("dead")), (20, 0));
    let named: usize = told.iter().map(|part| part.text.matches("passed").count()).sum();
    assert_eq!(named, 20, "each of them is named");
    it.bench.sums();
}

#[tokio::test]
async fn what_is_urgent_waits_neither_for_quiet_hours_nor_for_the_next_time_but_for_a_mute() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any; likes any!").await;
    it.set(EVA, quiet("00:00-23:59")).await;
    it.look(1..=1, 1_000).await;
    for count in [2_000, 3_000] {
        it.look(1..=1, count).await;
        let told = it.tell().await;
        assert_eq!(told.len(), 1);
        assert!(told[0].text.contains("Likes") && !told[0].text.contains("Views 1"));
    }
    assert_eq!(it.waiting(), 1);
    it.bench.mute(EVA, None, Some(it.bench.now().plus(HOUR))).await;
    it.look(1..=1, 4_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.sums();
}

#[tokio::test]
async fn what_is_tried_again_in_quiet_hours_comes_without_a_sound_unless_it_is_urgent() {
    for (rule, quiet_hours, silent) in [
        ("views any", "12:00-19:00", true),
        ("views any!", "12:00-19:00", false),
        ("views any", "14:00-19:00", false),
    ] {
        let it = Telling::new();
        it.bench.watch_subject(EVA, &format!("video:{}", id(1)), rule).await;
        // It is shortly after eleven.
        it.set(EVA, quiet(quiet_hours)).await;
        it.look(1..=1, 1_000).await;
        it.look(1..=1, 2_000).await;
        let claim = it.claim(Channel::Recorder, Vec::new()).await.claims.remove(0);
        let (at, error) = (it.bench.now().plus(2 * HOUR), "away".into());
        let retry = it.bench.finished(&claim, FinishedAs::Retry { at, counts: true, error });
        it.claim(Channel::Recorder, vec![retry]).await;
        it.bench.pass(2 * HOUR);
        let told = it.tell().await;
        assert_eq!((told.len(), told[0].silent), (1, silent), "{rule} {quiet_hours}");
    }
}

#[tokio::test]
async fn a_message_is_late_by_when_it_was_due_and_not_by_when_it_was_seen() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any").await;
    it.look(1..=1, 1_000).await;
    // Held for two days by the one before it.
    it.set(EVA, at_most(2 * DAY)).await;
    it.look(1..=1, 2_000).await;
    assert_eq!(it.tell().await.len(), 1);
    it.look(1..=1, 3_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.pass(2 * DAY);
    let told = it.tell().await;
    assert!(!told[0].silent && !told[0].text.contains("Late"), "{told:#?}");
    // Nobody was there to send it for more than a day after that.
    it.look(1..=1, 4_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.pass(2 * DAY + DAY + HOUR);
    let told = it.tell().await;
    assert!(told[0].silent && told[0].text.contains("Late"), "{told:#?}");
}

#[tokio::test]
async fn at_most_once_in_two_weeks_holds_over_sweeps_and_restarts() {
    let mut it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any").await;
    it.set(EVA, at_most(14 * DAY)).await;
    it.look(1..=1, 1_000).await;
    it.look(1..=1, 2_000).await;
    assert_eq!(it.tell().await.len(), 1);
    for day in 1..=13 {
        it.bench.pass(DAY);
        it.look(1..=1, 2_000 + day).await;
        it.bench.restart();
        while it.bench.store().sweep(KEEP, it.bench.now()).await.unwrap() {}
        assert!(it.tell().await.is_empty(), "day {day}");
    }
    it.bench.pass(DAY);
    assert_eq!(it.tell().await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_part_leaves_when_the_one_before_it_has_ended_and_what_comes_meanwhile_after_the_last() {
    let mut bench = Bench::new();
    bench.plain = Arc::new(Plain { videos_per_message: 2, ..Plain::default() });
    bench.watch_subject(ANA, CHANNEL, "views any").await;
    bench.list_within(CHANNEL, (1..=5).map(|n| row(n, T0.minus(DAY))).collect(), true, 5).await;
    for views in [1, 2] {
        for n in 1..=5 {
            bench.see_video(&name(n), views).await;
        }
    }
    let first = bench.claim().await;
    assert_eq!(first.len(), 1);
    bench.see_video(&name(1), 3).await;
    assert!(bench.claim().await.is_empty());
    bench.sums();
    let again = bench.now().plus(MINUTE);
    bench
        .finish(&first[0], FinishedAs::Retry { at: again, counts: true, error: "500".into() })
        .await;
    assert!(bench.claim().await.is_empty(), "no part overtakes another");
    bench.restart();
    bench.pass(MINUTE);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 4, "{bodies:#?}");
    assert_eq!(bodies[0], bodies::text(&first[0].body));
    assert!(bodies[2].starts_with(&name(5)), "{bodies:#?}");
    assert!(bodies[3].contains("Int(2) -> Int(3)"), "{bodies:#?}");
    assert_eq!(bench.count("sent"), 6);
    bench.sums();
}

#[tokio::test]
async fn parts_of_a_chat_that_is_gone_or_of_a_watch_that_ends_are_not_told() {
    for gone in [true, false] {
        let mut bench = Bench::new();
        bench.plain = Arc::new(Plain { videos_per_message: 1, ..Plain::default() });
        bench.watch_subject(ANA, CHANNEL, "views any").await;
        let members = (1..=4).map(|n| row(n, T0.minus(DAY))).collect();
        bench.list_within(CHANNEL, members, true, 5).await;
        for views in [1, 2] {
            for n in 1..=4 {
                bench.see_video(&name(n), views).await;
            }
        }
        let first = bench.claim().await;
        if gone {
            bench.finish(&first[0], FinishedAs::Gone("blocked".into())).await;
        } else {
            let subject = of(CHANNEL);
            bench.edit(Edit::Unwatch { destination: at(ANA), subject }).await;
            bench.sent(&first[0]).await;
        }
        assert!(bench.send_all().await.is_empty());
        let reason = if gone { "cancelled:disabled" } else { "cancelled:unwatched" };
        assert_eq!(bench.count(reason), if gone { 4 } else { 3 });
        bench.sums();
    }
}

#[tokio::test]
async fn a_program_is_told_each_video_and_one_that_it_refuses_holds_up_no_other() {
    let it = Telling::of_channel(HOOK, 3, "views any").await;
    it.look(1..=3, 2_000).await;
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(claims.len(), 3, "a program need not wait for what else there is");
    let again = it.bench.now().plus(HOUR);
    for (nth, claim) in claims.iter().enumerate() {
        let retry = FinishedAs::Retry { at: again, counts: true, error: "HTTP 400".into() };
        let end = if nth == 0 { retry } else { FinishedAs::Sent("1".into()) };
        it.bench.finish(claim, end).await;
    }
    for count in [3_000, 4_000] {
        it.look(1..=3, count).await;
        let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
        assert_eq!(claims.len(), 2, "the refused one is still under way");
        for claim in &claims {
            it.bench.sent(claim).await;
        }
        it.bench.sums();
    }
    it.bench.pass(HOUR);
    let refused = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!((refused.len(), &refused[0].public_id), (1, &claims[0].public_id));
    it.bench.sent(&refused[0]).await;
    let rest = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(rest.len(), 1);
    let text = bodies::text(&rest[0].body);
    assert!(text.contains("\"previous\":2000,\"current\":4000"), "{text}");
    it.bench.sent(&rest[0]).await;
    it.bench.sums();
}

#[tokio::test]
async fn what_waits_behind_several_messages_goes_on_with_whichever_ends_first() {
    for first in [0, 1] {
        let it = Telling::of_channel(HOOK, 2, "views any").await;
        it.look(1..=2, 2_000).await;
        let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
        assert_eq!(claims.len(), 2);
        for (nth, claim) in claims.iter().enumerate() {
            let at = it.bench.now().plus(if nth == first { MINUTE } else { DAY });
            let retry = FinishedAs::Retry { at, counts: true, error: "HTTP 503".into() };
            it.bench.finish(claim, retry).await;
        }
        it.look(1..=2, 3_000).await;
        assert!(it.claim(Channel::Webhook, Vec::new()).await.claims.is_empty());
        it.bench.pass(MINUTE);
        let again = it.claim(Channel::Webhook, Vec::new()).await.claims;
        assert_eq!((again.len(), &again[0].public_id), (1, &claims[first].public_id));
        it.bench.sent(&again[0]).await;
        let rest = it.claim(Channel::Webhook, Vec::new()).await.claims;
        assert_eq!(rest.len(), 1, "the other one is still refused");
        let text = bodies::text(&rest[0].body);
        assert!(text.contains("\"previous\":2000,\"current\":3000"), "{text}");
        it.bench.sums();
    }
}

#[tokio::test]
async fn of_a_program_at_most_one_telling_per_hour_is_under_way() {
    let it = Telling::of_channel(HOOK, 3, "views any").await;
    it.set(HOOK, at_most(HOUR)).await;
    it.look(1..=1, 2_000).await;
    it.bench.pass(MINUTE);
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(claims.len(), 1);
    let at = it.bench.now().plus(MINUTE * 30);
    let retry = FinishedAs::Retry { at, counts: true, error: "HTTP 503".into() };
    it.bench.finish(&claims[0], retry).await;
    for n in 2..=3 {
        it.look(n..=n, 2_000).await;
        it.bench.pass(MINUTE);
        assert!(it.claim(Channel::Webhook, Vec::new()).await.claims.is_empty());
    }
    it.bench.pass(HOUR);
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    assert_eq!(claims.len(), 3, "the one that was refused, and the others together");
    it.bench.sums();
}

#[tokio::test]
async fn what_waits_behind_a_message_is_looked_at_when_another_rule_fires() {
    let bench = Bench::new();
    bench.watch(HOOK, "views any; views every 7").await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.len(), 1);
    bench.see(3).await;
    assert!(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.is_empty());
    bench.sums();
    // One is folded into what waits, the other is not.
    bench.see(7).await;
    assert_eq!(bench.count("waiting"), 2);
    bench.sums();
}

#[tokio::test]
async fn however_much_waits_behind_a_refused_message_the_other_videos_are_told_and_nobody_spins() {
    let it = Telling::of_channel(HOOK, 2, "views any").await;
    it.look(1..=2, 2_000).await;
    let claims = it.claim(Channel::Webhook, Vec::new()).await.claims;
    let again = it.bench.now().plus(HOUR);
    let retry = FinishedAs::Retry { at: again, counts: true, error: "HTTP 400".into() };
    it.bench.finish(&claims[0], retry).await;
    it.bench.sent(&claims[1]).await;
    it.look(1..=1, 3_000).await;
    // As a watch of many rules and videos would have.
    it.bench.engine.multiply_waiting(6_000);
    it.look(2..=2, 3_000).await;
    let claimed = it.claim(Channel::Webhook, Vec::new()).await;
    assert_eq!(claimed.claims.len(), 1);
    let text = bodies::text(&claimed.claims[0].body);
    assert!(text.contains(&name(2)), "{text}");
    it.bench.sent(&claimed.claims[0]).await;
    let claimed = it.claim(Channel::Webhook, Vec::new()).await;
    assert_eq!((claimed.claims.len(), claimed.next_due), (0, Some(again)));
    it.bench.sums();
}

#[tokio::test]
async fn a_barred_destination_is_tried_now_and_then_and_hears_all_when_it_is_back() {
    let it = Telling::new();
    for n in 1..=3 {
        it.bench.watch_subject(EVA, &format!("video:{}", id(n)), "views any").await;
    }
    it.look(1..=3, 1_000).await;
    it.look(1..=1, 2_000).await;
    let claim = it.claim(Channel::Recorder, Vec::new()).await.claims.remove(0);
    let later = it.bench.now().plus(HOUR / 2);
    let barred = FinishedAs::Barred { at: later, reason: "not enough rights".into() };
    it.bench.finish(&claim, barred).await;
    it.look(1..=3, 3_000).await;
    assert!(it.claim(Channel::Recorder, Vec::new()).await.claims.is_empty());
    let row = it.bench.store().destination(&at(EVA)).await.unwrap().unwrap();
    assert_eq!(row.barred.unwrap().until, later);
    it.bench.pass(HOUR / 2);
    let told = it.tell().await;
    assert_eq!(told.len(), 4, "{told:#?}");
    let row = it.bench.store().destination(&at(EVA)).await.unwrap().unwrap();
    assert_eq!(row.barred, None);
    it.bench.sums();
}

#[tokio::test]
async fn a_net_change_of_nothing_comes_to_nothing_however_it_was_folded() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any; title").await;
    it.look(1..=1, 1_000).await;
    it.set(EVA, quiet("00:00-23:59")).await;
    for count in [1_500, 1_200, 1_000] {
        it.look(1..=1, count).await;
    }
    it.set(EVA, Settings::default()).await;
    assert!(it.tell().await.is_empty());
    let reason = CancelReason::NetZero.name();
    assert_eq!(it.bench.count(&format!("cancelled:{reason}")), 1);
    it.bench.sums();
}
