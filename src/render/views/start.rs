//! The fields of `templates/start/`: the answer to `/start`.

use serde::Serialize;

use super::back::Back;
use crate::render::numbers::{Grouped, Moment};
use crate::render::sample::{BLOCKED, HOSTILE, moment};
use crate::render::view::View;

/// The answer to `/start` of somebody who is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Start {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// A link that is sent without a command is read.
    pub reads_texts: bool,
    /// How many watches the chat has, when it has any.
    pub watches: Option<Grouped>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

impl View for Start {
    const NAME: &'static str = "start";

    fn samples() -> Vec<Self> {
        vec![
            Start {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                reads_texts: true,
                watches: None,
                muted_until: None,
                back: None,
            },
            Start {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                reads_texts: true,
                watches: Some(Grouped(3)),
                muted_until: Some(moment(-60)),
                back: Back::sample(Some(moment(600)), BLOCKED),
            },
            Start {
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                reads_texts: false,
                watches: Some(Grouped(3)),
                muted_until: None,
                back: Back::sample(None, &format!("refused: `{HOSTILE}`")),
            },
        ]
    }
}
