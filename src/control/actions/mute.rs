//! Silence for a while.

use std::time::Duration;

use super::{Commit, NotWatched, Outcome};
use crate::model::{Address, SubjectRef, UnixMillis};
use crate::store::{Edit, Edited};

/// Longest silence: who wants more ends the watch.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// An end of a silence: in the future, and not too far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct Silence(UnixMillis);

/// A refusal of an end of a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) enum BadSilence {
    /// It lies in the past.
    Over,
    /// It is more than a year away.
    TooLong,
}

impl Silence {
    /// Silence until then.
    pub(in crate::control) fn until(
        end: UnixMillis,
        now: UnixMillis,
    ) -> Result<Silence, BadSilence> {
        if end <= now {
            return Err(BadSilence::Over);
        }
        if end > now.plus(LONGEST) {
            return Err(BadSilence::TooLong);
        }
        Ok(Silence(end))
    }

    /// When it ends.
    pub(in crate::control) const fn end(self) -> UnixMillis {
        self.0
    }
}

/// Mutes or unmutes a destination or one of its watches.
#[derive(Debug)]
pub(in crate::control) struct Mute {
    pub(in crate::control) destination: Address,
    /// One watch, or all.
    pub(in crate::control) subject: Option<SubjectRef>,
    /// `None`: it rings again.
    pub(in crate::control) silence: Option<Silence>,
}

/// Mutes or unmutes; of how many watches a silence of their own has ended with that of the destination.
pub(in crate::control) async fn mute<C: Commit>(
    commit: &mut C,
    request: Mute,
) -> Outcome<usize, NotWatched, C::Stop> {
    let Mute { destination, subject, silence } = request;
    let edit = Edit::Mute { destination, subject, until: silence.map(Silence::end) };
    Ok(match commit.commit(vec![edit]).await?.first() {
        Some(Edited::NotFound) => Err(NotWatched),
        Some(Edited::Unmuted { watches }) => Ok(*watches),
        _ => Ok(0),
    })
}
