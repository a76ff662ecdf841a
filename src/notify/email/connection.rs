//! One connection to a mail server: the commands of RFC 5321, each with its time-out.
//!
//! It is our own and not lettre's. That one keeps what it has read before TLS began and takes it for an answer within TLS, so
//! that somebody on the way can answer in the server's place; it says nothing of whether a failure came before the final dot
//! or after; an answer that is no UTF-8 is a lost connection there; and a line that never ends fills the memory.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};

use super::classify::{Failure, Step};
use super::reply::Reply;
use super::server::{Security, SmtpServer};
use super::timeouts::Timeouts;

/// How much of a mail is handed over at a time, in bytes: within a time-out that is counted anew.
const BLOCK_BYTES: usize = 16 << 10;

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// What a server can do, as it says after EHLO.
#[derive(Debug, Clone, Copy, Default)]
struct Extensions {
    starttls: bool,
    smtputf8: bool,
    plain: bool,
    login: bool,
}

/// Who sends to whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// A connection over which mails can be sent.
pub(super) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    extensions: Extensions,
    timeouts: Timeouts,
    /// Something was begun and not ended.
    is_open: bool,
}

impl Connection {
    /// Connects, encrypts where that is asked for, and signs in.
    pub(super) async fn open(
        server: &SmtpServer,
        tls: &Arc<ClientConfig>,
        timeouts: Timeouts,
    ) -> Result<Connection, Failure> {
        let tcp = connect(&server.host, server.port, timeouts.connect).await?;
        let name =
            tcp.local_addr().map_or_else(|_| "localhost".to_owned(), |own| literal(own.ip()));
        let stream: Box<dyn Stream> = match server.security {
            Security::Tls => Box::new(encrypted(Box::new(tcp), &server.host, tls, timeouts).await?),
            Security::StartTls | Security::Plain => Box::new(tcp),
        };
        let extensions = Extensions::default();
        let stream = BufReader::new(stream);
        let mut connection = Connection { stream, extensions, timeouts, is_open: false };
        connection.expect(Step::Greeting, 220).await?;
        connection.hello(&name).await?;
        if server.security == Security::StartTls {
            connection = connection.starttls(&server.host, tls).await?;
            connection.hello(&name).await?;
        }
        if let Some((user, password)) = &server.user {
            connection.sign_in(user, password).await?;
        }
        Ok(connection)
    }

    /// Sends one mail to one recipient.
    pub(super) async fn deliver(
        &mut self,
        envelope: Envelope<'_>,
        mail: &[u8],
    ) -> Result<(), Failure> {
        let needs_utf8 = |address: &str| !address.is_ascii() && !self.extensions.smtputf8;
        if needs_utf8(envelope.from) {
            return Err(Failure::SenderNotAscii);
        }
        if needs_utf8(envelope.to) {
            return Err(Failure::RecipientNotAscii);
        }
        if self.is_open {
            self.ask(Step::Reset, "RSET", 250).await?;
        }
        let is_ascii = envelope.from.is_ascii() && envelope.to.is_ascii();
        let utf8 = if is_ascii { "" } else { " BODY=8BITMIME SMTPUTF8" };
        self.is_open = true;
        self.ask(Step::Sender, &format!("MAIL FROM:<{}>{utf8}", envelope.from), 250).await?;
        self.ask(Step::Recipient, &format!("RCPT TO:<{}>", envelope.to), 250).await?;
        self.ask(Step::Data, "DATA", 354).await?;
        self.content(mail).await?;
        self.write(Step::End, b".\r\n").await?;
        self.expect(Step::End, 250).await?;
        self.is_open = false;
        Ok(())
    }

    /// Ends it as one should; whether anybody hears it is no matter.
    pub(super) async fn quit(mut self) {
        let quit = async {
            self.stream.get_mut().write_all(b"QUIT\r\n").await?;
            self.stream.get_mut().flush().await?;
            Reply::read(&mut self.stream).await?;
            self.stream.get_mut().shutdown().await
        };
        if !matches!(timeout(self.timeouts.quit, quit).await, Ok(Ok(()))) {
            tracing::debug!("a mail server did not say goodbye");
        }
    }

    async fn hello(&mut self, name: &str) -> Result<(), Failure> {
        let reply = self.ask(Step::Hello, &format!("EHLO {name}"), 250).await?;
        self.extensions = Extensions::read(&reply);
        Ok(())
    }

    async fn starttls(
        mut self,
        host: &str,
        tls: &Arc<ClientConfig>,
    ) -> Result<Connection, Failure> {
        if !self.extensions.starttls {
            self.quit().await;
            return Err(Failure::NoTls);
        }
        self.ask(Step::StartTls, "STARTTLS", 220).await?;
        // What stands here already was sent in clear, by whoever: within TLS it would be taken for the server's.
        if !self.stream.buffer().is_empty() {
            let cause = "more was said than an answer".to_owned();
            return Err(Failure::Lost { step: Step::StartTls, cause });
        }
        let stream = encrypted(self.stream.into_inner(), host, tls, self.timeouts).await?;
        // What was offered in clear counts no more (RFC 3207, section 4.2).
        let extensions = Extensions::default();
        Ok(Connection { stream: BufReader::new(Box::new(stream)), extensions, ..self })
    }

    async fn sign_in(&mut self, user: &str, password: &SecretString) -> Result<(), Failure> {
        let password = password.expose_secret();
        if self.extensions.plain {
            let both = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
            self.ask(Step::SignIn, &format!("AUTH PLAIN {both}"), 235).await?;
        } else if self.extensions.login {
            self.ask(Step::SignIn, "AUTH LOGIN", 334).await?;
            self.ask(Step::SignIn, &BASE64.encode(user.as_bytes()), 334).await?;
            self.ask(Step::SignIn, &BASE64.encode(password.as_bytes()), 235).await?;
        } else {
            return Err(Failure::NoSignIn);
        }
        Ok(())
    }

