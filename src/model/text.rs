//! Text that people type and paste: what can't be seen in it, its composed form, letters of any case.
//!
//! Chats, browsers and spreadsheets leave characters without a picture beside what is meant: direction marks, zero-width
//! spaces, byte order marks. The properties are those of Unicode, from the crates that `reqwest` brings along for host
//! names.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData};

/// Whether nothing is seen of a character, not even a gap.
///
/// These are the characters that Unicode lets a display leave out, and what iOS copies in place of a picture.
#[must_use]
pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (c == '\u{fffc}' || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

/// Whether nothing is seen of a text, so that a link of it could not be pressed.
///
/// Blanks, controls and what a display may leave out count as nothing, as do signs that only format what stands around
/// them, marks without a letter under them, and code points that Unicode has given to nothing yet.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Whether a character shows nothing by itself: see [`is_blank`].
#[must_use]
pub(crate) fn is_unseen(c: char) -> bool {
    use GeneralCategory::{Control, Format, NonspacingMark, Unassigned};
    if c.is_ascii_graphic() {
        return false;
    }
    c.is_whitespace()
        || is_invisible(c)
        || is_empty_picture(c)
        || matches!(category(c), Control | Format | NonspacingMark | Unassigned)
}

/// Letters and symbols whose picture is empty: the blank of Braille, the null notehead, two blanks among hieroglyphs.
/// Source: The Unicode Standard 17.0, code charts U+2800, U+1D100, U+13430 (read 2026-11).
const fn is_empty_picture(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}')
}

/// Whether a character joins letters or keeps them apart: a part of words in Persian, Sinhala and others.
pub(super) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// The text without white space and invisible characters at its ends.
#[must_use]
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// The text without the invisible characters at the ends of its words and of what signs like `/ : ; = @` part in them.
///
/// Those between letters stay: an id that holds one is not the id that it looks like, and some scripts need joiners.
#[must_use]
pub(crate) fn tidied(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    // Ids are made of `-` and `_` too, and other scripts' signs may be held together by joiners, as emoji are.
    let is_end = |c: char| {
        c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))
    };
    let mut tidy = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_invisible) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|c| !is_invisible(c)).unwrap_or(run.len()));
        tidy.push_str(before);
        let is_inside = tidy.chars().next_back().is_some_and(|c| !is_end(c))
            && after.chars().next().is_some_and(|c| !is_end(c));
        if is_inside {
            tidy.push_str(run);
        }
        rest = after;
    }
    tidy.push_str(rest);
    Cow::Owned(tidy)
}

/// Longest text of a file that a message repeats, in characters.
const EXCERPT_CHARS: usize = 60;

/// A text as a message about it repeats it: its beginning, on one line, without control characters.
#[must_use]
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let end = text.char_indices().nth(EXCERPT_CHARS).map(|(end, _)| end);
    let shown = end.and_then(|end| text.get(..end)).unwrap_or(text);
    if end.is_none() && !shown.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let more = end.map(|_| '…');
    Cow::Owned(shown.chars().map(|c| if is_odd(c) { ' ' } else { c }).chain(more).collect())
}

/// The composed form (NFC), in which texts that look alike are alike: macOS hands out names decomposed.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    const { ComposingNormalizerBorrowed::new_nfc() }.normalize(text)
}

/// The text as it is compared where upper and lower case are the same.
///
/// Letter by letter, by way of the upper case: `ς` and `σ` are one letter at any place in a word.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

pub(super) fn category(c: char) -> GeneralCategory {
    const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> =
        CodePointMapData::<GeneralCategory>::new();
    CATEGORIES.get(c)
}

/// Whether a character may stand in a word of any script: a letter, a digit, or a mark over, under or beside one.
pub(super) fn is_of_word(c: char) -> bool {
    use GeneralCategory::{NonspacingMark, SpacingMark};
    c.is_alphanumeric() || matches!(category(c), NonspacingMark | SpacingMark)
}

/// Whether a character is a mark over, under or beside a letter.
pub(super) fn is_mark(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(category(c), NonspacingMark | SpacingMark | EnclosingMark)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_sees_is_dropped_at_the_ends_of_words_and_kept_within() {
        for (text, expected) in [
            ("\u{feff}/watch\u{200b} \u{2060}dQw4w9WgXcQ\u{200e}", "/watch dQw4w9WgXcQ"),
            ("/\u{200e}watch ID views\u{ad} any\u{202c}; status", "/watch ID views any; status"),
            ("@\u{2066}name\u{2069}/videos", "@name/videos"),
            ("youtu\u{200b}.be/\u{200b}\u{200d}ID", "youtu.be/ID"),
            ("dQw4\u{200b}w9WgXcQ", "dQw4\u{200b}w9WgXcQ"),
            ("dQw4w9\u{200b}-gXcQ", "dQw4w9\u{200b}-gXcQ"),
            ("@می\u{200c}خواهم", "@می\u{200c}خواهم"),
            ("👩\u{200d}👧 x", "👩\u{200d}👧 x"),
            ("\u{200e}\u{200f}", ""),
            ("as typed", "as typed"),
        ] {
            assert_eq!(tidied(text), expected, "{text:?}");
        }
        assert_eq!(trimmed("\u{feff} \u{a0}\u{200b}x y\u{202c}\r\n\u{2060}"), "x y");
    }

    #[test]
    fn nothing_is_seen_of_blanks_fillers_and_signs_that_only_format() {
        for blank in [
            "",
            " \u{a0}\u{3000}\t",
            "\u{200b}\u{200e}\u{2060}\u{feff}",
            "\u{e0041}\u{e007f}",
            "\u{17b4}\u{17b5}",
            "\u{1d159}",
            "\u{fe0f}\u{e0100}",
            "\u{180e}",
            "\u{fff9}\u{fffb}",
            "\u{3164}\u{115f}\u{ffa0}\u{2800}",
            "\u{202e}\u{2067}",
            "\u{301}\u{301}",
            "\u{ffff}\u{10ffff}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in ["a", ".", "…", "\u{200f}\u{5d0}", "👩\u{200d}👧", "ㅤㄱ", "\u{20e3}", "\u{fffd}"]
        {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn case_is_folded_at_every_place_of_a_word() {
        assert_eq!(folded("ΟΔΟΣ"), folded("οδος"));
        assert_eq!(folded("CAFÉ"), folded("café"));
        assert_eq!(folded("ЖУРНАЛ"), "журнал");
        assert_ne!(folded("café"), folded("cafe"));
    }

    proptest! {
        #[test]
        fn a_tidy_text_is_tidy_and_has_all_that_is_seen(text in "[ab -/;\u{200b}\u{200e}\u{feff}é]{0,20}") {
            let tidy = tidied(&text);
            prop_assert_eq!(tidied(&tidy), tidy.clone());
            let seen = |text: &str| text.chars().filter(|c| !is_invisible(*c)).collect::<String>();
            prop_assert_eq!(seen(&tidy), seen(&text));
        }
    }
}
