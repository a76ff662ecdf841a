//! What is kept for how long, what `why` says, and figures.

use super::*;
use tubebell::model::{CancelReason, Outcome};
use tubebell::store::WatchFilter;

impl Bench {
    pub(in super::super) async fn sweep(&self) {
        for _ in 0..50 {
            if !self.store().sweep(KEEP, self.now()).await.unwrap() {
                return;
            }
        }
        panic!("the sweep never ends");
    }

    fn rows(&self, noun: &str) -> usize {
        self.engine.rows(noun)
    }
}

#[tokio::test]
async fn ended_alerts_and_messages_are_kept_for_a_week() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    bench.pass(7 * DAY);
    bench.sweep().await;
    assert_eq!((bench.rows("alert"), bench.rows("notification")), (1, 1));
    bench.pass(MINUTE);
    bench.sweep().await;
    assert_eq!((bench.rows("alert"), bench.rows("notification")), (0, 0));
}

#[tokio::test]
async fn what_still_waits_is_not_deleted() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.pass(20 * DAY);
    bench.sweep().await;
    assert_eq!(bench.count("waiting"), 1);
    bench.sums();
}

#[tokio::test]
async fn history_is_kept_for_thirty_days_but_for_the_value_that_still_holds() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    for views in [1, 2, 3] {
        bench.see(views).await;
    }
    bench.pass(31 * DAY);
    bench.see(3).await;
    bench.sweep().await;
    // 3 was confirmed by today's look: a window of thirty days begins with it.
    let history = bench.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 9).await.unwrap();
    let points = history.unwrap().points;
    assert_eq!(points.iter().map(|(_, counts)| counts.views).collect::<Vec<_>>(), [Some(3)]);
}

#[tokio::test]
async fn numbers_that_youtube_no_longer_says_are_forgotten_after_thirty_days() {
    let bench = Bench::new();
    bench.watch(ANA, "views any; status").await;
    bench.see(5).await;
    let last = bench.now();
    bench.pass(31 * DAY);
    let gone = Snapshot {
        numbers_at: last,
        views: None,
        likes: None,
        status: Status::Unavailable,
        ..snapshot(VIDEO, bench.now(), 0)
    };
    bench.publish(gone).await;
    bench.sweep().await;
    let history = bench.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 9).await.unwrap();
    let history = history.unwrap();
    assert!(history.points.is_empty());
    let known = history.known.unwrap();
    assert_eq!((known.last.views, known.highest.views), (None, None));
    assert_eq!(known.status, Status::Unavailable);
}

#[tokio::test]
async fn a_video_that_nobody_watches_is_forgotten_with_all_that_belonged_to_it() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.see(2).await;
    bench.unwatch(ANA).await;
    bench.pass(8 * DAY);
    bench.sweep().await;
    for table in ["rule", "subscription", "subject", "suppression", "trigger", "member"] {
        assert_eq!(bench.rows(table), 0, "{table}");
    }
    assert_eq!(bench.rows("video"), 1, "its statistics may stay a while");
    bench.pass(30 * DAY);
    bench.sweep().await;
    bench.sweep().await;
    for table in ["video", "seen", "history"] {
        assert_eq!(bench.rows(table), 0, "{table}");
    }
}

