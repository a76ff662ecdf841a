//! What one watch of the file means, or what is wrong with it. Pure: `now` and the configuration are in [`Terms`].

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::{Cell, Column, Mistake, Quoted, Row, until};
use crate::config::Config;
use crate::http::check_url;
use crate::model::{
    Address, AddressError, Channel, Condition, Event, Rule, Settings, SettingsError, SubjectRef,
    UnixMillis, excerpt,
};
use crate::notify::discord::check_hook;
use crate::route::language;

/// What the configuration says about watches.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The channels that are on.
    pub channels: Vec<Channel>,
    /// Whether endpoints may be in private networks.
    pub allow_private: bool,
    /// Where Discord is.
    pub discord_url: String,
    /// The rules of a watch of a video that names none.
    pub preset: Vec<Rule>,
    /// The same of a channel or playlist.
    pub list_preset: Vec<Rule>,
    /// The time zone of a watch that names none.
    pub zone: TimeZone,
    /// What has ended before is a mistake.
    pub now: UnixMillis,
}

impl Terms {
    /// Takes what matters out of the configuration, which has been checked.
    #[must_use]
    pub fn new(config: &Config, now: UnixMillis) -> Terms {
        let discord = config.discord.as_ref();
        Terms {
            channels: Channel::ALL.into_iter().filter(|channel| config.is_on(*channel)).collect(),
            allow_private: config.webhook.as_ref().is_some_and(|webhook| webhook.allow_private),
            discord_url: discord.map_or_else(String::new, |discord| discord.api_url.clone()),
            preset: language::preset(&config.defaults.preset).unwrap_or_default(),
            list_preset: language::preset(&config.defaults.list_preset).unwrap_or_default(),
            zone: TimeZone::get(&config.defaults.tz).unwrap_or(TimeZone::UTC),
            now,
        }
    }
}

/// One watch of the file, for every destination that it names.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Where it begins.
    pub line: u64,
    /// What is watched.
    pub subject: SubjectRef,
    /// Whom to tell, at least one, each once.
    pub to: Vec<Address>,
    /// At least one, each once.
    pub rules: Vec<Rule>,
    /// What it has set.
    pub settings: Settings,
}

impl Watch {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(row: &Row, terms: &Terms) -> Result<Watch, Vec<Mistake>> {
        let mut reader = Reader { row, terms, mistakes: row.mistakes.clone() };
        if row.cells.is_empty() && !row.mistakes.is_empty() {
            return Err(reader.mistakes);
        }
        let subject = reader.subject();
        let to = reader.destinations();
        let rules = reader.rules(subject.as_ref());
        let settings = reader.settings();
        match subject {
            Some(subject) if reader.mistakes.is_empty() => {
                Ok(Watch { line: row.line, subject, to, rules, settings })
            }
            _ => {
                reader.mistakes.sort_by_key(|mistake| mistake.line);
                Err(reader.mistakes)
            }
        }
    }
}

