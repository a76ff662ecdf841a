//! Channels and playlists: who joins, who leaves, what is new and what is gone.

use super::*;
use tubebell::store::{ListLimits, Listed, ListedMember, Listing, WatchFilter};

pub(super) const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
pub(super) const PLAYLIST: &str = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
const ANYBODY: ListLimits = ListLimits { per_list: 10, per_owner: 10 };

pub(super) fn id(n: usize) -> VideoId {
    format!("video{n:06}").parse().unwrap()
}

pub(super) fn name(n: usize) -> String {
    id(n).to_string()
}

/// A row of a list, with its title and date.
pub(super) fn row(n: usize, at: UnixMillis) -> ListedMember {
    ListedMember { id: id(n), title: Some(format!("title {n}")), at: Some(at) }
}

/// Old videos, the greater the number the newer.
fn old(ns: &[usize]) -> Vec<ListedMember> {
    ns.iter()
        .map(|n| row(*n, T0.minus(100 * DAY).plus(HOUR * u32::try_from(*n).unwrap())))
        .collect()
}

impl Bench {
    async fn due(&self, subject: &str) -> tubebell::store::DueSubject {
        let due = self.store().due_subjects(self.now().plus(DAY), 10, ANYBODY).await.unwrap();
        due.into_iter().find(|due| due.subject == of(subject)).unwrap()
    }

    async fn list_of(&self, subject: &str, members: Vec<ListedMember>, complete: bool) -> Listed {
        self.list_within(subject, members, complete, 10).await
    }