#[tokio::test]
async fn a_chat_that_watches_nothing_is_forgotten_a_week_after_its_last_message() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch("telegram:5", "views any").await;
    bench.watch("telegram:6", "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    // What a person has chosen is kept; what was never told anything is not.
    let settings = Settings { tz: Some("Europe/Madrid".into()), ..Settings::default() };
    bench.edit(Edit::Set { destination: at("telegram:5"), subject: None, settings }).await;
    bench.edit(Edit::Enable { destination: at("telegram:7"), owner: owner("telegram:7") }).await;
    bench.unwatch("telegram:5").await;
    bench.unwatch("telegram:6").await;
    // The operator watches nothing either, but something is on its way there.
    let notice = vec![(at("telegram:8"), bodies::plain("{}"))];
    bench.store().notice(None, notice, bench.now()).await.unwrap();
    bench.sweep().await;
    assert_eq!((bench.rows("destination"), bench.rows("lane")), (4, 4));
    bench.pass(8 * DAY);
    bench.sweep().await;
    bench.sweep().await;
    assert_eq!((bench.rows("destination"), bench.rows("lane")), (3, 3));
    for (address, kept) in [(ANA, true), ("telegram:5", true), ("telegram:6", false)] {
        let row = bench.store().destination(&at(address)).await.unwrap();
        assert_eq!(row.is_some(), kept, "{address}");
    }
    // Who can't be reached can't miss them.
    let gone = Edit::Disable { destination: at("telegram:5"), reason: "blocked".into() };
    bench.edit(gone).await;
    bench.sweep().await;
    assert_eq!((bench.rows("destination"), bench.rows("lane")), (2, 2));
    assert_eq!(bench.send_all().await, ["{}"]);
    bench.pass(8 * DAY);
    bench.sweep().await;
    assert_eq!((bench.rows("destination"), bench.rows("lane")), (1, 1));
    // Whoever comes back is made anew, and is told.
    bench.watch("telegram:6", "views any").await;
    bench.see(3).await;
    bench.see(4).await;
    bench.sums();
    assert_eq!(bench.send_all().await.len(), 2);
}

#[tokio::test]
async fn an_address_that_has_moved_is_forgotten_with_the_one_it_moved_to() {
    let bench = Bench::new();
    bench.watch("telegram:-5", "views any").await;
    bench.edit(Edit::Move { from: at("telegram:-5"), to: at("telegram:-1005") }).await;
    bench.pass(40 * DAY);
    bench.sweep().await;
    // A watch file that still has the old id is understood.
    assert_eq!(bench.rows("destination"), 2);
    bench.unwatch("telegram:-5").await;
    bench.pass(8 * DAY);
    for _ in 0..3 {
        bench.sweep().await;
    }
    assert_eq!((bench.rows("destination"), bench.rows("lane")), (0, 0));
}

#[tokio::test]
async fn suppressions_invitations_and_notices_go_with_time() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.see(1).await;
    bench.see(2).await;
    let expires_at = T0.plus(DAY);
    bench
        .edit(Edit::Invite {
            code: "c".into(),
            made_by: Owner::Operator,
            expires_at,
            per_day: None,
        })
        .await;
    let to = vec![(at("telegram:1"), bodies::plain("{}"))];
    bench.store().notice(Some("k".into()), to, T0).await.unwrap();
    assert_eq!(bench.rows("suppression"), 1);
    bench.pass(9 * DAY);
    bench.sweep().await;
    assert_eq!((bench.rows("suppression"), bench.rows("invite"), bench.rows("notice")), (0, 0, 1));
    bench.pass(22 * DAY);
    bench.sweep().await;
    assert_eq!(bench.rows("notice"), 0);
}

