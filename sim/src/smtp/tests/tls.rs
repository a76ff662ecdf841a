//! Encrypted connections.

use std::sync::Arc;

use rcgen::CertifiedKey;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::super::{Account, Auth, Fault, Options, Reply, Scope, Stage, Tls};
use super::{Client, Fixture};

/// A server's end, a client's end that trusts it, and the certificate.
pub(super) fn ends() -> (Arc<ServerConfig>, TlsConnector, CertificateDer<'static>) {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, key_pair } = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(key_pair.serialize_der()).unwrap();
    let certificate = cert.der().clone();
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (Arc::new(server), TlsConnector::from(Arc::new(client)), certificate)
}

const SIGN_IN: &str = "AUTH PLAIN AGJlbGwAc2VjcmV0";

#[tokio::test]
async fn all_is_forgotten_when_tls_begins() {
    let (config, connector, _) = ends();
    let auth = Auth::Required(Account::new("bell", "secret"));
    let all =
        Fixture::new(Options { tls: Tls::Required(config), auth, ..Options::default() }).await;
    let mut client = all.client().await;
    let offers = client.say("EHLO x").await;
    assert!(offers.contains("STARTTLS") && !offers.contains("AUTH"), "{offers}");
    client
        .agree(&[
            ("MAIL FROM:<a@b>", "530 5.7.0 must issue a STARTTLS command first"),
            (SIGN_IN, "530 5.7.0"),
            ("STARTTLS now", "501"),
            ("STARTTLS", "220 2.0.0"),
        ])
        .await;
    let mut client = client.secure(&connector).await;
    client.agree(&[("MAIL FROM:<a@b>", "503"), ("STARTTLS", "503")]).await;
    let offers = client.say("EHLO x").await;
    assert!(!offers.contains("STARTTLS") && offers.contains("AUTH PLAIN LOGIN"), "{offers}");
    client.agree(&[("MAIL FROM:<a@b>", "530"), ("STARTTLS", "503"), (SIGN_IN, "235")]).await;
    assert!(client.letter("a@b", "x").await.starts_with("250"));
    client.agree(&[("QUIT", "221")]).await;
    client.ended().await;
    let mail = &all.server.messages()[0];
    assert_eq!((mail.over_tls, mail.user.as_deref()), (true, Some("bell")));
    assert_eq!(all.server.counters().handshakes, 1);
}

#[tokio::test]
async fn what_is_sent_behind_starttls_in_clear_is_not_done() {
    let (config, _, _) = ends();
    let all = Fixture::new(Options { tls: Tls::Offered(config), ..Options::default() }).await;
    let mut client = all.client().await;
    client.send("STARTTLS\r\nMAIL FROM:<mallory@a.example>\r\n").await;
    assert!(client.reply().await.starts_with("503 5.5.1"));
    client.ended().await;
    assert!(!all.server.commands().iter().any(|command| command.line.contains("mallory")));
    // It is an offer: a letter in clear is taken as well, and what is planned for it is met.
    let mut client = all.client().await;
    all.server.plan(Scope::at(Stage::StartTls), Fault::Reply(Reply::NO_TLS_NOW), 1);
    client.agree(&[("STARTTLS", "454 4.7.0")]).await;
    assert!(client.letter("a@b", "x").await.starts_with("250"));
    // Somebody takes the offer out.
    all.server.configure(|options| options.tls = Tls::Off);
    let mut client = all.client().await;
    assert!(!client.say("EHLO x").await.contains("STARTTLS"));
    client.agree(&[("STARTTLS", "502")]).await;
}

#[tokio::test]
async fn tls_may_come_first() {
    let (config, connector, _) = ends();
    let all = Fixture::new(Options { tls: Tls::Implicit(config), ..Options::default() }).await;
    assert!(all.server.url().starts_with("smtps://127.0.0.1:"), "{}", all.server.url());
    let client = Client::connect(all.server.address()).await;
    let mut client = client.secure(&connector).await;
    assert_eq!(client.reply().await, "220 mail.sandbox ESMTP");
    client.agree(&[("EHLO x", "250"), ("STARTTLS", "502")]).await;
    assert!(client.letter("a@b", "x").await.starts_with("250"));
    assert!(all.server.messages()[0].over_tls);
    // One that speaks no TLS gets no answer.
    let mut client = Client::connect(all.server.address()).await;
    client.send("EHLO x\r\n").await;
    all.server.wait_for(|server| server.counters().connections_now == 1).await;
}
