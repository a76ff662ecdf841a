//! Sorts what a digest tells: per video its net change, the values it passed and what else happened.
//!
//! In: a [`DigestMessage`]. Out: lines by section. A channel or playlist of which several videos are told is a section of its
//! own, all others are told together. New videos come first in their section, then those that moved most; so do sections.
//! What passed a value, is new, or has an event is named; videos that merely moved are named as far as one message holds
//! them, the rest is summed.
//!
//! The fields of `templates/digest/` are made of it.

mod lines;
mod samples;
mod sheet;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::RenderError;
use super::lead::{DigestLead, Sum, Tally};
use super::line::Line;
use super::link::Link;
use super::news::{DigestMessage, Place, WatchNews};
use super::numbers::{self, Grouped, Stretch};
use super::paper::Paper;
use super::view::View;
use super::views::Page;
use crate::model::{Metric, SubjectRef, VideoId};
use lines::Entry;

/// The fields of `templates/digest/`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DigestView {
    schedule: String,
    /// What it tells of.
    span: Stretch,
    late: bool,
    /// Which of several messages this is; `None`: there is one.
    part: Option<Page>,
    sections: Vec<Section>,
    /// Videos that moved and are not named.
    rest: Option<Rest>,
    /// Something stands above that the budget of a day held back.
    has_held_back: bool,
    /// A sum, a percentage or a rate stands above: said because YouTube's terms want computed numbers told apart.
    computed: bool,
    /// What a mail is about.
    #[serde(skip)]
    pub(super) lead: DigestLead,
    /// A picture goes along where the channel shows it.
    #[serde(skip)]
    pub(super) has_picture: bool,
}

/// Videos that are told together.
#[derive(Debug, Clone, Serialize)]
struct Section {
    #[serde(flatten)]
    heading: Heading,
    videos: Vec<VideoLine>,
}

/// What stands above a section.
#[derive(Debug, Clone, Serialize)]
struct Heading {
    /// The channel or playlist whose videos they are.
    heading: Option<Link>,
    /// They are of several watches, and stand beside sections that have a heading.
    is_singles: bool,
    /// The budget of a day held back what is told of the channel or playlist.
    held_back: bool,
}

/// What is told of one video, or of a channel or playlist as a whole.
#[derive(Debug, Clone, Serialize)]
struct VideoLine {
    video: Link,
    /// It is new, or announced.
    upload: Option<Upload>,
    /// Its views moved most: where a picture goes along, it shows how.
    is_top: bool,
    /// The budget of a day held it back; below a heading that is said there.
    held_back: bool,
    /// How its counts moved.
    moves: Vec<Moved>,
    /// What else is told of it.
    lines: Vec<Line>,
}

/// A new video.
#[derive(Debug, Clone, Serialize)]
struct Upload {
    /// Of which channel or playlist; below its heading that need not be said.
    from: Option<Link>,
}

/// How a count moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Moved {
    icon: &'static str,
    current: Grouped,
    difference: Option<String>,
}

/// Videos that moved and are not named.
#[derive(Debug, Clone, Serialize)]
struct Rest {
    count: Grouped,
    is_one: bool,
    /// By how much, all together.
    sums: Option<String>,
}

/// By how much the counts of one video moved, or those of several together.
type Moves = [i64; Metric::ALL.len()];

/// How far a video moved: by views, then by likes, then by comments.
type Size = [u64; Metric::ALL.len()];

/// What a digest tells, before it is divided into as many messages as it takes.
pub(super) struct Digest<'a> {
    message: &'a DigestMessage,
    /// What stands above each section.
    sections: Vec<Heading>,
    /// What is told, section by section.
    entries: Vec<Entry>,
    /// How many of them merely moved.
    movers: usize,
}

/// One of the messages of a digest.
pub(super) struct DigestPart<G> {
    pub(super) page: G,
    pub(super) told: Vec<Place>,
    /// Whether the video stands in it whose views moved most.
    pub(super) has_top: bool,
}

