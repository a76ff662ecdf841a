//! An address that is taken out stands by itself as it did before.

use super::*;

#[tokio::test]
async fn whoever_had_come_in_by_themselves_stays_in_with_what_they_have() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.let_in(PHONE).await;
    bench.theirs_at(PHONE, VIDEO).await;
    bench.card_at(PHONE, OTHER, 99).await;
    bench.link(ANA, PHONE).await;
    bench.theirs_at(PHONE, "bbbbbbbbbbb").await;
    assert_eq!(
        bench.unlink(PHONE).await,
        Edited::Unlinked { is_in: true, watches: 2, others_are_out: false }
    );
    assert!(bench.is_in(ANA).await && bench.is_in(PHONE).await);
    assert_eq!(bench.runs(PHONE).await, 2);
    assert_eq!(bench.store().cards(&at(PHONE)).await.unwrap().len(), 1);
    let count = async |who: &str| bench.store().watches_of_owner(&owner(who)).await.unwrap();
    assert_eq!((count(ANA).await, count(PHONE).await), (0, 2));
    assert_eq!(bench.unlink(PHONE).await, Edited::NotFound, "it is their only one");
    bench.sums();
}

#[tokio::test]
async fn whoever_came_by_the_link_is_out_and_what_they_have_ends() {
    // Whichever of both is named: the other one had come in by itself.
    for named in [PHONE, ANA] {
        let bench = Bench::new();
        bench.let_in(ANA).await;
        bench.theirs_at(ANA, VIDEO).await;
        bench.link(ANA, PHONE).await;
        bench.theirs_at(PHONE, VIDEO).await;
        bench.card_at(PHONE, OTHER, 99).await;
        bench.set_zone(ANA, Some("Europe/Madrid")).await;
        bench.see(1).await;
        bench.see(2).await;
        let is_in = named == ANA;
        assert_eq!(
            bench.unlink(named).await,
            Edited::Unlinked { is_in, watches: 1, others_are_out: is_in }
        );
        assert!(bench.is_in(ANA).await && !bench.is_in(PHONE).await, "{named}");
        assert_eq!((bench.runs(ANA).await, bench.runs(PHONE).await), (1, 0));
        assert!(bench.store().cards(&at(PHONE)).await.unwrap().is_empty());
        assert_eq!(bench.zone(PHONE).await, None);
        assert!(bench.send_by(Channel::Discord).await.is_empty());
        assert_eq!(bench.send_all().await.len(), 1);
        assert_eq!(bench.count("cancelled:unwatched"), 1);
        bench.sums();
        bench.sweep_for(60 * DAY).await;
        assert_eq!(bench.addresses(ANA).await, [ANA]);
        assert_eq!(bench.engine.rows("identity"), 1);
    }
}

#[tokio::test]
async fn what_rings_in_topics_of_a_chat_that_is_out_ends_too() {
    let bench = Bench::new();
    bench.let_in(PHONE).await;
    bench.link(PHONE, ANA).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.theirs_at("telegram:4711/7", VIDEO).await;
    assert_eq!(
        bench.unlink(ANA).await,
        Edited::Unlinked { is_in: false, watches: 2, others_are_out: false }
    );
    assert_eq!(bench.runs("telegram:4711/7").await, 0);
    assert_eq!(bench.store().watches_of_owner(&owner(PHONE)).await.unwrap(), 0);
}

#[tokio::test]
async fn whom_the_configuration_lets_in_stays_in() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.link(ANA, PHONE).await;
    bench.theirs_at(PHONE, VIDEO).await;
    let unlink = |address: &str, is_in, others_are_in| Edit::Unlink {
        address: at(address),
        is_in,
        others_are_in,
    };
    let stays = Edited::Unlinked { is_in: true, watches: 1, others_are_out: false };
    assert_eq!(bench.edit(unlink(PHONE, true, false)).await, stays);
    assert_eq!(bench.runs(PHONE).await, 1);
    // It is not in by a row, so that it is out once the configuration says so.
    assert!(!bench.is_in(PHONE).await);
    bench.link(ANA, PHONE).await;
    bench.edit(unlink(ANA, false, true)).await;
    assert_eq!(bench.runs(PHONE).await, 1);
    assert!(bench.is_in(ANA).await && !bench.is_in(PHONE).await);
    // A person whom only the configuration lets in keeps its groups, though the one who leaves came by an invitation.
    bench.let_in(BEN).await;
    bench.link(PHONE, BEN).await;
    bench.brought_in(GROUP, PHONE, 9).await;
    bench.edit(unlink(BEN, false, true)).await;
    let brought_by = bench.store().person(&at(GROUP)).await.unwrap().unwrap().brought_by;
    assert_eq!(brought_by, Some(at(PHONE)));
    assert!(bench.is_in(BEN).await && !bench.is_in(PHONE).await);
}

