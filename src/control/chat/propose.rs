//! What somebody may mean while they type: what is watched, rules, times of digests, time zones.

use jiff::tz;

use crate::control::seams::PersonId;
use crate::model::{Address, Settings, UnixMillis, is_blank};
use crate::render::views::Link;
use crate::store::StoreError;

use super::access;
use super::incoming::{Along, Author};
use super::turn::Turn;
use super::words::{list_number, reference};
use super::{Control, place};
use crate::model::commands::{COMMANDS, OptionForm, OptionValue, Proposals};

/// Most proposals at a time. Source: <https://docs.discord.com/developers/interactions/application-commands#autocomplete> (2026-11).
const PROPOSED_MAX: usize = 25;

/// Longest name and value of a proposal, in characters. Source: as above.
const TEXT_MAX_CHARS: usize = 100;

/// Watches that are looked through for one letter that somebody types.
const LOOKED_AT_MAX: usize = 1_000;

/// Rules as proposed; each can be read.
const RULES: [&str; 16] = [
    "views every 1000",
    "views milestones",
    "views at 10k, 100k, 1M",
    "views +5% in 1h",
    "views any",
    "likes every 100",
    "likes milestones",
    "likes +5%",
    "comments any",
    "status",
    "title",
    "live",
    "upload",
    "milestones",
    "all",
    "quiet",
];

/// Times of digests as proposed; each can be read.
const DIGESTS: [&str; 6] =
    ["daily 09:00", "hourly", "every 6h", "weekly mon 09:00", "off", "default"];

/// Somebody types the value of an option.
#[derive(Debug, Clone)]
pub(crate) struct Typing {
    /// Where.
    pub(crate) destination: Address,
    /// A conversation with one person.
    pub(crate) private: bool,
    /// What the service tells along with it.
    pub(crate) along: Along,
    /// Who.
    pub(crate) person: PersonId,
    /// The command.
    pub(crate) word: String,
    /// The option.
    pub(crate) option: String,
    /// What is typed so far.
    pub(crate) typed: String,
}

/// Something that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// What is shown: plain text.
    pub(crate) name: String,
    /// What is chosen by it.
    pub(crate) value: String,
}

impl Control {
    /// What may be meant by what somebody is typing. Of what is here, strangers are proposed nothing; so is
    /// everybody while the store fails.
    pub(crate) async fn propose(&self, typing: &Typing, now: UnixMillis) -> Vec<Proposed> {
        let proposed = match proposals(&typing.word, &typing.option) {
            Proposals::Nothing => return Vec::new(),
            Proposals::Rules => rules(&typing.typed),
            Proposals::Digests => plain(DIGESTS.iter().copied(), &typing.typed),
            Proposals::Watched => self.watched_like(typing, now).await.unwrap_or_default(),
            Proposals::Zones => self.zones_like(typing, now).await.unwrap_or_default(),
            Proposals::Addresses => self.addresses_like(typing, now).await.unwrap_or_default(),
        };
        let fits = |text: &String| (1..=TEXT_MAX_CHARS).contains(&text.chars().count());
        let fits = |proposed: &Proposed| fits(&proposed.name) && fits(&proposed.value);
        proposed.into_iter().filter(fits).take(PROPOSED_MAX).collect()
    }

    /// The watches of the place that the command would be about, by their titles.
    async fn watched_like(
        &self,
        typing: &Typing,
        now: UnixMillis,
    ) -> Result<Vec<Proposed>, StoreError> {
        let about = self.about(typing).await?;
        if self.is_stranger(typing, &about, now).await {
            return Ok(Vec::new());
        }
        let typed = typing.typed.trim().to_lowercase();
        let wanted = list_number(&typed);
        let mut found = Vec::new();
        self.actions
            .each_watch(&about, |number, row| {
                let value = reference(&row.subject);
                let title = row.title.filter(|title| !is_blank(title));
                let title = title.unwrap_or_else(|| value.clone());
                let is_it = wanted == Some(number)
                    || title.to_lowercase().contains(&typed)
                    || value.to_lowercase().contains(&typed);
                if is_it {
                    let room = TEXT_MAX_CHARS - 10;
                    let title = Link { title, url: String::new() }.one_line(room);
                    found.push(Proposed { name: format!("{number}. {title}"), value });
                }
                found.len() < PROPOSED_MAX && number < LOOKED_AT_MAX
            })
            .await?;
        Ok(found)
    }

    /// Time zones with these letters; before the first one, that of the place and UTC.
    async fn zones_like(
        &self,
        typing: &Typing,
        now: UnixMillis,
    ) -> Result<Vec<Proposed>, StoreError> {
        let about = self.about(typing).await?;
        if self.is_stranger(typing, &about, now).await {
            return Ok(Vec::new());
        }
        let typed = typing.typed.trim().replace(' ', "_").to_lowercase();
        if typed.is_empty() {
            let row = self.store.destination(&about).await?;
            let settings = row.map(|row| row.settings).unwrap_or_default();
            let here = Settings::effective(
                &Settings::default(),
                &settings,
                &self.options.actions.defaults,
            );
            let mut zones = vec![here.tz, "UTC".to_owned()];
            zones.dedup();
            return Ok(plain(zones.iter().map(String::as_str), ""));
        }
        let names: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
        Ok(plain(names.iter().map(String::as_str), &typed))
    }

