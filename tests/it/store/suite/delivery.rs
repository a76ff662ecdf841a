//! Claims, limits, retries, stops.

use super::*;
use std::collections::HashSet;
use tubebell::store::Places;

async fn ringing(to: &[&str]) -> Bench {
    let bench = Bench::new();
    for to in to {
        bench.watch(to, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    bench
}

fn retry(bench: &Bench, wait: Duration, counts: bool) -> FinishedAs {
    FinishedAs::Retry { at: bench.now().plus(wait), counts, error: "502".into() }
}

#[tokio::test]
async fn an_alert_is_taken_sent_and_ended() {
    let bench = ringing(&[ANA]).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    let claim = &claimed.claims[0];
    assert_eq!((claim.address.clone(), claim.attempts), (at(ANA), 0));
    assert_eq!((claim.observed_at, claim.created_at), (bench.now(), bench.now()));
    assert_eq!(claim.public_id.len(), 13);
    assert!(claim.public_id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    assert_eq!(claimed.next_due(), None);
    bench.sums();
    let sent = bench.finished(claim, FinishedAs::Sent("4711/1".into()));
    let done = bench.turn(Channel::Telegram, 10, vec![sent]).await;
    assert_eq!(bench.count("sent"), 1);
    assert!(done.claims.is_empty());
    assert_eq!(bench.engine.receipts(), ["4711/1"]);
    bench.sums();
}

#[tokio::test]
async fn alerts_of_one_watch_and_video_leave_together_and_of_others_apart() {
    let bench = ringing(&[ANA]).await;
    bench.watch_subject(ANA, "video:aaaaaaaaaaa", "views any").await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    bench.see(3).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].contains("Int(1) -> Int(3)"), "{bodies:?}");
    // One of the three was folded into the first of its rule and video.
    assert_eq!(bench.count("sent"), 2);
    assert_eq!(bench.store().pulse(bench.now()).await.unwrap().ledger.folded, 1);
}

#[tokio::test]
async fn a_claim_takes_no_other_channels_messages() {
    let bench = ringing(&[ANA, "recorder:b"]).await;
    let claims = bench.turn(Channel::Recorder, 10, Vec::new()).await.claims;
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].address, at("recorder:b"));
    assert!(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.is_empty());
}

#[tokio::test]
async fn a_chat_gets_one_message_after_the_other() {
    let bench = ringing(&[ANA]).await;
    bench.watch_subject(ANA, "video:aaaaaaaaaaa", "views any").await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    let first = bench.claim().await;
    assert_eq!(first.len(), 1);
    assert!(bench.claim().await.is_empty());
    bench.see(3).await;
    assert!(bench.claim().await.is_empty(), "an alert that comes meanwhile opens no second slot");
    bench.sums();
    let sent = bench.finished(&first[0], FinishedAs::Sent("1".into()));
    let second = bench.turn(Channel::Telegram, 10, vec![sent]).await.claims;
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].id, first[0].id);
    bench.sums();
}

async fn endpoint_with_twenty_messages() -> Bench {
    let bench = Bench::new();
    let hook = "webhook:https://a.example/";
    for n in 0..20 {
        let video = format!("{n:011}");
        bench.watch_subject(hook, &format!("video:{video}"), "views any").await;
        bench.see_video(&video, 1).await;
        bench.see_video(&video, 2).await;
    }
    bench
}

#[tokio::test]
async fn an_endpoint_gets_sixteen_requests_at_once_over_all_claims() {
    let bench = endpoint_with_twenty_messages().await;
    let mut taken = bench.turn(Channel::Webhook, 10, Vec::new()).await.claims;
    assert_eq!(taken.len(), 10);
    taken.extend(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims);
    assert_eq!(taken.len(), 16);
    let full = bench.turn(Channel::Webhook, 10, Vec::new()).await;
    assert!(full.claims.is_empty() && full.next_due().is_none());
    bench.sums();
    let ids: HashSet<_> = taken.iter().map(|claim| claim.public_id.clone()).collect();
    assert_eq!(ids.len(), 16);
    let ends = taken[..2].iter().map(|claim| bench.finished(claim, FinishedAs::Sent("1".into())));
    let more = bench.turn(Channel::Webhook, 10, ends.collect()).await.claims;
    assert_eq!(more.len(), 2);
    bench.sums();
}

