//! Listens to Discord: opens a gateway, and has what is told there handled and answered.

mod answers;
mod counter;
mod definitions;
mod ears;
mod gateway;
mod interaction;
mod plan;
mod queue;
mod rights;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::first_invitation::{self, FirstInvitation};
use super::hearing::Hearing;
use crate::bus::Embedded;
use crate::control::{
    Administrators, Control, ControlOptions, Incoming, IncomingKind, Lookup, NotSaid, PersonId,
};
use crate::deliver::Wakers;
use crate::model::{Address, Clock};
use crate::notify::SendError;
use crate::notify::discord::{Bot, Discord};
use crate::render::Renderer;
use crate::store::Registry;

use answers::{Answers, DEFERRED_AFTER};
use ears::{Ears, Heard};
use gateway::Gateway;
use interaction::Told;
use queue::Queue;

/// People who are shown at a time what they may mean; who types meanwhile is shown nothing.
const PROPOSED_MAX: usize = 32;

/// The first and the longest wait until Discord says who we are, or takes our commands.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

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
    pub(in crate::app) store: Arc<dyn Registry>,
    pub(in crate::app) renderer: Arc<Renderer>,
    pub(in crate::app) lookup: Arc<dyn Lookup>,
    pub(in crate::app) options: ControlOptions,
    pub(in crate::app) bot: Option<Bot>,
    pub(in crate::app) invite: bool,
    pub(in crate::app) clock: Clock,
    /// Rung when a watch may have been made.
    pub(in crate::app) watched: Wakers,
    /// The stream, into which a watch writes its first snapshot.
    pub(in crate::app) stream: Arc<Embedded>,
    /// Rung when something may wait to be sent.
    pub(in crate::app) wakers: Wakers,
    /// Whose the tasks are that work off what was heard.
    pub(in crate::app) tracker: TaskTracker,
    /// Whether commands are heard.
    pub(in crate::app) hearing: Arc<Hearing>,
}

impl DiscordListener {
    /// Listens until `stop` is cancelled; what is at work is finished.
    pub(in crate::app) async fn run(mut self, stop: CancellationToken) {
        let Some(bot) = self.meet(&stop).await else { return };
        self.options.bot.clone_from(&bot.username);
        self.welcome(&bot).await;
        let answers = Answers::new(self.client.clone());
        let control = Arc::new(Control::new(
            Arc::clone(&self.store),
            Arc::clone(&self.renderer),
            Arc::clone(&self.lookup),
            Arc::new(SaidAlong),
            Arc::new(answers.clone()),
            self.options.clone(),
        ));
        let after = {
            let (watched, stream, wakers) =
                (self.watched.clone(), Arc::clone(&self.stream), self.wakers.clone());
            move || {
                watched.wake();
                stream.written();
                wakers.wake();
            }
        };
        let tasks = (self.tracker.clone(), stop.clone());
        let queue = Queue::new(Arc::clone(&control), Arc::clone(&self.clock), tasks, after);
        let (ears, heard) = Ears::new();
        let shards = self.open(Arc::new(ears), &stop).await;
        if shards {
            let typing = Arc::new(Semaphore::new(PROPOSED_MAX));
            self.listen(heard, &Listening { control, answers, queue, typing }, &stop).await;
        }
    }

    /// Asks who we are until Discord answers.
    async fn meet(&self, stop: &CancellationToken) -> Option<Bot> {
        let mut bot = self.bot.clone();
        let mut wait = BACK_OFF.0;
        loop {
            if bot.is_some() {
                return bot;
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
            match self.client.get_me().await {
                Ok(found) => bot = Some(found),
                Err(error) => drop(self.hearing.fails(&error.to_string())),
            }
        }
    }

    /// Shows the operator how the bot gets to a server, and once in the life of a database their own invitation.
    async fn welcome(&self, bot: &Bot) {
        let invitation = FirstInvitation {
            store: &*self.store,
            is_nobody_operator: self.options.operator.is_empty(),
            now: (self.clock)(),
        };
        // On standard output, as the invitation: it is what a person is to read.
        // What stands in for Discord has no such page: the link would lead to a bot of somebody else's.
        if self.client.is_at_discord() {
            println!("Add {} to a Discord server: {}", bot.username, rights::install_link(bot.id));
        }
        if !self.invite {
            return;
        }
        if let Some(code) = first_invitation::made(&invitation, INVITED_KEY).await {
            let operator = invitation.words();
            println!(
                "Your invitation, good for one person and seven days{operator}: write /start code:{code} to it in private"
            );
        }
    }

    /// Opens as many gateways as Discord wants us to; `false`: the program stops first.
    async fn open(&self, ears: Arc<Ears>, stop: &CancellationToken) -> bool {
        let mut wait = BACK_OFF.0;
        let shards = loop {
            match self.client.gateway().await {
                Ok(found) => break found.shards,
                Err(error) => drop(self.hearing.fails(&error.to_string())),
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
        };
        let last_begun = Arc::default();
        for shard in 0..shards {
            let gateway = Gateway {
                client: self.client.clone(),
                token: self.token.clone(),
                ears: Arc::clone(&ears),
                hearing: Arc::clone(&self.hearing),
                last_begun: Arc::clone(&last_begun),
                shard: (shard, shards),
            };
            self.tracker.spawn(gateway.run(stop.clone()));
        }
        true
    }

    async fn listen(&self, mut heard: Receiver<Heard>, at: &Listening, stop: &CancellationToken) {
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = heard.recv() => heard,
            };
            let Some(heard) = heard else { return };
            match heard {
                Heard::Ready(application) => {
                    self.hearing.works();
                    let (client, store) = (self.client.clone(), Arc::clone(&self.store));
                    self.tracker.spawn(tell_commands(client, store, application, stop.clone()));
                }
                Heard::Interaction(interaction) => {
                    self.take(interaction::told(*interaction), at, stop);
                }
                Heard::ServerGone(server) => {
                    let server = Address::Discord(server);
                    at.queue.put(&server, queue::server(server.clone(), false, REMOVED), None);
                }
                // There may be thousands at the beginning of a session, of which next to none was gone: at once, so that
                // they take no places in the queue.
                Heard::ServerBack(server) => {
                    let incoming = queue::server(Address::Discord(server), true, REMOVED);
                    drop(at.control.handle(incoming, (self.clock)()).await);
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
                let (answers, id, stop) =
                    (at.answers.clone(), opened.id().to_owned(), stop.clone());
                self.tracker.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(DEFERRED_AFTER) => answers.defer(&id).await,
                    }
                });
                at.queue.put(&place, incoming, Some(opened));
            }
            Told::Types { asked, typing } => {
                let Ok(place) = Arc::clone(&at.typing).try_acquire_owned() else { return };
                let (control, answers) = (Arc::clone(&at.control), at.answers.clone());
                let now = (self.clock)();
                self.tracker.spawn(async move {
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
    typing: Arc<Semaphore>,
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
