//! The fields of `templates/quiet/`: the answer to `/quiet`.

use serde::Serialize;

use crate::model::Quiet;
use crate::render::numbers::Moment;
use crate::render::sample::{HOSTILE, moment, quiet};
use crate::render::view::View;

/// The answer to `/quiet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct QuietHours {
    /// The hours; `None`: there are none.
    pub hours: Option<Quiet>,
    /// The time zone of the hours.
    pub tz: String,
    /// When digests come, where what happens is collected.
    pub digest: Option<String>,
    /// The moment of the answer, so that a wrong time zone shows.
    pub now: Moment,
}

impl View for QuietHours {
    const NAME: &'static str = "quiet";

    fn samples() -> Vec<Self> {
        vec![
            QuietHours {
                hours: Some(quiet()),
                tz: "Europe/Madrid".to_owned(),
                digest: None,
                now: moment(0),
            },
            QuietHours {
                hours: Some(quiet()),
                tz: "Europe/Madrid".to_owned(),
                digest: Some("every 6h".to_owned()),
                now: moment(0),
            },
            QuietHours { hours: None, tz: HOSTILE.to_owned(), digest: None, now: moment(0) },
        ]
    }
}
