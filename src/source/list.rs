//! What is known of one channel or playlist, what to ask next, and what the answers say of its members.
//!
//! No I/O of its own: [`look`] asks through [`AskLists`] and gives back what was [`Found`]. Three kinds of looks:
//!
//! - *The feed* is free. It shows the newest uploads of a channel with their dates; of a playlist only the first rows,
//!   without saying when they were added, so there it is a hint. It is out of order for days at times and says nothing
//!   about whether a list exists.
//! - *A paid look* reads where new rows appear: the first page of a channel's uploads, the last page of a playlist. It
//!   goes on page by page until it comes to a row that is known. Tokens of pages come from YouTube alone, so that of
//!   the last page is remembered from the last reading of the whole list.
//! - *The whole list* is read about once a day: only that shows who has left, and what was put in the middle.
//!
//! A list that YouTube does not know any more is believed to be gone at the second look, some minutes later.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::PER_CALL_MAX;
use super::error::SourceError;
use super::schedule::ListPace;
use super::wire::{ChannelInfo, Member, MemberPage};
use crate::model::{ChannelId, PlaylistId, SubjectRef, UnixMillis, VideoId};

/// Pages of one list that are read in one turn; then other lists have theirs.
const PAGES_PER_TURN: u32 = 10;

/// The longest list that is read to its end: playlists of YouTube end at 5,000 rows.
const PAGES_MAX: u32 = 120;

/// Pages of a paid look, beyond those that hold as many rows as there may be members.
const PAGES_SPARE: usize = 2;

/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(1800);

/// A list that is gone is asked for so many times less often than the feeds of others: hourly at first, then daily.
const GONE_OFTEN: u32 = 12;

/// See [`GONE_OFTEN`].
const GONE_SELDOM: u32 = 288;

/// Where a feed shows all that can be new, and works, a unit is spent so many times less often.
const FEED_SAVES: u32 = 3;

/// The first rows of a list, which its feed shows.
const FEED_ROWS: u64 = 15;

/// Answers what [`look`] wants to know.
pub trait AskLists {
    /// What fails beside YouTube.
    type Error: From<SourceError>;

    /// Reads a feed. `is_expected`: it can't be absent because the list has nothing to show.
    fn feed(
        &self,
        subject: &SubjectRef,
        is_expected: bool,
    ) -> impl Future<Output = Result<Vec<Member>, SourceError>> + Send;

    /// Looks a channel up: 1 unit.
    fn channel(
        &self,
        subject: &SubjectRef,
    ) -> impl Future<Output = Result<Option<ChannelInfo>, SourceError>> + Send;

    /// Reads the title of a playlist: 1 unit.
    fn playlist_title(
        &self,
        id: &PlaylistId,
    ) -> impl Future<Output = Result<Option<String>, SourceError>> + Send;

    /// Reads a page of a playlist: 1 unit.
    fn page(
        &self,
        playlist: &PlaylistId,
        token: Option<&str>,
    ) -> impl Future<Output = Result<MemberPage, SourceError>> + Send;

    /// Which of these were never members of the list.
    fn unknown(
        &self,
        ids: Vec<VideoId>,
    ) -> impl Future<Output = Result<Vec<VideoId>, Self::Error>> + Send;

    /// How many units may be spent now.
    fn units(&self) -> u32;
}

/// A channel or playlist that is watched.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Which one.
    pub subject: &'a SubjectRef,
    /// How many members it may have: the newest.
    pub members_max: usize,
    /// Whether people were told that it is gone.
    pub is_gone: bool,
}

/// One member as a look found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The video.
    pub id: VideoId,
    /// Its title, where the row was read just now.
    pub title: Option<String>,
    /// When it became a member: published, in a channel; added, in a playlist.
    pub at: Option<UnixMillis>,
}

