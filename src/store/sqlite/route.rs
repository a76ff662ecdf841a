//! The embedded stream, and the desk at which the router works.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{deliver, rows};
use crate::model::{
    AlertDraft, Counts, Desk, DestinationId, FanoutCursor, Gate, Known, Metric, NextTrigger,
    RuleId, Series, Snapshot, SubscriptionId, Suppressed, TriggerId, TriggerRow, UnixMillis,
    VideoId, VideoKey,
};
use crate::store::{EMBEDDED_STREAM, Result, ResumeFn, RouteFn, StoreError};

pub(super) fn append(tx: &Connection, snapshots: &[Snapshot]) -> Result<()> {
    let mut statement = tx.prepare_cached("INSERT INTO log (snapshot) VALUES (?1)")?;
    for snapshot in snapshots {
        let text =
            serde_json::to_string(snapshot).map_err(|error| StoreError::Row(error.to_string()))?;
        statement.execute([text])?;
    }
    Ok(())
}

pub(super) fn read_log(db: &Connection, from: i64, limit: usize) -> Result<Vec<(i64, Snapshot)>> {
    let mut statement = db.prepare_cached(
        "SELECT offset, snapshot FROM log WHERE offset >= ?1 ORDER BY offset LIMIT ?2",
    )?;
    let mut rows = statement.query(params![from, limit])?;
    let mut snapshots = Vec::new();
    while let Some(row) = rows.next()? {
        let offset = row.get(0)?;
        match serde_json::from_str(row.get_ref(1)?.as_str().unwrap_or_default()) {
            Ok(snapshot) => snapshots.push((offset, snapshot)),
            // Only this program writes here. Stepping over is safe, since snapshots are whole and repeated.
            Err(error) => tracing::error!(offset, %error, "a snapshot of the log can't be read"),
        }
    }
    Ok(snapshots)
}

pub(super) fn position(db: &Connection, stream: &str, partition: i32) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT next FROM position WHERE stream = ?1 AND partition = ?2")?
        .query_row(params![stream, partition], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

pub(super) fn route(
    tx: &Connection,
    stream: &str,
    partition: i32,
    read: i64,
    now: UnixMillis,
    work: RouteFn,
) -> Result<i64> {
    if position(tx, stream, partition)? != read {
        return Err(StoreError::Conflict { stream: stream.to_owned() });
    }
    let next = work(&mut SqliteDesk::new(tx, now))?;
    tx.prepare_cached(
        "INSERT INTO position (stream, partition, next) VALUES (?1, ?2, ?3)
         ON CONFLICT (stream, partition) DO UPDATE SET next = ?3",
    )?
    .execute(params![stream, partition, next])?;
    if stream == EMBEDDED_STREAM {
        tx.prepare_cached("DELETE FROM log WHERE offset < ?1")?.execute([next])?;
    }
    Ok(next)
}

pub(super) fn fan_out(tx: &Connection, now: UnixMillis, work: ResumeFn) -> Result<bool> {
    // The oldest first; what is left goes to the end of the queue of videos but stays first of its own video,
    // because a video's later changes wait behind it.
    let head: Option<(i64, i64, String)> = tx
        .prepare_cached("SELECT id, video, work FROM fanout ORDER BY id LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, video, text)) = head else { return Ok(false) };
    match work(&mut SqliteDesk::new(tx, now), VideoKey(video), &text)? {
        None => tx.prepare_cached("DELETE FROM fanout WHERE id = ?1")?.execute([id])?,
        Some(left) => tx
            .prepare_cached("UPDATE fanout SET work = ?2, begun = 1 WHERE id = ?1")?
            .execute(params![id, left])?,
    };
    Ok(true)
}

struct SqliteDesk<'tx> {
    tx: &'tx Connection,
    now: UnixMillis,
    /// Rule texts of this transaction, each held once however many rows have it.
    texts: HashMap<String, Arc<str>>,
}

impl<'tx> SqliteDesk<'tx> {
    fn new(tx: &'tx Connection, now: UnixMillis) -> Self {
        SqliteDesk { tx, now, texts: HashMap::new() }
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.texts.get(text) {
            return Arc::clone(shared);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), Arc::clone(&shared));
        shared
    }
}

