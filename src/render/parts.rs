//! Divides what is told into as few messages as it takes.
//!
//! What has to be told is lines. They fill one message after another, each as far as the limits allow; something may stand
//! around them, in the first message or the last. There may be several ways to tell it all, from the fullest on
//! ([`Sheet`]): the first that is one message is taken. How long a message gets is known only once it is rendered (an
//! operator's template may be wordier than ours), and rendering is what takes time. So the number of lines is guessed from
//! what the messages before it took, and then verified.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::cut::Cut;
use super::paper::{Fields, Paper};
use super::room::{Bounds, Fill};
use super::{RenderError, numbers};

/// Longest text of one field, in UTF-16 units: every title of YouTube is shorter.
pub(super) const TEXT_MAX: usize = 250;

/// The share of a message that may stand around the lines where there are more of these than it holds.
const AROUND_SHARE: f64 = 0.6;

/// Stands for the number of parts until it is known. No text from outside holds a control character: see [`Cut`].
const COUNT: char = '\u{1}';

/// One way to tell it all.
pub(super) trait Sheet {
    /// The message.
    const NAME: &'static str;

    /// What each line takes at the least, in UTF-16 units, than which no channel counts less: see [`least_units`].
    fn least(&self) -> Vec<usize>;

    /// Whether the first message tells something without any line.
    fn tells_around(&self) -> bool;

    /// The fields of a message with some of the lines. Which of several messages it is stands in its field `part`, which is
    /// filled elsewhere.
    fn fields(&self, lines: Range<usize>, is_first: bool) -> Fields;

    /// Further fields of that message, which not every channel shows: see [`Paper::write`].
    fn beside(&self, lines: Range<usize>) -> Result<Fields, RenderError>;
}

