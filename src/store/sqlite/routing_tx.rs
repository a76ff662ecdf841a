//! What the router works with, inside one transaction: triggers, alerts and what is known of a video.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::kept::Kept;
use super::ledger::Ended;
use super::scan::Scans;
use super::unit::{Queue, UnitId};
use super::{fanout, mirror, rows, waiting};
use crate::model::{
    AlertDraft, AlertId, Counts, FanoutCursor, Found, Holder, Known, ListKey, Marks, Membership,
    Metric, Mirrored, News, NextTrigger, RoutingTx, RuleId, Series, Snapshot, Suppressed,
    TriggerId, TriggerRow, UnixMillis, VideoId, VideoKey,
};
use crate::store::{Result, StoreError};

pub(super) struct SqliteRouting<'tx> {
    tx: &'tx Connection,
    now: UnixMillis,
    scans: Scans<'tx>,
    queue: Queue<'tx>,
    /// What most changes and alerts need.
    known: Kept<'tx>,
    waiting: Kept<'tx>,
    save_known: Kept<'tx>,
    record: Kept<'tx>,
    move_trigger: Kept<'tx>,
    alert: Kept<'tx>,
    /// Alerts that were put into earlier ones.
    folded: usize,
}

impl<'tx> SqliteRouting<'tx> {
    pub(super) fn new(tx: &'tx Connection, now: UnixMillis) -> Self {
        SqliteRouting {
            tx,
            now,
            scans: Scans::new(tx, now),
            queue: Queue::new(tx),
            known: Kept::new(tx, KNOWN),
            waiting: Kept::new(tx, WAITING),
            save_known: Kept::new(tx, SAVE_KNOWN),
            record: Kept::new(tx, RECORD),
            move_trigger: Kept::new(tx, MOVE_TRIGGER),
            alert: Kept::new(tx, ALERT),
            folded: 0,
        }
    }
}

pub(super) const ALERT: &str =
    "INSERT INTO alert (subscription, rule, video, series, previous, current, marks, observed_at, unit)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// What waits of a rule and video and may be folded into: what a command has cancelled is to end as it is. What was collected
/// before a mute is not cancelled by it.
pub(super) const FOLDABLE: &str = "SELECT a.id, a.marks FROM alert a
     JOIN subscription s ON s.id = a.subscription JOIN destination d ON d.id = s.destination
     WHERE a.unit = ?1 AND a.video = ?2 AND a.rule = ?3 AND a.outcome IS NULL AND a.notification IS NULL
     AND (a.id > max(s.cancelled_to, d.cancelled_to) OR (a.id <= (SELECT kept_to FROM unit WHERE id = ?1)
          AND (a.id > s.cancelled_to OR s.cancelled_reason IS 'muted')
          AND (a.id > d.cancelled_to OR d.cancelled_reason IS 'muted')))
     ORDER BY a.id DESC LIMIT 1";

pub(super) const FOLD: &str =
    "UPDATE alert SET current = ?2, marks = ?3, last_at = ?4, folded = folded + 1,
     previous = CASE WHEN ?5 THEN ?6 ELSE previous END WHERE id = ?1";

/// The stored form of the values that were passed.
fn marks(marks: &Marks) -> Result<Option<String>> {
    if marks.is_empty() { Ok(None) } else { rows::json(marks).map(Some) }
}

