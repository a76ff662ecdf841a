//! What is told of one video, as an embed: a field per alert, old → new, in the colour of its direction.
//!
//! Its words stand here and not in a template: what of them is a title, a field or a footer is the form of an embed, and a
//! template makes one text. Messages that are one text (of many videos, digests, answers) come from the templates.

use std::collections::BTreeSet;

use super::fields::{Direction, field, told};
use super::limits::{FIELDS_MAX, NAME_MAX_UTF16, fit, fitted};
use crate::model::{Embed, EmbedLink, Status};
use crate::render::alert::AlertView;
use crate::render::last_of_day::LastOfDay;
use crate::render::markdown::escape;
use crate::render::news::{VideoFacts, VideoNews, WatchMessage};
use crate::render::numbers::Grouped;

/// The bar at the side of what went up, of what went down, and of what happened: green, red, blue.
const RISEN: u32 = 0x57_f2_87;
const FALLEN: u32 = 0xed_42_45;
const HAPPENED: u32 = 0x34_98_db;

/// Lines of one embed, beside a field with all other counts.
const LINES_MAX: usize = FIELDS_MAX - 1;

/// Rules that are shown: as many as a footer holds.
const RULES_SHOWN: usize = 6;

/// How much of one video is shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// Longest text of a field, in UTF-16 units. A title of YouTube has at most 100 characters.
    text: usize,
    lines: usize,
}

const ALL: Shown = Shown { text: 250, lines: LINES_MAX };

/// What is tried where all of it is too long, in turn; the last always fits.
const LESS: [Shown; 3] = [
    Shown { text: 100, lines: LINES_MAX },
    Shown { text: 48, lines: LINES_MAX },
    Shown { text: 48, lines: 10 },
];
const LEAST: Shown = Shown { text: 48, lines: 3 };

/// The embed of one video, as full as one message holds it.
pub(super) fn single(message: &WatchMessage, news: &VideoNews) -> Embed {
    let view = AlertView::new(message, news);
    let mut embeds = [ALL].iter().chain(&LESS).map(|shown| embed(&view, news, *shown));
    let fitting = embeds.find(|embed| fit(std::slice::from_ref(embed)));
    fitting.unwrap_or_else(|| embed(&view, news, LEAST))
}

/// The embeds of several videos, where one message tells all of it; `None`: it does not.
pub(super) fn each(message: &WatchMessage, told: &[&VideoNews]) -> Option<Vec<Embed>> {
    let mut embeds: Vec<Embed> = Vec::new();
    for (index, news) in told.iter().enumerate() {
        let mut view = AlertView::new(message, news);
        // What is said of the day stands below all of it.
        view.budget = view.budget.filter(|_| index + 1 == told.len());
        if view.lines.items.len() > LINES_MAX {
            return None;
        }
        embeds.push(embed(&view, news, ALL));
        if !fit(&embeds) {
            return None;
        }
    }
    // Of embeds with the same URL Discord shows the first.
    let titles = embeds.iter().filter_map(|embed| embed.title.as_ref());
    let urls: BTreeSet<&str> = titles.map(|title| title.url.as_str()).collect();
    (urls.len() == embeds.len()).then_some(embeds)
}

fn embed(view: &AlertView, news: &VideoNews, shown: Shown) -> Embed {
    let lines = view.lines.items.iter().take(shown.lines);
    let lines = lines.map(|line| field(line, shown.text));
    let others = view.others.as_ref().map(|others| told("Also", others));
    let colour = match view.lines.items.first().map_or(Direction::Event, Direction::of) {
        Direction::Up => RISEN,
        Direction::Down => FALLEN,
        Direction::Event => HAPPENED,
    };
    let video = news.video.as_ref().filter(|video| video.status != Status::Unavailable);
    Embed {
        author: view.channel.as_ref().map(|channel| EmbedLink {
            text: fitted(&channel.title, NAME_MAX_UTF16, str::to_owned),
            url: channel.url.clone(),
        }),
        title: Some(EmbedLink {
            text: fitted(&view.video.title, NAME_MAX_UTF16, escape),
            url: view.video.url.clone(),
        }),
        text: String::new(),
        fields: lines.chain(others).collect(),
        colour: Some(colour),
        thumbnail: video.map(thumbnail),
        footer: footer(view, shown),
        at: Some(news.observed_at),
    }
}

/// The picture of a video, 320 × 180. Source: `snippet.thumbnails.medium` of YouTube's videos (read 2026-11).
fn thumbnail(video: &VideoFacts) -> String {
    format!("https://i.ytimg.com/vi/{}/mqdefault.jpg", video.id)
}

/// What stands below: how late it is, what it sums up, what is left of the day, which rules fired. There is no Markdown.
fn footer(view: &AlertView, shown: Shown) -> String {
    let AlertView { late, lines, coalesced, computed, budget, rules, .. } = view;
    let mut notes: Vec<String> = Vec::new();
    notes.extend(late.as_ref().map(|at| format!("🕗 Late: seen on {at}")));
    let left_out = lines.items.len().saturating_sub(shown.lines);
    if left_out > 0 {
        notes.push(format!("… and {} more", Grouped::count(left_out)));
    }
    notes.extend(coalesced.map(|changes| format!("Sums up {changes} changes")));
    if *computed {
        notes.push("% and rates computed by tubebell".to_owned());
    }
    notes.extend(budget.as_ref().map(|LastOfDay { pings, digest }| {
        format!(
            "📭 This was message {pings} of {pings} today; what else happens comes in the digest {digest}"
        )
    }));
    let (named, more) = rules.items.split_at(rules.items.len().min(RULES_SHOWN));
    if !named.is_empty() {
        let named: Vec<String> =
            named.iter().map(|rule| fitted(rule, shown.text, str::to_owned)).collect();
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" … and {} more", Grouped::count(more.len()))
        };
        notes.push(format!("🔔 {}{more}", named.join(" · ")));
    }
    notes.join("\n")
}
