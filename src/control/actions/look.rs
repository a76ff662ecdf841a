//! Looking at YouTube before something is watched.

use super::{Actions, Asking, Target};
use crate::control::seams::{Looked, LookedSubject, LookupError};
use crate::model::{Snapshot, Status, SubjectRef};

/// What YouTube says of what is to be watched.
#[derive(Debug)]
pub(in crate::control) enum Seen {
    /// A video.
    Video(Box<Looked>),
    /// A channel or playlist.
    Subject(LookedSubject),
    /// It is watched already and can't be seen any more.
    Gone,
    /// It could not be asked.
    Unasked(LookupError),
}

/// A refusal: YouTube knows no such thing.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct NotThere(pub(in crate::control) SubjectRef);

impl Seen {
    /// What was seen of a video.
    pub(in crate::control) fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Seen::Video(looked) => Some(&looked.snapshot),
            Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
        }
    }

    /// What was seen of a channel or playlist.
    pub(in crate::control) fn list(&self) -> Option<&LookedSubject> {
        match self {
            Seen::Subject(looked) => Some(looked),
            Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => None,
        }
    }

    pub(in crate::control) fn title(&self) -> Option<&str> {
        match self {
            Seen::Video(looked) => looked.snapshot.title.as_deref(),
            Seen::Subject(looked) => looked.title.as_deref(),
            Seen::Gone | Seen::Unasked(_) => None,
        }
    }
}

/// Whether there is anything to watch.
pub(super) fn can_be_seen(snapshot: &Snapshot) -> bool {
    snapshot.status != Status::Unavailable
}

impl Actions {
    /// Looks at what a request is about.
    pub(in crate::control) async fn look(
        &self,
        by: &Asking,
        target: &Target,
    ) -> Result<Seen, NotThere> {
        let asker = self.asker(by);
        let found = match (&target.subject, &target.looked) {
            (SubjectRef::Video(id), _) => {
                let found = self.lookup.video(id, &asker).await;
                found.map(|found| found.map(|looked| Seen::Video(Box::new(looked))))
            }
            (_, Some(looked)) => Ok(Some(Seen::Subject(looked.clone()))),
            (subject, None) => {
                let found = self.lookup.subject(subject, &asker).await;
                found.map(|found| found.map(Seen::Subject))
            }
        };
        let not_there = || NotThere(target.subject.clone());
        match found {
            Ok(Some(Seen::Video(looked)))
                if !can_be_seen(&looked.snapshot) && target.watch.is_none() =>
            {
                Err(not_there())
            }
            Ok(Some(seen)) => Ok(seen),
            Ok(None) if target.watch.is_some() => Ok(Seen::Gone),
            Ok(None) => Err(not_there()),
            Err(error) => Ok(Seen::Unasked(error)),
        }
    }
}
