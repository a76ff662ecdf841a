//! Watches and their rules.

use super::*;
use tubebell::model::{About, NextTrigger, SubscriptionId};
use tubebell::store::{Beginning, WatchFilter};

#[tokio::test]
async fn a_rule_that_an_edit_keeps_keeps_its_state_and_the_others_end() {
    let bench = Bench::new();
    bench.watch(ANA, "views every 1000; likes any").await;
    bench.see(990).await;
    let before = bench.engine.triggers();
    assert_eq!(before[0].value, 1_000);
    let edited = bench.watch(ANA, "views every 1000; views milestones").await;
    assert!(matches!(edited, Edited::Watched { created: false, changed: true, .. }));
    let after = bench.engine.triggers();
    assert_eq!(after[0], before[0]);
    assert_eq!(after.len(), 2);
    assert_eq!(after[1].rule_text, "views milestones");
    assert_eq!(bench.engine.rows("rule"), 2, "the other one told nothing");
    bench.sums();
}

#[tokio::test]
async fn the_same_watch_again_changes_nothing() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let again = bench.watch(ANA, "views any").await;
    assert!(matches!(again, Edited::Watched { created: false, changed: false, .. }));
}

#[tokio::test]
async fn a_rule_written_twice_stands_once() {
    let bench = Bench::new();
    let mut watch = watch_of(ANA, &format!("video:{VIDEO}"), "views any");
    watch.rules.push(watch.rules[0].clone());
    bench.edit(Edit::Watch(Box::new(watch))).await;
    assert_eq!(bench.engine.triggers().len(), 1);
}

#[tokio::test]
async fn what_a_removed_rule_left_waiting_is_cancelled_and_the_rest_is_told() {
    let bench = Bench::new();
    bench.watch(ANA, "views any; views every 1000").await;
    bench.see(990).await;
    bench.see(1_005).await;
    bench.watch(ANA, "views every 1000").await;
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!((bench.count("sent"), bench.count("cancelled:unwatched")), (1, 1));
    bench.sums();
}

#[tokio::test]
async fn unwatching_cancels_what_waits_and_watching_again_brings_nothing_back() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.unwatch(ANA).await, Edited::Done(1));
    assert_eq!(bench.unwatch(ANA).await, Edited::NotFound);
    assert_eq!(bench.store().next_polls().await.unwrap().earliest(), None);
    let again = bench.watch(ANA, "views any").await;
    assert!(matches!(again, Edited::Watched { created: true, .. }));
    assert!(bench.send_all().await.is_empty());
    assert_eq!(bench.count("cancelled:unwatched"), 1);
    bench.sums();
}

#[tokio::test]
async fn a_watch_that_begins_anew_has_a_silent_baseline_of_its_own() {
    let bench = Bench::new();
    bench.watch(ANA, "views any; views +5% in 1h").await;
    bench.see(100).await;
    bench.see(101).await;
    bench.send_all().await;
    bench.unwatch(ANA).await;
    bench.pass(10 * DAY);
    bench.watch(ANA, "views any; views +5% in 1h").await;
    // Ten times the views of then; but nobody watched, so nobody is told.
    bench.see(1_000).await;
    bench.see(1_000).await;
    assert!(bench.send_all().await.is_empty());
    bench.see(1_001).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("Int(1000) -> Int(1001)"), "{bodies:?}");
}

/// A first look takes units that are scarce, the looks that follow take others.
#[tokio::test]
async fn very_many_new_videos_keep_none_waiting_that_was_looked_at_before() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let video = bench.store().due_videos(bench.now(), 1).await.unwrap().remove(0);
    bench.pass(SECOND);
    let polled = tubebell::store::Polled {
        key: video.key,
        title: None,
        about: About::default(),
        next_poll: bench.now(),
        memory: "{}".into(),
    };
    bench.store().save_polled(vec![polled]).await.unwrap();
    for n in 1..=3 {
        bench.watch_subject(ANA, &format!("video:video{n:06}"), "views any").await;
    }
    let due = bench.store().due_videos(bench.now(), 2).await.unwrap();
    assert!(due[0].memory.is_none());
    assert_eq!((due.len(), due[1].id), (2, VIDEO.parse().unwrap()));
    assert_eq!(bench.store().due_videos(bench.now(), 9).await.unwrap().len(), 4);
    let before = bench.now().minus(SECOND);
    let soon = bench.store().soon_videos(before, bench.now(), 9).await.unwrap();
    assert_eq!(soon.iter().map(|due| due.id).collect::<Vec<_>>(), [VIDEO.parse().unwrap()]);
    assert!(bench.store().soon_videos(bench.now(), bench.now(), 9).await.unwrap().is_empty());
    let next = bench.store().next_polls().await.unwrap();
    assert_eq!((next.first, next.again), (Some(bench.now()), Some(bench.now())));
    assert_eq!(bench.store().watched_videos().await.unwrap(), 4);
}

