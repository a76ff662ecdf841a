//! What YouTube's units are for: which allowance pays for a call, whose share of it that is, and how far units go.
//!
//! Two allowances of the same size: `videos:batchGetStats` has its own, everything else shares one. Each [`Spender`] has a
//! share and can't take another's.
//! Source: <https://developers.google.com/youtube/data/guides/quota_and_compliance_audits> and
//! <https://developers.google.com/youtube/data/determine_quota_cost> (read 2026-11).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::activity::{millis, ratio};

/// The most ids that one call takes; also the size of a page.
/// Source: discovery document, `videos.batchGetStats`: "the number of IDs specified cannot exceed 50".
pub(crate) const PER_CALL_MAX: usize = 50;

/// Of a bucket, one in so many units is for what people ask (`/watch`, handles).
pub(super) const PEOPLE_SHARE: u32 = 5;

/// Of the rest of the general bucket, one in so many units is for lists, if there are any.
pub(super) const LIST_SHARE: u32 = 4;

pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// A daily allowance of YouTube's that is counted apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// `videos.list`, `channels.list`, `playlistItems.list`, `playlists.list`.
    General,
    /// `videos:batchGetStats`.
    Stats,
}

impl Bucket {
    /// Both buckets.
    pub const ALL: [Bucket; 2] = [Bucket::General, Bucket::Stats];

    /// The word used in messages and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Bucket::General => "general",
            Bucket::Stats => "stats",
        }
    }

    /// What of `daily_units` polling and lists may plan with; the rest is for people who wait for an answer.
    #[must_use]
    pub const fn polling_units(self, daily_units: u32) -> u32 {
        match self {
            Bucket::Stats => daily_units,
            Bucket::General => daily_units - daily_units / PEOPLE_SHARE,
        }
    }

    /// The most that `by` may spend of `daily_units`.
    ///
    /// In the general bucket the shares add up to the day. In the other one nothing is set aside: what people have not
    /// spent is polling's.
    pub(super) const fn share(self, by: Spender, daily_units: u32, has_lists: bool) -> u32 {
        let planned = self.polling_units(daily_units);
        let lists = match self {
            Bucket::General if has_lists => planned / LIST_SHARE,
            Bucket::General | Bucket::Stats => 0,
        };
        match by {
            Spender::Polling => planned - lists,
            Spender::Lists => lists,
            Spender::People => daily_units / PEOPLE_SHARE,
        }
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// For whom a unit is spent. Each has a share of the day that nobody else can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spender {
    /// The poller: numbers, titles and status of the videos that are watched.
    Polling,
    /// The lister: which videos a channel or playlist has.
    Lists,
    /// Somebody who waits for the answer to a command.
    People,
}

impl Spender {
    /// All of them.
    pub const ALL: [Spender; 3] = [Spender::Polling, Spender::Lists, Spender::People];

    /// The word used in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Spender::Polling => "polling",
            Spender::Lists => "lists",
            Spender::People => "people",
        }
    }
}

impl std::fmt::Display for Spender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What polling may spend, and how long it has to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitBudget {
    /// Units for numbers.
    pub stats: u32,
    /// Units for title and status.
    pub general: u32,
    /// Units for lists of members.
    pub lists: u32,
    /// The time until there are new ones.
    pub over: Duration,
}

impl UnitBudget {
    /// A whole day's, for `check`; a running program plans with [`super::Quota::budget`].
    #[must_use]
    pub const fn of_a_day(daily_units: u32, has_lists: bool) -> UnitBudget {
        UnitBudget {
            stats: Bucket::Stats.share(Spender::Polling, daily_units, has_lists),
            general: Bucket::General.share(Spender::Polling, daily_units, has_lists),
            lists: Bucket::General.share(Spender::Lists, daily_units, has_lists),
            over: DAY,
        }
    }
}

/// The wait at which `calls` per round use up `units` just when `over` ends. Without units: when it ends.
pub(super) fn evenly(calls: u64, units: u32, over: Duration) -> Duration {
    if calls == 0 {
        return Duration::ZERO;
    }
    let wait = ratio(calls, millis(over), u64::from(units.max(1)));
    // Rounded up: rounded down it would cost more than there is.
    Duration::from_millis(wait.saturating_add(1))
}

/// How many calls a day are made, at `calls` per `interval`.
pub(super) fn per_day(calls: u64, interval: Duration) -> u64 {
    ratio(calls, millis(DAY), millis(interval).max(1))
}
