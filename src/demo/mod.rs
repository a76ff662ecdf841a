//! What stands in for the outside world when there is none: for `tubebell demo` and for all tests.
//!
//! These are HTTP servers on loopback, so the real clients talk to them; nothing in the pipeline knows of them.

pub mod replay;
mod run;
pub mod telegram;
pub mod world;
pub mod youtube;

pub use run::{Options, run};
