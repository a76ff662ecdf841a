//! Mails over SMTP, one recipient each.
//!
//! `server` reads the URL, `message` writes the mail, `dkim` signs it. `pool` holds the connections, `connection` speaks SMTP,
//! and `classify` says what a failure means. Nothing here retries; a mail is the same bytes at every attempt, but for its date.

mod classify;
mod connection;
mod dkim;
mod header;
mod message;
mod pool;
mod reply;
mod server;
mod timeouts;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::links::Links;
use crate::model::{Address, Body, Channel, Clock, EmailAddress, MailMessage};

use super::{Notifier, Outgoing, Receipt, SendError};
use classify::{Failure, Hidden, classify};
use connection::Envelope;
use dkim::Signer;
use message::{Letter, Sender};
use pool::Pool;
pub use server::{Security, SmtpServer};
pub use timeouts::Timeouts;

/// The section `[email]`.
#[derive(Debug, Clone)]
pub struct EmailOptions {
    /// The server that takes our mails.
    pub server: SmtpServer,
    /// Whom they are from.
    pub from: Mailbox,
    /// Mails a minute; 0: any number.
    pub rate_per_min: f64,
    /// Whom a reader writes to, where no link ends their mails.
    pub contact: Option<String>,
    /// What signs them, if they are signed.
    pub dkim: Option<DkimOptions>,
}

/// An address with the name that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name; may be empty.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
}

impl Default for Mailbox {
    fn default() -> Mailbox {
        let address = "tubebell@localhost".parse().expect("it is an address");
        Mailbox { name: "tubebell".to_owned(), address }
    }
}

impl FromStr for Mailbox {
    type Err = String;

    /// Reads `name <address>` or an address alone. The error says what to write instead.
    fn from_str(text: &str) -> Result<Mailbox, String> {
        let bad = |()| "expected an address, as in \"tubebell <bell@example.org>\"".to_owned();
        let (name, address) =
            match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
                Some((name, address)) => (name.trim().trim_matches('"'), address),
                None => ("", text.trim()),
            };
        if name.contains(char::is_control) {
            return Err(bad(()));
        }
        Ok(Mailbox { name: name.to_owned(), address: address.parse().map_err(bad)? })
    }
}

/// How to get what stands in `smtp_url`.
pub(crate) const URL_FROM: &str =
    "your provider says which server takes your mails; write smtps://<user>:<password>@<host>:465";

/// Checks `smtp_url`; the error repeats nothing of it.
pub(crate) fn check_url(text: &str) -> Result<(), String> {
    text.parse::<SmtpServer>().map(drop)
}

/// Checks `dkim_key`; the error repeats nothing of it.
pub(crate) fn check_dkim_key(text: &str) -> Result<(), String> {
    dkim::check_key(text).map_err(str::to_owned)
}

/// A signature after DKIM (RFC 6376).
#[derive(Debug, Clone)]
pub struct DkimOptions {
    /// `d=`
    pub domain: String,
    /// `s=`
    pub selector: String,
    /// The private key: RSA in PEM (PKCS#1), or Ed25519 as 32 bytes in base64.
    pub key: SecretString,
}

/// Why mails can't be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The key signs nothing.
    #[error("email.dkim_key: {0}")]
    DkimKey(String),
    /// There is no TLS.
    #[error("could not set up TLS")]
    Tls(#[source] rustls::Error),
}

/// Sends mails. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Email(Arc<Inner>);

struct Inner {
    pool: Pool,
    sender: Sender,
    signer: Option<Signer>,
    /// What no text may hold.
    secrets: Vec<SecretString>,
    now: Clock,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("signer", &self.0.signer).finish_non_exhaustive()
    }
}

