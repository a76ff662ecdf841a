//! Servers: groups whose places have addresses of their own, and the feed of a server.

use super::*;
use tubebell::model::{Address, DestinationId};

const SERVER: &str = "discord:900";
const GENERAL: &str = "discord:901";
const ALERTS: &str = "discord:902";

impl Bench {
    async fn add_place(&self, place: &str, limit: Option<usize>) -> Edited {
        let (topic, part_of) = (at(place), Some(at(SERVER)));
        self.edit(Edit::AddTopic { topic, part_of, owner: Owner::of(&at(ANA)), limit }).await
    }

    async fn make_feed(&self, place: Option<&str>) -> Edited {
        self.edit(Edit::Feed { server: at(SERVER), place: place.map(at) }).await
    }

    async fn feed(&self) -> Option<String> {
        let feed = self.store().feed(&at(SERVER), false).await.unwrap();
        feed.map(|place| place.to_string())
    }

    /// Sends all that is due in places of servers; where.
    async fn send_all_there(&self) -> Vec<Address> {
        let claims = self.turn(Channel::Discord, 100, Vec::new()).await.claims;
        for claim in &claims {
            self.sent(claim).await;
        }
        claims.into_iter().map(|claim| claim.address).collect()
    }

    async fn is_off(&self, place: &str) -> bool {
        self.store().destination(&at(place)).await.unwrap().unwrap().disabled.is_some()
    }
}

#[tokio::test]
async fn a_server_has_one_feed_at_a_time() {
    let bench = Bench::new();
    assert_eq!(bench.feed().await, None);
    assert_eq!(bench.make_feed(Some(ALERTS)).await, Edited::NotFound, "nobody knows it");
    bench.add_place(GENERAL, None).await;
    bench.add_place(ALERTS, None).await;
    assert_eq!(bench.make_feed(Some(ALERTS)).await, Edited::Done(1));
    assert_eq!(bench.feed().await.as_deref(), Some(ALERTS));
    assert_eq!(bench.make_feed(Some(GENERAL)).await, Edited::Done(1));
    assert_eq!(bench.feed().await.as_deref(), Some(GENERAL));
    assert_eq!(bench.make_feed(None).await, Edited::Done(1));
    assert_eq!(bench.make_feed(None).await, Edited::NotFound);
    assert_eq!(bench.feed().await, None);
}

#[tokio::test]
async fn a_server_has_so_many_places_and_other_servers_have_theirs() {
    let bench = Bench::new();
    assert_eq!(bench.add_place(GENERAL, Some(1)).await, Edited::Done(0));
    assert_eq!(bench.add_place(ALERTS, Some(1)).await, Edited::TopicsReached);
    assert_eq!(bench.add_place(GENERAL, Some(1)).await, Edited::Done(0), "it is known");
    let (topic, part_of) = (at("discord:801"), Some(at("discord:800")));
    let edit = Edit::AddTopic { topic, part_of, owner: Owner::of(&at(ANA)), limit: Some(1) };
    assert_eq!(bench.edit(edit).await, Edited::Done(0));
    assert_eq!(bench.add_place(ALERTS, None).await, Edited::Done(0));
}

#[tokio::test]
async fn a_server_that_is_gone_takes_its_places_along_and_brings_back_those_that_went_with_it() {
    let bench = Bench::new();
    for place in [GENERAL, ALERTS] {
        bench.add_place(place, None).await;
        bench.watch(place, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    let disable = |destination: &str, reason: &str| Edit::Disable {
        destination: at(destination),
        reason: reason.to_owned(),
    };
    assert_eq!(bench.edit(disable(GENERAL, "deleted")).await, Edited::Done(1));
    assert!(!bench.is_off(ALERTS).await, "it says nothing of others");
    let gone = Edit::Gone { server: at(SERVER), reason: "removed".to_owned() };
    assert_eq!(bench.edit(gone).await, Edited::Done(1));
    assert!(bench.is_off(ALERTS).await);
    assert!(bench.send_all_there().await.is_empty());
    let back = |reason: &str| Edit::Back { server: at(SERVER), reason: reason.to_owned() };
    assert_eq!(bench.edit(back("another")).await, Edited::Done(0));
    assert_eq!(bench.edit(back("removed")).await, Edited::Done(1));
    assert!(bench.is_off(GENERAL).await, "it went for another reason");
    bench.see(3).await;
    assert_eq!(bench.send_all_there().await, [at(ALERTS)]);
    bench.sums();
}

#[tokio::test]
async fn whoever_brings_a_server_in_again_has_its_places() {
    let bench = Bench::new();
    bench.add_place(GENERAL, None).await;
    bench.watch(GENERAL, "views any").await;
    let ben = at("discord:@5");
    let (by, owner) = (ben.clone(), Owner::of(&ben));
    let edit = Edit::BringIn { group: at(SERVER), by, owner: owner.clone(), limit: Some(20) };
    assert_eq!(bench.edit(edit).await, Edited::Done(1));
    assert_eq!(bench.store().watches_of_owner(&owner).await.unwrap(), 1);
    // Something is watched there: whoever stands behind it stays so while the bot is away.
    let reason = "removed".to_owned();
    bench.edit(Edit::Gone { server: at(SERVER), reason: reason.clone() }).await;
    assert!(bench.store().is_admitted(&at(SERVER)).await.unwrap());
    bench.edit(Edit::Back { server: at(SERVER), reason: reason.clone() }).await;
    bench.unwatch(GENERAL).await;
    bench.edit(Edit::Gone { server: at(SERVER), reason }).await;
    assert!(!bench.store().is_admitted(&at(SERVER)).await.unwrap());
}

#[tokio::test]
async fn what_a_server_watches_in_its_places_is_counted_and_found() {
    let bench = Bench::new();
    bench.add_place(GENERAL, None).await;
    bench.watch(GENERAL, "views any").await;
    let ben = at("discord:@5");
    let (by, owner) = (ben.clone(), Owner::of(&ben));
    bench.edit(Edit::BringIn { group: at(SERVER), by, owner, limit: Some(20) }).await;
    let people = bench.store().people(None, 100, bench.now()).await.unwrap();
    let server = people.iter().find(|person| person.address == at(SERVER)).unwrap();
    assert_eq!(server.watches, 1);
    let chats = bench.store().chats_of_person(&at(SERVER), DestinationId(0), 100).await.unwrap();
    assert_eq!(chats.len(), 1);
}

#[tokio::test]
async fn places_and_servers_that_are_gone_for_long_leave_room_for_others() {
    let bench = Bench::new();
    let ben = at("discord:@5");
    let bring_in = |server: &str| Edit::BringIn {
        group: at(server),
        by: ben.clone(),
        owner: Owner::of(&ben),
        limit: Some(1),
    };
    assert_eq!(bench.edit(bring_in(SERVER)).await, Edited::Done(1));
    bench.add_place(GENERAL, Some(1)).await;
    bench.watch(GENERAL, "views any").await;
    assert_eq!(bench.add_place(ALERTS, Some(1)).await, Edited::TopicsReached);
    assert_eq!(bench.edit(bring_in("discord:800")).await, Edited::GroupsReached { limit: 1 });
    bench.edit(Edit::Gone { server: at(SERVER), reason: "removed".to_owned() }).await;
    bench.pass(31 * DAY);
    bench.store().sweep(KEEP, bench.now()).await.unwrap();
    assert_eq!(bench.edit(bring_in("discord:800")).await, Edited::Done(1));
    assert_eq!(bench.add_place(ALERTS, Some(1)).await, Edited::Done(0));
}
