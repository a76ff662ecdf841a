//! The fields of `templates/card/`: a message that is edited as the numbers of a video move.

use serde::Serialize;

use crate::model::{Counts, Event, Live, Marks, Metric, Picture, Series, Signal, Status, Value};
use crate::render::line;
use crate::render::link::Link;
use crate::render::numbers::{self, Grouped, ShortTime};
use crate::render::sample::{COUNTS, HIDDEN, NOW, hostile_link, picture, short_time, video};
use crate::render::view::View;

/// What a card shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The video.
    pub subject: Link,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// It is on air.
    pub is_live: bool,
    /// The counts; empty: none are known yet.
    pub counts: Vec<CardCount>,
    /// What rang last.
    pub ring: Option<CardRing>,
    /// With what the counts are compared; `None`: no change is shown.
    pub changes: Option<CardChanges>,
    /// When the counts were read.
    pub seen: Option<ShortTime>,
    /// The time zone of all times in it, by its name.
    pub tz: String,
    /// It is edited no more.
    pub is_over: bool,
    /// How the views went in a day.
    #[serde(skip)]
    pub picture: Option<Picture>,
}

/// One count of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardCount {
    /// What stands in front of it.
    pub icon: &'static str,
    /// The number; `None`: it can't be seen.
    pub number: Option<Grouped>,
    /// Its unit in the right number.
    pub unit: &'static str,
    /// By how much it has changed, with its sign.
    pub change: Option<String>,
    /// What stands in the place of a number that can't be seen.
    pub absent: &'static str,
}

impl CardCount {
    /// The counts of a video, compared with earlier ones where there are some.
    #[must_use]
    pub fn all(counts: &Counts, earlier: &Counts) -> Vec<CardCount> {
        let one = |metric: Metric| {
            let number = counts.get(metric);
            let difference =
                number.zip(earlier.get(metric)).and_then(|(now, then)| now.checked_sub(then));
            CardCount {
                icon: line::icon(metric),
                number: number.map(Grouped),
                unit: numbers::unit(number.unwrap_or_default(), metric),
                change: difference.filter(|by| *by != 0).map(numbers::signed),
                absent: numbers::absent(metric),
            }
        };
        Metric::ALL.into_iter().map(one).collect()
    }
}

/// With what the counts of a card are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardChanges {
    /// With those of this moment; `None`: with those of a day before.
    pub since: Option<ShortTime>,
}

/// What rang last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardRing {
    /// When it was told.
    pub at: ShortTime,
    /// What it was, as it follows the time: [`CardRing::what`].
    pub what: String,
}

impl CardRing {
    /// What rang, in our own words alone: the title stands in the card already.
    #[must_use]
    pub fn what(series: Series, previous: &Value, current: &Value, marks: &Marks) -> String {
        match series.signal {
            Signal::Count(metric) => moved(metric, series.down, (previous, current), marks),
            Signal::Gain { metric, window_s } | Signal::Growth { metric, window_s } => {
                let by = previous.int().zip(current.int());
                let by = by.and_then(|(from, to)| to.checked_sub(from)).unwrap_or_default();
                let (unit, window) = (numbers::unit(by, metric), numbers::window(window_s));
                format!("{} {unit} in the last {window}", numbers::signed(by))
            }
            Signal::Event(event) => happened(event, current).to_owned(),
        }
    }
}

fn moved(
    metric: Metric,
    is_down: bool,
    (previous, current): (&Value, &Value),
    marks: &Marks,
) -> String {
    if !marks.is_empty() {
        let passed = numbers::Passed(marks.clone());
        return format!("{metric} {} {passed}", if is_down { "fell below" } else { "passed" });
    }
    match (previous.int(), current.int()) {
        (Some(from), Some(to)) => format!("{metric} {} → {}", Grouped(from), Grouped(to)),
        (None, Some(to)) => format!("{metric} {}", Grouped(to)),
        (_, None) => numbers::absent(metric).to_owned(),
    }
}

