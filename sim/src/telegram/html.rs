//! `parse_mode=HTML`, as Telegram's server understands it.
//!
//! In: the text of a request. Out: plain text with entities, or the words behind "Bad Request: can't parse entities: ".
//! Source: the behaviour of TDLib 1.8.66 (`parseTextEntities`), compared case by case; its byte offsets are kept.

use super::link;
use super::markup::{Cursor, Decoded, is_space};
use crate::world::entity::{Entity, EntityKind, Formatted, MentionedUser, sort};

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// Parses a text in HTML mode.
///
/// # Errors
///
/// The reason in Telegram's words, such as `Unsupported start tag "br" at byte offset 3`.
pub fn parse(html: &str) -> Result<Formatted, String> {
    Parser {
        rest: Cursor { text: html, at: 0 },
        out: Formatted::default(),
        units: 0,
        open: Vec::new(),
        code: None,
        is_broken: false,
    }
    .run()
}

struct Open {
    name: String,
    /// The value of the attribute that matters for this tag: address, language, id, time, `expandable`.
    argument: Option<String>,
    format: Option<String>,
    /// Where its text starts, in UTF-16 code units and in bytes of the plain text.
    units: usize,
    bytes: usize,
}

struct Parser<'a> {
    rest: Cursor<'a>,
    out: Formatted,
    units: usize,
    open: Vec<Open>,
    /// The last `<code class="language-…">` that closed: its place among the entities, its language.
    code: Option<(usize, String)>,
    /// Half a surrogate pair was written as a number; Telegram says so last of all.
    is_broken: bool,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Formatted, String> {
        while let Some(c) = self.rest.peek() {
            match c {
                '<' => self.tag()?,
                '&' => match self.rest.entity() {
                    Some(Decoded::Char(decoded)) => self.push(decoded),
                    Some(Decoded::Surrogate) => {
                        self.is_broken = true;
                        self.push(char::REPLACEMENT_CHARACTER);
                    }
                    None => {
                        self.rest.bump();
                        self.push('&');
                    }
                },
                other => {
                    self.rest.bump();
                    self.push(other);
                }
            }
        }
        if let Some(open) = self.open.last() {
            return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.name));
        }
        if self.is_broken {
            return Err("Text contains invalid Unicode characters after decoding HTML entities, \
                        check for unmatched surrogate code units"
                .to_owned());
        }
        sort(&mut self.out.entities);
        Ok(self.out)
    }

    fn push(&mut self, c: char) {
        self.out.text.push(c);
        self.units += c.len_utf16();
    }

    fn tag(&mut self) -> Result<(), String> {
        let start = self.rest.at;
        self.rest.bump();
        if self.rest.peek() == Some('/') {
            self.rest.bump();
            self.end_tag(start)
        } else {
            self.start_tag(start)
        }
    }

    fn start_tag(&mut self, start: usize) -> Result<(), String> {
        let name = self.rest.take_while(|c| !is_space(c) && c != '>').to_ascii_lowercase();
        if self.rest.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {start}"));
        }
        if !TAGS.contains(&name.as_str()) {
            return Err(format!("Unsupported start tag \"{name}\" at byte offset {start}"));
        }
        let (mut argument, mut format) = (None, None);
        while let Some((attribute, value)) = self.rest.attribute(&name, start)? {
            match (name.as_str(), attribute.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix") => {
                    argument = Some(value);
                }
                ("tg-time", "format") => format = Some(value),
                ("code", "class") => {
                    argument = value.strip_prefix("language-").map(str::to_owned);
                }
                ("span", "class") if value.starts_with("tg-") => argument = Some(value),
                ("blockquote", "expandable") => argument = Some(attribute),
                _ => {}
            }
        }
        if name == "span" && argument.as_deref() != Some("tg-spoiler") {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {start}"
            ));
        }
        let (units, bytes) = (self.units, self.out.text.len());
        self.open.push(Open { name, argument, format, units, bytes });
        Ok(())
    }

    fn end_tag(&mut self, start: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {start}"));
        };
        let name = self.rest.take_while(|c| !is_space(c) && c != '>').to_ascii_lowercase();
        self.rest.take_while(is_space);
        if self.rest.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {start}"));
        }
        self.rest.bump();
        if !name.is_empty() && name != open.name {
            return Err(format!(
                "Unmatched end tag at byte offset {start}, expected \"</{}>\", found \"</{name}>\"",
                open.name
            ));
        }
        if self.units == open.units {
            return Ok(());
        }
        let offset = open.units;
        if let Some(kind) = self.kind(open)? {
            self.out.entities.push(Entity { kind, offset, length: self.units - offset });
        }
        Ok(())
    }

    /// What a closed tag makes of its text; `None`: nothing.
    fn kind(&mut self, open: Open) -> Result<Option<EntityKind>, String> {
        Ok(Some(match open.name.as_str() {
            "b" | "strong" => EntityKind::Bold,
            "i" | "em" => EntityKind::Italic,
            "u" | "ins" => EntityKind::Underline,
            "s" | "strike" | "del" => EntityKind::Strikethrough,
            "span" | "tg-spoiler" => EntityKind::Spoiler,
            "blockquote" if open.argument.is_some() => EntityKind::ExpandableBlockquote,
            "blockquote" => EntityKind::Blockquote,
            "code" => {
                let language = open.argument.filter(|language| !language.is_empty());
                self.code = language.map(|language| (self.out.entities.len(), language));
                EntityKind::Code
            }
            "pre" => self.pre(open.units),
            "a" => {
                let shown = self.out.text.get(open.bytes..).unwrap_or_default();
                let href = open.argument.filter(|href| !href.is_empty());
                return Ok(link_kind(href.as_deref().unwrap_or(shown)));
            }
            "tg-emoji" => match open.argument.and_then(|id| id.parse::<i64>().ok()) {
                Some(id) if id != 0 => EntityKind::CustomEmoji { custom_emoji_id: id.to_string() },
                _ => return Err("Invalid custom emoji identifier specified".to_owned()),
            },
            "tg-time" => match open.argument.and_then(|time| time.parse::<i64>().ok()) {
                Some(unix_time) if unix_time > 0 => {
                    if open.format.as_deref().is_some_and(|format| !is_date_format(format)) {
                        return Err("Invalid date format used".to_owned());
                    }
                    EntityKind::DateTime { unix_time, date_time_format: open.format }
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    /// `<pre>`; a `<code class="language-…">` that fills it exactly becomes its language.
    fn pre(&mut self, offset: usize) -> EntityKind {
        let length = self.units - offset;
        let fills = self.out.entities.last().is_some_and(|inner| {
            inner.kind == EntityKind::Code && inner.offset == offset && inner.length == length
        });
        match self.code.take() {
            Some((index, language)) if fills && index + 1 == self.out.entities.len() => {
                self.out.entities.pop();
                EntityKind::Pre { language: Some(language) }
            }
            _ => EntityKind::Pre { language: None },
        }
    }
}

fn link_kind(href: &str) -> Option<EntityKind> {
    let url = link::checked(href)?;
    let user = url.strip_prefix("tg://user?id=").and_then(|rest| rest.split('&').next());
    match user.and_then(|id| id.parse().ok()).filter(|id| *id > 0) {
        Some(id) => {
            let user = MentionedUser { id, is_bot: false, first_name: String::new() };
            Some(EntityKind::TextMention { user })
        }
        None => Some(EntityKind::TextLink { url }),
    }
}

/// `r` (relative) alone, or any of `w d D t T`.
fn is_date_format(format: &str) -> bool {
    format.eq_ignore_ascii_case("r") || format.chars().all(|c| "wWdDtT".contains(c))
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
