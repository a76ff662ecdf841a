//! Listens to Discord: opens a gateway, and has what is told there handled and answered.

mod answers;
mod codes;
mod connection;
mod definitions;
mod doors;
mod ears;
mod frame;
mod gateway;
mod interaction;
mod plan;
mod queue;
mod rights;
mod session;
mod typists;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::common::{self, BACK_OFF, Common};
use super::first_invitation::FirstInvitation;
use super::hearing::Hearing;
use crate::control::{Administrators, Control, Incoming, IncomingKind, NotSaid, PersonId};
use crate::model::Address;
use crate::notify::SendError;
use crate::notify::discord::{Bot, Discord};
use crate::store::Registry;

use answers::Answers;
use ears::{Ears, Heard};
use gateway::Gateway;
use interaction::Told;
use queue::Queue;
use typists::Typists;

/// Servers that are remembered as gone.
const GONE_MAX: usize = 4_096;

/// Why the places of a server went off; those that did are on when it is back.
const REMOVED: &str = "the bot was removed from the server";

/// Why a place went off.
const DELETED: &str = "the channel was deleted";

/// Where it is kept that the operator's invitation was shown.
const INVITED_KEY: &str = "operator-invited-discord";

/// Asks Discord who we are. `None`: Discord is away, which is no reason not to start.
///
/// # Errors
///
/// One line when the token is refused.
pub(in crate::app) async fn introduce(client: &Discord) -> Result<Option<Bot>, String> {
    match client.get_me().await {
        Ok(bot) => Ok(Some(bot)),
        Err(SendError::Unauthorized(reason)) => Err(format!(
            "Discord refuses the token ({reason}): check discord.token, the Developer Portal shows a new one under Bot"
        )),
        Err(error) => {
            tracing::warn!(%error, "Discord does not answer yet");
            Ok(None)
        }
    }
}

/// Discord says with each interaction who may decide: nobody is asked.
struct SaidAlong;

#[async_trait]
impl Administrators for SaidAlong {
    async fn is_administrator(&self, _: &Address, _: &PersonId) -> Result<bool, NotSaid> {
        Err(NotSaid)
    }
}

/// Everything that listening to Discord needs.
pub(in crate::app) struct DiscordListener {
    pub(in crate::app) client: Discord,
    pub(in crate::app) token: SecretString,
    pub(in crate::app) common: Common,
    /// Who we are, where the service has said so.
    pub(in crate::app) bot: Option<Bot>,
    /// Whether commands are heard.
    pub(in crate::app) hearing: Arc<Hearing>,
}

impl DiscordListener {
    /// Listens until `stop` is cancelled; what is at work is finished.
    pub(in crate::app) async fn run(self, stop: CancellationToken) {
        let known = self.bot.clone();
        let met = common::meet(known, || self.client.get_me(), &self.hearing, &stop).await;
        let Some(bot) = met else { return };
        self.welcome(&bot).await;
        let answers = Answers::new(self.client.clone(), self.common.painter.clone());
        let reply = Arc::new(answers.clone());
        let control = Arc::new(self.common.control(&bot.username, Arc::new(SaidAlong), reply));
        let tasks = (self.common.tracker.clone(), stop.clone());
        let (clock, after) = (Arc::clone(&self.common.clock), self.common.after());
        let queue = Queue::new(Arc::clone(&control), clock, tasks, after);
        let (ears, heard) = Ears::new();
        let ears = Arc::new(ears);
        let gateway = Gateway::new(
            self.client.clone(),
            self.token.clone(),
            Arc::clone(&ears),
            Arc::clone(&self.hearing),
        );
        self.common.tracker.spawn(gateway.run(stop.clone()));
        let at = Listening {
            control,
            answers,
            queue,
            typists: Typists::default(),
            telling: Arc::new(Semaphore::new(1)),
        };
        self.listen(heard, &ears, &at, &stop).await;
    }

    /// Shows the operator how the bot gets to a server, and once in the life of a database their own invitation.
    async fn welcome(&self, bot: &Bot) {
        // On standard output, as the invitation: it is what a person is to read.
        // What stands in for Discord has no such page: the link would lead to a bot of somebody else's.
        if self.client.is_at_discord() {
            println!("Add {} to a Discord server: {}", bot.username, rights::install_link(bot.id));
        }
        if let Some(FirstInvitation { code, words }) =
            self.common.first_invitation(INVITED_KEY).await
        {
            println!(
                "Your invitation, good for one person and seven days{words}: write /start code:{code} to it in private"
            );
        }
    }

