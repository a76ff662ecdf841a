//! Telegram's HTML mode: the escape of its channel, and a reader as strict as the API.
//!
//! The reader is used three ways: a template that the API would refuse fails at start, the length of a message is
//! counted as the API counts it (after parsing), and previews show what a reader would see.
//!
//! Source: <https://core.telegram.org/bots/api#html-style> and TDLib's parser (`MessageEntity.cpp`), 2026-11.

use std::fmt;
use std::sync::Arc;

use crate::model::excerpt;

/// Longest text of one message, after parsing. The API counts code points; UTF-16 units are a safe upper bound.
/// Source: <https://core.telegram.org/bots/api#sendmessage> (read 2026-11).
pub(super) const TEXT_MAX_UTF16: usize = 4096;

/// Longest caption of a picture or a file, after parsing and counted in the same way. Source: as above, `#sendphoto` and
/// `#senddocument`.
pub(super) const CAPTION_MAX_UTF16: usize = 1024;

/// Most entities of one message: those behind are dropped without a word, and what stood in them becomes plain text.
/// Source: <https://github.com/rubenlagus/TelegramBots/issues/854> and
/// <https://github.com/tdlib/telegram-bot-api/issues/820> (read 2026-11); no document says it.
pub(super) const TAGS_MAX: usize = 100;

/// Most tags that stand inside each other: there are not as many ways to set a text off.
const DEPTH_MAX: usize = 20;

const TAGS: [&str; 18] = [
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
    "code",
    "pre",
    "blockquote",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    // No tag of Telegram's; listed so that its refusal can name the way out.
    "br",
];

/// Escapes text for the content of an element and for attributes in double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// What of a text Telegram would refuse, drop or show literally.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HtmlFault {
    /// Not a tag of Telegram's.
    #[error(
        "`<{0}>` is no tag of Telegram's; it knows a, b, i, u, s, code, pre, blockquote, span class=\"tg-spoiler\""
    )]
    Tag(String),
    /// `<br>`.
    #[error("`<br>` is no tag of Telegram's; start a new line instead")]
    LineBreak,
    /// A `<` that opens no tag.
    #[error("`<` opens no tag here; write `&lt;`")]
    Bare,
    /// An attribute that is unknown or not in double quotes.
    #[error("the attributes of `<{0}>` are not as Telegram wants them; write {1}")]
    Attributes(String, &'static str),
    /// An entity that Telegram shows literally.
    #[error(
        "Telegram decodes only &lt; &gt; &amp; &quot; and numeric entities; write the character itself, or `&amp;`"
    )]
    Entity,
    /// An end tag without its start, or in the wrong order.
    #[error("`</{found}>` closes nothing here{}", .expected.as_ref().map(|tag| format!("; `</{tag}>` is due")).unwrap_or_default())]
    Unmatched {
        /// The end tag.
        found: String,
        /// The one that is due.
        expected: Option<String>,
    },
    /// A start tag without its end.
    #[error("`<{0}>` is never closed")]
    Unclosed(String),
    /// Tags without end inside each other.
    #[error("`<{0}>` stands inside {DEPTH_MAX} other tags: no text needs that many")]
    Depth(String),
    /// Tags that Telegram does not nest.
    #[error("`<{inner}>` can't stand inside `<{outer}>`")]
    Nesting {
        /// The inner tag.
        inner: String,
        /// The outer tag.
        outer: String,
    },
}

/// Where a text is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced<F> {
    /// What is wrong.
    pub fault: F,
    /// The line of the rendered text in which it is.
    pub near: String,
}

/// Where the HTML of a chat is wrong.
pub(crate) type HtmlError = Misplaced<HtmlFault>;

impl<F: fmt::Display> fmt::Display for Misplaced<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (in the rendered line: {})", self.fault, self.near)
    }
}

impl<F: fmt::Debug + fmt::Display> std::error::Error for Misplaced<F> {}

/// A stretch of visible text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    /// Where it leads, inside a link.
    pub(super) link: Option<Arc<str>>,
    /// Inside `code` or `pre`.
    pub(super) code: bool,
    /// Inside `b` or `strong`; no code is.
    pub(super) bold: bool,
    /// Inside `i` or `em`; no code is.
    pub(super) italic: bool,
}

/// A text as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    pub(super) runs: Vec<Run>,
    /// How many tags were opened: each is an entity.
    pub(super) tags: usize,
}

impl Parsed {
    /// The visible text.
    pub(super) fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// The same with a text in the place of a character.
    pub(super) fn replace(mut self, stand_in: char, text: &str) -> Parsed {
        for run in self.runs.iter_mut().filter(|run| run.text.contains(stand_in)) {
            run.text = run.text.replace(stand_in, text);
        }
        self
    }

    /// Its length in UTF-16 units.
    pub(super) fn utf16_len(&self) -> usize {
        self.runs.iter().map(|run| run.text.encode_utf16().count()).sum()
    }

