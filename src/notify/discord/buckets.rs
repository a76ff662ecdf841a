//! What Discord says about its limits, obeyed before it has to refuse. Pure: the caller passes `now`.
//!
//! Requests that differ in ids alone share a *bucket* for each channel or webhook. Each answer says what the bucket is
//! called, how many more requests it takes, and when it is full again; limits differ and change, so none stands here.
//! Source: <https://docs.discord.com/developers/topics/rate-limits> (read 2026-11).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// Buckets that are remembered; those that are full again are forgotten when there are more.
const BUCKETS_MAX: usize = 4_096;

/// Longest name of a bucket, in bytes. Discord's have 32.
const NAME_MAX_BYTES: usize = 64;

/// The longest wait that is remembered here. A longer one is obeyed by whoever was asked to wait.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// Requests that differ in ids alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Route {
    /// A new message.
    Send,
    /// Another text in its place.
    Edit,
    /// The conversation with a person.
    Converse,
    /// Who we are.
    WhoAmI,
    /// Answers to an interaction: of the limit of all requests, they are exempt.
    Answer,
    /// The commands of our application.
    Commands,
    /// Where the gateway is.
    Gateway,
}

impl Route {
    /// What its bucket is called until an answer says so.
    const fn name(self) -> &'static str {
        match self {
            Route::Send => "send",
            Route::Edit => "edit",
            Route::Converse => "converse",
            Route::WhoAmI => "who-am-i",
            Route::Answer => "answer",
            Route::Commands => "commands",
            Route::Gateway => "gateway",
        }
    }
}

/// What one answer says about limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Limits {
    /// What the bucket is called.
    name: Option<Arc<str>>,
    /// How many more requests it takes.
    left: Option<u32>,
    /// After what time it is full again.
    full_after: Option<Duration>,
    /// A refusal is of all requests, not of this bucket.
    pub(super) is_global: bool,
    /// A refusal is of a limit that others share, who may have used it up.
    pub(super) is_shared: bool,
}

impl Limits {
    /// Reads the headers of an answer. What can't be read counts as not said.
    pub(super) fn read(headers: &HeaderMap) -> Limits {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let name = text("x-ratelimit-bucket").filter(|name| name.len() <= NAME_MAX_BYTES);
        let full_after = text("x-ratelimit-reset-after").and_then(|text| text.parse().ok());
        Limits {
            name: name.map(Arc::from),
            left: text("x-ratelimit-remaining").and_then(|text| text.parse().ok()),
            full_after: full_after.and_then(seconds),
            is_global: text("x-ratelimit-global").is_some_and(|text| text == "true"),
            is_shared: text("x-ratelimit-scope").is_some_and(|text| text == "shared"),
        }
    }
}

/// So many seconds, if that is a length of time.
pub(super) fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// The buckets of one client.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    /// What the bucket of a route is called for a channel or webhook, where an answer has said it.
    names: HashMap<(Route, u64), Arc<str>>,
    /// By name, and by the channel or webhook that it is of.
    buckets: HashMap<(Arc<str>, u64), Bucket>,
    /// Until then nothing may be asked at all.
    held_until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: u32,
    full_at: Instant,
}

