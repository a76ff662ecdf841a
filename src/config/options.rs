//! What the keys mean: the typed options of each module, and how they are read.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::reader::Reader;
use super::values;
use crate::bus::{BusOptions, Detect, Format, KafkaOptions, ServiceOptions};
use crate::control::AccessMode;
use crate::files;
use crate::model::{Address, Channel, Schedule};
use crate::notify::discord::{self, DiscordOptions};
use crate::notify::email::{self, DkimOptions, EmailOptions};
use crate::notify::telegram::TelegramOptions;
use crate::notify::webhook::WebhookOptions;
use crate::source::YouTubeOptions;
use crate::telemetry::{LogFormat, LogOptions};

/// The whole configuration. What is `None` is off. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where numbers come from.
    pub youtube: Option<YouTubeOptions>,
    /// The Telegram bot.
    pub telegram: Option<TelegramOptions>,
    /// Discord: its webhooks, and a bot where there is a token.
    pub discord: Option<DiscordOptions>,
    /// E-mail.
    pub email: Option<EmailOptions>,
    /// Signed webhooks.
    pub webhook: Option<WebhookOptions>,
    /// The database.
    pub store: StoreOptions,
    /// How snapshots travel.
    pub bus: BusOptions,
    /// Health, metrics and pages.
    pub web: Option<WebOptions>,
    /// Who may talk to the bots.
    pub access: AccessOptions,
    /// What holds for a watch that says nothing else.
    pub defaults: DefaultOptions,
    /// Who runs this installation.
    pub operator: OperatorOptions,
    /// Bounds.
    pub limits: LimitOptions,
    /// What is logged.
    pub log: LogOptions,
    /// The files in which secrets stand: the configuration itself, where some do, and those that `*_file` names.
    pub secret_files: Vec<PathBuf>,
}

impl Config {
    /// What `run` cannot do without and this configuration does not have, one line each. The other commands work
    /// without.
    #[must_use]
    pub fn lacking_for_run(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.youtube.is_none() {
            lines.push(
                "there is no section [youtube]: without an API key there are no numbers; \
                 `tubebell init` writes a configuration that says where to get one"
                    .to_owned(),
            );
        }
        let channels = || Channel::ALL.iter().filter(|channel| !channel.traits().is_for_tests);
        if !channels().any(|channel| self.is_on(*channel)) {
            let mut sections: Vec<String> =
                channels().map(|channel| format!("[{}]", Config::section(*channel))).collect();
            sections.dedup();
            lines.push(format!(
                "there is neither {}: nobody could be told; add one of them",
                sections.join(" nor ")
            ));
        }
        lines
    }

    /// What a configuration in which a channel is off does not have.
    #[must_use]
    pub const fn switch(channel: Channel) -> &'static str {
        match channel {
            Channel::Telegram => "section [telegram]",
            Channel::Discord => "discord.token",
            Channel::DiscordWebhook => "section [discord]",
            Channel::Email => "section [email]",
            Channel::Webhook => "section [webhook]",
            Channel::Recorder => "section [recorder]",
        }
    }

    /// The section that a channel is set up in.
    const fn section(channel: Channel) -> &'static str {
        match channel {
            Channel::Discord | Channel::DiscordWebhook => "discord",
            Channel::Telegram | Channel::Email | Channel::Webhook | Channel::Recorder => {
                channel.name()
            }
        }
    }

    /// Whether a channel's section switches it on.
    #[must_use]
    pub const fn is_on(&self, channel: Channel) -> bool {
        match channel {
            Channel::Telegram => self.telegram.is_some(),
            Channel::Email => self.email.is_some(),
            Channel::Webhook => self.webhook.is_some(),
            Channel::Discord => {
                matches!(&self.discord, Some(DiscordOptions { token: Some(_), .. }))
            }
            Channel::DiscordWebhook => self.discord.is_some(),
            // It has no section, and refuses nothing.
            Channel::Recorder => true,
        }
    }

    /// The URL in front of the links in mails; `None`: no page is behind them.
    #[must_use]
    pub fn links_base(&self) -> Option<&str> {
        let web = self.web.as_ref().filter(|web| web.public_listen.is_some());
        web.and_then(|web| web.public_url.as_deref())
    }

    /// The files of secrets that others on this machine may read or change, one line each.
    #[must_use]
    pub fn exposed_secrets(&self) -> Vec<String> {
        let line = |path: &PathBuf| {
            let mode = files::mode_for_others(path)?;
            let path = path.display();
            Some(format!(
                "{path}: holds secrets that others on this machine may read or change (mode {mode:o}): chmod 600 {path}, \
                 owned by the user that runs tubebell"
            ))
        };
        self.secret_files.iter().filter_map(line).collect()
    }
}

