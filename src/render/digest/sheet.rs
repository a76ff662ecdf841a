//! Which lines of a digest stand where, when it takes several messages.
//!
//! Each video is a line. Fewer of those that merely moved are named where that is what makes all of it one message. Their sum
//! stands in the last.

use std::cell::OnceCell;
use std::ops::Range;

use serde_json::Value as Json;

use super::{Digest, DigestPart, DigestView};
use crate::render::RenderError;
use crate::render::cut::Cut;
use crate::render::lead::{Beside, DigestLead, Shown};
use crate::render::news::Place;
use crate::render::paper::{Fields, Paper};
use crate::render::parts::{self, PartPage, Sheet, TEXT_MAX, as_fields, as_json, least_units};
use crate::render::view::View;

const CUT: Cut = Cut { text: TEXT_MAX, items: usize::MAX };

/// How many of the videos that merely moved are named at most, tried in turn.
const MOVERS: [usize; 7] = [40, 30, 22, 16, 10, 6, 3];

/// Renders all that is told.
pub(super) fn render<P: Paper>(
    paper: &P,
    digest: &Digest<'_>,
) -> Result<Vec<DigestPart<P::Page>>, RenderError> {
    let data = Data::new(digest)?;
    let all = digest.movers.min(MOVERS[0]);
    let fewer = MOVERS.into_iter().filter(|movers| *movers < all);
    let sheets = std::iter::once(all).chain(fewer).map(|movers| DigestSheet::new(&data, movers));
    let (sheet, parts) = parts::render(paper, sheets)?;
    let part = |part: PartPage<P::Page>| DigestPart {
        has_top: sheet.has_top(&part.lines),
        told: sheet.told(part.lines, part.is_last),
        page: part.page,
    };
    Ok(parts.into_iter().map(part).collect())
}

/// A digest as data.
struct Data<'a> {
    digest: &'a Digest<'a>,
    /// What is told of each video.
    lines: Vec<Json>,
    /// What stands above each section.
    headings: Vec<Fields>,
    /// What it is about, where somebody asks: the same for all of its messages.
    lead: OnceCell<DigestLead>,
}

impl<'a> Data<'a> {
    fn new(digest: &'a Digest<'a>) -> Result<Data<'a>, RenderError> {
        let lines = digest.entries.iter().map(|entry| as_json(&entry.line, CUT));
        let headings = digest.sections.iter().map(|heading| as_fields(heading, CUT));
        Ok(Data {
            digest,
            lines: lines.collect::<Result<_, _>>()?,
            headings: headings.collect::<Result<_, _>>()?,
            lead: OnceCell::new(),
        })
    }
}

/// A digest with so many of those that merely moved: what each message shows is taken from here.
struct DigestSheet<'a> {
    data: &'a Data<'a>,
    /// How many of those that merely moved are named.
    movers: usize,
    /// The entries that are named.
    named: Vec<usize>,
    frame: Fields,
}

impl<'a> DigestSheet<'a> {
    fn new(data: &'a Data<'a>, movers: usize) -> Result<DigestSheet<'a>, RenderError> {
        let digest = data.digest;
        let named = digest.named(movers).map(|(index, _)| index).collect();
        let frame = as_fields(&digest.frame(digest.rest(movers)), CUT)?;
        Ok(DigestSheet { data, movers, named, frame })
    }

    /// The alerts that a part tells.
    fn told(&self, lines: Range<usize>, is_last: bool) -> Vec<Place> {
        let entries = &self.data.digest.entries;
        let named = self.named.get(lines).unwrap_or_default();
        let mut told: Vec<Place> =
            named.iter().flat_map(|index| &entries[*index].told).copied().collect();
        if is_last {
            let summed = entries.iter().filter(|entry| !entry.is_named(self.movers));
            told.extend(summed.flat_map(|entry| &entry.told));
        }
        told
    }

    /// Whether the video stands in a part whose views moved most.
    fn has_top(&self, lines: &Range<usize>) -> bool {
        let named = self.named.get(lines.clone()).unwrap_or_default();
        named.iter().any(|index| self.data.digest.entries[*index].line.is_top)
    }

    /// Lines below the headings of their sections.
    fn sections(&self, named: &[usize]) -> Json {
        let entries = &self.data.digest.entries;
        let sections = named.chunk_by(|one, next| entries[*one].section == entries[*next].section);
        let section = |named: &[usize]| {
            let mut section = named
                .first()
                .map(|index| self.data.headings[entries[*index].section].clone())
                .unwrap_or_default();
            let videos = named.iter().map(|index| self.data.lines[*index].clone());
            section.insert("videos".to_owned(), videos.collect());
            Json::Object(section)
        };
        sections.map(section).collect()
    }
}

impl Sheet for DigestSheet<'_> {
    const NAME: &'static str = DigestView::NAME;

    fn least(&self) -> Vec<usize> {
        self.named.iter().map(|index| least_units(&self.data.lines[*index])).collect()
    }

    fn tells_around(&self) -> bool {
        false
    }

    fn fields(&self, lines: Range<usize>, _is_first: bool) -> Fields {
        let Digest { entries, sections, .. } = self.data.digest;
        let is_last = lines.end == self.named.len();
        let named = self.named.get(lines).unwrap_or_default();
        let of = |index: &usize| &entries[*index];
        let is_held_back =
            |index: &usize| of(index).line.held_back || sections[of(index).section].held_back;
        let mut fields = self.frame.clone();
        let has_held_back = named.iter().any(is_held_back);
        let mut computed = named.iter().any(|index| of(index).is_computed);
        if is_last {
            computed |= fields.get("computed") == Some(&Json::Bool(true));
        } else {
            fields.insert("rest".to_owned(), Json::Null);
        }
        fields.insert("computed".to_owned(), Json::Bool(computed));
        fields.insert("has_held_back".to_owned(), Json::Bool(has_held_back));
        fields.insert("sections".to_owned(), self.sections(named));
        fields
    }

    fn beside(&self, lines: Range<usize>) -> Result<Fields, RenderError> {
        let digest = self.data.digest;
        let has_picture = digest.message.shown.is_some() && self.has_top(&lines);
        let picture = has_picture.then_some(Shown::FITTING);
        let lead = self.data.lead.get_or_init(|| digest.lead());
        as_fields(&Beside { lead, picture }, CUT)
    }
}
