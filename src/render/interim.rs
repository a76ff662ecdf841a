//! Stands in for the voices of digests until they are written: a line per video, [`LINES`] of them in a message.

use serde_json::json;

use super::news::{DigestMessage, Part, Place};
use super::numbers;
use crate::model::{Body, Channel, ChatMessage, Value};

/// Lines of one message.
const LINES: usize = 30;

/// All that a digest tells, as text.
pub(super) fn digest(channel: Channel, message: &DigestMessage) -> Vec<Part> {
    let videos = message.watches.iter().flat_map(|watch| {
        watch.message.videos.iter().map(move |video| (watch.over_budget, &watch.message, video))
    });
    let mut lines: Vec<(String, Vec<Place>)> = Vec::new();
    for (index, (over_budget, watch, video)) in videos.enumerate() {
        let told = video.places(index);
        if told.is_empty() {
            continue;
        }
        let mut line = video.link(watch).title;
        for alert in &video.alerts {
            line += &format!(", {} → {}", shown(&alert.previous), shown(&alert.current));
        }
        if over_budget {
            line += " (over budget)";
        }
        lines.push((line, told));
    }
    let parts = lines.chunks(LINES).map(|lines| {
        let mut text = format!("Digest {}", message.schedule);
        for (line, _) in lines {
            text += "\n";
            text += line;
        }
        let told = lines.iter().flat_map(|(_, told)| told).copied().collect();
        Part::new(body(channel, text), told)
    });
    parts.collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => "nothing".to_owned(),
        Value::Int(number) => numbers::grouped(*number),
        Value::Text(text) => text.to_string(),
    }
}

fn body(channel: Channel, text: String) -> Body {
    let traits = channel.traits();
    if traits.is_chat {
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        Body::Chat(ChatMessage { html, buttons: Vec::new(), preview: false, preview_url: None })
    } else if traits.is_told_each_video {
        Body::Json(json!({"type": "digest.sent", "data": {"text": text}}).to_string())
    } else {
        Body::Text(text)
    }
}
