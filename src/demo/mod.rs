//! `tubebell demo`: the simulated outside world and the real gateway side by side.

mod recording;
mod run;

pub(crate) use run::{Options, run};
