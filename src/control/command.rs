//! From a line of text to a command: names, aliases, whom it is for.

use crate::model::{SubjectRef, trimmed, unwrapped};

use super::settings;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Start,
    Help,
    Watch,
    Unwatch,
    List,
    Rules,
    Mute,
    Unmute,
    Quiet,
    Why,
    Stats,
    Settings,
    Test,
    Invite,
}

/// Commands and what they do, for the menus of chat clients.
pub const COMMANDS: [(&str, &str); 14] = [
    ("watch", "Ring for a video, channel or playlist"),
    ("unwatch", "Stop watching"),
    ("list", "What is watched here"),
    ("rules", "When I can ring, with examples"),
    ("mute", "Silence for a while"),
    ("unmute", "End the silence"),
    ("quiet", "Silence every night"),
    ("why", "Why a message came, or did not"),
    ("stats", "The numbers of a video now"),
    ("settings", "How often and in which time zone"),
    ("test", "See that messages arrive"),
    ("invite", "Let somebody else in"),
    ("help", "All commands"),
    ("start", "Begin"),
];

impl Command {
    /// Whether, in a group, only administrators get more than a refusal of it.
    pub(super) fn is_for_administrators(self, rest: &str) -> bool {
        match self {
            Command::Watch | Command::Unwatch | Command::Mute | Command::Unmute | Command::Test => {
                true
            }
            Command::Quiet => !rest.is_empty(),
            Command::Settings => settings::is_change(rest),
            Command::Start
            | Command::Help
            | Command::List
            | Command::Rules
            | Command::Why
            | Command::Stats
            | Command::Invite => false,
        }
    }

    fn from_word(word: &str) -> Option<Command> {
        Some(match word {
            "start" => Command::Start,
            "help" => Command::Help,
            "watch" => Command::Watch,
            "unwatch" => Command::Unwatch,
            "list" => Command::List,
            "rules" => Command::Rules,
            "mute" => Command::Mute,
            "unmute" => Command::Unmute,
            "quiet" => Command::Quiet,
            "why" => Command::Why,
            "stats" => Command::Stats,
            "settings" => Command::Settings,
            "test" => Command::Test,
            "invite" => Command::Invite,
            _ => return None,
        })
    }
}

/// What a text turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// A command for us, and what follows it.
    Command(Command, &'a str),
    /// A command that nobody knows; whether it names us.
    Unknown(&'a str, bool),
    /// A command for another bot.
    Elsewhere,
    /// Anything else; whether it names us.
    Text(&'a str, bool),
}

/// Reads a text; `bot` is our name without `@`.
pub(super) fn read<'a>(text: &'a str, bot: &str) -> Written<'a> {
    let text = trimmed(text);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some(after) = text.strip_prefix('/').filter(|after| after.starts_with(is_word)) else {
        let named = text
            .split(|c: char| !is_word(c) && c != '@')
            .any(|word| word.strip_prefix('@').is_some_and(|name| is_bot(name, bot)));
        return Written::Text(text, named);
    };
    let (head, rest) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
    let (word, addressed) = match head.split_once('@') {
        Some((word, name)) if is_bot(name, bot) => (word, true),
        Some(_) => return Written::Elsewhere,
        None => (head, false),
    };
    match Command::from_word(&word.to_ascii_lowercase()) {
        Some(command) => Written::Command(command, rest.trim()),
        None => Written::Unknown(word, addressed),
    }
}

pub(super) fn is_bot(name: &str, bot: &str) -> bool {
    !bot.is_empty() && name.eq_ignore_ascii_case(bot)
}

/// The command that is most like `word`.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    /// Below it a suggestion would be a guess.
    const LIKENESS_MIN: f64 = 0.5;
    let word: String = word.chars().take(32).flat_map(char::to_lowercase).collect();
    COMMANDS
        .iter()
        .map(|(known, _)| (strsim::normalized_damerau_levenshtein(&word, known), *known))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

/// The first word and what follows it; `None` when there is none. A link in Markdown (`[its title](https://…)`) is one
/// word.
pub(super) fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let label = if text.starts_with('[') { text.find("](").unwrap_or(0) } else { 0 };
    let end = text.get(label..).and_then(|rest| rest.find(char::is_whitespace));
    let (word, rest) = text.split_at(end.map_or(text.len(), |end| label + end));
    (!word.is_empty()).then(|| (word, rest.trim()))
}

