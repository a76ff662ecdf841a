//! What one alert says, as a field of an embed: its name, and old → new.

use std::cmp::Ordering;

use super::limits::fitted;
use crate::model::EmbedField;
use crate::render::line::Line;
use crate::render::link::Link;
use crate::render::markdown::{escape, link};

/// What stands around a title and its address: ` ([open](<` and `>))`.
const LINK_SIGNS: usize = 14;

/// Which way a line leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
    /// Nothing was counted: something happened.
    Event,
}

impl Direction {
    pub(super) fn of(line: &Line) -> Direction {
        let (previous, current) = match line {
            Line::Marks { fell: true, .. } => return Direction::Down,
            Line::Marks { fell: false, .. } => return Direction::Up,
            Line::Count { previous: Some(previous), current, .. }
            | Line::Window { previous, current, .. } => (previous, current),
            Line::Count { previous: None, .. }
            | Line::Hidden { .. }
            | Line::Title { .. }
            | Line::Unavailable { .. }
            | Line::Unlisted { .. }
            | Line::Back { .. }
            | Line::Public { .. }
            | Line::LiveNow { .. }
            | Line::LiveSoon { .. }
            | Line::LiveEnded { .. }
            | Line::Upload { .. }
            | Line::Announced { .. }
            | Line::Started { .. }
            | Line::ListGone { .. }
            | Line::ListBack { .. } => return Direction::Event,
        };
        match current.0.cmp(&previous.0) {
            Ordering::Less => Direction::Down,
            Ordering::Equal => Direction::Event,
            Ordering::Greater => Direction::Up,
        }
    }
}

/// A field about a count may stand beside others.
pub(super) fn counted(name: String, value: String) -> EmbedField {
    EmbedField { name, value, is_inline: true }
}

/// A field that has a line of its own.
pub(super) fn told(name: impl Into<String>, value: impl Into<String>) -> EmbedField {
    EmbedField { name: name.into(), value: value.into(), is_inline: false }
}

/// What a line says. Texts of strangers get so many UTF-16 units.
pub(super) fn field(line: &Line, text_max: usize) -> EmbedField {
    let typed = |text: &str| fitted(text, text_max, escape);
    let became = |was: &str, now: &str| format!("{} → {now}", typed(was));
    let from = |subject: &Link| {
        let max = text_max + subject.url.len() + LINK_SIGNS;
        format!("from {}", fitted(&subject.title, max, |title| link(title, &subject.url)))
    };
    match line {
        Line::Count { icon, label, previous, current, difference, percent, .. } => {
            let previous = previous.map(|previous| format!("{previous} → ")).unwrap_or_default();
            let by: Vec<&str> =
                [difference, percent].into_iter().flatten().map(String::as_str).collect();
            let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
            counted(format!("{icon} {label}"), format!("{previous}**{current}**{by}"))
        }
        Line::Marks { label, fell, passed, current, .. } => {
            let verb = if *fell { "fell below" } else { "passed" };
            counted(format!("🎯 {label}"), format!("{verb} {passed}: now **{current}**"))
        }
        Line::Window { icon, label, growth, window, previous, current, .. } => {
            let way = format!("**{growth}** ({previous} → {current})");
            counted(format!("{icon} {label} in the last {window}"), way)
        }
        Line::Hidden { label, .. } => told(format!("🙈 {label}"), "can't be seen any more"),
        Line::Title { previous, current } => {
            let current = typed(&current.title);
            let value = match previous {
                Some(previous) => became(previous, &current),
                None => current,
            };
            told("✏️ New title", value)
        }
        Line::Unavailable { was } => {
            told("🚫 No longer available", became(was, "unavailable: deleted or private"))
        }
        Line::Unlisted { was } => {
            told("🔗 Now unlisted", became(was, "unlisted: reachable by its link only"))
        }
        Line::Back { was } => told("✅ Available again", became(was, "public")),
        Line::Public { was } => told("🌍 Public again", became(was, "public")),
        Line::LiveNow { was } => told("🔴 Live now", became(was, "live")),
        Line::LiveSoon { was } => told("📅 Live stream announced", became(was, "upcoming")),
        Line::LiveEnded { was } => told("⏹ Live stream ended", became(was, "ended")),
        Line::Upload { subject } => told("🆕 New video", from(subject)),
        Line::Announced { subject, is_premiere, at } => {
            let name = if *is_premiere { "📅 Premieres" } else { "📅 Goes live" };
            let at = at.as_ref().map(|at| format!("**{}**", escape(&at.to_string())));
            let at = at.as_deref().unwrap_or("soon");
            told(name, format!("{at}, {}", from(subject)))
        }
        Line::Started { subject } => told("▶️ Can be seen now", from(subject)),
        Line::ListGone { is_channel } => told(
            "🚫 No longer there",
            format!(
                "This {} is deleted or private. I look now and then whether it is back.",
                list(*is_channel)
            ),
        ),
        Line::ListBack { is_channel } => {
            told("✅ There again", format!("This {} can be seen again.", list(*is_channel)))
        }
    }
}

const fn list(is_channel: bool) -> &'static str {
    if is_channel { "channel" } else { "playlist" }
}
