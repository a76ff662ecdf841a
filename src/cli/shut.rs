//! Why nothing arrives at a destination, in words.

use super::terminal::plain;
use crate::model::UnixMillis;
use crate::render::numbers::Moment;
use crate::store::Shut;

/// As it follows “it is” or “it was”.
pub(super) fn in_words(shut: &Shut, tz: &str) -> String {
    let moment = |at: UnixMillis| Moment { at, tz: tz.to_owned() };
    match shut {
        Shut::Off { reason, since: Some(since) } => {
            format!("off since {}, because {}", moment(*since), because(reason))
        }
        Shut::Off { reason, since: None } => format!("off, because {}", because(reason)),
        Shut::Refused { since: Some(since) } => {
            format!("off since {}, because its reader ended it", moment(*since))
        }
        Shut::Refused { since: None } => "off, because its reader ended it".to_owned(),
        Shut::Barred(barred) => format!(
            "barred since {}, because {}; tried again {}",
            moment(barred.since),
            because(&barred.reason),
            moment(barred.until)
        ),
    }
}

/// What the channel said, in one line.
fn because(reason: &str) -> String {
    let reason = plain(reason);
    if reason.trim().is_empty() { "nothing was said".to_owned() } else { reason }
}
