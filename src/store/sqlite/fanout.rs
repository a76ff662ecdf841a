//! What is queued for the watchers of a video or list, to be done piece by piece.

use rusqlite::{Connection, params};

use super::rows;
use crate::model::{Holder, ListKey, ListNews};
use crate::store::Result;

/// Queues work of a holder behind what waits already.
pub(super) fn queue(tx: &Connection, holder: Holder, begun: bool, work: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO fanout (holder, begun, turn, work)
         VALUES (?1, ?2, (SELECT coalesce(max(turn), 0) + 1 FROM fanout), ?3)",
    )?
    .execute(params![holder.code(), begun, work])?;
    Ok(())
}

/// Queues for the watchers of a list that it is gone, or back. What nobody has heard of yet and is over by now is not
/// told, and neither is its end.
pub(super) fn defer_news(tx: &Connection, list: ListKey, news: &ListNews) -> Result<()> {
    let holder = Holder::List(list);
    let unheard = tx
        .prepare_cached("DELETE FROM fanout WHERE holder = ?1 AND begun = 0")?
        .execute([holder.code()])?;
    if unheard > 0 {
        return Ok(());
    }
    queue(tx, holder, false, &rows::json(news)?)
}
