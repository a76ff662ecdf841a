//! A sentence of an error, with the parts in backticks as code.
//!
//! Errors quote what people typed (`` `@foo` is no time zone ``). In a chat, quoted text must stand in code: plain
//! text grows mentions and links.

use serde::Serialize;

/// A sentence in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prose(Vec<Part>);

/// A part of a sentence; exactly one field is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
struct Part {
    /// Our words.
    plain: Option<String>,
    /// Something quoted.
    code: Option<String>,
}

impl Prose {
    /// Splits a sentence at its backticks.
    #[must_use]
    pub fn new(sentence: &str) -> Prose {
        let parts = sentence.split('`').enumerate().filter(|(_, part)| !part.is_empty());
        let parts = parts.map(|(index, part)| {
            // A backtick inside the quoted text would bring the rest of it out into plain text.
            if index % 2 == 1 || is_lively(part) {
                Part { code: Some(part.to_owned()), plain: None }
            } else {
                Part { plain: Some(part.to_owned()), code: None }
            }
        });
        Prose(parts.collect())
    }
}

/// Whether a chat could make a mention, a hashtag, a command or a link of something in plain `text`.
fn is_lively(text: &str) -> bool {
    let inner_dot = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).contains('.');
    text.contains(['@', '#', '$'])
        || text.contains("://")
        || text.split_whitespace().any(|word| word.starts_with('/') || inner_dot(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sentence: &str, expected: &str) {
        let parts = Prose::new(sentence).0;
        let shown: Vec<String> = parts
            .into_iter()
            .map(|part| match (part.plain, part.code) {
                (Some(plain), None) => plain,
                (None, Some(code)) => format!("[{code}]"),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(shown.concat(), expected);
    }

    #[test]
    fn what_is_quoted_is_code_and_our_words_are_plain() {
        check("`vews` is no signal: write `views`", "[vews] is no signal: write [views]");
        check("`@all` is no zone", "[@all] is no zone");
        check("no backticks at all.", "no backticks at all.");
        check("", "");
    }

    #[test]
    fn a_backtick_in_the_quoted_text_brings_nothing_lively_out() {
        check("`a` @all `b` is wrong", "[a][ @all ][b] is wrong");
        check("`a` /stop `", "[a][ /stop ]");
        check("`a` evil.com `", "[a][ evil.com ]");
    }
}