/// A failed attempt, after which a receiver that fails is left alone for five seconds.
fn failed(bench: &Bench, claim: &Claim) -> Finished {
    let lane_failed = Some(bench.now().plus(SECOND * 5));
    Finished { lane_failed, ..bench.finished(claim, retry(bench, SECOND * 5, true)) }
}

#[tokio::test]
async fn an_endpoint_that_fails_eight_times_in_a_row_is_asked_one_by_one_until_it_takes_something()
{
    let bench = endpoint_with_twenty_messages().await;
    let taken = bench.turn(Channel::Webhook, 20, Vec::new()).await.claims;
    assert_eq!(taken.len(), 16);
    // What it takes meanwhile shows that it is well, whatever became of others.
    let mut ends: Vec<Finished> = taken[..4].iter().map(|claim| failed(&bench, claim)).collect();
    ends.push(bench.finished(&taken[4], FinishedAs::Sent("1".into())));
    ends.extend(taken[5..12].iter().map(|claim| failed(&bench, claim)));
    assert_eq!(bench.turn(Channel::Webhook, 1, ends).await.claims.len(), 1);
    bench.sums();
    let end = vec![failed(&bench, &taken[12])];
    assert!(bench.turn(Channel::Webhook, 20, end).await.claims.is_empty());
    bench.sums();
    // Whatever is still under way, it is left alone, and then asked for one message: one that was never tried.
    for claim in &taken[13..] {
        bench.finish(claim, retry(&bench, SECOND * 5, false)).await;
    }
    bench.pass(SECOND * 4);
    assert!(bench.turn(Channel::Webhook, 20, Vec::new()).await.claims.is_empty());
    let mut bench = bench;
    bench.restart();
    bench.pass(SECOND);
    let probe = bench.turn(Channel::Webhook, 20, Vec::new()).await.claims;
    assert_eq!((probe.len(), probe[0].attempts), (1, 0));
    bench.sums();
    let sent = vec![bench.finished(&probe[0], FinishedAs::Sent("1".into()))];
    assert_eq!(bench.turn(Channel::Webhook, 20, sent).await.claims.len(), 16);
    bench.sums();
}

#[tokio::test]
async fn the_longest_due_chat_comes_first_and_a_claim_takes_no_more_than_asked() {
    let bench = Bench::new();
    for chat in 1..=3 {
        let video = format!("{chat:011}");
        bench
            .watch_subject(&format!("telegram:{chat}"), &format!("video:{video}"), "views any")
            .await;
        bench.see_video(&video, 1).await;
        bench.see_video(&video, 2).await;
    }
    for chat in 1..=3 {
        let claims = bench.turn(Channel::Telegram, 1, Vec::new()).await.claims;
        assert_eq!(
            claims.iter().map(|claim| claim.address.clone()).collect::<Vec<_>>(),
            [at(&format!("telegram:{chat}"))]
        );
    }
}

#[tokio::test]
async fn nothing_leaves_in_a_lane_before_it_is_free() {
    let bench = ringing(&[ANA, "telegram:5"]).await;
    let claims = bench.claim().await;
    let mut sent = bench.finished(&claims[0], FinishedAs::Sent("1".into()));
    sent.lane_free_at = bench.now().plus(MINUTE);
    bench.turn(Channel::Telegram, 0, vec![sent]).await;
    bench.see(3).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert!(claimed.claims.is_empty());
    bench.sums();
    bench.sent(&claims[1]).await;
    let other = bench.claim().await;
    assert_eq!(other.len(), 1, "another chat does not wait for it");
    assert_eq!(other[0].address, at("telegram:5"));
    bench.pass(MINUTE);
    assert_eq!(bench.claim().await.len(), 1);
}

