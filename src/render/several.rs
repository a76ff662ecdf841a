//! Sorts what one watch is told of several videos.
//!
//! In: a [`WatchMessage`]. Out: lines that have to be told, and sums. What nobody wants to miss (new videos, passed values)
//! is named, each on a line of its own. All else is summed: of each kind how many videos, and a few of them by name; of
//! numbers, the biggest moves.
//!
//! The fields of `templates/alerts/` are made of it.

mod samples;
mod sheet;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::RenderError;
use super::buttons;
use super::cut::List;
use super::entry::{Entry, Growth, Move, New, NewTitle, PassedValue, Passing, Section, Sum};
use super::last_of_day::LastOfDay;
use super::lead::{SeveralLead, Tally};
use super::line::{Line, icon, label};
use super::link::Link;
use super::news::{NetAlert, Place, VideoNews, WatchMessage};
use super::numbers::{Grouped, Moment};
use super::paper::Paper;
use super::view::View;
use super::views::Page;
use crate::model::{Button, Metric, SubjectRef, SubscriptionId, is_blank};

/// How many videos a sum names. One more is named rather than counted: `… and 1 more` takes as much room.
const NAMED_IN_A_SUM: usize = 3;

/// How many new titles are shown.
const TITLES_SHOWN: usize = 5;

/// How many rules are shown.
const RULES_SHOWN: usize = 8;

/// Passed values of one video on one line. More of them, with the longest of numbers, might not fit into a message.
const VALUES_PER_LINE: usize = 4;

/// The fields of `templates/alerts/`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AlertsView {
    pub(super) late: Option<Moment>,
    pub(super) subject: Link,
    /// Which of several messages this is; `None`: there is one.
    pub(super) part: Option<Page>,
    pub(super) new: Vec<New>,
    pub(super) passed: Vec<Passing>,
    pub(super) sums: Vec<Section>,
    /// A percentage or a rate stands above: said because YouTube's terms want computed numbers told apart.
    pub(super) computed: bool,
    /// It is the last message of the day.
    pub(super) budget: Option<LastOfDay>,
    pub(super) rules: List<String>,
    #[serde(skip)]
    pub(super) subscription: SubscriptionId,
    #[serde(skip)]
    pub(super) watched: SubjectRef,
    /// What a mail is about.
    #[serde(skip)]
    pub(super) lead: SeveralLead,
}

impl AlertsView {
    /// All of it in one view, however long.
    pub(super) fn new(message: &WatchMessage) -> AlertsView {
        let several = Several::new(message);
        let lead = several.lead();
        let Several { frame, new, passed, sums, .. } = several;
        AlertsView {
            lead,
            new: new.into_iter().map(|named| named.line).collect(),
            passed: passed.into_iter().map(|named| named.line).collect(),
            sums,
            ..frame
        }
    }
}

impl View for AlertsView {
    const NAME: &'static str = "alerts";

    fn samples() -> Vec<AlertsView> {
        let mut views: Vec<AlertsView> = samples::several().iter().map(AlertsView::new).collect();
        if let Some(first) = views.first().cloned() {
            let part = Some(Page { number: Grouped(2), count: Grouped(3) });
            views.insert(1, AlertsView { part, ..first });
        }
        views
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        buttons::of_alert(self.subscription, &self.watched)
    }
}

/// What a message of several videos tells, before it is divided into as many messages as it takes.
pub(super) struct Several {
    /// All of the view but what follows.
    frame: AlertsView,
    /// New videos, each of which has to be named.
    new: Vec<Named<New>>,
    /// Passed values, each of which has to be named.
    passed: Vec<Named<Passing>>,
    /// All else.
    sums: Vec<Section>,
    /// The alerts that the sums tell.
    summed: Vec<Place>,
    /// The page of the new video, where there is one alone.
    upload: Option<String>,
}

/// One of the messages that tell of several videos.
pub(super) struct SeveralPart<G> {
    pub(super) page: G,
    pub(super) told: Vec<Place>,
    pub(super) is_last: bool,
    /// The page of the new video, where it is the only one that is told.
    pub(super) upload: Option<String>,
}

/// A line that has to be told.
struct Named<L> {
    line: L,
    /// The index of its video.
    video: usize,
    /// The alerts that it tells.
    told: Vec<Place>,
}

