//! What Discord takes, and what its readers see: limits, and a reader of its Markdown that knows nothing of the crate's.
//!
//! Sources: <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>, and for the Markdown
//! <https://github.com/LyricLy/parse-discord> (read 2026-11).

use std::collections::BTreeSet;

use tubebell::model::{Body, EmbedMessage, is_blank};

use super::is_unruly;

/// What is seen of a text in Markdown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) text: String,
    /// The text of each link, and where it leads.
    pub(crate) links: Vec<(String, String)>,
}

/// Stands for what is not read as Markdown: an escaped sign, code, a link.
const MASK: char = '\u{0}';

/// Reads Markdown with bold, italics, code and links. Whatever else Discord would make of it, fails.
#[track_caller]
pub(crate) fn read(markdown: &str) -> Seen {
    let mut seen = Seen::default();
    // What Discord looks for mentions, emoji, lists and the like in.
    let mut bare = String::new();
    let (mut is_bold, mut is_italic) = (false, false);
    let mut rest = markdown;
    while let Some((c, after)) = first(rest) {
        rest = after;
        let mut take = |text: &str| {
            seen.text.push_str(text);
            bare.push(MASK);
        };
        match c {
            '\\' => {
                let (sign, after) = first(after).expect("a backslash escapes something");
                assert!(!sign.is_ascii_alphanumeric() && !sign.is_whitespace(), "{markdown:?}");
                take(sign.encode_utf8(&mut [0; 4]));
                rest = after;
            }
            '`' => {
                let (sign, after) = match after.strip_prefix("``") {
                    Some(after) => ("```", after),
                    None => ("`", after),
                };
                let (code, after) = after.split_once(sign).expect("code ends");
                assert!(!code.is_empty() && !after.starts_with('`'), "{markdown:?}");
                take(code.trim_matches('\n'));
                rest = after;
            }
            '*' => {
                rest = after.strip_prefix('*').unwrap_or_else(|| panic!("one *: {markdown:?}"));
                assert!(!rest.starts_with('*'), "{markdown:?}");
                is_bold = !is_bold;
                bare.push(MASK);
            }
            '_' => {
                let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
                assert!(!is_italic || !after.starts_with(goes_on), "{markdown:?}");
                is_italic = !is_italic;
                bare.push(MASK);
            }
            '[' => {
                let (text, after) = after.split_once("](<").expect("a link has an address");
                let (url, after) = after.split_once(">)").expect("an address ends");
                assert_link(text, url);
                take(text);
                seen.links.push((text.to_owned(), url.to_owned()));
                rest = after;
            }
            ']' | '<' => panic!("{c} in {markdown:?}"),
            _ => {
                seen.text.push(c);
                bare.push(c);
            }
        }
    }
    assert!(!is_bold && !is_italic, "never ends: {markdown:?}");
    assert_plain(&bare);
    seen
}

/// The first character, and what follows.
fn first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|c| (c, chars.as_str()))
}

/// Asserts that a link is one, and shows its text as it is: nothing can be escaped in it.
#[track_caller]
fn assert_link(text: &str, url: &str) {
    assert!(!is_blank(text), "{text:?}");
    assert!(!text.contains(['\\', '`', '*', '_', '~', '|', '[', ']', '<', '>', '@']), "{text:?}");
    assert!(!text.contains("//") && !text.contains("discord.gg"), "{text:?}");
    assert!(!text.contains(['\u{ad}', '\u{200b}', '\u{200d}', '\u{202e}', '\u{3164}']), "{text:?}");
    assert_no_emoji_name(text);
    assert!(url.starts_with("https://"), "{url}");
    assert!(!url.contains(|c: char| c.is_whitespace() || "<>()\\".contains(c)), "{url}");
}

/// Asserts that Discord makes nothing of a text.
#[track_caller]
fn assert_plain(bare: &str) {
    for sign in ["~~", "||", "://", "@everyone", "@here", "discord.gg", "discord.com"] {
        assert!(!bare.contains(sign), "{sign} in {bare:?}");
    }
    assert_no_emoji_name(bare);
    for line in bare.lines() {
        let line = line.trim_start_matches(' ');
        for sign in ["# ", "## ", "### ", "-# ", "- ", "> ", ">>> "] {
            assert!(!line.starts_with(sign), "{sign} in {bare:?}");
        }
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        assert!(digits == line || !digits.starts_with(". "), "a list: {bare:?}");
    }
}

#[track_caller]
fn assert_no_emoji_name(text: &str) {
    let mut between = text.split(':').skip(1).collect::<Vec<_>>();
    between.pop();
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    assert!(!between.into_iter().any(is_name), "an emoji: {text:?}");
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Asserts that Discord takes a body, shows all of it, and makes nothing of it but bold, italics, code and links to YouTube.
#[track_caller]
pub(crate) fn check(body: &Body) -> &EmbedMessage {
    let Body::Embed(message) = body else { panic!("{body:?}") };
    let EmbedMessage { text, embeds, buttons, mention, picture: _, file: _ } = message;
    assert_eq!(*mention, None);
    assert!(units(text) <= 2000 && embeds.len() <= 10 && !embeds.is_empty(), "{message:#?}");
    assert!(read(text).links.is_empty(), "{text}");
    let (mut sum, mut urls) = (0, BTreeSet::new());
    for embed in embeds {
        let mut counted = |text: &str, max: usize| {
            assert!(units(text) <= max, "{} of {max}: {text}", units(text));
            assert!(!text.chars().any(|c| c != '\n' && is_unruly(c)), "{text:?}");
            sum += units(text);
        };
        if let Some(author) = &embed.author {
            assert!(!is_blank(&author.text) && author.url.starts_with("https://"), "{author:?}");
            counted(&author.text, 256);
        }
        if let Some(title) = &embed.title {
            let seen = read(&title.text);
            assert!(!is_blank(&seen.text) && seen.links.is_empty(), "{title:?}");
            assert!(title.url.starts_with("https://www.youtube.com/"), "{title:?}");
            assert!(urls.insert(&title.url), "twice: {}", title.url);
            counted(&title.text, 256);
        }
        counted(&embed.text, 4096);
        counted(&embed.footer, 2048);
        assert!(embed.fields.len() <= 25);
        for field in &embed.fields {
            counted(&field.name, 256);
            counted(&field.value, 1024);
            assert!(!is_blank(&read(&field.name).text) && !is_blank(&read(&field.value).text));
        }
        let texts = embed.fields.iter().map(|field| &field.value).chain([&embed.text]);
        for (text, url) in texts.flat_map(|text| read(text).links) {
            assert!(url.starts_with("https://www.youtube.com/"), "{text}: {url}");
        }
        assert!(!embed.text.is_empty() || !embed.fields.is_empty(), "{embed:?}");
        assert!(embed.thumbnail.iter().all(|url| url.starts_with("https://i.ytimg.com/vi/")));
    }
    assert!(sum <= 6000, "{sum} in all embeds");
    assert!(buttons.len() <= 5 && buttons.iter().all(|row| (1..=5).contains(&row.len())));
    for button in buttons.iter().flatten() {
        assert!((1..=100).contains(&button.data.len()) && (1..=80).contains(&units(&button.text)));
    }
    message
}
