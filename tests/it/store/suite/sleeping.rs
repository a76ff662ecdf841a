//! What only chats look at that are out of reach for good is polled no more, until one is back.

use super::*;
use tubebell::store::{DueSubject, ListLimits, ListedMember, Listing, WatchFilter};

const MONTH: Duration = DAY.saturating_mul(30);
const BEN: &str = "telegram:5";
const OTHER: &str = "aaaaaaaaaaa";

impl Bench {
    /// Sweeps until there is nothing more to do at once; how often.
    pub(in super::super) async fn sweeps(&self) -> usize {
        for count in 1..1_000 {
            if !self.store().sweep(KEEP, self.now()).await.unwrap() {
                return count;
            }
        }
        panic!("the sweep never ends");
    }

    pub(in super::super) async fn off(&self, who: &str) {
        self.edit(Edit::Disable { destination: at(who), reason: "blocked".into() }).await;
    }

    async fn alive(&self, who: &str) {
        self.edit(Edit::Alive { destination: at(who) }).await;
    }

    /// The videos that are polled, now or later.
    pub(in super::super) async fn polled(&self) -> Vec<String> {
        let far = self.now().plus(366 * DAY);
        let due = self.store().due_videos(far, 10_000).await.unwrap();
        let mut polled: Vec<String> = due.into_iter().map(|due| due.id.to_string()).collect();
        polled.sort();
        polled
    }

    fn asleep(&self, who: &str) -> i64 {
        self.engine.asleep(who)
    }

    /// The lists that are listed now or later.
    async fn lists(&self) -> Vec<DueSubject> {
        let limits = ListLimits { per_list: 500, per_owner: 1_000 };
        self.store().due_subjects(self.now().plus(366 * DAY), 9, limits).await.unwrap()
    }

    /// The only list holds these.
    async fn holds(&self, ids: &[(&str, UnixMillis)]) {
        let due = self.lists().await.remove(0);
        self.list_as(&due, ids, None).await;
    }

    /// YouTube shows a list like this, by this name.
    async fn list_as(&self, due: &DueSubject, ids: &[(&str, UnixMillis)], name: Option<&str>) {
        let members = ids
            .iter()
            .map(|(id, at)| ListedMember { id: id.parse().unwrap(), title: None, at: Some(*at) })
            .collect();
        let listing = Listing {
            subject: due.id,
            title: None,
            same_as: name.map(of),
            memory: "{}".into(),
            members,
            complete: true,
            total: None,
            members_max: 500,
            presence: Some(true),
            next_listing: self.now().plus(HOUR),
        };
        self.store().save_listing(listing, self.now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_video_is_polled_while_anybody_who_watches_it_can_be_reached() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch(BEN, "views any").await;
    bench.watch_subject(BEN, &format!("video:{OTHER}"), "views any").await;
    bench.off(BEN).await;
    bench.pass(MONTH - SECOND);
    bench.sweeps().await;
    assert_eq!(bench.polled().await, [OTHER, VIDEO], "he may still be back");
    bench.pass(SECOND);
    bench.sweeps().await;
    assert_eq!((bench.polled().await, bench.asleep(BEN)), (vec![VIDEO.to_owned()], 1));
    bench.off(ANA).await;
    bench.pass(MONTH);
    bench.sweeps().await;
    assert!(bench.polled().await.is_empty());
    // The watches stand, and whoever is back finds theirs.
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().watches, 3);
    bench.alive(ANA).await;
    assert_eq!((bench.polled().await, bench.asleep(ANA)), (vec![VIDEO.to_owned()], 0));
    bench.alive(BEN).await;
    assert_eq!(bench.polled().await, [OTHER, VIDEO]);
    bench.sums();
}

#[tokio::test]
async fn what_sleeps_takes_up_no_room_of_whoever_brought_it_in() {
    let bench = Bench::new();
    let bring = |group: &str| Edit::BringIn {
        group: at(group),
        by: at(ANA),
        owner: owner(ANA),
        limit: Some(1),
    };
    bench.edit(bring("telegram:-100")).await;
    for chat in [ANA, "telegram:-100"] {
        bench.edit(Edit::Enable { destination: at(chat), owner: owner(ANA) }).await;
    }
    bench.watch(ANA, "views any").await;
    bench.watch("telegram:-100", "views any").await;
    let full = Edited::GroupsReached { limit: 1 };
    assert_eq!(bench.edit(bring("telegram:-200")).await, full);
    bench.off("telegram:-100").await;
    bench.pass(MONTH - SECOND);
    bench.sweeps().await;
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 2);
    assert_eq!(bench.edit(bring("telegram:-200")).await, full);
    bench.pass(SECOND);
    bench.sweeps().await;
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 1);
    assert_eq!(bench.edit(bring("telegram:-200")).await, Edited::Done(1));
    // Back, it counts again.
    bench.alive("telegram:-100").await;
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 2);
}