    async fn listen(
        &self,
        mut heard: Receiver<Heard>,
        ears: &Ears,
        at: &Listening,
        stop: &CancellationToken,
    ) {
        // Servers whose end may not be stored yet: what says that they are back must not be left out because of that.
        let mut gone = HashSet::new();
        loop {
            // In this order: at the beginning of a session all servers are told, of which next to none was gone, and nobody who
            // asks something waits behind them.
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                heard = heard.recv() => match heard {
                    Some(heard) => self.take_in(heard, &mut gone, at, stop),
                    None => return,
                },
                server = ears.next_server() => {
                    let server = Address::Discord(server);
                    // Where the store fails, it is asked again in the queue.
                    let is_off = gone.remove(&server)
                        || self.common.store.is_off_for(&server, REMOVED).await.unwrap_or(true);
                    if is_off {
                        at.queue.put(&server, queue::server(server.clone(), true, REMOVED), None);
                    }
                }
            }
        }
    }

    fn take_in(
        &self,
        heard: Heard,
        gone: &mut HashSet<Address>,
        at: &Listening,
        stop: &CancellationToken,
    ) {
        match heard {
            Heard::Ready(application) => {
                // Whoever tells them already tells those of now.
                let Ok(one) = Arc::clone(&at.telling).try_acquire_owned() else { return };
                let (client, store) = (self.client.clone(), Arc::clone(&self.common.store));
                let stop = stop.clone();
                self.common.tracker.spawn(async move {
                    tell_commands(client, store, application, stop).await;
                    drop(one);
                });
            }
            Heard::Interaction(interaction) => {
                self.take(interaction::told(*interaction), at, stop);
            }
            Heard::ServerGone(server) => {
                // By then all but the last few are stored.
                if gone.len() >= GONE_MAX {
                    gone.clear();
                }
                let server = Address::Discord(server);
                at.queue.put(&server, queue::server(server.clone(), false, REMOVED), None);
                gone.insert(server);
            }
            Heard::PlaceGone(place) => {
                let place = Address::Discord(place);
                at.queue.put(&place, queue::deleted(place.clone(), DELETED), None);
            }
            Heard::PlaceChanged(place) => {
                let destination = Address::Discord(place);
                let kind = IncomingKind::Alive { destination: destination.clone() };
                at.queue.put(&destination, Incoming::new(None, kind), None);
            }
        }
    }

    /// Takes in what somebody did: a question waits in its queue, and who waits for it too long is told to.
    fn take(&self, told: Told, at: &Listening, stop: &CancellationToken) {
        match told {
            Told::Asks { asked, incoming, is_button } => {
                let Some(opened) = at.answers.open(asked, is_button) else { return };
                let place = match &incoming.kind {
                    IncomingKind::Command { destination, .. }
                    | IncomingKind::Button { destination, .. } => destination.clone(),
                    _ => return,
                };
                let deferring = opened.deferring();
                if at.queue.put(&place, incoming, Some(opened)) {
                    let stop = stop.clone();
                    self.common.tracker.spawn(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = deferring => {}
                        }
                    });
                }
            }
            Told::Types { asked, typing } => {
                let Some(place) = at.typists.place(&typing.person) else { return };
                let (control, answers) = (Arc::clone(&at.control), at.answers.clone());
                let now = (self.common.clock)();
                self.common.tracker.spawn(async move {
                    let proposed = control.propose(&typing, now).await;
                    answers.propose(&asked, &proposed).await;
                    drop(place);
                });
            }
            Told::Other => {}
        }
    }
}

/// What takes in what was heard.
struct Listening {
    control: Arc<Control>,
    answers: Answers,
    queue: Arc<Queue>,
    typists: Typists,
    /// Whoever tells Discord our commands has it.
    telling: Arc<Semaphore>,
}

/// Tells Discord our commands until it takes them.
async fn tell_commands(
    client: Discord,
    store: Arc<dyn Registry>,
    application: u64,
    stop: CancellationToken,
) {
    let mut wait = BACK_OFF.0;
    loop {
        let error = match definitions::tell(&client, &store, application).await {
            Ok(true) => {
                tracing::info!("Discord was told the commands");
                return;
            }
            Ok(false) => return,
            Err(error) => error,
        };
        tracing::warn!(%error, "the commands could not be told to Discord");
        // What it does not take now, it would not take in a minute.
        if matches!(error, definitions::Untold::Discord(SendError::Rejected(_))) {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(BACK_OFF.1);
    }
}
