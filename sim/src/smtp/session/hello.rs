//! How a conversation begins: what the server offers, and TLS.
//!
//! Source: RFC 5321, section 4.1.1.1; RFC 3207.

use super::{End, Hello, NOT_OFFERED, OUT_OF_ORDER, Session};
use crate::smtp::faults::Stage;
use crate::smtp::reply::{Enhanced, Reply};

const READY_FOR_TLS: Reply = Reply::new(220, Enhanced(2, 0, 0), "ready to start TLS");
const BEHIND_STARTTLS: Reply =
    Reply::new(503, Enhanced(5, 5, 1), "nothing may be sent behind STARTTLS before its answer");

impl Session {
    /// `EHLO` or `HELO`.
    pub(super) async fn hello(&mut self, is_extended: bool) -> Result<Reply, End> {
        if let Some(reply) = self.trouble(Stage::Hello, &[]).await? {
            return Ok(reply);
        }
        self.transaction = None;
        if !is_extended {
            self.hello = Hello::Basic;
            return Ok(Reply::bare(250, "hello"));
        }
        self.hello = Hello::Extended;
        for line in self.offers() {
            self.wire.say(format_args!("250-{line}"));
        }
        Ok(Reply::bare(250, "ENHANCEDSTATUSCODES"))
    }

    /// The lines of `EHLO` but for the last.
    fn offers(&self) -> Vec<String> {
        let options = &self.options;
        let mut lines = vec![
            options.name.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", options.size_max),
        ];
        if options.eight_bit {
            lines.push("8BITMIME".to_owned());
            if options.smtputf8 {
                lines.push("SMTPUTF8".to_owned());
            }
        }
        if !self.is_secure && options.tls.offered().is_some() {
            lines.push("STARTTLS".to_owned());
        }
        if options.auth.account().is_some() && (self.is_secure || options.auth_in_clear) {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        lines
    }

    /// `STARTTLS`, up to where the handshake follows.
    pub(super) async fn start_tls(&mut self) -> Result<Reply, End> {
        if self.options.tls.offered().is_none() {
            return Ok(NOT_OFFERED);
        }
        if self.is_secure || self.hello != Hello::Extended {
            return Ok(OUT_OF_ORDER);
        }
        // Somebody on the way may have put it there, for it to count as said within TLS.
        if self.wire.has_more() {
            self.answer(BEHIND_STARTTLS)?;
            return Err(End::Close);
        }
        if let Some(reply) = self.trouble(Stage::StartTls, &[]).await? {
            return Ok(reply);
        }
        self.answer(READY_FOR_TLS)?;
        self.wire.flush().await?;
        Err(End::StartTls)
    }
}
