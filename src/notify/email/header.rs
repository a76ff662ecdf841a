//! The head of a mail: what others wrote stands in it so that it reads as what it is, and as nothing else.
//!
//! Sources: RFC 5322, sections 2.2.3 (folding) and 3.2; RFC 2047 for words with other letters than ASCII.

use data_encoding::BASE64;

/// Longest line that we write where a line can be broken, in characters. Source: RFC 5322, section 2.1.1.
pub(super) const LINE_MAX: usize = 78;

/// Longest encoded word. Source: RFC 2047, section 2.
const WORD_MAX: usize = 75;

const OPEN: &str = "=?utf-8?B?";
const CLOSE: &str = "?=";

/// The lines of a head, as they are sent.
#[derive(Debug, Default)]
pub(super) struct Head(String);

impl Head {
    /// A field whose value we made: ASCII without breaks of lines, or an address with letters beyond ASCII.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        debug_assert!(!value.contains(char::is_control), "{name}: {value:?}");
        self.0.push_str(&format!("{name}: {value}\r\n"));
    }

    /// A field that holds a text of somebody's.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let text = one_line(text);
        let value = match is_plain(&text) {
            true => folded(&text, name.len() + 2),
            false => encoded(&text, name.len() + 2),
        };
        self.0.push_str(&format!("{name}: {value}\r\n"));
    }

    /// A field that holds an address, with a name if there is one.
    pub(super) fn mailbox(&mut self, name: &str, shown: &str, address: &str) {
        let shown = one_line(shown);
        if shown.is_empty() {
            return self.field(name, address);
        }
        let column = name.len() + 2;
        let quoted = format!("\"{}\"", shown.replace('\\', "\\\\").replace('"', "\\\""));
        let phrase = match is_plain(&shown) && column + quoted.len() <= LINE_MAX {
            true => quoted,
            false => encoded(&shown, column),
        };
        let last = phrase.rsplit("\r\n").next().unwrap_or_default().len();
        let used = if phrase.contains("\r\n") { last } else { column + last };
        let gap = if used + address.len() + 3 > LINE_MAX { "\r\n " } else { " " };
        self.0.push_str(&format!("{name}: {phrase}{gap}<{address}>\r\n"));
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// A text without what breaks lines or is not seen, and without blanks around it.
pub(super) fn one_line(text: &str) -> String {
    let blank = |c: char| {
        let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if breaks { ' ' } else { c }
    };
    text.chars().map(blank).collect::<String>().trim().to_owned()
}

/// Whether it may stand there as it is: ASCII that nobody reads as an encoded word, and that can be folded.
fn is_plain(text: &str) -> bool {
    let is_ascii = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_foldable = text.split(' ').all(|word| word.len() < LINE_MAX - "Subject: ".len());
    is_ascii && is_foldable && !text.contains("=?") && !text.contains("  ")
}

/// A plain text with breaks in front of blanks.
fn folded(text: &str, column: usize) -> String {
    let mut folded = String::with_capacity(text.len() + 8);
    let mut used = column;
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            let is_full = used + 1 + word.len() > LINE_MAX;
            folded.push_str(if is_full { "\r\n " } else { " " });
            used = if is_full { 1 } else { used + 1 };
        }
        folded.push_str(word);
        used += word.len();
    }
    folded
}

/// A text as encoded words, one a line, each of whole characters.
fn encoded(text: &str, column: usize) -> String {
    let room = |column: usize| {
        let line = LINE_MAX.saturating_sub(column).min(WORD_MAX);
        line.saturating_sub(OPEN.len() + CLOSE.len()) / 4 * 3
    };
    let mut words = String::new();
    let (mut bytes, mut max) = (Vec::new(), room(column));
    let mut finish = |bytes: &mut Vec<u8>| {
        if !words.is_empty() {
            words.push_str("\r\n ");
        }
        words.push_str(&format!("{OPEN}{}{CLOSE}", BASE64.encode(bytes)));
        bytes.clear();
    };
    for c in text.chars() {
        if bytes.len() + c.len_utf8() > max {
            finish(&mut bytes);
            max = room(1);
        }
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    finish(&mut bytes);
    words
}
