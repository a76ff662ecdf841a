//! The reading of a whole list: over several turns, where it is long.

use std::collections::HashSet;
use std::time::Duration;

use super::ask::AskLists;
use super::found::Row;
use super::look::{Failed, Look};
use super::memory::{Walk, is_over};
use crate::model::VideoId;
use crate::source::error::SourceError;

/// Pages of one list that are read in one turn; then other lists have theirs.
const PAGES_PER_TURN: u32 = 10;

/// The longest list that is read to its end: playlists of YouTube end at 5,000 rows.
const PAGES_MAX: u32 = 120;

impl<A: AskLists> Look<'_, A> {
    /// Reads the list from its beginning, or from where the reading was suspended.
    pub(super) async fn whole(&mut self) -> Result<(), Failed<A::Error>> {
        if self.memory.walk.is_none() && !self.resolve(false).await? {
            return Ok(());
        }
        let Some(playlist) = self.playlist() else { return Ok(()) };
        let (is_channel, members_max) = (self.is_channel(), self.list.members_max);
        let mut walk = self.memory.walk.take().unwrap_or_default();
        let rows = walk.rows.drain(..).map(|(id, at)| Row { id, title: None, at });
        let mut rows: Vec<Row> = rows.collect();
        let mut ids: HashSet<VideoId> = rows.iter().map(|row| row.id).collect();
        let mut turn = 0;
        let is_complete = loop {
            let units = self.ask.units();
            if turn == PAGES_PER_TURN || units == 0 {
                self.suspend(walk, rows, units);
                return Ok(());
            }
            let page = match self.page(&playlist, walk.next.as_deref()).await {
                Ok(page) => page,
                Err(SourceError::NotFound(_)) if walk.pages == 0 => {
                    // It is there, but has nothing that we may see.
                    self.has_nothing();
                    return Ok(());
                }
                Err(error) => {
                    if !matches!(error, SourceError::NotFound(_)) {
                        self.suspend(walk, rows, 1);
                    }
                    return Err(error.into());
                }
            };
            walk.pages += 1;
            turn += 1;
            for member in page.members {
                if ids.insert(member.id) {
                    rows.push(Row::new(member, is_channel));
                }
            }
            // Uploads are sorted: what comes behind these is older.
            let is_enough = is_channel && rows.len() >= members_max;
            newest(&mut rows, members_max);
            match page.next {
                None => break true,
                Some(_) if is_enough => break true,
                Some(_) if walk.pages >= PAGES_MAX => break false,
                Some(next) if walk.next.as_ref() == Some(&next) => {
                    let text = format!("the pages of {playlist} never end");
                    return Err(SourceError::BadAnswer(text).into());
                }
                Some(next) => walk.next = Some(next),
            }
        };
        self.memory.full_at = Some(self.now);
        self.memory.pages = walk.pages;
        self.memory.last_page = walk.next.filter(|_| !is_channel);
        self.found.members = rows;
        self.found.is_complete = is_complete;
        Ok(())
    }

    /// Keeps what was walked until there are units again, or until other lists have had their turn.
    fn suspend(&mut self, mut walk: Walk, rows: Vec<Row>, units: u32) {
        walk.rows = rows.iter().map(|row| (row.id, row.at)).collect();
        self.memory.walk = Some(walk);
        if units > 0 {
            self.found.next_in = Duration::ZERO;
        }
        if self.memory.full_at.is_none() {
            // Better some members than none until it is through.
            self.found.members = rows;
        }
    }

    /// The list is there, and shows nobody anything: so a channel without public videos looks. Where there were some,
    /// that is believed at the second look.
    pub(super) fn has_nothing(&mut self) {
        self.is_there();
        let since = *self.memory.empty_since.get_or_insert(self.now);
        let had_rows = self.memory.full_at.is_some() && self.memory.rows != Some(0);
        if had_rows && !is_over(since, self.pace.feed, self.now) {
            return;
        }
        self.memory.full_at = Some(self.now);
        self.memory.pages = 0;
        self.memory.last_page = None;
        self.memory.rows = Some(0);
        self.found.members.clear();
        self.found.is_complete = true;
        self.found.total = Some(0);
    }
}

/// Leaves the newest rows, in their order.
fn newest(rows: &mut Vec<Row>, most: usize) {
    if rows.len() <= most {
        return;
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows.truncate(most);
}
