//! Mutes, expiries, marks, invitations, notices.

use super::*;
use tubebell::model::Address;
use tubebell::store::UpdateMark;

async fn held() -> Bench {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.plain.quiet_until.store(T0.plus(HOUR).0, Ordering::Relaxed);
    bench.see(2).await;
    assert!(bench.claim().await.is_empty());
    bench
}

#[tokio::test]
async fn a_mute_cancels_what_waits_and_lifting_it_brings_nothing_back() {
    let bench = held().await;
    assert_eq!(bench.mute(ANA, None, Some(T0.plus(DAY))).await, Edited::Done(1));
    bench.sums();
    assert!(bench.claim().await.is_empty());
    assert_eq!(bench.count("cancelled:muted"), 1);
    bench.see(3).await;
    assert_eq!(bench.count("waiting"), 0);
    assert_eq!(bench.mute(ANA, None, None).await, Edited::Unmuted { watches: 0 });
    bench.pass(2 * HOUR);
    assert!(bench.send_all().await.is_empty());
    bench.see(4).await;
    assert!(bench.send_all().await[0].contains("Int(3) -> Int(4)"));
    let why = bench.store().why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert_eq!((why[0].suppressions[0].0.as_str(), why[0].suppressions[0].1), ("muted", 1));
    bench.sums();
}

#[tokio::test]
async fn a_mute_ends_by_itself() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.mute(ANA, None, Some(bench.now().plus(MINUTE))).await;
    bench.see(2).await;
    bench.pass(MINUTE);
    bench.see(3).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn one_watch_can_be_muted_alone() {
    let bench = held().await;
    bench.watch_subject(ANA, "video:aaaaaaaaaaa", "views any").await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    let subject = format!("video:{VIDEO}");
    assert_eq!(bench.mute(ANA, Some(&subject), Some(T0.plus(DAY))).await, Edited::Done(1));
    bench.pass(2 * HOUR);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("aaaaaaaaaaa"));
    assert_eq!(bench.count("cancelled:muted"), 1);
    assert_eq!(bench.mute(ANA, Some("video:ccccccccccc"), None).await, Edited::NotFound);
    assert_eq!(bench.mute("telegram:9", None, None).await, Edited::NotFound);
    bench.sums();
}

#[tokio::test]
async fn a_message_that_waits_for_another_try_obeys_mutes_and_ends_of_watches() {
    for (command, outcome) in [("mute", "cancelled:muted"), ("unwatch", "cancelled:unwatched")] {
        let bench = Bench::new();
        bench.watch(ANA, "views any").await;
        bench.see(1).await;
        bench.see(2).await;
        let claim = bench.claim().await.remove(0);
        let later = bench.now().plus(MINUTE);
        let retry = FinishedAs::Retry { at: later, counts: true, error: "502".into() };
        bench.finish(&claim, retry).await;
        match command {
            "mute" => bench.mute(ANA, None, Some(T0.plus(DAY))).await,
            _ => bench.unwatch(ANA).await,
        };
        bench.pass(MINUTE);
        let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
        assert!(claimed.claims.is_empty(), "{command}");
        assert_eq!(bench.count(outcome), 1);
        bench.sums();
    }
}

#[tokio::test]
async fn a_notice_is_heard_also_by_those_who_muted_their_alerts() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.store().notice(None, vec![(at(ANA), bodies::plain("{}"))], T0).await.unwrap();
    assert_eq!(bench.send_all().await, ["{}"]);
}

#[tokio::test]
async fn a_watch_that_has_expired_tells_nothing_and_is_ended_by_the_next_sweep() {
    let bench = held().await;
    let settings = Settings { until: Some(T0.plus(HOUR)), ..Settings::default() };
    let subject = of(&format!("video:{VIDEO}"));
    let set = Edit::Set { destination: at(ANA), subject: Some(subject), settings };
    assert_eq!(bench.edit(set).await, Edited::Done(1));
    bench.pass(HOUR);
    assert!(bench.send_all().await.is_empty());
    assert_eq!(bench.count("cancelled:expired"), 1);
    bench.see(3).await;
    let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
    assert_eq!(why[0].suppressions[0].0, "expired");
    bench.store().sweep(KEEP, bench.now()).await.unwrap();
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().watches, 0);
    assert_eq!(bench.store().watched_videos().await.unwrap(), 0);
    bench.sums();
}

