//! The connection on which Discord tells what happens: heartbeats, resuming and reading are serenity's, when a session begins is
//! decided here.
//!
//! Discord allows 1,000 new sessions a day and resets the token of a bot that takes more; serenity's own client begins one every
//! five seconds for as long as none stands. So one of its runners is run for one session: it resumes by itself, and ends where
//! it would begin a new session. Source: <https://docs.discord.com/developers/events/gateway#session-start-limit> (2026-11).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serenity::all::{GatewayIntents, ShardId, ShardInfo};
use serenity::gateway::{GatewayError, Shard};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ears::Ears;
use super::session::Session;
use crate::app::listening::hearing::Hearing;
use crate::notify::SendError;
use crate::notify::discord::Discord;

/// What we want to be told beside interactions, which come to every bot: that a server, a channel or a thread is gone or back.
/// It needs nobody's consent. Source: <https://docs.discord.com/developers/events/gateway#list-of-intents> (2026-11).
const INTENTS: GatewayIntents = GatewayIntents::GUILDS;

/// Discord takes one new session per this. Source: as above, “rate limiting”.
const BETWEEN_SESSIONS: Duration = Duration::from_secs(5);

/// The first and the longest wait after a session that did not come about or did not last.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A session that stood for so long was a good one.
const LASTED: Duration = Duration::from_secs(60);

/// Until the connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// At most one connection per this is opened within a session: a server that closes each at once must not be called in a loop.
const BETWEEN_CONNECTIONS: Duration = Duration::from_secs(1);

/// Discord acknowledges a heartbeat every 41 s: after so long without any, the connection hangs somewhere.
const SILENT_MAX: Duration = Duration::from_secs(120);

