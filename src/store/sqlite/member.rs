//! A video in a channel or playlist: joins, leaves, is remembered, is forgotten.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::poll::next_polls;
use super::rule;
use crate::model::{ListKey, News, UnixMillis, VideoKey};
use crate::store::Result;

/// The look that led to a watch is at most this much older than the watch; what it saw belongs to it.
const JUST_SEEN: Duration = Duration::from_secs(300);

/// How far YouTube's clock and this one may lie apart: what is dated so much before a watch began may be younger than it.
pub(super) const CLOCKS_DIFFER: Duration = Duration::from_secs(300);

/// Makes sure that a video is polled, at `poll_at` at the latest. What was seen in an earlier life, in which it was
/// watched before, is no base: the first observation is a silent one.
pub(super) fn poll(
    tx: &Connection,
    video: VideoKey,
    poll_at: UnixMillis,
    now: UnixMillis,
) -> Result<()> {
    let unwatched = tx
        .prepare_cached(
            "UPDATE video SET next_poll = ?2, since = ?3 WHERE id = ?1 AND next_poll IS NULL",
        )?
        .execute([video.0, poll_at.0, now.minus(JUST_SEEN).0])?
        == 1;
    if unwatched {
        tx.prepare_cached("DELETE FROM seen WHERE video = ?1")?.execute([video.0])?;
    }
    Ok(())
}

/// Polls a video no more when nothing that is watched has it, and no card shows it.
pub(super) fn stop_polling(tx: &Connection, video: VideoKey) -> Result<()> {
    tx.prepare_cached(
        "UPDATE video SET next_poll = NULL WHERE id = ?1 AND lists <= 0
         AND NOT EXISTS (SELECT 1 FROM member WHERE video = ?1 AND left_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM card WHERE video = ?1 AND ended IS NULL)",
    )?
    .execute([video.0])?;
    Ok(())
}

/// A video that is watched by itself is the only member of its subject.
pub(super) fn join_own(
    tx: &Connection,
    subject: i64,
    video: VideoKey,
    poll_at: UnixMillis,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO member (subject, video, at) VALUES (?1, ?2, ?3)")?
        .execute([subject, video.0, now.0])?;
    poll(tx, video, poll_at, now)
}

/// Makes a video a member of a list, once more if it had left.
pub(super) fn join(
    tx: &Connection,
    list: ListKey,
    video: VideoKey,
    at: UnixMillis,
    news: News,
    now: UnixMillis,
) -> Result<()> {
    // What was still to be told of it when it left is so when it comes back.
    tx.prepare_cached(
        "INSERT INTO member (subject, video, at, since, news) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (subject, video) DO UPDATE SET at = ?3, since = ?4, armed = 0, left_at = NULL",
    )?
    .execute([list.0, video.0, at.0, now.0, news.code()])?;
    tx.prepare_cached("UPDATE video SET lists = lists + 1 WHERE id = ?1")?.execute([video.0])?;
    tx.prepare_cached("UPDATE subject SET members = members + 1 WHERE id = ?1")?
        .execute([list.0])?;
    // Before all others: what is new is told from its first snapshot.
    let earliest = next_polls(tx)?.earliest().unwrap_or(now);
    let first = UnixMillis(earliest.0.saturating_sub(1).min(now.0));
    poll(tx, video, first, now)?;
    if news != News::Told {
        tx.prepare_cached("UPDATE video SET next_poll = min(next_poll, ?2) WHERE id = ?1")?
            .execute([video.0, first.0])?;
    }
    Ok(())
}

/// The date of a member has changed; `begins`: so that it can be seen now for the first time, which is to be told.
pub(super) fn dated(
    tx: &Connection,
    list: ListKey,
    video: VideoKey,
    at: UnixMillis,
    begins: bool,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE member SET at = ?3, news = CASE WHEN ?4 THEN max(news, ?5) ELSE news END
         WHERE subject = ?1 AND video = ?2",
    )?
    .execute(params![list.0, video.0, at.0, begins, News::Announced.code()])?;
    Ok(())
}

/// Takes a video out of a list.
///
/// Whatever rule of the list may have a row of it: also one of an earlier stay, which is not made anew yet.
pub(super) fn leave(
    tx: &Connection,
    list: ListKey,
    video: VideoKey,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE member SET left_at = ?3, armed = coalesce(
             (SELECT max(id) FROM rule WHERE list = ?1 AND ended_at IS NULL), 0)
         WHERE subject = ?1 AND video = ?2",
    )?
    .execute([list.0, video.0, now.0])?;
    tx.prepare_cached("UPDATE video SET lists = lists - 1 WHERE id = ?1")?.execute([video.0])?;
    tx.prepare_cached("UPDATE subject SET members = members - 1 WHERE id = ?1")?
        .execute([list.0])?;
    stop_polling(tx, video)
}

