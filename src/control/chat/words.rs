//! Words of a text: what they name, and how they are quoted.

use crate::model::{SubjectRef, unwrapped};

/// Said when the store answers with something that can't be.
pub(super) const FAILED: &str = "Something went wrong here. Try again.";

/// What somebody wrote, as it may stand in a sentence: bounded, in one line, in backticks.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 60;
    let clean = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    let shown: String = text.chars().take(SHOWN_MAX_CHARS).map(clean).collect();
    let more = if text.chars().nth(SHOWN_MAX_CHARS).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
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

/// The first link to YouTube in a text.
pub(super) fn first_link(text: &str) -> Option<&str> {
    text.split_whitespace().map(unwrapped).find(|word| is_link(word))
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
}
