//! What comes out is what went in.

use std::time::Duration;

use tubebell::store::{Edit, Registry as _, Stream as _};

use super::hands::{Hands, T0, cluster, in_memory, seen, until_told, video};
use crate::store::watch_of;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_read_whole_and_in_the_order_of_each_video() {
    let cluster = cluster();
    let hands = Hands::new(in_memory(&cluster.bootstrap_servers()));
    let snapshots: Vec<_> =
        (0..3).flat_map(|second| (0..50).map(move |n| seen(n, second, second))).collect();
    hands.publish(snapshots.clone()).await;
    let mut came = hands.routed(150).await;
    assert_eq!(came.len(), 150);
    came.sort_by_key(|snapshot| snapshot.observed_at);
    let of = |all: &[tubebell::model::Snapshot], n| {
        let id = video(n);
        all.iter().filter(|seen| seen.video_id == id).cloned().collect::<Vec<_>>()
    };
    for n in 0..50 {
        assert_eq!(of(&came, n), of(&snapshots, n));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_nobody_has_watched_for_a_month_is_erased_and_the_list_says_who_is_watched() {
    let cluster = cluster();
    let mut hands = Hands::new(in_memory(&cluster.bootstrap_servers()));
    let mirror = hands.bus.tasks.remove(0);
    let watch = watch_of("telegram:4711", &format!("video:{}", video(1)), "views any");
    let edits = vec![Edit::Watch(Box::new(watch))];
    hands.store.edit(None, edits, *T0).await.unwrap().unwrap();
    let month = Duration::from_secs(30 * 86_400);
    let story = async {
        hands.publish(vec![seen(1, 0, 10)]).await;
        let mut came = hands.routed(1).await;
        hands.store.compare_watched(month, *T0).await.unwrap();
        let destination = "telegram:4711".parse().unwrap();
        let subject = format!("video:{}", video(1)).parse().unwrap();
        let edits = vec![Edit::Unwatch { destination, subject }];
        hands.store.edit(None, edits, *T0).await.unwrap().unwrap();
        hands.store.compare_watched(month, *T0).await.unwrap();
        hands.store.compare_watched(month, T0.plus(month)).await.unwrap();
        came.extend(hands.routed(2).await);
        until_told(&*hands.store).await;
        came
    };
    let came = tokio::select! {
        () = mirror => unreachable!("it runs for ever"),
        came = story => came,
    };
    // One for each half of the pair that ksqlDB keeps.
    let titles: Vec<_> = came.iter().map(|seen| seen.title.is_some()).collect();
    assert_eq!(titles, [true, false, false]);
    assert!(came[1].observed_at < came[2].observed_at);
    assert_eq!((came[2].views, came[2].channel_title.as_deref()), (None, None));
}
