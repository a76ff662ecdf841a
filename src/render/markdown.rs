//! Discord's Markdown: the escape of its channel, and a text of a template written with its signs.
//!
//! What is worded in a template is worded once, for all services: a voice takes what a reader of a chat would see ([`Parsed`])
//! and writes it here. So an operator's template counts on Discord too. Bold, italics, code and links are kept; what else
//! Telegram's HTML has is plain text.
//!
//! No document says how Discord reads a text. What stands here follows its own answers and a reader that was made by trial
//! against its client, of which these decide most:
//!
//! - A backslash takes the meaning from any sign that is no letter, digit or blank, but not inside the text of a link: there
//!   it is shown. So a title that holds signs stands in front of its link, and not in it. Source:
//!   <https://github.com/discord/discord-api-docs/issues/6185> (2023-08: “for security reasons”).
//! - Where the text of a link looks like another link, there is no link at all. Source:
//!   <https://github.com/discord/discord-api-docs/issues/7721> (2025-07).
//! - Emoji are fine inside a link of an embed, and no link at all in a plain message. Source:
//!   <https://github.com/discord/discord-api-docs/issues/6810> (2024-04).
//! - What shows nothing is taken out of the text of a link. Source: <https://github.com/LyricLy/parse-discord>,
//!   `parse_discord/string.py`, and `parse_discord/parse.py` for all signs (read 2026-11).

use std::sync::Arc;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::bidi::LEFT_TO_RIGHT;
use super::html::{Parsed, Run};
use crate::model::{commands, is_blank, is_invisible};

/// Longest text of an embed. Discord counts code points of the Markdown; UTF-16 units are a safe upper bound. Sources:
/// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>,
/// <https://github.com/discord/discord-api-docs/issues/1315> (read 2026-11).
pub(super) const TEXT_MAX_UTF16: usize = 4096;

/// Escapes text for any place that knows Markdown, but for the text of a link.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_sign(before, c, chars.peek().copied()) {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

/// Whether a character would mean something to Discord, at a line's beginning or within.
fn is_sign(before: Option<char>, c: char, after: Option<char>) -> bool {
    match c {
        // Emphasis, spoilers, code, links, quotes, headings, small print, lists, mentions, times, emoji by their number.
        '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' | '(' | ')' | '<' | '>' | '#' | '-'
        | '@' => true,
        // Emoji by their name, and `https://`.
        ':' => after.is_none_or(|c| !c.is_whitespace()),
        // The name of a host, as in an invitation; the number of a line in a list.
        '.' => match after {
            Some(c) if !c.is_whitespace() => c.is_alphabetic(),
            Some(_) | None => before.is_some_and(|c| c.is_ascii_digit()),
        },
        _ => false,
    }
}

/// A text that leads somewhere. One that could mean something to Discord stands in front of its link.
pub(super) fn link(text: &str, url: &str) -> String {
    // Of other addresses Discord makes no link.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return escape(text);
    }
    let url = address(url);
    // Discord would take the mark that closes a text from right to left out of the link, and what follows would turn round.
    let (text, mark) = match text.strip_suffix(LEFT_TO_RIGHT) {
        Some(text) => (text, "\u{200e}"),
        None => (text, ""),
    };
    if !is_blank(text) && is_harmless(text) {
        format!("[{text}](<{url}>){mark}")
    } else {
        format!("{}{mark} ([open](<{url}>))", escape(text))
    }
}

/// The address without any sign that could end it.
fn address(url: &str) -> String {
    let mut address = String::with_capacity(url.len());
    for c in url.chars() {
        let is_end = c.is_whitespace()
            || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '\\' | '"' | '\'' | '*' | '`' | '|');
        if is_end {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                address.push_str(&format!("%{byte:02X}"));
            }
        } else {
            address.push(c);
        }
    }
    address
}