/// `[store]`
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The file of the database.
    pub path: PathBuf,
}

/// `[web]`
#[derive(Debug, Clone)]
pub struct WebOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Names under which its pages are read, beside IP addresses and names without a dot.
    pub hosts: Vec<String>,
    /// Where strangers are served, if anywhere.
    pub public_listen: Option<SocketAddr>,
    /// How people reach what is served there, without `/` at the end.
    pub public_url: Option<String>,
    /// Opens what only the operator may do. Has no effect yet.
    pub admin_token: Option<SecretString>,
}

/// `[access]`
#[derive(Debug, Clone)]
pub struct AccessOptions {
    /// Who may talk to the bots.
    pub mode: AccessMode,
    /// The list: chats only.
    pub allow: Vec<Address>,
}

/// `[defaults]`
#[derive(Debug, Clone)]
pub struct DefaultOptions {
    /// The name of the preset for a watch of a video without rule.
    pub preset: String,
    /// The name of the preset for a watch of a channel or playlist without rule.
    pub list_preset: String,
    /// At most one message per this and watch; zero: no limit.
    pub at_most: Duration,
    /// When what is collected is told; `None`: it is told as it happens.
    pub digest: Option<Schedule>,
    /// At most this many messages a day and destination; `None`: no limit.
    pub pings_per_day: Option<u32>,
    /// A name of the tz database, known to exist.
    pub tz: String,
    /// The folder of templates that replace built-in ones; it need not exist.
    pub templates: PathBuf,
}

/// `[operator]`
#[derive(Clone)]
pub struct OperatorOptions {
    /// Who is told when something needs a hand.
    pub to: Vec<Address>,
    /// Fetched while polling works. Who knows it can keep the switch quiet, so it is a secret.
    pub heartbeat_url: Option<SecretString>,
}

impl fmt::Debug for OperatorOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to: Vec<String> = self.to.iter().map(Address::masked).collect();
        f.debug_struct("OperatorOptions")
            .field("to", &to)
            .field("heartbeat_url", &self.heartbeat_url)
            .finish()
    }
}

/// `[limits]`
#[derive(Debug, Clone)]
pub struct LimitOptions {
    /// Watches of one person.
    pub watches_per_owner: u32,
    /// Videos of all watches of one person.
    pub videos_per_owner: u32,
    /// Looks at YouTube that one chat may have on a day; 0: any number.
    pub looks_per_chat: u32,
    /// Videos of one channel or playlist.
    pub members_per_subject: u32,
    /// Days for which statistics are kept.
    pub retention_days: u32,
    /// An alert later than this comes silently.
    pub max_age: Duration,
    /// How long a message is tried.
    pub give_up: Duration,
}

const PRESETS: [(&str, &str); 3] =
    [("all", "all"), ("milestones", "milestones"), ("quiet", "quiet")];
const LIST_PRESETS: [(&str, &str); 4] =
    [("all", "all"), ("milestones", "milestones"), ("quiet", "quiet"), ("uploads", "uploads")];
