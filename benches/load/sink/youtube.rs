//! YouTube: numbers move at each look of some videos and stand of the others; every channel has the same uploads.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::seed;

/// Rows of one answer of `playlistItems`.
const PAGE: u64 = 50;

fn channel(id: &str) -> String {
    let uploads = id.replacen("UC", "UU", 1);
    format!(
        r#"{{"kind":"youtube#channelListResponse","items":[{{"id":"{id}","snippet":{{"title":"A channel"}},"contentDetails":{{"relatedPlaylists":{{"uploads":"{uploads}"}}}}}}]}}"#
    )
}

pub(super) struct YouTube {
    moving_one_in: u64,
    step: i64,
    uploads: u64,
    looks: HashMap<String, i64>,
}

impl YouTube {
    pub(super) fn new(moving_one_in: u64, step: i64, uploads: u64) -> YouTube {
        YouTube { moving_one_in, step, uploads, looks: HashMap::new() }
    }

    /// Answers a call; also how many videos were asked for by their ids.
    pub(super) fn answer(&mut self, call: &str) -> (String, u64) {
        let value = |name: &str| {
            let mut parts = call.split(['?', '&']).filter_map(|part| part.split_once('='));
            parts.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        match call.split('?').next() {
            Some("channels") => (channel(value("id").unwrap_or_default()), 0),
            Some("playlistItems") => (self.page(value("pageToken").unwrap_or("0")), 0),
            _ => self.videos(call),
        }
    }

    /// Fifty uploads of a channel; a page's token is how many stand before it.
    fn page(&self, token: &str) -> String {
        let before: u64 = token.parse().unwrap_or(0);
        let to = (before + PAGE).min(self.uploads);
        let rows: Vec<String> = (before + 1..=to).map(|number| {
            let id = seed::video_id(number);
            format!(
                r#"{{"snippet":{{"title":"{}","publishedAt":"2020-01-01T00:00:00Z"}},"contentDetails":{{"videoId":"{id}","videoPublishedAt":"2020-01-01T00:00:00Z"}},"status":{{"privacyStatus":"public"}}}}"#,
                seed::TITLE
            )
        }).collect();
        let next =
            if to < self.uploads { format!(r#""nextPageToken":"{to}","#) } else { String::new() };
        format!(
            r#"{{"kind":"youtube#playlistItemListResponse",{next}"pageInfo":{{"totalResults":{}}},"items":[{}]}}"#,
            self.uploads,
            rows.join(",")
        )
    }

    /// Answers `videos` or `videos:batchGetStats`.
    fn videos(&mut self, call: &str) -> (String, u64) {
        let is_stats = call.starts_with("videos:batchGetStats");
        let ids: Vec<String> = call
            .split(['?', '&'])
            .filter_map(|part| part.strip_prefix("id="))
            .flat_map(|list| list.split("%2C").flat_map(|list| list.split(',')))
            .map(str::to_owned)
            .collect();
        let kind = if is_stats { "batchGetStatsResponse" } else { "videoListResponse" };
        let mut text = format!(r#"{{"kind":"youtube#{kind}","items":["#);
        for (place, id) in ids.iter().enumerate() {
            let views = seed::VIEWS + self.gained(id);
            let comma = if place == 0 { "" } else { "," };
            write!(
                text,
                r#"{comma}{{"kind":"youtube#video","id":"{id}","statistics":{{"viewCount":"{views}","likeCount":"{}","commentCount":"{}"}}"#,
                seed::LIKES,
                seed::COMMENTS
            )
            .expect("a text can be written to");
            if !is_stats {
                write!(
                    text,
                    r#","snippet":{{"publishedAt":"2020-01-01T00:00:00Z","channelId":"UCuAXFkgsw1L7xaCfnd5JJOw","title":"{}","channelTitle":"A channel","liveBroadcastContent":"none"}},"status":{{"uploadStatus":"processed","privacyStatus":"public"}}"#,
                    seed::TITLE
                )
                .expect("a text can be written to");
            }
            text.push('}');
        }
        text.push_str("]}");
        (text, ids.len() as u64)
    }

    /// Views that a video has gained by this look.
    fn gained(&mut self, id: &str) -> i64 {
        let number: u64 = id.trim_start_matches('0').parse().unwrap_or(0);
        if self.moving_one_in == 0 || !number.is_multiple_of(self.moving_one_in) {
            return 0;
        }
        let looks = self.looks.entry(id.to_owned()).or_default();
        *looks += 1;
        *looks * self.step
    }
}
