//! Signed webhooks in front of a server with scripted answers.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tubebell::http::HostLookup;
use tubebell::model::{Address, Body, Clock, UnixMillis};
use tubebell::notify::webhook::{SetupError, Webhook, WebhookOptions};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::stub::{Answer, Stub, closed};

pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn options(allow_private: bool) -> WebhookOptions {
    WebhookOptions { secret: SECRET.into(), secrets: [].into(), allow_private }
}

/// A clock that moves on by a second at each look.
fn clock() -> Clock {
    let now = AtomicI64::new(1_795_348_800_000);
    Arc::new(move || UnixMillis(now.fetch_add(1000, Ordering::Relaxed)))
}

pub(super) fn hook(allow_private: bool) -> Webhook {
    Webhook::new(&options(allow_private), clock()).unwrap()
}

/// A resolver that knows one answer for all names.
struct Fixed(Result<&'static str, io::ErrorKind>);

#[async_trait]
impl HostLookup for Fixed {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.0?.parse().unwrap()])
    }
}

fn hook_resolving(allow_private: bool, answer: Result<&'static str, io::ErrorKind>) -> Webhook {
    Webhook::with_lookup(&options(allow_private), clock(), Arc::new(Fixed(answer))).unwrap()
}

const BODY: &str = r#"{"type":"alert","data":{"title":"Nähe & Ferne"}}"#;

fn outgoing(url: impl Into<String>) -> Outgoing {
    Outgoing {
        id: "4ZQK7M2XA5TBN".to_owned(),
        address: Address::Webhook(url.into()),
        body: Body::Json(BODY.to_owned()),
        png: None,
        silent: false,
    }
}

#[tokio::test]
async fn every_attempt_is_signed_with_its_own_time_under_the_same_id() {
    let stub = Stub::start([Answer::new(500, ""), Answer::new(200, "fine")]).await;
    let hook = hook(true);
    let outgoing = outgoing(format!("{}/hook?key=1", stub.url()));
    assert!(hook.send(&outgoing).await.is_err());
    let receipt = hook.send(&outgoing).await.unwrap();
    assert_eq!(receipt, Receipt("msg_4ZQK7M2XA5TBN".to_owned()));

    let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
    let mut times = Vec::new();
    for seen in stub.seen() {
        assert_eq!(seen.path, "/hook?key=1");
        assert_eq!(seen.body, BODY);
        assert_eq!(seen.header("content-type"), "application/json");
        assert_eq!(seen.header("user-agent"), concat!("tubebell/", env!("CARGO_PKG_VERSION")));
        assert_eq!(seen.header("webhook-id"), "msg_4ZQK7M2XA5TBN");
        let time: i64 = seen.header("webhook-timestamp").parse().unwrap();
        let expected = verifier.sign("msg_4ZQK7M2XA5TBN", time, seen.body.as_bytes()).unwrap();
        assert_eq!(seen.header("webhook-signature"), expected);
        times.push(time);
    }
    assert!(times.len() == 2 && times[0] >= 1_795_348_800 && times[0] < times[1], "{times:?}");
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let stub = Stub::start([Answer::new(307, "").header("location", "/elsewhere")]).await;
    let error = hook(true).send(&outgoing(stub.url())).await.unwrap_err();
    assert!(matches!(error, SendError::Transient(_)), "{error:?}");
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn a_private_address_is_never_asked_however_it_is_named() {
    let stub = Stub::start([]).await;
    let port = stub.port;
    let hook = hook_resolving(false, Ok("127.0.0.1"));
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"] {
        let error = hook.send(&outgoing(format!("https://{host}:{port}/"))).await.unwrap_err();
        let SendError::Rejected(line) = &error else { panic!("{host}: {error:?}") };
        assert!(line.contains("webhook.allow_private"), "{host}: {line}");
    }
    let rebound = outgoing(format!("https://rebound.example:{port}/"));
    let line = hook.send(&rebound).await.unwrap_err().to_string();
    assert!(line.contains("webhook.allow_private"), "{line}");
    assert!(stub.seen().is_empty());
}

#[tokio::test]
async fn a_name_that_is_private_for_a_moment_ends_no_message() {
    let hook = hook_resolving(false, Ok("10.0.0.1"));
    let error = hook.send(&outgoing("https://example.com/")).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection(_)), "{error:?}");
}

#[tokio::test]
async fn a_private_network_is_reached_by_name_and_over_http_where_it_is_allowed() {
    let stub = Stub::start([Answer::new(200, "")]).await;
    let hook = hook_resolving(true, Ok("127.0.0.1"));
    hook.send(&outgoing(format!("http://nas.home.arpa:{}/hook", stub.port))).await.unwrap();
    assert_eq!(stub.seen()[0].header("host"), format!("nas.home.arpa:{}", stub.port));
}

#[tokio::test]
async fn one_endpoint_that_is_down_does_not_count_as_the_channel() {
    let unknown = hook_resolving(false, Err(io::ErrorKind::NotFound));
    for (hook, url) in [(unknown, "https://gone.example/".to_owned()), (hook(true), closed().await)]
    {
        let error = hook.send(&outgoing(url)).await.unwrap_err();
        assert!(
            matches!(&error, SendError::NoConnection(text) if text.starts_with("could not connect")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_wait_is_passed_on_and_a_huge_answer_is_cut() {
    let date = "Sun, 22 Nov 2026 12:02:00 GMT";
    let stub = Stub::start([
        Answer::new(503, "").header("retry-after", date),
        Answer::new(200, "a".repeat(4 << 20)),
    ])
    .await;
    let hook = hook(true);
    let error = hook.send(&outgoing(stub.url())).await.unwrap_err();
    let SendError::Wait { after: Some(after) } = error else { panic!("{error:?}") };
    assert!((100..=120).contains(&after.as_secs()), "{after:?}");
    assert!(hook.send(&outgoing(stub.url())).await.is_ok());
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_may_have_got_it() {
    let stub = Stub::start([Answer::new(200, "").held()]).await;
    let hook = hook(true);
    let outgoing = outgoing(stub.url());
    let (result, ()) = tokio::join!(hook.send(&outgoing), async {
        stub.arrived().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(21)).await;
    });
    assert_eq!(result, Err(SendError::Ambiguous("timed out".to_owned())));
}

#[test]
fn without_a_good_secret_nothing_is_sent_unsigned() {
    let bad = WebhookOptions { secret: "".into(), ..options(false) };
    let error = Webhook::new(&bad, clock()).unwrap_err();
    assert!(matches!(error, SetupError::Secret), "{error:?}");
    let hidden = [("https://example.com/s3cret".to_owned(), "whsec_s3cret".into())];
    let bad = WebhookOptions { secrets: hidden.into(), ..options(false) };
    let error = Webhook::new(&bad, clock()).unwrap_err();
    assert!(matches!(error, SetupError::EndpointSecret(1)), "{error:?}");
    assert!(!format!("{error} {error:?} {bad:?}").contains("s3cret"));
}

#[test]
fn no_secret_is_in_any_debug_output() {
    let text = format!("{:?} {:?}", options(false), hook(false));
    assert!(!text.contains(SECRET), "{text}");
}
