//! Starting and stopping: all that can fail first, then what runs.

mod census;
mod channels;
mod clock;
mod heartbeat;
mod links;
mod listening;
mod looks;
mod lookup;
mod opening;
mod service_timeout;
mod templates;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use channels::Channels;
use channels::{Sender, TelegramBot};
use clock::ClockWatch;
pub use clock::{clock, system_clock};
use heartbeat::Heartbeat;
pub use links::links;
use listening::{
    Answers, Common, DiscordListener, Hearing, TelegramAdministrators, TelegramListener,
};
use lookup::YouTubeLookup;
use opening::Opening;
use service_timeout::ServiceTimeout;
pub use templates::templates;

use crate::bus::{self, Bus};
use crate::config::Config;
use crate::control::{AccessMode, ActionOptions, ControlOptions};
use crate::deliver::{Cards, ChannelHealth, Composer, Operator, RetryPolicy, Wakers, Worker};
use crate::links::Links;
use crate::model::{Channel, Clock, Effective};
use crate::pipeline::{Lister, PollHealth, PollReporter, Poller, Routing, first_look};
use crate::render::Renderer;
use crate::source::{QuotaState, Timeouts, YouTube, YouTubeOptions};
use crate::store::{Housekeeping, ListLimits, Polling, Retention, Store};
use crate::telemetry::{Metrics, Plain, seconds};
use crate::web::{Public, Web};

const DAY: Duration = Duration::from_secs(86_400);

/// How often what has passed its retention is deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How long ended alerts are kept for `why`.
const ALERTS_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Why the gateway did not start: one clear line each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration lacks something, or holds something that can't be.
    #[error("{}", .0.join("\n"))]
    Configuration(Vec<String>),
    /// Templates of the operator's that can't be used, a line for each mistake.
    #[error("{}", .0.join("\n"))]
    Templates(Vec<String>),
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Anything else, in one line.
    #[error("{0}")]
    Other(String),
}

/// How long a gateway waits for others.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// For YouTube, while a person waits for the answer to a command, and the others of the chat behind them.
    pub lookup: Duration,
    /// At a stop, for all that is under way.
    pub stop: Duration,
}

impl Default for TimeLimits {
    fn default() -> TimeLimits {
        TimeLimits {
            lookup: Duration::from_secs(3),
            // Finishing what is in flight takes at most nine seconds; the rest of the ten is for writing it down.
            stop: Duration::from_millis(9_800),
        }
    }
}

/// A running gateway.
pub struct Gateway {
    tracker: TaskTracker,
    time_limits: TimeLimits,
    stop: CancellationToken,
    store: Arc<dyn Store>,
    /// Counts.
    pub metrics: Metrics,
    /// Where the web server listens, if it does.
    pub web: Option<std::net::SocketAddr>,
    /// Where strangers are served, if anywhere.
    pub public: Option<std::net::SocketAddr>,
}

