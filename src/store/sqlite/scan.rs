//! The rows that a change may concern, page by page: triggers in a range of values, or every watch of a holder.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::Null;
use rusqlite::{Connection, Row, params};

use super::kept::Kept;
use super::rows;
use crate::model::{
    DestinationId, Event, FanoutCursor, Gate, Holder, ListKey, RuleId, Series, Signal,
    SubscriptionId, TriggerId, TriggerRow, UnixMillis, VideoKey,
};
use crate::store::Result;

// A row of a list's rule lives for as long as its video is in the list, and not over a time in which it was not.
macro_rules! scan {
    ($range:literal) => {
        concat!(
            "SELECT t.id, t.value, t.base, t.since, t.rule, r.text, s.id, d.id, d.lane,
                    d.disabled IS NOT NULL, max(coalesce(d.muted_until, 0), coalesce(s.muted_until, 0)),
                    s.until,
                    r.ended_at IS NOT NULL OR (r.list IS NOT NULL AND NOT EXISTS
                    (SELECT 1 FROM member m WHERE m.subject = r.list AND m.video = ?1
                     AND m.left_at IS NULL AND m.since <= t.since))
             FROM \"trigger\" t JOIN rule r ON r.id = t.rule JOIN subscription s ON s.id = r.subscription
             JOIN destination d ON d.id = s.destination
             WHERE t.holder = ?1 AND t.series = ?2 AND ",
            $range,
            " LIMIT ?5"
        )
    };
}

pub(super) const SCAN_ALL: &str = scan!("t.value <= ?4 ORDER BY t.value, t.id");
pub(super) const SCAN_SAME: &str = scan!("t.value = ?3 AND t.id > ?4 ORDER BY t.id");
pub(super) const SCAN_ABOVE: &str = scan!("t.value > ?3 AND t.value <= ?4 ORDER BY t.value, t.id");

macro_rules! watchers {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, 0, NULL, s.created_at, 0, '', s.id, d.id, d.lane, d.disabled IS NOT NULL,
                    max(coalesce(d.muted_until, 0), coalesce(s.muted_until, 0)), s.until, 0
             FROM subscription s JOIN destination d ON d.id = s.destination
             WHERE s.ended_at IS NULL AND s.id > ?2 AND ",
            $condition,
            " ORDER BY s.id LIMIT ?3"
        )
    };
}

pub(super) const WATCHERS_OF_LIST: &str = watchers!("s.subject = ?1");
pub(super) const WATCHERS_OF_VIDEO: &str = watchers!(
    "s.subject = (SELECT u.id FROM video v JOIN subject u ON u.ref = 'video:' || v.ref WHERE v.id = ?1)
     AND NOT EXISTS (SELECT 1 FROM rule r WHERE r.subscription = s.id AND r.ended_at IS NULL
                     AND r.series = ?4)"
);

/// Reads rows within one transaction.
pub(super) struct Scans<'tx> {
    tx: &'tx Connection,
    now: UnixMillis,
    /// The first page, which mostly is the only one.
    all: Kept<'tx>,
    /// Rule texts of this transaction, each held once however many rows have it.
    texts: HashMap<String, Arc<str>>,
}

impl<'tx> Scans<'tx> {
    pub(super) fn new(tx: &'tx Connection, now: UnixMillis) -> Self {
        Scans { tx, now, all: Kept::new(tx, SCAN_ALL), texts: HashMap::new() }
    }

    /// As [`RoutingTx::scan`](crate::model::RoutingTx::scan).
    pub(super) fn scan(
        &mut self,
        holder: Holder,
        series: Series,
        upto: i64,
        cursor: FanoutCursor,
        limit: usize,
        found: &mut Vec<TriggerRow>,
    ) -> Result<()> {
        found.clear();
        if series.signal == Signal::Event(Event::Presence) {
            return self.watchers(holder, series, cursor, limit, found);
        }
        let holder = holder.code();
        let FanoutCursor { value, id } = cursor;
        let mut page = Page { now: self.now, texts: &mut self.texts, series, found };
        if cursor == FanoutCursor::START {
            let all = self.all.ready()?;
            return page.read(all.query(params![holder, series.code(), Null, upto, limit])?);
        }
        // Rows behind the cursor are found by two ranges of the index. As one condition on (value, id) they would be
        // stepped over one by one, and a million triggers of one value (`any`) read a thousand times.
        if value <= upto {
            let mut same = self.tx.prepare_cached(SCAN_SAME)?;
            page.read(same.query(params![holder, series.code(), value, id, limit])?)?;
        }
        let rest = limit - page.found.len();
        if rest > 0 {
            let mut above = self.tx.prepare_cached(SCAN_ABOVE)?;
            page.read(above.query(params![holder, series.code(), value, upto, rest])?)?;
        }
        Ok(())
    }

    /// The watches of a holder, each as a row of its own, in the order of their ids.
    fn watchers(
        &mut self,
        holder: Holder,
        series: Series,
        after: FanoutCursor,
        limit: usize,
        found: &mut Vec<TriggerRow>,
    ) -> Result<()> {
        let after = if after == FanoutCursor::START { 0 } else { after.id };
        let mut page = Page { now: self.now, texts: &mut self.texts, series, found };
        match holder {
            Holder::List(ListKey(list)) => {
                let mut statement = self.tx.prepare_cached(WATCHERS_OF_LIST)?;
                page.read(statement.query(params![list, after, limit])?)
            }
            Holder::Video(VideoKey(video)) => {
                let status = Series::up(Signal::Event(Event::Status)).code();
                let mut statement = self.tx.prepare_cached(WATCHERS_OF_VIDEO)?;
                page.read(statement.query(params![video, after, limit, status])?)
            }
        }
    }
}

/// Rows of one scan as they are read.
struct Page<'a> {
    now: UnixMillis,
    texts: &'a mut HashMap<String, Arc<str>>,
    series: Series,
    found: &'a mut Vec<TriggerRow>,
}

impl Page<'_> {
    fn read(&mut self, mut rows: rusqlite::Rows<'_>) -> Result<()> {
        while let Some(row) = rows.next()? {
            let text = self.shared(row.get_ref(5)?.as_str().unwrap_or_default());
            self.found.push(self.trigger(row, text)?);
        }
        Ok(())
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.texts.get(text) {
            return Arc::clone(shared);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), Arc::clone(&shared));
        shared
    }

    fn trigger(&self, row: &Row<'_>, text: Arc<str>) -> Result<TriggerRow> {
        let shut = rows::shut(
            row.get(9)?,
            rows::integer_or(row, 10, 0) > self.now.0,
            rows::integer_or(row, 11, i64::MAX) <= self.now.0,
        );
        Ok(TriggerRow {
            id: TriggerId(row.get(0)?),
            series: self.series,
            value: row.get(1)?,
            base: Some(rows::integer_or(row, 2, i64::MIN)).filter(|base| *base != i64::MIN),
            since: UnixMillis(rows::integer_or(row, 3, 0)),
            rule: RuleId(row.get(4)?),
            text,
            subscription: SubscriptionId(row.get(6)?),
            destination: DestinationId(row.get(7)?),
            lane: rows::integer_or(row, 8, 0),
            gate: shut.map_or(Gate::Open, Gate::Shut),
            is_stale: rows::integer_or(row, 12, 0) != 0,
        })
    }
}