const MODES: [(&str, AccessMode); 3] = [
    ("invite", AccessMode::Invite),
    ("open", AccessMode::Open),
    ("allowlist", AccessMode::Allowlist),
];
/// Whether it is Kafka.
const BUS_MODES: [(&str, bool); 2] = [("embedded", false), ("kafka", true)];
/// Whether it is Avro.
const RECORD_FORMATS: [(&str, bool); 2] = [("avro", true), ("json", false)];
/// Whether it is ksqlDB.
const DETECTORS: [(&str, bool); 2] = [("ksqldb", true), ("builtin", false)];
const LEVELS: [(&str, tracing::Level); 5] = [
    ("error", tracing::Level::ERROR),
    ("warn", tracing::Level::WARN),
    ("info", tracing::Level::INFO),
    ("debug", tracing::Level::DEBUG),
    ("trace", tracing::Level::TRACE),
];
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Anything shorter would ask again before the last answer is there.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// Reads everything. The result means nothing when the reader found mistakes.
pub(super) fn read(reader: &mut Reader) -> Config {
    let mut config = Config {
        youtube: reader.on("youtube").then(|| youtube(reader)),
        telegram: reader.on("telegram").then(|| telegram(reader)),
        discord: reader.on("discord").then(|| discord(reader)),
        email: reader.on("email").then(|| email(reader)),
        webhook: reader.on("webhook").then(|| webhook(reader)),
        store: StoreOptions { path: reader.value("store.url", values::sqlite) },
        bus: bus(reader),
        web: reader.on("web").then(|| web(reader)),
        access: access(reader),
        defaults: DefaultOptions {
            preset: reader.value("defaults.preset", values::one_of(&PRESETS)).to_owned(),
            list_preset: reader
                .value("defaults.list_preset", values::one_of(&LIST_PRESETS))
                .to_owned(),
            at_most: reader.value("defaults.at_most", values::at_most),
            digest: reader.value("defaults.digest", values::digest),
            pings_per_day: reader.value("defaults.pings_per_day", values::pings_per_day),
            tz: reader.value("defaults.tz", values::zone),
            templates: templates(reader),
        },
        operator: OperatorOptions {
            to: reader.value("operator.to", values::addresses),
            heartbeat_url: reader.optional_secret("operator.heartbeat_url", values::whole_url),
        },
        limits: limits(reader),
        log: LogOptions {
            level: reader.value("log.level", values::one_of(&LEVELS)),
            format: reader.value("log.format", values::one_of(&FORMATS)),
        },
        secret_files: Vec::new(),
    };
    config.secret_files = reader.secret_files();
    across(&config, reader);
    config
}

/// Reads `defaults.templates`.
pub(super) fn templates(reader: &mut Reader) -> PathBuf {
    reader.value("defaults.templates", values::path)
}

fn youtube(reader: &mut Reader) -> YouTubeOptions {
    let interval = values::duration(SHORTEST_INTERVAL);
    let youtube = YouTubeOptions {
        api_key: reader.secret(
            "youtube.api_key",
            values::not_empty,
            "in the Google Cloud console, enable \"YouTube Data API v3\" and create an API key",
        ),
        base_url: reader.value("youtube.base_url", values::base_url),
        feed_url: reader.value("youtube.feed_url", values::base_url),
        daily_units: reader.value("youtube.daily_units", values::number(1)),
        min_interval: reader.value("youtube.min_interval", &interval),
        max_interval: reader.value("youtube.max_interval", &interval),
    };
    if youtube.min_interval > youtube.max_interval {
        reader.mistake(
            "youtube.min_interval",
            &["youtube.max_interval"],
            "is longer than max_interval",
        );
    }
    youtube
}

fn telegram(reader: &mut Reader) -> TelegramOptions {
    TelegramOptions {
        token: reader.secret(
            "telegram.token",
            values::bot_token,
            "write /newbot to @BotFather in Telegram, it answers with the token",
        ),
        api_url: reader.value("telegram.api_url", values::base_url),
        rate_per_s: f64::from(reader.value("telegram.rate_per_s", values::number(0))),
        chat_rate_per_s: f64::from(reader.value("telegram.chat_rate_per_s", values::number(0))),
        group_rate_per_min: f64::from(
            reader.value("telegram.group_rate_per_min", values::number(0)),
        ),
    }
}

fn discord(reader: &mut Reader) -> DiscordOptions {
    DiscordOptions {
        token: reader.optional_secret("discord.token", values::discord_token),
        api_url: reader.value("discord.api_url", values::base_url),
        rate_per_s: f64::from(reader.value("discord.rate_per_s", values::number(0))),
    }
}

