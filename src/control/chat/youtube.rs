//! What is said where YouTube shows nothing, or does not answer.

use crate::control::actions::NotThere;
use crate::control::seams::LookupError;
use crate::model::SubjectRef;

use super::answer::{Stop, sentence, wrong};
use super::turn::Turn;
use super::words::{quoted, reference};

/// Ends the turn: YouTube knows no such thing.
pub(super) fn not_there(NotThere(subject): &NotThere) -> Stop {
    let name = quoted(&reference(subject));
    match subject {
        SubjectRef::Video(_) => wrong(
            &format!("YouTube shows no video {name}: it may be private, deleted, or mistyped."),
            "/watch dQw4w9WgXcQ views every 1000; status",
        ),
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => wrong(
            &format!(
                "YouTube has no channel {name}: open the channel's page and copy its `@handle`."
            ),
            "/watch @youtube upload",
        ),
        SubjectRef::Playlist(_) => wrong(
            &format!("YouTube shows no playlist {name}: it may be private, deleted, or mistyped."),
            "/watch PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf upload",
        ),
    }
}

impl Turn<'_> {
    /// Says why YouTube could not be asked.
    pub(super) fn excuse(&self, error: &LookupError) -> String {
        match error {
            LookupError::QuotaUsedUp { until } => {
                let until = self.moment(*until);
                format!("The day's quota of YouTube is used up; there is more {until}.")
            }
            LookupError::ShareUsedUp { until } => {
                let until = self.moment(*until);
                format!(
                    "What people may ask of YouTube today is used up; there is more on {until}. What is watched is looked at as before."
                )
            }
            LookupError::ChatUsedUp { looks_max, until } => {
                let until = self.moment(*until);
                format!(
                    "This chat has looked things up {looks_max} times today, as often as it may; it may again on {until}."
                )
            }
            LookupError::OwnerUsedUp { looks_max, until } => {
                let (together, until) = (self.together(), self.moment(*until));
                format!(
                    "This chat{together} has looked things up {looks_max} times today, as often as they may together; they may again on {until}."
                )
            }
            LookupError::KeyRefused => {
                "YouTube refuses the key of this bot; whoever runs it has to replace it.".to_owned()
            }
            LookupError::Unreachable(_) => "YouTube can't be reached just now.".to_owned(),
        }
    }

    /// Ends the turn: this needs YouTube.
    pub(super) fn no_lookup(&self, error: &LookupError) -> Stop {
        let text = format!("{} Try again then.", self.excuse(error));
        Stop::with(&sentence(&text, None))
    }
}