#[tokio::test]
async fn a_retry_says_the_same_under_the_same_name_and_what_came_later_is_another_message() {
    let bench = ringing(&[ANA]).await;
    let first = bench.claim().await.remove(0);
    bench.finish(&first, retry(&bench, 5 * SECOND, true)).await;
    bench.sums();
    bench.see(3).await;
    assert!(bench.claim().await.is_empty(), "what came later leaves later");
    bench.pass(5 * SECOND);
    let again = bench.claim().await.remove(0);
    assert_eq!(
        (again.id, &again.public_id, &again.body),
        (first.id, &first.public_id, &first.body)
    );
    assert_eq!((again.attempts, again.created_at), (1, first.created_at));
    bench.sent(&again).await;
    assert_eq!((bench.count("sent"), bench.count("waiting")), (1, 1));
    let other = bench.claim().await.remove(0);
    let text = bodies::text(&other.body);
    assert!(text.contains("Int(2) -> Int(3)"), "{text}");
    assert_ne!(other.public_id, first.public_id);
    bench.sent(&other).await;
    assert_eq!((bench.count("sent"), bench.count("waiting")), (2, 0));
    bench.sums();
}

#[tokio::test]
async fn only_attempts_that_count_are_counted() {
    let bench = ringing(&[ANA]).await;
    for (counts, before) in [(false, 0), (false, 0), (true, 0), (false, 1), (true, 1), (true, 2)] {
        let claim = bench.claim().await.remove(0);
        assert_eq!(claim.attempts, before);
        bench.finish(&claim, retry(&bench, Duration::ZERO, counts)).await;
    }
}

#[tokio::test]
async fn the_next_moment_is_that_of_the_earliest_lane() {
    let bench = ringing(&[ANA, "telegram:5"]).await;
    let claims = bench.claim().await;
    bench.finish(&claims[0], retry(&bench, HOUR, true)).await;
    bench.finish(&claims[1], retry(&bench, MINUTE, true)).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert_eq!(claimed.next_due(), Some(bench.now().plus(MINUTE)));
}

#[tokio::test]
async fn after_a_kill_everything_in_flight_is_tried_again_as_it_was() {
    let mut bench = ringing(&[ANA, "telegram:5", "webhook:https://a.example/"]).await;
    let mut before = bench.claim().await;
    before.extend(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims);
    assert_eq!(before.len(), 3);
    // One of them had been tried before, one waits for a retry that is not due yet.
    bench.finish(&before[0], retry(&bench, HOUR, true)).await;
    bench.see(3).await;
    bench.restart();
    bench.sums();
    let mut after = bench.claim().await;
    after.extend(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims);
    for claim in &before[1..] {
        let again = after.iter().find(|again| again.id == claim.id).expect("it is lost");
        assert_eq!((&again.public_id, &again.body), (&claim.public_id, &claim.body));
        assert_eq!(again.address, claim.address);
    }
    assert!(after.iter().all(|claim| claim.id != before[0].id));
    bench.sums();
}

#[tokio::test]
async fn a_second_word_about_an_attempt_changes_nothing() {
    let bench = ringing(&[ANA]).await;
    let claim = bench.claim().await.remove(0);
    bench.sent(&claim).await;
    bench.finish(&claim, FinishedAs::Dead("late".into())).await;
    let unknown = Claim { id: tubebell::model::NotificationId(999), ..claim };
    bench.finish(&unknown, FinishedAs::Gone("late".into())).await;
    assert_eq!((bench.count("sent"), bench.count("dead")), (1, 0));
    bench.sums();
}

#[tokio::test]
async fn more_alerts_than_one_transaction_may_take_are_told_by_several() {
    let bench = ringing(&[ANA]).await;
    bench.sent(&bench.claim().await[0]).await;
    bench.see(3).await;
    bench.engine.multiply_waiting(11_000);
    assert_eq!(bench.count("waiting"), 11_001);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 3);
    assert_eq!((bench.count("waiting"), bench.count("sent")), (0, 11_002));
    bench.sums();
}

