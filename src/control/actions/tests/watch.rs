//! `watch`: limits, what is kept, and what YouTube has to do with it.

use super::*;

fn texts(watched: &Watched) -> Vec<&str> {
    watched.rules.iter().map(|rule| rule.text.as_str()).collect()
}

#[tokio::test]
async fn a_watch_without_rules_gets_the_preset_and_begins_with_the_numbers_of_now() {
    let mut bench = Bench::new();
    let watched = bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert_eq!((watched.created, watched.videos), (true, Some((1, 6))));
    assert_eq!(texts(&watched), ["views any"]);
    assert_eq!(watched.seen.snapshot(), Some(&snapshot()));
    assert_eq!(bench.watches(&ana().destination).await[0].rules, ["views any"]);
}

#[tokio::test]
async fn naming_a_watched_video_again_takes_no_rule_away_and_other_rules_replace_all() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "views at 1000, 2000; status").await.unwrap();
    let again = bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert!(!again.created && !again.changed);
    assert_eq!(texts(&again), ["views at 1000, 2000", "status"]);
    let other = bench.watch(&ana(), VIDEO, "status; views at 1000, 3000").await.unwrap();
    assert!(other.changed && other.before.is_some());
    let rules: Vec<_> = other.rules.iter().map(|rule| (rule.is_new, &*rule.passed)).collect();
    assert_eq!(rules, [(false, &[] as &[i64]), (true, &[1_000])]);
}

#[tokio::test]
async fn beyond_the_limit_of_watches_nobody_asks_youtube() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    bench.watch(&ana(), "video:aaaaaaaaaaa", "").await.unwrap();
    let asked = bench.asked();
    let refused = bench.watch(&ana(), "video:bbbbbbbbbbb", "").await.unwrap_err();
    assert_eq!((refused, bench.asked()), (NoWatch::TooManyWatches { max: 2 }, asked));
    // What stands may be changed, and the operator may have any number.
    bench.watch(&ana(), VIDEO, "status").await.unwrap();
    let operator = Asking { owner: Owner::Operator, ..ana() };
    bench.watch(&operator, "video:bbbbbbbbbbb", "").await.unwrap();
    let looks: Vec<_> =
        bench.youtube.askers.lock().unwrap().iter().map(|asker| asker.looks_max).collect();
    assert_eq!(looks, [Some(200), Some(200), Some(200), None]);
}

#[tokio::test]
async fn a_channel_is_found_by_its_handle_and_counts_for_its_videos() {
    let mut bench = Bench::new();
    let watched = bench.watch(&ana(), HANDLE, "").await.unwrap();
    assert_eq!((watched.subject, watched.videos), (of(CHANNEL), Some((7, 0))));
    assert!(!bench.watch(&ana(), HANDLE, "").await.unwrap().created);
}

#[tokio::test]
async fn an_owner_has_so_many_videos() {
    let mut bench = Bench::new();
    bench.actions.options.videos_per_owner = 1;
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let refused = bench.watch(&ana(), "video:aaaaaaaaaaa", "").await.unwrap_err();
    assert_eq!(refused, NoWatch::TooManyVideos { max: 1, left: 0 });
}

#[tokio::test]
async fn a_single_video_has_no_uploads_and_what_is_not_there_is_not_watched() {
    let mut bench = Bench::new();
    let refused = bench.watch(&ana(), VIDEO, "upload").await.unwrap_err();
    assert_eq!((refused, bench.asked()), (NoWatch::UploadOfVideo, 0));
    let gone = Snapshot { status: Status::Unavailable, ..snapshot() };
    for shown in [None, Some(gone)] {
        *bench.youtube.video.lock().unwrap() = shown;
        let refused = bench.watch(&ana(), VIDEO, "").await.unwrap_err();
        assert_eq!(refused, NoWatch::NotThere(NotThere(of(VIDEO))));
    }
    assert!(bench.watches(&ana().destination).await.is_empty());
}

#[tokio::test]
async fn a_youtube_that_does_not_answer_keeps_nobody_from_watching() {
    let mut bench = Bench::new();
    bench.fails();
    let watched = bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert!(watched.created && matches!(watched.seen, Seen::Unasked(_)));
}