/// One message.
pub(super) struct PartPage<G> {
    pub(super) page: G,
    /// The lines that it tells.
    pub(super) lines: Range<usize>,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// The way in which it is told, and its messages.
pub(super) type Told<S, P> = (S, Vec<PartPage<<P as Paper>::Page>>);

/// Renders one of the ways to tell it all, the fullest first: the first that is one message, else the first that leaves
/// room for lines. Returns it with its messages.
pub(super) fn render<P: Paper, S: Sheet>(
    paper: &P,
    sheets: impl IntoIterator<Item = Result<S, RenderError>>,
) -> Result<Told<S, P>, RenderError> {
    let too_long = || RenderError::TooLong { file: P::file(S::NAME) };
    let mut kept = None;
    let mut sheets = sheets.into_iter().peekable();
    while let Some(sheet) = sheets.next() {
        let draft = Draft::new(paper, sheet?);
        let all = 0..draft.least.len();
        if draft.may_be_one() {
            let page = draft.render(all.clone(), None)?;
            if paper.holds(&page) {
                let part = PartPage { page, lines: all, is_first: true, is_last: true };
                return Ok((draft.sheet, vec![part]));
            }
        }
        if kept.is_none() && (sheets.peek().is_none() || draft.share_around()? <= AROUND_SHARE) {
            kept = Some(draft);
        }
    }
    let draft = kept.filter(|draft| !draft.least.is_empty()).ok_or_else(too_long)?;

    let render = |lines: Range<usize>, part: usize| {
        let page = draft.render(lines, Some(part))?;
        let fill = draft.fill(&page);
        Ok::<_, RenderError>((page, fill))
    };
    let first_may_be_empty = draft.sheet.tells_around();
    let measure = |line| draft.measure(line);
    let parts = divide(&draft.least, paper.bounds(), first_may_be_empty, render, measure)?;
    let parts = parts.ok_or_else(too_long)?;
    let count = parts.len();
    let known = numbers::grouped(i64::try_from(count).unwrap_or(i64::MAX));
    let parts = parts.into_iter().enumerate().map(|(index, (lines, page))| PartPage {
        page: P::replace(page, COUNT, &known),
        lines,
        is_first: index == 0,
        is_last: index + 1 == count,
    });
    let parts = parts.collect();
    Ok((draft.sheet, parts))
}

/// A value as a template gets it.
pub(super) fn as_json(value: &impl Serialize, cut: Cut) -> Result<Json, RenderError> {
    Ok(cut.apply(&serde_json::to_value(value)?))
}

/// The fields of a view as a template gets them.
pub(super) fn as_fields(view: &impl Serialize, cut: Cut) -> Result<Fields, RenderError> {
    Ok(match as_json(view, cut)? {
        Json::Object(fields) => fields,
        _ => Fields::new(),
    })
}

/// What a line takes at the least: the texts in it, without the words of the template.
pub(super) fn least_units(line: &Json) -> usize {
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

/// A sheet on its way through the template.
struct Draft<'a, P, S> {
    paper: &'a P,
    sheet: S,
    /// What each of its lines takes at the least.
    least: Vec<usize>,
}

impl<'a, P: Paper, S: Sheet> Draft<'a, P, S> {
    fn new(paper: &'a P, sheet: S) -> Draft<'a, P, S> {
        Draft { paper, least: sheet.least(), sheet }
    }

    /// Whether one message might hold all lines.
    fn may_be_one(&self) -> bool {
        let least = Fill { units: self.least.iter().sum(), tags: self.least.len() };
        self.paper.bounds().fits(least)
    }

    /// How much of a message a part takes, with room for the number of parts: there are no more than lines, and one.
    fn fill(&self, page: &P::Page) -> Fill {
        let widest = numbers::grouped(i64::try_from(self.least.len() + 1).unwrap_or(i64::MAX));
        self.paper.fill(page).plus(Fill { units: widest.len() - 1, tags: 0 })
    }

    /// What one more line takes.
    fn measure(&self, line: usize) -> Result<Fill, RenderError> {
        let without = self.render(0..0, Some(2))?;
        let with = self.render(line..line + 1, Some(2))?;
        let (without, with) = (self.paper.fill(&without), self.paper.fill(&with));
        // Alone, it begins a section.
        let units = with.units.saturating_sub(without.units + 1);
        Ok(Fill { units, tags: with.tags.saturating_sub(without.tags) })
    }

    /// The share of the first part that is taken without any line.
    fn share_around(&self) -> Result<f64, RenderError> {
        let page = self.render(0..0, Some(1))?;
        Ok(self.paper.bounds().share(self.fill(&page)))
    }

    /// A part with some of the lines. `part` is its number, from 1; `None`: there is one.
    fn render(&self, lines: Range<usize>, part: Option<usize>) -> Result<P::Page, RenderError> {
        let is_first = part.is_none_or(|number| number == 1);
        let mut fields = self.sheet.fields(lines.clone(), is_first);
        if let Some(number) = part {
            let number = numbers::grouped(i64::try_from(number).unwrap_or(i64::MAX));
            fields.insert("part".to_owned(), json!({ "number": number, "count": COUNT }));
        }
        self.paper.write(S::NAME, fields, || self.sheet.beside(lines))
    }
}

/// Parts, and which lines each holds.
type Divided<R> = Vec<(Range<usize>, R)>;

/// Divides lines into as few parts as messages allow: each holds as many lines as fit, and at least one; the first may be
/// empty where something else stands there. `None`: a line is too long for any message.
///
/// `least` is what each line takes at the least, in units of text. `render` makes the part of some lines, given its number
/// from 1, and says what it takes; `measure` says what one more line takes.
fn divide<R, E>(
    least: &[usize],
    bounds: &Bounds,
    first_may_be_empty: bool,
    mut render: impl FnMut(Range<usize>, usize) -> Result<(R, Fill), E>,
    mut measure: impl FnMut(usize) -> Result<Fill, E>,
) -> Result<Option<Divided<R>>, E> {
    let mut parts: Divided<R> = Vec::new();
    let mut guess = Guess { bounds, share_per_unit: bounds.share_per_unit() };
    let mut start = 0;
    while start < least.len() {
        let number = parts.len() + 1;
        let fewest = usize::from(!(number == 1 && first_may_be_empty));
        let rest = least.get(start..).unwrap_or_default();
        let render = |count: usize| render(start..start + count, number);
        let measure = |count: usize| measure(start + count);
        let Some((count, part)) = longest(rest, fewest, &mut guess, render, measure)? else {
            return Ok(None);
        };
        parts.push((start..start + count, part));
        start += count;
    }
    Ok(Some(parts))
}

/// The part with as many of the first lines as fit, and their number; `None` if not even `fewest` do.
fn longest<R, E>(
    least: &[usize],
    fewest: usize,
    guess: &mut Guess<'_>,
    mut render: impl FnMut(usize) -> Result<(R, Fill), E>,
    mut measure: impl FnMut(usize) -> Result<Fill, E>,
) -> Result<Option<(usize, R)>, E> {
    /// After so many guesses that were wrong, halving ends the search.
    const GUESSES: usize = 4;
    let bounds = guess.bounds;
    let (mut fitting, mut too_many) = (None, least.len() + 1);
    for attempt in 0.. {
        let from = fitting.as_ref().map_or(fewest, |(count, _)| count + 1);
        if from >= too_many {
            break;
        }
        let to = too_many - 1;
        let count = if attempt < GUESSES { guess.count(least) } else { from.midpoint(to) };
        let count = count.clamp(from, to);
        let (part, fill) = render(count)?;
        guess.learn(least.get(..count).unwrap_or_default(), fill);
        if !bounds.fits(fill) {
            too_many = count;
            continue;
        }
        fitting = Some((count, part));
        // One more line takes its texts, a line break and a link, at the least. Only where there is room for these, it is
        // worth while to know exactly.
        let Some(next) = least.get(count) else { break };
        let has_room = bounds.fits(fill.plus(Fill { units: next + 1, tags: 1 }));
        if !has_room || !bounds.fits(fill.plus(measure(count)?)) {
            break;
        }
    }
    Ok(fitting)
}

/// Guesses how many lines fit, from the last stretch that was rendered.
struct Guess<'a> {
    bounds: &'a Bounds,
    /// The share of a message that was used for each unit of the lines in it.
    share_per_unit: f64,
}

impl Guess<'_> {
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