#[tokio::test]
async fn a_look_that_led_to_a_watch_is_its_base() {
    let bench = Bench::new();
    let mut watch = watch_of(ANA, &format!("video:{VIDEO}"), "views any");
    let (series, value) = watch.rules[0].unset;
    watch.rules[0].start = Some(Some(NextTrigger { series, value, base: Some(500) }));
    watch.beginning = Some(Beginning {
        memory: "{}".into(),
        snapshot: super::snapshot(VIDEO, bench.now(), 500),
        first_look: tubebell::pipeline::first_look(tubebell::telemetry::Metrics::default()),
        next_poll: bench.now().plus(MINUTE),
    });
    bench.edit(Edit::Watch(Box::new(watch))).await;
    assert_eq!(bench.store().next_polls().await.unwrap().earliest(), Some(T0.plus(MINUTE)));
    let video = bench.store().video(VIDEO.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(video.memory.as_deref(), Some("{}"));
    bench.see(501).await;
    assert!(bench.send_all().await[0].contains("Int(500) -> Int(501)"));
}

#[tokio::test]
async fn a_rule_whose_values_are_all_passed_stands_without_a_trigger() {
    let bench = Bench::new();
    let mut watch = watch_of(ANA, &format!("video:{VIDEO}"), "views at 10k");
    watch.rules[0].start = Some(None);
    bench.edit(Edit::Watch(Box::new(watch))).await;
    assert!(bench.engine.triggers().is_empty());
    let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
    assert_eq!((why.len(), why[0].trigger), (1, None));
}

#[tokio::test]
async fn an_owner_has_so_many_watches_and_the_operator_has_no_limit() {
    let bench = Bench::new();
    let watch = |to: &str, video: &str, by: &str, limit| {
        let mut watch = watch_of(to, &format!("video:{video}"), "views any");
        (watch.owner, watch.limit) = (owner(by), Some(limit));
        Edit::Watch(Box::new(watch))
    };
    let made = |edited| matches!(edited, Edited::Watched { .. });
    assert!(made(bench.edit(watch(ANA, "aaaaaaaaaaa", ANA, 2)).await));
    assert!(made(bench.edit(watch("webhook:https://a.example/", "aaaaaaaaaaa", ANA, 2)).await));
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 2);
    let third = bench.edit(watch(ANA, "bbbbbbbbbbb", ANA, 2)).await;
    assert_eq!(third, Edited::LimitReached { limit: 2 });
    // Nothing of it stays behind.
    assert_eq!(bench.engine.rows("subject"), 1);
    // Somebody else in Ana's place counts with Ana; changing a watch that stands is none more.
    assert_eq!(bench.edit(watch(ANA, "bbbbbbbbbbb", "telegram:5", 2)).await, third);
    assert!(made(bench.edit(watch(ANA, "aaaaaaaaaaa", ANA, 2)).await));
    // A place that the operator's file has brought is trusted.
    for video in ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"] {
        bench.watch_subject("telegram:9", &format!("video:{video}"), "views any").await;
    }
    assert!(made(bench.edit(watch("telegram:9", "ddddddddddd", "telegram:9", 2)).await));
}

#[tokio::test]
async fn watches_are_listed_by_place_by_origin_by_row_and_by_pages() {
    let bench = Bench::new();
    for (to, video) in [(ANA, "aaaaaaaaaaa"), (ANA, "bbbbbbbbbbb"), ("recorder:b", "aaaaaaaaaaa")] {
        let mut watch = watch_of(to, &format!("video:{video}"), "views any");
        watch.origin = if to == ANA { "chat".into() } else { "file".into() };
        watch.title = Some(format!("title of {video}"));
        bench.edit(Edit::Watch(Box::new(watch))).await;
    }
    let store = bench.store();
    let all = store.watches(WatchFilter::All, 0, 10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].title.as_deref(), Some("title of aaaaaaaaaaa"));
    assert_eq!(all[0].members, None);
    let second = store.watches(WatchFilter::All, all[0].id.0, 1).await.unwrap();
    assert_eq!(second[0].id, all[1].id);
    assert_eq!(store.watches(WatchFilter::Of(at(ANA)), 0, 10).await.unwrap().len(), 2);
    assert_eq!(store.watches(WatchFilter::Origin("file".into()), 0, 10).await.unwrap().len(), 1);
    let one = store.watches(WatchFilter::One(all[2].id), 0, 10).await.unwrap();
    assert_eq!(one[0].destination.address, at("recorder:b"));
    let pairs = vec![
        (at(ANA), of("video:bbbbbbbbbbb")),
        (at(ANA), of("video:ccccccccccc")),
        (at("recorder:b"), of("video:aaaaaaaaaaa")),
    ];
    let found = store.watches_at(pairs).await.unwrap();
    let ids: Vec<_> = found.iter().map(|at| at.watch.as_ref().map(|watch| watch.id)).collect();
    assert_eq!(ids, [Some(all[1].id), None, Some(all[2].id)]);
    let places: Vec<_> = found.iter().map(|at| at.subject).collect();
    assert_eq!((places[0].is_some(), places[1], places[2].is_some()), (true, None, true));
    assert_eq!(found[0].watch.as_ref().unwrap().rules, ["views any"]);
    let from_chat = store.watches_from("chat", SubscriptionId(0), 10).await.unwrap();
    assert_eq!(from_chat, [all[0].id, all[1].id]);
    assert_eq!(store.watches_from("chat", all[0].id, 10).await.unwrap(), [all[1].id]);
    assert_eq!(store.watches_from("chat", SubscriptionId(0), 1).await.unwrap(), [all[0].id]);
}

