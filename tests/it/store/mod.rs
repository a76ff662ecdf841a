//! What tubebell remembers, seen through the seam. `suite` tells whether a store is right; each engine has a folder with
//! what the suite asks of it ([`inspect::Inspect`]), the suite itself, and what is about that engine alone.
//!
//! A further engine is one more line here, and its folder.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod hands;
mod inspect;
mod sqlite;

pub(crate) use hands::{replay_all, watch_of};
pub(crate) use sqlite::check_sums;
