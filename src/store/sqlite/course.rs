//! How the counts of a video went over a time, in so many points that a picture shows them all.

use rusqlite::{Connection, params};

use super::rows;
use crate::model::{Counts, UnixMillis, VideoId};
use crate::store::Result;

/// From the end backwards: the last row, then the last that is a step of time older than where one looked before, or older than
/// the row that was found there. So a row is one seek, and what changes each minute costs no more than what hardly does. A step
/// is a part of the time of which something is known: of what is watched since today, today is seen.
pub(super) const COURSE: &str = "WITH RECURSIVE
     known(video, since, step) AS (
         SELECT v.id, v.since, (?3 - max(?2, (SELECT min(h.at) FROM history h
                                             WHERE h.video = v.id AND h.at >= v.since))) / ?4 + 1
         FROM video v WHERE v.ref = ?1),
     walk(video, since, step, looked, at) AS (
         SELECT video, since, step, ?3,
                (SELECT max(h.at) FROM history h
                 WHERE h.video = known.video AND h.at <= ?3 AND h.at >= known.since)
         FROM known
         UNION ALL
         SELECT video, since, step, min(looked - step, at - 1),
                (SELECT max(h.at) FROM history h
                 WHERE h.video = walk.video AND h.at <= min(walk.looked - walk.step, walk.at - 1)
                 AND h.at >= walk.since)
         FROM walk WHERE at > ?2)
     SELECT h.at, h.views, h.likes, h.comments
     FROM walk JOIN history h ON h.video = walk.video AND h.at = walk.at";

pub(super) fn course(
    db: &Connection,
    video: &VideoId,
    (since, until): (UnixMillis, UnixMillis),
    steps: u32,
) -> Result<Vec<(UnixMillis, Counts)>> {
    let mut statement = db.prepare_cached(COURSE)?;
    let mut found = statement.query(params![video.as_str(), since.0, until.0, steps.max(1)])?;
    let mut points = Vec::new();
    while let Some(row) = found.next()? {
        let count = |at| row.get::<_, Option<i64>>(at);
        let point = || -> Result<_> {
            let counts = Counts { views: count(1)?, likes: count(2)?, comments: count(3)? };
            Ok((UnixMillis(row.get(0)?), counts))
        };
        points.extend(rows::or_skipped(point())?);
    }
    points.sort_by_key(|(at, _)| *at);
    Ok(points)
}
