//! What others say, as a line of ours.

use secrecy::{ExposeSecret, SecretString};

/// How a line is made of a text from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Longest part of the text that is kept, in characters.
    pub max_chars: usize,
    /// What stands in place of a control character or a break of lines; `None`: nothing.
    pub gap: Option<char>,
    /// What stands in place of all that is beyond `max_chars`; `None`: nothing.
    pub rest: Option<char>,
}

/// Makes one bounded line of a text that others wrote or had a part in: without control characters, and without
/// `secrets`, should something on the way have repeated them.
#[must_use]
pub(crate) fn clean(text: &str, line: Line, secrets: &[SecretString]) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    // Before anything is cut: half a secret would not be found.
    let text = without(text, secrets);
    let mut chars = text.chars().filter_map(|c| if breaks(c) { line.gap } else { Some(c) });
    let mut kept: String = chars.by_ref().take(line.max_chars).collect();
    if chars.next().is_some() {
        kept.extend(line.rest);
    }
    kept
}

/// A text with `…` in place of each of `secrets`.
pub(super) fn without(text: &str, secrets: &[SecretString]) -> String {
    let secrets = secrets.iter().map(ExposeSecret::expose_secret);
    let secrets = secrets.filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_stays_short_and_on_one_line() {
        let blank = Line { max_chars: 4, gap: Some(' '), rest: None };
        let dense = Line { max_chars: 4, gap: None, rest: Some('…') };
        for (text, line, expected) in [
            ("aä\n\u{1b}[31mz", blank, "aä  "),
            ("a\u{2028}b\u{2029}", blank, "a b "),
            ("abcde", blank, "abcd"),
            ("", blank, ""),
            ("aä\n\u{1b}[31mz", dense, "aä[3…"),
            ("a\u{2028}b\u{2029}", dense, "ab"),
            ("abcd\r\n", dense, "abcd"),
            ("abcde", dense, "abcd…"),
            ("", dense, ""),
        ] {
            assert_eq!(clean(text, line, &[]), expected, "{text:?} {line:?}");
        }
    }

    #[test]
    fn a_secret_is_cut_out_wherever_it_stands_and_also_where_the_line_ends() {
        let secrets = ["1:s3cret", "", "k3y"].map(SecretString::from);
        let line = Line { max_chars: 12, gap: Some(' '), rest: None };
        for (text, expected) in [
            ("/bot1:s3cret/getMe", "/bot…/getMe"),
            ("k3y\nk3y", "… …"),
            ("at the end 1:s3cret", "at the end …"),
            ("1:s3cre", "1:s3cre"),
        ] {
            assert_eq!(clean(text, line, &secrets), expected, "{text:?}");
        }
    }
}
