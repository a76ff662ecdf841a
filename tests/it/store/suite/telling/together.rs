//! What waits together leaves together, in as many parts as it takes.

use super::*;

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
