//! The fields of `templates/help/`: the answer to `/help`.

use serde::Serialize;

use crate::render::numbers::Grouped;
use crate::render::sample::HOSTILE;
use crate::render::view::View;

/// The answer to `/help`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Help {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// How many watches one may have; `None`: no limit.
    pub watches_max: Option<Grouped>,
}

impl View for Help {
    const NAME: &'static str = "help";

    fn samples() -> Vec<Self> {
        vec![
            Help {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                watches_max: Some(Grouped(50)),
            },
            Help { preset: HOSTILE.to_owned(), list_preset: HOSTILE.to_owned(), watches_max: None },
        ]
    }
}
