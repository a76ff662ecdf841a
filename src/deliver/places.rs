//! Who may have the requests that a channel has under way at once, where receivers are servers of others: a few that hang
//! must not hold them all.
//!
//! Pure bookkeeping. A lane (one URL) whose last attempt got no answer is *unproven*; so is one that was never tried, unless
//! its host answered last time. Any HTTP answer is one, also a refusal. Unproven lanes have one request under way each,
//! few per host and half of all places together. Beyond that a host may have as many places as are free, [`PER_FREE`] times:
//! one host gets three of four, the next three of four of the rest; the last ones are kept for hosts that have nothing under
//! way. (These are the dynamic thresholds that keep one queue of a switch from filling its memory: Choudhury and Hahne,
//! IEEE/ACM Transactions on Networking 6(2), 1998.)

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::notify::{SendError, host_of};
use crate::store::Places;

/// Requests of one channel under way at once: enough to fill two cores over loopback, few enough for any receiver.
pub const IN_FLIGHT_MAX: usize = 256;

/// Requests under way to unproven lanes of one host.
const UNPROVEN_PER_HOST: usize = 8;

/// The same of all hosts; the other places stay for lanes that answered last time.
const UNPROVEN_MAX: usize = IN_FLIGHT_MAX / 2;

/// How many places a host may have for each that is free.
const PER_FREE: usize = 3;

/// The last places, for hosts that answered last time and have nothing under way: one each.
const KEPT: usize = 32;

/// Lanes that are remembered, and so hosts. When there are more, those that were idle longest are forgotten: they count as
/// never tried.
const LANES_MAX: usize = 4_096;

/// Counts what is under way, by lanes and hosts.
#[derive(Debug, Default)]
pub(super) struct HostPlaces(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lanes: HashMap<String, Lane>,
    hosts: HashMap<Arc<str>, Host>,
    in_flight: usize,
    unproven: usize,
    /// What the claim under way has taken, by lane: given back if it comes to nothing.
    taken: Vec<(String, usize)>,
    /// Counts questions: who was asked about last is forgotten last.
    turn: u64,
}

#[derive(Debug)]
struct Lane {
    host: Arc<str>,
    in_flight: usize,
    /// Whether the last attempt got an answer; `None`: never tried.
    answered: Option<bool>,
    /// How what is under way counts.
    is_unproven: bool,
    turn: u64,
}

#[derive(Debug, Default)]
struct Host {
    in_flight: usize,
    /// Of those, to unproven lanes.
    unproven: usize,
    /// Whether the last attempt at any of its lanes got an answer.
    answered: bool,
    turn: u64,
}

/// Whether somebody at the other end has answered.
pub(super) const fn is_answer<T>(outcome: &Result<T, SendError>) -> bool {
    match outcome {
        Ok(_)
        | Err(
            SendError::Wait { .. }
            | SendError::Deferred { .. }
            // Nobody was asked, so nobody hangs.
            | SendError::Held { .. }
            | SendError::Transient(_)
            | SendError::Rejected(_)
            | SendError::Policy(_)
            | SendError::Barred(_)
            | SendError::Gone(_)
            | SendError::Moved(_)
            | SendError::Unauthorized(_),
        ) => true,
        Err(SendError::Unreachable(_) | SendError::NoConnection(_) | SendError::Ambiguous(_)) => {
            false
        }
    }
}

impl Places for HostPlaces {
    fn free(&self, lane: &str) -> usize {
        self.state().free(lane)
    }

    fn take(&self, lane: &str, count: usize) {
        if count > 0 {
            let mut state = self.state();
            state.shift(lane, |held| held + count);
            state.taken.push((lane.to_owned(), count));
        }
    }

    fn give_back(&self, lane: &str, count: usize) {
        let mut state = self.state();
        let taken = state.taken.iter_mut().rfind(|(key, _)| count > 0 && key == lane);
        if let Some((_, taken)) = taken {
            *taken = taken.saturating_sub(count);
            state.shift(lane, |held| held.saturating_sub(count));
        }
    }
}

impl HostPlaces {
    /// The claim stands, or it came to nothing: then what it took is free.
    pub(super) fn claimed(&self, stands: bool) {
        let mut state = self.state();
        for (lane, count) in std::mem::take(&mut state.taken) {
            if !stands {
                state.shift(&lane, |held| held.saturating_sub(count));
            }
        }
    }

