//! Mails over TLS: what is encrypted, and what is not sent because it could not be.

use rcgen::CertifiedKey;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tubebell_sim::smtp::{Account, Auth, Enhanced, Tls};

use super::*;

/// The end of a server of this name, and what trusts its certificate.
fn end(name: &str) -> (Arc<ServerConfig>, RootCertStore) {
    let CertifiedKey { cert, key_pair } =
        rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(key_pair.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    (Arc::new(server), roots)
}

/// A server with TLS, and one who signs in there under this name of the host.
async fn post(tls: Tls, security: Security, host: &'static str, roots: RootCertStore) -> Post {
    let auth = Auth::Offered(Account::new("bell", PASSWORD));
    let place = move |server: &MailSandbox| SmtpServer {
        host: host.to_owned(),
        security,
        user: Some(("bell".to_owned(), SecretString::from(PASSWORD))),
        ..plain(server)
    };
    Post::with(Options { tls, auth, ..Options::default() }, place, roots).await
}

/// Neither a password nor a mail.
fn kept(post: &Post) -> bool {
    let told = |line: &String| line.starts_with("AUTH") || line.starts_with("MAIL");
    !post.lines().iter().any(told)
}

#[tokio::test]
async fn a_mail_and_the_password_before_it_are_encrypted() {
    for host in ["localhost", "127.0.0.1"] {
        let (config, roots) = end(host);
        for (tls, security) in [
            (Tls::Required(Arc::clone(&config)), Security::StartTls),
            (Tls::Offered(Arc::clone(&config)), Security::StartTls),
            (Tls::Implicit(Arc::clone(&config)), Security::Tls),
        ] {
            let post = post(tls, security, host, roots.clone()).await;
            post.send(ANA).await.unwrap();
            post.send(ANA).await.unwrap();
            let (mail, _) = post.letter(1);
            assert_eq!(
                (mail.over_tls, mail.user.as_deref(), mail.connection),
                (true, Some("bell"), 1)
            );
        }
    }
}

#[tokio::test]
async fn where_nobody_offers_tls_nothing_is_sent() {
    let post = post(Tls::Off, Security::StartTls, "localhost", RootCertStore::empty()).await;
    for error in [post.send(ANA).await.unwrap_err(), post.email.introduce().await.unwrap_err()] {
        let text = "not reachable: the mail server offers no encryption (STARTTLS), so nothing is sent there";
        assert_eq!(error.to_string(), text);
    }
    assert!(kept(&post), "{:?}", post.lines());
}

#[tokio::test]
async fn a_certificate_of_another_host_or_of_a_stranger_is_none() {
    let (config, roots) = end("mail.example");
    let (_, strangers) = end("localhost");
    for roots in [roots, strangers, RootCertStore::empty()] {
        for (tls, security) in [
            (Tls::Offered(Arc::clone(&config)), Security::StartTls),
            (Tls::Implicit(Arc::clone(&config)), Security::Tls),
        ] {
            let post = post(tls, security, "localhost", roots.clone()).await;
            let error = post.send(ANA).await.unwrap_err();
            let start = "not reachable: the certificate of the mail server is not accepted";
            assert!(error.to_string().starts_with(start), "{error}");
            assert!(kept(&post), "{:?}", post.lines());
        }
    }
}

#[tokio::test]
async fn a_handshake_that_fails_is_no_reason_to_go_on_in_clear() {
    let (config, roots) = end("localhost");
    for fault in [
        Fault::Drop,
        Fault::Reply(Reply::NO_TLS_NOW),
        Fault::Reply(Reply::new(502, Enhanced(5, 5, 1), "not implemented")),
    ] {
        let tls = Tls::Offered(Arc::clone(&config));
        let post = post(tls, Security::StartTls, "localhost", roots.clone()).await;
        let error = post.send_through(Stage::StartTls, fault).await;
        assert!(matches!(error, SendError::Unreachable(_)), "{error}");
        assert!(kept(&post), "{:?}", post.lines());
    }
    // TLS is spoken to one who does not understand it.
    let post = post(Tls::Off, Security::Tls, "localhost", roots).await;
    let error = post.send(ANA).await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable(_)), "{error}");
}
