//! Receivers whose answers get lost, or never come.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tubebell::app::system_clock;
use tubebell::deliver::IN_FLIGHT_MAX;
use tubebell::model::{Address, Channel};
use tubebell::notify::webhook::{Webhook, WebhookOptions};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::receiver::{Mode, Receiver};
use super::rig::Rig;
use crate::wait::until;

pub(super) fn options() -> WebhookOptions {
    WebhookOptions {
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        secrets: BTreeMap::new(),
        allow_private: true,
    }
}

fn webhooks() -> Arc<dyn Notifier> {
    Arc::new(Webhook::new(&options(), system_clock()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_half_the_answers_are_lost_everything_arrives_and_repeats_keep_their_id() {
    const MESSAGES: usize = 200;
    let receiver = Receiver::start(Mode::LoseHalf).await;
    let rig = Rig::start(webhooks(), &[]);
    rig.queue((0..MESSAGES).map(|n| (receiver.endpoint(n % 10), format!("{{\"n\":{n}}}")))).await;
    until("all to be answered", async || {
        rig.pass(Duration::from_secs(3600));
        rig.pending() == 0
    })
    .await;
    let arrived = receiver.arrived();
    let mut by_id: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for request in &arrived {
        by_id.entry(&request.id).or_default().push(request);
    }
    assert_eq!(by_id.len(), MESSAGES, "each message has one id, and none is missing");
    let bodies: std::collections::BTreeSet<_> = arrived.iter().map(|r| &r.body).collect();
    assert_eq!(bodies.len(), MESSAGES);
    for (id, copies) in &by_id {
        let (last, before) = copies.split_last().unwrap();
        assert!(last.is_answered, "{id} was given up");
        assert!(before.iter().all(|copy| !copy.is_answered && copy.body == last.body), "{id}");
    }
    let lost = arrived.iter().filter(|request| !request.is_answered).count();
    assert_eq!(arrived.len(), MESSAGES + lost, "a second copy only where an answer was lost");
    let metrics = rig.metrics.render();
    let counted = format!("result=\"ambiguous\"}} {lost}");
    assert!(metrics.contains(&counted), "no {counted} in {metrics}");
    rig.stop();
}

#[tokio::test(start_paused = true)]
async fn receivers_that_never_answer_hold_up_no_other() {
    let hanging = Receiver::start(Mode::Hang).await;
    let good = Receiver::start(Mode::Answer).await;
    let rig = Rig::start(webhooks(), &[]);
    rig.queue((0..250).map(|n| (hanging.endpoint(n % 5), "{}".to_owned()))).await;
    until("requests to hang", async || hanging.arrived().len() >= 5).await;
    rig.queue((0..100).map(|n| (good.endpoint(n % 5), "{}".to_owned()))).await;
    until("others to be told", async || good.arrived().len() == 100).await;
    assert_eq!(hanging.arrived().len(), 5, "one request for each of five endpoints");
    rig.stop();
}

/// Time moves for as long as no request can be given up.
async fn move_on(begun: Instant) {
    if begun.elapsed() < Duration::from_secs(5) {
        tokio::time::advance(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn six_hundred_urls_of_a_host_and_fifty_hosts_that_hang_hold_up_no_other() {
    let begun = Instant::now();
    let many = Receiver::start(Mode::Hang).await;
    let mut hosts = Vec::new();
    for _ in 0..50 {
        hosts.push(Receiver::start(Mode::Hang).await);
    }
    let good = Receiver::start(Mode::Answer).await;
    let rig = Rig::start(webhooks(), &[]);
    let of_many = (0..600).map(|n| (many.endpoint(n), "{}".to_owned()));
    rig.queue(of_many.chain(hosts.iter().map(|host| (host.endpoint(0), "{}".to_owned())))).await;
    let hanging = || -> usize { hosts.iter().map(|host| host.arrived().len()).sum() };
    until("requests to hang", async || {
        move_on(begun).await;
        many.arrived().len() + hanging() >= 58
    })
    .await;
    // It was never tried before; then it has sixteen requests at a time.
    for told in [1, 101] {
        let more = told - good.arrived().len();
        rig.queue((0..more).map(|_| (good.endpoint(0), "{}".to_owned()))).await;
        until("the good one to be told", async || {
            move_on(begun).await;
            good.arrived().len() == told
        })
        .await;
    }
    assert_eq!((many.arrived().len(), hanging()), (8, 50));
    let failed: String = rig.sql("SELECT coalesce(group_concat(error), '') FROM notification");
    assert_eq!(failed, "", "none has timed out");
    rig.stop();
}

#[tokio::test(start_paused = true)]
async fn of_a_host_of_which_all_urls_hang_each_is_tried_in_its_turn() {
    let many = Receiver::start(Mode::Hang).await;
    let rig = Rig::start(webhooks(), &[]);
    rig.queue((0..40).map(|n| (many.endpoint(n), format!("{n}")))).await;
    until("all to be tried", async || {
        // The request's twenty seconds, then the next one's turn; no retry is due yet by the store's clock.
        tokio::time::advance(Duration::from_secs(1)).await;
        rig.settle().await;
        many.arrived().len() >= 40
    })
    .await;
    let bodies: BTreeSet<_> = many.arrived().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies.len(), 40);
    rig.stop();
}

/// Accepts everything and never comes back.
#[derive(Default)]
struct Abyss {
    attempts: AtomicU64,
}

#[async_trait]
impl Notifier for Abyss {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn send(&self, _: &Outgoing) -> Result<Receipt, SendError> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }
}

fn chat(chat: i64) -> Address {
    Address::Telegram { chat, thread: None }
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_nine_seconds_for_answers_and_no_longer() {
    let abyss = Arc::new(Abyss::default());
    let rig = Rig::start(Arc::clone(&abyss) as _, &[]);
    rig.queue((1..=3).map(|n| (chat(n), "body".to_owned()))).await;
    rig.settle().await;
    assert_eq!(abyss.attempts.load(Ordering::Relaxed), 3);
    rig.stop();
    rig.settle().await;
    tokio::time::advance(Duration::from_millis(8_900)).await;
    rig.settle().await;
    assert!(!rig.worker.is_finished(), "it has not waited");
    tokio::time::advance(Duration::from_millis(200)).await;
    rig.settle().await;
    assert!(rig.worker.is_finished(), "it still waits");
    assert_eq!(rig.pending(), 3, "what nobody has answered is sent again at the next start");
}

/// Answers when the test says so, and keeps count of what it was asked.
struct Slow {
    asked: Mutex<BTreeSet<String>>,
    answers: Semaphore,
}

#[async_trait]
impl Notifier for Slow {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        self.asked.lock().unwrap().insert(outgoing.id.clone());
        self.answers.acquire().await.unwrap().forget();
        Ok(Receipt(outgoing.id.clone()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_is_in_flight_and_loses_nothing() {
    const MESSAGES: usize = IN_FLIGHT_MAX + 50;
    let slow = Arc::new(Slow { asked: Mutex::default(), answers: Semaphore::new(0) });
    let asked = || slow.asked.lock().unwrap().clone();
    let rig = Rig::start(Arc::clone(&slow) as _, &[]);
    rig.queue((1..).take(MESSAGES).map(|n| (chat(n), "body".to_owned()))).await;
    until("all to be in flight that may be", async || asked().len() == IN_FLIGHT_MAX).await;
    let in_flight = asked();
    rig.stop();
    rig.settle().await;
    assert!(!rig.worker.is_finished(), "it did not wait for the answers");
    slow.answers.add_permits(MESSAGES);
    until("the end", async || rig.worker.is_finished()).await;
    assert_eq!(asked(), in_flight, "something was sent after the stop");
    let receipts: String =
        rig.sql("SELECT group_concat(receipt, ' ') FROM notification WHERE state = 'sent'");
    let receipts: BTreeSet<String> = receipts.split(' ').map(str::to_owned).collect();
    assert_eq!(receipts, in_flight, "every answer is recorded");
    // What has not left waits for the next start.
    assert_eq!(usize::try_from(rig.pending()).unwrap(), MESSAGES - IN_FLIGHT_MAX);
}

/// Telegram takes every message and never answers, until it is well again: an attempt ends when the test says so.
struct Mute {
    is_well: AtomicBool,
    attempts: AtomicU64,
    timed_out: Semaphore,
}

#[async_trait]
impl Notifier for Mute {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn send(&self, _: &Outgoing) -> Result<Receipt, SendError> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        if self.is_well.load(Ordering::Relaxed) {
            return Ok(Receipt("1".into()));
        }
        self.timed_out.acquire().await.unwrap().forget();
        Err(SendError::Ambiguous("timed out".into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_telegram_that_never_answers_is_ill_gets_one_probe_at_a_time_and_all_of_it_later() {
    let mute =
        Arc::new(Mute { is_well: false.into(), attempts: 0.into(), timed_out: Semaphore::new(0) });
    let attempts = || mute.attempts.load(Ordering::Relaxed);
    let rig = Rig::start(Arc::clone(&mute) as _, &[]);
    rig.queue((0..10).map(|n| (chat(n), "body".to_owned()))).await;
    until("all to be asked", async || attempts() == 10).await;
    mute.timed_out.add_permits(10);
    until("the channel to be ill", async || !rig.health.is_working()).await;
    // The pause of the channel passes by one clock, the waits of messages by the other.
    let pass = async || {
        rig.settle().await;
        rig.pass(Duration::from_secs(3600));
        tokio::time::advance(Duration::from_secs(1)).await;
    };
    until("a probe", async || {
        pass().await;
        attempts() > 10
    })
    .await;
    for _ in 0..3 {
        pass().await;
    }
    assert_eq!(attempts(), 11, "more than a probe at a time");
    mute.is_well.store(true, Ordering::Relaxed);
    mute.timed_out.add_permits(1);
    until("all to be told", async || {
        pass().await;
        rig.pending() == 0
    })
    .await;
    assert!(rig.health.is_working());
    rig.stop();
}
