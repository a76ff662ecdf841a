//! Divides what is told of several videos into as few messages as it takes.
//!
//! What has to be named fills one message after another, each as far as the limits allow. Sums stand in the first alone;
//! there, fewer examples are shown where that is what makes all of it one message. How long a message gets is known only
//! once it is rendered (an operator's template may be wordier than ours), and rendering is what takes time. So the number
//! of lines is guessed from what the messages before it took, and then verified.

use std::ops::Range;

use handlebars::Handlebars;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::alerts::AlertsView;
use super::cut::{Cut, List};
use super::digest::Digest;
use super::html::{self, Parsed};
use super::news::Place;
use super::numbers::Grouped;
use super::views::{Page, View};
use super::{RenderError, render_once, templates};

/// Longest text of one field, in UTF-16 units: every title of YouTube is shorter.
const TEXT_MAX: usize = 250;

/// How much of the sums is shown, tried in turn.
const CUTS: [Cut; 5] = [
    Cut { text: TEXT_MAX, items: usize::MAX },
    Cut { text: TEXT_MAX, items: 2 },
    Cut { text: TEXT_MAX, items: 1 },
    Cut { text: 100, items: 1 },
    Cut { text: 48, items: 1 },
];

/// The share of a message that sums may take where there is more to tell than it holds.
const SUMS_SHARE: f64 = 0.6;

/// One message of several.
pub(super) struct PartText {
    pub(super) html: String,
    pub(super) parsed: Parsed,
    pub(super) told: Vec<Place>,
    pub(super) is_last: bool,
    /// The page of the new video, where it is the only one that is told.
    pub(super) upload: Option<String>,
}

/// Renders all that `digest` tells.
pub(super) fn render(
    registry: &Handlebars<'static>,
    digest: &Digest,
) -> Result<Vec<PartText>, RenderError> {
    let too_long = || RenderError::TooLong { file: templates::file_of(AlertsView::NAME) };
    let cut = Cut { text: TEXT_MAX, items: usize::MAX };
    let lines: Vec<Json> = digest
        .named
        .iter()
        .map(|named| as_json(&named.line, cut))
        .collect::<Result<_, RenderError>>()?;
    let least: Vec<usize> = lines.iter().map(least_units).collect();
    let may_be_one = Fill { units: least.iter().sum(), tags: least.len() }.fits();
    let has_sums = !digest.sums.is_empty();

    let cuts = if has_sums { &CUTS[..] } else { &CUTS[..1] };
    let mut sheet = None;
    for (index, cut) in cuts.iter().enumerate() {
        let next = Sheet::new(registry, digest, &lines, *cut)?;
        if may_be_one {
            let (html, parsed) = next.render(0..lines.len(), true, None)?;
            if parsed.fits() {
                let told = told(digest, 0..lines.len(), true);
                let upload = digest.upload.clone();
                return Ok(vec![PartText { html, parsed, told, is_last: true, upload }]);
            }
        }
        if sheet.is_none() && (index + 1 == cuts.len() || next.sums_share()? <= SUMS_SHARE) {
            sheet = Some(next);
        }
        if sheet.is_some() && !may_be_one {
            break;
        }
    }
    let sheet = sheet.filter(|_| !lines.is_empty()).ok_or_else(too_long)?;

    let parts = divide(&least, has_sums, |range, is_first| {
        sheet.render(range, is_first, sheet.widest()).map(|(_, parsed)| Fill::of(&parsed))
    })?;
    let parts = parts.ok_or_else(too_long)?;
    let count = parts.len();
    let mut rendered = Vec::with_capacity(count);
    for (index, range) in parts.into_iter().enumerate() {
        let is_first = index == 0;
        let part = (count > 1).then_some((index + 1, count));
        let (html, parsed) = sheet.render(range.clone(), is_first, part)?;
        if !parsed.fits() {
            return Err(too_long());
        }
        rendered.push(PartText {
            html,
            parsed,
            upload: digest.upload.clone().filter(|_| range.start == 0 && range.end > 0),
            told: told(digest, range, is_first),
            is_last: index + 1 == count,
        });
    }
    Ok(rendered)
}

fn told(digest: &Digest, lines: Range<usize>, is_first: bool) -> Vec<Place> {
    let named = digest.named.get(lines).unwrap_or_default();
    let mut told: Vec<Place> = named.iter().flat_map(|named| named.told.iter().copied()).collect();
    if is_first {
        told.extend(&digest.summed);
    }
    told
}

fn as_json(value: &impl Serialize, cut: Cut) -> Result<Json, RenderError> {
    Ok(cut.apply(&serde_json::to_value(value)?))
}

