//! The fields of `templates/welcome-invited/`: the answer to somebody who came with an invitation.

use serde::Serialize;

use crate::render::sample::HOSTILE;
use crate::render::view::View;

/// The answer to somebody who came with an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WelcomeInvited {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// A link that is sent without a command is read.
    pub reads_texts: bool,
    /// It was the operator's own invitation: what needs a hand is told here.
    pub is_operator: bool,
}

impl View for WelcomeInvited {
    const NAME: &'static str = "welcome-invited";

    fn samples() -> Vec<Self> {
        vec![
            WelcomeInvited {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                reads_texts: true,
                is_operator: true,
            },
            WelcomeInvited {
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                reads_texts: false,
                is_operator: false,
            },
        ]
    }
}
