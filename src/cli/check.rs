//! `tubebell check`: everything that is wrong, one line each, before anything runs.
//!
//! First what needs no network: the configuration, the templates, the store and the plan of polling. Then, unless
//! `--offline`, YouTube is asked with the key (1 unit), Telegram and Discord are with their tokens, and the mail server is signed
//! in to; with Kafka, brokers, the Schema Registry and ksqlDB are asked what is there. A webhook is not called: its receiver
//! would take that for a message.

#[cfg(feature = "kafka")]
mod stream;

use std::io::Write;
use std::path::Path;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::preview;
use super::shut::in_words;
use super::terminal::{counted, plain};
use crate::app::system_clock;
use crate::config::{Config, DefaultOptions};
use crate::control::AccessMode;
use crate::model::{Address, Channel, DestinationId, Settings, UnixMillis};
use crate::notify::SendError;
use crate::notify::discord::{Discord, Refusals};
use crate::notify::email::Email;
use crate::notify::telegram::Telegram;
use crate::pipeline::Watched;
use crate::render::Renderer;
use crate::source::{Quota, QuotaState, Spender, Timeouts, YouTube, last_reset};
use crate::store::{Access, DestinationState, Housekeeping, Registry, Shared, Sqlite};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Asks nobody over the network
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let mut report = Report { out: stdout(), wrong: false, failed: false };
    let config = match context.try_config() {
        Ok(config) => config,
        Err(mistakes) => {
            for line in mistakes.0 {
                report.wrong(&line)?;
            }
            return report.finish();
        }
    };
    let place = context.config_file().map_or_else(
        || {
            let file = context.config_path().display();
            format!("environment and defaults alone; there is no {file} here (`tubebell init` writes one, --config names another)")
        },
        |path| path.display().to_string(),
    );
    match config.lacking_for_run() {
        lines if lines.is_empty() => report.ok(&format!("configuration: {place}"))?,
        lines => {
            for line in lines {
                report.wrong(&format!("configuration: {place}: {line}"))?;
            }
        }
    }
    for line in config.exposed_secrets() {
        report.note(&line)?;
    }
    if config.email.as_ref().is_some_and(|email| email.contact.is_none())
        && config.links_base().is_none()
    {
        report.note(
            "mails name no way to end them: set email.contact, or [web] public_listen and public_url",
        )?;
    }
    if config.limits.retention_days > RETENTION_DAYS_OF_THE_TERMS {
        report.note(&format!(
            "limits.retention_days = {}: the terms of YouTube's API allow {RETENTION_DAYS_OF_THE_TERMS}",
            config.limits.retention_days
        ))?;
    }
    templates(&config, &mut report)?;
    fewer_messages(&config, &mut report)?;
    block_on(async {
        let watched = store(context, &config, &mut report).await?;
        plan(&config, watched, context.now, &mut report)?;
        operator(&config, &mut report).await?;
        #[cfg(feature = "kafka")]
        let stream = stream::open(&config, &mut report)?;
        if args.offline {
            return Ok(());
        }
        #[cfg(feature = "kafka")]
        if let Some(stream) = stream {
            stream.ask(&mut report).await?;
        }
        youtube(&config, context.now, &mut report).await?;
        telegram(&config, &mut report).await?;
        discord(&config, &mut report).await?;
        email(&config, &mut report).await
    })?;
    report.finish()
}

/// Writes one line per thing that was looked at.
struct Report<W> {
    out: W,
    wrong: bool,
    failed: bool,
}

impl<W: Write> Report<W> {
    fn ok(&mut self, line: &str) -> Result<(), Fault> {
        Ok(writeln!(self.out, "ok      {line}")?)
    }

    /// Something to know: it is nobody's mistake here.
    fn note(&mut self, line: &str) -> Result<(), Fault> {
        Ok(writeln!(self.out, "note    {line}")?)
    }

    /// Something to change in the configuration or the templates.
    fn wrong(&mut self, line: &str) -> Result<(), Fault> {
        self.wrong = true;
        Ok(writeln!(self.out, "FAILED  {line}")?)
    }

    /// Something else that does not work.
    fn failed(&mut self, line: &str) -> Result<(), Fault> {
        self.failed = true;
        // What is seen at once matters here: the next line may take seconds.
        writeln!(self.out, "FAILED  {line}")?;
        Ok(self.out.flush()?)
    }

