//! One connection: greets, reads commands, does them, answers.

mod content;
mod envelope;
mod hello;
mod sign_in;

use std::sync::Arc;

use super::command::{self, Command};
use super::faults::{Fault, Stage};
use super::line::Line;
use super::options::{Options, Tls};
use super::reply::{Enhanced, Reply};
use super::wire::{Lost, Wire};
use super::{Present, Shared};
use crate::loopback::CuttableStream;
use envelope::Transaction;

/// Longest line of a command without its end: 512 bytes with it, and what `SIZE`, `BODY` and `SMTPUTF8` may add. Source:
/// RFC 5321, section 4.5.3.1.4; RFC 1870, RFC 6152, RFC 6531.
const COMMAND_MAX_BYTES: usize = 510 + 26 + 17 + 10;
/// Longest line of `AUTH`. Source: RFC 4954, section 4.
const AUTH_LINE_MAX_BYTES: usize = 12_288 - 2;
/// Commands that may be wrong before the server has enough.
const MISTAKES_MAX: u32 = 50;

const CLOSES: Reply = Reply::new(221, Enhanced(2, 0, 0), "closing connection");
const DONE: Reply = Reply::new(250, Enhanced(2, 0, 0), "OK");
const CANNOT_VERIFY: Reply =
    Reply::new(252, Enhanced(2, 5, 2), "cannot verify, but will take a message and try");
const TIMED_OUT: Reply = Reply::new(421, Enhanced(4, 4, 2), "timeout, closing connection");
const TOO_MANY_MISTAKES: Reply = Reply::new(421, Enhanced(4, 7, 0), "too many errors");
const LINE_TOO_LONG: Reply = Reply::new(500, Enhanced(5, 5, 2), "line too long");
const NOT_OFFERED: Reply = Reply::new(502, Enhanced(5, 5, 1), "command not implemented");
const OUT_OF_ORDER: Reply = Reply::new(503, Enhanced(5, 5, 1), "bad sequence of commands");
// As Postfix answers with `smtpd_forbid_bare_newline = reject`.
const BARE_LF: Reply = Reply::new(521, Enhanced(5, 5, 2), "bare <LF> received");
const BARE_CR: Reply = Reply::new(521, Enhanced(5, 5, 2), "bare <CR> received");

/// How the client has introduced itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hello {
    Nobody,
    /// By `HELO`: without extensions.
    Basic,
    /// By `EHLO`.
    Extended,
}

/// Why no further command is read for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The last word is said.
    Close,
    /// Nothing more is said.
    Cut,
    /// The client said nothing for too long.
    Silent,
    /// What follows is encrypted.
    StartTls,
}

impl From<Lost> for End {
    fn from(lost: Lost) -> End {
        match lost {
            Lost::Gone => End::Cut,
            Lost::Silent => End::Silent,
        }
    }
}

/// A connection and how far it has come. What the server offers does not change while it lasts.
pub(super) struct Session {
    present: Present,
    options: Options,
    wire: Wire,
    is_secure: bool,
    hello: Hello,
    user: Option<String>,
    transaction: Option<Transaction>,
    taken: u32,
    mistakes: u32,
    /// The command that is being answered.
    noted: Option<u64>,
}

impl Session {
    /// Holds a conversation until either side ends it.
    pub(super) async fn hold(present: Present, stream: CuttableStream) {
        let options = present.shared.look(|state| state.options.clone());
        let mut session = Session {
            wire: Wire::new(stream, options.patience),
            present,
            options,
            is_secure: false,
            hello: Hello::Nobody,
            user: None,
            transaction: None,
            taken: 0,
            mistakes: 0,
            noted: None,
        };
        if let Tls::Implicit(config) = &session.options.tls {
            let Ok(wire) = session.wire.secure(Arc::clone(config)).await else { return };
            session.wire = wire;
            session.shaken();
        }
        let mut end = session.greet().await.err();
        loop {
            match end {
                None => end = session.turn().await.err(),
                Some(End::StartTls) => {
                    let Some(config) = session.options.tls.offered().cloned() else { return };
                    let Ok(wire) = session.wire.secure(config).await else { return };
                    session.wire = wire;
                    session.shaken();
                    end = None;
                }
                Some(End::Silent) => end = session.answer(TIMED_OUT).err(),
                Some(End::Close) => return session.wire.close().await,
                Some(End::Cut) => return,
            }
        }
    }

    fn shared(&self) -> &Shared {
        &self.present.shared
    }

