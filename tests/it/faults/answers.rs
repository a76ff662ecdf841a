//! Receivers whose answers get lost, or never come.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tubebell::app::system_clock;
use tubebell::model::{Address, Channel};
use tubebell::notify::webhook::{Webhook, WebhookOptions};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::receiver::{Mode, Receiver};
use super::rig::Rig;
use super::until;

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
    until("all to be answered", Duration::from_secs(20), async || {
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

#[tokio::test(flavor = "multi_thread")]
async fn receivers_that_never_answer_hold_up_no_other() {
    let hanging = Receiver::start(Mode::Hang).await;
    let good = Receiver::start(Mode::Answer).await;
    let rig = Rig::start(webhooks(), &[]);
    rig.queue((0..250).map(|n| (hanging.endpoint(n % 5), "{}".to_owned()))).await;
    until("requests to hang", Duration::from_secs(5), async || hanging.arrived().len() >= 80).await;
    let begun = Instant::now();
    rig.queue((0..100).map(|n| (good.endpoint(n % 5), "{}".to_owned()))).await;
    until("others to be told", Duration::from_secs(5), async || good.arrived().len() == 100).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(hanging.arrived().len(), 80, "sixteen requests for each of five endpoints");
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

/// Telegram takes every message and never answers, until it is well again.
struct Mute {
    is_well: std::sync::atomic::AtomicBool,
    attempts: AtomicU64,
    most: AtomicU64,
    now: AtomicU64,
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
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        Err(SendError::Ambiguous("timed out".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_never_answers_is_ill_gets_one_probe_at_a_time_and_all_of_it_later() {
    let mute =
        Arc::new(Mute { is_well: false.into(), attempts: 0.into(), most: 0.into(), now: 0.into() });
    let rig = Rig::start(Arc::clone(&mute) as _, &[]);
    rig.queue((0..10).map(|n| (chat(n), "body".to_owned()))).await;
    let ill = async || !rig.health.is_working();
    until("the channel to be ill", Duration::from_secs(5), ill).await;
    mute.most.store(0, Ordering::Relaxed);
    let before = mute.attempts.load(Ordering::Relaxed);
    rig.pass(Duration::from_secs(3600));
    let probe = async || mute.attempts.load(Ordering::Relaxed) > before;
    until("a probe", Duration::from_secs(5), probe).await;
    assert_eq!(mute.most.load(Ordering::Relaxed), 1, "more than a probe at a time");
    mute.is_well.store(true, Ordering::Relaxed);
    until("all to be told", Duration::from_secs(8), async || {
        rig.pass(Duration::from_secs(3600));
        rig.pending() == 0
    })
    .await;
    assert!(rig.health.is_working());
    rig.stop();
}