    fn finish(mut self) -> Result<(), Fault> {
        self.out.flush()?;
        match (self.wrong, self.failed) {
            (false, false) => Ok(()),
            (configuration, _) => Err(Fault::Told { configuration }),
        }
    }
}

fn templates<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let renderer = match preview::renderer(&config.defaults.templates) {
        Ok(renderer) => renderer,
        Err(lines) => {
            for line in lines {
                report.wrong(&format!("template {line}"))?;
            }
            return Ok(());
        }
    };
    let names = Renderer::names();
    for name in &names {
        if let Err(error) = renderer.preview(name) {
            return report.wrong(&format!("template {name}: {error}"));
        }
    }
    report.ok(&format!("templates: {} messages, each rendered with samples", names.len()))
}

/// What holds for whoever has set nothing about how much they are told, where that is not everything as it happens.
fn fewer_messages<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let DefaultOptions { at_most, digest, pings_per_day, tz, .. } = &config.defaults;
    let at_most = (!at_most.is_zero()).then(|| {
        format!("at most one message per {} and watch", Settings::print_duration(*at_most))
    });
    let digest = digest.map(|schedule| format!("told in a digest, {schedule} ({tz})"));
    let pings = pings_per_day.map(|pings| format!("at most {pings} messages a day"));
    let set: Vec<String> = [at_most, digest, pings].into_iter().flatten().collect();
    if set.is_empty() { Ok(()) } else { report.ok(&format!("defaults: {}", set.join("; "))) }
}

/// Days for which statistics may be kept.
/// Source: <https://developers.google.com/youtube/terms/developer-policies> (III.E.4, 2026-11).
const RETENTION_DAYS_OF_THE_TERMS: u32 = 30;

/// Destinations at which nothing arrives that are named one by one.
const SHUT_SHOWN: usize = 5;

async fn store<W: Write>(
    context: &Context,
    config: &Config,
    report: &mut Report<W>,
) -> Result<Watched, Fault> {
    let path = &config.store.path;
    let shown = path.display();
    if !path.exists() && !path.is_symlink() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if folder.is_dir() {
            report.ok(&format!("store: {shown} will be made at the first start"))?;
        } else {
            let folder = folder.display();
            report.failed(&format!("store: {shown}: make the folder {folder} first"))?;
        }
        return Ok(Watched::default());
    }
    let looked = async {
        let store = Sqlite::open(path, Access::Existing)?;
        let members_max = usize::try_from(config.limits.members_per_subject).unwrap_or(usize::MAX);
        let watched = Watched::count(&store, members_max).await?;
        let shut = store.destinations(true, DestinationId(0), SHUT_SHOWN + 1).await?;
        Ok::<_, crate::store::StoreError>((watched, store.figures(context.now).await?, shut))
    };
    match looked.await {
        Ok((watched, figures, shut)) => {
            let count = |count: u64, one: &str, many: &str| {
                counted(usize::try_from(count).unwrap_or(usize::MAX), one, many)
            };
            let watches = count(figures.watches, "watch", "watches");
            let dead = match figures.dead_letters {
                0 => String::new(),
                dead => {
                    let letters = count(dead, "dead letter", "dead letters");
                    format!(", {letters} (see `tubebell dead-letters list`)")
                }
            };
            report.ok(&format!("store: {shown}: {watches}{dead}"))?;
            for DestinationState { row, .. } in shut.iter().take(SHUT_SHOWN) {
                if let Some(shut) = row.shut() {
                    let state = in_words(&shut, &config.defaults.tz);
                    report.note(&format!("{} is {state}", row.address.masked()))?;
                }
            }
            if shut.len() > SHUT_SHOWN {
                report.note("… and more are off: see `tubebell destinations --off`")?;
            }
            Ok(watched)
        }
        Err(error) => {
            report.failed(&format!("store: {error:#}", error = anyhow::Error::from(error)))?;
            Ok(Watched::default())
        }
    }
}

/// Who is told when something needs a hand.
async fn operator<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let to: Vec<String> = config.operator.to.iter().map(Address::masked).collect();
    if !to.is_empty() {
        return report.ok(&format!("operator: {}", to.join(", ")));
    }
    let known = async {
        if !config.store.path.exists() {
            return Ok(None);
        }
        Sqlite::open(&config.store.path, Access::Existing)?.operator().await
    };
    let has_links =
        |channel: &Channel| config.is_on(*channel) && channel.traits().invitation_link.is_some();
    let has_link = config.access.mode != AccessMode::Open && Channel::ALL.iter().any(has_links);
    report.ok(&match (known.await, has_link) {
        (Ok(Some(address)), _) => format!("operator: {address}, who opened the first invitation"),
        (Ok(None), true) => {
            "operator: nobody yet; whoever opens the link that `run` prints at its first start"
                .to_owned()
        }
        (Ok(None), false) => {
            "operator: nobody is told when something needs a hand: operator.to is empty".to_owned()
        }
        // Why the database can't be read has been said.
        (Err(_), _) => return Ok(()),
    })
}