    /// A request has ended: with an answer, without one, or (`None`) before it left.
    pub(super) fn ended(&self, lane: &str, answered: Option<bool>) {
        let mut state = self.state();
        state.shift(lane, |held| held.saturating_sub(1));
        if let Some(answered) = answered {
            state.learn(lane, answered);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn free(&mut self, key: &str) -> usize {
        self.know(key);
        let Some(lane) = self.lanes.get_mut(key) else { return 0 };
        let Some(host) = self.hosts.get_mut(&lane.host) else { return 0 };
        (lane.turn, host.turn) = (self.turn, self.turn);
        if lane.in_flight == 0 {
            lane.is_unproven = !lane.answered.unwrap_or(host.answered);
        }
        // Each place that the host takes leaves one less for it to have.
        let free = IN_FLIGHT_MAX.saturating_sub(self.in_flight);
        let of_host = (PER_FREE * free).saturating_sub(host.in_flight).div_ceil(PER_FREE + 1);
        if free <= KEPT {
            return usize::from(!lane.is_unproven && host.in_flight == 0 && free > 0);
        }
        if !lane.is_unproven {
            return of_host.min(free - KEPT);
        }
        of_host
            .min(1usize.saturating_sub(lane.in_flight))
            .min(UNPROVEN_PER_HOST.saturating_sub(host.unproven))
            .min(UNPROVEN_MAX.saturating_sub(self.unproven))
            .min(free - KEPT)
    }

    /// Makes sure that a lane and its host have rows.
    fn know(&mut self, key: &str) {
        self.turn += 1;
        if self.lanes.contains_key(key) {
            return;
        }
        if self.lanes.len() >= LANES_MAX {
            self.forget();
        }
        let host: Arc<str> = host_of(key).into();
        self.hosts.entry(Arc::clone(&host)).or_default();
        let lane = Lane { host, in_flight: 0, answered: None, is_unproven: true, turn: self.turn };
        self.lanes.insert(key.to_owned(), lane);
    }

    /// Forgets at least half of the lanes, but for those with something under way, and hosts alike.
    fn forget(&mut self) {
        let before = self.turn.saturating_sub(LANES_MAX as u64 / 2);
        self.lanes.retain(|_, lane| lane.in_flight > 0 || lane.turn > before);
        self.hosts.retain(|_, host| host.in_flight > 0 || host.turn > before);
        let hosts = &self.hosts;
        self.lanes.retain(|_, lane| hosts.contains_key(&lane.host));
    }

    /// Changes how many requests of a lane are under way.
    fn shift(&mut self, key: &str, change: impl FnOnce(usize) -> usize) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let Some(host) = self.hosts.get_mut(&lane.host) else { return };
        let held = lane.in_flight;
        lane.in_flight = change(held);
        let moved = |sum: usize| (sum + lane.in_flight).saturating_sub(held);
        (host.in_flight, self.in_flight) = (moved(host.in_flight), moved(self.in_flight));
        if lane.is_unproven {
            (host.unproven, self.unproven) = (moved(host.unproven), moved(self.unproven));
        }
    }

    /// Takes in whether an attempt got an answer; what else is under way there counts accordingly from now on.
    fn learn(&mut self, key: &str, answered: bool) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let Some(host) = self.hosts.get_mut(&lane.host) else { return };
        (lane.answered, host.answered) = (Some(answered), answered);
        let was_unproven = std::mem::replace(&mut lane.is_unproven, !answered);
        let held = lane.in_flight;
        if was_unproven && answered {
            host.unproven = host.unproven.saturating_sub(held);
            self.unproven = self.unproven.saturating_sub(held);
        } else if !was_unproven && !answered {
            host.unproven += held;
            self.unproven += held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str, path: usize) -> String {
        format!("webhook:https://{host}/{path}")
    }

    /// Takes all that a lane may have; returns how many.
    fn fill(places: &HostPlaces, lane: &str) -> usize {
        let free = places.free(lane).min(16);
        places.take(lane, free);
        places.claimed(true);
        free
    }

    /// One attempt that ends so.
    fn attempt(places: &HostPlaces, lane: &str, answered: bool) {
        places.take(lane, 1);
        places.claimed(true);
        places.ended(lane, Some(answered));
    }

    fn held(places: &HostPlaces) -> (usize, usize) {
        let state = places.state();
        (state.in_flight, state.unproven)
    }

    #[test]
    fn endpoints_of_one_host_that_never_answered_hold_eight_places() {
        let places = HostPlaces::default();
        let taken: usize = (0..600).map(|n| fill(&places, &url("bad.example", n))).sum();
        assert_eq!(taken, UNPROVEN_PER_HOST);
        assert_eq!(fill(&places, &url("good.example", 0)), 1);
    }

    #[test]
    fn hosts_that_never_answered_leave_half_of_all_places_to_lanes_that_answered_last_time() {
        let places = HostPlaces::default();
        let good = url("good.example", 0);
        places.free(&good);
        attempt(&places, &good, true);
        let taken: usize = (0..1000).map(|n| fill(&places, &url(&format!("{n}.example"), 0))).sum();
        assert_eq!(taken, UNPROVEN_MAX);
        assert_eq!(fill(&places, &good), 16);
    }

    #[test]
    fn one_host_that_answers_gets_most_places_and_leaves_some_to_each_further_one() {
        let places = HostPlaces::default();
        let mut of_host = Vec::new();
        for n in 0..40 {
            let host = format!("{n}.example");
            places.free(&url(&host, 0));
            attempt(&places, &url(&host, 0), true);
            of_host.push((0..64).map(|path| fill(&places, &url(&host, path))).sum::<usize>());
        }
        assert_eq!(of_host[..2], [192, 32]);
        // Five of them would have all places between them.
        assert_eq!(of_host[2..34], [1; 32]);
        assert_eq!(of_host[34..], [0; 6]);
        assert_eq!(held(&places), (IN_FLIGHT_MAX, 0));
    }

    #[test]
    fn a_lane_counts_by_its_last_attempt_and_a_new_one_by_its_host() {
        let places = HostPlaces::default();
        let (first, second) = (url("a.example", 1), url("a.example", 2));
        assert_eq!(places.free(&first), 1);
        attempt(&places, &first, true);
        assert_eq!((places.free(&first), places.free(&second)), (192, 192));
        attempt(&places, &second, false);
        // What hangs beside it takes nothing from a lane that answers.
        assert_eq!((places.free(&first), places.free(&second)), (192, 1));
        assert_eq!(places.free(&url("a.example", 3)), 1);
        attempt(&places, &second, true);
        assert_eq!(places.free(&second), 192);
    }

    #[test]
    fn what_is_under_way_counts_as_the_lane_does_now() {
        let places = HostPlaces::default();
        let lane = url("a.example", 1);
        places.free(&lane);
        attempt(&places, &lane, true);
        assert_eq!(fill(&places, &lane), 16);
        places.ended(&lane, Some(false));
        assert_eq!((held(&places), places.free(&lane)), ((15, 15), 0));
        places.ended(&lane, Some(true));
        assert_eq!(held(&places), (14, 0));
        (0..14).for_each(|_| places.ended(&lane, None));
        assert_eq!((held(&places), places.free(&lane)), ((0, 0), 192));
    }

    #[test]
    fn a_claim_that_fails_keeps_no_place() {
        let places = HostPlaces::default();
        let lane = url("a.example", 1);
        assert_eq!(places.free(&lane), 1);
        places.take(&lane, 1);
        assert_eq!(places.free(&lane), 0);
        places.claimed(false);
        assert_eq!((held(&places), places.free(&lane)), ((0, 0), 1));
    }

    #[test]
    fn what_a_claim_gives_back_is_free_whether_the_claim_stands_or_not() {
        for stands in [true, false] {
            let places = HostPlaces::default();
            let lane = url("a.example", 1);
            places.free(&lane);
            attempt(&places, &lane, true);
            places.take(&lane, 16);
            places.give_back(&lane, 10);
            assert_eq!(held(&places).0, 6);
            places.claimed(stands);
            assert_eq!(held(&places).0, if stands { 6 } else { 0 });
        }
    }

    #[test]
    fn however_a_host_is_written_it_is_one() {
        let places = HostPlaces::default();
        let spellings =
            ["EXAMPLE.com", "example.com.", "example.com:443", "u:p@example.com", "%65xample.com"];
        let taken: usize = (0..100).map(|n| fill(&places, &url(spellings[n % 5], n))).sum();
        assert_eq!(taken, UNPROVEN_PER_HOST);
        assert_eq!(fill(&places, &url("example.com:8443", 0)), 1, "another port is another server");
    }

    #[test]
    fn the_number_of_lanes_and_hosts_is_bounded_and_what_is_under_way_is_not_forgotten() {
        let places = HostPlaces::default();
        assert_eq!(fill(&places, &url("hangs.example", 0)), 1);
        for n in 0..LANES_MAX + 50 {
            places.free(&url(&format!("{n}.example"), 0));
        }
        assert!(places.state().lanes.len() <= LANES_MAX && places.state().hosts.len() <= LANES_MAX);
        assert_eq!(places.free(&url("hangs.example", 0)), 0);
    }
}