/// What a line takes at the least: the texts in it, without the words of the template.
fn least_units(line: &Json) -> usize {
    match line {
        Json::String(text) => text.encode_utf16().count(),
        Json::Array(items) => items.iter().map(least_units).sum(),
        Json::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "url")
            .map(|(_, value)| least_units(value))
            .sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

/// All parts as data: what each of them shows is taken from here.
struct Sheet<'a> {
    registry: &'a Handlebars<'static>,
    lines: &'a [Json],
    /// How many of the lines are new videos.
    new: usize,
    frame: Map<String, Json>,
    sums: Vec<Json>,
    no_rules: Json,
}

impl<'a> Sheet<'a> {
    fn new(
        registry: &'a Handlebars<'static>,
        digest: &Digest,
        lines: &'a [Json],
        cut: Cut,
    ) -> Result<Sheet<'a>, RenderError> {
        let frame = match as_json(&digest.frame, cut)? {
            Json::Object(frame) => frame,
            _ => Map::new(),
        };
        let sums = digest.sums.iter().map(|section| as_json(section, cut));
        let sums = sums.collect::<Result<_, RenderError>>()?;
        let no_rules = as_json(&List::<String>::default(), cut)?;
        Ok(Sheet { registry, lines, new: digest.new, frame, sums, no_rules })
    }

    /// The number of a part takes no more room than this one: there are no more parts than lines, and one of sums.
    fn widest(&self) -> Option<(usize, usize)> {
        let count = self.lines.len() + 1;
        Some((count, count))
    }

    /// The share of the first part that the sums take.
    fn sums_share(&self) -> Result<f64, RenderError> {
        let (_, parsed) = self.render(0..0, true, self.widest())?;
        Ok(Fill::of(&parsed).share())
    }

    /// One part: some of the lines, the sums in the first, the rules in the last; `part` says which of how many it is.
    fn render(
        &self,
        lines: Range<usize>,
        is_first: bool,
        part: Option<(usize, usize)>,
    ) -> Result<(String, Parsed), RenderError> {
        let new = lines.start..lines.end.min(self.new);
        let passed = lines.start.max(self.new)..lines.end;
        let mut sections: Vec<Json> = [new, passed]
            .into_iter()
            .filter_map(|range| self.lines.get(range).filter(|lines| !lines.is_empty()))
            .map(|lines| json!({ "lines": lines }))
            .collect();
        let mut view = self.frame.clone();
        if is_first {
            sections.extend_from_slice(&self.sums);
        } else {
            view.insert("computed".to_owned(), Json::Bool(false));
        }
        view.insert("sections".to_owned(), Json::Array(sections));
        if lines.end < self.lines.len() {
            view.insert("rules".to_owned(), self.no_rules.clone());
        }
        if let Some((number, count)) = part {
            let grouped = |number| Grouped(i64::try_from(number).unwrap_or(i64::MAX));
            let page = Page { number: grouped(number), count: grouped(count) };
            view.insert("part".to_owned(), serde_json::to_value(page)?);
        }
        render_once(self.registry, AlertsView::NAME, Json::Object(view))
    }
}

/// How much of a message is used.
#[derive(Debug, Clone, Copy)]
struct Fill {
    /// UTF-16 units of visible text.
    units: usize,
    tags: usize,
}

impl Fill {
    fn of(parsed: &Parsed) -> Fill {
        Fill { units: parsed.utf16_len(), tags: parsed.tags }
    }

    const fn fits(self) -> bool {
        self.units <= html::TEXT_MAX_UTF16 && self.tags <= html::TAGS_MAX
    }

    /// 1 is a full message.
    fn share(self) -> f64 {
        let units = self.units as f64 / html::TEXT_MAX_UTF16 as f64;
        units.max(self.tags as f64 / html::TAGS_MAX as f64)
    }
}

/// Divides lines into as few stretches as messages allow: each holds as many lines as fit, and at least one; the first
/// may be empty where something else stands there. `None`: a line is too long for any message.
///
/// `least` is what each line takes at the least, in UTF-16 units; `fill` says what a stretch takes, and whether it fits.
fn divide<E>(
    least: &[usize],
    first_may_be_empty: bool,
    mut fill: impl FnMut(Range<usize>, bool) -> Result<Fill, E>,
) -> Result<Option<Vec<Range<usize>>>, E> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut guess = Guess::default();
    let mut start = 0;
    while start < least.len() {
        let is_first = parts.is_empty();
        let fewest = usize::from(!(is_first && first_may_be_empty));
        let rest = least.get(start..).unwrap_or_default();
        let fill = |count: usize| fill(start..start + count, is_first);
        let Some(count) = longest(rest, fewest, &mut guess, fill)? else { return Ok(None) };
        parts.push(start..start + count);
        start += count;
    }
    Ok(Some(parts))
}

