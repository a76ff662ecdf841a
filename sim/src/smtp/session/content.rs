//! The letter itself: its lines up to the final dot.
//!
//! Source: RFC 5321, sections 4.1.1.4, 4.5.2 and 4.5.3.1.6.

use super::envelope::Transaction;
use super::{BARE_CR, BARE_LF, End, LINE_TOO_LONG, OUT_OF_ORDER, Session};
use crate::smtp::faults::{Fault, Stage};
use crate::smtp::line::Line;
use crate::smtp::record::Mail;
use crate::smtp::reply::{Enhanced, Reply};

/// Longest line of a letter, without its end and without a dot that was put before it.
const TEXT_LINE_MAX_BYTES: usize = 998;
/// What may come beyond the longest letter before the server hangs up instead of waiting for the dot.
const BEYOND_MAX_BYTES: usize = 16 * 1024 * 1024;

const GO_ON: Reply = Reply::bare(354, "end data with <CR><LF>.<CR><LF>");
const TAKEN: Reply = Reply::new(250, Enhanced(2, 0, 0), "message taken");
const NO_RECIPIENTS: Reply = Reply::new(554, Enhanced(5, 5, 1), "no valid recipients");
const NOT_ASCII: Reply =
    Reply::new(554, Enhanced(5, 6, 1), "message has 8-bit content and was not announced as such");

/// A letter as far as it has come, or why it is refused: what follows is read and forgotten then.
struct Content {
    raw: Result<Vec<u8>, Reply>,
    read: usize,
}

impl Content {
    fn refuse(&mut self, reply: Reply) {
        if self.raw.is_ok() {
            self.raw = Err(reply);
        }
    }

    /// Takes a line as it came.
    fn add(&mut self, line: &[u8], is_eight_bit: bool, size_max: usize) {
        self.read += line.len() + 2;
        let line = line.strip_prefix(b".").unwrap_or(line);
        let Ok(raw) = &mut self.raw else { return };
        if line.len() > TEXT_LINE_MAX_BYTES {
            self.refuse(LINE_TOO_LONG);
        } else if !is_eight_bit && !line.is_ascii() {
            self.refuse(NOT_ASCII);
        } else if raw.len() + line.len() + 2 > size_max {
            self.refuse(Reply::TOO_LARGE);
        } else {
            raw.extend_from_slice(line);
            raw.extend_from_slice(b"\r\n");
        }
    }
}

impl Session {
    /// `DATA`, and what follows.
    pub(super) async fn data(&mut self) -> Result<Reply, End> {
        let Some(transaction) = &self.transaction else { return Ok(OUT_OF_ORDER) };
        if transaction.recipients.is_empty() {
            return Ok(NO_RECIPIENTS);
        }
        let recipients = transaction.recipients.clone();
        if let Some(reply) = self.trouble(Stage::Data, &recipients).await? {
            return Ok(reply);
        }
        // Whatever becomes of the letter, another one begins with another envelope.
        let Some(transaction) = self.transaction.take() else { return Ok(OUT_OF_ORDER) };
        self.answer(GO_ON)?;
        let trouble = self.trouble(Stage::Letter, &recipients).await?;
        let content = self.content(transaction.is_eight_bit).await?;
        self.note(".");
        match (trouble, content) {
            (Some(refusal), _) | (None, Err(refusal)) => Ok(refusal),
            (None, Ok(raw)) => self.deliver(transaction, raw).await,
        }
    }

    /// Reads up to the final dot. A line that ends otherwise than lines do is refused at once: its sender may mean
    /// another end of the letter than the server does.
    async fn content(&mut self, is_eight_bit: bool) -> Result<Result<Vec<u8>, Reply>, End> {
        let size_max = self.options.size_max;
        let mut content = Content { raw: Ok(Vec::new()), read: 0 };
        while content.read <= size_max.saturating_add(BEYOND_MAX_BYTES) {
            match self.wire.line(TEXT_LINE_MAX_BYTES + 1).await? {
                Line::Whole(line) if line == b"." => return Ok(content.raw),
                Line::Whole(line) => content.add(&line, is_eight_bit, size_max),
                Line::TooLong(bytes) => {
                    content.read += bytes;
                    content.refuse(LINE_TOO_LONG);
                }
                Line::BareLf => return Ok(Err(BARE_LF)),
                Line::BareCr => return Ok(Err(BARE_CR)),
            }
        }
        self.answer(Reply::TOO_LARGE)?;
        Err(End::Close)
    }

    /// Takes the letter, if nothing else is planned for it.
    async fn deliver(&mut self, transaction: Transaction, raw: Vec<u8>) -> Result<Reply, End> {
        let recipients = &transaction.recipients;
        match self.shared().change(|state| state.draw(Stage::Message, recipients)) {
            None => self.take(transaction, raw),
            Some(Fault::Reply(reply)) => return Ok(reply),
            Some(Fault::Hang) => {
                self.hang().await?;
                self.take(transaction, raw);
            }
            Some(Fault::HangAfterTaking) => {
                self.take(transaction, raw);
                self.hang().await?;
            }
            Some(Fault::Drop) => return self.cut().await,
            Some(Fault::DropAfterTaking) => {
                self.take(transaction, raw);
                return self.cut().await;
            }
        }
        Ok(TAKEN)
    }

    fn take(&mut self, transaction: Transaction, raw: Vec<u8>) {
        self.taken += 1;
        let mail = Mail {
            number: 0,
            at: self.shared().now(),
            connection: self.present.number,
            over_tls: self.is_secure,
            user: self.user.clone(),
            sender: transaction.sender,
            recipients: transaction.recipients,
            raw: raw.into(),
        };
        self.shared().change(|state| state.take(mail));
    }
}
