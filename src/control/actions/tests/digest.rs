//! Digests: whether, when, and at once.

use super::*;
use crate::model::{Digest, Schedule, Settings};

/// Sets what a wish asks for; returns what the destination has set then.
async fn wish(bench: &mut Bench, subject: Option<&str>, wishes: Vec<Wish>) -> Settings {
    let settings = Settings::default();
    let destination = ana().destination;
    let request = Set { destination, subject: subject.map(of), settings, wishes };
    set(&mut bench.commit, request).await.unwrap().unwrap()
}

fn daily() -> Schedule {
    "daily 09:00".parse().unwrap()
}

#[tokio::test]
async fn a_wish_for_a_digest_or_a_budget_is_set() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let digest = Some(Digest::At(daily()));
    let wishes = || vec![Wish::Digest(digest), Wish::PingsPerDay(Some(10))];
    let wanted = Settings { digest, pings_per_day: Some(10), ..Settings::default() };
    assert_eq!(wish(&mut bench, None, wishes()).await, wanted);
    assert_eq!(wish(&mut bench, Some(VIDEO), wishes()).await, wanted);
    let row = bench.watches(&ana().destination).await.remove(0);
    assert_eq!((&row.settings, &row.destination.settings), (&wanted, &wanted));
    let back = vec![Wish::Digest(None), Wish::PingsPerDay(None)];
    assert_eq!(wish(&mut bench, None, back).await, Settings::default());
}

#[tokio::test]
async fn a_watch_has_the_digest_of_its_chat_or_its_own() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let own = vec![Wish::Digest(Some(Digest::Off))];
    wish(&mut bench, Some(VIDEO), own).await;
    let chat = wish(&mut bench, None, vec![Wish::Digest(Some(Digest::At(daily())))]).await;
    let row = bench.watches(&ana().destination).await.remove(0);
    let (actions, here) = (&bench.actions, ana().destination);
    let of_chat = actions.digests(&here, &chat, None, NOW).await.unwrap();
    assert_eq!((of_chat.schedule, of_chat.others.len(), of_chat.more), (Some(daily()), 1, 0));
    // 13:03 in UTC: the next morning.
    assert_eq!(of_chat.next, Some(NOW.plus(Duration::from_secs((19 * 60 + 57) * 60))));
    let of_watch = actions.digests(&here, &chat, Some(&row), NOW).await.unwrap();
    assert_eq!((of_watch.schedule, of_watch.next), (None, None));
    assert!(of_watch.others.is_empty());
}

#[tokio::test]
async fn a_digest_that_is_due_in_quiet_hours_comes_after_them() {
    let bench = Bench::new();
    let settings = Settings {
        digest: Some(Digest::At(Schedule::Hourly)),
        quiet: "13:30-18:00".parse().ok(),
        ..Settings::default()
    };
    let digests = bench.actions.digests(&ana().destination, &settings, None, NOW).await.unwrap();
    assert!(digests.is_after_quiet);
    assert_eq!(digests.next.unwrap().to_string(), "2026-11-21T18:00:00Z");
}

#[tokio::test]
async fn what_is_over_the_budget_comes_in_the_digest_of_a_day_or_in_the_evening() {
    let bench = Bench::new();
    for (digest, told) in [
        ("off", "daily 20:00"),
        ("daily 07:00", "daily 07:00"),
        ("hourly", "hourly"),
        ("weekly mon 09:00", "daily 20:00"),
        ("every 6h", "daily 20:00"),
    ] {
        let settings = Settings {
            digest: digest.parse().ok(),
            pings_per_day: Some(10),
            ..Settings::default()
        };
        let here = ana().destination;
        let digests = bench.actions.digests(&here, &settings, None, NOW).await.unwrap();
        let budget = digests.budget.unwrap();
        assert_eq!((budget.pings, budget.today), (10, Some(0)));
        assert_eq!(budget.digest.to_string(), told, "{digest}");
    }
}

#[tokio::test]
async fn where_nothing_is_collected_nothing_comes_at_once() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let now = digest_now(&mut bench.commit, &ana().destination).await.unwrap();
    assert_eq!(now, Err(NothingCollected));
    let unknown = "telegram:7".parse().unwrap();
    assert_eq!(digest_now(&mut bench.commit, &unknown).await.unwrap(), Err(NothingCollected));
}
