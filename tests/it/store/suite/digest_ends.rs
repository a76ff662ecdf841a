//! What becomes of what was collected when something comes between: mutes, ends, chats that are gone or move, names that
//! become one, and clocks that go back.

use super::digests::{digest, instant};
use super::listing::names::HANDLE;
use super::listing::{CHANNEL, id, name, row};
use super::telling::{EVA, Telling};
use super::*;
use tubebell::store::WatchFilter;

const OLD: &str = "telegram:-5";
const NEW: &str = "telegram:-1005";
const NOON: &str = "2026-11-18T12:00:00Z";

/// Chats with a digest each hour, which have something in it of the one video.
async fn collected(chats: &[&str]) -> Bench {
    let bench = Bench::new();
    for chat in chats {
        bench.watch(chat, "views any").await;
        let (destination, settings) = (at(chat), digest("hourly"));
        bench.edit(Edit::Set { destination, subject: None, settings }).await;
    }
    bench.see(1).await;
    bench.see(2).await;
    assert!(bench.send_all().await.is_empty());
    bench.sums();
    bench
}

#[tokio::test]
async fn what_was_collected_before_a_mute_comes_after_it_and_what_happened_in_it_does_not() {
    for subject in [None, Some(of(&format!("video:{}", id(1))))] {
        let it = Telling::of_videos(1, "views any").await;
        it.set(EVA, digest("daily 12:00")).await;
        it.look(1..=1, 2_000).await;
        it.tell().await;
        let until = instant("2026-11-18T15:00:00Z");
        let mute = |until| Edit::Mute { destination: at(EVA), subject: subject.clone(), until };
        it.bench.edit(mute(Some(until))).await;
        it.bench.sums();
        it.look(1..=1, 3_000).await;
        assert!(it.tell_until(until.minus(SECOND)).await.is_empty());
        let told = it.tell_until(instant("2026-11-19T12:00:00Z")).await;
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].text.contains("2,000") && !told[0].text.contains("3,000"), "{told:#?}");
        assert!(!told[0].silent, "nobody was late");
        assert_eq!((it.bench.count("sent"), it.bench.count("cancelled:muted")), (1, 0));
        it.bench.sums();
    }
}

#[tokio::test]
async fn an_end_of_a_mute_ahead_of_its_time_brings_the_digest() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    it.bench.mute(EVA, None, Some(instant("2026-12-01T00:00:00Z"))).await;
    assert!(it.tell_until(instant("2026-11-19T15:00:00Z")).await.is_empty());
    it.bench.mute(EVA, None, None).await;
    assert_eq!(it.tell().await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_digest_that_is_switched_off_in_a_mute_loses_nothing() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    let until = it.bench.now().plus(HOUR);
    it.bench.mute(EVA, None, Some(until)).await;
    it.set(EVA, Settings::default()).await;
    assert!(it.tell_until(until.minus(SECOND)).await.is_empty());
    it.bench.sums();
    assert_eq!(it.tell_until(until).await.len(), 1);
    // What a second mute finds waiting and not collected ends, as ever.
    it.look(1..=1, 3_000).await;
    it.bench.mute(EVA, None, Some(it.bench.now().plus(MINUTE))).await;
    assert!(it.tell_for(5).await.is_empty());
    assert_eq!(it.bench.count("cancelled:muted"), 1);
    it.bench.sums();
}

#[tokio::test]
async fn what_comes_after_a_mute_is_folded_into_what_was_collected_before() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    for count in [2_000, 3_000, 4_000] {
        it.look(1..=1, count).await;
        it.tell().await;
        it.bench.mute(EVA, None, Some(it.bench.now().plus(MINUTE))).await;
        it.bench.pass(MINUTE);
    }
    assert_eq!(it.bench.engine.rows("alert"), 1);
    let told = it.tell_until(instant(NOON)).await;
    assert!(told[0].text.contains("4,000 (+3,000)"), "{told:#?}");
    it.bench.sums();
}

