//! YouTube's numbers: of some videos they move at each look, of the others they stand.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::seed;

pub(super) struct YouTube {
    moving_one_in: u64,
    step: i64,
    looks: HashMap<String, i64>,
}

impl YouTube {
    pub(super) fn new(moving_one_in: u64, step: i64) -> YouTube {
        YouTube { moving_one_in, step, looks: HashMap::new() }
    }

    /// Answers `videos` or `videos:batchGetStats`; also how many videos were asked for.
    pub(super) fn answer(&mut self, call: &str) -> (String, u64) {
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
