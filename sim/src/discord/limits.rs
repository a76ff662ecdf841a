//! How fast a client may ask: a bucket per route and channel or webhook, one over all routes, and a count of invalid
//! requests that ends in a ban.
//!
//! Source: <https://discord.com/developers/docs/topics/rate-limits> (read 2026-11). The numbers of buckets are nowhere
//! documented; these are what clients see.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
/// Buckets that are remembered; beyond, those whose time is over are forgotten.
const KEPT_MAX: usize = 4_096;

/// So many requests in so long; 0 is unlimited, and answers say nothing of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Most requests.
    pub most: u32,
    /// Within so long, counted from the first of them.
    pub within: Duration,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate { most: 0, within: SECOND };

    /// So many requests within so many seconds.
    #[must_use]
    pub const fn new(most: u32, within_s: u64) -> Rate {
        Rate { most, within: Duration::from_secs(within_s) }
    }
}

/// How fast a client may ask. The default is without limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one channel.
    pub send: Rate,
    /// Edits of messages of one channel, and as many deletions.
    pub edit: Rate,
    /// Requests to one webhook, or with one interaction's token.
    pub webhook: Rate,
    /// Requests of each other kind.
    pub other: Rate,
    /// Requests of the bot, and of whoever has no token, in any second; 0 is unlimited.
    pub global_per_s: u32,
    /// Invalid requests (401, 403, and 429 but those of a shared limit) until the address is banned; none is unlimited.
    pub invalid: Rate,
    /// Between two sessions of the gateway that begin; nothing is unlimited.
    pub identify_every: Duration,
}

impl Limits {
    /// As Discord has them, with 10,000 invalid requests in ten minutes.
    pub const DISCORD: Limits = Limits {
        send: Rate::new(5, 5),
        edit: Rate::new(5, 5),
        webhook: Rate::new(5, 2),
        other: Rate::new(50, 1),
        global_per_s: 50,
        invalid: Rate::new(10_000, 600),
        identify_every: Duration::from_secs(5),
    };

    fn of(self, bucket: Bucket) -> Rate {
        match bucket {
            Bucket::Send => self.send,
            Bucket::Edit | Bucket::Delete => self.edit,
            Bucket::Webhook => self.webhook,
            Bucket::Other(_) => self.other,
            Bucket::Exempt => Rate::UNLIMITED,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            send: Rate::UNLIMITED,
            edit: Rate::UNLIMITED,
            webhook: Rate::UNLIMITED,
            other: Rate::UNLIMITED,
            global_per_s: 0,
            invalid: Rate::UNLIMITED,
            identify_every: Duration::ZERO,
        }
    }
}

/// Whose limit a 429 is about. The names are those of `X-RateLimit-Scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitScope {
    /// The bot's, on this route.
    User,
    /// The bot's, over all routes.
    Global,
    /// Everybody's on this resource; it is nobody's fault.
    Shared,
}

impl LimitScope {
    /// Its name in the header.
    pub(super) const fn name(self) -> &'static str {
        match self {
            LimitScope::User => "user",
            LimitScope::Global => "global",
            LimitScope::Shared => "shared",
        }
    }
}

/// Which requests are counted together, for each channel, guild or webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Send,
    Edit,
    Delete,
    Webhook,
    /// One operation by itself.
    Other(&'static str),
    /// Not counted at all, also not over all routes.
    Exempt,
}

impl Bucket {
    /// What Discord calls it in headers: 32 digits that mean nothing.
    fn hash(self) -> String {
        let name = match self {
            Bucket::Send => "send",
            Bucket::Edit => "edit",
            Bucket::Delete => "delete",
            Bucket::Webhook => "webhook",
            Bucket::Other(name) => name,
            Bucket::Exempt => "",
        };
        // FNV-1a: only different names have to give different digits.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{hash:016x}{:016x}", hash.rotate_left(32))
    }
}

/// What a bucket's headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset_after: Duration,
    pub(super) hash: String,
}

/// Requests since the first of them.
#[derive(Debug, Clone, Copy)]
struct Window {
    begun: Instant,
    used: u32,
}

impl Window {
    /// Counts one more, in a new window when this one is over; or says how long it still is.
    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        if now.duration_since(self.begun) >= rate.within {
            *self = Window { begun: now, used: 0 };
        }
        if self.used >= rate.most {
            return Err(self.left(rate, now));
        }
        self.used += 1;
        Ok(())
    }

    fn left(&self, rate: Rate, now: Instant) -> Duration {
        rate.within.saturating_sub(now.duration_since(self.begun))
    }
}

type Key = (Bucket, String);

/// What was asked lately, who was told to wait, and what was invalid.
#[derive(Debug, Default)]
pub(super) struct Pace {
    buckets: HashMap<Key, Window>,
    /// With a token, and without one.
    global: HashMap<bool, Window>,
    told: HashMap<Key, Instant>,
    told_all: Option<Instant>,
    invalid: VecDeque<Instant>,
    banned_until: Option<Instant>,
}

