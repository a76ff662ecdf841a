//! Text with its entities, as a message of Telegram carries them: offsets and lengths in UTF-16 code units.

use serde::{Deserialize, Serialize};

/// What a stretch of text is. The names are Telegram's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the Bot API's own names, explained there")]
pub enum EntityKind {
    Mention,
    Hashtag,
    Cashtag,
    BotCommand,
    Url,
    Email,
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Blockquote,
    ExpandableBlockquote,
    Code,
    Pre {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        language: Option<String>,
    },
    TextLink {
        url: String,
    },
    TextMention {
        user: MentionedUser,
    },
    CustomEmoji {
        custom_emoji_id: String,
    },
    DateTime {
        unix_time: i64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        date_time_format: Option<String>,
    },
}

impl EntityKind {
    /// Whether Telegram looks for mentions, hashtags and links inside it.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(
            self,
            EntityKind::Code
                | EntityKind::Pre { .. }
                | EntityKind::TextLink { .. }
                | EntityKind::TextMention { .. }
                | EntityKind::CustomEmoji { .. }
                | EntityKind::DateTime { .. }
        )
    }

    /// Whether Telegram found it by itself in plain text.
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        matches!(
            self,
            EntityKind::Mention
                | EntityKind::Hashtag
                | EntityKind::Cashtag
                | EntityKind::BotCommand
                | EntityKind::Url
                | EntityKind::Email
        )
    }
}

/// The user of a mention without username (`tg://user?id=…`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionedUser {
    /// The user's id.
    pub id: i64,
    /// Never, here.
    #[serde(default)]
    pub is_bot: bool,
    /// The user's first name.
    #[serde(default)]
    pub first_name: String,
}

/// One entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    #[serde(flatten)]
    pub kind: EntityKind,
    /// Where it starts, in UTF-16 code units.
    pub offset: usize,
    /// How long it is, in UTF-16 code units; never 0.
    pub length: usize,
}

impl Entity {
    /// The first code unit behind it.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }

    /// The stretch of `text` that it covers.
    #[must_use]
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        let (mut at, mut from, mut to) = (0, text.len(), text.len());
        for (index, c) in text.char_indices() {
            if at == self.offset {
                from = index;
            }
            if at == self.end() {
                to = index;
            }
            at += c.len_utf16();
        }
        text.get(from..to).unwrap_or_default()
    }
}

/// Most entities of a message: the server drops those behind without a word.
/// Source: <https://github.com/rubenlagus/TelegramBots/issues/854> (read 2026-11).
const ENTITIES_MAX: usize = 100;

/// Plain text and what its parts are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formatted {
    /// The text without any markup.
    pub text: String,
    /// In order of offset, the longer first.
    pub entities: Vec<Entity>,
}

impl Formatted {
    /// The text as Telegram stores it: without control characters and outer whitespace, entities moved along, blank ones
    /// dropped, and those behind the hundredth.
    ///
    /// Source: TDLib 1.8.66, `clean_input_string` and `fix_formatted_text`.
    #[must_use]
    pub fn cleaned(&self) -> Formatted {
        // For each UTF-16 offset of the old text (and its end), the offset in the new one.
        let mut moved = Vec::with_capacity(self.text.len() + 1);
        let mut text = String::with_capacity(self.text.len());
        let mut units = 0;
        for c in self.text.chars() {
            moved.extend(std::iter::repeat_n(units, c.len_utf16()));
            if let Some(kept) = clean_char(c) {
                text.push(kept);
                units += kept.len_utf16();
            }
        }
        moved.push(units);

        let is_blank = |c: char| c == ' ' || c == '\n';
        let trimmed = text.trim_matches(is_blank);
        let lead = text.len() - text.trim_start_matches(is_blank).len(); // ASCII: bytes are units
        let length = utf16_len(trimmed);
        let place = |offset: usize| {
            moved.get(offset).copied().unwrap_or(units).saturating_sub(lead).min(length)
        };
        let mut entities = Vec::with_capacity(self.entities.len());
        for entity in &self.entities {
            let (offset, end) = (place(entity.offset), place(entity.end()));
            if end > offset {
                let kept = Entity { kind: entity.kind.clone(), offset, length: end - offset };
                if !kept.of(trimmed).chars().all(is_blank) {
                    entities.push(kept);
                }
            }
        }
        sort(&mut entities);
        entities.truncate(ENTITIES_MAX);
        Formatted { text: trimmed.to_owned(), entities }
    }
}

/// Sorts by offset, the longer first; entities of the same stretch keep their order.
pub(crate) fn sort(entities: &mut [Entity]) {
    entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
}

fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn clean_char(c: char) -> Option<char> {
    match c {
        '\r' | '\u{2028}'..='\u{202e}' | '\u{333}' | '\u{33f}' | '\u{30a}' => None,
        '\n' => Some('\n'),
        '\0'..=' ' => Some(' '),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bold(offset: usize, length: usize) -> Entity {
        Entity { kind: EntityKind::Bold, offset, length }
    }

    #[test]
    fn outer_whitespace_and_control_characters_go_and_entities_move_along() {
        let raw = Formatted {
            text: " \r\n😀 a\tb\u{202e}c ".to_owned(),
            entities: vec![bold(0, 3), bold(6, 5)],
        };
        let clean = raw.cleaned();
        assert_eq!(clean.text, "😀 a bc");
        assert_eq!(clean.entities, [bold(3, 4)]);
        assert_eq!(clean.entities[0].of(&clean.text), "a bc");
    }

    #[test]
    fn an_entity_is_written_as_the_bot_api_writes_it() {
        let link = Entity {
            kind: EntityKind::TextLink { url: "https://e.org/".to_owned() },
            offset: 1,
            length: 2,
        };
        assert_eq!(
            serde_json::to_value(&link).unwrap(),
            serde_json::json!({"type": "text_link", "url": "https://e.org/", "offset": 1, "length": 2})
        );
    }
}