#[tokio::test]
async fn whoever_is_back_hears_what_happens_from_then_on_and_nothing_of_before() {
    let bench = Bench::new();
    bench.watch(ANA, "views any; views every 1000; views +500; title").await;
    bench.see(100).await;
    bench.see(950).await;
    bench.send_all().await;
    bench.off(ANA).await;
    for _ in 0..2 {
        // The second time, all that was known of the video is forgotten by then.
        bench.pass(3 * MONTH);
        bench.sweeps().await;
        bench.sweeps().await;
    }
    assert_eq!(bench.engine.rows("seen"), 0);
    bench.alive(ANA).await;
    bench.see(50_700).await;
    assert!(bench.send_all().await.is_empty(), "the first look is a silent one");
    bench.see(50_800).await;
    let told = bench.send_all().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("Int(50700) -> Int(50800)"), "{told:?}");
    // The rules have their places: one passes 51,000, the other 500 more than when they began again.
    let triggers = bench.engine.triggers();
    let next = |rule: &str| triggers.iter().find(|at| at.rule_text == rule).unwrap().value;
    assert_eq!((next("views every 1000"), next("views +500")), (51_000, 51_200));
    bench.sums();
}

#[tokio::test]
async fn a_watch_of_the_same_video_by_somebody_else_changes_nothing_about_that() {
    let bench = Bench::new();
    bench.watch(ANA, "views every 1000").await;
    bench.see(950).await;
    bench.off(ANA).await;
    bench.pass(2 * MONTH);
    bench.sweeps().await;
    // Ben begins a life of the video of its own, in which Ana's rule is not told.
    bench.watch(BEN, "views every 1000").await;
    bench.see(50_700).await;
    bench.alive(ANA).await;
    bench.see(50_800).await;
    assert!(bench.send_all().await.is_empty());
    bench.see(51_001).await;
    assert_eq!(bench.send_all().await.len(), 2, "both pass 51,000");
    bench.sums();
}

#[tokio::test]
async fn of_a_list_nothing_is_polled_and_what_came_meanwhile_is_no_news() {
    let bench = Bench::new();
    let list = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
    bench.watch_subject(ANA, list, "upload; views every 1000").await;
    let old = bench.now().minus(DAY);
    bench.holds(&[(VIDEO, old)]).await;
    for views in [100, 950] {
        bench.see(views).await;
    }
    bench.off(ANA).await;
    bench.pass(MONTH);
    bench.sweeps().await;
    assert!(bench.polled().await.is_empty());
    assert_eq!(bench.lists().await.len(), 0);
    bench.sweeps().await;
    assert!(bench.engine.triggers().iter().all(|at| !at.is_of_a_video));
    bench.pass(DAY);
    let meanwhile = bench.now();
    bench.pass(DAY);
    bench.alive(ANA).await;
    assert_eq!(bench.lists().await.len(), 1);
    bench.holds(&[(VIDEO, old), (OTHER, meanwhile)]).await;
    for (video, views) in [(VIDEO, 50_700), (OTHER, 5), (VIDEO, 50_800), (OTHER, 6)] {
        bench.see_video(video, views).await;
    }
    assert!(bench.send_all().await.is_empty());
    bench.see(51_001).await;
    bench.pass(MINUTE);
    bench.holds(&[(VIDEO, old), (OTHER, meanwhile), ("bbbbbbbbbbb", bench.now())]).await;
    bench.see_video("bbbbbbbbbbb", 1).await;
    let told = bench.send_all().await;
    assert!(told.iter().any(|body| body.contains("51001")), "{told:?}");
    assert!(told.iter().any(|body| body.contains("bbbbbbbbbbb")), "{told:?}");
    bench.sums();
}