impl SqliteRouting<'_> {
    /// Puts an alert into the one of its rule and video that waits, if one does: first previous value, last current one, all
    /// values passed. So what waits for a watch never has more than its rules times its videos.
    fn fold(&self, draft: &AlertDraft<'_>, unit: UnitId, video: i64) -> Result<bool> {
        let waiting: Option<(i64, Option<String>)> = self
            .tx
            .prepare_cached(FOLDABLE)?
            .query_row([unit.0, video, draft.trigger.rule.0], |row| {
                Ok((row.get(0)?, row.get(1).unwrap_or_default()))
            })
            .optional()?;
        let Some((alert, passed)) = waiting else { return Ok(false) };
        // What can't be read is told as it is, apart.
        let Ok(passed) = waiting::marks(passed.as_deref()) else { return Ok(false) };
        self.tx.prepare_cached(FOLD)?.execute(params![
            alert,
            rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.current)),
            marks(&passed.joined(draft.marks))?,
            draft.observed_at.0,
            draft.series.signal.is_told_by_the_last(),
            rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.previous)),
        ])?;
        Ok(true)
    }

    /// Writes what was counted. To be called when the work is done.
    pub(super) fn finish(self) -> Result<()> {
        let mut ended = Ended::default();
        ended.add("folded", self.folded);
        ended.keep(self.tx)
    }

    fn find_one(&mut self, video: &VideoId) -> Result<Option<Found>> {
        let mut found = self.known.ready()?.query([video.as_str()])?;
        let Some(row) = found.next()? else { return Ok(None) };
        let (key, known) = (VideoKey(row.get(0)?), rows::known(row, 3)?);
        let is_in_lists = rows::integer_or(row, 1, 1) > 0;
        let is_fanning_out = rows::integer_or(row, 2, 1) != 0;
        drop(found);
        let lists = if is_in_lists { self.lists(key)? } else { Vec::new() };
        let waiting = self.waiting(Holder::Video(key))?;
        Ok(Some(Found { key, known, lists, waiting, is_fanning_out }))
    }

    /// The watched lists in which a video is.
    fn lists(&self, video: VideoKey) -> Result<Vec<Membership>> {
        let mut statement = self.tx.prepare_cached(LISTS)?;
        let mut rows = statement.query([video.0])?;
        let mut lists = Vec::new();
        while let Some(row) = rows.next()? {
            lists.push(Membership {
                list: ListKey(row.get(0)?),
                since: UnixMillis(rows::integer_or(row, 1, 0)),
                at: UnixMillis(rows::integer_or(row, 2, 0)),
                news: News::from_code(rows::integer_or(row, 3, 0)),
                is_unarmed: rows::integer_or(row, 4, 0) < rows::integer_or(row, 5, 0),
            });
        }
        Ok(lists)
    }

    /// Makes the rows of a list's next rules for one of its videos; returns of how many.
    fn arm_for(
        &self,
        video: VideoKey,
        (list, since, armed): (i64, i64, i64),
        limit: usize,
    ) -> Result<usize> {
        let holder = Holder::Video(video).code();
        let mut rules = self.tx.prepare_cached(UNARMED)?;
        let mut rows = rules.query(params![list, armed, limit])?;
        // The video may have been in the list before: what is left of that time is of no use. A rule that came from the
        // same list under another name has its row, and keeps it.
        let mut remove = self.tx.prepare_cached(
            "DELETE FROM \"trigger\" WHERE rule = ?1 AND holder = ?2 AND since < ?3",
        )?;
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO \"trigger\" (holder, series, value, rule, since) SELECT ?1, ?2, ?3, ?4, ?5
             WHERE NOT EXISTS (SELECT 1 FROM \"trigger\" WHERE rule = ?4 AND holder = ?1)",
        )?;
        let (mut made, mut last) = (0, armed);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            let made_at = rows::integer_or(row, 3, 0);
            let (series, value) = (rows::integer_or(row, 1, 0), rows::integer_or(row, 2, i64::MIN));
            remove.execute([last, holder, since])?;
            insert.execute([holder, series, value, last, made_at.max(since)])?;
            made += 1;
        }
        self.tx
            .prepare_cached("UPDATE member SET armed = ?3 WHERE subject = ?1 AND video = ?2")?
            .execute([list, video.0, last])?;
        Ok(made)
    }
}