fn email(reader: &mut Reader) -> EmailOptions {
    let url = reader.secret("email.smtp_url", email::check_url, email::URL_FROM);
    let from = reader.needed("email.from", values::mailbox, "write whom mails are from");
    EmailOptions {
        server: url.expose_secret().parse().unwrap_or_default(),
        from: from.unwrap_or_default(),
        rate_per_min: f64::from(reader.value("email.rate_per_min", values::number(0))),
        contact: reader.optional("email.contact", values::line),
        dkim: dkim(reader),
    }
}

/// The signature, of which all parts are given or none.
fn dkim(reader: &mut Reader) -> Option<DkimOptions> {
    const PARTS: [(&str, [&str; 2]); 3] = [
        ("dkim_domain", ["email.dkim_domain", ""]),
        ("dkim_selector", ["email.dkim_selector", ""]),
        ("dkim_key", ["email.dkim_key", "email.dkim_key_file"]),
    ];
    let given = |reader: &Reader, paths: &[&'static str; 2]| {
        paths.iter().copied().find(|path| reader.is_given(path))
    };
    let lacking: Vec<&str> = PARTS
        .iter()
        .filter(|(_, paths)| given(reader, paths).is_none())
        .map(|(name, _)| *name)
        .collect();
    let first = PARTS.iter().find_map(|(_, paths)| given(reader, paths))?;
    if !lacking.is_empty() {
        let message = format!("signs nothing without {}", lacking.join(" and "));
        reader.mistake(first, &[], &message);
    }
    Some(DkimOptions {
        domain: reader.optional("email.dkim_domain", values::domain)?,
        selector: reader.optional("email.dkim_selector", values::domain)?,
        key: reader.optional_secret_of_lines("email.dkim_key", email::check_dkim_key)?,
    })
}

fn webhook(reader: &mut Reader) -> WebhookOptions {
    let mut secrets =
        reader.optional("webhook.secrets", values::secrets(false)).unwrap_or_default();
    let in_files =
        reader.optional("webhook.secrets_file", values::secrets(true)).unwrap_or_default();
    reader.note_secrets("webhook.secrets");
    reader.note_secrets("webhook.secrets_file");
    for (url, secret) in in_files.0 {
        if secrets.0.insert(url, secret).is_some() {
            let message = "a URL stands in webhook.secrets too: keep one";
            reader.mistake("webhook.secrets_file", &[], message);
        }
    }
    WebhookOptions {
        secret: reader.secret(
            "webhook.secret",
            values::webhook_secret,
            values::WEBHOOK_SECRET_FROM,
        ),
        allow_private: reader.value("webhook.allow_private", values::switch),
        secrets: secrets.0,
    }
}

fn web(reader: &mut Reader) -> WebOptions {
    WebOptions {
        listen: reader.value("web.listen", values::listen),
        hosts: reader.value("web.hosts", values::host_names),
        public_listen: reader.optional("web.public_listen", values::listen),
        public_url: reader.optional("web.public_url", values::base_url),
        admin_token: reader.optional_secret("web.admin_token", values::not_empty),
    }
}

fn access(reader: &mut Reader) -> AccessOptions {
    let mode = reader.value("access.mode", values::one_of(&MODES));
    let allow = reader.optional("access.allow", values::chats);
    let is_mistaken = allow.is_none() && reader.is_given("access.allow");
    let allow = allow.unwrap_or_default();
    if mode == AccessMode::Allowlist && allow.is_empty() && !is_mistaken {
        reader.mistake("access.allow", &["access.mode"], "is empty: nobody could talk to the bots");
    }
    AccessOptions { mode, allow }
}

fn limits(reader: &mut Reader) -> LimitOptions {
    let duration = values::duration(Duration::from_secs(1));
    LimitOptions {
        watches_per_owner: reader.value("limits.watches_per_owner", values::number(1)),
        videos_per_owner: reader.value("limits.videos_per_owner", values::number(1)),
        looks_per_chat: reader.value("limits.looks_per_chat", values::number(0)),
        members_per_subject: reader.value("limits.members_per_subject", values::number(1)),
        retention_days: reader.value("limits.retention_days", values::number(1)),
        max_age: reader.value("limits.max_age", &duration),
        give_up: reader.value("limits.give_up", &duration),
    }
}

