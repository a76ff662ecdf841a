//! The fields of `templates/mute/`: the answer to `/mute` and `/unmute`.

use serde::Serialize;

use crate::render::link::Link;
use crate::render::numbers::{Grouped, Moment};
use crate::render::sample::{HOSTILE, hostile_link, moment, video};
use crate::render::view::View;

/// The answer to `/mute` and `/unmute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mute {
    /// What is muted; `None`: the whole chat.
    pub subject: Option<Link>,
    /// Until then; `None`: it rings again.
    pub until: Option<Moment>,
    /// The command that ends this silence and no other.
    pub undo: String,
    /// Watches whose own silence ended with that of the chat, where there were any.
    pub watches: Option<Unmuted>,
    /// It rings again as far as it is concerned, but the whole chat is silent until then.
    pub chat_until: Option<Moment>,
}

impl View for Mute {
    const NAME: &'static str = "mute";

    fn samples() -> Vec<Self> {
        let lifted = |count| Some(Unmuted { count: Grouped(count), is_one: count == 1 });
        let plain = Mute {
            subject: None,
            until: None,
            undo: "/mute off".to_owned(),
            watches: None,
            chat_until: None,
        };
        vec![
            Mute {
                subject: Some(video()),
                until: Some(moment(-60)),
                undo: "/unmute 3".to_owned(),
                ..plain.clone()
            },
            plain.clone(),
            Mute { until: Some(moment(-60)), ..plain.clone() },
            Mute { watches: lifted(2), ..plain.clone() },
            Mute { watches: lifted(1), ..plain.clone() },
            Mute { subject: Some(video()), chat_until: Some(moment(-60)), ..plain.clone() },
            Mute { subject: Some(hostile_link()), ..plain.clone() },
            Mute {
                subject: Some(hostile_link()),
                until: Some(moment(-60)),
                undo: HOSTILE.to_owned(),
                ..plain
            },
        ]
    }
}

/// Watches that had a silence of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unmuted {
    /// How many.
    pub count: Grouped,
    /// It is one.
    pub is_one: bool,
}
