//! What a card shows, as an embed: a field per count.

use super::fields::{counted, told};
use super::limits::{NAME_MAX_UTF16, fitted};
use crate::model::{Embed, EmbedField, EmbedLink};
use crate::render::markdown::escape;
use crate::render::views::{Card, CardCount};

/// The embed of a card.
pub(super) fn embed(card: &Card) -> Embed {
    let Card { subject, is_unavailable, is_live, counts, ring, .. } = card;
    let texts = [
        is_unavailable.then_some("🚫 No longer available (deleted or private)"),
        is_live.then_some("🔴 Live now"),
        counts.is_empty().then_some("No numbers yet; they come with the next look."),
    ];
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    let ring = ring.as_ref().map(|ring| told(format!("🔔 {}", ring.at), escape(&ring.what)));
    Embed {
        title: Some(EmbedLink {
            text: format!("📌 {}", fitted(&subject.title, NAME_MAX_UTF16 - 3, escape)),
            url: subject.url.clone(),
        }),
        text: texts.join("\n"),
        fields: counts.iter().map(count).chain(ring).collect(),
        footer: footer(card),
        ..Embed::default()
    }
}

fn count(count: &CardCount) -> EmbedField {
    let CardCount { icon, number, unit, change, absent } = count;
    let change = change.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
    let value = number.map(|number| format!("**{number}**{change}"));
    counted(format!("{icon} {unit}"), value.unwrap_or_else(|| (*absent).to_owned()))
}

/// With what the counts are compared, and of when they are. There is no Markdown.
fn footer(card: &Card) -> String {
    let changes = card.changes.as_ref().map(|changes| match &changes.since {
        Some(since) => format!("Changes since {since}, computed by tubebell"),
        None => "Changes in a day, computed by tubebell".to_owned(),
    });
    let seen = card.seen.as_ref().map(|seen| format!("As of {seen} ({})", card.tz));
    let over = card.is_over.then(|| "⏹ No longer kept up to date".to_owned());
    let notes: Vec<String> = [changes, seen, over].into_iter().flatten().collect();
    notes.join("\n")
}
