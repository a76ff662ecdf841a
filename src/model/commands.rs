//! The commands as menus show them: what each does, and what can be chosen with it. One table, from which each chat service
//! makes its own menu.
//!
//! Where a client asks for the parts of a command one by one, they become the text that somebody else would write, and that
//! is read in one place: `/settings video: 2 at-most: 15m` is `/settings 2 at most 15m`. The other way round, a line that a
//! message shows is shown there by the names of its parts.

use super::{Channel, SubjectRef};

/// A command of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandForm {
    /// The command, without `/`.
    pub(crate) word: &'static str,
    /// What it does, in 1 to 100 characters.
    pub(crate) does: &'static str,
    /// What can be chosen, in the order in which it is written.
    pub(crate) options: &'static [OptionForm],
    /// Its parts, of which one is chosen; then it has no options of its own.
    pub(crate) parts: &'static [PartForm],
    /// Whether it is for those who decide: it can change what rings, or calls all who are there.
    pub(crate) is_for_deciders: bool,
}

/// One of several things that a command does, chosen by a word behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartForm {
    /// The word.
    pub(crate) word: &'static str,
    /// What it does, in 1 to 100 characters.
    pub(crate) does: &'static str,
    /// What can be chosen, in the order in which it is written.
    pub(crate) options: &'static [OptionForm],
}

/// Something that is chosen with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OptionForm {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is, in 1 to 100 characters.
    pub(crate) is: &'static str,
    /// What its values are.
    pub(crate) value: OptionValue,
    /// Whether the command makes no sense without it.
    pub(crate) is_required: bool,
    /// The words around the value where the command is written.
    around: (&'static str, &'static str),
    /// A word that says what the value is, where a person may leave it out.
    led_by: Option<&'static str>,
}

/// What the values of an option are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionValue {
    /// A text, for which something can be proposed while it is typed.
    Text(Proposals),
    /// Yes or no; for yes, the name of the option is written.
    Flag,
    /// A role of a server, written as its id.
    Role,
}

/// What is proposed while somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proposals {
    /// Nothing.
    Nothing,
    /// What is watched.
    Watched,
    /// Rules.
    Rules,
    /// Times of digests.
    Digests,
    /// Time zones.
    Zones,
}

const fn text(name: &'static str, is: &'static str, proposals: Proposals) -> OptionForm {
    let value = OptionValue::Text(proposals);
    OptionForm { name, is, value, is_required: false, around: ("", ""), led_by: None }
}

const fn watched(is: &'static str) -> OptionForm {
    text("video", is, Proposals::Watched)
}

impl OptionForm {
    const fn required(self) -> OptionForm {
        OptionForm { is_required: true, ..self }
    }

    const fn led_by(self, word: &'static str) -> OptionForm {
        OptionForm { led_by: Some(word), ..self }
    }

    const fn between(self, before: &'static str, behind: &'static str) -> OptionForm {
        OptionForm { around: (before, behind), ..self }
    }
}

const ZONE: OptionForm = text("zone", "A time zone, such as Europe/Madrid", Proposals::Zones);
const DIGEST: OptionForm =
    text("digest", "When it is told: daily 09:00, hourly, off", Proposals::Digests);

/// Another address of whoever writes.
const TO: OptionForm =
    text("to", "At another address of yours: email, telegram", Proposals::Nothing)
        .between("to", "");

const fn form(
    word: &'static str,
    does: &'static str,
    options: &'static [OptionForm],
    is_for_deciders: bool,
) -> CommandForm {
    CommandForm { word, does, options, parts: &[], is_for_deciders }
}

