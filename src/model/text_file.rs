//! A file that goes along with a message, as the text that it holds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file of text that somebody asked for, such as what is stored about them.
///
/// A message has a picture or a file, never both. The store keeps a file as it is, with its message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// What it is called where it is saved: 1 to 64 of `a` to `z`, digits, `-` and `.`, such as `tubebell-me.json`; no `.`
    /// stands first. Its ending says what the text is.
    pub name: String,
    /// What it holds, at most [`TextFile::BYTES_MAX`] bytes, and never nothing: Telegram takes no empty file.
    pub text: String,
}

impl TextFile {
    /// Longest file that is sent, in bytes. Telegram takes 50 MB of a bot, Discord 10 MiB of anybody.
    ///
    /// Sources: <https://core.telegram.org/bots/api#senddocument> (Bot API 10.1) and
    /// <https://docs.discord.com/developers/reference#uploading-files> (read 2026-11).
    pub const BYTES_MAX: usize = 5_000_000;

    /// Longest name, in bytes. No channel names a limit; this one is ours.
    const NAME_MAX_BYTES: usize = 64;

    /// Whether every channel that takes files takes this one: its name is one, and its text neither too long nor empty.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        (1..=Self::NAME_MAX_BYTES).contains(&self.name.len())
            && self.name.bytes().all(is_plain)
            && !self.name.starts_with('.')
            && (1..=Self::BYTES_MAX).contains(&self.text.len())
    }

    /// Takes its text away, for which there is no room. It can't be sent then, and whoever sends its message says so.
    pub fn empty(&mut self) {
        self.text = String::new();
    }

    /// Its media type, as its name tells.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        if self.name.ends_with(".json") { "application/json" } else { "text/plain; charset=utf-8" }
    }
}

impl fmt::Debug for TextFile {
    /// Nothing of what it holds: that is a matter of whoever asked for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextFile({:?}, {} bytes)", self.name, self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> TextFile {
        TextFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_is_sent_where_its_name_is_plain_and_its_text_has_a_length_that_all_take() {
        for name in ["tubebell-me.json", "a", "0.txt", &"a".repeat(64)] {
            assert!(file(name, "x").is_sendable(), "{name}");
        }
        for name in
            ["", ".json", "../a", "a/b", "a b", "A", "ä", "a\"", "a\r\n", "a_b", &"a".repeat(65)]
        {
            assert!(!file(name, "x").is_sendable(), "{name:?}");
        }
        assert!(file("a", &"x".repeat(TextFile::BYTES_MAX)).is_sendable());
        for text in [String::new(), "x".repeat(TextFile::BYTES_MAX + 1)] {
            assert!(!file("a", &text).is_sendable(), "{} bytes", text.len());
        }
        let mut emptied = file("a", "x");
        emptied.empty();
        assert!(!emptied.is_sendable());
    }

    #[test]
    fn the_ending_of_its_name_says_what_it_is() {
        assert_eq!(file("a.json", "").media_type(), "application/json");
        assert_eq!(file("json", "").media_type(), "text/plain; charset=utf-8");
    }

    #[test]
    fn nothing_that_it_holds_is_logged() {
        assert_eq!(format!("{:?}", file("a.json", "s3cret")), "TextFile(\"a.json\", 6 bytes)");
    }
}
