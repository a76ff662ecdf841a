//! The simulated outside world, for tests whose clock is tubebell's.

use std::sync::Arc;

use tubebell::model::Clock;
use tubebell_sim::Simulation;
use tubebell_sim::world::World;

/// Units a day that are enough to look every second: with those of a real day, titles come every eleven.
pub(crate) const UNITS: u64 = 10_000_000;

/// A world without anything in it, which goes by this clock.
pub(crate) fn simulation(clock: Clock) -> Simulation {
    let world = World::new(1, clock().timestamp());
    Simulation::new(world, Arc::new(move || clock().timestamp()))
}
