//! What settings decide: how often, at which hours, whether at all.

use super::*;

#[tokio::test]
async fn a_channel_of_five_hundred_that_may_ring_every_quarter_of_an_hour_does_so_for_a_day() {
    let it = Telling::of_channel(EVA, 500, ALL).await;
    it.set(EVA, at_most(15 * MINUTE)).await;
    let mut told = Vec::new();
    for look in 0..144_usize {
        // Some of the videos move at each look.
        let from = look % 25 * 20;
        it.look(from + 1..=from + 20, 2_000 + i64::try_from(look).unwrap()).await;
        told.extend(it.tell_for(10).await);
    }
    let mut moments: Vec<UnixMillis> = told.iter().map(|told| told.at).collect();
    moments.dedup();
    assert!((80..=97).contains(&moments.len()), "{} times in a day", moments.len());
    for pair in moments.windows(2) {
        assert!(pair[1].since(pair[0]) >= 15 * MINUTE, "{pair:?}");
    }
    it.bench.sums();
}

#[tokio::test]
async fn a_quiet_night_of_a_channel_is_told_in_the_morning_at_once() {
    let it = Telling::of_channel(EVA, 500, ALL).await;
    // T0 is at 11:06.
    it.set(EVA, quiet("11:00-19:00")).await;
    for look in 0..40 {
        it.look(1..=30, 2_000 + look).await;
        assert!(it.tell_for(10).await.is_empty());
    }
    it.look(1..=500, 3_000).await;
    assert_eq!(it.waiting(), 1_500, "as many as it has rules and videos, however often they fired");
    let pulse = it.bench.store().pulse(it.bench.now()).await.unwrap();
    assert_eq!(pulse.ledger.folded, 40 * 90);
    it.bench.sums();
    let told = it.tell_for(120).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].text.contains("1,000 → 3,000"), "{}", told[0].text);
    assert!(!told[0].silent);
    assert_eq!(it.bench.count("sent"), 1_500);
    it.bench.sums();
}

#[tokio::test]
async fn a_mute_ends_what_is_held_and_what_comes_later_starts_anew() {
    let it = Telling::of_channel(EVA, 3, ALL).await;
    it.set(EVA, at_most(HOUR)).await;
    it.look(1..=3, 2_000).await;
    assert_eq!(it.tell_for(1).await.len(), 1);
    it.look(1..=3, 3_000).await;
    assert!(it.tell_for(1).await.is_empty());
    it.bench.mute(EVA, None, Some(it.bench.now().plus(MINUTE))).await;
    it.bench.mute(EVA, None, None).await;
    // Before any claim has ended what the mute has cancelled.
    it.look(1..=3, 4_000).await;
    let told = it.tell_for(60).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("3,000 → 4,000"), "{}", told[0].text);
    assert_eq!(it.bench.count("cancelled:muted"), 9);
    it.bench.sums();
}

#[tokio::test]
async fn what_is_urgent_waits_neither_for_quiet_hours_nor_for_the_next_time_but_for_a_mute() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any; likes any!").await;
    it.set(EVA, quiet("00:00-23:59")).await;
    it.look(1..=1, 1_000).await;
    for count in [2_000, 3_000] {
        it.look(1..=1, count).await;
        let told = it.tell().await;
        assert_eq!(told.len(), 1);
        assert!(told[0].text.contains("Likes") && !told[0].text.contains("Views 1"));
    }
    assert_eq!(it.waiting(), 1);
    it.bench.mute(EVA, None, Some(it.bench.now().plus(HOUR))).await;
    it.look(1..=1, 4_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.sums();
}

#[tokio::test]
async fn a_message_is_late_by_when_it_was_due_and_not_by_when_it_was_seen() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any").await;
    it.look(1..=1, 1_000).await;
    // Held for two days by the one before it.
    it.set(EVA, at_most(2 * DAY)).await;
    it.look(1..=1, 2_000).await;
    assert_eq!(it.tell().await.len(), 1);
    it.look(1..=1, 3_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.pass(2 * DAY);
    let told = it.tell().await;
    assert!(!told[0].silent && !told[0].text.contains("Late"), "{told:#?}");
    // Nobody was there to send it for more than a day after that.
    it.look(1..=1, 4_000).await;
    assert!(it.tell().await.is_empty());
    it.bench.pass(2 * DAY + DAY + HOUR);
    let told = it.tell().await;
    assert!(told[0].silent && told[0].text.contains("Late"), "{told:#?}");
}

#[tokio::test]
async fn at_most_once_in_two_weeks_holds_over_sweeps_and_restarts() {
    let mut it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any").await;
    it.set(EVA, at_most(14 * DAY)).await;
    it.look(1..=1, 1_000).await;
    it.look(1..=1, 2_000).await;
    assert_eq!(it.tell().await.len(), 1);
    for day in 1..=13 {
        it.bench.pass(DAY);
        it.look(1..=1, 2_000 + day).await;
        it.bench.restart();
        while it.bench.store().sweep(KEEP, it.bench.now()).await.unwrap() {}
        assert!(it.tell().await.is_empty(), "day {day}");
    }
    it.bench.pass(DAY);
    assert_eq!(it.tell().await.len(), 1);
    it.bench.sums();
}

#[tokio::test]
async fn a_net_change_of_nothing_comes_to_nothing_however_it_was_folded() {
    let it = Telling::new();
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any; title").await;
    it.look(1..=1, 1_000).await;
    it.set(EVA, quiet("00:00-23:59")).await;
    for count in [1_500, 1_200, 1_000] {
        it.look(1..=1, count).await;
    }
    it.set(EVA, Settings::default()).await;
    assert!(it.tell().await.is_empty());
    let reason = CancelReason::NetZero.name();
    assert_eq!(it.bench.count(&format!("cancelled:{reason}")), 1);
    it.bench.sums();
}
