//! What one person has, by whichever of their addresses.

use super::*;
use tubebell::model::PersonKey;

#[tokio::test]
async fn what_rings_at_all_of_their_addresses_counts_together() {
    let bench = Bench::new();
    bench.theirs_at(ANA, VIDEO).await;
    bench.theirs_at("telegram:4711/7", OTHER).await;
    bench.theirs_at(PHONE, VIDEO).await;
    bench.link(ANA, PHONE).await;
    bench.confirmed(PHONE, MAIL).await;
    for to in [ANA, PHONE, MAIL] {
        assert_eq!(bench.store().watches_of_owner(&owner(to)).await.unwrap(), 3);
        let fourth = bench.watch_of_theirs(to, "bbbbbbbbbbb", [3, 99]).await;
        assert_eq!(fourth, Edited::LimitReached { limit: 3 }, "{to}");
        let fourth = bench.watch_of_theirs(to, "bbbbbbbbbbb", [99, 3]).await;
        assert_eq!(fourth, Edited::VideosReached { limit: 3, left: 0 }, "{to}");
        let card = bench.card_at(to, "bbbbbbbbbbb", 3).await;
        assert_eq!(card, Edited::VideosReached { limit: 3, left: 0 }, "{to}");
    }
    assert!(is_watched(&bench.watch_of_theirs(MAIL, "bbbbbbbbbbb", [4, 4]).await));
    bench.sums();
}

#[tokio::test]
async fn groups_that_were_brought_in_from_either_count_together() {
    let bench = Bench::new();
    bench.brought_in(GROUP, ANA, 1).await;
    bench.brought_in("telegram:-6", PHONE, 1).await;
    bench.theirs_at(GROUP, VIDEO).await;
    bench.link(ANA, PHONE).await;
    for by in [ANA, PHONE] {
        let third = bench.brought_in("telegram:-7", by, 2).await;
        assert_eq!(third, Edited::GroupsReached { limit: 2 });
        assert_eq!(bench.store().watches_of_owner(&owner(by)).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn one_person_has_one_time_zone() {
    let bench = Bench::new();
    bench.theirs_at(ANA, VIDEO).await;
    bench.theirs_at(PHONE, VIDEO).await;
    bench.set_zone(PHONE, Some("Asia/Tokyo")).await;
    bench.set_zone(ANA, Some("Europe/Madrid")).await;
    bench.link(ANA, PHONE).await;
    assert_eq!(bench.zone(PHONE).await.as_deref(), Some("Europe/Madrid"), "that of who asked");
    bench.confirmed(PHONE, MAIL).await;
    bench.set_zone(MAIL, Some("America/Lima")).await;
    for to in [ANA, PHONE, MAIL] {
        assert_eq!(bench.zone(to).await.as_deref(), Some("America/Lima"), "{to}");
    }
    bench.set_zone(PHONE, None).await;
    for to in [ANA, PHONE, MAIL] {
        assert_eq!(bench.zone(to).await, None, "{to}");
    }
    // Whoever has none takes over that of the other.
    bench.theirs_at(BEN, VIDEO).await;
    bench.set_zone(BEN, Some("Asia/Tokyo")).await;
    bench.link(ANA, BEN).await;
    for to in [ANA, PHONE, MAIL] {
        assert_eq!(bench.zone(to).await.as_deref(), Some("Asia/Tokyo"), "{to}");
    }
}

#[tokio::test]
async fn a_place_that_is_made_later_is_on_the_same_clock() {
    let bench = Bench::new();
    bench.link(ANA, PHONE).await;
    bench.confirmed(ANA, MAIL).await;
    bench.sweep_for(DAY).await;
    assert!(bench.store().destination(&at(ANA)).await.unwrap().is_none(), "nothing was there");
    bench.theirs_at(PHONE, VIDEO).await;
    bench.set_zone(PHONE, Some("Europe/Madrid")).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.confirmed(ANA, "email:b@example.org").await;
    for to in [ANA, "email:b@example.org"] {
        assert_eq!(bench.zone(to).await.as_deref(), Some("Europe/Madrid"), "{to}");
    }
}

#[tokio::test]
async fn what_a_person_watches_is_listed_in_one_order() {
    let bench = Bench::new();
    bench.link(ANA, PHONE).await;
    let mut made = Vec::new();
    for n in 0..9 {
        let to = [ANA, PHONE, BEN][n % 3];
        bench.theirs_at(to, &format!("video{n:06}")).await;
        if to != BEN {
            made.push((to.to_owned(), format!("video:video{n:06}")));
        }
    }
    for by in [ANA, PHONE] {
        let (mut listed, mut after) = (Vec::new(), 0);
        loop {
            let filter = WatchFilter::OfPerson(at(by));
            let page = bench.store().watches(filter, after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.id.0;
            listed.extend(
                page.iter()
                    .map(|row| (row.destination.address.to_string(), row.subject.to_string())),
            );
        }
        assert_eq!(listed, made, "{by}");
    }
}

#[tokio::test]
async fn that_a_code_was_used_is_told_where_it_was_made_and_gives_nobody_any_right() {
    let bench = Bench::new();
    bench.make_code(ANA, "one").await;
    let told = Some(bodies::plain("you are one person"));
    let link = Edit::Link { code: "one".into(), at: Some(at(PHONE)), told };
    assert_eq!(bench.edit(link).await, linked(PHONE));
    assert_eq!(bench.send_all().await, ["you are one person"]);
    for to in [ANA, PHONE] {
        let row = bench.store().destination(&at(to)).await.unwrap().unwrap();
        assert_ne!(row.person, PersonKey::OPERATOR, "{to}");
        assert!(bench.is_limited(to).await, "{to}");
    }
    bench.link(ANA, BEN).await;
    assert!(bench.is_limited(BEN).await);
}

#[tokio::test]
async fn a_chat_that_moves_to_a_new_id_keeps_its_person() {
    let new = "telegram:99";
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.link(ANA, PHONE).await;
    bench.brought_in(GROUP, ANA, 9).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.set_zone(ANA, Some("Europe/Madrid")).await;
    bench.make_code(ANA, "one").await;
    bench.edit(Edit::Move { from: at(ANA), to: at(new) }).await;
    assert_eq!(bench.addresses(PHONE).await, [PHONE, new]);
    assert_eq!(bench.addresses(ANA).await, [ANA], "nobody's any more");
    assert_eq!(bench.store().watches_of_owner(&owner(PHONE)).await.unwrap(), 1);
    bench.set_zone(PHONE, Some("America/Lima")).await;
    assert_eq!(bench.zone(new).await.as_deref(), Some("America/Lima"));
    assert_eq!(bench.type_code("one", BEN).await, linked(BEN));
    let in_by_itself = Edited::Unlinked { is_in: true, watches: 1, others_are_out: true };
    assert_eq!(bench.unlink(new).await, in_by_itself);
    assert!(bench.is_in(new).await && !bench.is_in(PHONE).await && !bench.is_in(BEN).await);
    bench.sums();
}
