//! What is tried again.

use super::*;

#[tokio::test]
async fn of_several_watches_the_one_that_ends_takes_only_its_own_retry_along() {
    let it = Telling::new();
    for n in [1, 2] {
        it.bench.watch_subject(EVA, &format!("video:{}", id(n)), "views any").await;
    }
    it.look(1..=2, 1_000).await;
    it.look(1..=2, 2_000).await;
    let claims = it.claim(Channel::Recorder, Vec::new()).await.claims;
    assert_eq!(claims.len(), 2);
    let again = it.bench.now().plus(MINUTE);
    for claim in &claims {
        let retry = FinishedAs::Retry { at: again, counts: true, error: "500".into() };
        it.bench.finish(claim, retry).await;
    }
    let subject = of(&format!("video:{}", id(1)));
    it.bench.edit(Edit::Unwatch { destination: at(EVA), subject }).await;
    let told = it.tell_for(2).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("title 2"), "{}", told[0].text);
    assert_eq!(it.bench.count("cancelled:unwatched"), 1);
    it.bench.sums();
}

#[tokio::test]
async fn what_is_tried_again_in_quiet_hours_comes_without_a_sound_unless_it_is_urgent() {
    for (rule, quiet_hours, silent) in [
        ("views any", "12:00-19:00", true),
        ("views any!", "12:00-19:00", false),
        ("views any", "14:00-19:00", false),
    ] {
        let it = Telling::new();
        it.bench.watch_subject(EVA, &format!("video:{}", id(1)), rule).await;
        // It is shortly after eleven.
        it.set(EVA, quiet(quiet_hours)).await;
        it.look(1..=1, 1_000).await;
        it.look(1..=1, 2_000).await;
        let claim = it.claim(Channel::Recorder, Vec::new()).await.claims.remove(0);
        let (at, error) = (it.bench.now().plus(2 * HOUR), "away".into());
        let retry = it.bench.finished(&claim, FinishedAs::Retry { at, counts: true, error });
        it.claim(Channel::Recorder, vec![retry]).await;
        it.bench.pass(2 * HOUR);
        let told = it.tell().await;
        assert_eq!((told.len(), told[0].silent), (1, silent), "{rule} {quiet_hours}");
    }
}

#[tokio::test]
async fn a_barred_destination_is_tried_now_and_then_and_hears_all_when_it_is_back() {
    let it = Telling::new();
    for n in 1..=3 {
        it.bench.watch_subject(EVA, &format!("video:{}", id(n)), "views any").await;
    }
    it.look(1..=3, 1_000).await;
    it.look(1..=1, 2_000).await;
    let claim = it.claim(Channel::Recorder, Vec::new()).await.claims.remove(0);
    let later = it.bench.now().plus(HOUR / 2);
    let barred = FinishedAs::Barred { at: later, reason: "not enough rights".into() };
    it.bench.finish(&claim, barred).await;
    it.look(1..=3, 3_000).await;
    assert!(it.claim(Channel::Recorder, Vec::new()).await.claims.is_empty());
    let row = it.bench.store().destination(&at(EVA)).await.unwrap().unwrap();
    assert_eq!(row.barred.unwrap().until, later);
    it.bench.pass(HOUR / 2);
    let told = it.tell().await;
    assert_eq!(told.len(), 4, "{told:#?}");
    let row = it.bench.store().destination(&at(EVA)).await.unwrap().unwrap();
    assert_eq!(row.barred, None);
    it.bench.sums();
}
