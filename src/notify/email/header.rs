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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut head = Head::default();
        head.text("Subject", text);
        head.into_string()
    }

    fn from(shown: &str) -> String {
        let mut head = Head::default();
        head.mailbox("From", shown, "bell@example.org");
        head.into_string()
    }

    #[test]
    fn a_text_in_ascii_stands_there_as_it_is_and_is_folded() {
        assert_eq!(text("10,000 views: \"Never\" <3"), "Subject: 10,000 views: \"Never\" <3\r\n");
        let long = "likes ".repeat(20);
        assert_eq!(
            text(&long),
            format!(
                "Subject: {}\r\n {}\r\n",
                "likes ".repeat(11).trim(),
                "likes ".repeat(9).trim()
            )
        );
        assert_eq!(text(""), "Subject: \r\n");
    }

    #[test]
    fn what_is_no_plain_text_is_made_of_encoded_words() {
        assert_eq!(text("Ü"), "Subject: =?utf-8?B?w5w=?=\r\n");
        // Somebody typed an encoded word.
        assert_eq!(text("=?utf-8?q?x?="), "Subject: =?utf-8?B?PT91dGYtOD9xP3g/PQ==?=\r\n");
        for odd in ["ü".repeat(500), "🎉".repeat(99), "x".repeat(300), "a  b".to_owned()] {
            let text = text(&odd);
            assert!(text.contains("=?utf-8?B?"), "{text}");
            assert!(text.split("\r\n").all(|line| line.len() <= LINE_MAX), "{text}");
            assert!(text.split_whitespace().all(|word| word.len() <= WORD_MAX), "{text}");
        }
    }

    #[test]
    fn a_name_is_quoted_or_encoded() {
        assert_eq!(from(""), "From: bell@example.org\r\n");
        assert_eq!(from("a, \"b\" \\"), "From: \"a, \\\"b\\\" \\\\\" <bell@example.org>\r\n");
        assert_eq!(from("Glöckchen"), "From: =?utf-8?B?R2zDtmNrY2hlbg==?= <bell@example.org>\r\n");
        let long = from(&"tube bell ".repeat(9));
        assert!(long.split("\r\n").all(|line| line.len() <= LINE_MAX), "{long}");
        assert!(long.ends_with(" <bell@example.org>\r\n"), "{long}");
    }

    #[test]
    fn nobody_breaks_out_of_a_line() {
        for evil in [
            "a\r\nBcc: x@y",
            "a\nBcc: x@y",
            "a\rBcc: x@y",
            "a\u{2028}Bcc: x@y",
            "a\u{85}Bcc: x@y",
            "a\0b",
        ] {
            for head in [text(evil), from(evil)] {
                assert!(!head.contains("\nBcc"), "{head:?}");
                assert!(!head.trim_end().contains(char::is_control), "{head:?}");
            }
        }
    }
}
