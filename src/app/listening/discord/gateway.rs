//! The gateway, on which Discord tells what happens: as many connections as it wants, of which each is opened again whenever it
//! is over, goes on with its session if there is one, and begins one if that may be.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::codes::{self, After, Over};
use super::connection::{Connection, FOR_GOOD, FOR_NOW, Told};
use super::doors::{BETWEEN_SESSIONS, Deaf, Door};
use super::ears::Ears;
use super::frame::{self, Frame};
use super::session::{Pulse, Session, Step};
use crate::app::listening::common::{BACK_OFF, back_off};
use crate::app::listening::hearing::Hearing;
use crate::notify::SendError;
use crate::notify::discord::Discord;

/// What stood for so long was good.
const LASTED: Duration = Duration::from_secs(60);

/// Until a connection stands and Discord has said its first word.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// From the first word until a session stands. Longer than what was missed takes to be told.
const STANDS_TIMEOUT: Duration = Duration::from_secs(60);

/// At most one connection per this is opened: a server that closes each at once must not be called in a loop.
const BETWEEN_CONNECTIONS: Duration = Duration::from_secs(1);

const NOT_REACHED: Over = Over::usual(After::Resume, "the gateway of Discord can't be reached");

const NO_SESSION: Over =
    Over::odd(After::Anew, "the gateway of Discord answers, and begins no session");

const HANGS: Over =
    Over::usual(After::Resume, "the gateway of Discord does not see that the bot is there");

const ELSEWHERE: Over = Over::odd(
    After::Anew,
    "Discord names a gateway that is not its own: tubebell does not go there, is discord.api_url right?",
);

/// Why nothing is told just now.
enum Ended {
    /// A connection is over, or did not come about.
    Over(Over),
    /// Discord does not say where its gateway is.
    Unsaid(SendError),
    /// All new sessions of a day are used up.
    UsedUp(Duration),
    /// The program stops, or all begin anew.
    Stopped,
}

/// What all connections have.
pub(super) struct Gateway {
    client: Discord,
    token: SecretString,
    ears: Arc<Ears>,
    deaf: Deaf,
    door: Mutex<Door>,
}

/// One connection, for the servers of one shard.
struct Shard<'a> {
    gateway: &'a Gateway,
    number: u32,
    of: u32,
    session: Session,
    /// Where the session began.
    home: Option<Url>,
    opened: Option<Instant>,
    /// When the session began to stand, or was gone on with, on the connection of now.
    stands_since: Option<Instant>,
}

impl Gateway {
    pub(super) fn new(
        client: Discord,
        token: SecretString,
        ears: Arc<Ears>,
        hearing: Arc<Hearing>,
    ) -> Gateway {
        Gateway { client, token, ears, deaf: Deaf::new(hearing), door: Mutex::default() }
    }

    /// Listens until `stop` is cancelled, on as many connections as Discord wants.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while let Some(of) = self.shards(&stop).await {
            let (round, begun) = (stop.child_token(), Instant::now());
            join_all((0..of).map(|number| Shard::new(&self, number, of).run(&round))).await;
            self.deaf.forget();
            failures = if begun.elapsed() >= LASTED { 0 } else { failures + 1 };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(back_off(failures, BACK_OFF.1)) => {}
            }
        }
    }

    /// How many connections Discord wants; `None`: the program stops first.
    async fn shards(&self, stop: &CancellationToken) -> Option<u32> {
        let mut failures = 0;
        loop {
            let asked = async { self.door.lock().await.shards(&self.client).await };
            let error = tokio::select! {
                () = stop.cancelled() => return None,
                shards = asked => match shards {
                    Ok(shards) => return Some(shards),
                    Err(error) => error,
                },
            };
            failures += 1;
            self.deaf.fails(0, &error.to_string());
            tokio::select! {
                () = stop.cancelled() => return None,
                () = sleep(wished(&error).unwrap_or(back_off(failures, BACK_OFF.1))) => {}
            }
        }
    }
}

