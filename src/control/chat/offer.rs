//! Text that is no command of its sender's: a link becomes an offer to watch it, anything else a short hint.

use crate::model::{SubjectRef, unwrapped};
use crate::render::List;
use crate::render::numbers::Numbers;
use crate::render::views::{Link, Rules, WatchOffer};

use super::answer::{Answer, Stop, wrong};
use super::command::{Command, is_bot};
use super::turn::Turn;
use super::words::{self, WORDS_MAX, is_link, subject_first};
use super::{watched, youtube};

const EXAMPLE: &str = "/watch dQw4w9WgXcQ views every 1000";

/// Answers a text that is no command.
pub(super) async fn text(turn: &mut Turn<'_>, text: &str) -> Result<Answer, Stop> {
    let bot = &turn.control.options.bot;
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| {
            !word
                .strip_prefix('@')
                .is_some_and(|name| is_bot(name.trim_end_matches([',', ':', '.']), bot))
        })
        .take(WORDS_MAX)
        .collect();
    let pasted = words
        .iter()
        .map(|word| unwrapped(word))
        .find(|word| is_link(word) || (words.len() == 1 && is_like_an_id(word)));
    match pasted {
        Some(pasted) => offer(turn, pasted).await,
        None if turn.private => Err(wrong(
            "I understand links to videos, channels and playlists, and commands: `/help` shows them.",
            EXAMPLE,
        )),
        None => Ok(Answer::default()),
    }
}

/// Answers a command that somebody else wrote, and that was only passed on: of what it would watch it makes an offer.
pub(super) async fn passed_on(
    turn: &mut Turn<'_>,
    command: Command,
    rest: &str,
) -> Result<Answer, Stop> {
    match subject_first(rest) {
        Some((subject, _)) if command == Command::Watch => text(turn, subject).await,
        Some(_) | None => Err(wrong(
            "That is somebody else's message: a command that is forwarded, or written by another bot, does nothing. Write it yourself.",
            "/help",
        )),
    }
}

/// Whether a lone word is rather an id or a handle than a word of eleven letters.
fn is_like_an_id(word: &str) -> bool {
    let odd = |c: char| c.is_ascii_digit() || c == '_' || c == '-' || c.is_ascii_uppercase();
    word.starts_with('@') || (word.chars().skip(1).any(odd) && SubjectRef::from_text(word).is_ok())
}

async fn offer(turn: &mut Turn<'_>, pasted: &str) -> Result<Answer, Stop> {
    let target = turn.target(pasted, EXAMPLE).await?;
    if let Some(row) = target.watch {
        let texts = row.rules.iter().map(String::as_str);
        return Ok(Answer::of(&Rules {
            subject: Some(Link::subject(&row.subject, row.title.as_deref())),
            rules: List::new(watched::rule_lines(turn, &row.subject, texts).await?),
            preset: turn.options().preset.clone(),
            list_preset: turn.options().list_preset.clone(),
        }));
    }
    let seen = turn.actions().look(&turn.asking(), &target).await;
    let seen = seen.map_err(|not_there| youtube::not_there(&not_there))?;
    // Where YouTube could not be asked, the offer stands without numbers: watching says why there are none.
    let reference = seen.list().map_or(&target.subject, |list| &list.subject).clone();
    let rule = match reference {
        SubjectRef::Video(_) => "views every 1000",
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => "upload",
    };
    Ok(Answer::of(&WatchOffer {
        subject: Link::subject(&reference, seen.title()),
        channel: seen.snapshot().and_then(watched::channel),
        numbers: seen.snapshot().map(|snapshot| Numbers(snapshot.into())),
        command: format!("/watch {} {rule}", words::reference(&reference)),
        reference,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_id_is_told_from_a_word() {
        for id in ["dQw4w9WgXcQ", "@youtube", "UCuAXFkgsw1L7xaCfnd5JJOw", "hello-world"] {
            assert!(is_like_an_id(id), "{id}");
        }
        for word in ["interesting", "Interesting", "hello", "Thanks!", "2026"] {
            assert!(!is_like_an_id(word), "{word}");
        }
        assert!(is_link("https://youtu.be/dQw4w9WgXcQ") && is_link("m.YouTube.com/watch"));
        assert!(!is_link("youtuber"));
    }
}