pub(super) const KNOWN: &str = concat!(
    "SELECT v.id, v.lists, EXISTS (SELECT 1 FROM fanout f WHERE f.holder = v.id), ",
    rows::seen_columns!(),
    " FROM video v LEFT JOIN seen n ON n.video = v.id WHERE v.ref = ?1 AND v.next_poll IS NOT NULL"
);

const SAVE_KNOWN: &str =
    "INSERT OR REPLACE INTO seen VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

const RECORD: &str = "INSERT OR REPLACE INTO history VALUES (?1, ?2, ?3, ?4, ?5)";

const MOVE_TRIGGER: &str =
    "UPDATE \"trigger\" SET series = ?2, value = ?3, base = ?4 WHERE id = ?1";

pub(super) const LISTS: &str = "SELECT m.subject, m.since, m.at, m.news, m.armed,
            (SELECT max(id) FROM rule WHERE list = m.subject AND ended_at IS NULL)
     FROM member m JOIN subject u ON u.id = m.subject
     WHERE m.video = ?1 AND m.left_at IS NULL AND u.next_listing IS NOT NULL";

pub(super) const UNARMED: &str = "SELECT id, series, value, created_at FROM rule
     WHERE list = ?1 AND ended_at IS NULL AND id > ?2 ORDER BY id LIMIT ?3";

pub(super) const WAITING: &str =
    "SELECT series, value FROM \"trigger\" WHERE holder = ?1 AND series > ?2
     ORDER BY series, value LIMIT 1";

macro_rules! count_at {
    ($metric:literal) => {
        concat!(
            "SELECT ",
            $metric,
            " FROM history WHERE video = ?1 AND at <= ?2 AND ",
            $metric,
            " IS NOT NULL
             AND at >= (SELECT since FROM video WHERE id = ?1) ORDER BY at DESC LIMIT 1"
        )
    };
}

pub(super) const COUNT_AT: [&str; 3] =
    [count_at!("views"), count_at!("likes"), count_at!("comments")];