#[tokio::test]
async fn a_watch_that_ends_takes_along_what_was_collected_of_it() {
    let it = Telling::of_videos(2, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=2, 2_000).await;
    it.tell().await;
    let subject = of(&format!("video:{}", id(1)));
    it.bench.edit(Edit::Unwatch { destination: at(EVA), subject }).await;
    let told = it.tell_until(instant(NOON)).await;
    assert_eq!(told.len(), 1);
    assert!(!told[0].text.contains("title 1") && told[0].text.contains("title 2"), "{told:#?}");
    assert_eq!(it.bench.count("cancelled:unwatched"), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_digest_under_way_ends_with_its_destination_alone() {
    let bench = collected(&[ANA]).await;
    bench.pass(HOUR);
    let claim = bench.claim().await.remove(0);
    let again = bench.now().plus(MINUTE);
    let retry = FinishedAs::Retry { at: again, counts: true, error: "500".into() };
    bench.finish(&claim, retry).await;
    bench.unwatch(ANA).await;
    bench.pass(MINUTE);
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Gone("blocked".into())).await;
    assert_eq!(bench.count("cancelled:disabled"), 1);
    bench.sums();
}

#[tokio::test]
async fn a_chat_that_is_gone_hears_no_digest_and_one_that_is_back_hears_the_next() {
    let bench = collected(&[ANA]).await;
    bench.edit(Edit::Disable { destination: at(ANA), reason: "blocked".into() }).await;
    assert!(bench.send_all().await.is_empty());
    assert_eq!(bench.count("cancelled:disabled"), 1);
    bench.sums();
    bench.edit(Edit::Alive { destination: at(ANA) }).await;
    bench.see(3).await;
    assert!(bench.send_all().await.is_empty());
    bench.pass(HOUR);
    assert_eq!(bench.send_all().await.len(), 1);
    bench.sums();
}

#[tokio::test]
async fn a_barred_chat_is_tried_with_its_digest_and_hears_all_when_it_is_back() {
    let bench = collected(&[ANA]).await;
    bench.pass(HOUR);
    let claim = bench.claim().await.remove(0);
    let later = bench.now().plus(HOUR * 3);
    bench.finish(&claim, FinishedAs::Barred { at: later, reason: "no rights".into() }).await;
    bench.see(3).await;
    bench.pass(HOUR * 2);
    assert!(bench.claim().await.is_empty(), "nothing else leaves");
    bench.sums();
    bench.now.set(later);
    assert_eq!(bench.send_all().await.len(), 2);
    bench.sums();
}

#[tokio::test]
async fn a_digest_that_could_not_be_delivered_is_queued_again() {
    let bench = collected(&[ANA]).await;
    bench.pass(HOUR);
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Dead("400".into())).await;
    bench.sums();
    bench.pass(DAY * 6);
    bench.see(3).await;
    bench.send_all().await;
    assert_eq!(replay_all(&**bench.store(), bench.now()).await, 1);
    bench.sums();
    let again = bench.claim().await.remove(0);
    assert_eq!((&again.public_id, &again.body), (&claim.public_id, &claim.body));
    bench.sent(&again).await;
    assert_eq!((bench.count("dead"), bench.count("sent")), (0, 1));
    bench.sums();
}

#[tokio::test]
async fn a_digest_for_which_there_are_no_words_is_a_dead_letter_that_is_collected_again() {
    let bench = Bench::new();
    bench.watch(ANA, "title").await;
    let settings = digest("hourly");
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    bench.see(1).await;
    bench.pass(SECOND);
    let title = Some("unspeakable".to_owned());
    bench.publish(Snapshot { title, ..snapshot(VIDEO, bench.now(), 1) }).await;
    assert!(bench.send_all().await.is_empty());
    bench.pass(HOUR);
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert_eq!((claimed.claims.len(), claimed.given_up.len()), (0, 1));
    assert_eq!(bench.count("dead"), 1);
    bench.sums();
    bench.plain.has_words.store(true, Ordering::Relaxed);
    assert_eq!(replay_all(&**bench.store(), bench.now()).await, 1);
    assert!(bench.send_all().await.is_empty());
    bench.sums();
    bench.pass(HOUR);
    assert_eq!(bench.send_all().await.len(), 1);
    bench.sums();
}

#[tokio::test]
async fn what_was_collected_follows_a_chat_to_its_new_id() {
    let bench = collected(&[OLD]).await;
    bench.edit(Edit::Move { from: at(OLD), to: at(NEW) }).await;
    bench.sums();
    bench.pass(HOUR);
    let claim = bench.claim().await.remove(0);
    assert_eq!(claim.address, at(NEW));
    bench.sent(&claim).await;
    bench.sums();
}

#[tokio::test]
async fn a_digest_in_flight_and_what_comes_meanwhile_follow_a_chat() {
    let mut bench = collected(&[OLD]).await;
    bench.watch_subject(OLD, CHANNEL, "views any").await;
    bench.list_within(CHANNEL, (1..=3).map(|n| row(n, T0.minus(DAY))).collect(), true, 5).await;
    for views in [1, 2] {
        for n in 1..=3 {
            bench.see_video(&name(n), views).await;
        }
    }
    assert!(bench.send_all().await.is_empty());
    bench.pass(HOUR);
    let first = bench.claim().await.remove(0);
    bench.see(9).await;
    bench.finish(&first, FinishedAs::Moved(at(NEW))).await;
    bench.sums();
    bench.restart();
    let again = bench.claim().await.remove(0);
    assert_eq!((again.address.clone(), again.id), (at(NEW), first.id));
    bench.sent(&again).await;
    let rest = bench.send_all().await;
    assert_eq!(rest.len(), 3, "its parts: {rest:#?}");
    bench.pass(HOUR);
    assert_eq!(bench.send_all().await.len(), 1);
    bench.sums();
}

