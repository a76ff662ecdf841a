//! Stage 4: turns a snapshot into alerts. Pure: no I/O, no clock.
//!
//! [`language`] reads and prints rules, [`trigger`] says where a rule waits and what becomes of it when it is
//! crossed, [`Router`] takes a snapshot through `detect` and the triggers in its range at a
//! [`crate::model::RoutingTx`], inside one transaction of the store.

mod engine;
pub mod language;
mod scan;
pub mod trigger;
mod window;
mod work;

pub(crate) use engine::Sight;
pub use engine::{Budget, Router};
pub(crate) use scan::{Reading, Scan, Verdict};