#[tokio::test]
async fn what_waits_where_no_claim_comes_is_ended_by_sweeps_and_counted_by_the_next_claim() {
    // The channel of this destination is switched off: nobody ever claims there.
    let bench = Bench::new();
    for to in ["webhook:https://a.example/", "webhook:https://b.example/"] {
        bench.watch(to, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    bench.mute("webhook:https://a.example/", None, Some(T0.plus(HOUR))).await;
    bench.sweep().await;
    assert_eq!((bench.count("cancelled:muted"), bench.count("waiting")), (1, 1));
    bench.sums();
    // And numbers may be kept for thirty days only.
    bench.pass(31 * DAY);
    bench.sweep().await;
    assert_eq!(bench.count("waiting"), 0);
    let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
    assert!(
        matches!(&why[1].alerts[0].1, Outcome::Dead(cause) if cause.contains("kept")),
        "{why:?}"
    );
    bench.sums();
}

#[tokio::test]
async fn a_message_that_could_not_leave_for_thirty_days_is_given_up() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    let away = FinishedAs::Retry { at: bench.now(), counts: false, error: "dns".into() };
    bench.finish(&claim, away).await;
    bench.pass(31 * DAY);
    bench.sweep().await;
    assert_eq!(bench.count("dead"), 1);
    assert_eq!(bench.store().dead_letters(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_that_nothing_routes_keeps_statistics_no_longer_than_allowed() {
    let bench = Bench::new();
    for day in 0..40 {
        let seen = snapshot(VIDEO, T0.plus(DAY * day), 1);
        bench.store().append(vec![seen]).await.unwrap();
    }
    bench.pass(40 * DAY);
    bench.sweep().await;
    let log = bench.store().read_log(0, 100).await.unwrap();
    assert_eq!(log.len(), 30);
    assert_eq!(log[0].1.observed_at, T0.plus(DAY * 10));
    bench.route().await;
    assert_eq!(bench.rows("log"), 0);
}

#[tokio::test]
async fn ids_of_what_was_forgotten_do_not_come_back_as_somebody_else_s() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.unwatch(ANA).await;
    bench.pass(40 * DAY);
    bench.sweep().await;
    bench.sweep().await;
    assert_eq!((bench.rows("rule"), bench.rows("video")), (0, 0));
    bench.watch(ANA, "views any").await;
    let rule = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap()[0].rule;
    let video = bench.store().due_videos(bench.now(), 1).await.unwrap()[0].key;
    let watch = bench.store().watches(WatchFilter::All, 0, 1).await.unwrap()[0].id;
    assert_eq!((rule.0, video.0, watch.0), (2, 2, 2));
}

#[tokio::test]
async fn why_says_what_fired_what_was_suppressed_and_what_comes_next() {
    let bench = Bench::new();
    bench.watch(ANA, "views every 1000; likes any").await;
    bench.watch("recorder:b", "views milestones").await;
    let why = bench.store().why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert!(why[0].unset && why[0].alerts.is_empty());
    bench.see(990).await;
    bench.see(1_005).await;
    bench.send_all().await;
    bench.see(2_010).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.see(3_001).await;
    bench.send_all().await;
    let why = bench.store().why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert_eq!(why.len(), 2);
    let rule = &why[0];
    assert_eq!(
        (rule.rule_text.as_str(), rule.ended, rule.unset),
        ("views every 1000", false, false)
    );
    assert_eq!((rule.trigger.unwrap().1, rule.now.views), (4_000, Some(3_001)));
    let outcomes: Vec<_> = rule.alerts.iter().map(|(_, outcome, _)| outcome.clone()).collect();
    assert_eq!(outcomes, [Outcome::Cancelled(CancelReason::Muted), Outcome::Sent]);
    assert!(rule.alerts.iter().all(|(_, _, ended)| ended.is_some()));
    let (reason, count, first, last) = &rule.suppressions[0];
    assert_eq!((reason.as_str(), *count, *first, *last), ("muted", 1, bench.now(), bench.now()));
    assert_eq!(why[1].rule_text, "likes any");
    // Somebody else's are told to the operator only.
    assert_eq!(bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap().len(), 3);
    assert!(
        bench.store().why(VIDEO.parse().unwrap(), Some(at("telegram:9"))).await.unwrap().is_empty()
    );
    // A watch that has ended is explained for as long as its alerts are kept.
    bench.unwatch(ANA).await;
    let why = bench.store().why(VIDEO.parse().unwrap(), Some(at(ANA))).await.unwrap();
    assert_eq!(why.len(), 1);
    assert!(why[0].ended && why[0].trigger.is_none());
}

#[tokio::test]
async fn figures_are_what_is_there() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch("telegram:5", "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.pass(MINUTE);
    bench.store().append(vec![snapshot(VIDEO, bench.now(), 3)]).await.unwrap();
    let figures = bench.store().figures(bench.now()).await.unwrap();
    assert_eq!((figures.videos, figures.watches, figures.log_backlog), (1, 2, 1));
    assert_eq!((figures.lanes_due, figures.oldest_due), (2, Some(MINUTE)));
    assert_eq!((figures.alerts_waiting, figures.dead_letters, figures.fanouts), (2, 0, 0));
    assert!(figures.bytes > 10_000);
    bench.send_all().await;
    let figures = bench.store().figures(bench.now()).await.unwrap();
    assert_eq!((figures.lanes_due, figures.oldest_due, figures.alerts_waiting), (0, None, 0));
}

#[tokio::test]
async fn the_sums_agree_whatever_became_of_alerts_and_go_on_over_restarts() {
    let mut bench = Bench::new();
    for to in [ANA, "telegram:5", "telegram:6", "telegram:7"] {
        bench.watch(to, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    // One is told, one dead and queued again, one in flight, one cancelled by a tool: nothing of it is lost on the way.
    let claims = bench.claim().await;
    bench.sent(&claims[0]).await;
    bench.finish(&claims[1], FinishedAs::Dead("no".into())).await;
    bench.see(3).await;
    bench.mute("telegram:7", None, Some(T0.plus(HOUR))).await;
    bench.sweep().await;
    assert_eq!(replay_all(&*bench.engine.open_beside(), bench.now()).await, 1);
    let before = bench.store().figures(bench.now()).await.unwrap();
    assert_eq!((before.ledger.created, before.ledger.replayed, before.ledger.sent), (8, 1, 1));
    assert_eq!((before.ledger.dead, before.ledger.cancelled.iter().sum::<u64>()), (1, 1));
    assert_eq!((before.ledger.open(), before.alerts_waiting, before.alerts_in_flight), (6, 6, 3));
    assert_eq!(before.unaccounted(), 0);
    bench.restart();
    let after = bench.store().figures(bench.now()).await.unwrap();
    assert_eq!((after.ledger, after.unaccounted()), (before.ledger, 0));
    assert_eq!(bench.store().pulse(bench.now()).await.unwrap().ledger, before.ledger);
    // What is deleted after its time stays in the sums.
    bench.send_all().await;
    bench.pass(8 * DAY);
    bench.sweep().await;
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().unaccounted(), 0);
}

#[tokio::test]
async fn a_pulse_says_what_is_late_and_what_is_in_flight() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch("telegram:5", "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.pass(MINUTE);
    bench.store().append(vec![snapshot(VIDEO, bench.now(), 3)]).await.unwrap();
    let pulse = bench.store().pulse(bench.now()).await.unwrap();
    assert_eq!(
        (pulse.oldest_due, pulse.log_backlog),
        ([Some(MINUTE), None, None, None, None, None], 1)
    );
    assert!(pulse.poll_overdue.is_some_and(|late| late >= MINUTE), "{pulse:?}");
    assert_eq!(pulse.ledger.open(), 2);
    assert!(pulse.bytes > 10_000 && pulse.wal_bytes > 0, "{pulse:?}");
    assert!(pulse.threads.iter().any(|thread| thread.name == "writer" && thread.jobs > 4));
    let claim = bench.claim().await.remove(0);
    let pulse = bench.store().pulse(bench.now()).await.unwrap();
    assert_eq!(pulse.in_flight, [2, 0, 0, 0, 0, 0]);
    bench.finish(&claim, FinishedAs::Dead("no".into())).await;
    let pulse = bench.store().pulse(bench.now()).await.unwrap();
    assert_eq!((pulse.dead_letters, pulse.oldest_due), (1, [None; 6]));
    // Errors are counted where they are answered.
    bench.engine.forbid("invite");
    let invite = Edit::Invite {
        code: "c".into(),
        made_by: owner(ANA),
        expires_at: T0.plus(DAY),
        per_day: None,
    };
    assert!(bench.store().edit(None, vec![invite], T0).await.is_err());
    let pulse = bench.store().pulse(bench.now()).await.unwrap();
    assert!(pulse.errors.contains(&("database", 1)), "{:?}", pulse.errors);
}