impl<'a> Digest<'a> {
    pub(super) fn new(message: &'a DigestMessage) -> Digest<'a> {
        let (mut sections, mut entries) = sorted(message);
        let has_headings = sections.len() > 1;
        for heading in &mut sections {
            heading.is_singles = has_headings && heading.heading.is_none();
        }
        let mut biggest = vec![Size::default(); sections.len()];
        for entry in &entries {
            let biggest = &mut biggest[entry.section];
            *biggest = (*biggest).max(entry.size());
        }
        let by_size = |entry: &Entry| {
            let section = Reverse(biggest[entry.section]);
            (section, entry.section, !entry.is_new, Reverse(entry.size()), entry.video)
        };
        entries.sort_by_key(by_size);
        let movers = rank(&mut entries);
        mark_top(&mut entries, message.shown.as_ref().map(|(video, _)| video));
        Digest { message, sections, entries, movers }
    }

    /// All of it, in as few messages on this paper as it takes. Nothing comes of nothing.
    pub(super) fn parts<P: Paper>(
        &self,
        paper: &P,
    ) -> Result<Vec<DigestPart<P::Page>>, RenderError> {
        if self.entries.is_empty() { Ok(Vec::new()) } else { sheet::render(paper, self) }
    }

    /// The entries that are named where so many of those that merely moved are, with their indexes.
    fn named(&self, movers: usize) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(move |(_, entry)| entry.is_named(movers))
    }

    /// The sum of those that are not.
    fn rest(&self, movers: usize) -> Option<Rest> {
        let (count, all) = self.sum(|entry| !entry.is_named(movers))?;
        let sums = Metric::ALL.into_iter().zip(all).filter(|(_, by)| *by != 0);
        let sums: Vec<String> = sums
            .map(|(metric, by)| format!("{} {}", numbers::signed(by), numbers::unit(by, metric)))
            .collect();
        Some(Rest {
            count: Grouped::count(count),
            is_one: count == 1,
            sums: (!sums.is_empty()).then(|| sums.join(" · ")),
        })
    }

    /// All of the view but what is named.
    fn frame(&self, rest: Option<Rest>) -> DigestView {
        let DigestMessage { schedule, tz, now, since, late, .. } = self.message;
        DigestView {
            schedule: schedule.clone(),
            span: Stretch { from: *since, to: *now, tz: tz.clone() },
            late: *late,
            part: None,
            sections: Vec::new(),
            computed: rest.as_ref().is_some_and(|rest| rest.sums.is_some()),
            rest,
            has_held_back: false,
            lead: DigestLead::default(),
            has_picture: false,
        }
    }

    /// What a mail is about.
    fn lead(&self) -> DigestLead {
        let views = self.sum(|_| true).map_or(0, |(_, all)| all[Metric::Views as usize]);
        // What is watched twice is one video; what is none stands for itself.
        let which = |entry: &Entry| (entry.id, entry.id.is_none().then_some(entry.video));
        let videos: BTreeSet<_> = self.entries.iter().map(which).collect();
        let new: BTreeSet<_> =
            self.entries.iter().filter(|entry| entry.is_new).map(which).collect();
        let top = self.entries.iter().find(|entry| entry.line.is_top);
        let top = top.or(self.entries.first());
        DigestLead {
            views: Sum::of(views, Metric::Views),
            new: Tally::of(new.len()),
            title: top.map_or_else(String::new, |entry| entry.line.video.title.clone()),
            others: Tally::of(videos.len().saturating_sub(1)),
        }
    }