    pub(super) async fn list_within(
        &self,
        subject: &str,
        members: Vec<ListedMember>,
        complete: bool,
        members_max: usize,
    ) -> Listed {
        self.pass(MINUTE);
        let listing = Listing {
            subject: self.due(subject).await.id,
            title: Some("The channel".into()),
            same_as: None,
            memory: "{}".into(),
            members,
            complete,
            total: complete.then_some(1_000),
            members_max,
            presence: None,
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap()
    }

    /// All of the channel.
    async fn list(&self, members: Vec<ListedMember>) -> Listed {
        self.list_of(CHANNEL, members, true).await
    }

    async fn presence(&self, subject: &str, there: bool) -> Listed {
        let listed = self.notice(subject, there).await;
        self.route().await;
        listed
    }

    /// A listing finds that a list is there, or is not.
    pub(super) async fn notice(&self, subject: &str, there: bool) -> Listed {
        self.pass(MINUTE);
        let listing = Listing {
            subject: self.due(subject).await.id,
            title: None,
            same_as: None,
            memory: "{}".into(),
            members: Vec::new(),
            complete: false,
            total: None,
            members_max: 10,
            presence: Some(there),
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap()
    }

    /// What lists hold, the newest first.
    fn members(&self) -> Vec<String> {
        let members = self.engine.members().into_iter().filter(|member| !member.has_left);
        members.map(|member| member.video).collect()
    }

    fn triggers(&self) -> usize {
        self.engine.triggers().len()
    }

    /// Those that videos hold.
    fn triggers_of_videos(&self) -> usize {
        self.engine.triggers().iter().filter(|at| at.is_of_a_video).count()
    }

    /// How often a rule has fired.
    fn fired_by(&self, rule: &str) -> i64 {
        let alerts = self.engine.alerts();
        alerts.iter().filter(|alert| alert.rule_text == rule).map(|alert| alert.firings).sum()
    }
}

const fn listed(joined: usize, left: usize) -> Listed {
    Listed { joined, left, is_news: false }
}

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
async fn a_later_member_is_told_from_its_first_look_in_the_order_in_which_they_came() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let new = vec![row(3, bench.now().plus(MINUTE)), row(2, bench.now())];
    assert_eq!(bench.list_of(CHANNEL, new, false).await, listed(2, 0));
    // The new ones are looked at before all others, the older of them first.
    let due = bench.store().due_videos(bench.now(), 2).await.unwrap();
    assert_eq!(due.iter().map(|video| video.id).collect::<Vec<_>>(), [id(3), id(2)]);
    bench.see_video(&name(2), 1).await;
    bench.see_video(&name(3), 1).await;
    bench.see_video(&name(1), 1).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies[0].contains(&name(2)) && bodies[1].contains(&name(3)), "{bodies:?}");
    bench.sums();
    // Once.
    bench.see_video(&name(2), 5).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_watch_made_later_hears_of_no_video_that_is_older() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let published = bench.now();
    bench.pass(HOUR);
    bench.watch_subject("telegram:12", CHANNEL, "upload").await;
    bench.list(vec![row(2, published), row(1, T0.minus(DAY))]).await;
    bench.see_video(&name(2), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn what_slides_in_or_is_back_is_no_upload_whatever_the_limit() {
    for members_max in [1, 3, 5, 19] {
        let bench = Bench::new();
        bench.watch_subject(ANA, CHANNEL, "upload").await;
        let mut all: Vec<usize> = (1..=20).collect();
        bench.list_within(CHANNEL, old(&all), true, members_max).await;
        for _ in 0..10 {
            // The newest is deleted, and a feed shows the rest.
            all.pop();
            let newest = all.iter().rev().take(15).copied().collect::<Vec<_>>();
            bench.list_within(CHANNEL, old(&newest), false, members_max).await;
            bench.list_within(CHANNEL, old(&all), true, members_max).await;
        }
        // All of them are back.
        bench.list_within(CHANNEL, old(&(1..=20).collect::<Vec<_>>()), true, members_max).await;
        for n in 1..=20 {
            bench.see_video(&name(n), 1).await;
        }
        assert!(bench.send_all().await.is_empty(), "{members_max}");
    }
}

#[tokio::test]
async fn what_was_told_once_is_not_told_again_when_it_is_public_again() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let new = row(2, bench.now());
    bench.list(vec![new.clone()]).await;
    bench.see_video(&name(2), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
    bench.list(vec![]).await;
    bench.pass(DAY);
    bench.list(vec![new]).await;
    bench.see_video(&name(2), 2).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn the_first_upload_of_an_empty_channel_rings() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    assert_eq!(bench.list(vec![]).await, listed(0, 0));
    bench.list(vec![row(1, bench.now())]).await;
    bench.see_video(&name(1), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_first_listing_that_came_late_tells_what_was_published_meanwhile() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.pass(HOUR);
    bench.list(vec![row(2, bench.now().minus(MINUTE)), row(1, T0.minus(MINUTE))]).await;
    bench.see_video(&name(2), 1).await;
    bench.see_video(&name(1), 1).await;
    let bodies = bench.send_all().await;
    assert!(bodies.len() == 1 && bodies[0].contains(&name(2)), "{bodies:?}");
}

#[tokio::test]
async fn a_premiere_is_told_when_it_is_announced_and_when_it_can_be_seen() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.list(vec![row(2, bench.now())]).await;
    let starts_at = Some(T0.plus(3 * DAY));
    let premiere = |bench: &Bench, live| {
        bench.pass(SECOND);
        Snapshot { live, starts_at, ..snapshot(&name(2), bench.now(), 0) }
    };
    bench.publish(premiere(&bench, Live::Upcoming)).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("upcoming"), "{told:?}");
    bench.publish(premiere(&bench, Live::Upcoming)).await;
    assert!(bench.send_all().await.is_empty());
    bench.publish(premiere(&bench, Live::Live)).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("started"), "{told:?}");
    bench.publish(premiere(&bench, Live::Completed)).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_premiere_that_was_announced_before_the_watch_is_told_when_it_can_be_seen() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    bench.pass(SECOND);
    let upcoming = Snapshot { live: Live::Upcoming, ..snapshot(&name(2), bench.now(), 0) };
    bench.publish(upcoming).await;
    assert!(bench.send_all().await.is_empty());
    // It begins: YouTube moves its date.
    let mut rows = old(&[1]);
    rows.push(row(2, bench.now().plus(MINUTE)));
    bench.list(rows).await;
    bench.see_video(&name(2), 1).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("started"), "{told:?}");
}

