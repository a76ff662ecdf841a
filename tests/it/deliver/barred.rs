//! A destination that takes nothing for now, by what may pass by itself.

use super::*;

const NO_RIGHTS: &str = "Bad Request: not enough rights to send text messages to the chat";

/// The longest time between two attempts, with its jitter.
const BETWEEN: Duration = Duration::from_secs(1800 + 360);

fn chat(chat: i64) -> Address {
    Address::Telegram { chat, thread: None }
}

async fn barred(give_up: Duration, times: usize) -> Loop {
    let it = Loop::start(Channel::Telegram, give_up);
    for _ in 0..times {
        it.recorder.fail_next(SendError::Barred(NO_RIGHTS.into()));
    }
    it.queue(1).await;
    it.asked(1).await;
    it.settle().await;
    it
}

#[tokio::test(start_paused = true)]
async fn a_destination_without_rights_is_tried_half_an_hour_later_and_is_on_again() {
    let it = barred(Duration::from_secs(5 * 86_400), 1).await;
    let row = it.store.destination(&chat(1)).await.unwrap().unwrap();
    assert_eq!((row.disabled, row.barred.unwrap().reason), (None, NO_RIGHTS.to_owned()));
    it.queue(2).await;
    it.asked(2).await;
    it.settle().await;
    assert_eq!(it.recorder.sent()[0].outgoing.address, chat(2), "others do not wait");
    let before = it.begun.elapsed();
    it.asked(3).await;
    let waited = it.begun.elapsed() - before;
    assert!(Duration::from_secs(1790) <= waited && waited <= BETWEEN, "{waited:?}");
    it.settle().await;
    assert_eq!(it.recorder.sent()[1].outgoing.address, chat(1));
    let row = it.store.destination(&chat(1)).await.unwrap().unwrap();
    assert_eq!((row.disabled, row.barred), (None, None));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn rights_that_never_come_back_end_the_destination() {
    let it = barred(Duration::from_secs(3000), 2).await;
    it.asked(2).await;
    it.settle().await;
    let row = it.store.destination(&chat(1)).await.unwrap().unwrap();
    assert_eq!(row.disabled.as_deref(), Some(NO_RIGHTS));
    it.end().await;
}