impl Buckets {
    /// Takes one request of a bucket.
    ///
    /// # Errors
    ///
    /// It is empty: how long to wait.
    pub(super) fn take(&mut self, route: Route, of: u64, now: Instant) -> Result<(), Duration> {
        let held = self.held_until.filter(|until| *until > now && route != Route::Answer);
        if let Some(until) = held {
            return Err(until.saturating_duration_since(now));
        }
        let key = self.key(route, of);
        match self.buckets.get_mut(&key).filter(|bucket| bucket.full_at > now) {
            Some(Bucket { left: 0, full_at }) => Err(full_at.saturating_duration_since(now)),
            Some(bucket) => {
                bucket.left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// How long nothing can be taken of a bucket.
    pub(super) fn rest(&self, route: Route, of: u64, now: Instant) -> Duration {
        let bucket = self.buckets.get(&self.key(route, of)).filter(|bucket| bucket.left == 0);
        let until = bucket.map(|bucket| bucket.full_at).max(self.held_until);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Takes in what an answer said.
    pub(super) fn learn(&mut self, route: Route, of: u64, limits: &Limits, now: Instant) {
        if let Some(name) = &limits.name {
            self.call(route, of, name);
        }
        if let (Some(left), Some(full_after)) = (limits.left, limits.full_after) {
            let full_at = now + full_after.min(WAIT_MAX);
            self.put(self.key(route, of), Bucket { left, full_at }, now);
        }
    }

    /// A request was refused: the bucket is empty for so long.
    pub(super) fn hold(&mut self, route: Route, of: u64, wait: Duration, now: Instant) {
        let full_at = now + wait.min(WAIT_MAX);
        self.put(self.key(route, of), Bucket { left: 0, full_at }, now);
    }

    /// A request was refused, and all others would be: nothing is asked for so long.
    pub(super) fn hold_all(&mut self, wait: Duration, now: Instant) {
        let until = now + wait.min(WAIT_MAX);
        self.held_until = Some(self.held_until.map_or(until, |held| held.max(until)));
    }

    /// The bucket has this name from now on; what was known of it stays.
    fn call(&mut self, route: Route, of: u64, name: &Arc<str>) {
        let before = self.key(route, of);
        if before.0 == *name {
            return;
        }
        if self.names.len() >= BUCKETS_MAX {
            let buckets = &self.buckets;
            self.names.retain(|(_, of), name| buckets.contains_key(&(Arc::clone(name), *of)));
        }
        if self.names.len() >= BUCKETS_MAX {
            return;
        }
        self.names.insert((route, of), Arc::clone(name));
        if let Some(known) = self.buckets.get(&before).copied() {
            self.buckets.entry((Arc::clone(name), of)).or_insert(known);
        }
    }

    fn key(&self, route: Route, of: u64) -> (Arc<str>, u64) {
        let name = self.names.get(&(route, of));
        (name.map_or_else(|| Arc::from(route.name()), Arc::clone), of)
    }

    fn put(&mut self, key: (Arc<str>, u64), bucket: Bucket, now: Instant) {
        let Bucket { left, full_at } = bucket;
        if let Some(known) = self.buckets.get_mut(&key).filter(|known| known.full_at > now) {
            // Answers overtake each other, and the server has not seen yet what is under way.
            known.left = known.left.min(left);
            known.full_at = known.full_at.max(full_at);
            return;
        }
        if self.buckets.len() >= BUCKETS_MAX {
            self.buckets.retain(|_, bucket| bucket.full_at > now);
        }
        if self.buckets.len() < BUCKETS_MAX {
            self.buckets.insert(key, bucket);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn limits(rows: &[(&'static str, &str)]) -> Limits {
        let row = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        Limits::read(&rows.iter().map(row).collect())
    }

    fn told(name: &str, left: u32, full_after: &str) -> Limits {
        limits(&[
            ("x-ratelimit-bucket", name),
            ("x-ratelimit-remaining", &left.to_string()),
            ("x-ratelimit-reset-after", full_after),
        ])
    }

    #[test]
    fn an_empty_bucket_holds_its_channel_alone_until_it_is_full() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        assert_eq!(buckets.take(Route::Send, 5, now), Ok(()));
        buckets.learn(Route::Send, 5, &told("abcd", 1, "4.5"), now);
        assert_eq!(buckets.take(Route::Send, 5, now + ms(500)), Ok(()));
        assert_eq!(buckets.take(Route::Send, 5, now + ms(500)), Err(ms(4_000)));
        assert_eq!(buckets.take(Route::Send, 6, now + ms(500)), Ok(()), "another channel");
        assert_eq!(buckets.take(Route::Edit, 5, now + ms(500)), Ok(()), "another bucket");
        assert_eq!(buckets.take(Route::Send, 5, now + ms(4_500)), Ok(()));
    }

    #[test]
    fn an_empty_bucket_rests_until_it_is_full_and_all_do_while_all_are_held() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        buckets.learn(Route::Send, 1, &told("a", 1, "5"), now);
        assert_eq!(buckets.rest(Route::Send, 1, now), Duration::ZERO);
        buckets.take(Route::Send, 1, now).unwrap();
        assert_eq!(buckets.rest(Route::Send, 1, now + ms(1_000)), ms(4_000));
        assert_eq!(buckets.rest(Route::Send, 2, now), Duration::ZERO);
        assert_eq!(buckets.rest(Route::Send, 1, now + ms(6_000)), Duration::ZERO);
        buckets.hold_all(ms(9_000), now);
        assert_eq!(buckets.rest(Route::Send, 2, now), ms(9_000));
    }

    #[test]
    fn routes_of_one_bucket_empty_it_together() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        buckets.learn(Route::Send, 5, &told("abcd", 1, "2"), now);
        buckets.learn(Route::Edit, 5, &told("abcd", 1, "2"), now);
        assert_eq!(buckets.take(Route::Edit, 5, now), Ok(()));
        assert_eq!(buckets.take(Route::Send, 5, now), Err(ms(2_000)));
    }

    #[test]
    fn what_is_known_of_a_bucket_outlives_its_name_and_those_of_others() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        buckets.hold(Route::Send, 5, ms(600), now);
        buckets.learn(Route::Send, 6, &told("abcd", 4, "5"), now);
        assert_eq!(buckets.take(Route::Send, 5, now), Err(ms(600)), "another has a name now");
        buckets.learn(Route::Send, 7, &told("abcd", 0, "5"), now);
        buckets.learn(Route::Send, 6, &told("efgh", 4, "5"), now);
        assert_eq!(buckets.take(Route::Send, 7, now), Err(ms(5_000)), "another has another name");
        buckets.learn(Route::Send, 5, &limits(&[("x-ratelimit-bucket", "abcd")]), now);
        assert_eq!(buckets.take(Route::Send, 5, now), Err(ms(600)), "it has a name itself");
    }

    #[test]
    fn an_answer_that_was_overtaken_gives_nothing_back() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        buckets.learn(Route::Send, 5, &told("abcd", 0, "2"), now);
        buckets.learn(Route::Send, 5, &told("abcd", 3, "1"), now);
        assert_eq!(buckets.take(Route::Send, 5, now), Err(ms(2_000)));
    }

    #[test]
    fn a_wait_for_all_holds_all_and_the_longest_one_wins() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        buckets.hold_all(ms(9_000), now);
        buckets.hold_all(ms(1_000), now);
        assert_eq!(buckets.take(Route::WhoAmI, 0, now + ms(2_000)), Err(ms(7_000)));
        assert_eq!(buckets.take(Route::Send, 7, now + ms(9_000)), Ok(()));
        buckets.hold(Route::Send, 7, Duration::MAX, now);
        assert_eq!(buckets.take(Route::Send, 7, now + ms(9_000)), Err(WAIT_MAX - ms(9_000)));
    }

    #[test]
    fn headers_that_make_no_sense_say_nothing() {
        for (left, full_after) in
            [("", ""), ("-1", "1"), ("x", "1"), ("1", "soon"), ("1", "-1"), ("1", "NaN")]
        {
            let limits =
                limits(&[("x-ratelimit-remaining", left), ("x-ratelimit-reset-after", full_after)]);
            let mut buckets = Buckets::default();
            buckets.learn(Route::Send, 5, &limits, Instant::now());
            assert!(buckets.buckets.is_empty(), "{left} {full_after}");
        }
        let long = "a".repeat(NAME_MAX_BYTES + 1);
        assert_eq!(limits(&[("x-ratelimit-bucket", &long)]), Limits::default());
        let said = limits(&[("x-ratelimit-global", "true"), ("x-ratelimit-scope", "shared")]);
        assert!(said.is_global && said.is_shared);
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let (mut buckets, now) = (Buckets::default(), Instant::now());
        for channel in 0..BUCKETS_MAX as u64 + 50 {
            buckets.hold(Route::Send, channel, ms(1_000), now);
        }
        assert_eq!(buckets.buckets.len(), BUCKETS_MAX);
        buckets.hold(Route::Send, 9_999, ms(1_000), now + ms(1_000));
        assert_eq!(buckets.buckets.len(), 1, "those that are full again were forgotten");
    }

    proptest! {
        #[test]
        fn no_bucket_gives_more_than_it_was_said_to_have(left in 0u32..9, asked in 0u32..20) {
            let (mut buckets, now) = (Buckets::default(), Instant::now());
            buckets.learn(Route::Send, 5, &told("abcd", left, "60"), now);
            let given = (0..asked).filter(|_| buckets.take(Route::Send, 5, now).is_ok()).count();
            prop_assert_eq!(given, asked.min(left) as usize);
        }
    }
}