/// Whether a text is shown as it is inside a link, where nothing can be escaped.
fn is_harmless(text: &str) -> bool {
    let has_meaning = |c: char| {
        matches!(c, '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' | '<' | '>' | '@')
            || (c != ' ' && (c.is_whitespace() || c.is_control()))
            || is_left_out(c)
    };
    !text.contains(has_meaning)
        // `:name:` is an emoji.
        && text.matches(':').count() < 2
        && !resembles_address(text)
}

/// Whether Discord takes a character out of the text of a link: those that only format what stands around them, among them
/// what holds an emoji of several together.
fn is_left_out(c: char) -> bool {
    let is_variant = matches!(c, '\u{fe00}'..='\u{fe0f}');
    let is_format = || CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format;
    !c.is_ascii() && !is_variant && (is_invisible(c) || is_format())
}

/// Whether Discord could see another link in the text of one: it also sees what only looks like a slash, and invitations.
fn resembles_address(text: &str) -> bool {
    let is_slash = |c: char| {
        matches!(
            c,
            '/' | '\u{1735}'
                | '\u{2041}'
                | '\u{2044}'
                | '\u{2215}'
                | '\u{2571}'
                | '\u{27cb}'
                | '\u{29f8}'
                | '\u{2cc6}'
                | '\u{2f03}'
                | '\u{3033}'
                | '\u{30ce}'
                | '\u{31d3}'
                | '\u{4e3f}'
                | '\u{1d23a}'
        )
    };
    let mut was_slash = false;
    let has_two =
        text.chars().any(|c| std::mem::replace(&mut was_slash, is_slash(c)) && is_slash(c));
    has_two || text.to_lowercase().contains("discord")
}

/// Writes what a reader of a chat would see.
pub(super) fn write(seen: &Parsed) -> String {
    let mut text = String::new();
    for stretch in seen.runs.chunk_by(|one, other| one.bold == other.bold) {
        let inside = italics(stretch);
        let is_bold = stretch.first().is_some_and(|run| run.bold);
        text.push_str(&if is_bold { within("**", &inside) } else { inside });
    }
    text
}

/// How long Discord finds it, in UTF-16 units.
pub(super) fn utf16_len(seen: &Parsed) -> usize {
    write(seen).encode_utf16().count()
}

/// What is all bold, or not bold at all.
fn italics(runs: &[Run]) -> String {
    // The addresses of links have underscores, which would end italics.
    let is_italic = |run: &Run| run.italic && run.link.is_none();
    let mut text = String::new();
    let mut rest = runs;
    for stretch in runs.chunk_by(|one, other| is_italic(one) == is_italic(other)) {
        rest = rest.get(stretch.len()..).unwrap_or_default();
        let inside: String = stretch.chunk_by(are_one).map(written).collect();
        // An underscore in front of a letter ends no italics.
        let goes_on = rest.first().is_some_and(|run| {
            !run.code && run.link.is_none() && run.text.starts_with(char::is_alphanumeric)
        });
        let is_italic = stretch.first().is_some_and(is_italic) && !goes_on;
        text.push_str(&if is_italic { within("_", &inside) } else { inside });
    }
    text
}

