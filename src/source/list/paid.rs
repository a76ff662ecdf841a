//! A look that costs units: at the places of a list where new rows appear.

use super::ask::AskLists;
use super::found::Row;
use super::look::{Failed, FromFeed, Look};
use crate::model::PlaylistId;
use crate::source::answer::MemberPage;
use crate::source::budget::PER_CALL_MAX;
use crate::source::error::SourceError;

/// Pages of a paid look, beyond those that hold as many rows as there may be members.
const PAGES_SPARE: usize = 2;

impl<A: AskLists> Look<'_, A> {
    /// Reads where new rows appear.
    pub(super) async fn paid(
        &mut self,
        feed: &FromFeed,
        is_due: bool,
    ) -> Result<(), Failed<A::Error>> {
        let Some(playlist) = self.playlist() else { return Ok(()) };
        let rows_before = self.memory.rows;
        // Of a playlist that works, the feed has shown the first rows.
        let is_seen = matches!(feed, FromFeed::Seen);
        if self.is_channel() || self.memory.last_page.is_none() || !is_seen {
            self.read_top(&playlist).await?;
        }
        if self.memory.last_page.is_some() && is_due && self.ask.units() > 0 {
            self.read_end(&playlist).await?;
        }
        let grown = match (rows_before, self.memory.rows) {
            (Some(before), Some(rows)) => rows.saturating_sub(before),
            (None, _) | (_, None) => 0,
        };
        if grown > u64::try_from(self.unknown).unwrap_or(u64::MAX) && !self.is_channel() {
            // There are more rows, and not here: something was put in the middle.
            self.memory.full_at = None;
        }
        Ok(())
    }

    /// Reads pages from the first on, until one has a row that is known.
    async fn read_top(&mut self, playlist: &PlaylistId) -> Result<(), Failed<A::Error>> {
        let mut token: Option<String> = None;
        for _ in 0..self.pages_of_a_look() {
            let page = self.page(playlist, token.as_deref()).await?;
            let next = page.next.clone().filter(|next| token.as_ref() != Some(next));
            if token.is_none() && !self.is_channel() && self.memory.last_page.is_none() {
                // A playlist that has grown beyond its first page: its end is looked for from here.
                self.memory.last_page.clone_from(&next);
            }
            let is_all_new = self.take(page).await?;
            if !is_all_new || next.is_none() || self.ask.units() == 0 {
                break;
            }
            token = next;
        }
        Ok(())
    }

    /// Reads the last page and whatever has come behind it; then pages before it, until one has a row that is known.
    async fn read_end(&mut self, playlist: &PlaylistId) -> Result<(), Failed<A::Error>> {
        let mut pages_left = self.pages_of_a_look();
        let mut token = self.memory.last_page.clone();
        let mut before = None;
        let mut is_all_new = true;
        let mut is_first = true;
        let mut is_shorter = false;
        while let Some(last) = token.take() {
            let page = self.page(playlist, Some(&last)).await?;
            if is_first {
                before.clone_from(&page.previous);
                is_shorter = page.rows == 0;
                is_first = false;
            }
            pages_left = pages_left.saturating_sub(1);
            let next = page.next.clone().filter(|next| *next != last);
            is_all_new &= self.take(page).await?;
            self.memory.last_page = Some(last);
            if pages_left > 0 && self.ask.units() > 0 {
                token = next;
            }
        }
        while let Some(previous) = before.take()
            && is_all_new
            && pages_left > 0
            && self.ask.units() > 0
        {
            let page = self.page(playlist, Some(&previous)).await?;
            pages_left -= 1;
            before = page.previous.clone().filter(|next| *next != previous);
            let is_empty = page.rows == 0;
            is_all_new = self.take(page).await?;
            if is_shorter {
                // The list does not reach the page that was its last one any more.
                self.memory.last_page = Some(previous);
                is_shorter = is_empty;
            }
        }
        Ok(())
    }

    fn pages_of_a_look(&self) -> usize {
        self.list.members_max.div_ceil(PER_CALL_MAX).saturating_add(PAGES_SPARE)
    }

    /// Reads a page: the list is there, and has so many rows.
    pub(super) async fn page(
        &mut self,
        playlist: &PlaylistId,
        token: Option<&str>,
    ) -> Result<MemberPage, SourceError> {
        self.memory.paid_at = Some(self.now);
        let page = self.ask.page(playlist, token).await?;
        self.is_there();
        self.memory.empty_since = None;
        self.found.total = Some(page.total);
        self.memory.rows = Some(page.total);
        Ok(page)
    }

    /// Keeps the members of a page, and says whether none of them is known.
    pub(super) async fn take(&mut self, page: MemberPage) -> Result<bool, Failed<A::Error>> {
        let unknown = self.unknown(page.members.iter().map(|member| member.id).collect()).await?;
        let is_all_new = unknown.len() == page.members.len();
        self.unknown += unknown.len();
        let is_channel = self.is_channel();
        self.keep(page.members.into_iter().map(|member| Row::new(member, is_channel)));
        Ok(is_all_new)
    }

    /// What follows from a paid look that has failed: the list may be gone, or empty; else the feed goes on.
    pub(super) async fn paid_failed(
        &mut self,
        feed: &FromFeed,
        error: SourceError,
    ) -> Result<(), Failed<A::Error>> {
        let outcome = match error {
            SourceError::NotFound(_) | SourceError::Forbidden(_) => self.resolve(true).await,
            error => Err(error.into()),
        };
        match outcome {
            Ok(true) => self.has_nothing(),
            Ok(false) => {}
            Err(Failed::YouTube(error))
                if !matches!(feed, FromFeed::Failed) && !error.is_refusal() =>
            {
                self.go_on_after(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What was found stands, and the feed goes on; the API is asked again later.
    pub(super) fn go_on_after(&mut self, error: SourceError) {
        let pause = self.memory.failed(&error, self.pace, self.now);
        self.memory.paused_until = Some(self.now.plus(pause));
        self.found.trouble = Some(error);
    }
}
