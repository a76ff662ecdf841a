//! One partition between the broker and the router: what was read, what is handed over, and from where it goes on.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::Snapshot;

/// What was handed over last.
#[derive(Debug)]
struct Handed {
    read: i64,
    end: i64,
    snapshots: Arc<Vec<(i64, Snapshot)>>,
}

/// A partition. All positions are offsets of the next record.
#[derive(Debug)]
pub(super) struct Partition {
    /// Where the store stands.
    stored: i64,
    /// Read from the broker and not handed over, each with the position after it.
    waiting: VecDeque<(i64, Snapshot)>,
    /// Behind all that was read.
    end: i64,
    handed: Option<Handed>,
}

impl Partition {
    /// A partition of which nothing was read yet.
    pub(super) const fn at(stored: i64) -> Partition {
        Partition { stored, waiting: VecDeque::new(), end: stored, handed: None }
    }

    /// From where the broker is asked.
    pub(super) const fn end(&self) -> i64 {
        self.end
    }

    /// Where the store stands, once what was handed over is routed.
    pub(super) const fn stored(&self) -> i64 {
        self.stored
    }

    /// How many snapshots wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is something to hand over.
    pub(super) const fn has_more(&self) -> bool {
        self.end != self.stored
    }

    /// A record was read; without a snapshot it is stepped over. One that was read before changes nothing.
    pub(super) fn push(&mut self, offset: i64, snapshot: Option<Snapshot>) {
        if offset < self.end {
            return;
        }
        self.end = offset + 1;
        self.waiting.extend(snapshot.map(|snapshot| (self.end, snapshot)));
    }

    /// Records before `first` are gone from the broker; returns how many were not read.
    pub(super) fn begins_at(&mut self, first: i64) -> u64 {
        let lost = u64::try_from(first - self.end).unwrap_or(0);
        self.end = self.end.max(first);
        lost
    }

    /// Forgets what was read: the broker is asked again from here on.
    pub(super) fn go_to(&mut self, stored: i64) {
        *self = Partition::at(stored);
    }

    /// The broker is asked from here on, though the store stands elsewhere.
    pub(super) fn rewind(&mut self, first: i64) {
        self.end = first;
    }

    /// What was handed over has been routed.
    pub(super) fn settle(&mut self) {
        if let Some(handed) = self.handed.take() {
            self.stored = handed.end;
        }
    }

    /// Hands over the next `limit` snapshots, with the positions before and behind them.
    pub(super) fn hand(&mut self, limit: usize) -> (i64, Arc<Vec<(i64, Snapshot)>>, i64) {
        self.settle();
        let snapshots: Vec<_> = self.waiting.drain(..limit.min(self.waiting.len())).collect();
        let end = match snapshots.last() {
            Some((after, _)) if !self.waiting.is_empty() => *after,
            _ => self.end,
        };
        let (read, snapshots) = (self.stored, Arc::new(snapshots));
        self.handed = Some(Handed { read, end, snapshots: Arc::clone(&snapshots) });
        (read, snapshots, end)
    }

    /// The store stands at `stored`, short of what was handed over. False: it stands somewhere else altogether.
    pub(super) fn take_back(&mut self, stored: i64) -> bool {
        let Some(handed) = self.handed.take() else { return self.stored == stored };
        if !(handed.read..=handed.end).contains(&stored) {
            return false;
        }
        let snapshots =
            Arc::try_unwrap(handed.snapshots).unwrap_or_else(|shared| (*shared).clone());
        let back = snapshots.into_iter().filter(|(after, _)| *after > stored);
        let mut waiting: VecDeque<_> = back.collect();
        waiting.append(&mut self.waiting);
        self.waiting = waiting;
        self.stored = stored;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Live, Status, UnixMillis};