fn bus(reader: &mut Reader) -> BusOptions {
    if !reader.value("bus.mode", values::one_of(&BUS_MODES)) {
        return BusOptions::Embedded;
    }
    if cfg!(not(feature = "kafka")) {
        let message =
            "this program was built without Kafka (cargo feature \"kafka\"): write \"embedded\"";
        reader.mistake("bus.mode", &[], message);
        return BusOptions::Embedded;
    }
    if !reader.on("kafka") {
        let message =
            "needs a section [kafka] that says where brokers are found: bootstrap_servers";
        reader.mistake("bus.mode", &[], message);
    }
    BusOptions::Kafka(Box::new(kafka(reader)))
}

fn kafka(reader: &mut Reader) -> KafkaOptions {
    let mut properties =
        reader.optional("kafka.properties", values::properties(false)).unwrap_or_default();
    let in_files =
        reader.optional("kafka.properties_file", values::properties(true)).unwrap_or_default();
    reader.note_secrets("kafka.properties");
    reader.note_secrets("kafka.properties_file");
    for (name, value) in in_files.0 {
        let message = format!("{name} stands in kafka.properties too: keep one");
        if properties.0.insert(name, value).is_some() {
            reader.mistake("kafka.properties_file", &[], &message);
        }
    }
    let servers = reader.needed(
        "kafka.bootstrap_servers",
        values::bootstrap_servers,
        "write where brokers are found, as in localhost:9092",
    );
    KafkaOptions {
        bootstrap_servers: servers.unwrap_or_default(),
        topic_prefix: reader.value("kafka.topic_prefix", values::topic_prefix),
        partitions: reader.value("kafka.partitions", values::number(1)),
        properties,
        format: if reader.value("kafka.format", values::one_of(&RECORD_FORMATS)) {
            let url = reader.needed(
                "kafka.schema_registry_url",
                values::base_url,
                "write where the Schema Registry is, or format = \"json\"",
            );
            Format::Avro(ServiceOptions {
                url: url.unwrap_or_default(),
                user: reader.optional("kafka.schema_registry_user", values::line),
                password: reader
                    .optional_secret("kafka.schema_registry_password", values::not_empty),
            })
        } else {
            Format::Json
        },
        has_admin: true,
        detect: if reader.value("kafka.detect", values::one_of(&DETECTORS)) {
            if reader.on("kafka") && !reader.on("ksqldb") {
                let message = "\"ksqldb\" needs a section [ksqldb] with its url; without ksqlDB, write \"builtin\"";
                reader.mistake("kafka.detect", &["kafka.bootstrap_servers", "bus.mode"], message);
            }
            let url = reader.needed(
                "ksqldb.url",
                values::base_url,
                "write where ksqlDB is, or detect = \"builtin\" in [kafka]",
            );
            Detect::Ksqldb(ServiceOptions {
                url: url.unwrap_or_default(),
                user: reader.optional("ksqldb.user", values::line),
                password: reader.optional_secret("ksqldb.password", values::not_empty),
            })
        } else {
            Detect::Builtin
        },
    }
}

/// What only shows when keys are seen together.
fn across(config: &Config, reader: &mut Reader) {
    if let Some(WebOptions { public_listen: Some(_), public_url: None, .. }) = config.web
        && !reader.is_given("web.public_url")
    {
        let message = "serves the links in mails, which begin with public_url: say which";
        reader.mistake("web.public_listen", &[], message);
    }
    let off =
        config.operator.to.iter().map(Address::channel).find(|channel| !config.is_on(*channel));
    if let Some(channel) = off {
        let lacks = Config::switch(channel);
        let message = format!("names a {channel} destination, but there is no {lacks}");
        reader.mistake("operator.to", &[], &message);
    }
    let Some(discord) = &config.discord else { return };
    let elsewhere = config.operator.to.iter().find_map(|address| match address {
        Address::DiscordWebhook(hook) => {
            let line = discord::check_hook(hook, &discord.api_url).err()?;
            Some(format!("{}: {line}", address.masked()))
        }
        _ => None,
    });
    if let Some(message) = elsewhere {
        reader.mistake("operator.to", &[], &message);
    }
}