#[tokio::test]
async fn a_new_video_that_can_not_be_seen_is_told_when_it_can() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.list(vec![row(2, bench.now())]).await;
    bench.pass(SECOND);
    let gone = Snapshot { status: Status::Unavailable, ..snapshot(&name(2), bench.now(), 0) };
    bench.publish(gone).await;
    assert!(bench.send_all().await.is_empty());
    bench.see_video(&name(2), 0).await;
    assert_eq!(bench.send_all().await.len(), 1);
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
async fn an_upload_for_somebody_who_is_muted_is_counted_and_not_told() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.list(vec![row(2, bench.now())]).await;
    bench.see_video(&name(2), 1).await;
    let why = bench.store().why(id(2), Some(at(ANA))).await.unwrap();
    assert_eq!((why[0].suppressions[0].0.as_str(), why[0].suppressions[0].1), ("muted", 1));
    assert!(bench.send_all().await.is_empty());
}

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
async fn videos_never_held_are_told_apart_from_those_that_left() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    bench.list(old(&[2])).await;
    let subject = bench.due(CHANNEL).await.id;
    let unknown = bench.store().unknown_members(subject, vec![id(1), id(2), id(3)]).await.unwrap();
    assert_eq!(unknown, [id(3)]);
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

const HANDLE: &str = "channel:@theChannel";

impl Bench {
    /// A listing that says whose name this is.
    async fn named(&self, subject: &str, members: Vec<ListedMember>) {
        self.pass(MINUTE);
        let listing = Listing {
            subject: self.due(subject).await.id,
            title: Some("The channel".into()),
            same_as: Some(of(CHANNEL)),
            memory: "{}".into(),
            members,
            complete: true,
            total: None,
            members_max: 10,
            presence: Some(true),
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap();
    }

    async fn watched(&self) -> Vec<(String, String, String)> {
        let rows = self.store().watches(WatchFilter::All, 0, 100).await.unwrap();
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                (row.destination.address.to_string(), row.subject.to_string(), row.rules.join("; "))
            })
            .collect();
        rows.sort();
        rows
    }
}

#[tokio::test]
async fn a_handle_takes_the_name_of_its_channel_and_still_leads_to_it() {
    let bench = Bench::new();
    bench.watch_subject(ANA, HANDLE, "views every 10; upload").await;
    bench.named(HANDLE, old(&[1])).await;
    assert_eq!(
        bench.watched().await,
        [(ANA.into(), CHANNEL.into(), "views every 10; upload".into())]
    );
    // Whoever names the handle means the same watch.
    let again = bench.watch_subject(ANA, HANDLE, "views every 10; upload").await;
    assert!(matches!(again, Edited::Watched { created: false, changed: false, .. }), "{again:?}");
    let at = bench.store().watches_at(vec![(at(ANA), of(HANDLE))]).await.unwrap();
    assert!(at[0].watch.is_some());
    bench.see_video(&name(1), 1).await;
    bench.see_video(&name(1), 10).await;
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!(
        bench.edit(Edit::Unwatch { destination: super::at(ANA), subject: of(HANDLE) }).await,
        Edited::Done(1)
    );
    assert!(bench.watched().await.is_empty());
}

#[tokio::test]
async fn one_channel_under_two_names_is_one_watch_and_one_message() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "views every 10; upload").await;
    bench.list(old(&[2, 1])).await;
    bench.watch_subject(ANA, HANDLE, "upload; views any; views every 100").await;
    bench.watch_subject("telegram:12", HANDLE, "views every 10; upload").await;
    bench.list_of(HANDLE, old(&[2, 1]), true).await;
    for n in 1..=2 {
        bench.see_video(&name(n), 1).await;
    }
    // Found before, and not told yet.
    bench.see_video(&name(1), 2).await;
    bench.named(HANDLE, old(&[2, 1])).await;
    assert_eq!(
        bench.watched().await,
        [
            ("telegram:12".into(), CHANNEL.into(), "views every 10; upload".into()),
            (
                ANA.into(),
                CHANNEL.into(),
                "views every 10; upload; views any; views every 100".into()
            ),
        ]
    );
    assert_eq!(bench.send_all().await.len(), 1);
    bench.see_video(&name(1), 10).await;
    assert_eq!(bench.send_all().await.len(), 2, "one each");
    bench.see_video(&name(1), 100).await;
    let alerts = bench.engine.alerts();
    assert_eq!(alerts.iter().filter(|alert| alert.rule_text == "views every 100").count(), 1);
    bench.send_all().await;
    // The name alone is not listed any more, and what is new is told once.
    assert_eq!(
        bench.store().due_subjects(bench.now().plus(DAY), 10, ANYBODY).await.unwrap().len(),
        1
    );
    bench.list(vec![row(3, bench.now()), row(2, T0.minus(DAY)), row(1, T0.minus(DAY))]).await;
    bench.see_video(&name(3), 1).await;
    assert_eq!(bench.send_all().await.len(), 2);
    bench.sums();
    assert_eq!(bench.engine.broken(Laws::Lists), None);
    let mut members = bench.members();
    members.sort();
    assert_eq!(members, [name(1), name(2), name(3)]);
}