    /// The mail itself, up to the final dot.
    async fn content(&mut self, mail: &[u8]) -> Result<(), Failure> {
        let stuffed = stuffed(mail);
        for block in stuffed.chunks(BLOCK_BYTES) {
            if let Err(failure) = self.write(Step::Content, block).await {
                // Who hangs up in the middle may have said why.
                let said = timeout(self.timeouts.quit, Reply::read(&mut self.stream)).await;
                return Err(match said {
                    Ok(Ok(reply)) if reply.class() >= 4 => {
                        Failure::Refused { step: Step::Content, reply }
                    }
                    _ => failure,
                });
            }
        }
        Ok(())
    }

    async fn ask(&mut self, step: Step, line: &str, expected: u16) -> Result<Reply, Failure> {
        self.write(step, format!("{line}\r\n").as_bytes()).await?;
        self.expect(step, expected).await
    }

    async fn write(&mut self, step: Step, bytes: &[u8]) -> Result<(), Failure> {
        let limit =
            if step == Step::Content { self.timeouts.block } else { self.timeouts.of(step) };
        let stream = self.stream.get_mut();
        within(step, limit, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        })
        .await
    }

    /// Reads an answer. Of those that say yes, the first two digits count: 251 is as good as 250.
    async fn expect(&mut self, step: Step, expected: u16) -> Result<Reply, Failure> {
        let reply = within(step, self.timeouts.of(step), Reply::read(&mut self.stream)).await?;
        match reply.class() {
            4 | 5 => Err(Failure::Refused { step, reply }),
            _ if reply.code / 10 == expected / 10 => Ok(reply),
            _ => {
                Err(Failure::Lost { step, cause: format!("an answer out of turn, {}", reply.code) })
            }
        }
    }
}

impl Timeouts {
    const fn of(&self, step: Step) -> Duration {
        match step {
            Step::Connect => self.connect,
            Step::Tls => self.tls,
            Step::Greeting
            | Step::Hello
            | Step::StartTls
            | Step::SignIn
            | Step::Reset
            | Step::Sender
            | Step::Recipient => self.command,
            Step::Data => self.data,
            Step::Content => self.block,
            Step::End => self.end,
        }
    }
}

impl Extensions {
    fn read(reply: &Reply) -> Extensions {
        let mut extensions = Extensions::default();
        // The first line is a greeting.
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            // Old servers write `AUTH=`.
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("STARTTLS") => extensions.starttls = true,
                Some("SMTPUTF8") => extensions.smtputf8 = true,
                Some("AUTH") => {
                    for word in words {
                        extensions.plain |= word == "PLAIN";
                        extensions.login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        extensions
    }
}

/// A connection to the first of its addresses that takes one.
async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Failure> {
    let lost = |cause: &str| Failure::Lost { step: Step::Connect, cause: cause.to_owned() };
    let until = Instant::now() + limit;
    let found = timeout_at(until, lookup_host((host, port))).await;
    let found = found.map_err(|_| lost("no answer to the name of the mail server"))?;
    let found = found.map_err(|_| lost("the name of the mail server is not known"))?;
    let addresses: Vec<_> = found.collect();
    let mut failure = lost("the name of the mail server has no address");
    for (index, address) in addresses.iter().enumerate() {
        // The first must not use up the time of all.
        let left = until.saturating_duration_since(Instant::now());
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match timeout(left / others, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands are short, and each waits for its answer.
                if stream.set_nodelay(true).is_err() {
                    tracing::debug!("a connection to a mail server stays slow");
                }
                return Ok(stream);
            }
            Ok(Err(error)) => failure = lost(&said(&error)),
            Err(_) => failure = Failure::silent(Step::Connect),
        }
    }
    Err(failure)
}

async fn encrypted(
    stream: Box<dyn Stream>,
    host: &str,
    tls: &Arc<ClientConfig>,
    timeouts: Timeouts,
) -> Result<tokio_rustls::client::TlsStream<Box<dyn Stream>>, Failure> {
    let lost = |cause: String| Failure::Lost { step: Step::Tls, cause };
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| lost("the name of the mail server is none for TLS".to_owned()))?;
    let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    match timeout(timeouts.tls, connecting).await {
        Err(_) => Err(Failure::silent(Step::Tls)),
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            Err(match inner {
                Some(rustls::Error::InvalidCertificate(cause)) => {
                    Failure::Certificate(cause.to_string())
                }
                Some(other) => lost(other.to_string()),
                None => lost(said(&error)),
            })
        }
    }
}

async fn within<T>(
    step: Step,
    limit: Duration,
    doing: impl Future<Output = io::Result<T>>,
) -> Result<T, Failure> {
    match timeout(limit, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Failure::Lost { step, cause: said(&error) }),
        Err(_) => Err(Failure::silent(step)),
    }
}

fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => "the mail server closed the connection".to_owned(),
        io::ErrorKind::InvalidData => "an answer that is none of SMTP".to_owned(),
        kind => kind.to_string(),
    }
}

/// Who we are: our address, as RFC 5321, section 4.1.4, has it for whoever has no name.
fn literal(own: IpAddr) -> String {
    match own {
        IpAddr::V4(own) => format!("[{own}]"),
        IpAddr::V6(own) => format!("[IPv6:{own}]"),
    }
}

/// A mail in which no line is a dot alone (RFC 5321, section 4.5.2), and which ends in a break.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}
