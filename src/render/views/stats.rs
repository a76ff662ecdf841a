//! The fields of `templates/stats/`: the answer to `/stats`.

use serde::Serialize;

use crate::model::Picture;
use crate::render::link::Link;
use crate::render::numbers::{Ago, Moment, Numbers};
use crate::render::sample::{COUNTS, HIDDEN, channel, hostile_link, moment, picture, seen, video};
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
    /// The video is watched, and too little is known yet for a picture of its views.
    pub lacks_picture: bool,
    /// How the views went.
    #[serde(skip)]
    pub picture: Option<Picture>,
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
                lacks_picture: false,
                picture: Some(picture()),
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
                lacks_picture: true,
                picture: None,
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
                lacks_picture: false,
                picture: None,
            },
        ]
    }

    fn picture(&self) -> Option<Picture> {
        self.picture.clone()
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
