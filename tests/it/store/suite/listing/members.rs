//! Who joins a list and who leaves it, and what rules hear of the videos in it.

use super::*;

#[tokio::test]
async fn the_first_listing_is_silent_and_writes_members_alone() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 1000; views any; upload").await;
    assert_eq!(bench.list(old(&[3, 2, 1])).await, listed(3, 0));
    // One row each of `any` and `upload`, held by the channel; `every` gets its rows when its videos are routed.
    assert_eq!(bench.triggers(), 2);
    assert_eq!(bench.store().due_videos(bench.now(), 10).await.unwrap().len(), 3);
    let row = &bench.store().watches(WatchFilter::All, 0, 1).await.unwrap()[0];
    assert_eq!((row.members, row.title.as_deref()), (Some((3, 1_000)), Some("The channel")));
    for n in 1..=3 {
        bench.see_video(&name(n), 10).await;
    }
    assert_eq!(bench.triggers(), 5);
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn every_kind_of_rule_hears_the_videos_of_its_list() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views any; likes any; title; views every 1000").await;
    bench.list(old(&[2, 1])).await;
    for n in 1..=2 {
        bench.see_video(&name(n), 900).await;
        bench.see_video(&name(n), 1_100).await;
    }
    // Both rules that one change met, and of each video.
    assert_eq!(bench.fired(), 4);
    assert_eq!(bench.send_all().await.len(), 2);
    bench.sums();
}

#[tokio::test]
async fn a_video_of_its_own_and_in_two_lists_rings_once_for_each_watch() {
    let bench = Bench::new();
    let own = format!("video:{}", id(1));
    for (to, subject) in
        [("telegram:14", own.as_str()), ("telegram:13", CHANNEL), ("telegram:15", PLAYLIST)]
    {
        bench.watch_subject(to, subject, "views any; views every 100").await;
    }
    bench.list_of(CHANNEL, old(&[1]), true).await;
    bench.list_of(PLAYLIST, old(&[2, 1]), true).await;
    bench.see_video(&name(1), 90).await;
    bench.see_video(&name(1), 110).await;
    assert_eq!(bench.fired(), 6);
    // It is in one list less: only that one's watch hears no more of it.
    bench.list_of(CHANNEL, old(&[]), true).await;
    bench.see_video(&name(1), 210).await;
    assert_eq!(bench.fired(), 10);
    assert_eq!(
        bench.triggers_of_videos(),
        3,
        "what the channel's rule had of it has ended where it was found"
    );
    bench.sums();
}

#[tokio::test]
async fn a_rule_added_to_a_long_list_writes_one_row_and_hears_what_comes_after_it() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views any").await;
    let all: Vec<usize> = (1..=500).collect();
    bench.list_within(CHANNEL, old(&all), true, 500).await;
    bench.see_video(&name(1), 950).await;
    bench.see_video(&name(2), 950).await;
    bench.watch_subject(ANA, CHANNEL, "views any; views every 1000").await;
    assert_eq!(bench.triggers(), 1);
    // What was passed before the rule was made is no news to it, and what is passed now is.
    bench.see_video(&name(1), 1_001).await;
    bench.see_video(&name(2), 999).await;
    assert_eq!(bench.fired_by("views every 1000"), 1);
    bench.see_video(&name(2), 1_000).await;
    assert_eq!(bench.fired_by("views every 1000"), 2);
}

#[tokio::test]
async fn a_trigger_belongs_to_a_moment_also_in_a_list() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views any; title; views every 100").await;
    let own = format!("video:{}", id(1));
    bench.watch_subject("telegram:14", &own, "views any").await;
    bench.see_video(&name(1), 90).await;
    // Seen before the video joined, and routed after it.
    let early = snapshot(&name(1), bench.now().plus(SECOND), 150);
    bench.pass(MINUTE);
    bench.list(old(&[1])).await;
    bench.publish(early).await;
    assert_eq!(bench.fired(), 1, "only the watch of its own");
    bench.see_video(&name(1), 250).await;
    assert_eq!(bench.fired(), 4);
}

