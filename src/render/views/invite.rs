//! The fields of `templates/invite/`: the answer to `/invite`.

use serde::Serialize;

use crate::render::numbers::Moment;
use crate::render::sample::moment;
use crate::render::view::View;

/// The answer to `/invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invite {
    /// The link to hand on; `None`: this chat service has no links with an invitation in them.
    pub url: Option<String>,
    /// The command that uses the invitation where there is no link.
    pub command: String,
    /// Until when it works; `None`: for good.
    pub expires: Option<Moment>,
    /// It works once.
    pub is_single_use: bool,
}

impl View for Invite {
    const NAME: &'static str = "invite";

    fn samples() -> Vec<Self> {
        let url = Some("https://t.me/tubebell_bot?start=q1w2e3r4t5y6".to_owned());
        let command = "/start q1w2e3r4t5y6".to_owned();
        let expires = Some(moment(-60 * 24 * 7));
        vec![
            Invite { url: url.clone(), command: command.clone(), expires, is_single_use: true },
            Invite { url: None, command: command.clone(), expires: None, is_single_use: true },
            Invite { url, command, expires: None, is_single_use: false },
        ]
    }
}