/// What of several videos is told in one line, in the order of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Unavailable,
    Unlisted,
    Back,
    Public,
    LiveNow,
    LiveSoon,
    LiveEnded,
    Hidden(Metric),
}

/// What a sum may say of one video.
struct Case<T> {
    /// The video's index.
    video: usize,
    /// How much it is; the biggest are shown.
    size: u64,
    what: T,
}

impl Several {
    pub(super) fn new(message: &WatchMessage) -> Several {
        let mut sorter = Sorter::new(message);
        for (video, news) in message.videos.iter().enumerate() {
            for (index, alert) in news.alerts.iter().enumerate() {
                sorter.add((video, index), alert, news);
            }
        }
        sorter.sorted()
    }

    /// All of it, in as few messages on this paper as it takes.
    pub(super) fn parts<P: Paper>(
        &self,
        paper: &P,
    ) -> Result<Vec<SeveralPart<P::Page>>, RenderError> {
        sheet::render(paper, self)
    }

    /// What a mail is about.
    fn lead(&self) -> SeveralLead {
        let videos = |places: &mut dyn Iterator<Item = Place>| {
            Tally::of(places.map(|(video, _)| video).collect::<BTreeSet<_>>().len())
        };
        let new = || self.new.iter().flat_map(|named| named.told.iter().copied());
        let passed = || self.passed.iter().flat_map(|named| named.told.iter().copied());
        let summed = self.summed.iter().copied();
        let is_move = |line: &Entry| matches!(line, Entry::Moves { .. } | Entry::Windows { .. });
        SeveralLead {
            new: videos(&mut new()),
            passed: videos(&mut passed()),
            videos: videos(&mut new().chain(passed()).chain(summed)),
            has_moved: self.sums.iter().flat_map(|section| &section.lines).any(is_move),
        }
    }
}

/// Sorts alerts by how they are told.
struct Sorter<'a> {
    message: &'a WatchMessage,
    new: Vec<Named<New>>,
    passed: Vec<Named<Passing>>,
    titles: Vec<Case<NewTitle>>,
    happenings: BTreeMap<Happening, Vec<usize>>,
    moves: [Vec<Case<Move>>; Metric::ALL.len()],
    windows: [Vec<Case<Growth>>; Metric::ALL.len()],
    /// What became of the channel or playlist itself.
    list: Vec<Entry>,
    summed: Vec<Place>,
    rules: Vec<&'a str>,
}