    /// Stands for a text of which only so much is known that no message holds it.
    pub(super) const fn endless() -> Parsed {
        Parsed { runs: Vec::new(), tags: 1000 * TAGS_MAX }
    }

    /// Whether nothing of it is seen: every service refuses such a text.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.iter().all(|run| run.text.trim().is_empty())
    }

    /// Whether Telegram takes it as the caption of a picture.
    pub(super) fn fits_a_caption(&self) -> bool {
        self.utf16_len() <= CAPTION_MAX_UTF16
    }
}

struct Open<'a> {
    tag: &'a str,
    link: Option<Arc<str>>,
}

/// Reads a text in HTML mode.
///
/// # Errors
///
/// The first place at which the API would refuse the text, or show something other than what was meant.
pub(super) fn parse(html: &str) -> Result<Parsed, HtmlError> {
    let mut parsed = Parsed::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = html;
    let at = |rest: &str| {
        let (before, _) = html.split_at(html.len() - rest.len());
        let line = html.lines().nth(before.matches('\n').count()).unwrap_or_default();
        near(line)
    };
    while !rest.is_empty() {
        let (text, special) = rest.split_at(rest.find(['<', '&']).unwrap_or(rest.len()));
        let fail = |fault| Err(HtmlError { fault, near: at(special) });
        push_text(&mut parsed, &open, text);
        if special.is_empty() {
            break;
        }
        if let Some(after) = special.strip_prefix('&') {
            let Some((c, after)) = entity(after) else { return fail(HtmlFault::Entity) };
            push_text(&mut parsed, &open, c.encode_utf8(&mut [0; 4]));
            rest = after;
            continue;
        }
        let Some((tag, after)) = special.strip_prefix('<').and_then(|tag| tag.split_once('>'))
        else {
            return fail(HtmlFault::Bare);
        };
        let step = match tag.strip_prefix('/') {
            Some(name) => close(&mut open, name.trim_end()),
            None => {
                parsed.tags += 1;
                start(&mut open, tag)
            }
        };
        if let Err(fault) = step {
            return fail(fault);
        }
        rest = after;
    }
    match open.pop() {
        Some(last) => Err(HtmlError {
            fault: HtmlFault::Unclosed(last.tag.to_owned()),
            near: near(html.lines().last().unwrap_or_default()),
        }),
        None => Ok(parsed),
    }
}

/// Longest line that a message about it repeats, in characters.
const NEAR_CHARS: usize = 160;

