//! What is gone, and what is back: told without a rule.

use super::*;

#[tokio::test]
async fn a_list_that_is_gone_is_told_once_to_each_of_its_watchers_and_so_is_its_return() {
    let bench = Bench::new();
    bench.watch_subject(ANA, PLAYLIST, "views any").await;
    bench.watch_subject("telegram:12", PLAYLIST, "upload").await;
    bench.list_of(PLAYLIST, old(&[1]), true).await;
    assert!(bench.presence(PLAYLIST, false).await.is_news);
    assert_eq!(bench.send_all().await.len(), 2);
    assert!(bench.due(PLAYLIST).await.gone);
    assert!(!bench.presence(PLAYLIST, false).await.is_news);
    // Whoever comes later is not told what is over.
    bench.watch_subject("telegram:13", PLAYLIST, "upload").await;
    assert!(bench.send_all().await.is_empty());
    assert!(bench.presence(PLAYLIST, true).await.is_news);
    assert_eq!(bench.send_all().await.len(), 3);
    bench.sums();
}

#[tokio::test]
async fn a_video_that_is_gone_is_told_to_its_watchers_also_without_a_rule_for_it() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch("telegram:12", "status; views any").await;
    bench.see(1).await;
    let with = |bench: &Bench, status| {
        bench.pass(SECOND);
        Snapshot { status, ..snapshot(VIDEO, bench.now(), 1) }
    };
    bench.publish(with(&bench, Status::Unavailable)).await;
    assert_eq!(bench.fired(), 2, "one each");
    bench.publish(with(&bench, Status::Unavailable)).await;
    bench.publish(with(&bench, Status::Public)).await;
    assert_eq!(bench.fired(), 4);
    // Unlisted is not gone: only who asked hears of it.
    bench.publish(with(&bench, Status::Unlisted)).await;
    assert_eq!(bench.fired(), 5);
    bench.send_all().await;
    bench.sums();
    let why = bench.store().why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    let told = why.iter().find(|why| why.rule_text == "presence").unwrap();
    // It was back before anybody was told that it was gone.
    assert_eq!((told.alerts.len(), told.alerts[0].0.firings), (1, 2));
}
