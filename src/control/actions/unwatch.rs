//! Ending watches.

use super::{Actions, Commit, NotWatched, Outcome};
use crate::model::{Address, SubjectRef};
use crate::store::{Edit, Edited};

/// Ends one watch.
#[derive(Debug)]
pub(in crate::control) struct Unwatch {
    /// Where it rings.
    pub(in crate::control) destination: Address,
    /// What is watched.
    pub(in crate::control) subject: SubjectRef,
}

/// Ends one watch.
pub(in crate::control) async fn unwatch<C: Commit>(
    commit: &mut C,
    request: Unwatch,
) -> Outcome<(), NotWatched, C::Stop> {
    let Unwatch { destination, subject } = request;
    let done = commit.commit(vec![Edit::Unwatch { destination, subject }]).await?;
    Ok(if done.first() == Some(&Edited::NotFound) { Err(NotWatched) } else { Ok(()) })
}

/// Ends all watches of a destination; how many there were.
pub(in crate::control) async fn unwatch_all<C: Commit>(
    actions: &Actions,
    commit: &mut C,
    of: &Address,
) -> Result<usize, C::Stop> {
    let mut edits = Vec::new();
    actions
        .each_here(of, |_, row| {
            edits.push(Edit::Unwatch { destination: of.clone(), subject: row.subject });
            true
        })
        .await?;
    let count = edits.len();
    if count > 0 {
        commit.commit(edits).await?;
    }
    Ok(count)
}