impl Gateway {
    /// Starts a gateway; everything that can be wrong is found before anything runs.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(config: &Config, clock: Clock) -> Result<Gateway, StartError> {
        Gateway::start_with(config, clock, TimeLimits::default()).await
    }

    /// As [`Gateway::start`], with other time limits: on a machine that has much else to do, a test needs more of it.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start_with(
        config: &Config,
        clock: Clock,
        time_limits: TimeLimits,
    ) -> Result<Gateway, StartError> {
        let lacking = config.lacking_for_run();
        if !lacking.is_empty() {
            return Err(StartError::Configuration(lacking));
        }
        let renderer = renderer(&config.defaults.templates)?;
        let listener = bound("listen", config.web.as_ref().map(|web| web.listen)).await?;
        let public_listen = config.web.as_ref().and_then(|web| web.public_listen);
        let public_listener = bound("public_listen", public_listen).await?;
        let web = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let public = public_listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let metrics = Metrics::new();
        metrics.set(Plain::StartTime, seconds(clock()));
        let wakers = Wakers::default();
        let tracker = TaskTracker::new();
        let opening = Opening {
            config,
            clock: &clock,
            metrics: &metrics,
            wakers: &wakers,
            tracker: &tracker,
        };
        let (store, listener) = opening.open(listener).await?;
        let links = links(config, &*store).await?;
        let renderer = Arc::new(with_mail_foot(renderer, config, links.is_some()));
        ClockWatch::at_start(&*store, clock()).await?;
        let operator = Operator {
            to: config.operator.to.clone(),
            store: Arc::clone(&store) as _,
            renderer: Arc::clone(&renderer),
            wakers: wakers.clone(),
        };
        let youtube_options = config
            .youtube
            .clone()
            .ok_or_else(|| StartError::Other("[youtube] is missing".to_owned()))?;
        let youtube = Arc::new(youtube(&youtube_options, &*store).await?);
        let channels = Channels::new(config, &clock, links.as_ref(), &tracker)?;
        // A token that Telegram refuses is a mistake of the configuration; a Telegram that is away is not.
        let bot = match &channels.telegram {
            Some(bot) => listening::introduce(&bot.client).await.map_err(StartError::Other)?,
            None => None,
        };
        let discord_bot = match &channels.discord {
            Some(client) => {
                listening::introduce_to_discord(client).await.map_err(StartError::Other)?
            }
            None => None,
        };
        let poll_health = Arc::new(PollHealth::default());
        let heartbeat = config
            .operator
            .heartbeat_url
            .clone()
            .map(|url| {
                let (store, health) = (Arc::clone(&store), Arc::clone(&poll_health));
                Heartbeat::new(url, store, health, Arc::clone(&clock))
            })
            .transpose()
            .map_err(StartError::Other)?;

        let parts = bus::Parts {
            store: Arc::clone(&store) as _,
            shared: Arc::clone(&store) as _,
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            tracker: tracker.clone(),
            keep: DAY * config.limits.retention_days,
        };
        let Bus { sink, stream, tasks, trouble } = bus::open(&config.bus, parts)
            .map_err(|error| StartError::Configuration(vec![error.to_string()]))?;

        let stop = CancellationToken::new();
        let defaults = defaults(config);
        let composer = Arc::new(Composer {
            renderer: Arc::clone(&renderer),
            defaults: defaults.clone(),
            max_age: config.limits.max_age,
            at_most_max: DAY * config.limits.retention_days.saturating_sub(1).max(1),
        });
        if let Some(email) = channels.email {
            let stopped = stop.clone().cancelled_owned();
            tracker.spawn(async move {
                tokio::select! {
                    () = stopped => {}
                    () = email.tend() => {}
                }
            });
        }
        let mut checks: Vec<(&'static str, crate::web::Check)> = Vec::new();
        for Sender { notifier, limiter } in channels.senders {
            let channel = notifier.channel();
            metrics.expect(channel);
            let health = Arc::new(ChannelHealth::default());
            let asked = Arc::clone(&health);
            checks.push((
                channel.name(),
                Box::new(move || (!asked.is_working()).then(|| "paused, see the log".to_owned())),
            ));
            let policy = RetryPolicy { give_up: config.limits.give_up };
            if channel.traits().can_edit {
                let cards = Cards {
                    store: Arc::clone(&store) as _,
                    notifier: Arc::clone(&notifier),
                    limiter: Arc::clone(&limiter),
                    renderer: Arc::clone(&renderer),
                    painter: channels.painter.clone(),
                    defaults: defaults.clone(),
                    policy,
                    wake: wakers.add(),
                    wakers: wakers.clone(),
                    clock: Arc::clone(&clock),
                    health: Arc::clone(&health),
                };
                tracker.spawn(cards.run(stop.clone()));
            }
            let worker = Worker {
                store: Arc::clone(&store) as _,
                notifier,
                limiter,
                composer: Arc::clone(&composer) as _,
                painter: channels.painter.clone(),
                policy,
                max_age: config.limits.max_age,
                wake: wakers.add(),
                clock: Arc::clone(&clock),
                metrics: metrics.clone(),
                operator: operator.clone(),
                health,
            };
            tracker.spawn(worker.run(tracker.clone(), stop.clone()));
        }

        for task in tasks {
            let stopped = stop.clone().cancelled_owned();
            tracker.spawn(async move {
                tokio::select! {
                    () = stopped => {}
                    () = task => {}
                }
            });
        }
        checks.extend(trouble.map(|trouble| ("kafka", trouble)));
        let routing = Routing {
            store: Arc::clone(&store) as _,
            stream,
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            wakers: wakers.clone(),
        };
        tracker.spawn(routing.run(stop.clone()));
        let watched = Wakers::default();
        let clock_watch = ClockWatch {
            store: Arc::clone(&store) as _,
            clock: Arc::clone(&clock),
            wakers: wakers.clone(),
            watched: watched.clone(),
        };
        tracker.spawn(clock_watch.run(stop.clone()));
        let reporter = PollReporter {
            health: Arc::clone(&poll_health),
            metrics: metrics.clone(),
            operator: operator.clone(),
        };
        let members_max = usize::try_from(config.limits.members_per_subject).unwrap_or(usize::MAX);
        let poll = watched.add();
        let lister = Lister {
            store: Arc::clone(&store) as _,
            youtube: Arc::clone(&youtube),
            intervals: youtube_options.intervals(),
            members: ListLimits {
                per_list: members_max,
                per_owner: usize::try_from(config.limits.videos_per_owner).unwrap_or(usize::MAX),
            },
            wake: watched.add(),
            poll: Arc::clone(&poll),
            wakers: wakers.clone(),
            clock: Arc::clone(&clock),
            reporter: reporter.clone(),
            feeds: std::sync::Mutex::default(),
        };
        tracker.spawn(lister.run(stop.clone()));
        let poller = Poller {
            store: Arc::clone(&store) as _,
            sink,
            youtube: Arc::clone(&youtube),
            options: youtube_options,
            tz: config.defaults.tz.clone(),
            members_max,
            wake: poll,
            clock: Arc::clone(&clock),
            reporter,
        };
        let intervals = poller.options.intervals();
        tracker.spawn(poller.run(stop.clone()));
        checks.push(("youtube", Box::new(move || poll_health.refused())));

        // Looks are remembered and counted in one place, whatever chat service people write from.
        let is_crowded = Arc::default();
        let time_limit = || ServiceTimeout::new(time_limits.lookup, Arc::clone(&is_crowded));
        let lookup = Arc::new(YouTubeLookup::new(
            youtube,
            Arc::clone(&store) as _,
            intervals,
            members_max,
            Arc::clone(&clock),
            first_look(metrics.clone()),
            time_limit(),
        ));
        // With a list of chats, an invitation only says who the operator is.
        let invite = match config.access.mode {
            AccessMode::Invite => true,
            AccessMode::Allowlist => config.operator.to.is_empty(),
            AccessMode::Open => false,
        };
        let common = Common {
            store: Arc::clone(&store) as _,
            renderer,
            lookup,
            painter: channels.painter,
            // Whoever enters a mailbox can do so where mails leave and its reader finds a page.
            options: control_options(
                config,
                defaults,
                links.clone().filter(|_| has_mailboxes(config)),
            ),
            invite,
            clock: Arc::clone(&clock),
            watched,
            wakers: wakers.clone(),
            tracker: tracker.clone(),
        };
        let discord_token = config.discord.as_ref().and_then(|options| options.token.clone());
        if let (Some(client), Some(token)) = (channels.discord, discord_token) {
            let hearing = Arc::new(Hearing::default());
            let asked = Arc::clone(&hearing);
            checks.push(("commands on Discord", Box::new(move || asked.trouble())));
            let common = common.clone();
            let listener = DiscordListener { client, token, common, bot: discord_bot, hearing };
            tracker.spawn(listener.run(stop.clone()));
        }
        if let Some(TelegramBot { client, limiter }) = channels.telegram {
            let hearing = Arc::new(Hearing::default());
            let asked = Arc::clone(&hearing);
            checks.push(("commands", Box::new(move || asked.trouble())));
            let (answers, halt) = (tracker.clone(), stop.clone());
            let painter = common.painter.clone();
            let listener = TelegramListener {
                answers: Answers::new(client.clone(), painter, limiter, answers, halt),
                administrators: Arc::new(TelegramAdministrators::new(client.clone(), time_limit())),
                client,
                common,
                bot,
                is_crowded,
                hearing,
            };
            tracker.spawn(listener.run(stop.clone()));
        }
        if let (Some(listener), Some(links)) = (public_listener, links) {
            let pages = Public {
                store: Arc::clone(&store) as _,
                links,
                contact: config.email.as_ref().and_then(|email| email.contact.clone()),
                clock: Arc::clone(&clock),
                changed: Box::new(move || wakers.wake()),
            };
            tracker.spawn(pages.run(listener, stop.clone()));
        }
        tracker.spawn(sweep(
            Arc::clone(&store) as _,
            config.limits.retention_days,
            Arc::clone(&clock),
            stop.clone(),
        ));
        if let Some(heartbeat) = heartbeat {
            tracker.spawn(heartbeat.run(stop.clone()));
        }
        if let Some(listener) = listener {
            let census = census::Census {
                store: Arc::clone(&store) as _,
                metrics: metrics.clone(),
                clock: Arc::clone(&clock),
            };
            tracker.spawn(census.run(stop.clone()));
            let pages = Web {
                store: Arc::clone(&store) as _,
                metrics: metrics.clone(),
                checks,
                clock,
                hosts: config.web.as_ref().map(|web| web.hosts.clone()).unwrap_or_default(),
            };
            tracker.spawn(pages.run(listener, stop.clone()));
        }
        Ok(Gateway { tracker, time_limits, stop, store, metrics, web, public })
    }

    /// The store, for the demo and tests.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Stops: what is in flight is finished, within ten seconds or the limit it was started with.
    pub async fn stop(self) {
        self.store.hurry();
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(self.time_limits.stop, self.tracker.wait()).await.is_err() {
            tracing::warn!("stopped before everything had ended");
        }
    }
}