/// What a look found.
#[derive(Debug)]
pub struct Found {
    /// The list's title, where the answers say.
    pub title: Option<String>,
    /// The channel whose uploads these are, where the list is watched under another name.
    pub same_as: Option<SubjectRef>,
    /// Members, in any order.
    pub members: Vec<Row>,
    /// Whether these are all of the newest members: others have left.
    pub is_complete: bool,
    /// How many rows the list has.
    pub total: Option<u64>,
    /// Whether the list is there; `None` where nothing was learned of that.
    pub presence: Option<bool>,
    /// The wait until the next look.
    pub next_in: Duration,
    /// What went wrong beside what was found.
    pub trouble: Option<SourceError>,
}

/// What is remembered of one list. Stored as JSON; whatever can't be read is learned anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListMemory {
    /// The playlist that holds a channel's uploads.
    playlist: Option<PlaylistId>,
    /// The channel, as YouTube has told it.
    channel: Option<ChannelId>,
    /// When all of it was last read.
    full_at: Option<UnixMillis>,
    /// How many pages that took.
    pages: u32,
    /// The token of the last page; `None` while the first is the last.
    last_page: Option<String>,
    /// How many rows there were at the last paid look.
    rows: Option<u64>,
    /// When a unit was last spent for it.
    paid_at: Option<UnixMillis>,
    /// Videos of the feed that are no news: the API was asked about them.
    asked: Vec<VideoId>,
    /// A reading of the whole list that waits for units or for its turn.
    walk: Option<Walk>,
    /// YouTube has not known the list since then.
    absent_since: Option<UnixMillis>,
    /// YouTube has shown no rows of it since then, though it is there.
    empty_since: Option<UnixMillis>,
    /// Looks in a row that failed.
    failures: u32,
    /// After failures of the API no unit is spent before this; the feed goes on.
    paused_until: Option<UnixMillis>,
}

/// A reading of a whole list under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Walk {
    /// The token of the page to read next.
    next: Option<String>,
    /// The newest rows so far.
    rows: Vec<(VideoId, Option<UnixMillis>)>,
    /// Pages that were read.
    pages: u32,
}