#[tokio::test]
async fn an_update_that_is_delivered_again_has_no_second_effect() {
    let bench = Bench::new();
    let mark = |source: &str, update_id| Some(UpdateMark { source: source.into(), update_id });
    let watch =
        || vec![Edit::Watch(Box::new(watch_of(ANA, &format!("video:{VIDEO}"), "views any")))];
    let store = bench.store();
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), None);
    assert!(store.edit(mark("telegram:1", 10), watch(), T0).await.unwrap().is_some());
    bench.unwatch(ANA).await;
    assert_eq!(store.edit(mark("telegram:1", 10), watch(), T0).await.unwrap(), None);
    store.move_mark(mark("telegram:1", 10).unwrap(), T0).await.unwrap();
    for again in [10, 9] {
        assert_eq!(store.edit(mark("telegram:1", again), watch(), T0).await.unwrap(), None);
    }
    assert_eq!(store.figures(T0).await.unwrap().watches, 0);
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(10));
    assert!(store.edit(mark("telegram:2", 9), Vec::new(), T0).await.unwrap().is_some());
    assert!(store.edit(mark("telegram:1", 11), Vec::new(), T0).await.unwrap().is_some());
}

#[tokio::test]
async fn updates_have_their_effect_once_in_whatever_order_they_are_handled() {
    let bench = Bench::new();
    let store = bench.store();
    let mark = |update_id| UpdateMark { source: "telegram:1".into(), update_id };
    let edit = async |id| store.edit(Some(mark(id)), Vec::new(), T0).await.unwrap().is_some();
    // The one in the middle is not handled yet: a kill here must bring it again, and it alone.
    assert!(edit(10).await && edit(12).await);
    store.move_mark(mark(10), T0).await.unwrap();
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(10));
    let mut handled = Vec::new();
    for id in [9, 10, 11, 12, 13] {
        handled.push(store.is_handled(&mark(id)).await.unwrap());
    }
    assert_eq!(handled, [true, true, false, true, false]);
    assert!(!edit(12).await && edit(11).await && !edit(11).await);
    store.move_mark(mark(12), T0).await.unwrap();
    assert_eq!(bench.engine.rows("handled"), 0);
    // A mark never moves back, and another source has its own.
    store.move_mark(mark(5), T0).await.unwrap();
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(12));
    let other = UpdateMark { source: "telegram:2".into(), update_id: 12 };
    assert!(!store.is_handled(&other).await.unwrap());
}

#[tokio::test]
async fn after_two_quiet_days_the_ids_of_updates_may_start_anew() {
    let bench = Bench::new();
    let mark = |update_id| Some(UpdateMark { source: "telegram:1".into(), update_id });
    bench.store().edit(mark(900), Vec::new(), T0).await.unwrap();
    bench.store().edit(mark(902), Vec::new(), T0).await.unwrap();
    bench.store().move_mark(mark(900).unwrap(), T0).await.unwrap();
    bench.store().sweep(KEEP, T0.plus(DAY)).await.unwrap();
    assert_eq!(bench.store().update_mark("telegram:1").await.unwrap(), Some(900));
    bench.store().sweep(KEEP, T0.plus(3 * DAY)).await.unwrap();
    for id in [5, 902] {
        let edited = bench.store().edit(mark(id), Vec::new(), T0.plus(8 * DAY)).await.unwrap();
        assert!(edited.is_some(), "{id}");
    }
}

#[tokio::test]
async fn ids_that_start_anew_have_their_effect_and_those_before_have_it_no_second_time() {
    let bench = Bench::new();
    let store = bench.store();
    let mark = |update_id| UpdateMark { source: "telegram:1".into(), update_id };
    let edit = async |id| store.edit(Some(mark(id)), Vec::new(), T0).await.unwrap().is_some();
    let last = 5_000_001;
    assert!(edit(last).await);
    store.move_mark(mark(last), T0).await.unwrap();
    for anew in [1_001, 1_900_000_000] {
        assert!(edit(anew).await, "{anew}");
        store.move_mark(mark(anew), T0).await.unwrap();
        assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(anew));
        // Whoever tells either of them again has not heard that it is confirmed.
        for again in [anew, anew - 1, last, last - 99] {
            assert!(!edit(again).await, "{again} after {anew}");
        }
    }
    // And back: the mark moves, and covers what it did before.
    assert!(edit(last + 1).await);
    store.move_mark(mark(last + 1), T0).await.unwrap();
    assert_eq!(store.update_mark("telegram:1").await.unwrap(), Some(last + 1));
    assert!(!edit(last).await && !edit(1_001).await);
    store.sweep(KEEP, T0.plus(3 * DAY)).await.unwrap();
    assert_eq!(bench.engine.rows("handled"), 0);
}