/// A rendered text as a message about it repeats it: its beginning, on one line.
pub(super) fn near(text: &str) -> String {
    text.chars().take(NEAR_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn push_text(parsed: &mut Parsed, open: &[Open<'_>], text: &str) {
    if text.is_empty() {
        return;
    }
    let link = open.iter().rev().find_map(|tag| tag.link.as_ref());
    let is_in = |tags: [&str; 2]| open.iter().any(|open| tags.contains(&open.tag));
    let code = is_in(["code", "pre"]);
    let (bold, italic) = (!code && is_in(["b", "strong"]), !code && is_in(["i", "em"]));
    match parsed.runs.last_mut() {
        Some(run)
            if (run.code, run.bold, run.italic) == (code, bold, italic)
                && is_same(run.link.as_ref(), link) =>
        {
            run.text.push_str(text);
        }
        _ => {
            let link = link.cloned();
            parsed.runs.push(Run { text: text.to_owned(), link, code, bold, italic });
        }
    }
}

/// Whether two texts lead to the same place. Most often it is one link, whose address need not be read.
fn is_same(one: Option<&Arc<str>>, other: Option<&Arc<str>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Decodes what follows an `&`; returns the character and the rest.
fn entity(after: &str) -> Option<(char, &str)> {
    let (name, rest) = after.split_once(';')?;
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((c, rest))
}

fn close(open: &mut Vec<Open<'_>>, name: &str) -> Result<(), HtmlFault> {
    let expected = open.last().map(|last| last.tag);
    if expected == Some(name) {
        open.pop();
        return Ok(());
    }
    Err(HtmlFault::Unmatched {
        found: excerpt(name).into_owned(),
        expected: expected.map(str::to_owned),
    })
}

fn start<'a>(open: &mut Vec<Open<'a>>, tag: &'a str) -> Result<(), HtmlFault> {
    let (name, attributes) = tag.split_once([' ', '\n', '\t']).unwrap_or((tag, ""));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(HtmlFault::Bare);
    }
    if name.trim_end_matches('/') == "br" {
        return Err(HtmlFault::LineBreak);
    }
    if !TAGS.contains(&name) {
        return Err(HtmlFault::Tag(excerpt(name).into_owned()));
    }
    if open.len() == DEPTH_MAX {
        return Err(HtmlFault::Depth(name.to_owned()));
    }
    let nested = |outer: &Open<'_>| match (outer.tag, name) {
        ("pre", "code") => false,
        ("code" | "pre", _) => true,
        ("a", "a") | ("blockquote", "blockquote") => true,
        _ => false,
    };
    if let Some(outer) = open.iter().find(|outer| nested(outer)) {
        return Err(HtmlFault::Nesting { inner: name.to_owned(), outer: outer.tag.to_owned() });
    }
    let wanted = |form| HtmlFault::Attributes(name.to_owned(), form);
    let link = match (name, attributes.trim()) {
        ("a", given) => {
            let form = "<a href=\"https://…\">";
            let href = quoted(given, "href").ok_or_else(|| wanted(form))?;
            // For any other address Telegram drops the link silently, and its text grows mentions again.
            let known = ["https://", "http://", "tg://", "mailto:"];
            if !known.iter().any(|scheme| href.starts_with(scheme)) {
                return Err(wanted(form));
            }
            Some(Arc::from(href))
        }
        ("span", "class=\"tg-spoiler\"") | ("blockquote", "expandable") => None,
        ("span", _) => return Err(wanted("<span class=\"tg-spoiler\">")),
        (_, "") => None,
        ("code", given) if quoted(given, "class").is_some() => None,
        ("tg-emoji" | "tg-time", given) if given.ends_with('"') => None,
        _ => return Err(wanted("the tag without any")),
    };
    open.push(Open { tag: name, link });
    Ok(())
}

/// The decoded value of `name="value"`, when `text` is that and nothing else.
fn quoted(text: &str, name: &str) -> Option<String> {
    let value = text.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"')?;
    if value.contains(['"', '<']) {
        return None;
    }
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        let (c, after) = entity(after)?;
        decoded.push_str(before);
        decoded.push(c);
        rest = after;
    }
    decoded.push_str(rest);
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(html: &str) -> String {
        parse(html).expect_err("refused").fault.to_string()
    }

    #[test]
    fn what_the_api_refuses_or_silently_drops_is_refused_with_the_way_out() {
        insta::assert_snapshot!(
            [
                "a<br>b", "<p>x</p>", "1 < 2", "x &apos; y", "<b><i>x</b></i>", "</b>", "<b>x",
                "<a href=\"javascript:alert(1)\">x</a>", "<a href=https://x>x</a>", "<a>x</a>",
                "<code><b>x</b></code>", "<b onclick=\"x\">y</b>", "<span>x</span>",
            ]
            .map(|html| format!("{html}: {}", fault(html)))
            .join("\n"),
            @r#"
        a<br>b: `<br>` is no tag of Telegram's; start a new line instead
        <p>x</p>: `<p>` is no tag of Telegram's; it knows a, b, i, u, s, code, pre, blockquote, span class="tg-spoiler"
        1 < 2: `<` opens no tag here; write `&lt;`
        x &apos; y: Telegram decodes only &lt; &gt; &amp; &quot; and numeric entities; write the character itself, or `&amp;`
        <b><i>x</b></i>: `</b>` closes nothing here; `</i>` is due
        </b>: `</b>` closes nothing here
        <b>x: `<b>` is never closed
        <a href="javascript:alert(1)">x</a>: the attributes of `<a>` are not as Telegram wants them; write <a href="https://…">
        <a href=https://x>x</a>: the attributes of `<a>` are not as Telegram wants them; write <a href="https://…">
        <a>x</a>: the attributes of `<a>` are not as Telegram wants them; write <a href="https://…">
        <code><b>x</b></code>: `<b>` can't stand inside `<code>`
        <b onclick="x">y</b>: the attributes of `<b>` are not as Telegram wants them; write the tag without any
        <span>x</span>: the attributes of `<span>` are not as Telegram wants them; write <span class="tg-spoiler">
        "#
        );
    }

    #[test]
    fn the_visible_text_knows_what_is_link_and_what_is_code() {
        let parsed =
            parse("<b><a href=\"https://x?a=1&amp;b=2\">t&amp;t</a></b> <code>c</code>\nz")
                .unwrap();
        let runs: Vec<_> = parsed
            .runs
            .iter()
            .map(|run| (run.text.as_str(), run.link.as_deref(), run.code))
            .collect();
        assert_eq!(
            runs,
            [
                ("t&t", Some("https://x?a=1&b=2"), false),
                (" ", None, false),
                ("c", None, true),
                ("\nz", None, false)
            ]
        );
    }

    #[test]
    fn length_is_counted_after_parsing_in_utf16_units() {
        assert_eq!(parse("<b>&lt;👍</b>").unwrap().utf16_len(), 3);
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back_as_typed(text in "\\PC*") {
            prop_assert_eq!(parse(&escape(&text)).unwrap().text(), text.clone());
            let link = format!("<a href=\"https://x?{}\">x</a>", escape(&text));
            let parsed = parse(&link).unwrap();
            prop_assert_eq!(parsed.runs[0].link.as_deref(), Some(&*format!("https://x?{text}")));
        }

        #[test]
        fn no_text_at_all_makes_the_reader_panic(text in ".*", tags in "[<>/&;#ab \"=]*") {
            drop((parse(&text), parse(&tags)));
        }
    }
}
