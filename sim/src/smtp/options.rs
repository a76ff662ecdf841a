//! What the server is like: what it offers, what it asks for, and how much it holds.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::ServerConfig;

/// What the server is like. The default is on free ports, in clear, open to everybody, with all extensions.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of SMTP on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The port of the page on 127.0.0.1; 0 takes a free one.
    pub page_port: u16,
    /// The name it greets with.
    pub name: String,
    /// Whether connections can be, or are, encrypted.
    pub tls: Tls,
    /// Whether clients can, or have to, sign in.
    pub auth: Auth,
    /// Whether passwords are taken over a connection in clear. Where not, `AUTH` is offered only within TLS.
    pub auth_in_clear: bool,
    /// Whether it offers `8BITMIME`; without, a letter has to be ASCII.
    pub eight_bit: bool,
    /// Whether it offers `SMTPUTF8`; without, addresses have to be ASCII. It is not offered without `8BITMIME`.
    pub smtputf8: bool,
    /// Longest letter, in bytes as they are kept, told as `SIZE`.
    pub size_max: usize,
    /// Letters that it takes over one connection; the next `MAIL` is answered with 421. `None`: any number.
    pub messages_per_connection: Option<u32>,
    /// Connections at one time; another is answered with 421.
    pub connections_max: usize,
    /// Recipients of one letter.
    pub recipients_max: usize,
    /// How long it waits for a line of the client's. Source of the default: RFC 5321, section 4.5.3.2.7.
    pub patience: Duration,
    /// Letters that are kept.
    pub kept_messages: usize,
    /// Bytes of letters that are kept; the newest letter stays whatever its size.
    pub kept_bytes: usize,
    /// Commands that are kept.
    pub kept_commands: usize,
    /// The port of a page on this machine that may show this one in a frame.
    pub framed_by: Option<u16>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            page_port: 0,
            name: "mail.sandbox".to_owned(),
            tls: Tls::Off,
            auth: Auth::Off,
            auth_in_clear: false,
            eight_bit: true,
            smtputf8: true,
            size_max: 10 * 1024 * 1024,
            messages_per_connection: None,
            connections_max: 100,
            recipients_max: 100,
            patience: Duration::from_secs(5 * 60),
            kept_messages: 1_000,
            kept_bytes: 64 * 1024 * 1024,
            kept_commands: 10_000,
            framed_by: None,
        }
    }
}

/// Whether connections are encrypted.
#[derive(Debug, Clone, Default)]
pub enum Tls {
    /// In clear, and `STARTTLS` is not offered; so it also looks where somebody on the way takes the offer out.
    #[default]
    Off,
    /// `STARTTLS` is offered, and letters are taken without it too.
    Offered(Arc<ServerConfig>),
    /// `STARTTLS` is offered, and without it `MAIL` is answered with 530.
    Required(Arc<ServerConfig>),
    /// TLS from the first byte, as on port 465.
    Implicit(Arc<ServerConfig>),
}

impl Tls {
    /// What `STARTTLS` goes on with, where it is offered.
    pub(super) fn offered(&self) -> Option<&Arc<ServerConfig>> {
        match self {
            Tls::Offered(config) | Tls::Required(config) => Some(config),
            Tls::Off | Tls::Implicit(_) => None,
        }
    }
}

/// Whether clients sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// `AUTH` is not offered.
    #[default]
    Off,
    /// They can.
    Offered(Account),
    /// They have to: without it `MAIL` is answered with 530.
    Required(Account),
}

impl Auth {
    pub(super) fn account(&self) -> Option<&Account> {
        match self {
            Auth::Off => None,
            Auth::Offered(account) | Auth::Required(account) => Some(account),
        }
    }
}

/// The only user there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl Account {
    /// A user with a password.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Account {
        Account { user: user.to_owned(), password: password.to_owned() }
    }
}