/// Forgets members that left, the oldest by date, so that no more than `kept` of a list are remembered. Nothing that is
/// as old as those is news any more; a date of the future says nothing of what comes now.
pub(super) fn forget_left(
    tx: &Connection,
    list: ListKey,
    kept: usize,
    now: UnixMillis,
) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT video, at FROM member WHERE subject = ?1 AND left_at IS NOT NULL AND armed = 0
         ORDER BY at DESC LIMIT -1 OFFSET ?2",
    )?;
    let gone: Vec<(i64, i64)> = statement
        .query_map(params![list.0, kept], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (video, at) in gone {
        forget(tx, list, VideoKey(video), UnixMillis(at.min(now.0)))?;
    }
    Ok(())
}

/// Forgets one member that left.
pub(super) fn forget(
    tx: &Connection,
    list: ListKey,
    video: VideoKey,
    at: UnixMillis,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM member WHERE subject = ?1 AND video = ?2")?
        .execute([list.0, video.0])?;
    tx.prepare_cached("UPDATE subject SET known_to = max(known_to, ?2) WHERE id = ?1")?
        .execute([list.0, at.0])?;
    Ok(())
}

pub(super) const ENDED_RULES: &str =
    "SELECT id FROM rule WHERE list IS NOT NULL AND ended_at IS NOT NULL ORDER BY id LIMIT ?1";
pub(super) const ROWS_OF_RULE: &str = "DELETE FROM \"trigger\" WHERE id IN
     (SELECT id FROM \"trigger\" WHERE rule = ?1 LIMIT ?2)";
pub(super) const LEFT: &str = "SELECT subject, video, armed FROM member
     WHERE left_at IS NOT NULL AND armed > 0 ORDER BY left_at LIMIT ?1";
pub(super) const RULES_OF_LIST: &str = "SELECT id FROM rule
     WHERE list = ?1 AND ended_at IS NULL AND id <= ?2 ORDER BY id DESC LIMIT ?3";

/// Removes rows that rules of lists have left behind: of rules that ended, and of videos that left. At most `limit` of
/// them; true when there may be more.
pub(super) fn disarm(tx: &Connection, limit: usize) -> Result<bool> {
    let mut left = limit;
    let rules: Vec<i64> = tx
        .prepare_cached(ENDED_RULES)?
        .query_map([limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for rule in rules {
        let removed = tx.prepare_cached(ROWS_OF_RULE)?.execute(params![rule, left])?;
        if removed == left {
            return Ok(true);
        }
        left -= removed.max(1);
        tx.prepare_cached("UPDATE rule SET list = NULL WHERE id = ?1")?.execute([rule])?;
        rule::forget_rule(tx, rule)?;
        if left == 0 {
            return Ok(true);
        }
    }
    let members: Vec<(i64, i64, i64)> = tx
        .prepare_cached(LEFT)?
        .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (list, video, armed) in members {
        let rules: Vec<i64> = tx
            .prepare_cached(RULES_OF_LIST)?
            .query_map(params![list, armed, left], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for rule in &rules {
            tx.prepare_cached("DELETE FROM \"trigger\" WHERE rule = ?1 AND holder = ?2")?
                .execute([*rule, video])?;
        }
        let rest = if rules.len() == left { rules.last().map_or(0, |last| last - 1) } else { 0 };
        tx.prepare_cached("UPDATE member SET armed = ?3 WHERE subject = ?1 AND video = ?2")?
            .execute([list, video, rest])?;
        left = left.saturating_sub(rules.len().max(1));
        if left == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Nobody who watches a subject can be reached: its videos are polled no more, unless something else has them. The rows
/// that rules of a list have for them end in the sweeps that follow, and come anew when a video joins again.
pub(super) fn leave_all(tx: &Connection, subject: i64, now: UnixMillis) -> Result<()> {
    let is_listed = tx
        .prepare_cached("SELECT 1 FROM subject WHERE id = ?1 AND next_listing IS NOT NULL")?
        .exists([subject])?;
    if !is_listed {
        // A video by itself.
        return release_all(tx, subject);
    }
    let videos: Vec<i64> = tx
        .prepare_cached("SELECT video FROM member WHERE subject = ?1 AND left_at IS NULL")?
        .query_map([subject], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for video in videos {
        leave(tx, ListKey(subject), VideoKey(video), now)?;
    }
    Ok(())
}

/// Nobody watches a subject any more: its videos are polled no more, unless something else has them.
pub(super) fn release_all(tx: &Connection, subject: i64) -> Result<()> {
    let videos: Vec<(i64, bool)> = tx
        .prepare_cached(
            "DELETE FROM member WHERE subject = ?1 RETURNING video,
             left_at IS NULL AND EXISTS (SELECT 1 FROM subject WHERE id = ?1 AND next_listing IS NOT NULL)",
        )?
        .query_map([subject], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (video, is_listed) in videos {
        if is_listed {
            tx.prepare_cached("UPDATE video SET lists = lists - 1 WHERE id = ?1")?
                .execute([video])?;
        }
        stop_polling(tx, VideoKey(video))?;
    }
    Ok(())
}