#[tokio::test]
async fn an_invitation_that_was_used_while_linked_is_that_of_the_address_where_it_was() {
    let bench = Bench::new();
    bench.link(ANA, PHONE).await;
    bench.let_in(PHONE).await;
    assert!(bench.is_in(ANA).await);
    bench.unlink(ANA).await;
    assert!(!bench.is_in(ANA).await && bench.is_in(PHONE).await);
}

#[tokio::test]
async fn whoever_was_put_out_does_not_come_back_in_by_unlinking() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.let_in(PHONE).await;
    bench.link(ANA, PHONE).await;
    bench.edit(Edit::Expel { person: at(PHONE) }).await;
    for address in [ANA, PHONE] {
        bench.unlink(address).await;
        assert!(!bench.is_in(ANA).await && !bench.is_in(PHONE).await);
    }
}

#[tokio::test]
async fn groups_go_along_with_the_address_at_which_they_were_brought_in() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.let_in(PHONE).await;
    bench.brought_in(GROUP, PHONE, 9).await;
    bench.theirs_at(GROUP, VIDEO).await;
    bench.link(ANA, PHONE).await;
    bench.brought_in("telegram:-6", ANA, 9).await;
    bench.unlink(PHONE).await;
    let brought_by = async |group: &str| {
        bench.store().person(&at(group)).await.unwrap().and_then(|row| row.brought_by)
    };
    assert_eq!(brought_by(GROUP).await, Some(at(PHONE)));
    assert_eq!(brought_by("telegram:-6").await, Some(at(ANA)));
    assert_eq!(bench.store().watches_of_owner(&owner(PHONE)).await.unwrap(), 1);
    // One that is out brings none along: whoever stays answers for them.
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.link(ANA, PHONE).await;
    bench.brought_in(GROUP, PHONE, 9).await;
    bench.theirs_at(GROUP, VIDEO).await;
    bench.unlink(PHONE).await;
    assert!(bench.is_in(GROUP).await);
    assert_eq!(bench.store().watches_of_owner(&owner(ANA)).await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_links_and_unlinks_over_and_over_has_no_more_than_before() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.let_in(PHONE).await;
    let (mut groups, mut watches, mut invitations) = (0, 0, 0);
    for n in 0..5 {
        for (who, by) in [(10, ANA), (20, PHONE)] {
            let group = format!("telegram:-{}", 100 * n + who);
            groups += usize::from(bench.brought_in(&group, by, 1).await == Edited::Done(1));
            let mut watch = watch_of(&group, &format!("video:{VIDEO}"), "views any");
            watch.owner = bench.store().owner_at(&at(by)).await.unwrap();
            watch.limit = Some(1);
            watches += usize::from(is_watched(&bench.edit(Edit::Watch(Box::new(watch))).await));
            let (code, made_by) = (format!("{n} {by}"), owner(by));
            let (expires_at, per_day) = (bench.now().plus(DAY), Some(1));
            let invite = Edit::Invite { code, made_by, expires_at, per_day };
            invitations += usize::from(bench.edit(invite).await == Edited::Done(1));
        }
        bench.pass(MINUTE);
        bench.link(ANA, PHONE).await;
        bench.unlink([ANA, PHONE][n % 2]).await;
        bench.sums();
    }
    assert_eq!((groups, watches, invitations), (2, 2, 2));
    assert_eq!(bench.engine.rows("identity"), 4);
    assert_eq!(bench.engine.rows("person"), 5, "both, their groups, and the operator");
}

#[tokio::test]
async fn whoever_invited_the_other_names_nobody_afterwards() {
    for (one, other) in [(ANA, PHONE), (PHONE, ANA)] {
        let bench = Bench::new();
        bench.let_in(ANA).await;
        let (made_by, expires_at) = (owner(ANA), bench.now().plus(DAY));
        let invite = Edit::Invite { code: "hers".into(), made_by, expires_at, per_day: None };
        bench.edit(invite).await;
        bench.edit(Edit::Admit { person: at(PHONE), code: "hers".into() }).await;
        bench.link(one, other).await;
        let row = bench.store().person(&at(ANA)).await.unwrap().unwrap();
        assert_ne!(row.invited_by, Some(owner(PHONE)));
        bench.unlink(PHONE).await;
        for person in [ANA, PHONE] {
            bench.edit(Edit::Expel { person: at(person) }).await;
        }
        bench.sweep_for(60 * DAY).await;
        bench.sweep_for(DAY).await;
        assert_eq!(bench.engine.rows("person"), 1);
    }
}