#[tokio::test]
async fn what_is_at_a_place_that_has_moved_is_what_is_where_it_went() {
    let bench = Bench::new();
    bench.watch_subject("telegram:-5", &format!("video:{VIDEO}"), "views any; title").await;
    bench.edit(Edit::Move { from: at("telegram:-5"), to: at("telegram:-1005") }).await;
    let pair = |to: &str| (at(to), of(&format!("video:{VIDEO}")));
    let pairs = vec![pair("telegram:-5"), pair("telegram:-1005"), pair("telegram:-6")];
    let found = bench.store().watches_at(pairs).await.unwrap();
    assert_eq!(found[0].watch, found[1].watch);
    assert_eq!(found[0].watch.as_ref().unwrap().rules, ["views any", "title"]);
    assert_eq!(found.iter().map(|at| at.moved).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(found[2].watch, None);
}

#[tokio::test]
async fn long_work_comes_in_pieces_of_which_each_is_a_transaction() {
    let bench = Bench::new();
    let edits: Vec<Edit> = (0..2_500)
        .map(|n| Edit::Watch(Box::new(watch_of(ANA, &format!("video:{n:011}"), "views any"))))
        .collect();
    let edits: std::sync::Arc<[Edit]> = edits.into();
    let mut sizes = Vec::new();
    let mut done = 0;
    while done < edits.len() {
        let edited =
            bench.store().edit_some(std::sync::Arc::clone(&edits), done, T0).await.unwrap();
        done += edited.len();
        let there = bench.engine.rows("subscription");
        assert_eq!(there, done, "what was said to be done is there");
        sizes.push(edited.len());
    }
    assert!(sizes.len() >= 3, "{sizes:?}");
    assert!(sizes.iter().all(|size| (1..=1000).contains(size)), "{sizes:?}");
    assert!(bench.store().edit_some(edits, done, T0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_look_under_way_does_not_bring_back_a_video_that_nobody_watches() {
    use tubebell::store::Polled;
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let due = bench.store().due_videos(bench.now(), 10).await.unwrap().remove(0);
    bench.unwatch(ANA).await;
    let polled = Polled {
        key: due.key,
        memory: "m".into(),
        title: None,
        about: About::default(),
        next_poll: T0.plus(HOUR),
    };
    bench.store().save_polled(vec![polled]).await.unwrap();
    assert_eq!(bench.store().next_polls().await.unwrap().earliest(), None);
    bench.see(5).await;
    assert_eq!(bench.engine.rows("seen"), 0, "nobody watches it");
}

/// Rows that tell of rules.
fn rows_of_rules(bench: &Bench) -> usize {
    ["rule", "trigger", "subscription"].map(|noun| bench.engine.rows(noun)).iter().sum()
}

#[tokio::test]
async fn a_thousand_changes_of_rules_that_told_nothing_leave_no_rows() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    let before = rows_of_rules(&bench);
    for change in 0..1_000 {
        bench.pass(3 * SECOND);
        bench.watch(ANA, &format!("views at {}", 1_000 + change)).await;
    }
    bench.unwatch(ANA).await;
    bench.watch(ANA, "views any").await;
    assert_eq!(rows_of_rules(&bench), before);
    bench.see(2).await;
    bench.see(3).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_rule_that_told_or_held_back_something_is_explained_for_a_week() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    bench.watch(ANA, "views every 10").await;
    bench.mute(ANA, None, Some(bench.now().plus(HOUR))).await;
    bench.see(11).await;
    bench.watch(ANA, "likes any").await;
    bench.watch(ANA, "comments any").await;
    let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
    let rules: Vec<_> = why.iter().map(|story| (story.rule_text.as_str(), story.ended)).collect();
    assert_eq!(rules, [("comments any", false), ("views any", true), ("views every 10", true)]);
}

#[tokio::test]
async fn changes_of_a_lists_rules_leave_no_rows_after_a_sweep() {
    let bench = Bench::new();
    bench.watch_subject(ANA, super::listing::CHANNEL, "views any").await;
    let members = (0..3).map(|n| super::listing::row(n, T0.minus(DAY)));
    bench.list_within(super::listing::CHANNEL, members.collect(), true, 10).await;
    bench.see_video("video000001", 1).await;
    let before = bench.engine.rows("rule");
    for change in 0..100 {
        bench.pass(3 * SECOND);
        let rules = format!("views at {}", 1_000 + change);
        bench.watch_subject(ANA, super::listing::CHANNEL, &rules).await;
    }
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert_eq!(bench.engine.rows("rule"), before);
}
