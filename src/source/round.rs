//! Which videos go into which request of one round of polling.
//!
//! Pure. A request costs one unit for 1 video as for 50. So the last batch of a round is filled up with videos that
//! are due soon (within a quarter of their own wait): what is read now for nothing needs no request later.

use std::collections::HashSet;

use super::budget::PER_CALL_MAX;
use super::memory::{Ask, Memory};
use super::schedule::{EARLY_PARTS, Plan};
use crate::model::{UnixMillis, VideoId};

/// The requests of one round, each at most 50 ids. No video is in two of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Round {
    /// For `videos.list`.
    pub details: Vec<Vec<VideoId>>,
    /// For `videos:batchGetStats`.
    pub stats: Vec<Vec<VideoId>>,
}

/// Puts due videos into batches: new ones first, then the longest overdue.
///
/// `videos`: those with `next_poll` up to `now` and [`super::Plan::look_ahead`] later, in any order. `details_calls`
/// and `stats_calls`: how many requests each bucket allows now ([`super::Quota::allowance`]). What finds no place
/// stays due. A video whose details find no place gets at least its numbers.
#[must_use]
pub(crate) fn next_round(
    videos: &[(VideoId, &Memory)],
    plan: &Plan,
    details_calls: u32,
    stats_calls: u32,
    now: UnixMillis,
) -> Round {
    let mut sorted: Vec<&(VideoId, &Memory)> = videos.iter().collect();
    // A video that nobody has looked at yet comes before the hundredth look at another.
    sorted.sort_by_key(|(id, memory)| (!memory.is_new(), memory.next_poll(), *id));
    let mut once: HashSet<VideoId> = HashSet::new();
    sorted.retain(|(id, _)| once.insert(*id));
    let mut taken: HashSet<VideoId> = HashSet::new();

    let is_due = |memory: &Memory| memory.next_poll() <= now;
    let is_soon = |memory: &Memory| {
        memory.next_poll() <= now.plus(memory.interval() / EARLY_PARTS)
            && now.since(memory.polled_at()) >= plan.intervals().min_interval
    };
    let pick =
        |calls: u32, taken: &mut HashSet<VideoId>, fits: &dyn Fn(&Memory, UnixMillis) -> bool| {
            let open = || sorted.iter().filter(|(id, _)| !taken.contains(id));
            let due = open().filter(|(_, m)| is_due(m) && fits(m, now));
            // Early ones look at the clock as it will be when their turn comes.
            let early = open().filter(|(_, m)| !is_due(m) && is_soon(m) && fits(m, m.next_poll()));
            let calls = usize::try_from(calls).unwrap_or(usize::MAX);
            let wanted = due.clone().count().div_ceil(PER_CALL_MAX).min(calls);
            let room = wanted.saturating_mul(PER_CALL_MAX);
            let ids: Vec<VideoId> = due.chain(early).take(room).map(|(id, _)| *id).collect();
            taken.extend(&ids);
            ids.chunks(PER_CALL_MAX).map(<[VideoId]>::to_vec).collect::<Vec<_>>()
        };
    let details = pick(details_calls, &mut taken, &|memory, at| memory.ask(at) == Ask::Details);
    let stats = pick(stats_calls, &mut taken, &|memory, _| memory.can_do_with_stats());
    Round { details, stats }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::answer::Details;
    use super::super::budget::{Bucket, Spender, UnitBudget};
    use super::super::quota::{Quota, QuotaState};
    use super::super::schedule::{Intervals, Lists};
    use super::*;
    use crate::model::{Counts, Live, Status};

    const INTERVALS: Intervals = Intervals {
        min_interval: Duration::from_secs(60),
        max_interval: Duration::from_secs(3600),
    };
    /// Midnight in California.
    const MIDNIGHT: UnixMillis = UnixMillis(1_795_334_400_000);

    fn id(n: usize) -> VideoId {
        format!("{n:011}").parse().unwrap()
    }

    fn told(id: VideoId, views: i64) -> Details {
        Details {
            id,
            title: "T".into(),
            channel_id: None,
            channel_title: None,
            status: Status::Public,
            live: Live::None,
            published_at: None,
            duration: None,
            starts_at: None,
            counts: Counts { views: Some(views), ..Counts::default() },
        }
    }

    /// A video last looked at `ago_s` ago, with a wait of `wait_s`; its details are due in an hour.
    fn waiting(n: usize, now: UnixMillis, ago_s: u64, wait_s: u64) -> Memory {
        let polled_at = now.minus(Duration::from_secs(ago_s));
        let next_poll = polled_at.plus(Duration::from_secs(wait_s));
        let details_due = now.plus(Duration::from_secs(3600));
        Memory::seen_once(told(id(n), 1).snapshot(polled_at), polled_at, next_poll, details_due)
    }

    fn plan() -> Plan {
        Plan::new(INTERVALS, 100, Lists::default(), UnitBudget::of_a_day(10_000, false))
    }

    fn sizes(batches: &[Vec<VideoId>]) -> Vec<usize> {
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn nothing_due_costs_nothing() {
        let soon = waiting(1, MIDNIGHT, 59, 60);
        assert_eq!(next_round(&[(id(1), &soon)], &plan(), 9, 9, MIDNIGHT), Round::default());
    }

    #[test]
    fn the_last_batch_is_filled_with_what_is_due_soon() {
        let due = waiting(1, MIDNIGHT, 600, 600);
        let soon = waiting(2, MIDNIGHT, 500, 600);
        let later = waiting(3, MIDNIGHT, 100, 600);
        let fresh = waiting(4, MIDNIGHT, 59, 60);
        let videos = [(id(1), &due), (id(2), &soon), (id(3), &later), (id(4), &fresh)];
        let round = next_round(&videos, &plan(), 9, 9, MIDNIGHT);
        assert_eq!(round.stats, vec![vec![id(1), id(2)]]);
        assert!(round.details.is_empty());
    }

    #[test]
    fn new_videos_go_to_details_and_wait_when_there_are_no_units() {
        let new = Memory::default();
        let videos: Vec<_> = (0..70).map(|n| (id(n), &new)).collect();
        let round = next_round(&videos, &plan(), 9, 9, MIDNIGHT);
        assert_eq!((sizes(&round.details), sizes(&round.stats)), (vec![50, 20], vec![]));
        let round = next_round(&videos, &plan(), 1, 9, MIDNIGHT);
        assert_eq!((sizes(&round.details), sizes(&round.stats)), (vec![50], vec![]));
    }

    #[test]
    fn a_new_video_is_looked_at_before_those_that_are_overdue() {
        let told = told(id(1), 1).snapshot(MIDNIGHT);
        let stale = Memory::seen_once(told, MIDNIGHT, UnixMillis(-1), MIDNIGHT);
        let new = Memory::default().due_at(MIDNIGHT);
        let mut videos: Vec<_> = (0..60).map(|n| (id(n), &stale)).collect();
        videos.push((id(99), &new));
        let round = next_round(&videos, &plan(), 1, 0, MIDNIGHT);
        assert!(round.details[0].contains(&id(99)));
    }

    #[test]
    fn a_video_without_units_for_its_details_gets_its_numbers() {
        let told = told(id(1), 1).snapshot(MIDNIGHT);
        let stale = Memory::seen_once(told, MIDNIGHT, MIDNIGHT, MIDNIGHT);
        let videos = [(id(1), &stale)];
        assert_eq!(next_round(&videos, &plan(), 1, 1, MIDNIGHT).details, vec![vec![id(1)]]);
        let round = next_round(&videos, &plan(), 0, 1, MIDNIGHT);
        assert_eq!((round.details, round.stats), (vec![], vec![vec![id(1)]]));
    }

    #[test]
    fn videos_that_were_added_at_odd_moments_come_to_share_their_requests() {
        let mut quota = Quota::new(10_000, QuotaState::default());
        let mut videos: Vec<(VideoId, Memory)> = Vec::new();
        let mut calls = 0;
        // Fifty busy videos arrive seven seconds apart; a round is held as soon as one of them is due.
        for second in 0u64..7_200 {
            let now = MIDNIGHT.plus(Duration::from_secs(second));
            let plan = Plan::new(INTERVALS, 50, Lists::default(), quota.budget(now));
            if second % 7 == 0 && videos.len() < 50 {
                videos.push((id(videos.len()), Memory::default()));
            }
            let rows: Vec<_> = videos.iter().map(|(id, memory)| (*id, memory)).collect();
            let round = next_round(&rows, &plan, 9, 9, now);
            for (bucket, batch) in round
                .details
                .iter()
                .map(|batch| (Bucket::General, batch))
                .chain(round.stats.iter().map(|batch| (Bucket::Stats, batch)))
            {
                quota.try_spend(bucket, Spender::Polling, now).unwrap();
                calls += u32::from(second >= 3_600);
                for id in batch {
                    let n: usize = id.as_str().parse().unwrap();
                    let told = told(*id, i64::try_from(second).unwrap() * 100);
                    let memory = std::mem::take(&mut videos[n].1);
                    videos[n].1 = memory.details(&told, now, &plan).0;
                }
            }
        }
        assert!(calls <= 60, "one request a minute for all fifty, not {calls} an hour");
    }

    /// Polls `count` videos for a day, each growing by its own number of views a minute, from an empty start.
    fn a_day(count: usize, daily_units: u32, growth: &[i64]) -> (Quota, HashMap<VideoId, u32>) {
        let mut quota = Quota::new(daily_units, QuotaState::default());
        let mut videos: Vec<(VideoId, Memory)> =
            (0..count).map(|n| (id(n), Memory::default())).collect();
        let mut looks: HashMap<VideoId, u32> = HashMap::new();
        for minute in 0..1_440i64 {
            let now = UnixMillis(MIDNIGHT.0 + minute * 60_000);
            let plan = Plan::new(INTERVALS, count, Lists::default(), quota.budget(now));
            let rows: Vec<_> = videos.iter().map(|(id, memory)| (*id, memory)).collect();
            let general = quota.allowance(Bucket::General, Spender::Polling, now);
            let stats = quota.allowance(Bucket::Stats, Spender::Polling, now);
            let round = next_round(&rows, &plan, general, stats, now);
            let calls = [(Bucket::General, &round.details), (Bucket::Stats, &round.stats)];
            for (bucket, batches) in calls {
                for batch in batches {
                    assert!((1..=50).contains(&batch.len()));
                    quota
                        .try_spend(bucket, Spender::Polling, now)
                        .expect("the allowance is part of the budget");
                    for id in batch {
                        *looks.entry(*id).or_default() += 1;
                        let n: usize = id.as_str().parse().unwrap();
                        let told = told(*id, 1_000 + minute * growth[n % growth.len()]);
                        let memory = std::mem::take(&mut videos[n].1);
                        videos[n].1 = match bucket {
                            Bucket::General => memory.details(&told, now, &plan).0,
                            Bucket::Stats => memory.numbers(told.counts, now, &plan).0,
                        };
                    }
                }
            }
        }
        (quota, looks)
    }

    #[test]
    fn a_day_of_many_busy_videos_lasts_until_midnight_and_starves_nobody() {
        let (quota, looks) = a_day(2_000, 1_000, &[0, 100]);
        let evening = MIDNIGHT.plus(Duration::from_secs(86_399));
        assert!(quota.spent(Bucket::Stats, evening) <= 1_000);
        assert!(quota.remaining(Bucket::General, evening) >= 200, "people can still ask");
        let least = (0..2_000).map(|n| looks[&id(n)]).min().unwrap();
        assert!(least >= 10, "the quietest was looked at {least} times");
    }

    #[test]
    fn few_videos_are_looked_at_as_often_as_they_may() {
        let (quota, looks) = a_day(20, 10_000, &[1_000]);
        let evening = MIDNIGHT.plus(Duration::from_secs(86_399));
        assert!(looks.values().all(|n| *n >= 700), "{looks:?}");
        assert!(quota.spent(Bucket::Stats, evening) < 1_440);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn no_mix_of_videos_spends_more_than_the_day_has(
            count in 1usize..300, daily in 1u32..400, growth in prop::collection::vec(0i64..500, 1..6),
        ) {
            let (quota, looks) = a_day(count, daily, &growth);
            let evening = MIDNIGHT.plus(Duration::from_secs(86_399));
            prop_assert!(quota.spent(Bucket::Stats, evening) <= daily);
            prop_assert!(quota.spent(Bucket::General, evening) <= Bucket::General.polling_units(daily));
            if usize::try_from(daily).unwrap() > 4 * count.div_ceil(50) {
                prop_assert_eq!(looks.len(), count, "everyone is seen");
            }
        }

        #[test]
        fn no_video_is_in_two_requests(
            ages in prop::collection::vec((0u64..4_000, 60u64..3_600), 0..130), general in 0u32..4, stats in 0u32..4,
        ) {
            let memories: Vec<_> =
                ages.iter().enumerate().map(|(n, (ago, wait))| waiting(n, MIDNIGHT, *ago, *wait)).collect();
            let videos: Vec<_> = memories.iter().enumerate().map(|(n, m)| (id(n), m)).collect();
            let round = next_round(&videos, &plan(), general, stats, MIDNIGHT);
            prop_assert!(round.details.len() <= 3 && round.stats.len() <= 3);
            let all: Vec<_> = round.details.iter().chain(&round.stats).flatten().collect();
            let distinct: std::collections::HashSet<_> = all.iter().collect();
            prop_assert_eq!(all.len(), distinct.len());
        }
    }
}
