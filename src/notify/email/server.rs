//! The server that takes our mails, as a URL names it.

use std::str::FromStr;

use secrecy::SecretString;

/// A mail server, and how we sign in there.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name, or its IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is sent is kept from others.
    pub security: Security,
    /// Name and password; `None`: nobody has to sign in.
    pub user: Option<(String, SecretString)>,
}

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte on.
    Tls,
    /// TLS after STARTTLS, which a server must offer.
    StartTls,
    /// None: on this machine alone.
    Plain,
}

impl Default for SmtpServer {
    /// The server of this machine.
    fn default() -> SmtpServer {
        let host = "localhost".to_owned();
        SmtpServer { host, port: 25, security: Security::Plain, user: None }
    }
}

impl FromStr for SmtpServer {
    type Err = String;

    /// Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`. The error says what to write instead and repeats nothing.
    fn from_str(_text: &str) -> Result<SmtpServer, String> {
        Err("not yet".to_owned())
    }
}
