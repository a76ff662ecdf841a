//! `why`, and the values at which rules fire next.

use super::*;

#[tokio::test]
async fn what_is_known_of_a_video_is_for_those_who_watch_it() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let id = snapshot().video_id;
    let why = async |chat: &str| {
        let since = (UnixMillis::default(), 0);
        bench.actions.why(&chat.parse().unwrap(), id, since).await.unwrap()
    };
    let told = why("telegram:42").await;
    assert_eq!((told.stories.len(), told.history.is_some()), (1, true));
    let told = why("telegram:43").await;
    assert!(told.stories.is_empty() && told.history.is_none());
}

#[tokio::test]
async fn a_rule_that_counts_says_where_it_fires_next() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "views every 1000; status").await.unwrap();
    let texts = ["views every 1000", "status", "likes any"];
    let rules = bench.actions.rules(&ana().destination, &of(VIDEO), texts.into_iter()).await;
    let next: Vec<_> = rules.unwrap().into_iter().map(|rule| rule.next).collect();
    assert_eq!(next, [Some(2_000), None, None]);
}