struct Reader<'a> {
    row: &'a Row,
    terms: &'a Terms,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, line: u64, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(line, message));
    }

    /// Reads a cell that may be absent; what is wrong is told under the column's name.
    fn cell<T>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&str) -> Result<T, SettingsError>,
    ) -> Option<T> {
        let cell = self.row.one(column)?;
        match parse(&cell.text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(
                    cell.line,
                    format!(
                        "{}: {}",
                        column.name(),
                        crate::cli::terminal::plain(&error.to_string())
                    ),
                );
                None
            }
        }
    }

    fn subject(&mut self) -> Option<SubjectRef> {
        let named: Vec<(Column, &Cell)> = [Column::Video, Column::Channel, Column::Playlist]
            .into_iter()
            .filter_map(|column| Some((column, self.row.one(column)?)))
            .collect();
        match named.as_slice() {
            [] => {
                self.wrong(self.row.line, "names no video, channel or playlist");
                None
            }
            [(column, cell)] => match subject(*column, &cell.text) {
                Ok(subject) => Some(subject),
                Err(message) => {
                    self.wrong(cell.line, format!("{}: {message}", column.name()));
                    None
                }
            },
            [(first, _), (second, _), ..] => {
                let (first, second) = (first.name(), second.name());
                self.wrong(self.row.line, format!("names a {first} and a {second}: make it two"));
                None
            }
        }
    }

    fn destinations(&mut self) -> Vec<Address> {
        let Some(cells) = self.row.list(Column::To) else {
            self.wrong(self.row.line, "names nobody to tell: to is missing");
            return Vec::new();
        };
        let mut to = Vec::new();
        let mut seen = HashSet::new();
        for cell in cells {
            match destination(&cell.text, self.terms) {
                Ok(address) if seen.insert(address.clone()) => to.push(address),
                Ok(address) => {
                    self.wrong(cell.line, format!("to: {} stands here twice", address.masked()));
                }
                Err(message) => self.wrong(cell.line, format!("to: {message}")),
            }
        }
        to
    }

    fn rules(&mut self, subject: Option<&SubjectRef>) -> Vec<Rule> {
        let Some(cells) = self.row.list(Column::Rules) else {
            return match subject {
                None | Some(SubjectRef::Video(_)) => self.terms.preset.clone(),
                Some(_) => self.terms.list_preset.clone(),
            };
        };
        let mut rules: Vec<Rule> = Vec::new();
        for cell in cells {
            match language::parse_set(&cell.text) {
                // Written twice, by a preset and by itself for example, it is one rule.
                Ok(set) => set.into_iter().for_each(|rule| rule.join(&mut rules)),
                Err(error) => {
                    self.wrong(cell.line, format!("rules: {}: {error}", Quoted(&cell.text)));
                }
            }
            if rules.len() > language::RULES_PER_SET_MAX {
                break; // Each is compared with all.
            }
        }
        let line = cells.first().map_or(self.row.line, |cell| cell.line);
        if rules.len() > language::RULES_PER_SET_MAX {
            let max = language::RULES_PER_SET_MAX;
            self.wrong(line, format!("rules: more than the {max} that a watch may have"));
        }
        let is_upload = |rule: &Rule| rule.condition == Condition::Event(Event::Upload);
        if matches!(subject, Some(SubjectRef::Video(_))) && rules.iter().any(is_upload) {
            self.wrong(line, "rules: upload rings for a channel or playlist, not for a video");
        }
        rules
    }

    fn settings(&mut self) -> Settings {
        let at_most = self.cell(Column::AtMost, Settings::read_at_most);
        let quiet = self.cell(Column::Quiet, str::parse);
        let zone = self.cell(Column::Tz, |name| {
            // jiff takes the empty name for UTC; here it is more likely forgotten.
            let known = TimeZone::get(name).ok().filter(|_| !name.is_empty());
            let known = known.ok_or_else(|| SettingsError::Zone(excerpt(name).into_owned()))?;
            Ok((name.to_owned(), known))
        });
        let (tz, zone) = zone.unzip();
        let zone = zone.unwrap_or_else(|| self.terms.zone.clone());
        let until = self.cell(Column::Until, |text| until::parse(text, &zone));
        if let (Some(until), Some(cell)) = (until, self.row.one(Column::Until))
            && until <= self.terms.now
        {
            self.wrong(cell.line, format!("until: {} has passed", Quoted(&cell.text)));
        }
        Settings {
            at_most_s: at_most.map(|length| length.as_secs()),
            quiet,
            tz,
            until,
            digest: self.cell(Column::Digest, str::parse),
            pings_per_day: self.cell(Column::PingsPerDay, Settings::read_pings_per_day),
            mentions: Vec::new(),
        }
    }
}

/// Reads what is watched: an id or an address of YouTube, of the kind that the column says.
fn subject(column: Column, text: &str) -> Result<SubjectRef, String> {
    let read = SubjectRef::from_text(text);
    let is_meant = |subject: &SubjectRef| match subject {
        SubjectRef::Video(_) => column == Column::Video,
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => column == Column::Channel,
        SubjectRef::Playlist(_) => column == Column::Playlist,
    };
    match read {
        Ok(subject) if is_meant(&subject) => Ok(subject),
        Ok(subject) => {
            let kind = match subject {
                SubjectRef::Video(_) => Column::Video,
                SubjectRef::Channel(_) | SubjectRef::Handle(_) => Column::Channel,
                SubjectRef::Playlist(_) => Column::Playlist,
            };
            let kind = kind.name();
            Err(format!("{} is a {kind}: write it under {kind}", Quoted(text)))
        }
        // An id alone does not tell its kind in every case; here the column does.
        Err(error) => {
            format!("{}:{text}", column.name()).parse().map_err(|_| match column {
                // What is no address of any kind is told best by the form that is expected.
                Column::Playlist if !text.contains(['/', '.']) => {
                    format!("{}: {}", Quoted(text), crate::model::IdError::Playlist)
                }
                Column::Channel if !text.contains(['/', '.']) => {
                    format!(
                        "{} is none: write its @handle, its id (UC…) or its address",
                        Quoted(text)
                    )
                }
                _ => error.to_string(),
            })
        }
    }
}

/// Reads a destination, which has to be one that can be reached with this configuration.
fn destination(text: &str, terms: &Terms) -> Result<Address, String> {
    // As every value that a mistake repeats: short, and without what would rule a terminal.
    let repeated = |text: String| Quoted(&text).to_string().trim_matches('"').to_owned();
    let address = Address::written(text).map_err(|error| {
        let error = match error {
            AddressError::Kind(text) => AddressError::Kind(repeated(text)),
            AddressError::Telegram(text) => AddressError::Telegram(repeated(text)),
            AddressError::Discord(text) => AddressError::Discord(repeated(text)),
            AddressError::Email(text) => AddressError::Email(repeated(text)),
            error @ (AddressError::DiscordWebhook | AddressError::Webhook) => error,
        };
        error.to_string()
    })?;
    let (channel, shown) = (address.channel(), || address.masked());
    if !terms.channels.contains(&channel) {
        let shown = shown();
        let lacks = Config::switch(channel);
        return Err(format!("{shown} is off: there is no {lacks} in the configuration"));
    }
    let checked = match &address {
        Address::Webhook(url) => check_url(url, terms.allow_private).map(drop),
        Address::DiscordWebhook(hook) => check_hook(hook, &terms.discord_url),
        _ => Ok(()),
    };
    checked.map_err(|message| format!("{}: {message}", shown()))?;
    Ok(address)
}
