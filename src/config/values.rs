//! How the value of one key is read: a small function for each kind, whose error says what to write instead.
//!
//! Messages follow `section.key: `. They never repeat a secret, nor an address that may hold one.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::BASE64;
use secrecy::SecretString;

use super::text::{IN_QUOTES, bounded, holds_quotes, secret_of, text};
use super::toml::Raw;
use crate::bus::Properties;
use crate::model::{Address, Digest, Schedule, Settings, SettingsError, excerpt};
use crate::notify::email::Mailbox;

/// A whole number of at least `least`.
pub(super) fn number(least: u32) -> impl Fn(&Raw) -> Result<u32, String> {
    move |raw| match raw {
        Raw::Integer(Some(number)) if *number < i64::from(least) => {
            Err(format!("expected a whole number of at least {least}"))
        }
        Raw::Integer(number) => number
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| format!("expected a whole number of at most {}", u32::MAX)),
        Raw::Text(_) | Raw::Bool(_) | Raw::List(_) | Raw::Table(_) | Raw::Other(_) => {
            Err(format!("expected a whole number, not {}", raw.kind()))
        }
    }
}

/// `true` or `false`.
pub(super) fn switch(raw: &Raw) -> Result<bool, String> {
    match raw {
        Raw::Bool(value) => Ok(*value),
        Raw::Text(_) | Raw::Integer(_) | Raw::List(_) | Raw::Table(_) | Raw::Other(_) => {
            Err(format!("expected true or false, not {}", raw.kind()))
        }
    }
}

/// A duration of at least `least`.
pub(super) fn duration(least: Duration) -> impl Fn(&Raw) -> Result<Duration, String> {
    move |raw| {
        let duration = Settings::duration(text(raw)?).map_err(|error| error.to_string())?;
        if duration < least {
            return Err(format!("expected at least {}", Settings::print_duration(least)));
        }
        Ok(duration)
    }
}

/// A time between two messages; zero: none.
pub(super) fn at_most(raw: &Raw) -> Result<Duration, String> {
    Settings::read_at_most(text(raw)?).map_err(|error| error.to_string())
}

/// When digests come; none where it says `off`.
pub(super) fn digest(raw: &Raw) -> Result<Option<Schedule>, String> {
    let digest: Digest = text(raw)?.parse().map_err(|error: SettingsError| error.to_string())?;
    Ok(digest.schedule())
}

/// How many messages a day there may be, as a number or as text; none where it says `off`.
pub(super) fn pings_per_day(raw: &Raw) -> Result<Option<u32>, String> {
    let pings = match raw {
        Raw::Integer(Some(number)) => Settings::read_pings_per_day(&number.to_string()),
        _ => Settings::read_pings_per_day(text(raw)?),
    };
    Ok(Some(pings.map_err(|error| error.to_string())?).filter(|pings| *pings > 0))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&Raw) -> Result<T, String> {
    move |raw| {
        let given = text(raw)?;
        words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value).ok_or_else(|| {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("\"{}\" is not known: write {}", excerpt(given), all.join(" or "))
        })
    }
}

/// A name of the tz database.
pub(super) fn zone(raw: &Raw) -> Result<String, String> {
    let name = text(raw)?;
    // The empty name would be UTC for jiff; here it is more likely a variable that was not set.
    match jiff::tz::TimeZone::get(name) {
        Ok(_) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(format!(
            "`{}` is no time zone: write one of the tz database, as in Europe/Madrid",
            excerpt(name)
        )),
    }
}

/// A path.
pub(super) fn path(raw: &Raw) -> Result<PathBuf, String> {
    match text(raw)? {
        "" => Err("is empty: write a path".to_owned()),
        path if path.contains('\0') => Err("holds a NUL: write a path".to_owned()),
        path => bounded(path).map(PathBuf::from),
    }
}