#[tokio::test]
async fn what_is_under_way_of_one_name_ends_under_the_other_and_leaves_nothing_behind() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    bench.watch_subject(ANA, HANDLE, "views any").await;
    bench.list_of(HANDLE, old(&[2, 1]), true).await;
    for views in 1..=2 {
        for n in 1..=2 {
            bench.see_video(&name(n), views).await;
        }
    }
    // Two parts, of which the first is to be tried again; and something that came meanwhile.
    let first = bench.claim().await.remove(0);
    let retry = FinishedAs::Retry { at: bench.now().plus(HOUR), counts: true, error: "500".into() };
    bench.finish(&first, retry).await;
    bench.see_video(&name(1), 3).await;
    bench.named(HANDLE, old(&[2, 1])).await;
    bench.sums();
    bench.pass(HOUR);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 3, "{bodies:#?}");
    assert_eq!(bodies[0], bodies::text(&first.body));
    assert_eq!(bench.count("sent"), 3);
    bench.sums();
    bench.pass(8 * DAY);
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    assert_eq!((bench.engine.rows("subscription"), bench.engine.rows("unit")), (1, 1));
}

#[tokio::test]
async fn a_channel_that_was_watched_long_ago_takes_over_what_its_handle_holds() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(CHANNEL) }).await;
    bench.watch_subject(ANA, HANDLE, "views every 10").await;
    bench.list_of(HANDLE, old(&[1]), true).await;
    bench.see_video(&name(1), 9).await;
    bench.named(HANDLE, old(&[1])).await;
    assert_eq!(bench.watched().await, [(ANA.into(), CHANNEL.into(), "views every 10".into())]);
    bench.see_video(&name(1), 10).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn many_watchers_of_a_handle_hear_nothing_twice_when_it_takes_a_name_that_is_free() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(CHANNEL) }).await;
    for chat in 101..=250 {
        bench.watch_subject(&format!("telegram:{chat}"), HANDLE, "upload").await;
    }
    bench.list_of(HANDLE, old(&[1]), true).await;
    let rows = [vec![row(3, bench.now())], old(&[1])].concat();
    bench.list_of(HANDLE, rows.clone(), true).await;
    bench.see_video(&name(3), 1).await;
    assert_eq!(bench.send_all().await.len(), 150);
    bench.named(HANDLE, rows.clone()).await;
    bench.list(rows).await;
    bench.see_video(&name(3), 2).await;
    assert!(bench.send_all().await.is_empty());
    assert!(bench.watched().await.iter().all(|(_, subject, _)| subject == CHANNEL));
    let again = bench.watch_subject("telegram:101", HANDLE, "upload").await;
    assert!(matches!(again, Edited::Watched { created: false, .. }), "{again:?}");
}

#[tokio::test]
async fn what_one_name_has_told_and_the_other_has_not_is_told_once_to_each_before_they_become_one()
{
    for channel_is_first in [true, false] {
        let bench = Bench::new();
        bench.watch_subject(ANA, CHANNEL, "upload").await;
        bench.list(old(&[1])).await;
        bench.watch_subject("telegram:12", HANDLE, "upload").await;
        bench.list_of(HANDLE, old(&[1]), true).await;
        let rows = [vec![row(3, bench.now())], old(&[1])].concat();
        if channel_is_first {
            bench.list(rows.clone()).await;
        } else {
            bench.list_of(HANDLE, rows.clone(), true).await;
        }
        bench.see_video(&name(3), 1).await;
        assert_eq!(bench.send_all().await.len(), 1);
        bench.named(HANDLE, rows.clone()).await;
        bench.list(rows.clone()).await;
        bench.see_video(&name(3), 2).await;
        assert_eq!(bench.send_all().await.len(), 1, "the other one");
        bench.named(HANDLE, rows.clone()).await;
        bench.list(rows).await;
        bench.see_video(&name(3), 3).await;
        assert!(bench.send_all().await.is_empty());
        assert!(bench.watched().await.iter().all(|(_, subject, _)| subject == CHANNEL));
    }
}