impl Pace {
    /// Counts a request, or says how long to wait and whose limit it is.
    pub(super) fn take(
        &mut self,
        limits: Limits,
        key: &Key,
        has_token: bool,
        now: Instant,
    ) -> Result<(), (Duration, LimitScope)> {
        if key.0 != Bucket::Exempt && limits.global_per_s > 0 {
            let rate = Rate { most: limits.global_per_s, within: SECOND };
            let window = self.global.entry(has_token).or_insert(Window { begun: now, used: 0 });
            if let Err(wait) = window.take(rate, now) {
                self.tell_all(now + wait);
                return Err((wait, LimitScope::Global));
            }
        }
        let rate = limits.of(key.0);
        if rate.most == 0 {
            return Ok(());
        }
        if self.buckets.len() >= KEPT_MAX {
            self.buckets
                .retain(|key, window| now.duration_since(window.begun) < limits.of(key.0).within);
        }
        let window = self.buckets.entry(key.clone()).or_insert(Window { begun: now, used: 0 });
        if let Err(wait) = window.take(rate, now) {
            self.tell(key.clone(), now + wait);
            return Err((wait, LimitScope::User));
        }
        Ok(())
    }

    /// How a bucket stands after its last request.
    pub(super) fn standing(&self, limits: Limits, key: &Key, now: Instant) -> Option<Standing> {
        let rate = limits.of(key.0);
        let window = self.buckets.get(key).filter(|_| rate.most > 0)?;
        Some(Standing {
            limit: rate.most,
            remaining: rate.most.saturating_sub(window.used),
            reset_after: window.left(rate, now),
            hash: key.0.hash(),
        })
    }

    /// Remembers that whoever asks for this was told to wait until then.
    pub(super) fn tell(&mut self, key: Key, until: Instant) {
        if self.told.len() >= KEPT_MAX {
            self.told.clear();
        }
        self.told.insert(key, until);
    }

    /// Remembers that the bot was told to ask for nothing until then.
    pub(super) fn tell_all(&mut self, until: Instant) {
        self.told_all = Some(until);
    }

    /// Whether a request comes before the wait that was told is over.
    pub(super) fn is_impatient(&self, key: &Key, now: Instant) -> bool {
        let all = self.told_all.filter(|_| key.0 != Bucket::Exempt);
        [self.told.get(key).copied(), all].into_iter().flatten().any(|until| now < until)
    }

    /// Counts an invalid request; one too many bans the address.
    pub(super) fn invalid(&mut self, limits: Limits, now: Instant) {
        let Rate { most, within } = limits.invalid;
        if most == 0 {
            return;
        }
        self.invalid.push_back(now);
        while self.invalid.front().is_some_and(|at| now.duration_since(*at) >= within) {
            self.invalid.pop_front();
        }
        if self.invalid.len() > most as usize {
            self.invalid.clear();
            self.banned_until = Some(now + within);
        }
    }

    /// How long the address is still banned.
    pub(super) fn banned(&self, now: Instant) -> Option<Duration> {
        self.banned_until.filter(|until| now < *until).map(|until| until.duration_since(now))
    }

    /// Ends a ban, and forgets what was invalid.
    pub(super) fn pardon(&mut self) {
        self.banned_until = None;
        self.invalid.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { invalid: Rate::new(3, 600), ..Limits::DISCORD };

    #[test]
    fn a_channel_takes_five_in_five_seconds_and_its_headers_say_how_many_are_left() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let key = (Bucket::Send, "7".to_owned());
        for left in (0..5).rev() {
            assert_eq!(pace.take(LIMITS, &key, true, start), Ok(()));
            assert_eq!(pace.standing(LIMITS, &key, start).unwrap().remaining, left);
        }
        let later = start + Duration::from_secs(2);
        let refused = pace.take(LIMITS, &key, true, later);
        assert_eq!(refused, Err((Duration::from_secs(3), LimitScope::User)));
        assert!(pace.is_impatient(&key, start + Duration::from_secs(4)));
        let other = (Bucket::Send, "8".to_owned());
        assert_eq!(pace.take(LIMITS, &other, true, later), Ok(()));
        assert_ne!(Bucket::Send.hash(), Bucket::Edit.hash());
        let over = start + Duration::from_secs(5);
        assert!(!pace.is_impatient(&key, over));
        assert_eq!(pace.take(LIMITS, &key, true, over), Ok(()));
    }

    #[test]
    fn the_bot_as_a_whole_has_a_limit_of_which_interactions_are_free() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for channel in 0..50 {
            assert_eq!(pace.take(LIMITS, &(Bucket::Send, channel.to_string()), true, now), Ok(()));
        }
        let next = (Bucket::Send, "50".to_owned());
        assert_eq!(pace.take(LIMITS, &next, true, now), Err((SECOND, LimitScope::Global)));
        assert_eq!(pace.take(LIMITS, &(Bucket::Exempt, String::new()), true, now), Ok(()));
        assert_eq!(pace.take(LIMITS, &(Bucket::Webhook, "w".to_owned()), false, now), Ok(()));
        assert_eq!(pace.take(Limits::default(), &next, true, now), Ok(()));
    }

    #[test]
    fn invalid_requests_beyond_the_limit_ban_the_address_for_the_time_that_they_are_counted() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..3 {
            pace.invalid(LIMITS, now);
            assert_eq!(pace.banned(now), None);
        }
        pace.invalid(LIMITS, now);
        assert_eq!(pace.banned(now), Some(Duration::from_secs(600)));
        assert_eq!(pace.banned(now + Duration::from_secs(600)), None);
        pace.pardon();
        assert_eq!(pace.banned(now), None);
    }
}