/// The path in `sqlite://<path>`.
pub(super) fn sqlite(raw: &Raw) -> Result<PathBuf, String> {
    let url = text(raw)?;
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err("this version has no PostgreSQL: write sqlite://<path>".to_owned());
    }
    match url.strip_prefix("sqlite://") {
        Some(":memory:") => {
            Err("a store in memory would lose alerts: write sqlite://<path>".to_owned())
        }
        Some(path) if !path.is_empty() && !path.contains(['?', '#', '\0']) => {
            bounded(path).map(PathBuf::from)
        }
        _ => Err("expected sqlite://<path>, as in sqlite://tubebell.db".to_owned()),
    }
}

/// The address of a listening socket.
pub(super) fn listen(raw: &Raw) -> Result<SocketAddr, String> {
    text(raw)?.parse().map_err(|_| {
        "expected an IP address and a port, as in 127.0.0.1:8080 or [::]:8080".to_owned()
    })
}

/// A list of names of hosts.
pub(super) fn host_names(raw: &Raw) -> Result<Vec<String>, String> {
    let example = "[\"status.example.org\"]";
    let Raw::List(items) = raw else {
        return Err(format!("expected a list, as in {example}, not {}", raw.kind()));
    };
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        name.chars().all(fits) && name.chars().any(|c| c.is_ascii_alphanumeric())
    };
    items
        .iter()
        .map(|item| match text(item)? {
            name if is_name(name) => Ok(name.to_owned()),
            name => Err(format!(
                "`{name}` is no name of a host: write it without port and path, as in {example}"
            )),
        })
        .collect()
}

/// The part of a URL that paths are appended to; without `/` at its end.
pub(super) fn base_url(raw: &Raw) -> Result<String, String> {
    let text = text(raw)?;
    let url = http(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected a URL without ? and #".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Checks a URL that is fetched as it stands.
pub(super) fn whole_url(text: &str) -> Result<(), String> {
    http(text).map(|_| ())
}

/// Longest host: what DNS can know. Messages repeat hosts.
/// Source: RFC 1035, section 2.3.4.
const HOST_MAX_BYTES: usize = 255;

fn http(text: &str) -> Result<reqwest::Url, String> {
    let wrong = || "is no URL: write https://host or https://host/path".to_owned();
    let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
    let has_host = url.host_str().is_some_and(|host| host.len() <= HOST_MAX_BYTES);
    if !matches!(url.scheme(), "http" | "https") || !has_host {
        return Err(wrong());
    }
    // Clients put the URL into their errors; a password would be logged with it.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or password, which would show in logs: leave it out".to_owned()
        );
    }
    Ok(url)
}

/// A list of destinations.
pub(super) fn addresses(raw: &Raw) -> Result<Vec<Address>, String> {
    each_address(raw, Ok)
}

/// The same, where each address has to be one of some kind.
fn each_address(
    raw: &Raw,
    check: impl Fn(Address) -> Result<Address, String>,
) -> Result<Vec<Address>, String> {
    let Raw::List(items) = raw else {
        return Err(format!("expected a list, as in [\"telegram:1234\"], not {}", raw.kind()));
    };
    all_of(items.iter().enumerate().map(|(index, item)| {
        let text = text(item)?;
        // Where nothing of it is repeated, its place is named.
        let place = format!("entry {}", index + 1);
        let address = Address::written(text).map_err(|error| {
            let line = error.to_string();
            line.strip_prefix("this").map(|rest| format!("{place}{rest}")).unwrap_or(line)
        });
        address.and_then(&check)
    }))
}

/// All values, or all mistakes.
fn all_of<T>(read: impl Iterator<Item = Result<T, String>>) -> Result<Vec<T>, String> {
    let (mut values, mut mistakes) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(value) => values.push(value),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(values) } else { Err(mistakes.join("; ")) }
}

