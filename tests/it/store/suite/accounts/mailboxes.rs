//! Mailboxes whose reader is asked.

use super::*;

const OF_BEN: &str = "email:ben@example.org";

#[tokio::test]
async fn so_many_readers_are_asked_in_a_day() {
    let bench = Bench::new();
    let limits = AskLimits { per_mailbox: 2, per_person: 3, in_all: 5 };
    let ask = async |by: &str, mailbox: &str| {
        bench.pass(MINUTE);
        bench.ask_within(by, mailbox, &format!("{by} {}", bench.now().0), limits).await
    };
    let (done, enough) = (Edited::Done(1), Edited::AskedEnough);
    assert_eq!(ask(ANA, MAIL).await, done);
    assert_eq!(ask(BEN, "email:a.na+1@example.org").await, done, "the same mailbox");
    assert_eq!(ask("telegram:6", MAIL).await, enough(AskedEnough::Mailbox));
    assert_eq!(ask(ANA, "email:b@example.org").await, done);
    assert_eq!(ask(ANA, "email:c@example.org").await, done);
    assert_eq!(ask(ANA, "email:d@example.org").await, enough(AskedEnough::Person));
    // By whichever address.
    bench.link(ANA, PHONE).await;
    assert_eq!(ask(PHONE, "email:d@example.org").await, enough(AskedEnough::Person));
    assert_eq!(ask(BEN, "email:d@example.org").await, done);
    assert_eq!(ask("telegram:6", "email:e@example.org").await, enough(AskedEnough::All));
    assert_eq!(bench.send_mails().await.len(), 5, "what is refused is not sent");
    bench.pass(DAY);
    assert_eq!(ask(ANA, MAIL).await, done);
    bench.sums();
}

#[tokio::test]
async fn nobody_asks_more_readers_by_leaving_or_by_linking_in_between() {
    let limits = AskLimits { per_mailbox: 2, per_person: 2, in_all: 4 };
    let bench = Bench::new();
    bench.let_in(PHONE).await;
    bench.let_in(ANA).await;
    let mailbox = |n: usize| format!("email:reader{n}@example.org");
    let mut asked = 0;
    for n in 0..6 {
        let edited = bench.ask_within(PHONE, &mailbox(n), &n.to_string(), limits).await;
        asked += usize::from(edited == Edited::Done(1));
        bench.pass(MINUTE);
        bench.link(ANA, PHONE).await;
        bench.unlink(PHONE).await;
    }
    assert_eq!(asked, 2);

    let bench = Bench::new();
    let mut asked = 0;
    for n in 0..6 {
        let edited = bench.ask_within(PHONE, MAIL, &n.to_string(), limits).await;
        asked += usize::from(edited == Edited::Done(1));
        bench.pass(MINUTE);
        bench.erase(PHONE).await;
    }
    assert_eq!(asked, 2, "of the mailbox");
    for n in 0..6 {
        let edited = bench.ask_within(PHONE, &mailbox(n), &mailbox(n), limits).await;
        asked += usize::from(edited == Edited::Done(1));
        bench.erase(PHONE).await;
    }
    assert_eq!(asked, 4, "in all");
    for n in 0..6 {
        assert_eq!(bench.confirm(&n.to_string()).await, Edited::BadCode);
    }
}

#[tokio::test]
async fn whoever_wants_no_mails_is_not_asked() {
    let bench = Bench::new();
    bench.edit(Edit::Refuse { destination: at(MAIL) }).await;
    assert_eq!(bench.ask(ANA, MAIL, "one").await, Edited::Refused);
    assert!(bench.send_mails().await.is_empty());
    assert_eq!(bench.confirm("one").await, Edited::BadCode);
    assert_eq!(bench.engine.rows("link"), 0);
}