/// Binds what a key of `[web]` names, if it names something.
async fn bound(key: &str, at: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    let Some(at) = at else { return Ok(None) };
    crate::web::bind(key, at).await.map(Some).map_err(StartError::Other)
}

/// Runs a gateway until SIGINT or SIGTERM.
///
/// # Errors
///
/// See [`StartError`].
pub fn run(config: &Config) -> Result<(), StartError> {
    let other = |error: &dyn std::fmt::Display| StartError::Other(error.to_string());
    crate::telemetry::start_logging(config.log).map_err(|error| other(&error))?;
    for line in config.exposed_secrets() {
        tracing::warn!("{line}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| other(&error))?;
    runtime.block_on(async {
        let stopped = stop_signal().map_err(|error| other(&error))?;
        tokio::pin!(stopped);
        // An upgrade may take its time; where a stop comes between two of its pieces, the next start goes on there.
        let gateway = tokio::select! {
            gateway = Gateway::start(config, system_clock()) => gateway?,
            () = &mut stopped => return Ok(()),
        };
        tracing::info!("tubebell {} runs", env!("CARGO_PKG_VERSION"));
        if let Some(web) = gateway.web {
            tracing::info!("health and metrics on http://{web}");
        }
        if let Some(public) = gateway.public {
            tracing::info!("links in mails are served on http://{public}");
        }
        stopped.await;
        tracing::info!("stopping");
        gateway.stop().await;
        Ok(())
    })
}

/// Resolves at the first SIGINT or SIGTERM.
///
/// # Errors
///
/// When the handlers can't be installed.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// A renderer that knows how the readers of mails end them.
pub(crate) fn with_mail_foot(renderer: Renderer, config: &Config, has_links: bool) -> Renderer {
    let contact = config.email.as_ref().and_then(|email| email.contact.as_deref());
    renderer.with_mail_foot(has_links, contact)
}

fn renderer(folder: &Path) -> Result<Renderer, StartError> {
    let files = templates(folder).map_err(|error| StartError::Other(error.to_string()))?;
    Renderer::new(&files).map_err(|mistakes| {
        let folder = folder.display();
        StartError::Templates(
            mistakes.iter().map(|mistake| format!("{folder}/{mistake}")).collect(),
        )
    })
}

async fn youtube(options: &YouTubeOptions, store: &dyn Polling) -> Result<YouTube, StartError> {
    let state: QuotaState = store
        .load(crate::pipeline::QUOTA_KEY)
        .await?
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    YouTube::new(options, Timeouts::default(), state)
        .map_err(|error| StartError::Other(error.to_string()))
}

/// What holds where neither a watch nor its destination says otherwise.
pub(crate) fn defaults(config: &Config) -> Effective {
    Effective {
        at_most: config.defaults.at_most,
        quiet: None,
        tz: config.defaults.tz.clone(),
        until: None,
        digest: config.defaults.digest,
        pings_per_day: config.defaults.pings_per_day,
    }
}

/// Whether mails leave.
fn has_mailboxes(config: &Config) -> bool {
    Channel::of_mailboxes().is_some_and(|(channel, _)| config.is_on(channel))
}

fn control_options(
    config: &Config,
    defaults: Effective,
    links: Option<Arc<Links>>,
) -> ControlOptions {
    let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
    ControlOptions {
        actions: ActionOptions {
            preset: config.defaults.preset.clone(),
            list_preset: config.defaults.list_preset.clone(),
            defaults,
            watches_per_owner: count(config.limits.watches_per_owner),
            videos_per_owner: count(config.limits.videos_per_owner),
            looks_per_chat: Some(config.limits.looks_per_chat).filter(|looks| *looks > 0),
            members_per_subject: count(config.limits.members_per_subject),
        },
        access: config.access.mode,
        allow: config.access.allow.clone(),
        operator: config.operator.to.clone(),
        bot: String::new(),
        links,
    }
}

async fn sweep(store: Arc<dyn Housekeeping>, days: u32, clock: Clock, stop: CancellationToken) {
    let keep = Retention {
        statistics: Duration::from_secs(u64::from(days) * 86_400),
        alerts: ALERTS_KEPT,
    };
    while !stop.is_cancelled() {
        let wait = match store.sweep(keep, clock()).await {
            // A piece at a time, with room for others between.
            Ok(true) => Duration::from_millis(200),
            Ok(false) => SWEEP_EVERY,
            Err(error) => {
                tracing::error!(%error, "old rows could not be deleted");
                SWEEP_EVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