impl Email {
    /// Makes what sends; no server is called. `links`: where there are pages, the links to them.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(
        options: &EmailOptions,
        links: Option<Arc<Links>>,
        now: Clock,
    ) -> Result<Email, SetupError> {
        // As requests over HTTP have it: the same provider, and Mozilla's authorities.
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(SetupError::Tls)?;
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = Arc::new(tls.with_root_certificates(roots).with_no_client_auth());
        Email::with_tls(options, links, now, tls, Timeouts::default())
    }

    /// The same, with other authorities and time-outs.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn with_tls(
        options: &EmailOptions,
        links: Option<Arc<Links>>,
        now: Clock,
        tls: Arc<ClientConfig>,
        timeouts: Timeouts,
    ) -> Result<Email, SetupError> {
        let signer = options.dkim.as_ref().map(Signer::new).transpose();
        Ok(Email(Arc::new(Inner {
            pool: Pool::new(options.server.clone(), tls, timeouts),
            sender: Sender::new(&options.from, links, options.contact.as_deref()),
            signer: signer.map_err(|error| SetupError::DkimKey(error.to_owned()))?,
            secrets: secrets(&options.server),
            now,
        })))
    }

    /// Connects to the server, signs in and leaves: whether all that is configured is right, as far as it can be told without
    /// a mail.
    ///
    /// # Errors
    ///
    /// See [`SendError`]; it is one line.
    pub async fn introduce(&self) -> Result<(), SendError> {
        let hidden = Hidden { to: None, secrets: &self.0.secrets };
        self.0.pool.introduce().await.map_err(|failure| classify(&failure, hidden))
    }

    /// Closes connections that nobody uses any more, some tens of seconds after the last mail. It never ends: whoever runs it
    /// drops it when mails end. Without it they are closed by the server, or when the next mail finds them too old.
    pub async fn tend(&self) {
        self.0.pool.tend().await;
    }

    async fn deliver(&self, letter: Letter<'_>) -> Result<(), Failure> {
        let now = (self.0.now)();
        let mail = self.0.sender.write(letter, now);
        let mail = match &self.0.signer {
            Some(signer) => signer.sign(mail, now),
            None => mail,
        };
        let from = self.0.sender.from.address.as_str();
        self.0.pool.deliver(Envelope { from, to: letter.to.as_str() }, &mail).await
    }
}

/// What a server could repeat of how we sign in: as typed, and as it is sent.
fn secrets(server: &SmtpServer) -> Vec<SecretString> {
    let Some((user, password)) = &server.user else { return Vec::new() };
    let password = password.expose_secret();
    let both = format!("\0{user}\0{password}");
    let sent = [both.as_bytes(), user.as_bytes(), password.as_bytes()];
    let sent = sent.map(|bytes| BASE64.encode(bytes)).into_iter();
    sent.chain([password.to_owned()]).map(SecretString::from).collect()
}

/// What an outgoing message says, and to whom.
fn letter(outgoing: &Outgoing) -> Result<(&EmailAddress, &MailMessage), SendError> {
    let Address::Email(to) = &outgoing.address else {
        return Err(SendError::Rejected("not an e-mail address".to_owned()));
    };
    match &outgoing.body {
        Body::Mail(mail) => Ok((to, mail)),
        Body::Chat(_) | Body::Embed(_) | Body::Json(_) | Body::Text(_) => {
            Err(outgoing.refused_by(outgoing.address.channel()))
        }
    }
}

#[async_trait]
impl Notifier for Email {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let (to, mail) = letter(outgoing)?;
        let letter = Letter { id: &outgoing.id, to, mail, png: outgoing.png() };
        let mut sent = self.deliver(letter).await;
        if letter.png.is_some() && sent.as_ref().is_err_and(Failure::is_of_the_size) {
            tracing::info!("a mail was too large: it leaves without its picture");
            sent = self.deliver(Letter { png: None, ..letter }).await;
        }
        let hidden = Hidden { to: Some(to), secrets: &self.0.secrets };
        sent.map_err(|failure| classify(&failure, hidden))?;
        Ok(Receipt(self.0.sender.message_id(&outgoing.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_an_address_with_or_without_a_name() {
        for (text, name, address) in [
            ("bell@example.org", "", "bell@example.org"),
            ("tubebell <bell@example.org>", "tubebell", "bell@example.org"),
            ("\"A, B\" <bell@example.org>", "A, B", "bell@example.org"),
            (" Ä <bell@Example.org> ", "Ä", "bell@example.org"),
        ] {
            let mailbox: Mailbox = text.parse().unwrap();
            assert_eq!(
                (mailbox.name.as_str(), mailbox.address.as_str()),
                (name, address),
                "{text}"
            );
        }
        for text in ["", "bell", "x <bell@example.org", "a\nb <bell@example.org>", "<>"] {
            assert!(text.parse::<Mailbox>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_password_and_no_key_is_in_any_debug_output() {
        let options = EmailOptions {
            server: "smtps://ana:s3cret@mail.example.org".parse().unwrap(),
            from: Mailbox::default(),
            rate_per_min: 60.0,
            contact: None,
            dkim: Some(DkimOptions {
                domain: "example.org".to_owned(),
                selector: "bell".to_owned(),
                key: SecretString::from(include_str!("../../../tests/fixtures/dkim/rsa.pem")),
            }),
        };
        let email = Email::new(&options, None, Arc::new(|| crate::model::UnixMillis(0))).unwrap();
        let text = format!("{options:?} {email:?}");
        assert!(
            !text.contains("s3cret") && !text.contains("MII") && !text.contains("RSA"),
            "{text}"
        );
        let dkim =
            DkimOptions { key: SecretString::from("s3cret"), ..options.dkim.clone().unwrap() };
        let options = EmailOptions { dkim: Some(dkim), ..options };
        let error =
            Email::new(&options, None, Arc::new(|| crate::model::UnixMillis(0))).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