/// The commands, in the order of the menu.
pub(crate) const COMMANDS: [CommandForm; 20] = [
    form(
        "watch",
        "Ring for a video, channel or playlist",
        &[
            text("video", "A link or id, a channel's @handle, a playlist", Proposals::Watched)
                .required(),
            text("rule", "When it rings: views every 1000; status", Proposals::Rules),
            DIGEST.between("; digest", ""),
            TO,
        ],
        true,
    ),
    form(
        "unwatch",
        "Stop watching",
        &[watched("Its number in the list, its link or id; all for all").required(), TO],
        true,
    ),
    form(
        "list",
        "What is watched here",
        &[text("page", "Which part of it", Proposals::Nothing)],
        false,
    ),
    form("rules", "When I can ring, with examples", &[watched("The rules of this one")], false),
    form(
        "mute",
        "Silence for a while",
        &[
            text("for", "How long: 2h, until 18:00, off", Proposals::Nothing).led_by("for"),
            watched("This one alone"),
            TO,
        ],
        true,
    ),
    form("unmute", "End the silence", &[watched("Of this one alone"), TO], true),
    form(
        "quiet",
        "Silence every night",
        &[text("hours", "From when to when: 22:00-08:00, or off", Proposals::Nothing), ZONE, TO],
        true,
    ),
    form(
        "digest",
        "Collect what happens, and tell it at a time",
        &[
            watched("This one alone"),
            text(
                "when",
                "daily 09:00, hourly, every 6h, weekly mon 09:00, off, now",
                Proposals::Digests,
            ),
            TO,
        ],
        true,
    ),
    form("why", "Why a message came, or did not", &[watched("A video").required()], false),
    form("stats", "The numbers of a video now", &[watched("A video").required()], false),
    form(
        "card",
        "A message that shows them as they move",
        &[
            OptionForm {
                name: "off",
                is: "End it, or all of them",
                value: OptionValue::Flag,
                is_required: false,
                around: ("", ""),
                led_by: None,
            },
            watched("A video"),
            TO,
        ],
        true,
    ),
    CommandForm {
        word: "feed",
        does: "Where what a server watches rings",
        options: &[],
        parts: &[
            PartForm { word: "here", does: "Make this the place where it rings", options: &[] },
            PartForm { word: "off", does: "Let it ring where it is watched again", options: &[] },
            PartForm {
                word: "mention",
                does: "Mention a role on chosen rules, or nobody; alone, show who is mentioned",
                options: &[
                    OptionForm {
                        name: "role",
                        is: "Who is mentioned; without: nobody on the rule",
                        value: OptionValue::Role,
                        is_required: false,
                        around: ("", ""),
                        led_by: None,
                    },
                    text(
                        "rule",
                        "On which rule: views milestones; without: on none",
                        Proposals::Rules,
                    ),
                ],
            },
        ],
        is_for_deciders: true,
    },
    form(
        "settings",
        "How often and in which time zone",
        &[
            watched("Of this one alone"),
            text("at-most", "At most one message per 15m; off", Proposals::Nothing)
                .between("at most", ""),
            text("a-day", "At most so many messages a day; off", Proposals::Nothing)
                .between("at most", "a day"),
            ZONE.between("tz", ""),
            TO,
        ],
        true,
    ),
    form("test", "See that messages arrive", &[TO], true),
    form("invite", "Let somebody else in", &[], false),
    form(
        "link",
        "Use another chat or a mailbox as yourself",
        &[text("code", "A code of your other chat, or email:you@example.org", Proposals::Nothing)],
        false,
    ),
    form(
        "unlink",
        "Take out an address of yours",
        &[text("address", "Which: email, discord, telegram:1234", Proposals::Nothing)],
        false,
    ),
    form(
        "me",
        "What is stored about you; have it sent, or erased",
        &[text("what", "export; delete", Proposals::Nothing)],
        false,
    ),
    form("help", "All commands", &[], false),
    form("start", "Begin", &[text("code", "Of an invitation", Proposals::Nothing)], false),
];

/// The commands that a channel has.
pub(crate) fn of(channel: Channel) -> impl Iterator<Item = &'static CommandForm> {
    let has_servers = channel.traits().has_servers;
    COMMANDS.iter().filter(move |form| has_servers || form.word != "feed")
}

/// The same with what they do, for a menu that shows no more.
pub(crate) fn menu(channel: Channel) -> Vec<(&'static str, &'static str)> {
    of(channel).map(|form| (form.word, form.does)).collect()
}

