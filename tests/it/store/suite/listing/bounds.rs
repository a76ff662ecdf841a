//! How much of a list is kept, and for how long.

use super::*;
use tubebell::store::VideosLimit;

#[tokio::test]
async fn of_too_many_members_the_newest_by_date_are_kept_in_whatever_order_they_come() {
    let bench = Bench::new();
    bench.watch_subject(ANA, PLAYLIST, "upload").await;
    bench.list_within(PLAYLIST, old(&[1, 5, 2, 4, 3]), true, 3).await;
    assert_eq!(bench.members(), [name(5), name(4), name(3)]);
    let later = vec![row(6, bench.now()), row(7, bench.now().plus(SECOND))];
    assert_eq!(bench.list_within(PLAYLIST, later, false, 3).await, listed(2, 2));
    assert_eq!(bench.members(), [name(7), name(6), name(5)]);
    bench.see_video(&name(6), 1).await;
    bench.see_video(&name(7), 1).await;
    assert_eq!(bench.send_all().await.len(), 2);
}

#[tokio::test]
async fn what_an_owner_watches_holds_so_many_videos() {
    let bench = Bench::new();
    let within = |to: &str, subject: &str, limit, counted| {
        let mut edit = watch_of(to, subject, "upload");
        edit.owner = owner("telegram:1");
        edit.videos_limit = Some(VideosLimit { limit, counted });
        Edit::Watch(Box::new(edit))
    };
    let videos = |edited: &Edited| match edited {
        Edited::Watched { videos, .. } => *videos,
        other => panic!("{other:?}"),
    };
    let made = bench.edit(within("telegram:1", "video:aaaaaaaaaaa", 5, 1)).await;
    assert_eq!(videos(&made), Some((1, 4)));
    // A list that has more keeps its newest.
    let made = bench.edit(within("telegram:1", CHANNEL, 5, 10)).await;
    assert_eq!(videos(&made), Some((4, 0)));
    let limits = ListLimits { per_list: 10, per_owner: 5 };
    let due = bench.store().due_subjects(bench.now(), 10, limits).await.unwrap().remove(0);
    assert_eq!(due.members_max, 4);
    bench.list_within(CHANNEL, old(&[1, 2, 3, 4, 5, 6]), true, due.members_max).await;
    assert_eq!(bench.members()[1..], [name(6), name(5), name(4), name(3)]);
    let made = bench.edit(within("telegram:1", "video:bbbbbbbbbbb", 5, 1)).await;
    assert_eq!(made, Edited::VideosReached { limit: 5, left: 0 });
    // What stands is not refused, and what somebody else pays for is free.
    let again = bench.edit(within("telegram:1", CHANNEL, 5, 10)).await;
    assert!(matches!(again, Edited::Watched { created: false, .. }), "{again:?}");
    bench.watch_subject("telegram:9", CHANNEL, "upload").await;
    let due = bench.store().due_subjects(bench.now().plus(DAY), 10, limits).await.unwrap();
    assert_eq!(due[0].members_max, 10, "the operator's watch has no limit");
    // Who has more than is allowed by now keeps it.
    bench.edit(Edit::Unwatch { destination: at("telegram:9"), subject: of(CHANNEL) }).await;
    let limits = ListLimits { per_list: 10, per_owner: 2 };
    let due = bench.store().due_subjects(bench.now().plus(DAY), 10, limits).await.unwrap();
    assert_eq!(due[0].members_max, 4);
}

#[tokio::test]
async fn watches_of_long_lists_expire_a_few_at_a_time() {
    let bench = Bench::new();
    let videos: Vec<usize> = (0..1_500).collect();
    for playlist in ["PLaaaaaaaaaaaaaaaa", "PLbbbbbbbbbbbbbbbb", "PLcccccccccccccccc"] {
        let playlist = format!("playlist:{playlist}");
        let mut edit = watch_of(ANA, &playlist, "upload");
        edit.settings.until = Some(T0.plus(HOUR));
        bench.edit(Edit::Watch(Box::new(edit))).await;
        bench.list_within(&playlist, old(&videos), true, videos.len()).await;
    }
    bench.pass(HOUR);
    assert!(bench.store().sweep(KEEP, bench.now()).await.unwrap());
    assert_eq!(bench.watched().await.len(), 1);
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert!(bench.watched().await.is_empty());
}

#[tokio::test]
async fn rows_of_rules_that_ended_and_of_videos_that_left_go_in_the_sweep() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 10; likes every 10; views any").await;
    bench.watch_subject("telegram:12", CHANNEL, "views every 10").await;
    bench.list(old(&[3, 2, 1])).await;
    for n in 1..=3 {
        bench.see_video(&name(n), 1).await;
    }
    assert_eq!(bench.triggers(), 10);
    bench.list(old(&[3, 2])).await;
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert_eq!(bench.triggers(), 7);
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(CHANNEL) }).await;
    assert_eq!(bench.triggers(), 6);
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert_eq!(bench.triggers(), 2);
    // The rule of the other watch goes on.
    bench.see_video(&name(3), 10).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn what_is_remembered_of_a_list_is_bounded_and_what_is_forgotten_is_no_news() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list_within(CHANNEL, vec![], true, 3).await;
    let rows: Vec<ListedMember> =
        (0..20).map(|n| row(n, bench.now().plus(MINUTE * u32::try_from(n).unwrap()))).collect();
    for row in &rows {
        bench.list_within(CHANNEL, vec![row.clone()], false, 3).await;
        bench.see_video(&row.id.to_string(), 1).await;
    }
    assert_eq!(bench.send_all().await.len(), 20);
    assert!(bench.engine.rows("member") <= 6);
    // All but the newest are deleted, and the old ones come back into the list.
    bench.list_within(CHANNEL, rows[..4].to_vec(), true, 3).await;
    for row in &rows[..4] {
        bench.see_video(&row.id.to_string(), 2).await;
    }
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_subject_that_could_not_be_listed_is_put_off_and_remembers() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    let due = bench.due(CHANNEL).await;
    let memory = Some("{\"failures\":1}".to_owned());
    bench.store().postpone_listing(due.id, memory.clone(), T0.plus(HOUR)).await.unwrap();
    let at = |at| bench.store().due_subjects(at, 10, ANYBODY);
    assert!(at(T0.plus(MINUTE)).await.unwrap().is_empty());
    assert_eq!(at(T0.plus(HOUR)).await.unwrap()[0].memory, memory);
}

#[tokio::test]
async fn a_list_that_is_watched_anew_is_read_anew() {
    let bench = Bench::new();
    bench.watch_subject(ANA, PLAYLIST, "upload").await;
    bench.list_of(PLAYLIST, old(&[1]), true).await;
    assert!(bench.due(PLAYLIST).await.memory.is_some());
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(PLAYLIST) }).await;
    bench.watch_subject(ANA, PLAYLIST, "upload").await;
    assert_eq!(bench.due(PLAYLIST).await.memory, None);
}