impl ListMemory {
    /// Reads what was stored. Rubbish is as good as nothing: the list is read anew.
    #[must_use]
    pub fn read(text: Option<&str>) -> ListMemory {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// What to store.
    #[must_use]
    pub fn print(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes in that a look has failed, and says how long the list is left alone.
    #[must_use]
    pub fn failed(&mut self, error: &SourceError, pace: &ListPace, now: UnixMillis) -> Duration {
        match error {
            // Nothing is wrong with this list.
            SourceError::QuotaUsedUp { resets_at, .. }
            | SourceError::ShareUsedUp { resets_at, .. } => {
                return resets_at.since(now).min(PAUSE_MAX).max(pace.feed);
            }
            SourceError::Burst { .. }
            | SourceError::KeyRefused(_)
            | SourceError::NotEnabled(_)
            | SourceError::Misconfigured(_) => return pace.feed,
            SourceError::Rejected(_) => {
                // A token that is too old: the list is read from its beginning.
                self.walk = None;
                self.last_page = None;
                self.full_at = None;
            }
            SourceError::Forbidden(_)
            | SourceError::NotFound(_)
            | SourceError::BadAnswer(_)
            | SourceError::Unreachable { .. }
            | SourceError::Transient(_) => {}
        }
        self.failures = self.failures.saturating_add(1);
        let grown = pace.feed.saturating_mul(1 << (self.failures - 1).min(10));
        grown.min(PAUSE_MAX.max(pace.feed))
    }

    fn is_whole_due(&self, list: List<'_>, pace: &ListPace, now: UnixMillis) -> bool {
        let pages_held = u32::try_from(list.members_max.div_ceil(PER_CALL_MAX)).unwrap_or(u32::MAX);
        // A long playlist is read less often, so that a day of it costs no more than its members do.
        let days = self.pages.div_ceil(pages_held.max(1)).max(1);
        let every = pace.whole.saturating_mul(days);
        self.walk.is_some()
            || self.absent_since.is_some()
            || list.is_gone
            || self.full_at.is_none_or(|at| is_over(at, every, now))
    }
}

/// Whether `wait` has passed since `at`; a moment in the future was written under a wrong clock.
fn is_over(at: UnixMillis, wait: Duration, now: UnixMillis) -> bool {
    at > now || now.since(at) >= wait
}

/// Looks at a list as far as it is due and there are units, and changes the memory accordingly.
///
/// # Errors
///
/// When nothing was learned, or the caller's own questions fail. What was walked of a long list stays in the memory.
pub async fn look<A: AskLists>(
    ask: &A,
    list: List<'_>,
    memory: &mut ListMemory,
    pace: &ListPace,
    now: UnixMillis,
) -> Result<Found, A::Error> {
    let found = Found::nothing_yet(pace.feed);
    let mut look = Look { ask, list, memory, pace, now, found, unknown: 0 };
    match look.run().await {
        Ok(()) => Ok(look.finish()),
        Err(Failed::YouTube(error)) => Err(error.into()),
        Err(Failed::Ask(error)) => Err(error),
    }
}

impl Found {
    const fn nothing_yet(next_in: Duration) -> Found {
        Found {
            title: None,
            same_as: None,
            members: Vec::new(),
            is_complete: false,
            total: None,
            presence: None,
            next_in,
            trouble: None,
        }
    }
}

/// Whose fault it is that a look ended early.
enum Failed<E> {
    YouTube(SourceError),
    Ask(E),
}

impl<E> From<SourceError> for Failed<E> {
    fn from(error: SourceError) -> Self {
        Failed::YouTube(error)
    }
}

/// What the feed had to say.
enum FromFeed {
    /// Nothing that the API should be asked about.
    Seen,
    /// Rows that are not known: the API shows what is above or around them.
    News,
    /// It was not to be had.
    Failed,
}

/// One look under way.
struct Look<'a, A> {
    ask: &'a A,
    list: List<'a>,
    memory: &'a mut ListMemory,
    pace: &'a ListPace,
    now: UnixMillis,
    found: Found,
    /// Rows of the API that were never members.
    unknown: usize,
}

impl<A: AskLists> Look<'_, A> {
    async fn run(&mut self) -> Result<(), Failed<A::Error>> {
        if let SubjectRef::Video(id) = self.list.subject {
            return Err(SourceError::Rejected(format!("{id} has no members")).into());
        }
        if self.memory.is_whole_due(self.list, self.pace, self.now) && self.may_pay() {
            let is_first = self.memory.full_at.is_none();
            match self.whole().await {
                // The feed may still tell what is new.
                Err(Failed::YouTube(error)) if !is_first && !error.is_refusal() => {
                    self.go_on_after(error);
                }
                outcome => return outcome,
            }
        }
        if self.memory.absent_since.is_some() || self.list.is_gone {
            return Ok(());
        }
        let feed = self.feed().await?;
        let is_due = self.found.trouble.is_none() && self.is_paid_due(&feed);
        let is_news = self.found.trouble.is_none() && matches!(feed, FromFeed::News);
        let asks = (is_due || is_news) && self.may_pay();
        match (asks, feed) {
            (true, feed) => match self.paid(&feed, is_due).await {
                Err(Failed::YouTube(error)) => self.paid_failed(&feed, error).await,
                outcome => outcome,
            },
            // The API has its turn later.
            (false, _) => Ok(()),
        }
    }

    fn finish(self) -> Found {
        let Look { list, memory, mut found, pace, now, .. } = self;
        if found.presence == Some(true) && found.trouble.is_none() {
            (memory.failures, memory.paused_until) = (0, None);
        }
        if let Some(channel) = &memory.channel
            && !matches!(list.subject, SubjectRef::Channel(_))
        {
            found.same_as = Some(SubjectRef::Channel(channel.clone()));
        }
        let left = memory.paid_at.map(|at| pace.paid.saturating_sub(now.since(at)));
        if let Some(left) = left.filter(|left| !left.is_zero())
            && found.next_in == pace.feed
        {
            found.next_in = left.min(pace.feed);
        }
        found
    }

