//! Mails in front of a mail server that can be told what goes wrong.

mod broken;
mod encrypted;
mod outside;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tubebell::links::Links;
use tubebell::model::{Address, Body, Clock, MailMessage, UnixMillis};
use tubebell::notify::email::{Email, EmailOptions, Security, SmtpServer, Timeouts};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};
use tubebell_sim::Simulation;
use tubebell_sim::smtp::{self, Fault, Letter, Mail, MailSandbox, Options, Reply, Scope, Stage};

pub(super) const PASSWORD: &str = "p4ssw0rd-of-the-bell";

/// 2026-11-22T12:00:00Z.
const NOW: i64 = 1_795_348_800_000;

/// A mail server, what sends there, and the clock of both.
pub(super) struct Post {
    pub(super) server: MailSandbox,
    pub(super) email: Email,
    now: Arc<AtomicI64>,
    _simulation: Simulation,
}

/// The server of a test, without TLS on this machine.
fn plain(server: &MailSandbox) -> SmtpServer {
    SmtpServer {
        host: "127.0.0.1".to_owned(),
        port: server.address().port(),
        security: Security::Plain,
        user: None,
    }
}

fn options(server: SmtpServer) -> EmailOptions {
    EmailOptions {
        server,
        from: "Tübebell <bell@example.org>".parse().unwrap(),
        rate_per_min: 0.0,
        contact: None,
        dkim: None,
    }
}

fn links() -> Arc<Links> {
    Arc::new(Links::new("https://bell.example", &[7; 32]))
}

/// What trusts these authorities.
fn trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(tls.with_root_certificates(roots).with_no_client_auth())
}

impl Post {
    /// A server like this, and a client of it.
    pub(super) async fn new(like: Options) -> Post {
        Post::with(like, plain, RootCertStore::empty()).await
    }

    pub(super) async fn with(
        like: Options,
        place: impl FnOnce(&MailSandbox) -> SmtpServer,
        roots: RootCertStore,
    ) -> Post {
        let now = Arc::new(AtomicI64::new(NOW));
        let clock: Clock = {
            let now = Arc::clone(&now);
            Arc::new(move || UnixMillis(now.load(Ordering::Relaxed)))
        };
        let simulation = crate::outside::simulation(Arc::clone(&clock));
        let server = smtp::serve(&simulation, like).await.unwrap();
        let options = options(place(&server));
        let (tls, timeouts) = (trusting(roots), Timeouts::default());
        let email = Email::with_tls(&options, Some(links()), clock, tls, timeouts).unwrap();
        Post { server, email, now, _simulation: simulation }
    }

    fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    async fn send(&self, to: &str) -> Result<Receipt, SendError> {
        self.email.send(&outgoing(to)).await
    }

    /// Sends to Ana while this goes wrong.
    async fn send_through(&self, stage: Stage, fault: Fault) -> SendError {
        self.server.plan(Scope::at(stage), fault, 1);
        let error = self.send(ANA).await.unwrap_err();
        self.server.heal();
        error
    }

    fn lines(&self) -> Vec<String> {
        self.server.commands().into_iter().map(|command| command.line).collect()
    }

    fn letter(&self, index: usize) -> (Mail, Letter) {
        let mail = self.server.messages().remove(index);
        let letter = mail.letter().unwrap();
        (mail, letter)
    }
}

const ANA: &str = "ana@example.net";

fn mail() -> MailMessage {
    MailMessage {
        subject: "Never – 10,000 views".to_owned(),
        text: "Never: 10,000 views\n.\n..dots\nEnd this: \u{2}\n".to_owned(),
        html: "<p>Never: 10,000 views</p>\n<p><img alt=\"views\" src=\"cid:picture\"></p>\n<p>.</p><a href=\"\u{2}\">End this</a>".to_owned(),
        thread: Some("video-dQw4w9WgXcQ".to_owned()),
        picture: None,
    }
}

pub(super) fn outgoing(to: &str) -> Outgoing {
    Outgoing {
        id: "4ZQK7M2XA5TBN".to_owned(),
        address: Address::Email(to.parse().unwrap()),
        body: Body::Mail(mail()),
        png: None,
        silent: false,
    }
}

