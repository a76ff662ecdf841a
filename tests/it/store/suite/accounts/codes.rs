//! Codes: each adds one address, once.

use super::*;

#[tokio::test]
async fn a_code_is_used_once() {
    let bench = Bench::new();
    bench.make_code(ANA, "one").await;
    assert_eq!(bench.type_code("one", ANA).await, theirs(ANA), "and is not used by that");
    assert_eq!(bench.type_code("one", "telegram:4711/7").await, theirs(ANA));
    assert_eq!(bench.type_code("one", PHONE).await, linked(PHONE));
    assert_eq!(bench.addresses(PHONE).await, [PHONE, ANA]);
    for again in [PHONE, BEN] {
        assert_eq!(bench.type_code("one", again).await, Edited::BadCode, "{again}");
    }
    assert_eq!(bench.type_code("none", BEN).await, Edited::BadCode);
    assert_eq!(bench.addresses(BEN).await, [BEN]);
}

#[tokio::test]
async fn a_code_works_until_it_expires_or_a_newer_one_is_made() {
    let bench = Bench::new();
    bench.make_code(ANA, "old").await;
    bench.pass(10 * MINUTE);
    assert_eq!(bench.type_code("old", PHONE).await, Edited::BadCode);
    bench.make_code(ANA, "first").await;
    bench.make_code(ANA, "second").await;
    bench.make_code(BEN, "another's").await;
    assert_eq!(bench.type_code("first", PHONE).await, Edited::BadCode);
    assert!(bench.store().link_code("second", bench.now()).await.unwrap().is_some());
    assert_eq!(bench.type_code("second", PHONE).await, linked(PHONE));
    // Of one person there is one code, at whichever address it was made.
    bench.make_code(ANA, "third").await;
    bench.make_code(PHONE, "fourth").await;
    assert_eq!(bench.type_code("third", "telegram:8").await, Edited::BadCode);
    assert_eq!(bench.type_code("fourth", "telegram:8").await, linked("telegram:8"));
}

#[tokio::test]
async fn the_code_of_a_mail_is_its_readers_and_one_that_is_typed_is_in_no_mail() {
    let bench = Bench::new();
    bench.ask(ANA, MAIL, "mailed").await;
    bench.make_code(ANA, "typed").await;
    for at in [ANA, PHONE, MAIL] {
        assert_eq!(bench.type_code("mailed", at).await, Edited::BadCode, "{at}");
    }
    assert_eq!(bench.confirm("typed").await, Edited::BadCode);
    assert_eq!(bench.confirm("mailed").await, linked(MAIL), "nor is it void by a newer typed one");
    assert_eq!(bench.confirm("mailed").await, Edited::BadCode);
    assert_eq!(bench.type_code("typed", PHONE).await, linked(PHONE));
    bench.ask(ANA, "email:late@example.org", "late").await;
    bench.pass(DAY);
    assert_eq!(bench.confirm("late").await, Edited::BadCode);
}

#[tokio::test]
async fn a_group_is_nobodys_address() {
    let bench = Bench::new();
    bench.brought_in(GROUP, ANA, 9).await;
    bench.make_code(ANA, "one").await;
    for group in [GROUP, "telegram:-5/7", "discord:900"] {
        assert_eq!(bench.type_code("one", group).await, Edited::NotForGroups, "{group}");
        assert_eq!(bench.make_code(group, "its").await, Edited::NotForGroups, "{group}");
        assert_eq!(bench.ask(group, MAIL, "mailed").await, Edited::NotForGroups, "{group}");
        assert_eq!(bench.ask(ANA, group, "mailed").await, Edited::NotForGroups, "{group}");
    }
    assert_eq!(bench.type_code("its", PHONE).await, Edited::BadCode);
    assert!(bench.send_mails().await.is_empty());
    assert_eq!(bench.type_code("one", PHONE).await, linked(PHONE), "it was not used");
    assert_eq!(bench.addresses(ANA).await, [PHONE, ANA]);
}

#[tokio::test]
async fn one_person_has_ten_addresses_at_most() {
    let bench = Bench::new();
    for n in 1..ADDRESSES_MAX {
        bench.link(ANA, &format!("discord:@{n}")).await;
    }
    let full = Edited::AddressesReached { limit: ADDRESSES_MAX };
    bench.make_code(ANA, "one more").await;
    assert_eq!(bench.type_code("one more", BEN).await, full);
    bench.ask(ANA, MAIL, "a mailbox").await;
    assert_eq!(bench.confirm("a mailbox").await, full);
    // Whoever comes with several addresses comes with all.
    bench.unlink("discord:@1").await;
    bench.unlink("discord:@2").await;
    bench.link(BEN, "telegram:6").await;
    bench.link(BEN, "telegram:7").await;
    bench.make_code(ANA, "three more").await;
    assert_eq!(bench.type_code("three more", BEN).await, full);
    bench.unlink("telegram:7").await;
    assert_eq!(bench.type_code("three more", BEN).await, linked(BEN), "it was not used");
    assert_eq!(bench.addresses(ANA).await.len(), ADDRESSES_MAX);
}

#[tokio::test]
async fn codes_of_an_address_that_is_taken_out_lead_to_nobody_elses_person() {
    for has_come_in in [false, true] {
        let bench = Bench::new();
        bench.let_in(ANA).await;
        if has_come_in {
            bench.let_in(PHONE).await;
        }
        bench.link(ANA, PHONE).await;
        bench.make_code(PHONE, "typed").await;
        bench.ask(PHONE, MAIL, "mailed").await;
        bench.unlink(PHONE).await;
        let (typed, mailed) = (bench.type_code("typed", BEN).await, bench.confirm("mailed").await);
        assert_eq!(bench.addresses(ANA).await, [ANA]);
        if has_come_in {
            assert_eq!((typed, mailed), (linked(BEN), linked(MAIL)));
            assert_eq!(bench.addresses(PHONE).await, [PHONE, MAIL, BEN]);
        } else {
            assert_eq!((typed, mailed), (Edited::BadCode, Edited::BadCode));
        }
        // A code that was made at one that stays, stays.
        bench.make_code(ANA, "hers").await;
        assert_eq!(bench.type_code("hers", "telegram:8").await, linked("telegram:8"));
        assert_eq!(bench.addresses(ANA).await, [ANA, "telegram:8"]);
    }
}

#[tokio::test]
async fn old_codes_are_forgotten_with_whoever_had_nothing_else() {
    let bench = Bench::new();
    bench.make_code(ANA, "typed").await;
    bench.ask(BEN, MAIL, "mailed").await;
    bench.pass(HOUR);
    bench.store().sweep(KEEP, bench.now()).await.unwrap();
    assert_eq!(bench.engine.rows("link"), 2);
    bench.send_mails().await;
    bench.sweep_for(2 * DAY).await;
    assert_eq!(bench.engine.rows("link"), 0);
    bench.sweep_for(40 * DAY).await;
    assert_eq!((bench.engine.rows("person"), bench.engine.rows("destination")), (1, 0));
}
