//! A channel that is watched under two names: its id, and a handle that leads to it.

use super::*;

pub(in super::super) const HANDLE: &str = "channel:@theChannel";

impl Bench {
    /// A listing that says whose name this is.
    pub(in super::super) async fn named(&self, subject: &str, members: Vec<ListedMember>) {
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
