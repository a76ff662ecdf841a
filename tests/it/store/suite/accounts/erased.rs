//! Somebody who is forgotten.

use super::*;

impl Bench {
    /// Ana at three addresses, with a watch and a card at two of them.
    async fn of_three() -> Bench {
        let bench = Bench::new();
        bench.let_in(ANA).await;
        bench.link(ANA, PHONE).await;
        bench.confirmed(ANA, MAIL).await;
        bench.send_mails().await;
        for to in [ANA, MAIL] {
            bench.theirs_at(to, VIDEO).await;
            bench.card_at(to, OTHER, 99).await;
        }
        bench
    }

    async fn is_known(&self, address: &str) -> bool {
        self.store().destination(&at(address)).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn what_was_theirs_ends_wherever_it_rang() {
    let bench = Bench::of_three().await;
    bench.theirs_at("telegram:4711/7", VIDEO).await;
    bench.theirs_at(BEN, VIDEO).await;
    assert_eq!(bench.erase(PHONE).await, Edited::Erased { watches: 3 });
    for address in [ANA, PHONE, MAIL] {
        assert!(!bench.is_known(address).await && !bench.is_in(address).await, "{address}");
        assert_eq!(bench.addresses(address).await, [address]);
        assert_eq!(bench.erase(address).await, Edited::NotFound);
    }
    assert_eq!(bench.engine.rows("card"), 0);
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1, "Ben's");
    assert!(bench.send_mails().await.is_empty());
    bench.sums();
}

#[tokio::test]
async fn what_waits_ends_with_a_cause() {
    let bench = Bench::of_three().await;
    bench.see(1).await;
    bench.plain.quiet_until.store(T0.plus(DAY).0, Ordering::Relaxed);
    bench.see(2).await;
    assert!(bench.claim().await.is_empty());
    assert_eq!(bench.count("waiting"), 2);
    bench.erase(ANA).await;
    bench.sums();
    for channel in [Channel::Telegram, Channel::Email] {
        assert!(bench.turn(channel, 9, Vec::new()).await.claims.is_empty());
    }
    assert_eq!(bench.count("waiting"), 0);
    let cancelled = bench.count("cancelled:disabled") + bench.count("cancelled:unwatched");
    assert_eq!(cancelled, 2);
    bench.sums();
}

#[tokio::test]
async fn what_a_digest_has_collected_ends_too() {
    let bench = Bench::of_three().await;
    let digest = Some("hourly".parse().unwrap());
    let settings = Settings { digest, ..Settings::default() };
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    bench.erase(ANA).await;
    bench.pass(2 * HOUR);
    assert!(bench.send_all().await.is_empty());
    bench.send_mails().await;
    assert_eq!(bench.count("waiting"), 0);
    bench.sums();
}

#[tokio::test]
async fn a_message_that_is_under_way_meanwhile_ends_by_its_answer() {
    let later = T0.plus(DAY);
    for result in [
        FinishedAs::Sent("1".into()),
        FinishedAs::Retry { at: later, counts: true, error: "502".into() },
        FinishedAs::Barred { at: later, reason: "no rights".into() },
        FinishedAs::Dead("400".into()),
        FinishedAs::Gone("403".into()),
        FinishedAs::Moved(at("telegram:99")),
    ] {
        let bench = Bench::of_three().await;
        bench.see(1).await;
        bench.see(2).await;
        let claim = bench.claim().await.remove(0);
        bench.erase(ANA).await;
        bench.sums();
        bench.finish(&claim, result.clone()).await;
        bench.pass(2 * DAY);
        assert!(bench.send_all().await.is_empty(), "{result:?}");
        assert!(bench.send_mails().await.is_empty());
        assert_eq!((bench.count("waiting"), bench.count("in flight")), (0, 0), "{result:?}");
        assert!(!bench.is_known(ANA).await && !bench.is_known("telegram:99").await, "{result:?}");
        bench.sums();
    }
}

#[tokio::test]
async fn a_stop_while_a_message_of_theirs_is_under_way_loses_nothing() {
    let mut bench = Bench::of_three().await;
    bench.see(1).await;
    bench.see(2).await;
    bench.claim().await;
    bench.erase(ANA).await;
    bench.restart();
    assert!(bench.send_all().await.is_empty());
    assert!(bench.send_mails().await.is_empty());
    assert_eq!((bench.count("waiting"), bench.count("in flight")), (0, 0));
    bench.sums();
}

#[tokio::test]
async fn a_message_that_waits_for_another_try_ends_at_once() {
    let bench = Bench::of_three().await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    let at = bench.now().plus(HOUR);
    bench.finish(&claim, FinishedAs::Retry { at, counts: true, error: "502".into() }).await;
    bench.erase(ANA).await;
    assert_eq!(bench.count("cancelled:disabled"), 1);
    bench.sums();
}

#[tokio::test]
async fn groups_stay_and_count_for_themselves() {
    let bench = Bench::of_three().await;
    bench.brought_in(GROUP, PHONE, 9).await;
    bench.theirs_at(GROUP, VIDEO).await;
    bench.theirs_at("telegram:-5/7", OTHER).await;
    bench.erase(ANA).await;
    assert!(!bench.is_in(GROUP).await);
    assert_eq!(bench.store().watches_of_owner(&owner(GROUP)).await.unwrap(), 2);
    assert!(bench.is_limited(GROUP).await);
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1);
    // Somebody else brings it in again, and it counts for them.
    bench.brought_in(GROUP, BEN, 9).await;
    assert_eq!(bench.store().watches_of_owner(&owner(BEN)).await.unwrap(), 2);
    bench.sums();
}

