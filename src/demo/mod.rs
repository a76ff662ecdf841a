//! `tubebell demo`: the simulated outside world and the real gateway side by side.

mod recording;
mod run;
mod scene;
mod show;
mod stand_ins;

pub(crate) use run::{Options, run};