    fn may_pay(&self) -> bool {
        let is_paused = self.memory.paused_until.is_some_and(|until| {
            // A moment too far ahead was set under a wrong clock.
            until > self.now && until.since(self.now) <= PAUSE_MAX.max(self.pace.feed)
        });
        !is_paused && self.ask.units() > 0
    }

    fn is_channel(&self) -> bool {
        self.memory.channel.is_some()
    }

    /// Whether a unit is to be spent. Where the feed shows all that can be new, and works, that is less often so.
    fn is_paid_due(&self, feed: &FromFeed) -> bool {
        let is_in_feed =
            self.is_channel() || self.memory.rows.is_some_and(|rows| rows <= FEED_ROWS);
        let every = match feed {
            FromFeed::Seen if is_in_feed => {
                self.pace.paid.max(self.pace.feed.saturating_mul(FEED_SAVES))
            }
            FromFeed::Seen | FromFeed::News | FromFeed::Failed => self.pace.paid,
        };
        self.memory.paid_at.is_none_or(|at| is_over(at, every, self.now))
    }

    /// The playlist whose rows are the members.
    fn playlist(&self) -> Option<PlaylistId> {
        match (&self.memory.playlist, self.list.subject) {
            (Some(playlist), _) | (None, SubjectRef::Playlist(playlist)) => Some(playlist.clone()),
            (None, _) => None,
        }
    }

    // ---- the feed

    async fn feed(&mut self) -> Result<FromFeed, Failed<A::Error>> {
        let subject = match (&self.memory.channel, self.list.subject) {
            (Some(channel), _) => SubjectRef::Channel(channel.clone()),
            // Its channel is not known yet, for want of a unit.
            (None, SubjectRef::Handle(_)) => return Ok(FromFeed::Seen),
            (None, subject) => subject.clone(),
        };
        let is_expected = self.memory.rows.is_none_or(|rows| rows > 0);
        let entries = match self.ask.feed(&subject, is_expected).await {
            Ok(entries) => entries,
            Err(error) if error.is_refusal() => return Err(error.into()),
            Err(_) => return Ok(FromFeed::Failed),
        };
        let count = entries.len();
        let unknown = self.unknown(entries.iter().map(|entry| entry.id).collect()).await?;
        let mut is_news = unknown.iter().any(|id| !self.memory.asked.contains(id));
        if matches!(subject, SubjectRef::Channel(_)) {
            self.keep(entries.into_iter().map(uploaded));
            // Where nothing is known, some may have left the feed already. Otherwise it has told all there is to know.
            is_news &= unknown.len() == count;
        }
        if !is_news {
            return Ok(FromFeed::Seen);
        }
        if self.ask.units() > 0 {
            self.memory.asked = unknown;
        }
        Ok(FromFeed::News)
    }

    async fn unknown(&self, ids: Vec<VideoId>) -> Result<Vec<VideoId>, Failed<A::Error>> {
        if ids.is_empty() {
            return Ok(ids);
        }
        self.ask.unknown(ids).await.map_err(Failed::Ask)
    }

    fn keep(&mut self, rows: impl Iterator<Item = Row>) {
        for row in rows {
            if !self.found.members.iter().any(|other| other.id == row.id) {
                self.found.members.push(row);
            }
        }
    }

    // ---- a paid look

