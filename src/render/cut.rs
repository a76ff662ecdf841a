//! Makes a view fit: texts are shortened and lists capped *before* they are escaped and rendered.
//!
//! So a cut can never fall inside a tag or an entity. It works on the view as data, which is why every message is
//! cut the same way: a text anywhere may be shortened, save for addresses; a list is an object with `items` and
//! `more`, as [`List`] makes it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use unicode_segmentation::UnicodeSegmentation;

use super::{bidi, numbers};
use crate::model::{is_blank, is_unseen};

/// A list that may be too long for one message; a template shows `items` and how many `more` there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// What is shown.
    pub items: Vec<T>,
    /// How many are left out already.
    pub more: u64,
}

impl<T> List<T> {
    /// A list of which nothing is left out yet.
    #[must_use]
    pub fn new(items: Vec<T>) -> List<T> {
        List { items, more: 0 }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::new(Vec::new())
    }
}

/// How much of a view is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Longest text of one field, in UTF-16 units.
    pub(super) text: usize,
    /// Longest list.
    pub(super) items: usize,
}

/// Texts are shortened in these steps before anything else. A title of YouTube has at most 100 characters and stays
/// whole until the last.
const TEXT_STEPS: [usize; 2] = [1000, 250];
const TEXT_SHORTEST: usize = 48;

/// Stands for a text of which nothing would be seen.
const UNSEEN: &str = "…";

impl Cut {
    pub(super) const NOTHING: Cut = Cut { text: usize::MAX, items: usize::MAX };

    /// The view as a template gets it.
    pub(super) fn apply(self, view: &Json) -> Json {
        match view {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.apply(item)).collect()),
            Json::Object(fields) => match (fields.get("items"), fields.get("more")) {
                (Some(Json::Array(items)), Some(Json::Number(more))) if fields.len() == 2 => {
                    self.list(items, more.as_u64().unwrap_or(0))
                }
                _ => fields
                    .iter()
                    .map(|(name, value)| match value {
                        // An address cut short leads nowhere.
                        Json::String(_) if name == "url" || name.ends_with("_url") => {
                            (name.clone(), value.clone())
                        }
                        _ => (name.clone(), self.apply(value)),
                    })
                    .collect(),
            },
            Json::Null | Json::Bool(_) | Json::Number(_) => view.clone(),
        }
    }

    /// A text of the view as a template gets it.
    pub(super) fn text(self, text: &str) -> String {
        // A space between two parts of a sentence is ours; what else shows nothing is somebody's joke.
        if is_blank(text) && text.chars().any(|c| c != ' ') {
            return UNSEEN.to_owned();
        }
        let shown = shown(text, self.text);
        if !shown.contains(is_breaking) {
            return shown.into_owned();
        }
        shown.chars().map(|c| if is_breaking(c) { ' ' } else { c }).collect()
    }

    fn list(self, items: &[Json], more: u64) -> Json {
        let shown = items.len().min(self.items);
        let more = more.saturating_add((items.len() - shown) as u64);
        let more = match i64::try_from(more).unwrap_or(i64::MAX) {
            0 => Json::Null,
            more => Json::String(numbers::grouped(more)),
        };
        let items = items.iter().take(shown).map(|item| self.apply(item)).collect();
        Json::Object(Map::from_iter([
            ("items".to_owned(), Json::Array(items)),
            ("more".to_owned(), more),
        ]))
    }
}

/// A line break from outside could fake a line of ours; an escape could reach a terminal.
fn is_breaking(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text of strangers as it is shown: shortened by [`shorten`], and turning nothing that stands behind it.
pub(super) fn shown(text: &str, max: usize) -> Cow<'_, str> {
    match shorten(text, max) {
        Cow::Borrowed(short) => bidi::closed(short),
        Cow::Owned(short) => Cow::Owned(bidi::closed(&short).into_owned()),
    }
}

/// Shortens `text` to at most `max` UTF-16 units, at the end of a grapheme where one fits, marked by `…`. Where nothing
/// would be seen of its beginning, it begins with what is seen first.
pub(super) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    // A UTF-8 byte is never more than one UTF-16 unit.
    if text.len() <= max || text.encode_utf16().count() <= max {
        return Cow::Borrowed(text);
    }
    let room = max.saturating_sub(1);
    let mut kept = take(text.graphemes(true), room);
    if kept.is_empty() {
        // One grapheme may be longer than any limit: a letter under a thousand accents.
        let mut buffer = [0; 4];
        let mut used = 0;
        for c in text.chars() {
            used += c.len_utf16();
            if used > room {
                break;
            }
            kept.push_str(c.encode_utf8(&mut buffer));
        }
    }
    if is_blank(&kept) {
        let seen = text.trim_start_matches(is_unseen);
        if !seen.is_empty() && seen.len() < text.len() {
            return shorten(seen, max);
        }
    }
    if max > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