/// Endpoints with two messages each.
async fn endpoints(count: usize) -> Bench {
    let bench = Bench::new();
    for n in 0..count {
        bench.watch(&format!("webhook:https://a.example/{n}"), "views any").await;
    }
    for (video, views) in [(VIDEO, 1), ("aaaaaaaaaaa", 1), (VIDEO, 2), ("aaaaaaaaaaa", 2)] {
        if video != VIDEO && views == 1 {
            for n in 0..count {
                let to = format!("webhook:https://a.example/{n}");
                bench.watch_subject(&to, "video:aaaaaaaaaaa", "views any").await;
            }
        }
        bench.see_video(video, views).await;
    }
    bench
}

#[tokio::test]
async fn a_lane_without_a_place_stays_due_and_hides_no_other() {
    /// None for those of which the last letter is so.
    struct NoneFor(char);
    impl Places for NoneFor {
        fn free(&self, lane: &str) -> usize {
            if lane.ends_with(self.0) { 0 } else { usize::MAX }
        }
        fn take(&self, _: &str, _: usize) {}
        fn give_back(&self, _: &str, _: usize) {}
    }
    let bench = endpoints(3).await;
    bench.pass(SECOND);
    let room = Room { places: Some(Arc::new(NoneFor('0'))), ..Room::of(10) };
    let claimed = bench.turn_within(Channel::Webhook, room.clone(), Vec::new()).await;
    assert_eq!(claimed.claims.len(), 4);
    assert_eq!(claimed.next_due(), None, "there is nothing behind the one that was passed over");
    let again = Room { from: claimed.walk.stands_at, ..room };
    let claimed = bench.turn_within(Channel::Webhook, again, Vec::new()).await;
    assert!(claimed.claims.is_empty() && claimed.walk.stands_at.is_some());
    let all = bench.turn(Channel::Webhook, 10, Vec::new()).await;
    assert_eq!((all.claims.len(), all.walk.stands_at), (2, None));
    bench.sums();
}

#[tokio::test]
async fn a_place_that_becomes_free_goes_to_whoever_is_due_for_the_longest_wherever_the_walk_stands()
{
    // More than are read at once, all of them due at one moment.
    let bench = endpoints(40).await;
    let few = Few::each(1);
    let room = Room { places: Some(Arc::clone(&few) as _), ..Room::of(100) };
    let all = bench.turn_within(Channel::Webhook, room.clone(), Vec::new()).await;
    let lanes: HashSet<_> = all.claims.iter().map(|claim| claim.lane).collect();
    assert_eq!((all.claims.len(), lanes.len()), (40, 40));
    let first = &all.claims[0];
    for claim in [first, &all.claims[39]] {
        few.taken.lock().unwrap().remove(&claim.lane_key);
    }
    let one = Room { limit: 1, from: all.walk.stands_at, ..room };
    let next = bench.turn_within(Channel::Webhook, one, Vec::new()).await;
    assert_eq!(next.claims[0].lane, first.lane);
    assert_eq!(next.walk.stands_at, all.walk.stands_at, "the walk goes on where it was");
    bench.sums();
}

#[tokio::test]
async fn a_lane_gets_as_many_messages_as_it_has_places() {
    let bench = endpoints(3).await;
    let few = Few::each(1);
    let room = Room { places: Some(Arc::clone(&few) as _), ..Room::of(10) };
    let claimed = bench.turn_within(Channel::Webhook, room.clone(), Vec::new()).await;
    let lanes: HashSet<_> = claimed.claims.iter().map(|claim| claim.lane).collect();
    assert_eq!((claimed.claims.len(), lanes.len()), (3, 3));
    // As if they had ended.
    few.taken.lock().unwrap().clear();
    let claimed = bench.turn_within(Channel::Webhook, room, Vec::new()).await;
    assert_eq!(claimed.claims.len(), 3);
    bench.sums();
}
