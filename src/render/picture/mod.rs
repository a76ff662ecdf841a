//! A picture as SVG: a count over time, told in digits, dates and our own words.
//!
//! In: a [`Picture`], the numbers of one. Out: a text that `draw` makes a PNG of, and that pages and mails take as it is. No
//! text from outside enters it, so one small font has all its letters. It is read on a phone at less than half its size:
//! few words, and large ones.

mod calendar;
mod course;
mod scale;
#[cfg(test)]
mod tests;
mod theme;

pub use theme::Theme;

use std::fmt;

use super::numbers;
use crate::model::{Metric, Picture, PictureMark, UnixMillis};
use calendar::Tick;
use course::Corner;
use scale::Scale;

/// How wide a picture is, in pixels.
pub const WIDTH: u32 = 800;

/// How high a picture is, in pixels.
pub const HEIGHT: u32 = 400;

/// Families of the font, the one that `draw` has first.
const FONT: &str = "Noto Sans, system-ui, sans-serif";

/// The size of the words along the sides, in pixels: on a phone that shows a picture 360 wide they are 12 high.
const LABEL: f64 = 27.0;

/// The size of the words above the line, in pixels.
const HEAD: f64 = 36.0;

/// How wide a letter is at the most, on average over a word, as a share of its size.
const LETTER: f64 = 0.6;

/// Room between the sides and whatever stands there, in pixels.
const MARGIN: f64 = 24.0;

/// The plot's upper and lower side, in pixels.
const TOP: f64 = 92.0;
const BOTTOM: f64 = 340.0;

/// Passed values that are drawn; names of values that are written, of the newest that do not touch.
const PASSED_MAX: usize = 30;
const NAMED_MAX: usize = 3;

/// New titles that are drawn.
const RENAMED_MAX: usize = 10;

/// All characters that words in a picture are made of: the font has these.
#[cfg(test)]
pub(crate) const LETTERS: &str =
    "0123456789,.: ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Draws a picture; `None`: the count is not known of two moments, and one alone is no line.
#[must_use]
pub fn svg(picture: &Picture, theme: Theme) -> Option<String> {
    let Picture { metric, points, marks, tz } = picture.clone();
    // What was kept may be of any order.
    let picture = Picture::new(metric, points, marks, tz)?;
    let frame = Frame::of(&picture)?;
    let colours = theme.colours();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-label=\"{} over time\" font-family=\"{FONT}\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{}\"/>\n",
        name(picture.metric),
        colours.back
    );
    let ink = Ink { fill: colours.ink, size: HEAD, anchor: Anchor::Start };
    svg += &text(MARGIN, 54.0, ink, name(picture.metric));
    let last = picture.points.last().and_then(|(_, count)| *count);
    let (fill, now) = match last {
        Some(count) => (colours.line, grouped(count)),
        None => (colours.muted, "hidden".to_owned()),
    };
    svg += &text(frame.right, 54.0, Ink { fill, size: HEAD, anchor: Anchor::End }, &now);
    svg += &sides(&frame, &picture.tz, theme);
    svg += &line(&frame, theme);
    svg += &stands_out(&frame, &picture.marks, theme);
    if let Some(count) = last {
        let (x, y) = (Px(frame.right), Px(frame.y(count)));
        svg += &format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"7\" fill=\"{}\"/>\n", colours.line);
    }
    svg += "</svg>\n";
    Some(svg)
}

/// The word above the line.
const fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "Views",
        Metric::Likes => "Likes",
        Metric::Comments => "Comments",
    }
}

fn grouped(count: u64) -> String {
    numbers::grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How wide a word is at the most, in pixels.
fn width(word: &str, size: f64) -> f64 {
    word.chars().count() as f64 * LETTER * size
}

/// Where moments and counts are.
struct Frame {
    from: UnixMillis,
    to: UnixMillis,
    left: f64,
    right: f64,
    scale: Scale,
    stretches: Vec<Vec<Corner>>,
}

impl Frame {
    fn of(picture: &Picture) -> Option<Frame> {
        let (from, _) = *picture.points.first()?;
        let (to, _) = *picture.points.last()?;
        let counts = || picture.points.iter().filter_map(|(_, count)| *count);
        let scale = Scale::of(counts().min()?, counts().max()?);
        let widest = scale.ticks().map(|(_, word)| width(&word, LABEL)).fold(0.0, f64::max);
        Some(Frame {
            from,
            to,
            left: MARGIN + widest + 14.0,
            right: f64::from(WIDTH) - MARGIN,
            scale,
            stretches: course::stretches(&picture.points, from, to),
        })
    }

    /// Where a share of the time is.
    fn at(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    /// Where a moment is; `None`: before the first, or behind the last.
    fn x(&self, at: UnixMillis) -> Option<f64> {
        let is_inside = self.from <= at && at <= self.to;
        is_inside.then(|| self.at(course::share(at, self.from, self.to)))
    }

    fn y(&self, count: u64) -> f64 {
        BOTTOM - self.scale.share(count) * (BOTTOM - TOP)
    }
}

/// A coordinate, as it is written.
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Copy)]
struct Ink {
    fill: &'static str,
    size: f64,
    anchor: Anchor,
}

