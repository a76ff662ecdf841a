//! People as rows: what belongs to them by whatever address they come, and who is forgotten.

use super::*;
use tubebell::model::{Address, DestinationId, Owner, PersonKey};
use tubebell::store::{Edit, Edited, FinishedAs, VideosLimit};

/// Ana's other address.
const MAIL: &str = "recorder:ana";

const GROUP: &str = "telegram:-5";
const SUPERGROUP: &str = "telegram:-1005";

impl Bench {
    /// Ana has come in by an invitation of the operator's, and has two addresses.
    async fn of_ana() -> Bench {
        let bench = Bench::new();
        bench.invite("ana", Owner::Operator, None).await;
        let admit = Edit::Admit { person: at(ANA), code: "ana".into() };
        assert_eq!(bench.edit(admit).await, Edited::Done(1));
        bench.meddle(&format!(
            "INSERT INTO identity (address, person) SELECT '{MAIL}', person FROM identity WHERE address = '{ANA}'"
        ));
        bench
    }

    async fn invite(&self, code: &str, made_by: Owner, per_day: Option<usize>) -> Edited {
        let expires_at = T0.plus(DAY);
        self.edit(Edit::Invite { code: code.into(), made_by, expires_at, per_day }).await
    }

    async fn bring_in(&self, group: &str, by: &str, limit: Option<usize>) -> Edited {
        let (group, by, owner) = (at(group), at(by), owner(by));
        self.edit(Edit::BringIn { group, by, owner, limit }).await
    }

    /// A watch as somebody makes it in a chat, who may have so many of them and so many videos.
    async fn watch_as(&self, to: &str, by: &str, video: &str, limits: [usize; 2]) -> Edited {
        let mut watch = watch_of(to, &format!("video:{video}"), "views any");
        watch.owner = owner(by);
        watch.limit = Some(limits[0]);
        watch.videos_limit = Some(VideosLimit { limit: limits[1], counted: 1 });
        self.edit(Edit::Watch(Box::new(watch))).await
    }

    async fn watches_of(&self, person: &str) -> usize {
        self.store().watches_of_owner(&owner(person)).await.unwrap()
    }

    /// Whose limits count at a destination.
    async fn person_at(&self, destination: &str) -> PersonKey {
        self.store().destination(&at(destination)).await.unwrap().unwrap().person
    }

    async fn brought_by(&self, group: &str) -> Option<Address> {
        self.store().person(&at(group)).await.unwrap().and_then(|row| row.brought_by)
    }

    /// Who is known by an address.
    fn identity(&self, address: &str) -> i64 {
        self.sql(&format!("SELECT person FROM identity WHERE address = '{address}'"))
    }

    /// How many people have a row, without the operator.
    fn people(&self) -> usize {
        self.sql::<usize>("SELECT count(*) FROM person") - 1
    }

    async fn tidy(&self) {
        while self.store().sweep(KEEP, self.now()).await.unwrap() {}
        self.sums();
    }
}

#[tokio::test]
async fn whoever_has_several_addresses_has_one_set_of_limits() {
    let bench = Bench::of_ana().await;
    let made = |edited| matches!(edited, Edited::Watched { .. });
    assert!(made(bench.watch_as(ANA, ANA, "aaaaaaaaaaa", [2, 9]).await));
    assert!(made(bench.watch_as(MAIL, MAIL, "bbbbbbbbbbb", [2, 9]).await));
    assert_eq!(bench.person_at(ANA).await, bench.person_at(MAIL).await);
    for by in [ANA, MAIL] {
        assert_eq!(bench.watches_of(by).await, 2);
        let third = bench.watch_as(by, by, "ccccccccccc", [2, 9]).await;
        assert_eq!(third, Edited::LimitReached { limit: 2 });
        let third = bench.watch_as(by, by, "ccccccccccc", [9, 2]).await;
        assert_eq!(third, Edited::VideosReached { limit: 2, left: 0 });
    }
    assert_eq!(bench.bring_in(GROUP, ANA, Some(1)).await, Edited::Done(1));
    assert_eq!(
        bench.bring_in("telegram:-6", MAIL, Some(1)).await,
        Edited::GroupsReached { limit: 1 }
    );
    assert_eq!(bench.invite("one", owner(MAIL), Some(1)).await, Edited::Done(1));
    assert_eq!(bench.invite("two", owner(ANA), Some(1)).await, Edited::InvitationsReached);
    bench.sums();
}

