//! The fields of `templates/unlink/`: the answer to `/unlink`.

use serde::Serialize;

use crate::render::numbers::Grouped;
use crate::render::sample::HOSTILE;
use crate::render::view::View;

/// The answer to `/unlink`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Unlinked {
    /// The address that is on its own now.
    pub address: String,
    /// It may still use the bot; otherwise its watches have ended.
    pub is_in: bool,
    /// How many watches it has, or had; `None`: none.
    pub watches: Option<Grouped>,
    /// The others were in by it alone: they are out, and what rang there has ended.
    pub others_are_out: bool,
}

impl View for Unlinked {
    const NAME: &'static str = "unlink";

    fn samples() -> Vec<Self> {
        let unlinked = |address: &str, is_in, watches| Unlinked {
            address: address.to_owned(),
            is_in,
            watches,
            others_are_out: is_in,
        };
        vec![
            unlinked("email:ana@example.org", false, Some(Grouped(3))),
            unlinked("email:ana@example.org", false, None),
            unlinked("discord:@5678", true, Some(Grouped(1_234))),
            unlinked(HOSTILE, true, None),
        ]
    }
}
