//! One story through the whole seam: every store has to be able to tell it.

use super::*;
use tubebell::model::Outcome;
use tubebell::store::{UpdateMark, WatchFilter};

/// A watch, an alert, a message, a restart, a mute, an end.
#[tokio::test]
async fn a_watch_lives_rings_survives_a_stop_and_is_forgotten() {
    let told = Told { now: T0, plain: Arc::new(Plain::default()) };
    let engine = Engine::new();
    let store = engine.open();

    // Ana asks for a watch; her update is delivered twice.
    let mark = UpdateMark { source: "telegram:1".into(), update_id: 7 };
    let watch = Edit::Watch(Box::new(watch_of(ANA, &format!("video:{VIDEO}"), "views every 1000")));
    let edited = store.edit(Some(mark.clone()), vec![watch.clone()], T0).await.unwrap().unwrap();
    assert!(matches!(edited[0], Edited::Watched { created: true, changed: true, .. }));
    assert_eq!(store.edit(Some(mark.clone()), vec![watch], T0).await.unwrap(), None);
    store.move_mark(mark, T0).await.unwrap();
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(7));
    let listed = store.watches(WatchFilter::Of(at(ANA)), 0, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].rules, ["views every 1000"]);

    // The video is due, is polled, and is seen: the first look is silent, the second is not.
    let due = store.due_videos(T0, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].id.as_str(), VIDEO);
    told.see(&*store, T0.plus(SECOND), 990).await;
    assert!(told.claim(&*store, T0.plus(SECOND)).await.claims.is_empty());
    told.see(&*store, T0.plus(MINUTE), 1_005).await;

    // It leaves once; a stop in between loses nothing and changes neither its id nor its text.
    let first = told.claim(&*store, T0.plus(MINUTE)).await.claims;
    assert_eq!(first.len(), 1);
    drop(store);
    let store = engine.open();
    let again = told.claim(&*store, T0.plus(2 * MINUTE)).await.claims;
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].public_id, &again[0].body), (&first[0].public_id, &first[0].body));
    let sent = Finished {
        id: again[0].id,
        lane: again[0].lane,
        at: T0.plus(2 * MINUTE),
        lane_free_at: T0.plus(2 * MINUTE),
        lane_failed: None,
        is_probe: false,
        result: FinishedAs::Sent("4711/1".into()),
    };
    let plain = Arc::clone(&told.plain) as _;
    let done = store
        .finish_and_claim(vec![sent], Channel::Telegram, Room::of(10), T0.plus(2 * MINUTE), plain)
        .await
        .unwrap();
    assert!(done.claims.is_empty());
    let why = store.why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert_eq!(why.len(), 1);
    assert_eq!(why[0].alerts.len(), 1);
    assert_eq!(why[0].alerts[0].1, Outcome::Sent);

    // Muted, the rule moves on and a count says so; lifted, nothing comes back.
    let mute = |until| Edit::Mute { destination: at(ANA), subject: None, until };
    store.edit(None, vec![mute(Some(T0.plus(DAY)))], T0.plus(3 * MINUTE)).await.unwrap();
    told.see(&*store, T0.plus(4 * MINUTE), 2_005).await;
    store.edit(None, vec![mute(None)], T0.plus(5 * MINUTE)).await.unwrap();
    assert!(told.claim(&*store, T0.plus(5 * MINUTE)).await.claims.is_empty());
    let why = store.why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert_eq!(why[0].suppressions[0].0, "muted");
    assert_eq!(why[0].trigger.unwrap().1, 3_000);

    // The watch ends, and after its time all is forgotten.
    let unwatch = Edit::Unwatch { destination: at(ANA), subject: of(&format!("video:{VIDEO}")) };
    store.edit(None, vec![unwatch], T0.plus(HOUR)).await.unwrap();
    assert_eq!(store.watched_videos().await.unwrap(), 0);
    let later = T0.plus(40 * DAY);
    while store.sweep(KEEP, later).await.unwrap() {}
    store.sweep(KEEP, later).await.unwrap();
    assert!(store.video(VIDEO.parse().unwrap()).await.unwrap().is_none());
    assert!(store.why(VIDEO.parse().unwrap(), None).await.unwrap().is_empty());
}

struct Told {
    now: UnixMillis,
    plain: Arc<Plain>,
}

impl Told {
    async fn see(&self, store: &dyn Store, now: UnixMillis, views: i64) {
        assert!(now > self.now);
        store.append(vec![snapshot(VIDEO, now, views)]).await.unwrap();
        let read = store.position(EMBEDDED_STREAM, 0).await.unwrap();
        let batch = store.read_log(read, 10).await.unwrap();
        let work = Box::new(move |tx: &mut dyn tubebell::model::RoutingTx<Error = _>| {
            let mut next = read;
            for (offset, snapshot) in &batch {
                Router::new().route(tx, snapshot, &mut Budget::new(100, &|| false))?;
                next = offset + 1;
            }
            Ok(next)
        });
        store.route(EMBEDDED_STREAM, 0, read, now, work).await.unwrap();
    }

    async fn claim(&self, store: &dyn Store, now: UnixMillis) -> Claimed {
        let plain = Arc::clone(&self.plain) as _;
        store
            .finish_and_claim(Vec::new(), Channel::Telegram, Room::of(10), now, plain)
            .await
            .unwrap()
    }
}
