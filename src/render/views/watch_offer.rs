//! The fields of `templates/watch-offer/`: the offer to watch what was pasted.

use serde::Serialize;

use crate::model::{Button, SubjectRef};
use crate::render::buttons;
use crate::render::link::Link;
use crate::render::numbers::Numbers;
use crate::render::sample::{COUNTS, HOSTILE, channel, hostile_link, video, video_id};
use crate::render::view::View;

/// The offer to watch what was pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WatchOffer {
    /// What was pasted.
    pub subject: Link,
    /// The video's channel, where known.
    pub channel: Option<Link>,
    /// The counts now, where known.
    pub numbers: Option<Numbers>,
    /// The command that watches it.
    pub command: String,
    /// What the button watches.
    #[serde(skip)]
    pub reference: SubjectRef,
}

impl View for WatchOffer {
    const NAME: &'static str = "watch-offer";

    fn samples() -> Vec<Self> {
        vec![
            WatchOffer {
                subject: video(),
                channel: Some(channel()),
                numbers: Some(Numbers(COUNTS)),
                command: "/watch dQw4w9WgXcQ views every 1000".to_owned(),
                reference: SubjectRef::Video(video_id()),
            },
            WatchOffer {
                subject: hostile_link(),
                channel: None,
                numbers: None,
                command: HOSTILE.to_owned(),
                reference: SubjectRef::Video(video_id()),
            },
        ]
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        buttons::of_offer(&self.reference)
    }
}