    /// The other addresses of whoever types, in private: others read along elsewhere.
    async fn addresses_like(
        &self,
        typing: &Typing,
        now: UnixMillis,
    ) -> Result<Vec<Proposed>, StoreError> {
        let here = &typing.destination;
        if !typing.private || self.is_stranger(typing, here, now).await {
            return Ok(Vec::new());
        }
        let all: Vec<String> =
            self.actions.addresses(here).await?.iter().map(ToString::to_string).collect();
        let others = all.iter().filter(|address| **address != here.lane());
        Ok(plain(others.map(String::as_str), &typing.typed))
    }

    /// Which place the command is about.
    async fn about(&self, typing: &Typing) -> Result<Address, StoreError> {
        let Typing { along, destination, word, .. } = typing;
        let asked = place::Asked { typed: destination, along, word, what: None, is_here: false };
        place::about(&self.actions, asked).await
    }

    async fn is_stranger(&self, typing: &Typing, about: &Address, now: UnixMillis) -> bool {
        let mut turn = Turn::new(self, None, about, typing.private, now)
            .by(Author::Person(typing.person.clone()))
            .with(&typing.along);
        access::enter(&mut turn).await.map_or(true, access::Standing::is_stranger)
    }
}

/// What is proposed for an option of a command.
fn proposals(word: &str, option: &str) -> Proposals {
    let form = COMMANDS.iter().find(|form| form.word == word);
    let options = form.into_iter().flat_map(|form| {
        form.options.iter().chain(form.parts.iter().flat_map(|part| part.options))
    });
    match options.into_iter().find(|form| form.name == option) {
        Some(OptionForm { value: OptionValue::Text(proposals), .. }) => *proposals,
        Some(_) | None => Proposals::Nothing,
    }
}

/// Those that hold what is typed, those that begin with it first.
fn plain<'t>(all: impl Iterator<Item = &'t str>, typed: &str) -> Vec<Proposed> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<(usize, &str)> =
        all.filter_map(|text| Some((text.to_lowercase().find(&typed)?, text))).collect();
    found.sort_by_key(|(at, _)| *at > 0);
    let proposed =
        |(_, text): (usize, &str)| Proposed { name: text.to_owned(), value: text.to_owned() };
    found.into_iter().map(proposed).collect()
}

/// Rules that begin as the last part of what is typed; what stands before it stays.
fn rules(typed: &str) -> Vec<Proposed> {
    let (before, last) = match typed.rsplit_once(';') {
        Some((before, last)) => (format!("{};", before.trim_end()), last),
        None => (String::new(), typed),
    };
    let whole = |Proposed { value, .. }: Proposed| {
        let value = if before.is_empty() { value } else { format!("{before} {value}") };
        Proposed { name: value.clone(), value }
    };
    plain(RULES.iter().copied(), last).into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::chat::digest;
    use crate::route::language;

    fn values(proposed: &[Proposed]) -> Vec<&str> {
        proposed.iter().map(|proposed| proposed.value.as_str()).collect()
    }

    #[test]
    fn whatever_is_proposed_can_be_read() {
        for rule in RULES {
            assert!(language::parse_set(rule).is_ok(), "{rule}");
        }
        for when in DIGESTS {
            assert!(digest::schedule(when).is_ok(), "{when}");
        }
    }

    #[test]
    fn the_last_of_several_rules_is_completed() {
        assert_eq!(values(&rules("views ev")), ["views every 1000"]);
        assert_eq!(values(&rules("views any ; stat")), ["views any; status"]);
        assert_eq!(values(&rules("LIKES +")), ["likes +5%"]);
        assert!(rules("nothing like it").is_empty());
        assert_eq!(rules("").len(), RULES.len());
    }

    #[test]
    fn an_option_is_found_in_its_command_or_in_one_of_its_parts() {
        assert_eq!(proposals("watch", "video"), Proposals::Watched);
        assert_eq!(proposals("feed", "rule"), Proposals::Rules);
        assert_eq!(proposals("quiet", "zone"), Proposals::Zones);
        assert_eq!(proposals("watch", "to"), Proposals::Addresses);
        assert_eq!(proposals("unlink", "address"), Proposals::Addresses);
        assert_eq!(proposals("feed", "role"), Proposals::Nothing);
        assert_eq!(proposals("fly", "video"), Proposals::Nothing);
    }

    #[test]
    fn what_begins_with_what_is_typed_comes_first() {
        let all = ["Africa/Accra", "Europe/Madrid", "Accra"];
        assert_eq!(values(&plain(all.into_iter(), "accra")), ["Accra", "Africa/Accra"]);
    }
}
