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

pub use engine::{Budget, Routed, Router, Sight};
pub use scan::{Reading, Scan, Verdict};
pub use work::merge;