/// A word of ours: nothing in it needs an escape.
fn text(x: f64, y: f64, ink: Ink, word: &str) -> String {
    let anchor = match ink.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{anchor}\">{word}</text>\n",
        Px(x),
        Px(y),
        ink.size,
        ink.fill
    )
}

/// The counts on the left side, each with a line across, and the times below.
fn sides(frame: &Frame, tz: &str, theme: Theme) -> String {
    let colours = theme.colours();
    let mut svg = String::new();
    for (count, word) in frame.scale.ticks() {
        let y = frame.y(count);
        svg += &format!(
            "<path d=\"M{} {y}H{}\" stroke=\"{}\" stroke-width=\"2\"/>\n",
            Px(frame.left),
            Px(frame.right),
            colours.grid,
            y = Px(y)
        );
        let ink = Ink { fill: colours.muted, size: LABEL, anchor: Anchor::End };
        svg += &text(frame.left - 14.0, y + LABEL * 0.36, ink, &word);
    }
    let mut free_from = frame.left;
    for Tick { at, word } in calendar::ticks(frame.from, frame.to, tz) {
        let half = width(&word, LABEL) / 2.0;
        let Some(x) = frame.x(at) else { continue };
        let middle = x.clamp(frame.left + half, frame.right - half);
        // Half a pixel is lost in sums.
        if middle - half + 0.5 < free_from {
            continue;
        }
        free_from = middle + half + 16.0;
        svg += &format!(
            "<path d=\"M{x} {}v8\" stroke=\"{}\" stroke-width=\"2\"/>\n",
            Px(BOTTOM),
            colours.muted,
            x = Px(x)
        );
        let ink = Ink { fill: colours.muted, size: LABEL, anchor: Anchor::Middle };
        svg += &text(middle, BOTTOM + 42.0, ink, &word);
    }
    svg
}

/// The line, with what is below it tinted, and broken where the count was hidden.
fn line(frame: &Frame, theme: Theme) -> String {
    let colours = theme.colours();
    let (mut line, mut area) = (String::new(), String::new());
    for stretch in &frame.stretches {
        let mut corners =
            stretch.iter().map(|corner| (Px(frame.at(corner.share)), Px(frame.y(corner.count))));
        let (Some((x, y)), Some(last)) = (corners.next(), stretch.last()) else { continue };
        let mut path = format!("M{x} {y}");
        for (x, y) in corners {
            path += &format!("L{x} {y}");
        }
        area += &format!(
            "{path}L{} {bottom}L{x} {bottom}Z",
            Px(frame.at(last.share)),
            bottom = Px(BOTTOM)
        );
        line += &path;
    }
    format!(
        "<path d=\"{area}\" fill=\"{colour}\" fill-opacity=\"0.14\"/>\n\
         <path d=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"4\" stroke-linecap=\"round\" \
         stroke-linejoin=\"round\"/>\n",
        colour = colours.line
    )
}

/// New titles and passed values, of which the newest are named as far as there is room.
fn stands_out(frame: &Frame, marks: &[PictureMark], theme: Theme) -> String {
    let colours = theme.colours();
    let mut svg = String::new();
    let (mut passed, mut renamed, mut named) = (0, 0, 0);
    let mut free_to = frame.right;
    let mut newest_first = marks.to_vec();
    newest_first.sort_by_key(|mark| std::cmp::Reverse(mark.at()));
    for mark in newest_first {
        let Some(x) = frame.x(mark.at()) else { continue };
        match mark {
            PictureMark::Renamed(_) if renamed < RENAMED_MAX => {
                renamed += 1;
                svg += &format!(
                    "<path d=\"M{} {}V{}\" stroke=\"{}\" stroke-width=\"3\" stroke-dasharray=\"4 8\"/>\n",
                    Px(x),
                    Px(TOP),
                    Px(BOTTOM),
                    colours.mark
                );
                if renamed == 1 {
                    svg += &beside(frame, x, TOP + LABEL, colours.mark, "new title");
                }
            }
            PictureMark::Passed(_, value) if passed < PASSED_MAX && frame.scale.has(value) => {
                passed += 1;
                let (word, y) = (grouped(value), frame.y(value));
                svg += &format!(
                    "<circle cx=\"{}\" cy=\"{}\" r=\"8\" fill=\"{}\" stroke=\"{}\" stroke-width=\"4\"/>\n",
                    Px(x),
                    Px(y),
                    colours.back,
                    colours.mark
                );
                // On its left, above the line that comes from there.
                let start = x - 16.0 - width(&word, LABEL);
                if named < NAMED_MAX && x <= free_to && start >= frame.left {
                    named += 1;
                    free_to = start;
                    let ink = Ink { fill: colours.mark, size: LABEL, anchor: Anchor::End };
                    svg += &text(x - 16.0, (y - 12.0).max(TOP), ink, &word);
                }
            }
            PictureMark::Renamed(_) | PictureMark::Passed(..) => {}
        }
    }
    svg
}

/// A word on the side of `x` that has room for it.
fn beside(frame: &Frame, x: f64, y: f64, fill: &'static str, word: &str) -> String {
    let size = LABEL;
    if x + 12.0 + width(word, size) <= frame.right {
        text(x + 12.0, y, Ink { fill, size, anchor: Anchor::Start }, word)
    } else {
        text(x - 12.0, y, Ink { fill, size, anchor: Anchor::End }, word)
    }
}
