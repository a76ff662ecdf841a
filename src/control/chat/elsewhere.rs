//! Another address of whoever writes, where a command says that it is about it: `/watch dQw4w9WgXcQ to`, and its name.

use crate::model::{Address, Channel};

use super::answer::{Stop, wrong};
use super::command::Command;
use super::turn::Turn;
use super::words::quoted;

const EXAMPLE: &str = "/watch dQw4w9WgXcQ to";

/// A command without the end that names an address, and that name.
pub(super) fn told_apart(command: Command, rest: &str) -> (&str, Option<&str>) {
    let whole = (rest, None);
    if !may_be_elsewhere(command) {
        return whole;
    }
    let Some((front, name)) = rest.rsplit_once(char::is_whitespace) else {
        // All that is written: `/digest to email` has two words.
        return whole;
    };
    let front = front.trim_end();
    let before = front.rsplit_once(char::is_whitespace).map_or("", |(before, _)| before);
    let word = front.get(before.len()..).unwrap_or_default().trim_start();
    if !word.eq_ignore_ascii_case("to") || !is_name(name) {
        return whole;
    }
    (before.trim_end().trim_end_matches([';', ',']).trim_end(), Some(name))
}

/// Whether a command can be about another address than the one at which it is written.
const fn may_be_elsewhere(command: Command) -> bool {
    match command {
        Command::Watch
        | Command::Unwatch
        | Command::Mute
        | Command::Unmute
        | Command::Quiet
        | Command::Digest
        | Command::Card
        | Command::Settings
        | Command::Test => true,
        Command::Start
        | Command::Help
        | Command::List
        | Command::Rules
        | Command::Why
        | Command::Stats
        | Command::Feed
        | Command::Invite
        | Command::Link
        | Command::Unlink
        | Command::Me => false,
    }
}

/// Whether a word names an address: a channel, or all of it.
fn is_name(word: &str) -> bool {
    Channel::meant_by(word).is_some() || Address::entered(word).is_some()
}

/// The address that somebody means; it is one of theirs.
pub(super) async fn theirs(turn: &Turn<'_>, name: &str, example: &str) -> Result<Address, Stop> {
    if !turn.private {
        return Err(turn.refuse(
            "A group has no other addresses. In a private chat with me you have: `/link`.",
        ));
    }
    let theirs = turn.actions().addresses(turn.here()).await?;
    if let Some(channel) = Channel::meant_by(name) {
        let mut of_channel = theirs.iter().filter(|address| address.channel() == channel);
        return match (of_channel.next(), of_channel.next()) {
            (Some(address), None) => Ok(address.clone()),
            (Some(address), Some(_)) => {
                let example = example.replace(name, &address.to_string());
                Err(wrong(
                    &format!("You have several addresses of {channel}: say which."),
                    &example,
                ))
            }
            (None, _) => Err(not_theirs(&format!("You have no address of {channel}."), channel)),
        };
    }
    match Address::entered(name) {
        Some(address) if theirs.contains(&address.whole()) => Ok(address),
        Some(address) => {
            Err(not_theirs(&format!("{} is no address of yours.", quoted(name)), address.channel()))
        }
        None => Err(wrong(&format!("{} is no address.", quoted(name)), example)),
    }
}

fn not_theirs(line: &str, channel: Channel) -> Stop {
    let add = match channel.traits().mailbox {
        Some(mailbox) => format!("/link {}", mailbox.example),
        None => "/link".to_owned(),
    };
    wrong(&format!("{line} To add one:"), &add)
}

impl Turn<'_> {
    /// Makes this turn about the address that its command names.
    pub(super) async fn turn_to_named(&mut self, name: Option<&str>) -> Result<(), Stop> {
        if let Some(name) = name {
            let address = theirs(self, name, &format!("{EXAMPLE} {name}")).await?;
            self.turn_to(&address).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_at_the_end_says_that_a_command_is_about_it() {
        for (command, text, rest, name) in [
            (Command::Watch, "dQw4w9WgXcQ to email", "dQw4w9WgXcQ", Some("email")),
            (
                Command::Watch,
                "dQw4w9WgXcQ views any; to Email",
                "dQw4w9WgXcQ views any",
                Some("Email"),
            ),
            (
                Command::Watch,
                "dQw4w9WgXcQ; digest daily 09:00 to ana@example.org",
                "dQw4w9WgXcQ; digest daily 09:00",
                Some("ana@example.org"),
            ),
            (Command::Digest, "to email", "", Some("email")),
            (Command::Digest, "daily TO telegram:5", "daily", Some("telegram:5")),
            (Command::Test, "to discord", "", Some("discord")),
            (Command::Watch, "dQw4w9WgXcQ to", "dQw4w9WgXcQ to", None),
            (Command::Watch, "dQw4w9WgXcQ to me", "dQw4w9WgXcQ to me", None),
            (Command::Watch, "email", "email", None),
            (Command::Watch, "dQw4w9WgXcQ into email", "dQw4w9WgXcQ into email", None),
            (Command::Stats, "dQw4w9WgXcQ to email", "dQw4w9WgXcQ to email", None),
            (Command::Test, "to webhook", "to webhook", None),
            (Command::Test, "", "", None),
        ] {
            assert_eq!(told_apart(command, text), (rest, name), "{text}");
        }
    }
}
