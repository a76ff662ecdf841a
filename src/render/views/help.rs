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
    /// The commands where their parts have names; empty: they are written as one line.
    pub forms: Vec<HelpLine>,
}

/// A command whose parts have names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HelpLine {
    /// How it begins: `/feed here`.
    pub written: String,
    /// What it does.
    pub does: &'static str,
    /// The names of its parts.
    pub options: Vec<&'static str>,
}

impl View for Help {
    const NAME: &'static str = "help";

    fn samples() -> Vec<Self> {
        let plain = Help {
            preset: "all".to_owned(),
            list_preset: "uploads".to_owned(),
            watches_max: Some(Grouped(50)),
            forms: Vec::new(),
        };
        let line =
            |written: &str, does, options| HelpLine { written: written.to_owned(), does, options };
        let forms = vec![
            line(
                "/watch",
                "Ring for a video, channel or playlist",
                vec!["video", "rule", "digest"],
            ),
            line("/feed here", "Make this the place where it rings", Vec::new()),
        ];
        let hostile = Help {
            preset: HOSTILE.to_owned(),
            list_preset: HOSTILE.to_owned(),
            watches_max: None,
            ..plain.clone()
        };
        vec![plain.clone(), Help { forms, ..plain }, hostile]
    }
}