#[tokio::test]
async fn whoever_has_several_addresses_is_one_person_by_each_of_them() {
    let bench = Bench::of_ana().await;
    bench.watch_as(ANA, ANA, VIDEO, [9, 9]).await;
    bench.watch_as(MAIL, ANA, VIDEO, [9, 9]).await;
    bench.bring_in(GROUP, ANA, None).await;
    let store = bench.store();
    let first = Owner::of(&at(MAIL));
    for address in [ANA, MAIL] {
        assert!(store.is_admitted(&at(address)).await.unwrap());
        assert_eq!(store.owner_at(&at(address)).await.unwrap(), first, "what is counted in memory");
        let chats = store.chats_of_person(&at(address), DestinationId(0), 9).await.unwrap();
        assert_eq!(chats.len(), 2);
    }
    assert_eq!(bench.brought_by(GROUP).await, Some(at(MAIL)));
    let listed = store.people(None, 9, bench.now()).await.unwrap();
    let listed: Vec<_> =
        listed.iter().map(|person| (person.address.clone(), person.watches)).collect();
    assert_eq!(listed, [(at(MAIL), 2), (at(GROUP), 0)]);
    // What is off at one address is told at the other.
    let off = Edit::Disable { destination: at(ANA), reason: "blocked".into() };
    bench.edit(off).await;
    assert_eq!(store.owners_other_destinations(&at(ANA)).await.unwrap(), [at(MAIL)]);
    // Put out by one address, they are out by all.
    let groups = vec![GROUP.to_owned()];
    let expelled = Edited::Expelled { was_in: true, groups, invitations: 0 };
    assert_eq!(bench.edit(Edit::Expel { person: at(ANA) }).await, expelled);
    for address in [ANA, MAIL, GROUP] {
        assert!(!store.is_admitted(&at(address)).await.unwrap(), "{address}");
    }
    bench.sums();
}

#[tokio::test]
async fn a_group_whose_chat_moves_is_the_same_person_with_whoever_brought_it_in() {
    for is_known_there in [false, true] {
        let bench = Bench::of_ana().await;
        bench.bring_in(GROUP, ANA, None).await;
        bench.watch_as(GROUP, ANA, "aaaaaaaaaaa", [2, 9]).await;
        bench.watch_as(ANA, ANA, "aaaaaaaaaaa", [2, 9]).await;
        if is_known_there {
            // The new one may be seen before it is said that it is the old one.
            bench.bring_in(SUPERGROUP, "telegram:7", None).await;
            bench.watch_as(SUPERGROUP, "telegram:7", "aaaaaaaaaaa", [2, 9]).await;
        }
        let (group, ana) = (bench.identity(GROUP), bench.person_at(GROUP).await);
        bench.edit(Edit::Move { from: at(GROUP), to: at(SUPERGROUP) }).await;
        assert_eq!(bench.identity(SUPERGROUP), group);
        assert_eq!(bench.person_at(SUPERGROUP).await, ana);
        assert_eq!(bench.brought_by(SUPERGROUP).await, Some(at(MAIL)));
        assert!(!bench.store().is_admitted(&at(GROUP)).await.unwrap());
        // Its watches count for Ana as before, and so does the group.
        assert_eq!(bench.watches_of(ANA).await, 2);
        let third = bench.watch_as(SUPERGROUP, "telegram:7", "bbbbbbbbbbb", [2, 9]).await;
        assert_eq!(third, Edited::LimitReached { limit: 2 });
        let second = bench.bring_in("telegram:-6", ANA, Some(1)).await;
        assert_eq!(second, Edited::GroupsReached { limit: 1 });
        bench.sums();
    }
}

#[tokio::test]
async fn a_group_that_counts_for_itself_does_so_where_it_has_moved() {
    let bench = Bench::new();
    bench.watch_as(GROUP, GROUP, "aaaaaaaaaaa", [2, 9]).await;
    bench.watch_as("telegram:-5/7", GROUP, "aaaaaaaaaaa", [2, 9]).await;
    let group = bench.person_at(GROUP).await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    // The answer to a message says so.
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Moved(at(SUPERGROUP))).await;
    assert_eq!(bench.person_at("telegram:-1005/7").await, group);
    let itself = bench.store().owner(group).await.unwrap();
    assert_eq!(itself, Some(Owner::of(&at(SUPERGROUP))));
    assert_eq!((bench.watches_of(SUPERGROUP).await, bench.watches_of(GROUP).await), (2, 0));
    bench.sums();
}

#[tokio::test]
async fn whoever_has_nothing_is_forgotten_and_whoever_is_named_by_others_is_not() {
    let bench = Bench::new();
    let bad = Edit::Admit { person: at("telegram:1"), code: "guessed".into() };
    assert_eq!(bench.edit(bad).await, Edited::BadInvite);
    assert_eq!(bench.people(), 0, "whoever only tries codes has no row");
    // In by the configuration, or where everybody is.
    bench.watch_as("telegram:1", "telegram:1", VIDEO, [9, 9]).await;
    bench.bring_in(GROUP, "telegram:2", None).await;
    bench.invite("three", owner("telegram:3"), None).await;
    bench.edit(Edit::Admit { person: at("telegram:4"), code: "three".into() }).await;
    bench.tidy().await;
    assert_eq!(bench.people(), 5);
    bench.unwatch("telegram:1").await;
    for _ in 0..3 {
        bench.pass(8 * DAY);
        bench.tidy().await;
    }
    assert_eq!(bench.people(), 4, "the destination is gone, and with it whoever had no other");
    let row = bench.store().person(&at("telegram:4")).await.unwrap().unwrap();
    assert_eq!(row.invited_by, Some(owner("telegram:3")), "the invitation itself is forgotten");
    for person in [GROUP, "telegram:4"] {
        bench.edit(Edit::Expel { person: at(person) }).await;
    }
    bench.tidy().await;
    assert_eq!(bench.people(), 0);
}