/// How long a connection may take to close when the program stops.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why nothing is told just now.
#[derive(Debug, thiserror::Error)]
enum Deaf {
    /// Discord does not say where its gateway is.
    #[error(transparent)]
    NoGateway(#[from] SendError),
    /// All new sessions of a day are used up.
    #[error("all sessions that Discord allows in a day are used up: the next begins in {} s", .0.as_secs())]
    UsedUp(Duration),
    /// The gateway can't be reached.
    #[error("the gateway of Discord can't be reached")]
    NotReached,
    /// Discord refuses us, and would again.
    #[error("Discord refuses the bot ({0}): check discord.token")]
    Refused(&'static str),
    /// The session ended, or the connection hangs.
    #[error("the gateway of Discord has ended the session")]
    Ended,
}

/// One connection of the bot's, for the servers of one shard.
pub(super) struct Gateway {
    pub(super) client: Discord,
    pub(super) token: SecretString,
    pub(super) ears: Arc<Ears>,
    pub(super) hearing: Arc<Hearing>,
    /// When a session began last: shared by all shards.
    pub(super) last_begun: Arc<Mutex<Option<Instant>>>,
    /// Which shard of how many.
    pub(super) shard: (u32, u32),
}

impl Gateway {
    /// Listens until `stop` is cancelled, or until Discord refuses us.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut failures = 0u32;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let before = self.ears.readies();
            let deaf = tokio::select! {
                () = stop.cancelled() => return,
                begun = self.begin() => match begun {
                    Ok(session) => self.hear(session, &stop).await,
                    Err(deaf) => deaf,
                },
            };
            if stop.is_cancelled() {
                return;
            }
            let has_stood = self.ears.readies() != before && begun.elapsed() >= LASTED;
            failures = if has_stood { 0 } else { failures.saturating_add(1) };
            let reason = deaf.to_string();
            if !has_stood {
                self.hearing.fails(&reason);
            }
            let wait = match deaf {
                Deaf::Refused(_) => {
                    tracing::error!("{reason}; no command is heard until then");
                    self.hearing.gives_up(&reason);
                    stop.cancelled().await;
                    return;
                }
                Deaf::UsedUp(wait) => wait,
                Deaf::NoGateway(SendError::Wait { after: Some(wait) }) => wait.max(BACK_OFF.0),
                Deaf::NoGateway(_) | Deaf::NotReached | Deaf::Ended => back_off(failures),
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Opens a connection on which a new session begins.
    async fn begin(&self) -> Result<Session, Deaf> {
        let found = self.client.gateway().await?;
        if found.sessions_left == 0 {
            return Err(Deaf::UsedUp(found.full_after.max(BETWEEN_SESSIONS)));
        }
        // Held until this one has begun: two shards must not begin together.
        let mut last = self.last_begun.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep_until(last + BETWEEN_SESSIONS).await;
        }
        *last = Some(Instant::now());
        let url = Arc::new(Mutex::new(found.url));
        let (id, total) = self.shard;
        let shard = Shard::new(
            Arc::clone(&url),
            self.token.expose_secret(),
            ShardInfo { id: ShardId(id), total },
            INTENTS,
            None,
        );
        // Nothing of serenity's error: it may quote what was sent.
        let Ok(Ok(shard)) = tokio::time::timeout(CONNECT_TIMEOUT, Box::pin(shard)).await else {
            return Err(Deaf::NotReached);
        };
        drop(last);
        Ok(Session::new(shard, ShardId(id), url, Arc::clone(&self.ears)).await)
    }

    /// Hears what is told until the session ends.
    async fn hear(&self, mut session: Session, stop: &CancellationToken) -> Deaf {
        let (url, closing) = (session.url(), session.closing());
        let alive = session.alive();
        let ended = {
            let mut running = Box::pin(session.run());
            tokio::select! {
                ended = &mut running => Some(ended),
                never = paced(&url) => match never {},
                () = alive.silent(SILENT_MAX) => None,
                () = stop.cancelled() => {
                    closing.close();
                    tokio::time::timeout(CLOSE_TIMEOUT, running).await.ok()
                }
            }
        };
        if !stop.is_cancelled() {
            session.clear().await;
        }
        match ended {
            Some(Err(error)) => refused(&error).map_or(Deaf::Ended, Deaf::Refused),
            Some(Ok(())) | None => Deaf::Ended,
        }
    }
}

/// Opens the way to the gateway once per [`BETWEEN_CONNECTIONS`]: serenity reads the URL for each connection.
async fn paced(url: &Mutex<String>) -> Infallible {
    loop {
        // Whoever waits for it has it before we have it again.
        let shut = url.lock().await;
        tokio::time::sleep(BETWEEN_CONNECTIONS).await;
        drop(shut);
    }
}

/// Why Discord refuses us for good, if that is what ended a session: it would close each further one, too.
/// Source: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes> (2026-11).
fn refused(error: &serenity::Error) -> Option<&'static str> {
    let serenity::Error::Gateway(error) = error else { return None };
    match error {
        GatewayError::InvalidAuthentication | GatewayError::NoAuthentication => {
            Some("the token is not valid")
        }
        GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents => {
            Some("it may not be told what happens in servers")
        }
        _ => None,
    }
}

/// How long to wait after so many sessions in a row that did not last.
fn back_off(failures: u32) -> Duration {
    (BACK_OFF.0 * 2u32.saturating_pow(failures.clamp(1, 10) - 1)).min(BACK_OFF.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_do_not_last_begin_ever_more_rarely() {
        let waits: Vec<u64> = (0..9).map(|failures| back_off(failures).as_secs()).collect();
        assert_eq!(waits, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_opened_one_a_second() {
        let url = Arc::new(Mutex::new("ws://a".to_owned()));
        let opened = async {
            let begun = Instant::now();
            for _ in 0..5 {
                drop(url.lock().await);
            }
            begun.elapsed()
        };
        let taken = tokio::select! {
            // The keeper is there first, as in a session.
            biased;
            never = paced(&url) => match never {},
            taken = opened => taken,
        };
        assert!(taken >= Duration::from_secs(5), "{taken:?}");
    }

    #[test]
    fn a_refusal_for_good_is_told_from_an_end() {
        let error = |error| serenity::Error::Gateway(error);
        assert!(refused(&error(GatewayError::InvalidAuthentication)).is_some());
        assert!(refused(&error(GatewayError::DisallowedGatewayIntents)).is_some());
        assert!(refused(&error(GatewayError::HeartbeatFailed)).is_none());
    }
}