/// What a command is about, and what follows it; `None` when there is neither.
///
/// That is the first word, or the first link where another text stands before it, as in what the share button of an app
/// hands on: `Never Gonna Give You Up https://youtu.be/…`.
pub(super) fn subject_first(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = first_word(text)?;
    if list_number(word).is_some() || is_link(word) || SubjectRef::from_text(word).is_ok() {
        return Some((word, rest));
    }
    let link = text.split_whitespace().take(WORDS_MAX).find(|word| is_link(word));
    let after = link.and_then(|link| text.split_once(link));
    Some(link.zip(after).map_or((word, rest), |(link, (_, after))| (link, after.trim())))
}

/// Words that are looked at: whoever pastes more than that wants something else.
pub(super) const WORDS_MAX: usize = 30;

/// Whether a word looks like an address of YouTube.
pub(super) fn is_link(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.contains("youtu") && lower.contains(['.', '/'])
}

/// A place in the list: no id is that short.
pub(super) fn list_number(text: &str) -> Option<usize> {
    let text = unwrapped(text);
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_number = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// A subject as people write it in a command.
pub(super) fn reference(subject: &SubjectRef) -> String {
    let text = subject.to_string();
    text.split_once(':').map_or(text.as_str(), |(_, id)| id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_in_any_case_and_with_any_spaces() {
        for (text, command, rest) in [
            ("/watch dQw4w9WgXcQ", Command::Watch, "dQw4w9WgXcQ"),
            ("  /WATCH\n dQw4w9WgXcQ \n views  any ", Command::Watch, "dQw4w9WgXcQ \n views  any"),
            ("/Watch@Bell_Bot x", Command::Watch, "x"),
            ("/start abc-_1", Command::Start, "abc-_1"),
            ("/help", Command::Help, ""),
        ] {
            assert_eq!(read(text, "bell_bot"), Written::Command(command, rest), "{text}");
        }
    }

    #[test]
    fn a_command_is_about_its_first_word_or_the_first_link_behind_other_words() {
        for (text, what, rest) in [
            ("dQw4w9WgXcQ views any", "dQw4w9WgXcQ", "views any"),
            ("2 views any", "2", "views any"),
            ("(youtu.be/dQw4w9WgXcQ), views any", "(youtu.be/dQw4w9WgXcQ),", "views any"),
            (
                "Look: https://youtu.be/dQw4w9WgXcQ views any",
                "https://youtu.be/dQw4w9WgXcQ",
                "views any",
            ),
            (
                "[A title](https://youtu.be/dQw4w9WgXcQ) status",
                "[A title](https://youtu.be/dQw4w9WgXcQ)",
                "status",
            ),
            ("nothing views any", "nothing", "views any"),
        ] {
            assert_eq!(subject_first(text), Some((what, rest)), "{text}");
        }
        assert_eq!(subject_first(" "), None);
    }

    #[test]
    fn what_is_for_others_is_told_apart_from_what_is_unknown() {
        assert_eq!(read("/watch@other_bot x", "bell_bot"), Written::Elsewhere);
        assert_eq!(read("/watch@ x", "bell_bot"), Written::Elsewhere);
        assert_eq!(read("/watch@ x", ""), Written::Elsewhere);
        assert_eq!(read("/wathc x", "bell_bot"), Written::Unknown("wathc", false));
        assert_eq!(read("/wathc@bell_bot x", "bell_bot"), Written::Unknown("wathc", true));
        assert_eq!(read("/ watch", "bell_bot"), Written::Text("/ watch", false));
        assert_eq!(read("see @Bell_Bot: x", "bell_bot"), Written::Text("see @Bell_Bot: x", true));
        assert_eq!(read("mail@bell_bots", "bell_bot"), Written::Text("mail@bell_bots", false));
        assert_eq!(read("", "bell_bot"), Written::Text("", false));
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_command() {
        assert_eq!(nearest("wathc"), Some("watch"));
        assert_eq!(nearest("LISTS"), Some("list"));
        assert_eq!(nearest("xyzzy"), None);
    }

    #[test]
    fn every_command_of_the_menu_is_one() {
        for (word, description) in COMMANDS {
            assert!(Command::from_word(word).is_some(), "{word}");
            assert!((1..=256).contains(&description.len()));
        }
    }
}