fn with_picture(to: &str, bytes: usize) -> Outgoing {
    let png = b"\x89PNG\r\n\x1a\n".iter().copied().cycle().take(bytes).collect();
    Outgoing { png: Some(png), ..outgoing(to) }
}

#[tokio::test]
async fn what_is_sent_arrives() {
    let post = Post::new(Options::default()).await;
    let receipt = post.email.send(&with_picture(ANA, 100_000)).await.unwrap();
    assert_eq!(receipt, Receipt("4ZQK7M2XA5TBN@example.org".to_owned()));
    let (mail, letter) = post.letter(0);
    assert_eq!(
        (mail.sender.as_str(), mail.recipients.as_slice()),
        ("bell@example.org", &[ANA.to_owned()][..])
    );
    assert_eq!(letter.subject, "Never – 10,000 views");
    assert_eq!(letter.from[0].name.as_deref(), Some("Tübebell"));
    assert_eq!(letter.message_id.as_deref(), Some("4ZQK7M2XA5TBN@example.org"));
    let link = links().unsubscribe(&format!("email:{ANA}").parse().unwrap());
    let lines = |text: &Option<String>| text.as_deref().unwrap().replace("\r\n", "\n");
    assert_eq!(lines(&letter.text), format!("Never: 10,000 views\n.\n..dots\nEnd this: {link}\n"));
    assert_eq!(lines(&letter.html), super::email::mail().html.replace('\u{2}', &link));
    assert_eq!(letter.header("List-Unsubscribe"), Some(format!("<{link}>").as_str()));
    assert_eq!(letter.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    let picture = letter.picture("picture").unwrap();
    assert_eq!((picture.content_type.as_str(), picture.bytes.len()), ("image/png", 100_000));
}

#[tokio::test]
async fn a_retry_is_the_same_mail() {
    let post = Post::new(Options::default()).await;
    for _ in 0..2 {
        post.email.send(&with_picture(ANA, 999)).await.unwrap();
    }
    let mails = post.server.messages();
    assert_eq!(mails[0].raw, mails[1].raw);
}

#[tokio::test]
async fn many_mails_take_one_connection_and_a_refused_recipient_does_not_spoil_it() {
    let post = Post::new(Options::default()).await;
    let nobody = Scope::at(Stage::Recipient).to("nobody@example.net");
    post.server.plan(nobody, Fault::Reply(Reply::NO_MAILBOX), None);
    for to in [ANA, "nobody@example.net", ANA, "nobody@example.net", "eva@example.net"] {
        let sent = post.send(to).await;
        assert_eq!(sent.is_err(), to.starts_with("nobody"), "{sent:?}");
    }
    assert_eq!(post.server.counters().connections, 1);
    assert_eq!(post.server.counters().taken, 3);
    assert_eq!(post.lines().iter().filter(|line| *line == "RSET").count(), 2);
}

#[tokio::test]
async fn a_server_that_takes_twenty_mails_over_a_connection_gets_a_new_one() {
    let post = Post::new(Options { messages_per_connection: Some(20), ..Options::default() }).await;
    for _ in 0..50 {
        post.send(ANA).await.unwrap();
    }
    let counters = post.server.counters();
    assert_eq!((counters.taken, counters.connections), (50, 3));
}

#[tokio::test(start_paused = true)]
async fn at_most_two_connections_are_open_and_whoever_gets_none_is_held() {
    let post = Post::new(Options::default()).await;
    let sends = (0..9).map(|_| post.send(ANA));
    assert!(futures_util::future::join_all(sends).await.iter().all(Result::is_ok));
    let counters = post.server.counters();
    assert_eq!((counters.taken, counters.connections, counters.connections_at_most), (9, 2, 2));
    post.server.plan(Scope::at(Stage::Data), Fault::Hang, 2);
    let (one, two, three) = tokio::join!(post.send(ANA), post.send(ANA), post.send(ANA));
    assert!(matches!(three, Err(SendError::Held { .. })), "{three:?}");
    assert!(one.is_ok() && two.is_ok(), "a new connection was tried: {one:?} {two:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_closed() {
    let post = Post::new(Options::default()).await;
    post.send(ANA).await.unwrap();
    assert_eq!(post.server.counters().connections_now, 1);
    tokio::select! {
        () = post.email.tend() => unreachable!("it never ends"),
        () = post.server.wait_for(|server| server.counters().connections_now == 0) => {}
    }
    assert_eq!(post.lines().last().map(String::as_str), Some("QUIT"));
    post.send(ANA).await.unwrap();
    assert_eq!(post.server.counters().connections, 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_too_old_is_not_used_and_one_that_the_server_closed_costs_nothing() {
    let like = Options { patience: Duration::from_secs(9), ..Options::default() };
    let post = Post::new(like).await;
    post.send(ANA).await.unwrap();
    // The server gives up first: nobody tends what is idle here.
    post.server.wait_for(|server| server.counters().connections_now == 0).await;
    post.send(ANA).await.unwrap();
    assert_eq!(post.server.counters().connections, 2);
    post.server.configure(|like| like.patience = Duration::from_secs(999));
    post.server.wait_for(|server| server.counters().connections_now == 0).await;
    post.send(ANA).await.unwrap();
    tokio::time::advance(Duration::from_secs(31)).await;
    post.send(ANA).await.unwrap();
    assert_eq!((post.server.counters().connections, post.server.counters().taken), (4, 4));
}

#[tokio::test]
async fn a_greylisted_recipient_waits_and_then_gets_the_same_mail_while_others_do_not_wait() {
    let post = Post::new(Options::default()).await;
    post.server.greylist(ANA, Duration::from_secs(300));
    let wait = post.send(ANA).await.unwrap_err();
    let SendError::Deferred { at_least, answer } = wait else { panic!("{wait:?}") };
    assert_eq!(at_least, Duration::from_secs(300));
    assert!(answer.starts_with("450 4.7.1 "), "{answer}");
    post.send("eva@example.net").await.unwrap();
    post.pass(Duration::from_secs(360));
    post.send(ANA).await.unwrap();
    let (_, letter) = post.letter(1);
    assert_eq!(letter.message_id.as_deref(), Some("4ZQK7M2XA5TBN@example.org"));
    assert_eq!(letter.header("Date"), Some("Sun, 22 Nov 2026 12:06:00 +0000"));
}

#[tokio::test]
async fn a_mail_that_is_too_large_leaves_without_its_picture() {
    let post = Post::new(Options { size_max: 20_000, ..Options::default() }).await;
    post.email.send(&with_picture(ANA, 100_000)).await.unwrap();
    let (_, letter) = post.letter(0);
    assert!(letter.pictures.is_empty());
    assert!(!letter.html.unwrap().contains("<img"));
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let post = Post::new(Options::default()).await;
    post.send("ана@пример.рф").await.unwrap();
    let (mail, letter) = post.letter(0);
    assert_eq!(mail.recipients, ["ана@xn--e1afmkfd.xn--p1ai"]);
    assert_eq!(letter.to[0].address, "ана@xn--e1afmkfd.xn--p1ai");
    let post = Post::new(Options { smtputf8: false, ..Options::default() }).await;
    let error = post.send("ана@пример.рф").await.unwrap_err();
    assert!(matches!(error, SendError::Barred(_)), "{error}");
    // A domain has a form in ASCII.
    post.send("ana@пример.рф").await.unwrap();
    assert_eq!(post.server.counters().connections, 1);
}

#[tokio::test]
async fn whoever_introduces_itself_sends_nothing() {
    let post = Post::new(Options::default()).await;
    post.email.introduce().await.unwrap();
    let lines = post.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("EHLO [127.0.0.1]") && lines[1] == "QUIT", "{lines:?}");
    post.server.plan(Scope::at(Stage::Connect), Fault::Reply(Reply::CLOSING), 1);
    let error = post.email.introduce().await.unwrap_err();
    assert_eq!(error.to_string(), "not reachable: 421 4.3.2 service not available");
}

/// A server like this, at which we sign in.
pub(super) async fn signed_in(like: Options) -> Post {
    let place = |server: &MailSandbox| {
        let user = Some(("bell".to_owned(), SecretString::from(PASSWORD)));
        SmtpServer { user, ..plain(server) }
    };
    Post::with(Options { auth_in_clear: true, ..like }, place, RootCertStore::empty()).await
}