    /// Begins anew, encrypted: what was said before may have been somebody else's. Source: RFC 3207, section 4.2.
    fn shaken(&mut self) {
        self.is_secure = true;
        self.hello = Hello::Nobody;
        self.user = None;
        self.transaction = None;
        self.shared().change(|state| state.counters.handshakes += 1);
    }

    async fn greet(&mut self) -> Result<(), End> {
        if let Some(reply) = self.trouble(Stage::Connect, &[]).await? {
            self.answer(reply)?;
            return Err(End::Close);
        }
        self.wire.say(format_args!("220 {} ESMTP", self.options.name));
        Ok(())
    }

    /// Reads one command and answers it.
    async fn turn(&mut self) -> Result<(), End> {
        let reply = match self.wire.line(AUTH_LINE_MAX_BYTES).await? {
            Line::Whole(line) => {
                let is_auth = line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
                self.note(&shown(&line, is_auth));
                if !is_auth && line.len() > COMMAND_MAX_BYTES {
                    LINE_TOO_LONG
                } else {
                    match command::parse(&line) {
                        Ok(command) => self.obey(command).await?,
                        Err(refusal) => refusal,
                    }
                }
            }
            Line::TooLong(_) => LINE_TOO_LONG,
            Line::BareLf => BARE_LF,
            Line::BareCr => BARE_CR,
        };
        self.answer(reply)?;
        self.mistakes += u32::from((500..=504).contains(&reply.code));
        if self.mistakes >= MISTAKES_MAX {
            self.answer(TOO_MANY_MISTAKES)?;
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> Result<Reply, End> {
        match command {
            Command::Hello { is_extended } => self.hello(is_extended).await,
            Command::StartTls => self.start_tls().await,
            Command::Auth { mechanism, initial } => self.sign_in(&mechanism, initial).await,
            Command::Mail { sender, parameters } => self.mail(sender, &parameters).await,
            Command::Recipient { address, parameters } => {
                self.recipient(address, &parameters).await
            }
            Command::Data => self.data().await,
            Command::Reset => {
                self.transaction = None;
                Ok(DONE)
            }
            Command::Nothing => Ok(DONE),
            Command::Quit => Ok(CLOSES),
            Command::Verify => Ok(CANNOT_VERIFY),
        }
    }

    /// Remembers what the client said, which is to be answered now.
    fn note(&mut self, line: &str) {
        let (now, connection) = (self.shared().now(), self.present.number);
        let number = self.shared().change(|state| state.note(connection, now, line));
        self.noted = Some(number);
    }

    /// Says a reply, and that it was the last one if it is.
    fn answer(&mut self, reply: Reply) -> Result<(), End> {
        self.shared().change(|state| state.answered(self.noted, reply));
        self.wire.say(reply);
        if reply.is_last() { Err(End::Close) } else { Ok(()) }
    }

    /// Meets what is planned for this stage of what is about to be accepted. Returns what to answer instead.
    async fn trouble(&mut self, stage: Stage, recipients: &[String]) -> Result<Option<Reply>, End> {
        match self.shared().change(|state| state.draw(stage, recipients)) {
            None => Ok(None),
            Some(Fault::Reply(reply)) => Ok(Some(reply)),
            Some(Fault::Hang | Fault::HangAfterTaking) => {
                self.hang().await?;
                Ok(None)
            }
            Some(Fault::Drop | Fault::DropAfterTaking) => self.cut().await,
        }
    }

    /// Ends the connection here; what was said before arrives.
    async fn cut<T>(&mut self) -> Result<T, End> {
        self.wire.flush().await?;
        Err(End::Cut)
    }

    /// Says nothing until the release, for as long as the client waits and somebody could release it.
    async fn hang(&mut self) -> Result<(), End> {
        self.wire.flush().await?;
        let shared = Arc::clone(&self.present.shared);
        let mut released = shared.released.subscribe();
        shared.change(|state| state.counters.hanging += 1);
        let outcome = tokio::select! {
            _ = released.changed() => Ok(()),
            () = shared.abandoned.cancelled() => Err(End::Cut),
            () = self.wire.gone() => Err(End::Cut),
        };
        shared.change(|state| state.counters.hanging -= 1);
        outcome
    }
}

/// A line as it is remembered: no password, nor what one can be read from.
fn shown(line: &[u8], is_auth: bool) -> String {
    let line = String::from_utf8_lossy(line);
    if !is_auth {
        return line.into_owned();
    }
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}
