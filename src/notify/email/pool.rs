//! The connections to the mail server: at most two, used again while they are fresh.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::rustls::ClientConfig;

use super::classify::{Failure, Step};
use super::connection::{Connection, Envelope};
use super::server::SmtpServer;
use super::timeouts::Timeouts;

/// Connections at a time. Providers allow few, and one that waits for the answer to a final dot must not stop all mails.
const CONNECTIONS_MAX: usize = 2;

pub(super) struct Pool {
    server: SmtpServer,
    tls: Arc<ClientConfig>,
    timeouts: Timeouts,
    slots: Semaphore,
    /// Those that nobody uses, the freshest at the end.
    idle: Mutex<Vec<Idle>>,
    /// Wakes whoever closes them.
    parked: Notify,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(super) fn new(server: SmtpServer, tls: Arc<ClientConfig>, timeouts: Timeouts) -> Pool {
        Pool {
            server,
            tls,
            timeouts,
            slots: Semaphore::new(CONNECTIONS_MAX),
            idle: Mutex::default(),
            parked: Notify::new(),
        }
    }

    /// Sends one mail over a connection that is there, or over a new one.
    ///
    /// A server closes what is idle, and some take so many mails over one connection. So what fails on a used connection before
    /// the final dot is tried on a new one, once.
    pub(super) async fn deliver(&self, envelope: Envelope<'_>, mail: &[u8]) -> Result<(), Failure> {
        let _slot = self.slot().await?;
        if let Some(mut used) = self.fresh() {
            match used.deliver(envelope, mail).await {
                Err(failure) if failure.is_of_the_connection() => {
                    tracing::debug!("a used connection to the mail server is gone");
                }
                result => return self.park(used, result),
            }
        }
        let mut connection = Connection::open(&self.server, &self.tls, self.timeouts).await?;
        let result = connection.deliver(envelope, mail).await;
        self.park(connection, result)
    }

    /// Connects, signs in and leaves.
    pub(super) async fn introduce(&self) -> Result<(), Failure> {
        let _slot = self.slot().await?;
        let open = Connection::open(&self.server, &self.tls, self.timeouts);
        match timeout(self.timeouts.introduce, open).await {
            Ok(opened) => opened?.quit().await,
            Err(_) => {
                let cause = "it did not let us in within a minute".to_owned();
                return Err(Failure::Lost { step: Step::SignIn, cause });
            }
        }
        Ok(())
    }

    async fn slot(&self) -> Result<SemaphorePermit<'_>, Failure> {
        let slot = timeout(self.timeouts.slot, self.slots.acquire()).await;
        slot.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Busy)
    }

    /// Closes what nobody uses any more, each when its time has come; never ends.
    pub(super) async fn tend(&self) {
        loop {
            let Some(oldest) = self.idle().first().map(|idle| idle.since) else {
                self.parked.notified().await;
                continue;
            };
            sleep_until(oldest + self.timeouts.idle).await;
            for connection in self.stale() {
                connection.quit().await;
            }
        }
    }

    /// The connection that was used last; those that are too old are closed.
    fn fresh(&self) -> Option<Connection> {
        drop(self.stale());
        self.idle().pop().map(|idle| idle.connection)
    }

    fn stale(&self) -> Vec<Connection> {
        let now = Instant::now();
        let is_stale = |idle: &mut Idle| now >= idle.since + self.timeouts.idle;
        self.idle().extract_if(.., is_stale).map(|idle| idle.connection).collect()
    }

    /// Keeps a connection for the next mail, if it is whole.
    fn park(&self, connection: Connection, result: Result<(), Failure>) -> Result<(), Failure> {
        let is_whole = match &result {
            Ok(()) | Err(Failure::SenderNotAscii | Failure::RecipientNotAscii) => true,
            // The server closes it behind these two.
            Err(Failure::Refused { reply, .. }) => !matches!(reply.code, 421 | 521),
            Err(
                Failure::Lost { .. }
                | Failure::NoTls
                | Failure::Certificate(_)
                | Failure::NoSignIn
                | Failure::Busy,
            ) => false,
        };
        if is_whole {
            self.idle().push(Idle { connection, since: Instant::now() });
            self.parked.notify_one();
        }
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // The list is whole after every statement.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