impl<'a> Shard<'a> {
    fn new(gateway: &'a Gateway, number: u32, of: u32) -> Shard<'a> {
        let session = Session::new((number, of));
        Shard { gateway, number, of, session, home: None, opened: None, stands_since: None }
    }

    /// Opens a connection whenever there is none, until `round` is cancelled.
    async fn run(mut self, round: &CancellationToken) {
        let mut failures = 0;
        loop {
            self.stands_since = None;
            let ended = tokio::select! {
                () = round.cancelled() => return,
                opened = self.open() => match opened {
                    Ok((connection, pulse)) => self.hear(connection, pulse, round).await,
                    Err(ended) => ended,
                },
            };
            if self.stands_since.is_some_and(|since| since.elapsed() >= LASTED) {
                failures = 0;
            }
            let Some(wait) = self.next(&ended, &mut failures, round).await else { return };
            tokio::select! {
                () = round.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// What comes after a connection: how long to wait for the next one; `None`: there is none.
    async fn next(
        &mut self,
        ended: &Ended,
        failures: &mut u32,
        round: &CancellationToken,
    ) -> Option<Duration> {
        let deaf = &self.gateway.deaf;
        let over = match ended {
            Ended::Stopped => return None,
            Ended::Unsaid(error) => {
                *failures += 1;
                let wait = wished(error).unwrap_or(back_off(*failures, BACK_OFF.1));
                if wait > BACK_OFF.1 {
                    deaf.waits(self.number, &error.to_string());
                } else {
                    deaf.fails(self.number, &error.to_string());
                }
                return Some(wait);
            }
            Ended::UsedUp(wait) => {
                let s = wait.as_secs();
                let why = "all sessions that Discord allows in a day are used up";
                deaf.waits(self.number, &format!("{why}: the next begins in {s} s"));
                return Some(*wait);
            }
            Ended::Over(over) => over,
        };
        let stood = self.stands_since.is_some();
        if over.after == After::Nothing {
            deaf.gives_up(self.number, over.why);
            round.cancelled().await;
            return None;
        }
        if stood && over.is_usual {
            tracing::debug!(shard = self.number, "{}", over.why);
        } else {
            deaf.fails(self.number, over.why);
        }
        match over.after {
            After::Recount => {
                round.cancel();
                return None;
            }
            After::Anew => self.session.forget(),
            After::Resume | After::Nothing => {}
        }
        if stood && self.session.resume_url().is_some() {
            // It is opened not before its time: see `pace`.
            return Some(Duration::ZERO);
        }
        *failures += 1;
        Some(back_off(*failures, BACK_OFF.1))
    }

    /// Opens a connection, and goes on with the session there or begins one.
    async fn open(&mut self) -> Result<(Connection, Pulse), Ended> {
        let Gateway { client, token, door, .. } = self.gateway;
        // One that is elsewhere is not asked, and where we come from is.
        let at = |url| client.gateway_url(url).or_else(|| self.home.clone());
        if let Some(url) = self.session.resume_url().and_then(at) {
            self.pace().await;
            let (mut connection, pulse) = meet(&url).await?;
            let opening = self.session.opening(token);
            connection.say(opening).await.map_err(|_| Ended::Over(NOT_REACHED))?;
            return Ok((connection, pulse));
        }
        self.session.forget();
        // Held until the session was begun: two shards must not begin together, or on what is left for one.
        let mut door = door.lock().await;
        let found = door.ask(client).await.map_err(Ended::Unsaid)?;
        if found.sessions_left == 0 {
            return Err(Ended::UsedUp(found.full_after.max(BETWEEN_SESSIONS)));
        }
        if found.shards != self.of {
            let why = "Discord wants another number of connections";
            return Err(Ended::Over(Over::usual(After::Recount, why)));
        }
        let url = client.gateway_url(&found.url).ok_or(Ended::Over(ELSEWHERE))?;
        door.wait().await;
        self.pace().await;
        let (mut connection, pulse) = meet(&url).await?;
        door.stamp();
        let opening = self.session.opening(token);
        connection.say(opening).await.map_err(|_| Ended::Over(NOT_REACHED))?;
        self.home = Some(url);
        Ok((connection, pulse))
    }

    /// Waits until a connection may be opened.
    async fn pace(&mut self) {
        if let Some(opened) = self.opened {
            sleep_until(opened + BETWEEN_CONNECTIONS).await;
        }
        self.opened = Some(Instant::now());
    }

    /// Hears what is told on a connection until it is over.
    async fn hear(
        &mut self,
        mut connection: Connection,
        mut pulse: Pulse,
        round: &CancellationToken,
    ) -> Ended {
        let until = Instant::now() + STANDS_TIMEOUT;
        let over = loop {
            // In this order: what is told without end keeps neither the stop nor a beat waiting. Each may be dropped half-way.
            let over = tokio::select! {
                biased;
                () = round.cancelled() => {
                    connection.close(FOR_GOOD).await;
                    return Ended::Stopped;
                }
                () = sleep_until(pulse.next()) => {
                    let is_alive = pulse.beat(Instant::now());
                    let beat = self.session.heartbeat();
                    if is_alive && connection.say(beat).await.is_ok() { None } else { Some(HANGS) }
                }
                () = sleep_until(until), if self.stands_since.is_none() => Some(NO_SESSION),
                told = connection.next() => match told {
                    Told::Text(text) => self.take(&text, &mut connection, &mut pulse).await,
                    Told::Other => None,
                    Told::Closed(code) => return Ended::Over(codes::closed(code)),
                },
            };
            if let Some(over) = over {
                break over;
            }
        };
        tokio::select! {
            () = round.cancelled() => {}
            () = connection.close(FOR_NOW) => {}
        }
        Ended::Over(over)
    }

    /// Takes in what was said; whether the connection is over with that.
    async fn take(
        &mut self,
        text: &str,
        connection: &mut Connection,
        pulse: &mut Pulse,
    ) -> Option<Over> {
        let ears = &self.gateway.ears;
        let frame = frame::read(text);
        match self.session.hear(&frame) {
            Step::Nothing => {}
            Step::Acknowledged => pulse.seen(),
            Step::Beat => {
                if connection.say(self.session.heartbeat()).await.is_err() {
                    return Some(HANGS);
                }
            }
            Step::Unreadable => ears.step_over(),
            Step::Over(over) => return Some(over),
            Step::Event { name, data, stands } => {
                if stands {
                    self.stands_since = Some(Instant::now());
                    self.gateway.deaf.hears(self.number);
                }
                ears.hear(name, data).await;
            }
        }
        None
    }
}

/// Opens a connection and waits for Discord's first word.
async fn meet(url: &Url) -> Result<(Connection, Pulse), Ended> {
    let met = async {
        let not_reached = |_| Ended::Over(NOT_REACHED);
        let mut connection = Connection::open(url).await.map_err(not_reached)?;
        loop {
            match connection.next().await {
                Told::Text(text) => {
                    if let Some(Frame::Hello(every)) = frame::read(&text) {
                        let pulse = Pulse::new(every, rand::random(), Instant::now());
                        return Ok((connection, pulse));
                    }
                }
                Told::Other => {}
                Told::Closed(None) => return Err(Ended::Over(NOT_REACHED)),
                Told::Closed(code) => return Err(Ended::Over(codes::closed(code))),
            }
        }
    };
    timeout(CONNECT_TIMEOUT, met).await.unwrap_or(Err(Ended::Over(NOT_REACHED)))
}

/// How long Discord wants us to wait.
fn wished(error: &SendError) -> Option<Duration> {
    match error {
        SendError::Wait { after: Some(wait) } | SendError::Held { after: wait } => {
            Some((*wait).max(BACK_OFF.0))
        }
        _ => None,
    }
}