#[tokio::test]
async fn the_last_watch_that_is_heard_ends_and_those_that_are_not_stand() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch(BEN, "views any").await;
    bench.off(BEN).await;
    bench.pass(MONTH);
    bench.sweeps().await;
    bench.unwatch(ANA).await;
    assert!(bench.polled().await.is_empty());
    bench.pass(8 * DAY);
    bench.sweeps().await;
    bench.alive(BEN).await;
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn many_watches_fall_asleep_and_wake_in_pieces() {
    let bench = Bench::new();
    let edits = (0..2_500).map(|number| {
        let subject = format!("video:video{number:06}");
        Edit::Watch(Box::new(watch_of(ANA, &subject, "views any")))
    });
    bench.store().edit(None, edits.collect(), bench.now()).await.unwrap();
    bench.off(ANA).await;
    bench.pass(MONTH);
    assert!(bench.store().sweep(KEEP, bench.now()).await.unwrap());
    assert_eq!(bench.polled().await.len(), 1_500);
    // Back in the middle of it.
    bench.alive(ANA).await;
    assert_eq!(bench.asleep(ANA), 2);
    bench.sweeps().await;
    assert_eq!((bench.polled().await.len(), bench.asleep(ANA)), (2_500, 0));

    bench.off(ANA).await;
    bench.pass(MONTH);
    assert_eq!(bench.sweeps().await, 3);
    assert_eq!((bench.polled().await.len(), bench.asleep(ANA)), (0, 1));
    bench.alive(ANA).await;
    assert_eq!(bench.polled().await.len(), 1_000, "the first at once");
    assert!(bench.store().sweep(KEEP, bench.now()).await.unwrap());
    assert_eq!(bench.polled().await.len(), 2_000, "and the rest next, whoever else is there");
    bench.sweeps().await;
    assert_eq!((bench.polled().await.len(), bench.asleep(ANA)), (2_500, 0));
}

#[tokio::test]
async fn a_group_that_moved_in_its_sleep_wakes_where_it_is() {
    let bench = Bench::new();
    bench.watch("telegram:-5", "views any").await;
    bench.off("telegram:-5").await;
    bench.pass(MONTH);
    bench.sweeps().await;
    assert!(bench.polled().await.is_empty());
    bench.edit(Edit::Move { from: at("telegram:-5"), to: at("telegram:-1005") }).await;
    assert_eq!((bench.polled().await, bench.asleep("telegram:-1005")), (vec![VIDEO.to_owned()], 0));
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_blocked_chat_that_is_blocked_again_counts_from_the_first_time() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.off(ANA).await;
    let since = bench.now();
    bench.pass(HOUR);
    bench.off(ANA).await;
    let row = bench.store().destination(&at(ANA)).await.unwrap().unwrap();
    assert_eq!(row.off_since, Some(since));
    bench.alive(ANA).await;
    let row = bench.store().destination(&at(ANA)).await.unwrap().unwrap();
    assert_eq!((row.disabled, row.off_since, row.barred), (None, None, None));
}

#[tokio::test]
async fn two_names_of_one_channel_become_one_once_the_watches_of_both_are_awake() {
    let bench = Bench::new();
    let (id, handle) = ("channel:UCuAXFkgsw1L7xaCfnd5JJOw", "channel:@rick");
    bench.watch_subject(ANA, id, "upload").await;
    bench.off(ANA).await;
    bench.pass(MONTH);
    bench.sweeps().await;
    bench.watch_subject(BEN, handle, "upload").await;
    let old = bench.now().minus(DAY);
    for _ in 0..3 {
        for due in bench.lists().await {
            bench.list_as(&due, &[(VIDEO, old)], Some(id)).await;
        }
        bench.see(1).await;
    }
    let watched = async || {
        let all = bench.store().watches(WatchFilter::All, 0, 9).await.unwrap();
        all.iter().map(|watch| watch.subject.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(watched().await, [id, handle], "hers would be left behind");
    bench.alive(ANA).await;
    for _ in 0..3 {
        for due in bench.lists().await {
            bench.list_as(&due, &[(VIDEO, old)], Some(id)).await;
        }
        bench.see(2).await;
    }
    assert_eq!((watched().await, bench.lists().await.len()), (vec![id.to_owned(); 2], 1));
    bench.sums();
}