fn take<'a>(parts: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    for part in parts {
        used += part.encode_utf16().count();
        if used > room {
            break;
        }
        kept.push_str(part);
    }
    kept
}

fn longest_list(view: &Json) -> usize {
    match view {
        Json::Array(items) => items.iter().map(longest_list).max().unwrap_or(0).max(items.len()),
        Json::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// Renders as much of `view` as `render` accepts: it returns `None` for what is too long.
///
/// Texts are shortened first, whole lines are dropped last. `Ok(None)` when nothing fits.
pub(super) fn fit<R, E>(
    view: &Json,
    mut render: impl FnMut(Json) -> Result<Option<R>, E>,
) -> Result<Option<R>, E> {
    let mut attempt = |cut: Cut| render(cut.apply(view));
    if let Some(whole) = attempt(Cut::NOTHING)? {
        return Ok(Some(whole));
    }
    let mut text = usize::MAX;
    for step in TEXT_STEPS {
        text = step;
        if let Some(fitting) = attempt(Cut { text, items: usize::MAX })? {
            return Ok(Some(fitting));
        }
    }
    for text in [text, TEXT_SHORTEST] {
        // The most items that fit, by bisection: `fitting` is the best found, `low` items are known to fit or untried.
        let (mut low, mut high, mut fitting) = (1, longest_list(view), None);
        while low <= high {
            let items = low.midpoint(high);
            match attempt(Cut { text, items })? {
                Some(found) => {
                    fitting = Some(found);
                    low = items + 1;
                }
                None => high = items - 1,
            }
        }
        if fitting.is_some() {
            return Ok(fitting);
        }
    }
    attempt(Cut { text: TEXT_SHORTEST, items: 0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_family_is_never_torn_apart() {
        let family = "👩‍👩‍👧";
        assert_eq!(shorten(&format!("ab{family}c"), 9), "ab…");
        assert_eq!(shorten(&format!("ab{family}c"), 11), format!("ab{family}c"));
        assert_eq!(shorten("e\u{301}\u{301}\u{301}\u{301}", 3), "e\u{301}…");
    }

    #[test]
    fn addresses_stay_whole_and_lists_say_what_they_left_out() {
        let view = json!({
            "title": "abcdef", "url": "https://example.org/abc",
            "list": { "items": ["1", "2", "3"], "more": 1998 },
        });
        assert_eq!(
            Cut { text: 4, items: 1 }.apply(&view),
            json!({
                "title": "abc…", "url": "https://example.org/abc",
                "list": { "items": ["1"], "more": "2,000" },
            })
        );
    }

    #[test]
    fn a_line_break_from_outside_makes_no_line_of_ours() {
        let cut = Cut::NOTHING.apply(&json!("a\nb\u{1b}[31m\u{2028}c"));
        assert_eq!(cut, json!("a b [31m c"));
    }

    #[test]
    fn what_is_seen_of_a_text_is_never_nothing_and_turns_nothing_behind_it() {
        let blank = "\u{3164}".repeat(60);
        let cut = |text: &str| Cut { text: 48, items: 1 }.apply(&json!(text));
        assert_eq!(cut(&blank), json!("…"));
        assert_eq!(cut(&format!("{blank}a title")), json!("a title"));
        assert_eq!(cut(" "), json!(" "));
        let turned = format!("\u{2067}{}", "a".repeat(60));
        assert_eq!(cut(&turned), json!(format!("\u{2067}{}…\u{2069}", "a".repeat(46))));
    }

    #[test]
    fn as_many_lines_stay_as_fit() {
        let items: Vec<String> = (0..200).map(|n| format!("line {n:03}")).collect();
        let view = json!({ "list": { "items": items, "more": 0 } });
        let fitted = fit(&view, |view| {
            let count = view["list"]["items"].as_array().unwrap().len();
            Ok::<_, ()>((count <= 137).then(|| view.clone()))
        });
        let fitted = fitted.unwrap().unwrap();
        assert_eq!(fitted["list"]["items"].as_array().unwrap().len(), 137);
        assert_eq!(fitted["list"]["more"], "63");
    }

    proptest! {
        #[test]
        fn a_shortened_text_keeps_the_limit_and_is_a_beginning(text in ".{0,80}", max in 1_usize..40) {
            let short = shorten(&text, max);
            prop_assert!(short.encode_utf16().count() <= max);
            if short != text {
                let kept = short.strip_suffix('…').unwrap_or(&short);
                let seen = text.trim_start_matches(is_unseen);
                prop_assert!(text.starts_with(kept) || seen.starts_with(kept));
            }
        }
    }
}
