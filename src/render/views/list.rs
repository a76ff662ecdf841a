//! The fields of `templates/list/`: the answer to `/list`.

use serde::Serialize;

use super::back::Back;
use super::members::Members;
use crate::model::Button;
use crate::render::buttons;
use crate::render::cut::List;
use crate::render::link::Link;
use crate::render::numbers::{Grouped, Moment};
use crate::render::sample::{BLOCKED, HOSTILE, channel, hostile_link, moment, video};
use crate::render::view::View;

/// The answer to `/list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watches {
    /// The watches.
    pub watches: List<WatchLine>,
    /// How many there are.
    pub total: Grouped,
    /// How many one may have; `None`: no limit.
    pub max: Option<Grouped>,
    /// Which part of the list this is; `None`: all of it.
    pub page: Option<Page>,
    /// The place of a single video among them: `/why` explains no channel and no playlist.
    pub video: Option<String>,
    /// When what happens in the chat is told, where it is collected.
    pub digest: Option<String>,
    /// A link that is sent without a command is read.
    pub reads_texts: bool,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

impl View for Watches {
    const NAME: &'static str = "list";

    fn samples() -> Vec<Self> {
        let line = WatchLine {
            number: Grouped(1),
            subject: video(),
            members: None,
            rules: vec!["views every 1000".to_owned(), "status".to_owned()],
            digest: None,
            rings_at: None,
            muted_until: None,
            until: None,
            is_unavailable: false,
            is_gone: false,
        };
        let marked = WatchLine {
            number: Grouped(2),
            subject: channel(),
            members: Some(Members { taken: Grouped(500), total: Grouped(1_234), is_cut: true }),
            digest: Some("weekly mon 09:00".to_owned()),
            rings_at: Some("email:ana@example.org".to_owned()),
            muted_until: Some(moment(-60)),
            until: Some(moment(-60 * 24 * 30)),
            is_unavailable: false,
            is_gone: true,
            ..line.clone()
        };
        let hostile = WatchLine {
            subject: hostile_link(),
            members: Some(Members { taken: Grouped(12), total: Grouped(12), is_cut: false }),
            rules: vec![HOSTILE.to_owned()],
            rings_at: Some(HOSTILE.to_owned()),
            is_unavailable: true,
            ..line.clone()
        };
        vec![
            Watches {
                watches: List::new(vec![line, marked]),
                total: Grouped(2),
                max: Some(Grouped(50)),
                page: None,
                video: Some("1".to_owned()),
                digest: Some("daily 09:00".to_owned()),
                reads_texts: true,
                muted_until: None,
                back: None,
            },
            Watches {
                watches: List::default(),
                total: Grouped(0),
                max: None,
                page: None,
                video: None,
                digest: None,
                reads_texts: false,
                muted_until: Some(moment(-60)),
                back: Back::sample(Some(moment(600)), BLOCKED),
            },
            Watches {
                watches: List { items: vec![hostile; 200], more: 1_000 },
                total: Grouped(1_200),
                max: None,
                page: Some(Page { number: Grouped(2), count: Grouped(6) }),
                video: None,
                digest: None,
                reads_texts: true,
                muted_until: None,
                back: Back::sample(None, &format!("refused: `{HOSTILE}`")),
            },
        ]
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        self.page.map(|page| buttons::of_list(page.number.0, page.count.0)).unwrap_or_default()
    }
}

/// A part of a list that is too long for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Which, from 1.
    pub number: Grouped,
    /// Of how many.
    pub count: Grouped,
}

/// One watch in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchLine {
    /// Its number in the list, from 1, by which commands may name it.
    pub number: Grouped,
    /// What is watched.
    pub subject: Link,
    /// How many videos of a channel or playlist are watched.
    pub members: Option<Members>,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// When what happens is told, where the watch has it otherwise than the chat: as people write it, or `off`.
    pub digest: Option<String>,
    /// Where it rings, where that is another address of whoever reads this.
    pub rings_at: Option<String>,
    /// Muted until then.
    pub muted_until: Option<Moment>,
    /// When it ends.
    pub until: Option<Moment>,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// The channel or playlist is no longer there.
    pub is_gone: bool,
}