impl Desk for SqliteDesk<'_> {
    type Error = StoreError;

    fn known(&mut self, video: &VideoId) -> Result<Option<(VideoKey, Option<Known>)>> {
        let mut statement = self.tx.prepare_cached(&format!(
            "SELECT v.id, {} FROM video v LEFT JOIN seen n ON n.video = v.id
             WHERE v.ref = ?1 AND v.next_poll IS NOT NULL",
            rows::SEEN
        ))?;
        let mut rows = statement.query([video.as_str()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some((VideoKey(row.get(0)?), rows::known(row, 1)?)))
    }

    fn save_known(&mut self, video: VideoKey, known: &Known) -> Result<()> {
        self.tx
            .prepare_cached(
                "INSERT OR REPLACE INTO seen VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                video.0,
                known.observed_at.0,
                known.numbers_at.0,
                known.last.views,
                known.last.likes,
                known.last.comments,
                known.highest.views,
                known.highest.likes,
                known.highest.comments,
                known.title,
                known.status.name(),
                known.live.name()
            ])?;
        Ok(())
    }

    fn forget(&mut self, video: VideoKey) -> Result<()> {
        self.tx.prepare_cached("DELETE FROM seen WHERE video = ?1")?.execute([video.0])?;
        self.tx.prepare_cached("DELETE FROM history WHERE video = ?1")?.execute([video.0])?;
        Ok(())
    }

    fn record(&mut self, video: VideoKey, at: UnixMillis, counts: Counts) -> Result<()> {
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO history VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![video.0, at.0, counts.views, counts.likes, counts.comments])?;
        Ok(())
    }

    fn count_at(&mut self, video: VideoKey, metric: Metric, at: UnixMillis) -> Result<Option<i64>> {
        let sql = match metric {
            Metric::Views => {
                "SELECT views FROM history WHERE video = ?1 AND at <= ?2 AND views IS NOT NULL ORDER BY at DESC LIMIT 1"
            }
            Metric::Likes => {
                "SELECT likes FROM history WHERE video = ?1 AND at <= ?2 AND likes IS NOT NULL ORDER BY at DESC LIMIT 1"
            }
            Metric::Comments => {
                "SELECT comments FROM history WHERE video = ?1 AND at <= ?2 AND comments IS NOT NULL ORDER BY at DESC LIMIT 1"
            }
        };
        Ok(self.tx.prepare_cached(sql)?.query_row([video.0, at.0], |row| row.get(0)).optional()?)
    }

    fn derived_series(&mut self, video: VideoKey) -> Result<Vec<Series>> {
        // One seek per distinct series, however many triggers each has.
        let mut statement = self.tx.prepare_cached(
            "SELECT series FROM \"trigger\" WHERE video = ?1 AND series > ?2 ORDER BY series LIMIT 1",
        )?;
        let mut found = Vec::new();
        let mut after = Series::LAST_PLAIN_CODE;
        while let Some(code) =
            statement.query_row([video.0, after], |row| row.get::<_, i64>(0)).optional()?
        {
            found.extend(Series::from_code(code));
            after = code;
        }
        Ok(found)
    }

    fn scan(
        &mut self,
        video: VideoKey,
        series: Series,
        upto: i64,
        cursor: FanoutCursor,
        limit: usize,
        found: &mut Vec<TriggerRow>,
    ) -> Result<()> {
        found.clear();
        let tx = self.tx;
        let mut statement = tx.prepare_cached(
            "SELECT t.id, t.value, t.base, t.since, t.rule, r.text, s.id, d.id, d.lane,
                    d.disabled IS NOT NULL, max(coalesce(d.muted_until, 0), coalesce(s.muted_until, 0)),
                    s.until
             FROM \"trigger\" t JOIN rule r ON r.id = t.rule JOIN subscription s ON s.id = r.subscription
             JOIN destination d ON d.id = s.destination
             WHERE t.video = ?1 AND t.series = ?2 AND t.value <= ?3 AND (t.value, t.id) > (?4, ?5)
             ORDER BY t.value, t.id LIMIT ?6",
        )?;
        let mut rows = statement.query(params![
            video.0,
            series.code(),
            upto,
            cursor.value,
            cursor.id,
            limit
        ])?;
        while let Some(row) = rows.next()? {
            let text = self.shared(row.get_ref(5)?.as_str().unwrap_or_default());
            let until: Option<i64> = row.get(11)?;
            let gate = if row.get(9)? {
                Gate::Shut(Suppressed::Disabled)
            } else if row.get::<_, i64>(10)? > self.now.0 {
                Gate::Shut(Suppressed::Muted)
            } else if until.is_some_and(|until| until <= self.now.0) {
                Gate::Shut(Suppressed::Expired)
            } else {
                Gate::Open
            };
            found.push(TriggerRow {
                id: TriggerId(row.get(0)?),
                series,
                value: row.get(1)?,
                base: row.get(2)?,
                since: UnixMillis(row.get(3)?),
                rule: RuleId(row.get(4)?),
                text,
                subscription: SubscriptionId(row.get(6)?),
                destination: DestinationId(row.get(7)?),
                lane: row.get(8)?,
                gate,
            });
        }
        Ok(())
    }

    fn move_trigger(&mut self, trigger: TriggerId, next: &NextTrigger) -> Result<()> {
        self.tx
            .prepare_cached(
                "UPDATE \"trigger\" SET series = ?2, value = ?3, base = ?4 WHERE id = ?1",
            )?
            .execute(params![trigger.0, next.series.code(), next.value, next.base])?;
        Ok(())
    }

    fn end_trigger(&mut self, trigger: TriggerId) -> Result<()> {
        self.tx.prepare_cached("DELETE FROM \"trigger\" WHERE id = ?1")?.execute([trigger.0])?;
        Ok(())
    }

    fn alert(&mut self, draft: &AlertDraft<'_>) -> Result<()> {
        let marks = if draft.marks.is_empty() {
            None
        } else {
            Some(
                serde_json::to_string(draft.marks)
                    .map_err(|error| StoreError::Row(error.to_string()))?,
            )
        };
        let trigger = draft.trigger;
        self.tx
            .prepare_cached(
                "INSERT INTO alert (lane, destination, subscription, rule, video, series, previous,
                 current, marks, observed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                trigger.lane,
                trigger.destination.0,
                trigger.subscription.0,
                trigger.rule.0,
                draft.video.0,
                draft.series.code(),
                rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.previous)),
                rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.current)),
                marks,
                draft.observed_at.0
            ])?;
        deliver::make_due(self.tx, trigger.lane, self.now)
    }

    fn suppress(&mut self, rule: RuleId, video: VideoKey, reason: Suppressed) -> Result<()> {
        self.tx
            .prepare_cached(
                "INSERT INTO suppression (rule, video, reason, count, first, last)
                 VALUES (?1, ?2, ?3, 1, ?4, ?4)
                 ON CONFLICT (rule, video, reason) DO UPDATE SET count = count + 1, last = ?4",
            )?
            .execute(params![rule.0, video.0, reason.name(), self.now.0])?;
        Ok(())
    }

    fn is_fanning_out(&mut self, video: VideoKey) -> Result<bool> {
        Ok(self
            .tx
            .prepare_cached("SELECT 1 FROM fanout WHERE video = ?1 LIMIT 1")?
            .exists([video.0])?)
    }

    fn defer(
        &mut self,
        video: VideoKey,
        work: String,
        merge: &mut dyn FnMut(&str, &str) -> String,
    ) -> Result<()> {
        let last: Option<(i64, bool, String)> = self
            .tx
            .prepare_cached(
                "SELECT id, begun, work FROM fanout WHERE video = ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([video.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        if let Some((id, false, queued)) = &last {
            self.tx
                .prepare_cached("UPDATE fanout SET work = ?2 WHERE id = ?1")?
                .execute(params![id, merge(queued, &work)])?;
        } else {
            // The first piece of a video is the rest of a change already begun; one behind it has not begun.
            self.tx
                .prepare_cached("INSERT INTO fanout (video, begun, work) VALUES (?1, ?2, ?3)")?
                .execute(params![video.0, last.is_none(), work])?;
        }
        Ok(())
    }
}
