//! From a line of text to a command: names, aliases, whom it is for.

use crate::model::commands::COMMANDS;
use crate::model::trimmed;

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
    Digest,
    Why,
    Stats,
    Card,
    Feed,
    Settings,
    Test,
    Invite,
    Link,
    Unlink,
    Me,
}

impl Command {
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
            "digest" => Command::Digest,
            "why" => Command::Why,
            "stats" => Command::Stats,
            "card" => Command::Card,
            "feed" => Command::Feed,
            "settings" => Command::Settings,
            "test" => Command::Test,
            "invite" => Command::Invite,
            "link" => Command::Link,
            "unlink" => Command::Unlink,
            "me" => Command::Me,
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
        .map(|form| (strsim::normalized_damerau_levenshtein(&word, form.word), form.word))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
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
        for form in COMMANDS {
            assert!(Command::from_word(form.word).is_some(), "{}", form.word);
        }
    }
}
