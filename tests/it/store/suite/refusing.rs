//! What its reader has ended.

use super::*;
use tubebell::store::Shut;

const MAILBOX: &str = "email:ana@example.org";

impl Bench {
    async fn refused(&self) -> Option<Shut> {
        self.store().destination(&at(MAILBOX)).await.unwrap().and_then(|row| row.shut())
    }
}

#[tokio::test]
async fn what_its_reader_has_ended_stays_off_until_it_is_made_on_by_name() {
    let bench = Bench::new();
    bench.watch(MAILBOX, "views any").await;
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let refuse = Edit::Refuse { destination: at(MAILBOX) };
    assert_eq!(bench.edit(refuse.clone()).await, Edited::Done(1));
    let ended = Some(Shut::Refused { since: Some(bench.now()) });
    assert_eq!(bench.refused().await, ended);
    // What waited is not told, nor what comes; others hear of all of it.
    bench.see(3).await;
    assert!(bench.turn(Channel::Email, 9, Vec::new()).await.claims.is_empty());
    assert_eq!(bench.send_all().await.len(), 1);
    bench.watch(MAILBOX, "likes any").await;
    assert_eq!(bench.refused().await, ended, "a watch file that names it changes nothing");

    bench.pass(60 * DAY);
    assert_eq!(bench.edit(refuse).await, Edited::Done(1));
    assert_eq!(bench.refused().await, ended, "since the first time");
    bench.unwatch(MAILBOX).await;
    for _ in 0..3 {
        bench.pass(60 * DAY);
        bench.store().sweep(KEEP, bench.now()).await.unwrap();
    }
    assert_eq!(bench.refused().await, ended, "it is not forgotten");

    assert_eq!(bench.edit(Edit::Alive { destination: at(MAILBOX) }).await, Edited::Done(0));
    assert_eq!(bench.refused().await, ended, "nor does it come back by itself");
    assert_eq!(bench.edit(Edit::Allow { destination: at(MAILBOX) }).await, Edited::Done(1));
    assert_eq!(bench.edit(Edit::Alive { destination: at(MAILBOX) }).await, Edited::Done(1));
    assert_eq!(bench.refused().await, None);
    bench.sums();
}

#[tokio::test]
async fn an_address_that_nothing_is_sent_to_yet_is_ended_for_the_days_to_come() {
    let bench = Bench::new();
    assert_eq!(bench.edit(Edit::Refuse { destination: at(MAILBOX) }).await, Edited::Done(1));
    bench.watch(MAILBOX, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    assert!(bench.turn(Channel::Email, 9, Vec::new()).await.claims.is_empty());
    assert!(matches!(bench.refused().await, Some(Shut::Refused { .. })));
    bench.sums();
}
