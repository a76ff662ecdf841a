//! The plan in one line for the operator.

use std::time::Duration;

use super::{Intervals, Lists, Plan};
use crate::model::Settings;

impl Plan {
    fn describe_lists(&self, print: impl Fn(Duration) -> String) -> String {
        let Lists { count, .. } = self.lists;
        let most = self.lists_in_time;
        let counted = match count {
            0 => {
                return format!(
                    ". New videos: within 15m with up to {most} channels and playlists"
                );
            }
            1 => "1 channel or playlist".to_owned(),
            more => format!("{more} channels and playlists"),
        };
        let feed = print(self.feed_interval);
        let paid = print(self.list_delay());
        format!(
            ". {counted}. New videos: within {feed} in channels whose feed works, else within {paid} (15m with up to {most} channels and playlists)"
        )
    }

    /// All of the plan in one line for the operator.
    pub(super) fn describe(&self) -> String {
        let print = |duration: Duration| {
            Settings::print_duration(Duration::from_secs(duration.as_secs().max(1)))
        };
        let Intervals { min_interval: min, max_interval: max } = self.intervals;
        let videos = self.videos;
        let cost = format!(
            " (at most {} requests a day for numbers, {} for titles and status, {} for lists)",
            self.units_per_day_stats, self.units_per_day_details, self.units_per_day_lists
        );
        let cost = if videos == 0 && self.lists.count == 0 { String::new() } else { cost };
        let told = self.describe_lists(print);
        if !self.fits {
            return format!(
                "{videos} videos are too many for max_interval = {}: the quota allows numbers every {}, titles and status every {}{cost}{told}",
                print(max),
                print(self.effective_interval),
                print(self.details_interval),
            );
        }
        if self.even <= min {
            let counted = match videos {
                0 => "no video is watched yet; a few".to_owned(),
                1 => "1 video".to_owned(),
                more => format!("{more} videos"),
            };
            return format!("{counted} can be looked at every {}{cost}{told}", print(min));
        }
        format!(
            "{videos} videos: busy ones every {}, quiet ones every {}, and every {} if all were busy at once{cost}{told}",
            print(min),
            print(max),
            print(self.effective_interval),
        )
    }
}
