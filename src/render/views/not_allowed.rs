//! The fields of `templates/not-allowed/`: the answer to somebody without an invitation.

use serde::Serialize;

use crate::render::sample::HOSTILE;
use crate::render::view::View;

/// The answer to somebody without an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotAllowed {
    /// Who asked, as the operator would write it: `telegram:1234`.
    pub sender: String,
    /// An invitation is a link; where not, it is a word that is written behind `/start`.
    pub has_links: bool,
}

impl View for NotAllowed {
    const NAME: &'static str = "not-allowed";

    fn samples() -> Vec<Self> {
        vec![
            NotAllowed { sender: "telegram:1234".to_owned(), has_links: true },
            NotAllowed { sender: HOSTILE.to_owned(), has_links: false },
        ]
    }
}
