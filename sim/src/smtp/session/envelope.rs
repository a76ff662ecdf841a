//! The envelope: who a letter is from, and for whom.

use super::{End, Hello, OUT_OF_ORDER, Session};
use crate::smtp::command::Parameter;
use crate::smtp::faults::Stage;
use crate::smtp::options::{Auth, Tls};
use crate::smtp::reply::{Enhanced, Reply};

const SENDER_OK: Reply = Reply::new(250, Enhanced(2, 1, 0), "sender OK");
const RECIPIENT_OK: Reply = Reply::new(250, Enhanced(2, 1, 5), "recipient OK");
const TOO_MANY_RECIPIENTS: Reply = Reply::new(452, Enhanced(4, 5, 3), "too many recipients");
const BAD_PARAMETER: Reply = Reply::new(501, Enhanced(5, 5, 4), "syntax error in parameters");
pub(super) const NEEDS_TLS: Reply =
    Reply::new(530, Enhanced(5, 7, 0), "must issue a STARTTLS command first");
const NEEDS_AUTH: Reply = Reply::new(530, Enhanced(5, 7, 0), "authentication required");
const NEEDS_SMTPUTF8: Reply =
    Reply::new(553, Enhanced(5, 6, 7), "addresses beyond ASCII need SMTPUTF8");
const UNKNOWN_PARAMETER: Reply =
    Reply::new(555, Enhanced(5, 5, 4), "parameter not recognized or not implemented");

/// A letter that is on its way.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    /// Whether the letter may have more than ASCII.
    pub(super) is_eight_bit: bool,
    is_utf8: bool,
}

impl Session {
    /// `MAIL FROM`.
    pub(super) async fn mail(
        &mut self,
        sender: String,
        parameters: &[Parameter],
    ) -> Result<Reply, End> {
        if self.hello == Hello::Nobody || self.transaction.is_some() {
            return Ok(OUT_OF_ORDER);
        }
        if let Some(refusal) = self.is_unwelcome() {
            return Ok(refusal);
        }
        let transaction = match self.transaction(sender, parameters) {
            Ok(transaction) => transaction,
            Err(refusal) => return Ok(refusal),
        };
        if let Some(reply) = self.trouble(Stage::Mail, &[]).await? {
            return Ok(reply);
        }
        self.transaction = Some(transaction);
        Ok(SENDER_OK)
    }

    /// Why no letter at all is taken from this client as yet, or any more.
    fn is_unwelcome(&self) -> Option<Reply> {
        if self.needs_tls() {
            return Some(NEEDS_TLS);
        }
        if matches!(self.options.auth, Auth::Required(_)) && self.user.is_none() {
            return Some(NEEDS_AUTH);
        }
        let max = self.options.messages_per_connection;
        max.is_some_and(|max| self.taken >= max).then_some(Reply::TOO_MANY_MESSAGES)
    }

    /// Whether the client has to begin with TLS.
    pub(super) fn needs_tls(&self) -> bool {
        matches!(self.options.tls, Tls::Required(_)) && !self.is_secure
    }

    fn transaction(&self, sender: String, parameters: &[Parameter]) -> Result<Transaction, Reply> {
        let options = &self.options;
        let mut transaction = Transaction { sender, ..Transaction::default() };
        if self.hello != Hello::Extended && !parameters.is_empty() {
            return Err(UNKNOWN_PARAMETER);
        }
        let mut seen = Vec::new();
        for Parameter { name, value } in parameters {
            if seen.contains(&name) {
                return Err(BAD_PARAMETER);
            }
            seen.push(name);
            match (name.as_str(), value.as_deref()) {
                ("SIZE", Some(size)) => match size.parse::<u64>() {
                    Ok(size)
                        if usize::try_from(size).is_ok_and(|size| size <= options.size_max) => {}
                    Ok(_) => return Err(Reply::TOO_LARGE),
                    Err(_) => return Err(BAD_PARAMETER),
                },
                ("BODY", Some(body)) if options.eight_bit => {
                    match body.to_ascii_uppercase().as_str() {
                        "8BITMIME" => transaction.is_eight_bit = true,
                        "7BIT" => {}
                        _ => return Err(BAD_PARAMETER),
                    }
                }
                ("SMTPUTF8", None) if options.eight_bit && options.smtputf8 => {
                    transaction.is_utf8 = true;
                    // The header may have it then.
                    transaction.is_eight_bit = true;
                }
                // Whom the letter is sent for is nothing that it would be trusted in. Source: RFC 4954, section 5.
                ("AUTH", Some(_)) if options.auth.account().is_some() => {}
                ("SIZE" | "BODY" | "SMTPUTF8" | "AUTH", _) if self.is_offered(name) => {
                    return Err(BAD_PARAMETER);
                }
                _ => return Err(UNKNOWN_PARAMETER),
            }
        }
        if !transaction.sender.is_ascii() && !transaction.is_utf8 {
            return Err(NEEDS_SMTPUTF8);
        }
        Ok(transaction)
    }

    fn is_offered(&self, parameter: &str) -> bool {
        match parameter {
            "BODY" => self.options.eight_bit,
            "SMTPUTF8" => self.options.eight_bit && self.options.smtputf8,
            "AUTH" => self.options.auth.account().is_some(),
            _ => true,
        }
    }

    /// `RCPT TO`.
    pub(super) async fn recipient(
        &mut self,
        address: String,
        parameters: &[Parameter],
    ) -> Result<Reply, End> {
        let Some(transaction) = &self.transaction else { return Ok(OUT_OF_ORDER) };
        if !parameters.is_empty() {
            return Ok(UNKNOWN_PARAMETER);
        }
        if !address.is_ascii() && !transaction.is_utf8 {
            return Ok(NEEDS_SMTPUTF8);
        }
        if transaction.recipients.len() >= self.options.recipients_max {
            return Ok(TOO_MANY_RECIPIENTS);
        }
        let now = self.shared().now();
        if self.shared().change(|state| state.is_early(&address, now)) {
            return Ok(Reply::GREYLISTED);
        }
        if let Some(reply) = self.trouble(Stage::Recipient, std::slice::from_ref(&address)).await? {
            return Ok(reply);
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.recipients.push(address);
        }
        Ok(RECIPIENT_OK)
    }
}
