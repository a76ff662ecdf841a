//! Running watches as a watch file in TOML.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use toml_writer::{ToTomlValue, TomlStringBuilder};

use super::{Column, until};
use crate::cli::shut::in_words;
use crate::cli::terminal::{is_plain, plain};
use crate::model::{Address, Settings, SubjectRef, UnixMillis};
use crate::render::numbers::Moment;
use crate::store::WatchRow;

/// Destinations of one `[[watch]]`: a bound on what is held back to be put together.
const TO_MAX: usize = 50;

/// Writes one `[[watch]]` after the other; neighbours that differ in their destination alone become one.
pub struct Printer<W> {
    out: W,
    now: UnixMillis,
    /// The zone of times in comments.
    tz: String,
    held: Option<Held>,
    written: usize,
}

struct Held {
    subject: SubjectRef,
    title: Option<String>,
    rules: Vec<String>,
    settings: Settings,
    to: Vec<Address>,
    /// Of those at which nothing arrives: why.
    shut: Vec<String>,
}

impl<W: Write> Printer<W> {
    /// Begins a file; `tz`: the zone of times in its comments.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn new(mut out: W, now: UnixMillis, tz: &str) -> io::Result<Self> {
        let at = Moment { at: now, tz: tz.to_owned() };
        writeln!(
            out,
            "# The watches of tubebell on {at}: `tubebell apply` reads this file, \
             `apply --dry-run` shows what it would change."
        )?;
        Ok(Printer { out, now, tz: tz.to_owned(), held: None, written: 0 })
    }

    /// Adds a watch. One that has ended or has no rule is left out: `apply` could not make it.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn add(&mut self, row: WatchRow) -> io::Result<()> {
        let ended = row.settings.until.is_some_and(|until| until <= self.now);
        if ended || row.rules.is_empty() {
            return Ok(());
        }
        self.written += 1;
        let shut = row.destination.shut().map(|shut| {
            format!("{} is {}", row.destination.address.masked(), in_words(&shut, &self.tz))
        });
        let address = row.destination.address;
        if let Some(held) = &mut self.held
            && (&held.subject, &held.rules, &held.settings)
                == (&row.subject, &row.rules, &row.settings)
            && held.to.len() < TO_MAX
        {
            held.to.push(address);
            held.shut.extend(shut);
            return Ok(());
        }
        self.write_held()?;
        self.held = Some(Held {
            subject: row.subject,
            title: row.title,
            rules: row.rules,
            settings: row.settings,
            to: vec![address],
            shut: shut.into_iter().collect(),
        });
        Ok(())
    }

    /// Ends the file; returns how many watches are in it.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<usize> {
        self.write_held()?;
        self.out.flush()?;
        Ok(self.written)
    }

    fn write_held(&mut self) -> io::Result<()> {
        match self.held.take() {
            Some(held) => self.out.write_all(held.text().as_bytes()),
            None => Ok(()),
        }
    }
}

impl Held {
    fn text(&self) -> String {
        let mut text = String::from("\n[[watch]]\n");
        if let Some(title) = &self.title {
            // A title may hold anything; a line break would end the comment.
            text.push_str(&format!("# {}\n", plain(title)));
        }
        for line in &self.shut {
            text.push_str(&format!("# {line}\n"));
        }
        let (column, id) = match &self.subject {
            SubjectRef::Video(id) => (Column::Video, id.to_string()),
            SubjectRef::Channel(id) => (Column::Channel, id.to_string()),
            SubjectRef::Handle(id) => (Column::Channel, id.to_string()),
            SubjectRef::Playlist(id) => (Column::Playlist, id.to_string()),
        };
        let mut set = |column: Column, value: String| {
            text.push_str(&format!("{} = {value}\n", column.name()));
        };
        set(column, quoted(&id));
        set(Column::Rules, list(&self.rules));
        set(Column::To, list(&self.to.iter().map(ToString::to_string).collect::<Vec<_>>()));
        let Settings { at_most_s: _, quiet, tz, until, digest, pings_per_day, mentions: _ } =
            &self.settings;
        if let Some(at_most) = self.settings.at_most() {
            set(Column::AtMost, quoted(&Settings::print_duration(at_most)));
        }
        if let Some(quiet) = quiet {
            set(Column::Quiet, quoted(&quiet.to_string()));
        }
        if let Some(tz) = tz {
            set(Column::Tz, quoted(tz));
        }
        if let Some(until) = until {
            let zone = tz.as_ref().and_then(|tz| TimeZone::get(tz).ok());
            set(Column::Until, quoted(&until::print(*until, zone.as_ref())));
        }
        if let Some(digest) = digest {
            set(Column::Digest, quoted(&digest.to_string()));
        }
        if let Some(pings) = pings_per_day {
            let printed = Settings::print_pings_per_day(*pings);
            set(Column::PingsPerDay, if *pings > 0 { printed } else { quoted(&printed) });
        }
        text
    }
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A basic string of TOML, which a terminal may show too.
fn quoted(text: &str) -> String {
    let string = TomlStringBuilder::new(text).as_basic().to_toml_value();
    let shown = |c| if is_plain(c) { String::from(c) } else { format!("\\u{:04X}", u32::from(c)) };
    string.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_on_one_line_and_drives_no_terminal() {
        for (text, shown) in [
            ("views every 1000", r#""views every 1000""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("é“日", "\"é“日\""),
            ("a\nb\u{1b}[31m\u{9b}\u{202e}", r#""a\nb\u001B[31m\u009B\u202E""#),
        ] {
            assert_eq!(quoted(text), shown);
            let read: toml::Table = format!("x = {shown}").parse().unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
        }
    }
}
