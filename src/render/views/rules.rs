//! The fields of `templates/rules/`: the answer to `/rules`.

use serde::Serialize;

use crate::model::Marks;
use crate::render::cut::List;
use crate::render::link::Link;
use crate::render::numbers::{Grouped, Passed};
use crate::render::sample::{HOSTILE, hostile_link, video};
use crate::render::view::View;

/// The answer to `/rules`: of one watch, or the language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Whose rules; `None`: the language is explained.
    pub subject: Option<Link>,
    /// Its rules.
    pub rules: List<RuleLine>,
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
}

impl View for Rules {
    const NAME: &'static str = "rules";

    fn samples() -> Vec<Self> {
        vec![
            Rules {
                subject: None,
                rules: List::default(),
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
            },
            Rules {
                subject: Some(video()),
                rules: List::new(vec![
                    RuleLine {
                        next: Some(Grouped(2_000)),
                        passed: Some(Passed(Marks { values: vec![1_000], more: 0 })),
                        ..RuleLine::sample("views every 1000")
                    },
                    RuleLine::sample("status"),
                ]),
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
            },
            Rules {
                subject: Some(hostile_link()),
                rules: List::new(vec![RuleLine::sample(HOSTILE); 200]),
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
            },
        ]
    }
}

/// One rule of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its text.
    pub text: String,
    /// The value at which it fires next, where there is one for a single video.
    pub next: Option<Grouped>,
    /// Values that were passed already when the rule was made, and are skipped.
    pub passed: Option<Passed>,
    /// It came with the change that is being answered.
    pub is_new: bool,
}

impl RuleLine {
    /// For samples: a rule that was there before.
    pub(super) fn sample(text: &str) -> RuleLine {
        RuleLine { text: text.to_owned(), next: None, passed: None, is_new: false }
    }
}