/// A list of chats that may talk to the bot.
pub(super) fn chats(raw: &Raw) -> Result<Vec<Address>, String> {
    each_address(raw, |address| {
        if !address.channel().traits().is_chat {
            let shown = address.masked();
            return Err(format!(
                "{shown} can't talk to a bot: write telegram:<chat id>, discord:<server id> or discord:@<user id>"
            ));
        }
        if address.is_thread() {
            return Err(format!(
                "{address} is a topic: write telegram:<chat id>, which lets in the whole chat"
            ));
        }
        Ok(address)
    })
}

/// Checks the shape of a bot's token; anything else would be asked for as a path that does not exist.
pub(super) fn bot_token(text: &str) -> Result<(), String> {
    let (id, rest) = text.split_once(':').unwrap_or_default();
    let word = |text: &str, ok: fn(u8) -> bool| !text.is_empty() && text.bytes().all(ok);
    let fine = word(id, |byte| byte.is_ascii_digit())
        && word(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fine {
        return Ok(());
    }
    Err("is no bot token: @BotFather gives one like 123456789:AA…, digits, a colon and letters"
        .to_owned())
}

/// Checks the shape of a token of Discord's. Source: <https://docs.discord.com/developers/reference#authentication> (2026-11).
pub(super) fn discord_token(text: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.bytes().all(fits)
    };
    if text.split('.').count() == 3 && text.split('.').all(is_part) {
        return Ok(());
    }
    Err("is no bot token: https://discord.com/developers/applications shows it once, under Bot, Reset Token: three parts \
         with points between"
        .to_owned())
}

/// Checks a secret of Standard Webhooks.
pub(super) fn webhook_secret(text: &str) -> Result<(), String> {
    let key = BASE64.decode(text.strip_prefix("whsec_").unwrap_or(text).as_bytes());
    match key {
        // Source: Standard Webhooks 1.0.0, "Signature scheme": between 24 and 64 bytes.
        Ok(key) if (24..=64).contains(&key.len()) => Ok(()),
        _ => Err(format!("is no webhook secret: {WEBHOOK_SECRET_FROM}")),
    }
}

/// How to get a secret for webhooks.
pub(super) const WEBHOOK_SECRET_FROM: &str =
    "write whsec_ and 24 to 64 random bytes in base64; `openssl rand -base64 32` prints some";

/// An address, with a name in front of it or without: `tubebell <bell@example.org>`.
pub(super) fn mailbox(raw: &Raw) -> Result<Mailbox, String> {
    text(raw)?.parse()
}

/// A name of DNS, or a part of one.
pub(super) fn domain(raw: &Raw) -> Result<String, String> {
    let text = text(raw)?;
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(fits)
    };
    if text.len() <= HOST_MAX_BYTES && text.split('.').all(is_label) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("expected a name of DNS, as in \"example.org\"".to_owned())
    }
}

/// Longest line that is told to others, in characters.
const LINE_MAX: usize = 200;

/// One line of text.
pub(super) fn line(raw: &Raw) -> Result<String, String> {
    let text = text(raw)?;
    if text.trim().is_empty() || text.contains(char::is_control) || text.chars().count() > LINE_MAX
    {
        return Err(format!("expected one line of at most {LINE_MAX} characters"));
    }
    Ok(text.trim().to_owned())
}

/// Takes any text but the empty one.
pub(super) fn not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("is empty: fill it in or take the line out".to_owned())
    } else {
        Ok(())
    }
}

/// Secrets by URL.
#[derive(Clone, Default)]
pub(super) struct SecretsByUrl(pub(super) BTreeMap<String, SecretString>);