#[tokio::test]
async fn edits_stand_or_fall_together_with_their_mark() {
    let bench = Bench::new();
    bench.engine.forbid("invite");
    let invite = Edit::Invite {
        code: "c".into(),
        made_by: Owner::Operator,
        expires_at: T0.plus(DAY),
        per_day: None,
    };
    let watch = Edit::Watch(Box::new(watch_of(ANA, &format!("video:{VIDEO}"), "views any")));
    let mark = UpdateMark { source: "telegram:1".into(), update_id: 10 };
    assert!(bench.store().edit(Some(mark), vec![watch, invite], T0).await.is_err());
    assert_eq!(bench.store().update_mark("telegram:1").await.unwrap(), None);
    assert_eq!(bench.store().figures(T0).await.unwrap().watches, 0);
}

#[tokio::test]
async fn an_invitation_admits_one_person_until_it_expires() {
    let bench = Bench::new();
    let invite = |code: &str| Edit::Invite {
        code: code.into(),
        made_by: Owner::Operator,
        expires_at: T0.plus(DAY),
        per_day: None,
    };
    let admit = |chat: i64, code: &str| Edit::Admit {
        person: Address::Telegram { chat, thread: None },
        code: code.to_owned(),
    };
    bench.edit(invite("one")).await;
    bench.edit(invite("two")).await;
    assert!(!bench.store().is_admitted(&at("telegram:1")).await.unwrap());
    assert_eq!(bench.edit(admit(1, "none")).await, Edited::BadInvite);
    assert_eq!(bench.edit(admit(1, "one")).await, Edited::Done(1));
    assert!(bench.store().is_admitted(&at("telegram:1")).await.unwrap());
    assert_eq!(bench.edit(admit(2, "one")).await, Edited::BadInvite);
    // Who is in needs no other, and does not use one up.
    assert_eq!(bench.edit(admit(1, "two")).await, Edited::Done(0));
    bench.pass(DAY);
    assert_eq!(bench.edit(admit(2, "two")).await, Edited::BadInvite);
    assert!(!bench.store().is_admitted(&at("telegram:2")).await.unwrap());
}

#[tokio::test]
async fn a_notice_rings_once_until_it_is_over() {
    let bench = Bench::new();
    let to = vec![(at(ANA), bodies::plain("the channel is paused"))];
    let tell = |to| bench.store().notice(Some("paused".into()), to, T0);
    assert!(!tell(Vec::new()).await.unwrap(), "nobody was told");
    assert!(tell(to.clone()).await.unwrap());
    assert!(!tell(to.clone()).await.unwrap());
    assert_eq!(bench.send_all().await, ["the channel is paused"]);
    bench.store().clear_notice("paused").await.unwrap();
    assert!(tell(to.clone()).await.unwrap());
    assert!(bench.store().notice(None, to.clone(), T0).await.unwrap());
    assert!(bench.store().notice(None, to, T0).await.unwrap());
    assert_eq!(bench.send_all().await.len(), 3);
    bench.sums();
}

#[tokio::test]
async fn settings_of_what_is_not_there_are_not_kept() {
    let bench = Bench::new();
    let set = |to: &str, subject: Option<&str>| Edit::Set {
        destination: at(to),
        subject: subject.map(of),
        settings: Settings::default(),
    };
    assert_eq!(bench.edit(set(ANA, None)).await, Edited::NotFound);
    bench.watch(ANA, "views any").await;
    assert_eq!(bench.edit(set(ANA, None)).await, Edited::Done(1));
    assert_eq!(bench.edit(set(ANA, Some("video:ccccccccccc"))).await, Edited::NotFound);
}