    fn snapshot(at: i64) -> Snapshot {
        let at = UnixMillis(at);
        Snapshot {
            video_id: "dQw4w9WgXcQ".parse().unwrap(),
            observed_at: at,
            numbers_at: at,
            details_at: at,
            views: None,
            likes: None,
            comments: None,
            title: None,
            channel_id: None,
            channel_title: None,
            status: Status::Public,
            live: Live::None,
            published_at: None,
            duration: None,
            starts_at: None,
        }
    }

    fn offsets(snapshots: &[(i64, Snapshot)]) -> Vec<i64> {
        snapshots.iter().map(|(after, _)| after - 1).collect()
    }

    #[test]
    fn what_was_routed_in_part_is_handed_over_from_there() {
        let mut partition = Partition::at(10);
        [10, 12, 13].into_iter().for_each(|at| partition.push(at, Some(snapshot(at))));
        let (read, snapshots, end) = partition.hand(2);
        assert_eq!((read, offsets(&snapshots), end), (10, vec![10, 12], 13));
        drop(snapshots);
        assert!(partition.take_back(11));
        let (read, snapshots, end) = partition.hand(9);
        assert_eq!((read, offsets(&snapshots), end), (11, vec![12, 13], 14));
    }

    #[test]
    fn a_store_that_stands_elsewhere_is_obeyed() {
        let mut partition = Partition::at(10);
        partition.push(10, Some(snapshot(10)));
        drop(partition.hand(9));
        assert!(!partition.take_back(99));
        partition.go_to(99);
        assert_eq!((partition.end(), partition.has_more()), (99, false));
    }

    #[test]
    fn what_was_stepped_over_moves_the_position_and_what_is_gone_is_counted() {
        let mut partition = Partition::at(5);
        partition.push(5, None);
        assert!(partition.has_more());
        let (read, snapshots, end) = partition.hand(9);
        assert_eq!((read, snapshots.len(), end), (5, 0, 6));
        partition.settle();
        assert!(!partition.has_more());
        assert_eq!(partition.begins_at(9), 3);
        assert_eq!(partition.begins_at(9), 0);
        let (read, _, end) = partition.hand(9);
        assert_eq!((read, end), (6, 9));
    }

    proptest! {
        /// Whatever comes, is routed in part, fails or is read again: each snapshot is routed once, in order.
        #[test]
        fn every_snapshot_is_routed_once_and_in_order(
            gaps in prop::collection::vec((1_i64..4, any::<bool>()), 1..60),
            steps in prop::collection::vec((0_usize..9, 0_usize..5, 0_u8..6), 1..200),
        ) {
            let mut offset = 0;
            let log: Vec<(i64, bool)> = gaps.iter().map(|(gap, holds)| { offset += gap; (offset, *holds) }).collect();
            let (mut partition, mut store) = (Partition::at(0), 0);
            let mut routed = Vec::new();
            for (reads, limit, outcome) in steps {
                let from = partition.end();
                for (at, holds) in log.iter().filter(|(at, _)| *at >= from).take(reads) {
                    partition.push(*at, holds.then(|| snapshot(*at)));
                }
                if !partition.has_more() {
                    continue;
                }
                let (read, snapshots, end) = partition.hand(limit.max(1));
                prop_assert_eq!(read, store);
                // All of it is routed, some of it, or nothing.
                let done = match outcome {
                    0..=2 => snapshots.len(),
                    3 => snapshots.len() / 2,
                    _ => 0,
                };
                routed.extend(offsets(&snapshots[..done]));
                if done == snapshots.len() && outcome < 4 {
                    store = end;
                } else {
                    store = snapshots[..done].last().map_or(store, |(after, _)| *after);
                    drop(snapshots);
                    if outcome == 5 {
                        partition.go_to(store);
                    } else {
                        prop_assert!(partition.take_back(store));
                    }
                }
            }
            let expected: Vec<i64> = log.iter().filter(|(at, holds)| *holds && *at < store).map(|(at, _)| *at).collect();
            prop_assert_eq!(routed, expected);
        }
    }
}
