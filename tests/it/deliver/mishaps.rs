//! What goes wrong on our side, or with one message alone: a panic, a row that can't be written, a stop at a bad moment.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tubebell::notify::{Outgoing, Receipt};

use super::*;
use crate::wait::within_limit;

const DAY: Duration = Duration::from_secs(86_400);

/// Stands before the recorder. A word in a body says what becomes of it.
struct Moody {
    recorder: Arc<Recorder>,
    has_panicked: AtomicBool,
    /// Lets messages pass that are held.
    door: Semaphore,
}

impl Moody {
    fn new(channel: Channel) -> Arc<Moody> {
        Arc::new(Moody {
            recorder: Arc::new(Recorder::standing_in_for(channel, 1000)),
            has_panicked: AtomicBool::new(false),
            door: Semaphore::new(0),
        })
    }

    fn start(self: &Arc<Self>) -> Loop {
        let recorder = Arc::clone(&self.recorder);
        Loop::with(Arc::clone(self) as _, recorder, Rates::default(), DAY)
    }
}

#[async_trait]
impl Notifier for Moody {
    fn channel(&self) -> Channel {
        self.recorder.channel()
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        match bodies::text(&outgoing.body) {
            "panic" if !self.has_panicked.swap(true, Ordering::Relaxed) => {
                panic!("a message that nobody thought of")
            }
            "poison" => Err(SendError::Transient("HTTP 400".into())),
            "held" => {
                self.door.acquire().await.unwrap().forget();
                self.recorder.send(outgoing).await
            }
            _ => self.recorder.send(outgoing).await,
        }
    }
}

fn chat(chat: i64) -> Address {
    Address::Telegram { chat, thread: None }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_panics_is_tried_again_and_keeps_no_place() {
    let it = Moody::new(Channel::Telegram).start();
    it.queue_to(chat(1), "panic").await;
    it.asked(1).await;
    // A probe leaves only when nothing else is under way.
    it.recorder.fail_next(SendError::Unreachable("dns".into()));
    it.queue(2).await;
    it.asked(3).await;
    it.settle().await;
    let sent: Vec<_> = it.recorder.sent().into_iter().map(|kept| kept.outgoing.body).collect();
    assert_eq!(sent, ["panic", "to 2"].map(bodies::plain));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_that_can_t_be_recorded_holds_up_no_other() {
    let moody = Moody::new(Channel::Telegram);
    let it = moody.start();
    it.queue_to(chat(1), "held").await;
    it.queue_to(chat(2), "held").await;
    it.settle().await;
    it.database()
        .execute("UPDATE notification SET lane = 'x', members = x'ff' WHERE id = 1", [])
        .unwrap();
    moody.door.add_permits(2);
    it.asked(2).await;
    it.settle().await;
    assert_eq!(it.sql::<String>("SELECT state FROM notification WHERE id = 2"), "sent");
    it.queue(3).await;
    it.asked(3).await;
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_an_endpoint_can_t_take_slows_no_other_of_it() {
    let moody = Moody::new(Channel::Webhook);
    let it = moody.start();
    let endpoint: Address = "webhook:https://example.com/hook".parse().unwrap();
    it.queue_to(endpoint.clone(), "poison").await;
    for round in 1..=6 {
        // It has just failed once more.
        it.fails("poison", i64::try_from(round).unwrap()).await;
        let before = it.begun.elapsed();
        for n in 0..10 {
            it.queue_to(endpoint.clone(), &format!("{round}.{n}")).await;
        }
        it.settle().await;
        assert_eq!(it.recorder.sent().len(), round * 10, "in round {round}");
        assert_eq!(it.begun.elapsed(), before);
    }
    it.end().await;
}

/// An answer to the same chat has just left, so its next slot is far away.
#[tokio::test(start_paused = true)]
async fn a_stop_while_a_message_waits_for_its_slot_sends_nothing_more_and_loses_nothing() {
    let recorder = Arc::new(Recorder::standing_in_for(Channel::Telegram, 1000));
    let rates = Rates { chat_per_s: 0.001, ..Rates::default() };
    let it = Loop::with(Arc::clone(&recorder) as _, recorder, rates, DAY);
    it.limiter.take_for_answer(&"telegram:1".parse().unwrap()).await;
    it.queue(1).await;
    it.settle().await;
    assert_eq!(it.sql::<i64>("SELECT sum(in_flight) FROM lane"), 1, "it waits for its slot");
    let begun = it.begun.elapsed();
    assert!(within_limit(it.stopped()).await.is_some(), "the stop waits for the slot");
    assert_eq!(it.begun.elapsed(), begun);
    assert_eq!(it.recorder.attempts(), 0, "it left all the same");
    let waiting = "SELECT count(*) FROM notification WHERE state = 'pending' AND next_at IS NOT NULL AND attempts = 0";
    assert_eq!(it.sql::<i64>(waiting), 1);
}
