//! `AUTH`: who the client is.
//!
//! Source: RFC 4954.

use super::envelope::NEEDS_TLS;
use super::{
    AUTH_LINE_MAX_BYTES, BARE_CR, BARE_LF, End, Hello, LINE_TOO_LONG, NOT_OFFERED, OUT_OF_ORDER,
    Session,
};
use crate::smtp::auth::{self, Mechanism};
use crate::smtp::faults::Stage;
use crate::smtp::line::Line;
use crate::smtp::reply::{Enhanced, Reply};

const SIGNED_IN: Reply = Reply::new(235, Enhanced(2, 7, 0), "authentication succeeded");
const CANCELLED: Reply = Reply::new(501, Enhanced(5, 7, 0), "authentication cancelled");
const UNREADABLE: Reply = Reply::new(501, Enhanced(5, 5, 2), "cannot decode the answer");
const UNKNOWN_MECHANISM: Reply =
    Reply::new(504, Enhanced(5, 5, 4), "unrecognized authentication mechanism");
const NEEDS_ENCRYPTION: Reply =
    Reply::new(538, Enhanced(5, 7, 11), "encryption required for authentication");

/// "Username:" and "Password:", as clients know them.
const ASK_USER: &str = "VXNlcm5hbWU6";
const ASK_PASSWORD: &str = "UGFzc3dvcmQ6";

/// What the client answered, or what to answer to that.
type Told<T> = Result<T, Reply>;

impl Session {
    pub(super) async fn sign_in(
        &mut self,
        mechanism: &str,
        initial: Option<String>,
    ) -> Result<Reply, End> {
        let Some(account) = self.options.auth.account().cloned() else { return Ok(NOT_OFFERED) };
        if self.hello != Hello::Extended || self.user.is_some() || self.transaction.is_some() {
            return Ok(OUT_OF_ORDER);
        }
        if self.needs_tls() {
            return Ok(NEEDS_TLS);
        }
        if !self.is_secure && !self.options.auth_in_clear {
            return Ok(NEEDS_ENCRYPTION);
        }
        let Some(mechanism) = Mechanism::from_word(mechanism) else {
            return Ok(UNKNOWN_MECHANISM);
        };
        let told = match mechanism {
            Mechanism::Plain => self.plain(initial).await?,
            Mechanism::Login => self.login(initial).await?,
        };
        match told {
            Err(reply) => return Ok(reply),
            Ok(told) if told != (account.user.clone(), account.password) => {
                return Ok(Reply::AUTH_FAILED);
            }
            Ok(_) => {}
        }
        if let Some(reply) = self.trouble(Stage::Auth, &[]).await? {
            return Ok(reply);
        }
        self.user = Some(account.user);
        self.shared().change(|state| state.counters.signed_in += 1);
        Ok(SIGNED_IN)
    }

    async fn plain(&mut self, initial: Option<String>) -> Result<Told<(String, String)>, End> {
        let answer = self.told(initial, "").await?;
        Ok(answer.and_then(|answer| auth::plain(&answer).ok_or(UNREADABLE)))
    }

    async fn login(&mut self, initial: Option<String>) -> Result<Told<(String, String)>, End> {
        let user = match self.told(initial, ASK_USER).await? {
            Ok(user) => user,
            Err(reply) => return Ok(Err(reply)),
        };
        let password = self.told(None, ASK_PASSWORD).await?;
        let text = |bytes| String::from_utf8(bytes).map_err(|_| UNREADABLE);
        Ok(password.and_then(|password| Ok((text(user)?, text(password)?))))
    }

    /// What came with the command, or else what the client answers when it is asked.
    async fn told(&mut self, initial: Option<String>, ask: &str) -> Result<Told<Vec<u8>>, End> {
        let answer = match initial {
            Some(initial) => initial,
            None => {
                self.wire.say(format_args!("334 {ask}"));
                match self.wire.line(AUTH_LINE_MAX_BYTES).await? {
                    Line::Whole(line) => String::from_utf8_lossy(&line).into_owned(),
                    Line::TooLong(_) => return Ok(Err(LINE_TOO_LONG)),
                    Line::BareLf => return Ok(Err(BARE_LF)),
                    Line::BareCr => return Ok(Err(BARE_CR)),
                }
            }
        };
        if answer == "*" {
            return Ok(Err(CANCELLED));
        }
        Ok(auth::decode(&answer).ok_or(UNREADABLE))
    }
}