    fn learn(&mut self, lines: &[usize], fill: Fill) {
        let weight: f64 = lines.iter().map(|line| Guess::weight(*line)).sum();
        if weight > 0.0 {
            self.share_per_unit = self.bounds.share(fill) / weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::room::MESSAGE;

    /// Divides lines that take `words` more than their texts, below a heading; returns the parts and how often one was
    /// rendered.
    fn parts(least: &[usize], heading: usize, words: usize) -> (Option<Vec<Range<usize>>>, usize) {
        let mut rendered = 0;
        let line = |least: usize| Fill { units: least + words + 1, tags: 1 };
        let render = |range: Range<usize>, _| {
            rendered += 1;
            let lines = least[range].iter().map(|least| line(*least));
            Ok::<_, ()>(((), lines.fold(Fill { units: heading, tags: 2 }, Fill::plus)))
        };
        let measure = |index: usize| Ok(line(least[index]));
        let parts = divide(least, &MESSAGE.bounds, false, render, measure).unwrap();
        (parts.map(|parts| parts.into_iter().map(|(range, ())| range).collect()), rendered)
    }

    #[test]
    fn alike_lines_are_rendered_about_once() {
        for words in [3, 50] {
            let (parts, rendered) = parts(&[60; 500], 80, words);
            let count = parts.unwrap().len();
            assert!(rendered <= count + 2, "{rendered} for {count} parts");
        }
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
            prop_assert!(rendered <= 3 * parts.len() + 6, "{} for {}", rendered, parts.len());
        }
    }
}