fn happened(event: Event, current: &Value) -> &'static str {
    let word = current.text().unwrap_or_default();
    match event {
        Event::Title => "new title",
        Event::Upload => "new video",
        Event::Status | Event::Presence => match Status::from_name(word) {
            Some(Status::Unavailable) => "no longer available",
            Some(Status::Unlisted) => "now unlisted",
            Some(Status::Public) | None => "available again",
        },
        Event::Live => match Live::from_name(word) {
            Some(Live::Live) => "live now",
            Some(Live::Upcoming) => "live stream announced",
            Some(Live::Completed | Live::None) | None => "live stream ended",
        },
    }
}

impl View for Card {
    const NAME: &'static str = "card";

    fn samples() -> Vec<Self> {
        let earlier = Counts { views: Some(950), likes: Some(56), comments: None };
        vec![
            Card {
                subject: video(),
                is_unavailable: false,
                is_live: true,
                counts: CardCount::all(&COUNTS, &earlier),
                ring: Some(CardRing {
                    at: short_time(3 * 60),
                    what: "views passed 1,000".to_owned(),
                }),
                changes: Some(CardChanges { since: None }),
                seen: Some(short_time(2)),
                tz: "Europe/Madrid".to_owned(),
                is_over: false,
                picture: Some(picture()),
            },
            Card {
                subject: hostile_link(),
                is_unavailable: true,
                is_live: false,
                counts: CardCount::all(&HIDDEN, &earlier),
                ring: None,
                changes: Some(CardChanges { since: Some(short_time(60 * 24 * 3)) }),
                seen: Some(ShortTime { at: NOW, now: NOW, tz: "UTC".to_owned() }),
                tz: "UTC".to_owned(),
                is_over: true,
                picture: None,
            },
            Card {
                subject: hostile_link(),
                is_unavailable: false,
                is_live: false,
                counts: Vec::new(),
                ring: None,
                changes: None,
                seen: None,
                tz: "UTC".to_owned(),
                is_over: false,
                picture: None,
            },
        ]
    }

    fn picture(&self) -> Option<Picture> {
        self.picture.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rang_is_said_in_few_words_of_our_own() {
        let counts = |metric| Series::up(Signal::Count(metric));
        let passed = |values: &[i64]| Marks { values: values.to_vec(), more: 0 };
        let text = |text: &str| Value::Text(text.into());
        let (from, to) = (Value::Int(990), Value::Int(12_040));
        for (series, previous, current, marks, expected) in [
            (
                counts(Metric::Views),
                &from,
                &to,
                passed(&[1_000, 10_000]),
                "views passed 1,000 and 10,000",
            ),
            (
                Series::down(Signal::Count(Metric::Likes)),
                &to,
                &from,
                passed(&[1_000]),
                "likes fell below 1,000",
            ),
            (counts(Metric::Views), &from, &to, passed(&[]), "views 990 → 12,040"),
            (counts(Metric::Likes), &from, &Value::None, passed(&[]), "likes hidden"),
            (
                Series::up(Signal::Growth { metric: Metric::Views, window_s: 3600 }),
                &from,
                &to,
                passed(&[]),
                "+11,050 views in the last hour",
            ),
            (
                Series::up(Signal::Event(Event::Title)),
                &text("a"),
                &text("@everyone"),
                passed(&[]),
                "new title",
            ),
            (
                Series::up(Signal::Event(Event::Status)),
                &text("public"),
                &text("unlisted"),
                passed(&[]),
                "now unlisted",
            ),
            (
                Series::up(Signal::Event(Event::Presence)),
                &text("public"),
                &text("unavailable"),
                passed(&[]),
                "no longer available",
            ),
            (
                Series::up(Signal::Event(Event::Live)),
                &text("none"),
                &text("live"),
                passed(&[]),
                "live now",
            ),
        ] {
            assert_eq!(CardRing::what(series, previous, current, &marks), expected);
        }
    }

    #[test]
    fn a_count_that_is_hidden_or_rests_shows_no_change() {
        let now = Counts { views: Some(1_240), likes: None, comments: Some(7) };
        let then = Counts { views: Some(1_000), likes: Some(5), comments: Some(7) };
        let shown: Vec<_> = CardCount::all(&now, &then)
            .into_iter()
            .map(|count| (count.number.map(|number| number.0), count.change))
            .collect();
        assert_eq!(shown, [(Some(1_240), Some("+240".to_owned())), (None, None), (Some(7), None)]);
    }
}
