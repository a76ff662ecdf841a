//! What a digest tells of one video: a line with its name and how its counts moved, and what else is told of it.

use super::{Moved, Moves, Size, Upload, VideoLine};
use crate::model::{Metric, VideoId};
use crate::render::line::{Line, icon};
use crate::render::link::Link;
use crate::render::news::{NetAlert, Place, VideoNews, WatchMessage, WatchNews};
use crate::render::numbers::{self, Grouped};

/// What else is told of one video below its name; where there is more, its name stands there again. More of them, with the
/// longest of numbers and titles, might not fit into a message.
const LINES_PER_NAME: usize = 6;

/// A video, or a part of what is told of it.
pub(super) struct Entry {
    /// The index of its section.
    pub(super) section: usize,
    /// The index of the video.
    pub(super) video: usize,
    /// Which video; `None`: a channel or playlist as a whole.
    pub(super) id: Option<VideoId>,
    pub(super) line: VideoLine,
    /// The alerts that it tells.
    pub(super) told: Vec<Place>,
    /// By how much its counts moved.
    pub(super) by: Moves,
    /// It is new, or is to come.
    pub(super) is_new: bool,
    /// A number in it is computed by tubebell.
    pub(super) is_computed: bool,
    /// Its place among those that merely moved, from 0; `None`: it has to be named.
    pub(super) rank: Option<usize>,
}

impl Entry {
    /// How far it moved.
    pub(super) fn size(&self) -> Size {
        self.by.map(i64::unsigned_abs)
    }

    /// Whether all that is told of it is that its counts moved.
    pub(super) fn is_mover(&self) -> bool {
        self.line.lines.is_empty() && self.line.upload.is_none()
    }

    /// Whether it is named where so many of those that merely moved are.
    pub(super) fn is_named(&self, movers: usize) -> bool {
        self.rank.is_none_or(|rank| rank < movers)
    }
}

/// What is told of one of the videos of a watch, which has this index and stands in this section.
pub(super) fn of(
    watch: &WatchNews,
    news: &VideoNews,
    (video, section): (usize, usize),
    is_below_heading: bool,
) -> Vec<Entry> {
    let Sorted { moves, lines, upload } = Sorted::new(news, &watch.message, video);
    let by = Metric::ALL.map(|metric| {
        let moved = moves.iter().find(|(moved, _)| moved.metric == metric);
        moved.map_or(0, |(moved, _)| moved.by())
    });
    let is_new = upload.is_some();
    let mut told: Vec<Place> = moves.iter().flat_map(|(_, told)| told).copied().collect();
    let upload = upload.map(|(subject, places)| {
        told.extend(places);
        Upload { from: (!is_below_heading).then_some(subject) }
    });
    let mut first = Entry {
        section,
        video,
        id: news.video.as_ref().map(|video| video.id),
        line: VideoLine {
            video: news.link(&watch.message),
            upload,
            is_top: false,
            held_back: watch.over_budget && !is_below_heading,
            moves: moves.iter().map(|(moved, _)| moved.shown()).collect(),
            lines: Vec::new(),
        },
        told,
        by,
        is_new,
        is_computed: false,
        rank: None,
    };
    let mut pieces = lines.chunks(LINES_PER_NAME);
    if let Some(piece) = pieces.next() {
        first.tell(piece);
    }
    let more: Vec<Entry> = pieces.map(|piece| first.going_on(piece)).collect();
    std::iter::once(first).chain(more).collect()
}

impl Entry {
    fn tell(&mut self, lines: &[(Line, Vec<Place>)]) {
        self.is_computed = lines.iter().any(|(line, _)| line.is_computed());
        self.line.lines.extend(lines.iter().map(|(line, _)| line.clone()));
        self.told.extend(lines.iter().flat_map(|(_, places)| places));
    }