impl RoutingTx for SqliteRouting<'_> {
    type Error = StoreError;

    fn find(&mut self, videos: &[VideoId]) -> Result<Vec<Option<Found>>> {
        videos.iter().map(|video| self.find_one(video)).collect()
    }

    fn arm(&mut self, video: VideoKey, limit: usize) -> Result<bool> {
        let mut left = limit;
        let unarmed: Vec<(i64, i64, i64)> = self
            .tx
            .prepare_cached(LISTS)?
            .query_map([video.0], |row| {
                let newest = rows::integer_or(row, 5, 0);
                let armed = rows::integer_or(row, 4, 0);
                Ok((
                    row.get(0)?,
                    rows::integer_or(row, 1, 0),
                    if armed < newest { armed } else { -1 },
                ))
            })?
            .collect::<rusqlite::Result<_>>()?;
        for (list, since, armed) in unarmed.into_iter().filter(|(.., armed)| *armed >= 0) {
            if left == 0 {
                return Ok(true);
            }
            left -= self.arm_for(video, (list, since, armed), left)?;
        }
        Ok(left == 0)
    }

    fn save_news(&mut self, list: ListKey, video: VideoKey, news: News) -> Result<()> {
        self.tx
            .prepare_cached("UPDATE member SET news = ?3 WHERE subject = ?1 AND video = ?2")?
            .execute([list.0, video.0, news.code()])?;
        Ok(())
    }

    fn save_known(&mut self, video: VideoKey, known: &Known) -> Result<()> {
        self.save_known.ready()?.execute(params![
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
        let Counts { views, likes, comments } = counts;
        self.record.ready()?.execute(params![video.0, at.0, views, likes, comments])?;
        Ok(())
    }

    fn count_at(&mut self, video: VideoKey, metric: Metric, at: UnixMillis) -> Result<Option<i64>> {
        let sql = match metric {
            Metric::Views => COUNT_AT[0],
            Metric::Likes => COUNT_AT[1],
            Metric::Comments => COUNT_AT[2],
        };
        // A damaged row is as good as none.
        let count = |row: &Row<'_>| Ok(row.get(0).ok());
        Ok(self.tx.prepare_cached(sql)?.query_row([video.0, at.0], count).optional()?.flatten())
    }

    fn waiting(&mut self, holder: Holder) -> Result<Vec<(Series, i64)>> {
        // One seek per distinct series, however many triggers each has.
        let statement = self.waiting.ready()?;
        let mut found = Vec::new();
        let mut after = i64::MIN;
        while let Some((code, value)) = statement
            .query_row([holder.code(), after], |row| {
                Ok((rows::integer_or(row, 0, i64::MAX), rows::integer_or(row, 1, i64::MAX)))
            })
            .optional()?
        {
            found.extend(Series::from_code(code).map(|series| (series, value)));
            after = code;
        }
        Ok(found)
    }

    fn scan(
        &mut self,
        holder: Holder,
        series: Series,
        upto: i64,
        cursor: FanoutCursor,
        limit: usize,
        found: &mut Vec<TriggerRow>,
    ) -> Result<()> {
        self.scans.scan(holder, series, upto, cursor, limit, found)
    }

    fn move_trigger(&mut self, trigger: TriggerId, next: &NextTrigger) -> Result<()> {
        let NextTrigger { series, value, base } = *next;
        self.move_trigger.ready()?.execute(params![trigger.0, series.code(), value, base])?;
        Ok(())
    }

    fn end_trigger(&mut self, trigger: TriggerId) -> Result<()> {
        self.tx.prepare_cached("DELETE FROM \"trigger\" WHERE id = ?1")?.execute([trigger.0])?;
        Ok(())
    }

    fn alert(&mut self, draft: &AlertDraft<'_>) -> Result<()> {
        let trigger = draft.trigger;
        let unit = UnitId::of_watch(trigger.subscription, draft.is_urgent);
        let video = draft.video.map_or(rows::NO_VIDEO, |video| video.0);
        // Where nothing waits there is nothing to fold into: most alerts.
        if self.queue.is_waiting(unit)? && self.fold(draft, unit, video)? {
            self.folded += 1;
            return Ok(());
        }
        self.alert.ready()?.execute(params![
            trigger.subscription.0,
            trigger.rule.0,
            video,
            draft.series.code(),
            rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.previous)),
            rusqlite::types::ToSqlOutput::Borrowed(rows::value_ref(&draft.current)),
            marks(draft.marks)?,
            draft.observed_at.0,
            unit.0
        ])?;
        let alert = AlertId(self.tx.last_insert_rowid());
        self.queue.enqueue(unit, trigger.lane, alert, self.now)
    }

    fn suppress(&mut self, rule: RuleId, video: VideoKey, reason: Suppressed) -> Result<()> {
        rows::suppress(self.tx, rule.0, video, reason, self.now)
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
                "SELECT id, begun, work FROM fanout WHERE holder = ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([video.0], |row| {
                Ok((row.get(0)?, rows::integer_or(row, 1, 1) != 0, rows::text(row, 2)))
            })
            .optional()?;
        if let Some((id, false, queued)) = &last {
            self.tx
                .prepare_cached("UPDATE fanout SET work = ?2 WHERE id = ?1")?
                .execute(params![id, merge(queued, &work)])?;
        } else {
            // The first piece of a video is the rest of a change already begun; one behind it has not begun.
            fanout::queue(self.tx, Holder::Video(video), last.is_none(), &work)?;
        }
        Ok(())
    }

    fn passed(&mut self, video: VideoId) -> Result<Option<Snapshot>> {
        mirror::passed(self.tx, &video)
    }

    fn save_passed(&mut self, snapshot: &Snapshot) -> Result<()> {
        mirror::save_passed(self.tx, snapshot)
    }

    fn mirror(&mut self, record: &Mirrored) -> Result<()> {
        mirror::mirror(self.tx, record, self.now)
    }
}