#[tokio::test]
async fn a_member_that_leaves_and_comes_back_starts_anew() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 1000; views any").await;
    bench.watch_subject("telegram:14", &format!("video:{}", id(1)), "status").await;
    bench.list(old(&[1])).await;
    bench.see_video(&name(1), 900).await;
    assert_eq!(bench.list(old(&[])).await, listed(0, 1));
    // While it is away, nobody hears of it.
    bench.see_video(&name(1), 1_500).await;
    assert_eq!(bench.fired(), 0);
    assert_eq!(bench.list(old(&[1])).await, listed(1, 0));
    bench.see_video(&name(1), 1_900).await;
    // What moved since it is back is told; the thousand was passed before.
    assert_eq!(bench.fired(), 1);
    bench.see_video(&name(1), 2_000).await;
    assert_eq!(bench.fired(), 3);
    assert_eq!(bench.triggers_of_videos(), 2);
}

#[tokio::test]
async fn rows_of_a_member_that_came_back_and_left_unseen_are_removed_too() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 1000; views +5").await;
    bench.list(old(&[1])).await;
    bench.see_video(&name(1), 900).await;
    for members in [&[][..], &[1], &[]] {
        bench.list(old(members)).await;
    }
    assert_eq!(bench.triggers(), 2);
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert_eq!(bench.triggers(), 0);
}

#[tokio::test]
async fn members_that_left_are_polled_no_more_unless_they_are_watched_otherwise() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views any").await;
    bench.list(old(&[2, 1])).await;
    bench.watch_subject(ANA, &format!("video:{}", id(1)), "views any").await;
    assert_eq!(bench.list(old(&[])).await, listed(0, 2));
    let due = bench.store().due_videos(bench.now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|video| video.id).collect::<Vec<_>>(), [id(1)]);
}

#[tokio::test]
async fn a_feed_says_nothing_about_who_left() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    assert_eq!(bench.list_of(CHANNEL, old(&[2]), false).await, listed(0, 0));
}

#[tokio::test]
async fn a_rule_of_a_list_waits_for_a_first_look_before_it_has_a_value() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 10").await;
    bench.list(old(&[1])).await;
    let why = bench.store().why(id(1), Some(at(ANA))).await.unwrap();
    assert!(why[0].unset && why[0].trigger.is_some(), "{why:?}");
    bench.see_video(&name(1), 5).await;
    let why = bench.store().why(id(1), Some(at(ANA))).await.unwrap();
    assert_eq!(why[0].trigger.map(|(_, value)| value), Some(10));
}

#[tokio::test]
async fn a_listing_that_comes_after_the_last_unwatch_changes_nothing() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload; views every 10").await;
    bench.list(old(&[1])).await;
    bench.see_video(&name(1), 1).await;
    let due = bench.due(CHANNEL).await;
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(CHANNEL) }).await;
    let listing = Listing {
        subject: due.id,
        title: None,
        same_as: None,
        memory: "{}".into(),
        members: old(&[2]),
        complete: true,
        total: None,
        members_max: 10,
        presence: Some(false),
        next_listing: bench.now(),
    };
    let saved = bench.store().save_listing(listing, bench.now()).await.unwrap();
    assert_eq!(saved, Listed::default());
    let later = T0.plus(DAY);
    assert!(bench.store().due_subjects(later, 10, ANYBODY).await.unwrap().is_empty());
    assert!(bench.store().due_videos(later, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn videos_never_held_are_told_apart_from_those_that_left() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    bench.list(old(&[2])).await;
    let subject = bench.due(CHANNEL).await.id;
    let unknown = bench.store().unknown_members(subject, vec![id(1), id(2), id(3)]).await.unwrap();
    assert_eq!(unknown, [id(3)]);
}
