//! Names that stand for nothing: DNS fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tubebell::app::{Gateway, system_clock};
use tubebell::config;
use tubebell::http::HostLookup;
use tubebell::notify::webhook::Webhook;

use super::receiver::{Mode, Receiver};
use super::rig::Rig;
use super::{answers, ready, with_web};
use crate::story::{Story, watch, watch_as_ana};
use crate::wait::until;

/// A resolver that may be out of order.
#[derive(Default)]
struct Resolver {
    works: AtomicBool,
    asked: AtomicU64,
}

#[async_trait]
impl HostLookup for Resolver {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.works.load(Ordering::Relaxed) {
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        } else {
            Err(io::Error::other("temporary failure in name resolution"))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_whose_name_is_not_found_waits_and_others_are_told() {
    let receiver = Receiver::start(Mode::Answer).await;
    let resolver = Arc::new(Resolver::default());
    let lookup = Arc::clone(&resolver) as Arc<dyn HostLookup>;
    let webhook = Webhook::with_lookup(&answers::options(), system_clock(), lookup).unwrap();
    let rig = Rig::start(Arc::new(webhook), &[]);
    let named = format!("webhook:http://hooks.example:{}/1", receiver.port).parse().unwrap();
    rig.queue([(named, "named".to_owned()), (receiver.endpoint(2), "plain".to_owned())]).await;
    until("the other to be told", async || rig.pending() == 1).await;
    for asked in 1..=3 {
        until("another attempt", async || {
            rig.pass(Duration::from_secs(3600));
            resolver.asked.load(Ordering::Relaxed) > asked
        })
        .await;
    }
    assert_eq!(receiver.arrived().len(), 1);
    let dead: i64 =
        rig.sql("SELECT count(*) FROM notification WHERE state <> 'pending' AND state <> 'sent'");
    let disabled: i64 = rig.sql("SELECT count(*) FROM destination WHERE disabled IS NOT NULL");
    assert_eq!((dead, disabled), (0, 0), "nobody says that the receiver is gone");
    resolver.works.store(true, Ordering::Relaxed);
    until("all to be told", async || {
        rig.pass(Duration::from_secs(3600));
        rig.pending() == 0
    })
    .await;
    assert_eq!(receiver.arrived().len(), 2);
    rig.stop();
}

/// The gateway of a story, with another address in place of one of its services.
async fn with_address(story: &Story, right: &str, wrong: &str) -> Gateway {
    let text = story.config_text();
    assert!(text.contains(right), "{right} is not in {text}");
    let config = config::parse("test", &text.replace(right, wrong), []).unwrap();
    Gateway::start(&config, system_clock()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_telegrams_name_is_not_found_webhooks_are_told_and_its_messages_wait() {
    let mut story = with_web().await;
    let receiver = Receiver::start(Mode::Answer).await;
    story.more +=
        "[webhook]\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\nallow_private = true\n";
    let gateway = with_address(&story, &story.telegram.api_url(), "http://telegram.invalid").await;
    watch_as_ana(&gateway, "views any").await;
    let hook = watch(receiver.endpoint(1), "views any");
    gateway.store().edit(None, vec![hook], system_clock()()).await.unwrap();
    story.set_counts(1005, None);
    let told = async || !receiver.arrived().is_empty();
    until("the webhook to be told", told).await;
    until("a red light", async || {
        let (is_ready, page) = ready(&gateway).await;
        !is_ready && page.contains("telegram FAILED") && page.contains("webhook ok")
    })
    .await;
    gateway.stop().await;
    let gateway = story.start().await;
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    assert_eq!(receiver.arrived().len(), 1, "the webhook was told twice");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_youtubes_name_is_not_found_commands_are_answered_and_no_unit_is_spent() {
    let story = with_web().await;
    let base = story.youtube.base_url();
    let gateway = with_address(&story, &base, "http://youtube.invalid").await;
    story.ask("/watch dQw4w9WgXcQ views any", "YouTube can't be reached").await;
    let metrics = gateway.metrics.render();
    let spent = metrics.lines().find(|line| line.contains("used_units") && !line.ends_with(" 0"));
    assert!(spent.is_none_or(|line| line.starts_with('#')), "{metrics}");
    gateway.stop().await;
    assert!(story.youtube.requests().is_empty());
    let gateway = story.start().await;
    story.ask("/list", "1").await;
    crate::story::baseline(&gateway).await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    story.end().await;
}
