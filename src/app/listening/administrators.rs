//! Who decides for a chat of Telegram's.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::app::service_timeout::ServiceTimeout;
use crate::control::{Administrators, NotSaid, PersonId};
use crate::model::Address;
use crate::notify::SendError;
use crate::notify::telegram::Telegram;
use crate::telemetry::LogThrottle;

/// Lines a minute about questions that are not answered.
const LINES_MAX: u32 = 5;

/// Asks the real Telegram.
pub(in crate::app) struct TelegramAdministrators {
    client: Telegram,
    time_limit: ServiceTimeout,
    failures: Mutex<LogThrottle>,
}

impl TelegramAdministrators {
    pub(in crate::app) fn new(
        client: Telegram,
        time_limit: ServiceTimeout,
    ) -> TelegramAdministrators {
        let failures = Mutex::new(LogThrottle::new(LINES_MAX));
        TelegramAdministrators { client, time_limit, failures }
    }

    /// Telegram did not say: in the log why, in sum where that happens often.
    fn not_said(&self, error: &(dyn std::fmt::Display + Sync)) -> NotSaid {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unsaid) = failures.pass(std::time::Instant::now()) {
            let service = "Telegram";
            tracing::warn!(service, %error, unsaid, "a question of a command could not be asked");
        }
        NotSaid
    }
}

#[async_trait]
impl Administrators for TelegramAdministrators {
    async fn is_administrator(&self, chat: &Address, person: &PersonId) -> Result<bool, NotSaid> {
        let (Address::Telegram { chat, .. }, Ok(user)) = (chat, person.0.parse()) else {
            return Ok(false);
        };
        match self.time_limit.wait(self.client.get_chat_member(*chat, user)).await {
            Some(Ok(status)) => Ok(status.is_administrator()),
            // Telegram knows neither the chat nor the member: nobody who may change anything.
            Some(Err(
                SendError::Barred(_)
                | SendError::Gone(_)
                | SendError::Rejected(_)
                | SendError::Policy(_),
            )) => Ok(false),
            Some(Err(error)) => Err(self.not_said(&error)),
            None => Err(self.not_said(&"it takes too long")),
        }
    }
}
