//! The fields of `templates/invite/`: the answer to `/invite`.

use serde::Serialize;

use crate::render::numbers::Moment;
use crate::render::sample::moment;
use crate::render::view::View;

/// The answer to `/invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invite {
    /// The link to hand on.
    pub url: String,
    /// Until when it works; `None`: for good.
    pub expires: Option<Moment>,
    /// It works once.
    pub is_single_use: bool,
}

impl View for Invite {
    const NAME: &'static str = "invite";

    fn samples() -> Vec<Self> {
        let url = "https://t.me/tubebell_bot?start=q1w2e3r4t5y6".to_owned();
        vec![
            Invite { url: url.clone(), expires: Some(moment(-60 * 24 * 7)), is_single_use: true },
            Invite { url, expires: None, is_single_use: false },
        ]
    }
}
