//! Channels and playlists: who joins, who leaves, what rings.

use super::*;
use tubebell::store::{Listed, Listing, WatchFilter};

const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";

fn id(n: usize) -> VideoId {
    format!("video{n:06}").parse().unwrap()
}

impl Bench {
    /// Lists the channel, newest first.
    async fn list(&self, complete: bool, members: &[usize], members_max: usize) -> Listed {
        self.pass(MINUTE);
        let due = self.store().due_subjects(self.now(), 10).await.unwrap();
        let listing = Listing {
            subject: due[0].id,
            title: Some("The channel".into()),
            playlist: None,
            feed: None,
            members: members.iter().map(|n| (id(*n), Some(format!("title {n}")))).collect(),
            complete,
            total: complete.then_some(1_000),
            members_max,
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap()
    }

    fn members(&self) -> Vec<String> {
        let db = self.database();
        let mut rows = db
            .prepare(
                "SELECT v.ref FROM member m JOIN video v ON v.id = m.video ORDER BY m.newness DESC",
            )
            .unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

#[tokio::test]
async fn the_first_listing_is_silent_and_gives_every_member_its_triggers() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 1000; upload").await;
    let listed = bench.list(true, &[3, 2, 1], 10).await;
    assert_eq!(listed, Listed { joined: 3, left: 0, alerts: 0, ..Listed::default() });
    // `upload` is fired by listings and needs none.
    assert_eq!(bench.sql::<i64>("SELECT count(*) FROM \"trigger\""), 3);
    assert_eq!(bench.store().due_videos(bench.now(), 10).await.unwrap().len(), 3);
    let row = &bench.store().watches(WatchFilter::All, 0, 1).await.unwrap()[0];
    assert_eq!((row.members, row.title.as_deref()), (Some((3, 1_000)), Some("The channel")));
}

#[tokio::test]
async fn a_later_member_is_an_upload_and_rings_in_the_order_of_uploads() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(true, &[1], 10).await;
    let listed = bench.list(false, &[3, 2, 1], 10).await;
    assert_eq!(listed, Listed { joined: 2, left: 0, alerts: 2, ..Listed::default() });
    let bodies = bench.send_all().await;
    assert!(bodies[0].contains("title 2") && bodies[1].contains("title 3"), "{bodies:?}");
    bench.sums();
}

#[tokio::test]
async fn a_rule_made_later_gets_triggers_for_the_members_of_now() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(true, &[2, 1], 10).await;
    bench.watch_subject("recorder:b", CHANNEL, "views any").await;
    assert_eq!(bench.sql::<i64>("SELECT count(*) FROM \"trigger\""), 2);
    // The channel is listed already: its members are no uploads for the new watch either.
    assert_eq!(bench.list(true, &[2, 1], 10).await, Listed::default());
}

#[tokio::test]
async fn members_that_leave_lose_their_triggers_unless_they_are_watched_otherwise() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views any").await;
    bench.list(true, &[2, 1], 10).await;
    bench.watch_subject(ANA, &format!("video:{}", id(1)), "views any").await;
    let listed = bench.list(true, &[], 10).await;
    assert_eq!(listed.left, 2);
    assert_eq!(bench.sql::<i64>("SELECT count(*) FROM \"trigger\""), 1);
    let due = bench.store().due_videos(bench.now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|video| video.id).collect::<Vec<_>>(), [id(1)]);
}

#[tokio::test]
async fn a_feed_says_nothing_about_who_left() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(true, &[2, 1], 10).await;
    assert_eq!(bench.list(false, &[2], 10).await, Listed::default());
}

#[tokio::test]
async fn of_too_many_members_the_newest_are_kept() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload; views any").await;
    bench.list(true, &[5, 4, 3, 2, 1], 3).await;
    assert_eq!(bench.members(), ["video000005", "video000004", "video000003"]);
    let listed = bench.list(false, &[7, 6, 5], 3).await;
    assert_eq!(listed, Listed { joined: 2, left: 2, alerts: 2, ..Listed::default() });
    assert_eq!(bench.members(), ["video000007", "video000006", "video000005"]);
    assert_eq!(bench.sql::<i64>("SELECT count(*) FROM \"trigger\""), 3);
}

#[tokio::test]
async fn an_old_video_that_moves_up_into_the_newest_is_no_upload() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(true, &[5, 4, 3], 3).await;
    // The owner has deleted 4, so 2 is among the newest three; 6 is really new.
    let listed = bench.list(true, &[6, 5, 3, 2], 3).await;
    assert_eq!(listed, Listed { joined: 1, left: 1, alerts: 1, ..Listed::default() });
    let listed = bench.list(true, &[5, 3, 2], 3).await;
    assert_eq!(listed, Listed { joined: 1, left: 1, alerts: 0, ..Listed::default() });
}

#[tokio::test]
async fn an_upload_for_somebody_who_is_muted_is_counted_and_not_told() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(true, &[1], 10).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    let listed = bench.list(false, &[2], 10).await;
    assert_eq!((listed.alerts, listed.suppressed), (0, [1, 0, 0]));
    let why = bench.store().why(id(2), Some(at(ANA))).await.unwrap();
    assert_eq!((why[0].suppressions[0].0.as_str(), why[0].suppressions[0].1), ("muted", 1));
}

#[tokio::test]
async fn a_listing_that_comes_after_the_last_unwatch_changes_nothing() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    let due = bench.store().due_subjects(bench.now(), 10).await.unwrap().remove(0);
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(CHANNEL) }).await;
    let listing = Listing {
        subject: due.id,
        title: None,
        playlist: None,
        feed: None,
        members: vec![(id(1), None)],
        complete: true,
        total: None,
        members_max: 10,
        next_listing: bench.now(),
    };
    let listed = bench.store().save_listing(listing, bench.now()).await.unwrap();
    assert_eq!(listed, Listed::default());
    assert!(bench.store().due_subjects(T0.plus(DAY), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_subject_that_could_not_be_listed_is_put_off() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    let due = bench.store().due_subjects(bench.now(), 10).await.unwrap().remove(0);
    bench.store().postpone_listing(due.id, T0.plus(HOUR)).await.unwrap();
    assert!(bench.store().due_subjects(T0.plus(MINUTE), 10).await.unwrap().is_empty());
    assert_eq!(bench.store().due_subjects(T0.plus(HOUR), 10).await.unwrap().len(), 1);
}