impl fmt::Debug for SecretsByUrl {
    /// Only their number: a URL may be as good as a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// The table of secrets by URL, or, with `in_files`, of the files that hold them.
pub(super) fn secrets(in_files: bool) -> impl Fn(&Raw) -> Result<SecretsByUrl, String> {
    move |raw| {
        let Raw::Table(rows) = raw else {
            return Err(format!("expected lines \"https://…\" = \"…\", not {}", raw.kind()));
        };
        let mut all = BTreeMap::new();
        for (url, value) in rows {
            let host = http(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let host =
                host.ok_or("a line begins with no URL: write \"https://host/path\" = \"…\"")?;
            let at = |message: String| format!("for {host}: {message}");
            let value = text(value).map_err(at)?;
            let secret = if in_files { secret_of(value).map_err(at)? } else { value.to_owned() };
            if holds_quotes(&secret) {
                return Err(at(IN_QUOTES.to_owned()));
            }
            webhook_secret(&secret).map_err(at)?;
            all.insert(url.clone(), SecretString::from(secret));
        }
        Ok(SecretsByUrl(all))
    }
}

/// Properties of librdkafka that have a key of their own or that tubebell counts on, with the reason.
const NOT_YOURS: [(&str, &str); 9] = [
    ("bootstrap.servers", "write kafka.bootstrap_servers"),
    ("metadata.broker.list", "write kafka.bootstrap_servers"),
    ("enable.auto.commit", "positions are kept in the database"),
    ("enable.auto.offset.store", "positions are kept in the database"),
    ("auto.offset.reset", "positions are kept in the database"),
    ("isolation.level", "only what was committed counts"),
    ("enable.idempotence", "no record may be repeated or overtaken"),
    ("partitioner", "ksqlDB finds a key only where murmur2 puts it"),
    ("enable.partition.eof", "it has no use here"),
];

/// The table of properties for librdkafka, or, with `in_files`, of the files that hold their values.
pub(super) fn properties(in_files: bool) -> impl Fn(&Raw) -> Result<Properties, String> {
    move |raw| {
        let Raw::Table(rows) = raw else {
            return Err(format!("expected lines \"name\" = \"…\", not {}", raw.kind()));
        };
        let mut all = BTreeMap::new();
        for (name, value) in rows {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            if name.is_empty() || name.len() > HOST_MAX_BYTES || !name.chars().all(fits) {
                return Err("a line begins with no name of a property".to_owned());
            }
            if let Some((_, why)) = NOT_YOURS.iter().find(|(own, _)| own == name) {
                return Err(format!("{name} is set by tubebell: {why}"));
            }
            let at = |message: String| format!("{name}: {message}");
            let value = match value {
                Raw::Bool(value) if !in_files => value.to_string(),
                Raw::Integer(Some(value)) if !in_files => value.to_string(),
                value => text(value).map_err(at)?.to_owned(),
            };
            let value = if in_files { secret_of(&value).map_err(at)? } else { value };
            all.insert(name.clone(), SecretString::from(value));
        }
        Ok(Properties(all))
    }
}

/// Where brokers are found.
pub(super) fn bootstrap_servers(raw: &Raw) -> Result<String, String> {
    let servers = bounded(text(raw)?)?;
    let is_server = |server: &str| {
        let (host, port) = server.trim().rsplit_once(':').unwrap_or_default();
        !host.is_empty()
            && host.len() <= HOST_MAX_BYTES
            && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@,".contains(c))
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if servers.split(',').all(is_server) {
        Ok(servers.to_owned())
    } else {
        Err("expected host:port, several with commas, as in \"localhost:9092\"".to_owned())
    }
}

/// Longest name of a topic. Source: Kafka 4.1, `Topic.MAX_NAME_LENGTH`.
const TOPIC_MAX: usize = 249;

/// Longest name that follows a prefix.
const OWN_NAME_MAX: usize = 20;

/// What stands in front of the names of topics.
pub(super) fn topic_prefix(raw: &Raw) -> Result<String, String> {
    let prefix = text(raw)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if prefix.len() <= TOPIC_MAX - OWN_NAME_MAX && prefix.chars().all(fits) {
        Ok(prefix.to_owned())
    } else {
        Err("expected letters, digits, \"_\", \"-\" and \".\", as in \"test_\"".to_owned())
    }
}