    /// Reads where new rows appear.
    async fn paid(&mut self, feed: &FromFeed, is_due: bool) -> Result<(), Failed<A::Error>> {
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

    async fn page(
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
    async fn take(&mut self, page: MemberPage) -> Result<bool, Failed<A::Error>> {
        let unknown = self.unknown(page.members.iter().map(|member| member.id).collect()).await?;
        let is_all_new = unknown.len() == page.members.len();
        self.unknown += unknown.len();
        let is_channel = self.is_channel();
        self.keep(page.members.into_iter().map(|member| row(member, is_channel)));
        Ok(is_all_new)
    }

    async fn paid_failed(
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
    fn go_on_after(&mut self, error: SourceError) {
        let pause = self.memory.failed(&error, self.pace, self.now);
        self.memory.paused_until = Some(self.now.plus(pause));
        self.found.trouble = Some(error);
    }

    // ---- the whole list

    async fn whole(&mut self) -> Result<(), Failed<A::Error>> {
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
                    rows.push(row(member, is_channel));
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
    fn has_nothing(&mut self) {
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

    // ---- whether it is there

    /// Finds out what the list is called and which playlist holds its members; `false`: YouTube does not know it.
    ///
    /// `is_refused`: YouTube has just refused to show its rows.
    async fn resolve(&mut self, is_refused: bool) -> Result<bool, Failed<A::Error>> {
        self.memory.paid_at = Some(self.now);
        let channel = match (&self.memory.channel, self.list.subject) {
            // A handle can change hands; the channel's id can't.
            (Some(id), _) => Some(SubjectRef::Channel(id.clone())),
            (None, SubjectRef::Playlist(id)) => channel_of_uploads(id),
            (None, subject) => Some(subject.clone()),
        };
        if let Some(channel) = channel
            && let Some(info) = self.ask.channel(&channel).await?
        {
            let is_this = match self.list.subject {
                SubjectRef::Playlist(id) => info.uploads == *id,
                SubjectRef::Video(_) | SubjectRef::Channel(_) | SubjectRef::Handle(_) => true,
            };
            if is_this {
                self.found.title = Some(info.title);
                self.memory.channel = Some(info.id);
                self.memory.playlist = Some(info.uploads);
                self.is_there();
                return Ok(true);
            }
        }
        if let SubjectRef::Playlist(id) = self.list.subject
            && let Some(title) = self.ask.playlist_title(id).await?
        {
            self.found.title = Some(title);
            self.is_there();
            return Ok(true);
        }
        // An empty answer is not believed alone: the rows must be refused, too.
        if !is_refused && let Some(playlist) = self.playlist() {
            match self.ask.page(&playlist, None).await {
                Ok(_) => {
                    self.is_there();
                    return Ok(true);
                }
                Err(SourceError::NotFound(_) | SourceError::Forbidden(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.is_absent();
        Ok(false)
    }

    fn is_there(&mut self) {
        self.memory.absent_since = None;
        self.found.presence = Some(true);
    }

    fn is_absent(&mut self) {
        let since = *self.memory.absent_since.get_or_insert(self.now);
        let is_sure = self.list.is_gone || is_over(since, self.pace.feed, self.now);
        self.memory.walk = None;
        self.memory.failures = 0;
        self.found.presence = is_sure.then_some(false);
        let often = self.pace.feed.saturating_mul(GONE_OFTEN);
        let seldom = self.pace.feed.saturating_mul(GONE_SELDOM);
        self.found.next_in = match is_sure {
            false => self.pace.feed,
            true if self.now.since(since) < seldom => often,
            true => seldom,
        };
    }
}

/// The channel whose uploads this playlist would be, if it is one of uploads. YouTube has the last word.
fn channel_of_uploads(playlist: &PlaylistId) -> Option<SubjectRef> {
    let rest = playlist.as_str().strip_prefix("UU")?;
    Some(SubjectRef::Channel(format!("UC{rest}").parse().ok()?))
}

fn row(member: Member, is_channel: bool) -> Row {
    let at = if is_channel { member.published_at } else { member.added_at };
    Row { id: member.id, title: Some(member.title), at }
}

fn uploaded(member: Member) -> Row {
    row(member, true)
}

/// Leaves the newest rows, in their order.
fn newest(rows: &mut Vec<Row>, most: usize) {
    if rows.len() <= most {
        return;
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows.truncate(most);
}

#[cfg(test)]
mod tests;
