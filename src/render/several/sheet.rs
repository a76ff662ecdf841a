//! Which lines of a message of several videos stand where, when it takes several messages.
//!
//! New videos and passed values are the lines. Sums stand in the first message alone; there, fewer examples are shown where
//! that is what makes all of it one message. The rules, and what is said of the day, stand in the last.

use std::ops::Range;

use serde_json::Value as Json;

use super::{AlertsView, Several, SeveralPart};
use crate::render::RenderError;
use crate::render::cut::{Cut, List};
use crate::render::lead::Beside;
use crate::render::news::Place;
use crate::render::paper::{Fields, Paper};
use crate::render::parts::{self, PartPage, Sheet, TEXT_MAX, as_fields, as_json, least_units};
use crate::render::view::View;

/// How much of the sums is shown, tried in turn.
const CUTS: [Cut; 5] = [
    Cut { text: TEXT_MAX, items: usize::MAX },
    Cut { text: TEXT_MAX, items: 2 },
    Cut { text: TEXT_MAX, items: 1 },
    Cut { text: 100, items: 1 },
    Cut { text: 48, items: 1 },
];

/// Renders all that is told.
pub(super) fn render<P: Paper>(
    paper: &P,
    several: &Several,
) -> Result<Vec<SeveralPart<P::Page>>, RenderError> {
    let cut = Cut { text: TEXT_MAX, items: usize::MAX };
    let new = several.new.iter().map(|named| as_json(&named.line, cut));
    let passed = several.passed.iter().map(|named| as_json(&named.line, cut));
    let lines: Vec<Json> = new.chain(passed).collect::<Result<_, RenderError>>()?;
    let cuts = if several.sums.is_empty() { &CUTS[..1] } else { &CUTS[..] };
    let sheets = cuts.iter().map(|cut| SeveralSheet::new(several, &lines, *cut));
    let (_, parts) = parts::render(paper, sheets)?;
    let part = |part: PartPage<P::Page>| SeveralPart {
        upload: several.upload.clone().filter(|_| part.lines.start == 0 && part.lines.end > 0),
        told: told(several, part.lines, part.is_first),
        page: part.page,
        is_last: part.is_last,
    };
    Ok(parts.into_iter().map(part).collect())
}

/// The alerts that a part tells.
fn told(several: &Several, lines: Range<usize>, is_first: bool) -> Vec<Place> {
    let new = several.new.iter().map(|named| &named.told);
    let named = new.chain(several.passed.iter().map(|named| &named.told));
    let mut told: Vec<Place> =
        named.skip(lines.start).take(lines.len()).flatten().copied().collect();
    if is_first {
        told.extend(&several.summed);
    }
    told
}

/// All parts as data: what each of them shows is taken from here.
struct SeveralSheet<'a> {
    several: &'a Several,
    cut: Cut,
    lines: &'a [Json],
    /// How many of the lines are new videos.
    new: usize,
    frame: Fields,
    sums: Json,
    no_rules: Json,
}

impl<'a> SeveralSheet<'a> {
    fn new(
        several: &'a Several,
        lines: &'a [Json],
        cut: Cut,
    ) -> Result<SeveralSheet<'a>, RenderError> {
        Ok(SeveralSheet {
            several,
            cut,
            lines,
            new: several.new.len(),
            frame: as_fields(&several.frame, cut)?,
            sums: as_json(&several.sums, cut)?,
            no_rules: as_json(&List::<String>::default(), cut)?,
        })
    }
}

impl Sheet for SeveralSheet<'_> {
    const NAME: &'static str = AlertsView::NAME;

    fn least(&self) -> Vec<usize> {
        self.lines.iter().map(least_units).collect()
    }

    fn tells_around(&self) -> bool {
        self.sums.as_array().is_some_and(|sums| !sums.is_empty())
    }

    fn fields(&self, lines: Range<usize>, is_first: bool) -> Fields {
        let new = lines.start..lines.end.min(self.new);
        let passed = lines.start.max(self.new)..lines.end;
        let of =
            |range: Range<usize>| Json::Array(self.lines.get(range).unwrap_or_default().to_vec());
        let mut fields = self.frame.clone();
        fields.insert("new".to_owned(), of(new));
        fields.insert("passed".to_owned(), of(passed));
        if is_first {
            fields.insert("sums".to_owned(), self.sums.clone());
        } else {
            fields.insert("computed".to_owned(), Json::Bool(false));
        }
        if lines.end < self.lines.len() {
            fields.insert("rules".to_owned(), self.no_rules.clone());
            fields.insert("budget".to_owned(), Json::Null);
        }
        fields
    }

    fn beside(&self, _lines: Range<usize>) -> Result<Fields, RenderError> {
        as_fields(&Beside { lead: self.several.lead(), picture: None }, self.cut)
    }
}