impl<'a> Sorter<'a> {
    fn new(message: &'a WatchMessage) -> Sorter<'a> {
        Sorter {
            message,
            new: Vec::new(),
            passed: Vec::new(),
            titles: Vec::new(),
            happenings: BTreeMap::new(),
            moves: Default::default(),
            windows: Default::default(),
            list: Vec::new(),
            summed: Vec::new(),
            rules: Vec::new(),
        }
    }

    fn add(&mut self, place: Place, alert: &'a NetAlert, news: &VideoNews) {
        if !alert.rule_text.is_empty() && !self.rules.contains(&alert.rule_text.as_str()) {
            self.rules.push(&alert.rule_text);
        }
        let (index, _) = place;
        let video = news.link(self.message);
        match Line::new(alert, news, self.message) {
            Line::Upload { .. } => return self.tell_new(place, New::Upload { video }),
            Line::Announced { is_premiere, at, .. } => {
                return self.tell_new(place, New::Announced { video, is_premiere, at });
            }
            Line::Started { .. } => return self.tell_new(place, New::Started { video }),
            Line::Marks { metric, fell, passed, current, .. } => {
                let value = PassedValue { label: metric.name(), fell, passed, current };
                return self.tell_passed(place, video, value);
            }
            Line::Title { previous, current } => {
                // Of several alerts on one title the first says it all.
                if self.titles.last().is_none_or(|last| last.video != index) {
                    let what = NewTitle { current, previous };
                    self.titles.push(Case { video: index, size: 0, what });
                }
            }
            Line::Unavailable { .. } => self.happened(Happening::Unavailable, index),
            Line::Unlisted { .. } => self.happened(Happening::Unlisted, index),
            Line::Back { .. } => self.happened(Happening::Back, index),
            Line::Public { .. } => self.happened(Happening::Public, index),
            Line::LiveNow { .. } => self.happened(Happening::LiveNow, index),
            Line::LiveSoon { .. } => self.happened(Happening::LiveSoon, index),
            Line::LiveEnded { .. } => self.happened(Happening::LiveEnded, index),
            Line::Hidden { metric, .. } => self.happened(Happening::Hidden(metric), index),
            Line::Count { metric, previous, current, difference, .. } => {
                let size = previous.map_or(0, |previous| previous.0.abs_diff(current.0));
                let what = Move { video, previous, current, difference };
                let moves = &mut self.moves[metric as usize];
                match moves.last_mut().filter(|last| last.video == index) {
                    // Two rules heard of one count: the longer way holds the shorter one.
                    Some(last) if last.size >= size => {}
                    Some(last) => *last = Case { video: index, size, what },
                    None => moves.push(Case { video: index, size, what }),
                }
            }
            Line::Window { metric, size, growth, window, previous, current, .. } => {
                let what = Growth { video, growth, window, previous, current };
                let windows = &mut self.windows[metric as usize];
                if windows.last().is_none_or(|last| last.what != what) {
                    windows.push(Case { video: index, size: size.unsigned_abs(), what });
                }
            }
            Line::ListGone { is_channel } => self.happened_to_list(Entry::ListGone { is_channel }),
            Line::ListBack { is_channel } => self.happened_to_list(Entry::ListBack { is_channel }),
        }
        self.summed.push(place);
    }

    fn tell_new(&mut self, place: Place, line: New) {
        let (video, _) = place;
        match self.new.last_mut() {
            // Two rules that noticed the same thing tell it once.
            Some(last) if last.video == video && last.line == line => last.told.push(place),
            Some(_) | None => self.new.push(Named { line, video, told: vec![place] }),
        }
    }

    fn tell_passed(&mut self, place: Place, link: Link, value: PassedValue) {
        let (video, _) = place;
        let mut lines = self.passed.iter_mut().rev().take_while(|named| named.video == video);
        if let Some(named) = lines.find(|named| named.line.values.contains(&value)) {
            return named.told.push(place);
        }
        match self.passed.last_mut() {
            Some(last) if last.video == video && last.line.values.len() < VALUES_PER_LINE => {
                last.line.values.push(value);
                last.told.push(place);
            }
            Some(_) | None => {
                let line = Passing { video: link, values: vec![value] };
                self.passed.push(Named { line, video, told: vec![place] });
            }
        }
    }

    fn happened(&mut self, what: Happening, video: usize) {
        let videos = self.happenings.entry(what).or_default();
        if videos.last() != Some(&video) {
            videos.push(video);
        }
    }

    fn happened_to_list(&mut self, line: Entry) {
        if !self.list.contains(&line) {
            self.list.push(line);
        }
    }

    fn sorted(self) -> Several {
        let message = self.message;
        let link = |video: usize| message.videos[video].link(message);
        let upload = match self.new.as_slice() {
            [only] => Some(link(only.video).url),
            _ => None,
        };

        let mut events: Vec<Entry> = Vec::new();
        if !self.titles.is_empty() {
            let titles = few(&self.titles, TITLES_SHOWN, |case| case.what.clone());
            events.push(Entry::Renamed { titles });
        }
        events.extend(self.happenings.iter().map(|(what, videos)| {
            let sum = Sum {
                count: count(videos),
                videos: few(videos, NAMED_IN_A_SUM, |video| link(*video)),
            };
            sum.entry(*what)
        }));
        let computed = self.windows.iter().any(|cases| !cases.is_empty());
        let (blocks, lines) = numbers(self.moves, self.windows);
        let mut sums = Section::of([events, lines]);
        sums.extend(blocks.into_iter().map(|block| Section { lines: vec![block] }));
        sums.extend(Section::of([self.list]));

        let late = Moment { at: message.observed_at, tz: message.tz.clone() };
        Several {
            frame: AlertsView {
                late: message.late.then_some(late),
                subject: headline(message),
                part: None,
                new: Vec::new(),
                passed: Vec::new(),
                sums: Vec::new(),
                computed,
                budget: LastOfDay::of(message),
                rules: few(&self.rules, RULES_SHOWN, |rule| (*rule).to_owned()),
                subscription: message.subscription,
                watched: message.subject.clone(),
                lead: SeveralLead::default(),
            },
            new: self.new,
            passed: self.passed,
            sums,
            summed: self.summed,
            upload,
        }
    }
}

/// What is told of moves and growth: blocks about several videos, and lines about one.
fn numbers(
    moves: [Vec<Case<Move>>; Metric::ALL.len()],
    windows: [Vec<Case<Growth>>; Metric::ALL.len()],
) -> (Vec<Entry>, Vec<Entry>) {
    let moves = Metric::ALL.into_iter().zip(moves).filter_map(|(metric, cases)| {
        let (icon, label) = (icon(metric), label(metric));
        biggest(cases).map(|(count, moves)| (count, Entry::Moves { icon, label, count, moves }))
    });
    let windows = Metric::ALL.into_iter().zip(windows).filter_map(|(metric, cases)| {
        let (icon, label) = (icon(metric), label(metric));
        biggest(cases)
            .map(|(count, windows)| (count, Entry::Windows { icon, label, count, windows }))
    });
    let (blocks, lines): (Vec<_>, Vec<_>) =
        moves.chain(windows).partition(|(count, _)| count.is_some());
    let entries = |all: Vec<(_, Entry)>| all.into_iter().map(|(_, entry)| entry).collect();
    (entries(blocks), entries(lines))
}

impl Sum {
    fn entry(self, what: Happening) -> Entry {
        match what {
            Happening::Unavailable => Entry::Unavailable(self),
            Happening::Unlisted => Entry::Unlisted(self),
            Happening::Back => Entry::Back(self),
            Happening::Public => Entry::Public(self),
            Happening::LiveNow => Entry::LiveNow(self),
            Happening::LiveSoon => Entry::LiveSoon(self),
            Happening::LiveEnded => Entry::LiveEnded(self),
            Happening::Hidden(metric) => {
                let Sum { count, videos } = self;
                Entry::Hidden { label: label(metric), count, videos }
            }
        }
    }
}

/// How many videos there are, each given once or several times in a row; `None` for one.
fn count<'a>(videos: impl IntoIterator<Item = &'a usize>) -> Option<Grouped> {
    let mut videos: Vec<&usize> = videos.into_iter().collect();
    videos.dedup();
    (videos.len() > 1).then(|| Grouped(i64::try_from(videos.len()).unwrap_or(i64::MAX)))
}

