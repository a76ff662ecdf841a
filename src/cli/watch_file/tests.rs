//! Watch files, as they are read and written.

mod destinations;
mod export;
mod forms;
mod hostile;
mod twice;
mod watch;

use jiff::tz::TimeZone;

use super::check::Mistakes;
use super::*;
use crate::model::{Channel, UnixMillis};
use crate::route::language;

/// 2026-11-20T20:00:00Z
const NOW: UnixMillis = UnixMillis(1_795_204_800_000);

fn terms() -> Terms {
    Terms {
        channels: Channel::ALL.to_vec(),
        allow_private: false,
        discord_url: "https://discord.com".to_owned(),
        preset: language::preset("quiet").unwrap(),
        list_preset: language::preset("uploads").unwrap(),
        zone: TimeZone::get("Europe/Madrid").unwrap(),
        now: NOW,
    }
}

fn read(form: Form, text: &[u8], terms: &Terms) -> Result<Vec<Watch>, Vec<String>> {
    match checked(Checker::new(terms), form, text) {
        Ok(_) => Ok(rows(form, text).flat_map(|row| Watch::read(&row.unwrap(), terms)).collect()),
        Err(mistakes) => {
            Err(mistakes.shown.into_iter().map(|m| format!("{}: {}", m.line, m.message)).collect())
        }
    }
}

/// Looks at a file for as often as the checker asks for.
fn checked(mut checker: Checker<'_>, form: Form, text: &[u8]) -> Result<usize, Mistakes> {
    loop {
        rows(form, text).for_each(|row| checker.look(&row.unwrap()));
        if !checker.goes_on() {
            return checker.finish();
        }
    }
}

#[track_caller]
fn refused(form: Form, text: &str, expected: &[&str]) {
    assert_eq!(read(form, text.as_bytes(), &terms()).unwrap_err(), expected, "{text}");
}

#[track_caller]
fn refused_watch(body: &str, expected: &[&str]) {
    refused(Form::Toml, &format!("[[watch]]\n{body}\n"), expected);
}

/// What the rows mean, in words.
fn words(watch: &Watch) -> String {
    let rules: Vec<String> = watch.rules.iter().map(ToString::to_string).collect();
    let to: Vec<String> = watch.to.iter().map(ToString::to_string).collect();
    format!(
        "{} {} | {} | {} | {}",
        watch.line,
        watch.subject,
        rules.join("; "),
        to.join(" "),
        serde_json::to_string(&watch.settings).unwrap()
    )
}

const TOML: &str = r#"# The channel's own videos.
[[watch]]
video = "https://youtu.be/dQw4w9WgXcQ?si=x"
rules = ["views every 1000", "status"]
to = ["telegram:1234", "webhook:https://example.org/a;b"]
at_most = "15m"
quiet = "22:00-08:00"
tz = "America/New_York"
until = 2027-01-31

  [[watch]]  # a channel
channel = "@handle"
to = "telegram:-100/7"
until = "2027-01-31T18:00"

[[watch]]
playlist = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
rules = "upload"
to = ["telegram:1234"]
"#;
