//! Programs: each video has a body of its own, and none waits for another.

use super::*;

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
    assert_eq!((claimed.claims.len(), claimed.next_due()), (0, Some(again)));
    it.bench.sums();
}
