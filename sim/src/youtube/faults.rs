//! What can go wrong on purpose.

use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;

use super::bucket::Bucket;
use super::request::Endpoint;
use crate::plan::Plan;

/// How YouTube says that a daily bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaShape {
    /// 403 `quotaExceeded`, domain `youtube.quota`.
    Classic,
    /// 429 `rateLimitExceeded`, `RESOURCE_EXHAUSTED`, with `quota_unit` `1/d/{project}` in the details.
    Granular,
}

/// The rule of one daily bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketRule {
    /// Units for a day.
    pub units: u64,
    /// What is said when they are used up.
    pub shape: QuotaShape,
}

/// One thing that goes wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The daily bucket is empty, whatever was used.
    QuotaUsedUp(QuotaShape),
    /// 429 with `quota_unit` `1/min/{project}`.
    TooFast,
    /// 400 `API_KEY_INVALID`, not charged.
    BadKey,
    /// 403 `accessNotConfigured`, not charged.
    NotEnabled,
    /// This status, with the body of 500 `internalError` or 503 `backendError`; on feeds a page of HTML.
    Server(u16),
    /// The connection breaks in the middle of the body.
    CutShort,
    /// A complete answer that holds the first half of the body.
    HalfBody,
    /// 200 with a page of HTML, as a captive portal sends it.
    NotJson,
    /// Well-formed, but with the wrong types everywhere.
    WrongShape,
    /// The body begins as it should and goes on for so many bytes.
    Huge(u64),
    /// Never answers.
    Hang,
    /// Answers correctly after so long.
    Slow(Duration),
}

/// What goes wrong, and the choices where real YouTube may do either. The default is a good day.
#[derive(Debug, Clone)]
pub struct Faults {
    /// The bucket of everything but `batchGetStats`.
    pub default_bucket: BucketRule,
    /// The bucket of `batchGetStats`. How it says that it is empty is not documented.
    pub batch_stats_bucket: BucketRule,
    /// Requests in a minute of the clock, over all buckets.
    pub per_minute: Option<u64>,
    /// The only key that is taken; `None` takes any.
    pub api_key: Option<String>,
    /// Whether `batchGetStats` adds what is documented but not in the discovery document: `summary`, `durationMillis`.
    pub summary: bool,
    /// Whether a broadcast that is over says `none` instead of `completed`; its `actualEndTime` stands either way.
    pub completed_says_none: bool,
    /// Whether items come in another order than asked.
    pub shuffle: bool,
    /// Of 100 requests for a feed, how many fail with 404 or 500 by turns of chance.
    pub feed_fails_percent: u8,
    /// By endpoint; `None`: any.
    plan: Plan<Option<Endpoint>, Fault>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            default_bucket: BucketRule { units: 10_000, shape: QuotaShape::Classic },
            batch_stats_bucket: BucketRule { units: 10_000, shape: QuotaShape::Granular },
            per_minute: None,
            api_key: None,
            summary: true,
            completed_says_none: false,
            shuffle: false,
            feed_fails_percent: 0,
            plan: Plan::default(),
        }
    }
}

impl Faults {
    /// Lets the next `times` requests for `endpoint` fail, or all of them until [`Faults::heal`]; without an endpoint
    /// those for any. Faults that wait for the same request come one after the other.
    pub fn plan(
        &mut self,
        endpoint: impl Into<Option<Endpoint>>,
        fault: Fault,
        times: impl Into<Option<u32>>,
    ) {
        self.plan.add(endpoint.into(), fault, times.into());
    }

    /// Drops the planned faults; the other choices stay.
    pub fn heal(&mut self) {
        self.plan.clear();
    }

    /// The rule of a bucket.
    #[must_use]
    pub const fn rule(&self, bucket: Bucket) -> BucketRule {
        match bucket {
            Bucket::Default => self.default_bucket,
            Bucket::BatchStats => self.batch_stats_bucket,
        }
    }

    /// The fault of this request.
    pub(super) fn draw(&mut self, endpoint: Endpoint) -> Option<Fault> {
        self.plan.draw(|scope| scope.is_none_or(|wanted| wanted == endpoint))
    }

    /// The status with which this feed fails.
    pub(super) fn draw_feed_failure(&self, rng: &mut SmallRng) -> Option<u16> {
        let fails = rng.random_ratio(u32::from(self.feed_fails_percent.min(100)), 100);
        fails.then(|| if rng.random() { 404 } else { 500 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_faults_come_one_after_the_other_and_end() {
        let mut faults = Faults::default();
        faults.plan(None, Fault::Server(503), 2);
        faults.plan(Endpoint::Videos, Fault::TooFast, 1);
        let drawn: Vec<_> = (0..4).map(|_| faults.draw(Endpoint::Videos)).collect();
        let server = Some(Fault::Server(503));
        assert_eq!(drawn, [server, server, Some(Fault::TooFast), None]);
    }

    #[test]
    fn a_fault_of_one_endpoint_leaves_the_others_alone() {
        let mut faults = Faults::default();
        faults.plan(Endpoint::Channels, Fault::Hang, None);
        assert_eq!(faults.draw(Endpoint::Videos), None);
        assert_eq!(faults.draw(Endpoint::Channels), Some(Fault::Hang));
        assert_eq!(faults.draw(Endpoint::Channels), Some(Fault::Hang));
        faults.heal();
        assert_eq!(faults.draw(Endpoint::Channels), None);
    }
}