    /// More lines of the same video.
    fn going_on(&self, lines: &[(Line, Vec<Place>)]) -> Entry {
        let mut entry = Entry {
            line: VideoLine {
                upload: None,
                is_top: false,
                moves: Vec::new(),
                lines: Vec::new(),
                ..self.line.clone()
            },
            told: Vec::new(),
            ..*self
        };
        entry.tell(lines);
        entry
    }
}

/// How a count moved, over all alerts of it.
#[derive(Clone, Copy)]
struct Move {
    metric: Metric,
    previous: Option<i64>,
    current: i64,
}

impl Move {
    /// What an alert says of a count that can be seen.
    fn of(alert: &NetAlert, line: &Line) -> Option<Move> {
        let (Line::Count { metric, current, .. } | Line::Marks { metric, current, .. }) = line
        else {
            return None;
        };
        Some(Move { metric: *metric, previous: alert.previous.int(), current: current.0 })
    }

    fn by(self) -> i64 {
        self.previous.map_or(0, |previous| self.current.saturating_sub(previous))
    }

    fn shown(self) -> Moved {
        let by = self.by();
        Moved {
            icon: icon(self.metric),
            current: Grouped(self.current),
            difference: (by != 0).then(|| numbers::signed(by)),
        }
    }
}

/// The alerts of one video by how they are told.
#[derive(Default)]
struct Sorted {
    /// Each count once, with the alerts that say no more.
    moves: Vec<(Move, Vec<Place>)>,
    /// All else, each once.
    lines: Vec<(Line, Vec<Place>)>,
    /// What has a new video, where it is one, and the alerts that say no more.
    upload: Option<(Link, Vec<Place>)>,
}

impl Sorted {
    fn new(news: &VideoNews, message: &WatchMessage, video: usize) -> Sorted {
        let mut sorted = Sorted::default();
        for (index, alert) in news.alerts.iter().enumerate() {
            sorted.add((video, index), alert, Line::new(alert, news, message));
        }
        sorted.moves.sort_by_key(|(moved, _)| moved.metric as usize);
        sorted
    }

    fn add(&mut self, place: Place, alert: &NetAlert, line: Line) {
        let is_count = matches!(line, Line::Count { .. });
        if let Some(moved) = Move::of(alert, &line) {
            self.moved(moved, is_count.then_some(place));
        }
        match line {
            Line::Count { .. } => {}
            Line::Upload { subject } => {
                self.upload.get_or_insert_with(|| (subject, Vec::new())).1.push(place);
            }
            Line::Announced { subject, is_premiere, at } => {
                self.upload.get_or_insert_with(|| (subject, Vec::new()));
                self.say(Line::Announced { subject: above(), is_premiere, at }, place);
            }
            Line::Started { subject } => {
                self.upload.get_or_insert_with(|| (subject, Vec::new()));
                self.say(Line::Started { subject: above() }, place);
            }
            Line::Title { previous, .. } => {
                self.say(Line::Title { previous, current: above() }, place);
            }
            line => self.say(line, place),
        }
    }

    fn say(&mut self, line: Line, place: Place) {
        match self.lines.iter_mut().find(|(known, _)| *known == line) {
            // Two rules that noticed the same thing tell it once.
            Some((_, places)) => places.push(place),
            None => self.lines.push((line, vec![place])),
        }
    }

    /// Of several alerts about one count the longer way holds the shorter one. `place`: it is told by the move alone.
    fn moved(&mut self, moved: Move, place: Option<Place>) {
        match self.moves.iter_mut().find(|(known, _)| known.metric == moved.metric) {
            Some((known, told)) => {
                told.extend(place);
                if known.by().unsigned_abs() < moved.by().unsigned_abs() {
                    *known = moved;
                }
            }
            None => self.moves.push((moved, place.into_iter().collect())),
        }
    }
}

/// Stands for a link that is in the line of the name already: nothing is measured twice.
const fn above() -> Link {
    Link { title: String::new(), url: String::new() }
}