/// Whether two stretches lead to the same place, or are plain text both.
fn are_one(one: &Run, other: &Run) -> bool {
    match (&one.link, &other.link) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => one.code == other.code,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn written(runs: &[Run]) -> String {
    let text: String = runs.iter().map(|run| run.text.as_str()).collect();
    match runs.first() {
        Some(Run { link: Some(url), .. }) => link(&text, url),
        // Discord's clients ask for the parts of a command by their names.
        Some(Run { code: true, .. }) => code(&commands::in_parts(&text).unwrap_or(text)),
        Some(_) | None => escape(&text),
    }
}

/// A text between signs; blanks at its ends stay outside.
fn within(sign: &str, text: &str) -> String {
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let (inside, after) = rest.split_at(rest.trim_end().len());
    if inside.is_empty() {
        return text.to_owned();
    }
    format!("{before}{sign}{inside}{sign}{after}")
}

/// A text as code. One with a backtick can't be closed for sure, and is plain.
fn code(text: &str) -> String {
    if text.contains('`') || text.trim().is_empty() {
        escape(text)
    } else if text.contains('\n') {
        format!("```\n{text}\n```")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::html;

    #[test]
    fn what_means_something_to_discord_is_escaped() {
        for (typed, escaped) in [
            ("Never Gonna Give You Up, 30.5 %: 4K!", "Never Gonna Give You Up, 30.5 %: 4K!"),
            ("**a** _b_ ~~c~~ ||d|| `e`", r"\*\*a\*\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\`"),
            ("# a", r"\# a"),
            ("-# a", r"\-\# a"),
            ("> a", r"\> a"),
            ("1. a", r"1\. a"),
            ("[a](https://b.c)", r"\[a\]\(https\://b\.c\)"),
            (
                "@everyone <@1> <#2> <t:3:R> </a:4>",
                r"\@everyone \<\@1\> \<\#2\> \<t\:3\:R\> \</a\:4\>",
            ),
            (":smile: <a:b:5>", r"\:smile: \<a\:b\:5\>"),
            ("discord.gg/a", r"discord\.gg/a"),
            (r"\*", r"\\\*"),
        ] {
            assert_eq!(escape(typed), escaped, "{typed}");
        }
    }

    #[test]
    fn a_title_with_signs_stands_in_front_of_its_link() {
        let url = "https://www.youtube.com/watch?v=a_b";
        for title in ["Rick Astley (4K)", "#1: a, b & c! 👍", "Né 1/2", "☺\u{fe0f}", "हिन्दी"]
        {
            assert_eq!(link(title, url), format!("[{title}](<{url}>)"));
        }
        for (title, escaped) in [
            ("[Live] a", r"\[Live\] a"),
            ("a*b", r"a\*b"),
            ("see https://a.b", r"see https\://a\.b"),
            ("http:∕∕a", r"http\:∕∕a"),
            ("Discord.gg/a", r"Discord\.gg/a"),
            ("@here", r"\@here"),
            (":a:", r"\:a\:"),
            ("a\u{200d}b", "a\u{200d}b"),
            (" ", " "),
            ("שיר *\u{200e}", "שיר \\*\u{200e}"),
        ] {
            assert_eq!(link(title, url), format!("{escaped} ([open](<{url}>))"), "{title}");
        }
        assert_eq!(link("שיר\u{200e}", url), format!("[שיר](<{url}>)\u{200e}"));
        assert_eq!(link("a", "https://b/?c=(d)>*e"), "[a](<https://b/?c=%28d%29%3E%2Ae>)");
        assert_eq!(link("a.b", "tg://user?id=1"), r"a\.b");
    }

    #[test]
    fn a_text_of_a_template_is_written_with_discords_signs() {
        for (html, markdown) in [
            ("<b>a</b> <i>b:</i> <code>c*</code>", "**a** _b\\:_ `c*`"),
            ("<b><a href=\"https://x\">a</a></b>", "**[a](<https://x>)**"),
            ("<b> a <i>b</i></b>c", " **a _b_**c"),
            ("<i>a</i>b <i>c</i>, <i> </i>", "ab _c_,  "),
            ("<i>a <a href=\"https://x/_\">b</a></i>", "_a_ [b](<https://x/_>)"),
            ("<b>a<code>b</code></b><code>c</code>", "**a**`bc`"),
            ("<code>a`b</code><u>_</u><pre>c\nd</pre>", "a\\`b\\_```\nc\nd\n```"),
            ("<a href=\"https://x\"><code>a_b</code></a>", "a\\_b ([open](<https://x>))"),
        ] {
            assert_eq!(write(&html::parse(html).unwrap()), markdown, "{html}");
        }
    }
}
