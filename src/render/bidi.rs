//! What turns the direction of a line, in texts of strangers.
//!
//! A title may open an embedding, an override or an isolate and never close it: all that follows on the line (a rule, a
//! number, a time) would be turned round with it. And behind a title in Arabic or Hebrew, numbers and brackets go on from
//! right to left. A title arrives as it was typed, and is closed behind its end.

use std::borrow::Cow;

use icu_properties::CodePointMapData;
use icu_properties::props::BidiClass;

const END_OF_EMBEDDING: char = '\u{202c}';
const END_OF_ISOLATE: char = '\u{2069}';

/// Goes from left to right, and is not seen.
pub(super) const LEFT_TO_RIGHT: char = '\u{200e}';

/// What a sign opens is closed by.
const fn closing(c: char) -> Option<char> {
    match c {
        '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => Some(END_OF_EMBEDDING),
        '\u{2066}'..='\u{2068}' => Some(END_OF_ISOLATE),
        _ => None,
    }
}

/// The text with an end behind it for everything that it opens and leaves open, and with a mark where it ends from right to
/// left; at most twice as many characters.
///
/// Pairs are found as Unicode finds them (UAX 9, X5 to X7): an isolate that ends, ends the embeddings within it, and an
/// end of nothing is none.
pub(super) fn closed(text: &str) -> Cow<'_, str> {
    let mut open = Vec::new();
    for c in text.chars() {
        if let Some(end) = closing(c) {
            open.push(end);
        } else if c == END_OF_ISOLATE {
            let isolate = open.iter().rposition(|end| *end == c);
            open.truncate(isolate.unwrap_or(open.len()));
        } else if c == END_OF_EMBEDDING && open.last() == Some(&c) {
            open.pop();
        }
    }
    let mark = ends_from_right(text).then_some(LEFT_TO_RIGHT);
    if open.is_empty() && mark.is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().chain(open.into_iter().rev()).chain(mark).collect())
}

/// Whether the last sign of the text that has a direction goes from right to left: what has none follows it.
fn ends_from_right(text: &str) -> bool {
    let classes = CodePointMapData::<BidiClass>::new();
    let direction = |c| match classes.get(c) {
        BidiClass::LeftToRight => Some(false),
        BidiClass::RightToLeft | BidiClass::ArabicLetter => Some(true),
        _ => None,
    };
    text.chars().rev().find_map(direction).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_open_is_closed_behind_the_text() {
        for (text, ends) in [
            ("a title", ""),
            ("a \u{2067}title", "\u{2069}"),
            ("a \u{2067}title\u{2069}", ""),
            ("\u{202e}eltit\u{202c} \u{202e}a", "\u{202c}"),
            ("a\u{2069} title\u{202c}", ""),
            ("\u{2067}a \u{202e}title\u{2069}", ""),
            ("\u{202e}\u{2067}a\u{202c}", "\u{2069}\u{202c}"),
            ("\u{2066}\u{2067}a\u{2069}", "\u{2069}"),
        ] {
            assert_eq!(closed(text), format!("{text}{ends}"), "{text:?}");
        }
    }

    #[test]
    fn what_follows_a_text_from_right_to_left_goes_from_left_to_right() {
        for (text, is_marked) in [
            ("مقطع قصير", true),
            ("שיר (live!) 2", false),
            ("live שיר (2)", true),
            ("\u{2067}שיר", true),
            ("a title", false),
            ("2026 🎉", false),
            ("", false),
        ] {
            assert_eq!(closed(text).ends_with(LEFT_TO_RIGHT), is_marked, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_arrives_as_typed_and_leaves_nothing_open(
            text in "[abאع\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,30}",
        ) {
            let once = closed(&text);
            prop_assert!(once.starts_with(&text));
            prop_assert!(once.chars().count() <= 2 * text.chars().count());
            prop_assert_eq!(closed(&once), once.clone());
        }
    }
}