#[tokio::test]
async fn what_is_still_on_its_way_to_watchers_of_a_handle_reaches_them_before_it_takes_its_name() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    for chat in 1..=3 {
        bench.watch_subject(&format!("telegram:10{chat}"), HANDLE, "views any").await;
    }
    bench.list_of(HANDLE, old(&[1]), true).await;
    bench.see_video(&name(1), 1).await;
    bench.pass(SECOND);
    bench.store().append(vec![snapshot(&name(1), bench.now(), 2)]).await.unwrap();
    let read = bench.store().position(EMBEDDED_STREAM, 0).await.unwrap();
    let (offset, seen) = bench.store().read_log(read, 1).await.unwrap().remove(0);
    let one = move |tx: &mut dyn tubebell::model::RoutingTx<Error = tubebell::store::StoreError>| {
        Router::new().route(tx, &seen, &mut Budget::new(1, &|| false))?;
        Ok(offset + 1)
    };
    bench.store().route(EMBEDDED_STREAM, 0, read, bench.now(), Box::new(one)).await.unwrap();
    bench.named(HANDLE, old(&[1])).await;
    bench.route().await;
    assert_eq!(bench.send_all().await.len(), 3);
    bench.named(HANDLE, old(&[1])).await;
    assert!(bench.watched().await.iter().all(|(_, subject, _)| subject == CHANNEL));
    bench.see_video(&name(1), 3).await;
    assert_eq!(bench.send_all().await.len(), 3);
}

#[tokio::test]
async fn a_rule_that_comes_from_another_name_goes_on_counting_where_it_was() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.watch_subject("telegram:12", HANDLE, "views +10").await;
    bench.list_of(HANDLE, old(&[1]), true).await;
    bench.see_video(&name(1), 1).await;
    bench.see_video(&name(1), 8).await;
    bench.named(HANDLE, old(&[1])).await;
    bench.see_video(&name(1), 11).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_name_does_not_outlive_the_channel_that_it_leads_to() {
    let bench = Bench::new();
    bench.watch_subject(ANA, HANDLE, "upload").await;
    bench.named(HANDLE, old(&[1])).await;
    bench.edit(Edit::Unwatch { destination: at(ANA), subject: of(HANDLE) }).await;
    bench.pass(8 * DAY);
    while bench.store().sweep(KEEP, bench.now()).await.unwrap() {}
    bench.watch_subject("telegram:12", PLAYLIST, "upload").await;
    bench.watch_subject(ANA, HANDLE, "upload").await;
    let rows = bench.watched().await;
    let subjects: Vec<&str> = rows.iter().map(|(_, subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, [PLAYLIST, HANDLE]);
    assert_eq!(bench.due(HANDLE).await.subject, of(HANDLE));
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
async fn a_date_of_the_future_makes_nothing_old_that_comes_after_it() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list_within(CHANNEL, vec![], true, 1).await;
    for n in 1..=3 {
        bench.list_within(CHANNEL, vec![row(n, bench.now().plus(DAY))], true, 1).await;
    }
    bench.list_within(CHANNEL, vec![], true, 1).await;
    bench.pass(HOUR);
    bench.list_within(CHANNEL, vec![row(9, bench.now())], true, 1).await;
    bench.see_video(&name(9), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_handle_of_many_watchers_is_brought_along_in_pieces() {
    let bench = Bench::new();
    bench.watch_subject("telegram:1", CHANNEL, "upload").await;
    for chat in 1..=250 {
        bench.watch_subject(&format!("telegram:{chat}"), HANDLE, "upload").await;
    }
    for _ in 0..3 {
        bench.named(HANDLE, old(&[1])).await;
    }
    let rows = bench.watched().await;
    assert!(rows.len() == 100 && rows.iter().all(|(_, subject, _)| subject == CHANNEL));
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().watches, 250);
}

#[tokio::test]
async fn what_an_owner_watches_holds_so_many_videos() {
    let bench = Bench::new();
    let within = |to: &str, subject: &str, limit, counted| {
        let mut edit = watch_of(to, subject, "upload");
        edit.owner = owner("telegram:1");
        edit.videos_limit = Some(tubebell::store::VideosLimit { limit, counted });
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
