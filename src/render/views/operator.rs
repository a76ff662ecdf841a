//! The fields of `templates/operator/`: notices to the operator or an owner.

use serde::Serialize;

use crate::render::numbers::{Grouped, Moment};
use crate::render::prose::Prose;
use crate::render::sample::{HOSTILE, moment};
use crate::render::view::View;

/// A notice to the operator: an object with one field, named after what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// YouTube refuses the key: nothing is polled until it is replaced.
    KeyRefused {
        /// What YouTube says.
        cause: Prose,
    },
    /// The day's quota is used up.
    QuotaSpent {
        /// When polling goes on.
        resets_at: Moment,
    },
    /// Messages were given up.
    DeadLetters {
        /// How many are kept.
        count: Grouped,
        /// The destination of the last, masked.
        destination: String,
        /// Why the last was given up.
        cause: Prose,
    },
    /// A destination is off.
    DestinationOff {
        /// Which, masked.
        destination: String,
        /// What the channel says.
        cause: Prose,
        /// Its number in `tubebell destinations`, where it is known.
        number: Option<String>,
        /// It is a chat: the first word from there makes it on again.
        is_chat: bool,
    },
    /// An address of whoever reads this is off.
    YoursOff {
        /// Which.
        destination: String,
        /// What the channel says.
        cause: Prose,
        /// It is a chat: the first word from there makes it on again.
        is_chat: bool,
        /// The command that makes it on again, where there is one.
        again: Option<String>,
    },
    /// More destinations are off.
    DestinationsOff {
        /// How many are off now, all together.
        count: Grouped,
        /// The last of them, masked.
        destination: String,
        /// What the channel says of the last.
        cause: Prose,
    },
    /// A channel refuses our credentials or can't be reached: it is paused.
    ChannelPaused {
        /// Which channel.
        channel: String,
        /// Why.
        cause: Prose,
    },
    /// It works again.
    Recovered {
        /// What works again, such as `YouTube` or `telegram`.
        what: String,
    },
}

impl View for Notice {
    const NAME: &'static str = "operator";

    fn samples() -> Vec<Self> {
        let notices = |outside: &str, cause: &Prose| {
            vec![
                Notice::KeyRefused { cause: cause.clone() },
                Notice::QuotaSpent { resets_at: moment(-600) },
                Notice::DeadLetters {
                    count: Grouped(3),
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                },
                Notice::DestinationOff {
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                    number: Some("7".to_owned()),
                    is_chat: true,
                },
                Notice::DestinationOff {
                    destination: "webhook:example.org/…".to_owned(),
                    cause: cause.clone(),
                    number: None,
                    is_chat: false,
                },
                Notice::YoursOff {
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                    is_chat: true,
                    again: None,
                },
                Notice::YoursOff {
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                    is_chat: false,
                    again: Some("/link email:ana@example.org".to_owned()),
                },
                Notice::YoursOff {
                    destination: "webhook:example.org/…".to_owned(),
                    cause: cause.clone(),
                    is_chat: false,
                    again: None,
                },
                Notice::DestinationsOff {
                    count: Grouped(9_999),
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                },
                Notice::ChannelPaused { channel: outside.to_owned(), cause: cause.clone() },
                Notice::Recovered { what: outside.to_owned() },
            ]
        };
        let mut all = notices("telegram:1234", &Prose::new("API key not valid"));
        all.extend(notices(HOSTILE, &Prose::new(&format!("refused: `{HOSTILE}`"))));
        all
    }
}
