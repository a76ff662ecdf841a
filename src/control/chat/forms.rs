//! The commands as menus show them: what each does, and what can be chosen with it. One table, from which each chat service
//! makes its own menu.
//!
//! Where a client asks for the parts of a command one by one, they become the text that somebody else would write, and that
//! is read in one place: `/settings video: 2 at-most: 15m` is `/settings 2 at most 15m`.

use crate::model::Channel;

use super::words::first_link;

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
    /// Whether it can change what rings: that is for those who decide.
    pub(crate) is_change: bool,
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
    OptionForm { name, is, value, is_required: false, around: ("", "") }
}

const fn watched(is: &'static str) -> OptionForm {
    text("video", is, Proposals::Watched)
}

impl OptionForm {
    const fn required(self) -> OptionForm {
        OptionForm { is_required: true, ..self }
    }

    const fn between(self, before: &'static str, behind: &'static str) -> OptionForm {
        OptionForm { around: (before, behind), ..self }
    }
}

const ZONE: OptionForm = text("zone", "A time zone, such as Europe/Madrid", Proposals::Zones);
const DIGEST: OptionForm =
    text("digest", "When it is told: daily 09:00, hourly, off", Proposals::Digests);

const fn form(
    word: &'static str,
    does: &'static str,
    options: &'static [OptionForm],
    is_change: bool,
) -> CommandForm {
    CommandForm { word, does, options, parts: &[], is_change }
}

/// The commands, in the order of the menu.
pub(crate) const COMMANDS: [CommandForm; 17] = [
    form(
        "watch",
        "Ring for a video, channel or playlist",
        &[
            text("video", "A link or id, a channel's @handle, a playlist", Proposals::Watched)
                .required(),
            text("rule", "When it rings: views every 1000; status", Proposals::Rules),
            DIGEST.between("; digest", ""),
        ],
        true,
    ),
    form(
        "unwatch",
        "Stop watching",
        &[watched("Its number in the list, its link or id; all for all").required()],
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
            text("for", "How long: 2h, until 18:00, off", Proposals::Nothing),
            watched("This one alone"),
        ],
        true,
    ),
    form("unmute", "End the silence", &[watched("Of this one alone")], true),
    form(
        "quiet",
        "Silence every night",
        &[text("hours", "From when to when: 22:00-08:00, or off", Proposals::Nothing), ZONE],
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
            },
            watched("A video"),
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
                does: "Mention a role on chosen rules; without a role or a rule, end that",
                options: &[
                    OptionForm {
                        name: "role",
                        is: "Who is mentioned; without: nobody on the rule",
                        value: OptionValue::Role,
                        is_required: false,
                        around: ("", ""),
                    },
                    text(
                        "rule",
                        "On which rule: views milestones; without: on none",
                        Proposals::Rules,
                    ),
                ],
            },
        ],
        is_change: true,
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
        ],
        true,
    ),
    form("test", "See that messages arrive", &[], true),
    form("invite", "Let somebody else in", &[], false),
    form("help", "All commands", &[], false),
    form("start", "Begin", &[text("code", "Of an invitation", Proposals::Nothing)], false),
];

/// The commands that a channel has.
pub(crate) fn commands(channel: Channel) -> impl Iterator<Item = &'static CommandForm> {
    let has_servers = channel.traits().has_servers;
    COMMANDS.iter().filter(move |form| has_servers || form.word != "feed")
}

/// The same with what they do, for a menu that shows no more.
pub(crate) fn menu(channel: Channel) -> Vec<(&'static str, &'static str)> {
    commands(channel).map(|form| (form.word, form.does)).collect()
}

/// The option under which a client hands in a message of somebody's, for the first link in it.
pub(crate) const MESSAGE: &str = "message";

/// What was chosen as the thing that the command is about; of a message, its first link.
pub(super) fn named(chosen: &[(String, String)]) -> Option<&str> {
    let value = |of: &str| chosen.iter().find(|(name, _)| name == of).map(|(_, value)| &**value);
    value("video").or_else(|| value(MESSAGE).and_then(first_link))
}

/// The command as somebody would write it. What is no option of it is left out.
pub(super) fn written(word: &str, chosen: &[(String, String)]) -> String {
    let mut text = format!("/{word}");
    let Some(form) = COMMANDS.iter().find(|form| form.word == word) else { return text };
    let value =
        |name: &str| chosen.iter().find(|(chosen, _)| chosen == name).map(|(_, value)| value);
    let mut options = form.options;
    if let Some(part) = form.parts.iter().find(|part| value(part.word).is_some()) {
        text.push(' ');
        text.push_str(part.word);
        options = part.options;
    }
    if let Some(link) = value(MESSAGE).and_then(|message| first_link(message)) {
        text.push(' ');
        text.push_str(link);
    }
    for option in options {
        let Some(value) = value(option.name).map(|value| value.trim()) else { continue };
        let value = match option.value {
            OptionValue::Flag if value == "true" => option.name,
            OptionValue::Flag => continue,
            OptionValue::Text(_) | OptionValue::Role => value,
        };
        if value.is_empty() {
            continue;
        }
        for word in [option.around.0, value, option.around.1] {
            // A mark that ends what stands before it stands close to it.
            if !word.is_empty() && !word.starts_with(';') {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    text
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
            (
                "watch",
                &[("message", "Look: https://youtu.be/dQw4w9WgXcQ !")],
                "/watch https://youtu.be/dQw4w9WgXcQ",
            ),
            ("watch", &[("message", "no link")], "/watch"),
            ("mute", &[("video", "2"), ("for", "until 18:00")], "/mute until 18:00 2"),
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
            let chosen: Vec<(String, String)> = chosen
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(written(word, &chosen), text);
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