fn plan<W: Write>(
    config: &Config,
    watched: Watched,
    now: UnixMillis,
    report: &mut Report<W>,
) -> Result<(), Fault> {
    let Some(youtube) = &config.youtube else { return Ok(()) };
    // A whole day: what is left of today is the gateway's to know.
    let quota = Quota::new(youtube.daily_units, QuotaState::default());
    let plan = watched.plan(youtube.intervals(), quota, last_reset(now));
    report.ok(&format!("polling: {}", plan.message))
}

async fn youtube<W: Write>(
    config: &Config,
    now: UnixMillis,
    report: &mut Report<W>,
) -> Result<(), Fault> {
    let Some(youtube) = &config.youtube else { return Ok(()) };
    let asked = match YouTube::new(youtube, Timeouts::default(), QuotaState::default()) {
        Ok(client) => client.probe(Spender::People, now).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => report.ok(&format!("youtube: {} takes the key", youtube.base_url)),
        Err(error) => {
            report.failed(&format!("youtube: {error:#}", error = anyhow::Error::from(error)))
        }
    }
}

async fn telegram<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let Some(telegram) = &config.telegram else { return Ok(()) };
    let client = match Telegram::new(telegram) {
        Ok(client) => client,
        Err(error) => return report.wrong(&format!("telegram: {error}")),
    };
    match client.get_me().await {
        Ok(bot) => report.ok(&format!("telegram: the token is that of @{}", bot.username)),
        Err(error) => {
            let advice = advice(&error, "get the right one from @BotFather,", "telegram");
            report.failed(&format!("telegram: {advice} ({error})"))
        }
    }
}

async fn email<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let Some(options) = &config.email else { return Ok(()) };
    let client = match Email::new(options, None, system_clock()) {
        Ok(client) => client,
        Err(error) => return report.wrong(&format!("email: {error}")),
    };
    let server = &options.server.host;
    match client.introduce().await {
        Ok(()) => report.ok(&format!("email: {server} takes our mails")),
        Err(error @ SendError::Unauthorized(_)) => {
            report.failed(&format!("email: {server}: {error}; mend email.smtp_url"))
        }
        Err(error) => report.failed(&format!("email: {server}: {error}")),
    }
}

async fn discord<W: Write>(config: &Config, report: &mut Report<W>) -> Result<(), Fault> {
    let Some(discord) = &config.discord else { return Ok(()) };
    if discord.token.is_none() {
        return report.ok("discord: webhooks alone, as there is no token of a bot");
    }
    let client = match Discord::new(discord, &Refusals::default()) {
        Ok(client) => client,
        Err(error) => return report.wrong(&format!("discord: {error}")),
    };
    match client.get_me().await {
        Ok(bot) => {
            let name = plain(&bot.username);
            report.ok(&format!("discord: the token is that of {name} ({})", bot.id))
        }
        Err(error) => {
            let source = "reset it at https://discord.com/developers/applications, under Bot, and put the new one";
            let advice = advice(&error, source, "discord");
            report.failed(&format!("discord: {advice} ({error})"))
        }
    }
}

/// What to do about a failure of a service that was asked with a token; `source`: where a good one comes from.
fn advice(error: &SendError, source: &str, service: &str) -> String {
    match error {
        SendError::Unauthorized(_) => {
            format!("the token is refused: {source} into {service}.token")
        }
        SendError::Unreachable(_) | SendError::NoConnection(_) | SendError::Ambiguous(_) => {
            format!(
                "can't be reached: is there a network, a proxy (HTTPS_PROXY), and is {service}.api_url right?"
            )
        }
        SendError::Wait { .. }
        | SendError::Deferred { .. }
        | SendError::Held { .. }
        | SendError::Transient(_) => "is busy: try again in a minute".to_owned(),
        SendError::Rejected(_)
        | SendError::Policy(_)
        | SendError::Barred(_)
        | SendError::Gone(_)
        | SendError::Moved(_) => {
            format!("the answer makes no sense: is {service}.api_url right?")
        }
    }
}
