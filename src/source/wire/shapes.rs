//! The items of answers as they come: the fields that we use, and no others.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::model::{AtMost, Counts};
use crate::source::budget::PER_CALL_MAX;

/// An item of `videos.list` and of `videos:batchGetStats`; of `playlists.list`, the title.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Video {
    pub(super) snippet: Snippet,
    pub(super) status: Standing,
    pub(super) statistics: Statistics,
    pub(super) live_streaming_details: Broadcast,
    pub(super) content_details: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Snippet {
    pub(super) title: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) channel_title: Option<String>,
    pub(super) published_at: Option<String>,
    pub(super) live_broadcast_content: Option<String>,
    pub(super) resource_id: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Standing {
    pub(super) upload_status: Option<String>,
    pub(super) privacy_status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Broadcast {
    pub(super) actual_end_time: Option<String>,
    pub(super) scheduled_start_time: Option<String>,
}

/// `contentDetails` of a video, a row and a channel, and a row's `resourceId`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Content {
    pub(super) duration: Option<String>,
    pub(super) video_id: Option<String>,
    pub(super) video_published_at: Option<String>,
    pub(super) related_playlists: Related,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Related {
    pub(super) uploads: Option<String>,
}

/// An item of `channels.list`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Channel {
    pub(super) id: Option<String>,
    pub(super) snippet: Snippet,
    pub(super) content_details: Content,
}

/// An item of `playlistItems.list`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Row {
    pub(super) snippet: Snippet,
    pub(super) content_details: Content,
    pub(super) status: Standing,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Summary {
    pub(super) failed_video_ids: AtMost<String, PER_CALL_MAX>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) total_results: u64,
}

/// The counts of a video; `None` where the answer has no such part.
#[derive(Default)]
pub(super) struct Statistics(Option<Counts>);

impl Statistics {
    pub(super) fn counts(&self) -> Result<Counts, String> {
        self.0.ok_or_else(|| "no statistics".to_owned())
    }
}

impl<'de> Deserialize<'de> for Statistics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Wire {
            view_count: Count,
            like_count: Count,
            comment_count: Count,
        }
        Ok(Statistics(Option::<Wire>::deserialize(deserializer)?.map(|wire| Counts {
            views: wire.view_count.0,
            likes: wire.like_count.0,
            comments: wire.comment_count.0,
        })))
    }
}

/// A count: a string of digits, or a number; `None`: absent or null.
#[derive(Default)]
struct Count(Option<i64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
        let count = i64::try_from(number).map_err(|_| E::custom("too large for a count"))?;
        Ok(Count(Some(count)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
        let number = text.parse().map_err(|_| E::custom("not a count"))?;
        self.visit_u64(number)
    }
}