#[tokio::test]
async fn nothing_else_is_sent_to_a_mailbox_before_its_reader_says_yes() {
    let bench = Bench::new();
    bench.theirs_at(ANA, VIDEO).await;
    bench.set_zone(ANA, Some("Europe/Madrid")).await;
    bench.ask(ANA, MAIL, "one").await;
    assert_eq!(bench.send_mails().await, [MAIL]);
    assert_eq!(bench.addresses(ANA).await, [ANA]);
    bench.see(1).await;
    bench.see(2).await;
    bench.edit(Edit::Disable { destination: at(ANA), reason: "blocked".into() }).await;
    let others = bench.store().owners_other_destinations(&at(ANA)).await.unwrap();
    assert!(others.is_empty(), "{others:?}");
    bench.set_zone(ANA, Some("America/Lima")).await;
    assert_eq!(bench.zone(MAIL).await, None);
    assert!(bench.send_mails().await.is_empty());
    // What the operator's file has ring there is not hers either.
    bench.of_file(MAIL, VIDEO).await;
    let hers = bench.store().watches(WatchFilter::OfPerson(at(ANA)), 0, 9).await.unwrap();
    assert_eq!(hers.len(), 1);

    assert_eq!(bench.confirm("one").await, linked(MAIL));
    assert_eq!(bench.zone(MAIL).await.as_deref(), Some("America/Lima"));
    assert_eq!(bench.ask(ANA, MAIL, "again").await, Edited::Done(0), "it is hers");
    bench.sums();
}

#[tokio::test]
async fn a_mailbox_that_was_off_is_tried_again_only_with_a_question() {
    let bench = Bench::new();
    bench.of_file(MAIL, VIDEO).await;
    bench.edit(Edit::Disable { destination: at(MAIL), reason: "no such mailbox".into() }).await;
    let is_off =
        async || bench.store().destination(&at(MAIL)).await.unwrap().unwrap().disabled.is_some();
    let limits = AskLimits { per_mailbox: 0, ..MANY };
    let enough = Edited::AskedEnough(AskedEnough::Mailbox);
    assert_eq!(bench.ask_within(ANA, MAIL, "one", limits).await, enough);
    assert!(is_off().await);
    assert_eq!(bench.ask(ANA, MAIL, "two").await, Edited::Done(1));
    assert!(!is_off().await);
    assert_eq!(bench.send_mails().await, [MAIL]);
}

#[tokio::test]
async fn a_reader_who_has_ended_mails_and_confirms_one_hears_again() {
    let bench = Bench::new();
    bench.ask(ANA, MAIL, "one").await;
    bench.edit(Edit::Refuse { destination: at(MAIL) }).await;
    assert_eq!(bench.confirm("one").await, linked(MAIL));
    let row = bench.store().destination(&at(MAIL)).await.unwrap().unwrap();
    assert_eq!(row.shut(), None::<Shut>);
}

#[tokio::test]
async fn a_mailbox_that_somebody_else_had_goes_to_whoever_reads_it_and_takes_nothing_else_along() {
    let bench = Bench::new();
    bench.let_in(ANA).await;
    bench.link(ANA, PHONE).await;
    bench.confirmed(ANA, MAIL).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.theirs_at(MAIL, VIDEO).await;
    bench.confirmed(BEN, MAIL).await;
    assert_eq!(bench.addresses(ANA).await, [PHONE, ANA]);
    assert_eq!(bench.addresses(BEN).await, [MAIL, BEN]);
    let count = async |who: &str| bench.store().watches_of_owner(&owner(who)).await.unwrap();
    assert_eq!((count(ANA).await, count(BEN).await), (1, 1));
    assert!(!bench.is_in(BEN).await && bench.is_in(PHONE).await);
    // And so it goes where its reader had no other address.
    let bench = Bench::new();
    bench.confirmed(ANA, MAIL).await;
    bench.confirmed(ANA, OF_BEN).await;
    bench.unlink(ANA).await;
    assert_eq!(bench.addresses(MAIL).await, [MAIL, OF_BEN]);
    bench.confirmed(BEN, OF_BEN).await;
    assert_eq!(
        (bench.addresses(MAIL).await, bench.addresses(BEN).await.len()),
        (vec![MAIL.to_owned()], 2)
    );
    bench.sums();
}