/// The command as somebody would write it. What is no option of it is left out.
pub(crate) fn written(word: &str, chosen: &[(&str, &str)]) -> String {
    let mut text = format!("/{word}");
    let Some(form) = COMMANDS.iter().find(|form| form.word == word) else { return text };
    let value =
        |name: &str| chosen.iter().find(|(chosen, _)| *chosen == name).map(|(_, value)| *value);
    let mut options = form.options;
    if let Some(part) = form.parts.iter().find(|part| value(part.word).is_some()) {
        text.push(' ');
        text.push_str(part.word);
        options = part.options;
    }
    for option in options {
        let Some(value) = value(option.name).map(str::trim) else { continue };
        let value = match option.value {
            OptionValue::Flag if value == "true" => option.name,
            OptionValue::Flag => continue,
            OptionValue::Text(_) | OptionValue::Role => value,
        };
        if value.is_empty() {
            continue;
        }
        let led_by = option.led_by.unwrap_or_default();
        for word in [led_by, option.around.0, value, option.around.1] {
            // A mark that ends what stands before it stands close to it.
            if !word.is_empty() && !word.starts_with(';') {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    text
}

/// A written command by the names of its parts, as a client shows them that asks for each: `/mute for:2h`. `None`: it has
/// none, or it is not ours.
pub(crate) fn in_parts(line: &str) -> Option<String> {
    let (word, rest) = line.strip_prefix('/')?.split_once(' ')?;
    let form = COMMANDS.iter().find(|form| form.word == word)?;
    let (begins, options, rest) = match form.parts {
        [] => (format!("/{word}"), form.options, rest),
        parts => {
            let (first, rest) = rest.split_once(' ')?;
            let part = parts.iter().find(|part| part.word == first)?;
            (format!("/{word} {first}"), part.options, rest)
        }
    };
    // A mark that ends what stands before it stands close to it.
    let rest = rest.replace("; digest ", " ; digest ");
    let words: Vec<&str> = rest.split_whitespace().collect();
    let chosen = read(options, &words)?;
    let shown = chosen.iter().map(|(name, value)| format!(" {name}:{value}"));
    Some(shown.fold(begins, |line, part| line + &part))
}

/// Which words are the value of which option. Each word has to be part of one.
fn read(options: &[OptionForm], words: &[&str]) -> Option<Vec<(&'static str, String)>> {
    if words.is_empty() {
        return Some(Vec::new());
    }
    let (option, others) = options.split_first()?;
    for (value, behind) in option.values(words) {
        if let Some(mut chosen) = read(others, behind) {
            chosen.insert(0, (option.name, value));
            return Some(chosen);
        }
    }
    if option.is_required { None } else { read(others, words) }
}

impl OptionForm {
    /// What of these words may be its value, and what is left then: the shortest first.
    fn values<'a>(&self, words: &'a [&'a str]) -> Vec<(String, &'a [&'a str])> {
        let (before, behind) = self.around;
        let words = self.led_by.and_then(|word| without(words, word)).unwrap_or(words);
        let Some(words) = without(words, before) else { return Vec::new() };
        let fits = |value: &[&str]| match self.value {
            OptionValue::Flag => value == [self.name],
            OptionValue::Role => {
                value.len() == 1 && value.first().is_some_and(|word| word.starts_with('@'))
            }
            OptionValue::Text(Proposals::Watched) => {
                value.len() == 1 && value.first().is_some_and(|word| names_something(word))
            }
            OptionValue::Text(Proposals::Zones) => {
                value.len() == 1
                    && value.first().is_some_and(|word| word.contains('/') || *word == "UTC")
            }
            OptionValue::Text(_) => !value.is_empty(),
        };
        // Behind words of its own there is one, unless it is a time of digests.
        let is_long = before.is_empty() || self.value == OptionValue::Text(Proposals::Digests);
        let longest = if is_long { words.len() } else { 1 };
        let lengths = 1..=longest;
        let value = lengths.filter_map(|length| {
            let (value, rest) = words.split_at_checked(length)?;
            let rest = without(rest, behind)?;
            let shown =
                if self.value == OptionValue::Flag { "True".to_owned() } else { value.join(" ") };
            fits(value).then_some((shown, rest))
        });
        value.collect()
    }
}

/// What follows these words.
fn without<'a>(words: &'a [&'a str], beginning: &str) -> Option<&'a [&'a str]> {
    let (own, rest) = words.split_at_checked(beginning.split_whitespace().count())?;
    own.iter().copied().eq(beginning.split_whitespace()).then_some(rest)
}

/// Whether a word names a video, channel or playlist, or one by its number.
fn names_something(word: &str) -> bool {
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    is_number || word == "all" || word == "…" || SubjectRef::from_text(word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_becomes_what_somebody_would_write() {
        for (word, chosen, text) in [
            ("list", &[][..], "/list"),
            ("watch", &[("video", "dQw4w9WgXcQ")], "/watch dQw4w9WgXcQ"),
            (
                "watch",
                &[("digest", "daily 09:00"), ("rule", "views any"), ("video", "@youtube")],
                "/watch @youtube views any; digest daily 09:00",
            ),
            ("watch", &[("video", "2"), ("digest", "off")], "/watch 2; digest off"),
            ("mute", &[("video", "2"), ("for", "until 18:00")], "/mute for until 18:00 2"),
            ("mute", &[("video", "2")], "/mute 2"),
            ("card", &[("off", "true"), ("video", "2")], "/card off 2"),
            ("card", &[("off", "false"), ("video", " ")], "/card"),
            (
                "settings",
                &[("zone", "UTC"), ("a-day", "10"), ("at-most", "15m"), ("video", "2")],
                "/settings 2 at most 15m at most 10 a day tz UTC",
            ),
            ("feed", &[("here", "")], "/feed here"),
            (
                "feed",
                &[("mention", ""), ("role", "77"), ("rule", "views milestones")],
                "/feed mention 77 views milestones",
            ),
            ("feed", &[("mention", ""), ("rule", "views any")], "/feed mention views any"),
            ("digest", &[("when", "daily"), ("video", "2")], "/digest 2 daily"),
            ("quiet", &[("zone", "Europe/Madrid")], "/quiet Europe/Madrid"),
            ("help", &[("video", "x")], "/help"),
            ("fly", &[("video", "x")], "/fly"),
        ] {
            assert_eq!(written(word, chosen), text);
        }
    }

    #[test]
    fn a_written_line_is_shown_by_the_names_of_its_parts() {
        for (line, parts) in [
            (
                "/watch dQw4w9WgXcQ views every 1000; status",
                "/watch video:dQw4w9WgXcQ rule:views every 1000; status",
            ),
            ("/watch @youtube", "/watch video:@youtube"),
            (
                "/watch @youtube upload; live; digest daily 09:00",
                "/watch video:@youtube rule:upload; live digest:daily 09:00",
            ),
            ("/watch … views every 1000; status", "/watch video:… rule:views every 1000; status"),
            ("/unwatch 1", "/unwatch video:1"),
            ("/unwatch all", "/unwatch video:all"),
            ("/mute 2h", "/mute for:2h"),
            ("/mute for 2h", "/mute for:2h"),
            ("/mute off", "/mute for:off"),
            ("/unmute 3", "/unmute video:3"),
            ("/quiet 22:00-08:00 Europe/Madrid", "/quiet hours:22:00-08:00 zone:Europe/Madrid"),
            ("/quiet off", "/quiet hours:off"),
            ("/digest weekly mon 09:00", "/digest when:weekly mon 09:00"),
            ("/digest 1 daily 09:00", "/digest video:1 when:daily 09:00"),
            ("/digest now", "/digest when:now"),
            ("/why dQw4w9WgXcQ", "/why video:dQw4w9WgXcQ"),
            ("/card off dQw4w9WgXcQ", "/card off:True video:dQw4w9WgXcQ"),
            ("/card off", "/card off:True"),
            ("/settings at most 15m", "/settings at-most:15m"),
            ("/settings at most 10 a day", "/settings a-day:10"),
            ("/settings 2 at most 15m tz UTC", "/settings video:2 at-most:15m zone:UTC"),
            ("/list 2", "/list page:2"),
            ("/feed mention @role views any", "/feed mention role:@role rule:views any"),
            ("/start abc", "/start code:abc"),
        ] {
            assert_eq!(in_parts(line).as_deref(), Some(parts));
        }
        for other in ["/list", "/feed here", "/fly 2", "/unwatch you and me", "views any", "", "/"]
        {
            assert_eq!(in_parts(other), None, "{other}");
        }
    }

    #[test]
    fn every_form_is_one_that_menus_take() {
        let is_name = |name: &str| {
            (1..=32).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        };
        let is_told = |text: &str| (1..=100).contains(&text.chars().count());
        let options = |options: &[OptionForm]| {
            let first_optional = options.iter().position(|option| !option.is_required);
            let last_required = options.iter().rposition(|option| option.is_required);
            assert!(last_required < first_optional.or(Some(usize::MAX)), "{options:?}");
            assert!(options.iter().all(|option| is_name(option.name) && is_told(option.is)));
        };
        for form in COMMANDS {
            assert!(is_name(form.word) && is_told(form.does), "{form:?}");
            assert!(form.options.is_empty() || form.parts.is_empty());
            options(form.options);
            for part in form.parts {
                assert!(is_name(part.word) && is_told(part.does), "{part:?}");
                options(part.options);
            }
        }
    }

    #[test]
    fn a_feed_is_offered_where_there_are_servers() {
        let has_feed = |channel| menu(channel).iter().any(|(word, _)| *word == "feed");
        for channel in Channel::ALL {
            assert_eq!(has_feed(channel), channel.traits().has_servers, "{channel}");
        }
    }
}