/// The first few of `all`, and how many more there are.
fn few<A, T>(all: &[A], max: usize, show: impl FnMut(&A) -> T) -> List<T> {
    let shown = if all.len() <= max + 1 { all.len() } else { max };
    List { items: all.iter().take(shown).map(show).collect(), more: (all.len() - shown) as u64 }
}

/// The biggest of `cases`, with how many videos they are of; `None` where there are no cases.
fn biggest<T: Clone>(mut cases: Vec<Case<T>>) -> Option<(Option<Grouped>, List<T>)> {
    if cases.is_empty() {
        return None;
    }
    let count = count(cases.iter().map(|case| &case.video));
    cases.sort_by_key(|case| Reverse(case.size));
    Some((count, few(&cases, NAMED_IN_A_SUM, |case| case.what.clone())))
}

/// What is watched. A channel that has no name yet takes that of one of its videos.
pub(super) fn headline(message: &WatchMessage) -> Link {
    let named = |title: &&String| !is_blank(title);
    let title = message.subject_title.as_ref().filter(named);
    let title = match message.subject {
        SubjectRef::Video(_) => {
            return Link::subject(&message.subject, title.map(String::as_str));
        }
        SubjectRef::Playlist(_) => title.map_or("A watched playlist", String::as_str),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => {
            let mut videos = message.videos.iter().filter_map(|news| news.video.as_ref());
            let of_video =
                || videos.find_map(|video| video.about.channel_title.as_ref().filter(named));
            title.or_else(of_video).map_or("A watched channel", String::as_str)
        }
    };
    Link { title: title.to_owned(), url: message.subject.url() }
}
