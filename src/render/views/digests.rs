//! The fields of `templates/digests/`: the answer to `/digest`.

use serde::Serialize;

use super::budget::Budget;
use crate::render::cut::List;
use crate::render::link::Link;
use crate::render::numbers::{Grouped, Moment};
use crate::render::sample::{HOSTILE, channel, hostile_link, moment, video};
use crate::render::view::View;

/// The answer to `/digest`: whether what happens is collected, and when that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// Which watch; `None`: the chat.
    pub subject: Option<Link>,
    /// All that was collected in the chat comes now: that was asked for.
    pub is_told_now: bool,
    /// The same was asked for, and nothing is collected.
    pub is_nothing_collected: bool,
    /// When digests come, as people write it; `None`: what happens is told as it happens.
    pub schedule: Option<String>,
    /// The time zone.
    pub tz: String,
    /// When the next one comes, if anything happens until then; `None`: that is known once something happens.
    pub next: Option<Moment>,
    /// It would be due earlier, and waits for the end of the quiet hours.
    pub is_after_quiet: bool,
    /// The watch has nothing of its own set: it is as the chat has it.
    pub is_as_chat: bool,
    /// The watch comes from a file, which has the last word on it.
    pub is_of_file: bool,
    /// Of how many watches there is something in it, where there is something.
    pub collected: Option<Grouped>,
    /// There is something of one alone.
    pub is_of_one: bool,
    /// At most so many messages a day; `None`: no limit.
    pub budget: Option<Budget>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Watches of the chat that have it otherwise.
    pub others: List<OtherDigest>,
}

impl View for Digests {
    const NAME: &'static str = "digests";

    fn samples() -> Vec<Self> {
        let daily = Digests {
            subject: None,
            is_told_now: false,
            is_nothing_collected: false,
            schedule: Some("daily 09:00".to_owned()),
            tz: "Europe/Madrid".to_owned(),
            next: Some(moment(-60)),
            is_after_quiet: false,
            is_as_chat: false,
            is_of_file: false,
            collected: None,
            is_of_one: false,
            budget: None,
            muted_until: None,
            others: List::default(),
        };
        let off = Digests { schedule: None, next: None, ..daily.clone() };
        let other = |subject: Link, schedule: Option<&str>| OtherDigest {
            subject,
            schedule: schedule.map(str::to_owned),
        };
        vec![
            daily.clone(),
            Digests {
                is_after_quiet: true,
                collected: Some(Grouped(3)),
                budget: Some(Budget::sample(Some(3))),
                muted_until: Some(moment(-600)),
                others: List {
                    items: vec![other(video(), None), other(channel(), Some("weekly mon 09:00"))],
                    more: 2,
                },
                ..daily.clone()
            },
            Digests {
                subject: Some(video()),
                is_as_chat: true,
                collected: Some(Grouped(1)),
                is_of_one: true,
                budget: Some(Budget::sample(None)),
                ..daily.clone()
            },
            Digests { is_told_now: true, next: None, ..daily.clone() },
            Digests { is_nothing_collected: true, ..off.clone() },
            Digests { subject: Some(video()), is_of_file: true, ..off },
            Digests {
                subject: Some(hostile_link()),
                tz: HOSTILE.to_owned(),
                others: List { items: vec![other(hostile_link(), Some("hourly")); 200], more: 0 },
                ..daily
            },
        ]
    }
}

/// A watch that has it otherwise than its chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherDigest {
    /// The watch.
    pub subject: Link,
    /// When its digests come; `None`: what happens is told as it happens.
    pub schedule: Option<String>,
}