#[tokio::test]
async fn invitations_go_and_whoever_came_by_one_stays() {
    let bench = Bench::of_three().await;
    for code in ["used", "unused"] {
        let (made_by, expires_at) = (owner(PHONE), bench.now().plus(DAY));
        let invite = Edit::Invite { code: code.into(), made_by, expires_at, per_day: None };
        bench.edit(invite).await;
    }
    let admit = |person: &str, code: &str| Edit::Admit { person: at(person), code: code.into() };
    bench.edit(admit(BEN, "used")).await;
    bench.erase(MAIL).await;
    for code in ["used", "unused"] {
        assert_eq!(bench.edit(admit("telegram:6", code)).await, Edited::BadInvite);
    }
    assert!(bench.is_in(BEN).await);
    let row = bench.store().person(&at(BEN)).await.unwrap().unwrap();
    assert_eq!(row.invited_by, None);
    // The invitation that let Ana in lets nobody in again.
    assert_eq!(bench.engine.rows("invite"), 1);
}

#[tokio::test]
async fn codes_are_void() {
    let bench = Bench::of_three().await;
    bench.make_code(PHONE, "typed").await;
    bench.ask(ANA, "email:b@example.org", "mailed").await;
    bench.ask(BEN, "email:ana+2@example.org", "of her mailbox").await;
    bench.erase(ANA).await;
    assert_eq!(bench.type_code("typed", BEN).await, Edited::BadCode);
    for code in ["mailed", "of her mailbox"] {
        assert_eq!(bench.confirm(code).await, Edited::BadCode, "{code}");
    }
    bench.sweep_for(3 * DAY).await;
    assert_eq!(bench.engine.rows("link"), 0);
}

#[tokio::test]
async fn whoever_comes_back_begins_anew() {
    let bench = Bench::of_three().await;
    bench.set_zone(ANA, Some("Europe/Madrid")).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.erase(ANA).await;
    bench.let_in(ANA).await;
    bench.theirs_at(ANA, VIDEO).await;
    bench.confirmed(ANA, MAIL).await;
    bench.send_mails().await;
    bench.theirs_at(MAIL, VIDEO).await;
    assert_eq!(bench.addresses(ANA).await, [MAIL, ANA]);
    assert_eq!((bench.zone(ANA).await, bench.runs(ANA).await), (None, 1));
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!((bench.send_all().await.len(), bench.send_mails().await.len()), (1, 1));
    // And again.
    assert_eq!(bench.erase(ANA).await, Edited::Erased { watches: 2 });
    assert!(!bench.is_known(ANA).await);
    bench.sums();
}

#[tokio::test]
async fn a_mailbox_that_its_reader_has_ended_stays_so() {
    let bench = Bench::of_three().await;
    bench.edit(Edit::Refuse { destination: at(MAIL) }).await;
    assert_eq!(bench.erase(ANA).await, Edited::Erased { watches: 2 });
    let row = bench.store().destination(&at(MAIL)).await.unwrap().unwrap();
    assert!(row.is_refused && row.settings == Settings::default());
    assert_eq!(bench.ask(BEN, MAIL, "one").await, Edited::Refused);
    bench.sweep_for(60 * DAY).await;
    assert_eq!(bench.ask(BEN, MAIL, "one").await, Edited::Refused);
}

#[tokio::test]
async fn the_sweep_forgets_what_is_left() {
    let bench = Bench::of_three().await;
    bench.brought_in(GROUP, ANA, 9).await;
    bench.make_code(ANA, "one").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    bench.send_mails().await;
    bench.erase(ANA).await;
    assert!(bench.engine.rows("alert") > 0, "it says neither who nor where");
    bench.sweep_for(8 * DAY).await;
    bench.sweep_for(40 * DAY).await;
    for noun in
        ["alert", "notification", "subscription", "rule", "destination", "lane", "link", "identity"]
    {
        assert_eq!(bench.engine.rows(noun), 0, "{noun}");
    }
    assert_eq!(bench.engine.rows("person"), 1, "the operator");
}