    /// How many videos the entries are of that are meant, and by how much all of these moved; `None`: none is.
    fn sum(&self, is_meant: impl Fn(&Entry) -> bool) -> Option<(usize, Moves)> {
        // What is watched twice moved once.
        let mut videos: BTreeMap<Option<VideoId>, Moves> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| is_meant(entry)) {
            let known = videos.entry(entry.id).or_default();
            for (known, by) in known.iter_mut().zip(entry.by) {
                *known = if by.unsigned_abs() > known.unsigned_abs() { by } else { *known };
            }
        }
        let mut all = Moves::default();
        for by in videos.values() {
            all.iter_mut().zip(by).for_each(|(all, by)| *all = all.saturating_add(*by));
        }
        (!videos.is_empty()).then_some((videos.len(), all))
    }

    /// All of it in one view, however long, with so many of those that merely moved.
    fn view(&self, movers: usize) -> DigestView {
        let mut view = self.frame(self.rest(movers));
        view.lead = self.lead();
        view.has_picture = self.message.shown.is_some();
        let mut last = None;
        for (_, entry) in self.named(movers) {
            let heading = &self.sections[entry.section];
            if last != Some(entry.section) {
                view.sections.push(Section { heading: heading.clone(), videos: Vec::new() });
                last = Some(entry.section);
            }
            view.computed |= entry.is_computed;
            view.has_held_back |= entry.line.held_back || heading.held_back;
            if let Some(section) = view.sections.last_mut() {
                section.videos.push(entry.line.clone());
            }
        }
        view
    }
}

/// The sections, and what they tell, in the order of the message.
fn sorted(message: &DigestMessage) -> (Vec<Heading>, Vec<Entry>) {
    let mut sections: Vec<Heading> = Vec::new();
    let mut entries = Vec::new();
    let mut singles = None;
    let mut of_watch = None;
    for (watch, video, news) in message.told() {
        let section = if has_heading(watch) {
            match of_watch {
                Some((known, section)) if std::ptr::eq(known, watch) => section,
                Some(_) | None => {
                    sections.push(heading(watch));
                    of_watch = Some((watch, sections.len() - 1));
                    sections.len() - 1
                }
            }
        } else {
            *singles.get_or_insert_with(|| {
                sections.push(Heading { heading: None, is_singles: false, held_back: false });
                sections.len() - 1
            })
        };
        let is_below_heading = sections[section].heading.is_some();
        entries.extend(lines::of(watch, news, (video, section), is_below_heading));
    }
    (sections, entries)
}

/// Whether a watch is a section of its own.
fn has_heading(watch: &WatchNews) -> bool {
    let is_list = !matches!(watch.message.subject, SubjectRef::Video(_));
    is_list && watch.message.told().nth(1).is_some()
}

fn heading(watch: &WatchNews) -> Heading {
    Heading {
        heading: Some(super::several::headline(&watch.message)),
        is_singles: false,
        held_back: watch.over_budget,
    }
}

/// Numbers those that merely moved, the biggest first; returns how many there are.
fn rank(entries: &mut [Entry]) -> usize {
    let mut movers: Vec<&mut Entry> = entries.iter_mut().filter(|e| e.is_mover()).collect();
    movers.sort_by_key(|entry| Reverse(entry.size()));
    for (rank, entry) in movers.iter_mut().enumerate() {
        entry.rank = Some(rank);
    }
    movers.len()
}

/// Marks the line of the video whose views moved most, which is the one that is shown where there is one.
fn mark_top(entries: &mut [Entry], shown: Option<&VideoId>) {
    let views = |entry: &Entry| entry.by[Metric::Views as usize].unsigned_abs();
    let may_be = |entry: &&mut Entry| {
        views(entry) > 0 && shown.is_none_or(|video| entry.id.as_ref() == Some(video))
    };
    // Of several, the first.
    let top = entries.iter_mut().filter(may_be).rev().max_by_key(|entry| views(entry));
    if let Some(top) = top {
        top.line.is_top = true;
    }
}

impl View for DigestView {
    const NAME: &'static str = "digest";

    fn samples() -> Vec<DigestView> {
        let mut views: Vec<DigestView> = samples::digests()
            .iter()
            .map(|(message, movers)| Digest::new(message).view(*movers))
            .collect();
        if let Some(second) = views.get(1).cloned() {
            let part = Some(Page { number: Grouped(2), count: Grouped(3) });
            views.insert(2, DigestView { part, ..second });
        }
        views
    }
}