/// How many of the first lines fit into one message: as many as possible, `None` if not even `fewest` do.
fn longest<E>(
    least: &[usize],
    fewest: usize,
    guess: &mut Guess,
    mut fill: impl FnMut(usize) -> Result<Fill, E>,
) -> Result<Option<usize>, E> {
    /// After so many guesses that were wrong, halving ends the search.
    const GUESSES: usize = 4;
    let (mut fitting, mut too_many) = (None, least.len() + 1);
    for attempt in 0.. {
        let from = fitting.map_or(fewest, |count| count + 1);
        if from >= too_many {
            break;
        }
        let to = too_many - 1;
        let count = if attempt < GUESSES { guess.count(least) } else { from.midpoint(to) };
        let count = count.clamp(from, to);
        let filled = fill(count)?;
        guess.learn(least.get(..count).unwrap_or_default(), filled);
        if !filled.fits() {
            too_many = count;
            continue;
        }
        fitting = Some(count);
        // One more line takes its texts, a line break and a link, at the least.
        let has_room = least.get(count).is_some_and(|next| {
            Fill { units: filled.units + next + 1, tags: filled.tags + 1 }.fits()
        });
        if !has_room {
            break;
        }
    }
    Ok(fitting)
}

/// Guesses how many lines fit, from the last stretch that was rendered.
struct Guess {
    /// The share of a message that was used for each unit of the lines in it.
    share_per_unit: f64,
}

impl Default for Guess {
    fn default() -> Guess {
        Guess { share_per_unit: 1.0 / html::TEXT_MAX_UTF16 as f64 }
    }
}

impl Guess {
    /// What a line weighs: its texts and the template's words around them, roughly.
    fn weight(least: usize) -> f64 {
        const WORDS: usize = 12;
        (least + WORDS) as f64
    }

    fn count(&self, least: &[usize]) -> usize {
        let mut used = 0.0;
        let fits = |line: &&usize| {
            used += Guess::weight(**line) * self.share_per_unit;
            used <= 1.0
        };
        least.iter().take_while(fits).count()
    }

    fn learn(&mut self, lines: &[usize], filled: Fill) {
        let weight: f64 = lines.iter().map(|line| Guess::weight(*line)).sum();
        if weight > 0.0 {
            self.share_per_unit = filled.share() / weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Divides lines that take `words` more than their texts, below a heading; returns the parts and how often one was
    /// rendered.
    fn parts(least: &[usize], heading: usize, words: usize) -> (Option<Vec<Range<usize>>>, usize) {
        let mut rendered = 0;
        let parts = divide(least, false, |range, _| {
            rendered += 1;
            let units: usize = least[range.clone()].iter().map(|line| line + words + 1).sum();
            Ok::<_, ()>(Fill { units: heading + units, tags: 2 + range.len() })
        });
        (parts.unwrap(), rendered)
    }

    #[test]
    fn alike_lines_are_rendered_about_twice_per_part() {
        let (parts, rendered) = parts(&[60; 500], 80, 4);
        let count = parts.unwrap().len();
        assert_eq!(count, 9);
        assert!(rendered <= 2 * count, "{rendered}");
    }

    #[test]
    fn short_lines_are_bounded_by_the_number_of_tags() {
        let (parts, _) = parts(&[5; 250], 20, 3);
        assert_eq!(parts.unwrap(), [0..98, 98..196, 196..250]);
    }

    #[test]
    fn a_line_that_fits_nowhere_is_no_endless_loop() {
        assert_eq!(parts(&[5, 5_000, 5], 20, 3).0, None);
    }

    proptest! {
        #[test]
        fn each_part_holds_as_many_lines_as_fit(
            least in prop::collection::vec(0_usize..1_500, 1..300),
            heading in 0_usize..300,
            words in 0_usize..60,
        ) {
            let (parts, rendered) = parts(&least, heading, words);
            let parts = parts.unwrap();
            let units = |range: Range<usize>| {
                let lines: usize = least[range].iter().map(|line| line + words + 1).sum();
                heading + lines
            };
            let mut next = 0;
            for part in &parts {
                prop_assert_eq!(part.start, next);
                prop_assert!(!part.is_empty());
                prop_assert!(units(part.clone()) <= 4096 && part.len() <= 98);
                if part.end < least.len() {
                    prop_assert!(units(part.start..part.end + 1) > 4096 || part.len() == 98);
                }
                next = part.end;
            }
            prop_assert_eq!(next, least.len());
            prop_assert!(rendered <= 6 * parts.len(), "{} for {}", rendered, parts.len());
        }
    }
}