#[tokio::test]
async fn two_chats_that_become_one_have_one_digest_for_each_time() {
    for under_way in [false, true] {
        let bench = collected(&[OLD, NEW]).await;
        bench.watch_subject(OLD, "video:aaaaaaaaaaa", "views any").await;
        bench.see_video("aaaaaaaaaaa", 1).await;
        bench.see_video("aaaaaaaaaaa", 2).await;
        assert!(bench.send_all().await.is_empty());
        let mut taken = Vec::new();
        if under_way {
            bench.pass(HOUR);
            taken = bench.claim().await;
            assert_eq!(taken.len(), 2);
            bench.see(3).await;
            bench.see_video("aaaaaaaaaaa", 3).await;
            assert!(bench.claim().await.is_empty());
        }
        bench.edit(Edit::Move { from: at(OLD), to: at(NEW) }).await;
        for claim in taken {
            bench.sent(&claim).await;
        }
        let rest = bench.send_all().await;
        assert_eq!(rest.len(), usize::from(under_way), "its other part: {rest:#?}");
        bench.pass(HOUR);
        let told = bench.send_all().await.join("\n");
        // Both watched the same; of that the new place's watch stays.
        assert_eq!(told.matches(VIDEO).count(), 1, "{told}");
        assert_eq!(told.matches("aaaaaaaaaaa").count(), 1, "{told}");
        assert_eq!((bench.count("waiting"), bench.engine.rows("digest")), (0, 1));
        bench.sums();
    }
}

#[tokio::test]
async fn what_two_names_of_a_channel_had_collected_is_told_once_and_whole() {
    let it = Telling::new();
    for subject in [CHANNEL, HANDLE] {
        let rules = if subject == CHANNEL { "views any" } else { "likes any" };
        it.bench.watch_subject(EVA, subject, rules).await;
        it.bench.list_within(subject, vec![row(1, T0.minus(DAY))], true, 5).await;
    }
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 1_000).await;
    it.look(1..=1, 2_000).await;
    assert!(it.tell_for(1).await.is_empty());
    assert_eq!(it.waiting(), 2);
    it.bench.named(HANDLE, vec![row(1, T0.minus(DAY))]).await;
    assert!(it.tell_for(1).await.is_empty());
    let watches = it.bench.store().watches(WatchFilter::Of(at(EVA)), 0, 9).await.unwrap();
    assert_eq!(watches.len(), 1);
    it.bench.sums();
    let told = it.tell_until(instant(NOON)).await;
    assert_eq!((told.len(), it.bench.count("sent")), (1, 2), "{told:#?}");
    it.bench.sums();
}

#[tokio::test]
async fn a_clock_that_was_set_back_brings_no_digest_twice_and_none_too_late() {
    let it = Telling::of_videos(1, "views any").await;
    it.set(EVA, digest("daily 12:00")).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    it.set_clock("2026-11-18T12:00:30Z");
    assert_eq!(it.tell().await.len(), 1);
    let back = async |by: Duration| {
        it.bench.now.set(it.bench.now().minus(by));
        it.bench.store().set_back(by, it.bench.now()).await.unwrap();
        it.bench.sums();
    };
    back(MINUTE).await;
    it.look(1..=1, 3_000).await;
    let tomorrow = instant("2026-11-19T12:00:00Z");
    assert!(it.tell_until(tomorrow.minus(SECOND)).await.is_empty(), "noon was told already");
    assert_eq!(it.tell_until(tomorrow).await.len(), 1);
    // The clock was a month ahead.
    it.look(1..=1, 4_000).await;
    it.tell().await;
    back(DAY * 30).await;
    let end = it.bench.now().plus(DAY * 2);
    assert_eq!(it.tell_until(end).await.len(), 1, "at the second noon at the latest");
    it.bench.sums();
}

#[tokio::test]
async fn a_digest_that_is_held_when_the_clock_is_set_back_is_looked_at_again() {
    let it = Telling::of_videos(1, "views any").await;
    let settings = digest("daily 12:00");
    let hours = "11:00-18:00".parse().unwrap();
    it.set(EVA, Settings { quiet: Some(hours), ..settings }).await;
    it.look(1..=1, 2_000).await;
    it.tell().await;
    it.set_clock("2026-11-18T12:30:00Z");
    assert!(it.tell().await.is_empty());
    it.bench.now.set(it.bench.now().minus(HOUR));
    it.bench.store().set_back(HOUR, it.bench.now()).await.unwrap();
    it.bench.sums();
    let told = it.tell_until(instant("2026-11-18T23:00:00Z")).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, instant("2026-11-18T18:00:00Z"));
}
