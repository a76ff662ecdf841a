//! The fields of `templates/watch/`: the answer to `/watch`.

use std::time::Duration;

use serde::Serialize;

use super::members::Members;
use super::rules::RuleLine;
use crate::model::{Button, Marks, Quiet, SubscriptionId};
use crate::render::buttons;
use crate::render::cut::List;
use crate::render::link::Link;
use crate::render::numbers::{Ago, Grouped, Moment, Numbers, Passed, Period};
use crate::render::prose::Prose;
use crate::render::sample::{
    COUNTS, HIDDEN, HOSTILE, channel, hostile_link, moment, quiet, seen, video,
};
use crate::render::view::View;

/// The answer to `/watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watch {
    /// What is watched now.
    pub subject: Link,
    /// The video's channel.
    pub channel: Option<Link>,
    /// The watch stood already and has new rules now.
    pub is_changed: bool,
    /// The watch stood already, just so.
    pub is_unchanged: bool,
    /// Nothing is known of it yet; the first look follows.
    pub is_pending: bool,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// The counts now: the base of all rules.
    pub numbers: Option<Numbers>,
    /// When they were read.
    pub seen: Option<Ago>,
    /// How many videos of a channel or playlist are watched.
    pub members: Option<Members>,
    /// What this watch takes of the videos that its owner may have.
    pub videos: Option<VideosLeft>,
    /// So many lists are watched that telling of a new video may take so long.
    pub delay: Option<Delay>,
    /// The rules in force.
    pub rules: List<RuleLine>,
    /// The texts of rules that were in force before and are no longer.
    pub ended: List<String>,
    /// A channel or playlist is watched without the rule that tells of new videos: the command that adds it.
    pub with_upload: Option<String>,
    /// Why YouTube could not be asked just now, and what follows from it.
    pub note: Option<Prose>,
    /// At most one message per this.
    pub at_most: Option<Period>,
    /// When what happens is told, where it is collected.
    pub digest: Option<String>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// The time zone of the hours.
    pub tz: String,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// When the watch ends.
    pub until: Option<Moment>,
    /// Where it rings, where that needs a word: a channel of a server, or its feed.
    pub rings_in: Option<Link>,
    /// The permissions that we lack there, by their names.
    pub lacking: Vec<String>,
    /// The watch, where it was made without a rule: other ways to be told of it are offered.
    #[serde(skip)]
    pub offered: Option<SubscriptionId>,
}

impl View for Watch {
    const NAME: &'static str = "watch";

    fn samples() -> Vec<Self> {
        let full = Watch {
            subject: video(),
            channel: Some(channel()),
            is_changed: false,
            is_unchanged: false,
            is_pending: false,
            is_unavailable: false,
            numbers: Some(Numbers(COUNTS)),
            seen: Some(seen()),
            members: None,
            videos: None,
            delay: None,
            rules: List::new(vec![
                RuleLine { next: Some(Grouped(2_000)), ..RuleLine::sample("views every 1000") },
                RuleLine {
                    next: Some(Grouped(10_000)),
                    passed: Some(Passed(Marks { values: vec![500, 1_000], more: 0 })),
                    ..RuleLine::sample("views at 500, 1k, 10k")
                },
                RuleLine { is_new: true, ..RuleLine::sample("status") },
            ]),
            ended: List::default(),
            with_upload: None,
            note: None,
            at_most: Some(Period(Duration::from_secs(900))),
            digest: Some("daily 09:00".to_owned()),
            quiet: Some(quiet()),
            tz: "Europe/Madrid".to_owned(),
            muted_until: None,
            until: Some(moment(-60 * 24 * 30)),
            rings_in: None,
            lacking: Vec::new(),
            offered: Some(SubscriptionId(7)),
        };
        let members = |taken, total, is_cut| {
            Some(Members { taken: Grouped(taken), total: Grouped(total), is_cut })
        };
        let videos = |counted, left| {
            Some(VideosLeft {
                counted: Grouped(counted),
                is_one: counted == 1,
                left: Grouped(left),
                max: Grouped(1_000),
            })
        };
        vec![
            full.clone(),
            Watch {
                subject: channel(),
                channel: None,
                is_changed: true,
                is_unavailable: true,
                numbers: None,
                seen: None,
                members: members(500, 1_234, true),
                videos: videos(500, 380),
                delay: Some(Delay {
                    time: Period(Duration::from_secs(2_400)),
                    lists_in_time: Grouped(250),
                }),
                ended: List::new(vec!["views any".to_owned()]),
                with_upload: Some("/watch @rick views any; upload".to_owned()),
                muted_until: Some(moment(-60)),
                at_most: None,
                digest: None,
                quiet: None,
                until: None,
                rings_in: Some(Link {
                    title: "the feed of this server".to_owned(),
                    url: "https://discord.com/channels/1/2".to_owned(),
                }),
                lacking: vec!["Send Messages".to_owned()],
                offered: None,
                ..full.clone()
            },
            Watch {
                subject: hostile_link(),
                channel: Some(hostile_link()),
                is_unchanged: true,
                is_pending: true,
                note: Some(Prose::new(HOSTILE)),
                ended: List { items: vec![HOSTILE.to_owned(); 200], more: 0 },
                with_upload: Some(HOSTILE.to_owned()),
                tz: HOSTILE.to_owned(),
                rings_in: Some(hostile_link()),
                members: members(12, 12, false),
                videos: videos(1, 0),
                rules: List { items: vec![RuleLine::sample(HOSTILE); 200], more: 0 },
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                ..full
            },
        ]
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        self.offered.map(buttons::of_new_watch).unwrap_or_default()
    }
}

/// What a watch takes of the videos that all watches of its owner may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VideosLeft {
    /// So many it counts.
    pub counted: Grouped,
    /// It counts one.
    pub is_one: bool,
    /// So many are left.
    pub left: Grouped,
    /// So many the owner may have.
    pub max: Grouped,
}

/// That a new video of a list may stay unseen for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// For so long.
    pub time: Period,
    /// With so many lists it would be told within a quarter of an hour.
    pub lists_in_time: Grouped,
}
