//! The fields of `templates/stats/`: the answer to `/stats`.

use serde::Serialize;

use crate::render::link::Link;
use crate::render::numbers::{Ago, Moment, Numbers};
use crate::render::sample::{COUNTS, HIDDEN, channel, hostile_link, moment, seen, video};
use crate::render::view::View;

/// The answer to `/stats`: the numbers of one video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The video.
    pub subject: Link,
    /// Its channel.
    pub channel: Option<Link>,
    /// The counts now.
    pub numbers: Option<Numbers>,
    /// When they were read.
    pub seen: Option<Ago>,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// It is on air.
    pub is_live: bool,
    /// What was gained lately, computed from the history.
    pub gains: Vec<GainLine>,
    /// When it was published.
    pub published: Option<Moment>,
}

impl View for Stats {
    const NAME: &'static str = "stats";

    fn samples() -> Vec<Self> {
        let gain = |window: &str, gain: &str| GainLine {
            window: window.to_owned(),
            gain: gain.to_owned(),
        };
        vec![
            Stats {
                subject: video(),
                channel: Some(channel()),
                numbers: Some(Numbers(COUNTS)),
                seen: Some(seen()),
                is_unavailable: false,
                is_live: true,
                gains: vec![gain("hour", "+12 views"), gain("day", "+290 views")],
                published: Some(moment(60 * 24 * 400)),
            },
            Stats {
                subject: hostile_link(),
                channel: None,
                numbers: None,
                seen: None,
                is_unavailable: true,
                is_live: false,
                gains: Vec::new(),
                published: None,
            },
            Stats {
                subject: hostile_link(),
                channel: Some(hostile_link()),
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                is_unavailable: false,
                is_live: false,
                gains: Vec::new(),
                published: None,
            },
        ]
    }
}

/// What was gained within one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GainLine {
    /// As it follows “in the last”: [`crate::render::numbers::window`].
    pub window: String,
    /// The gain with its unit, such as `+612 views`.
    pub gain: String,
}
