//! The files of `ksql/` and what applies them, against a stand-in that is as strict as the real ksqlDB, and against that.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy takes for other code")]

mod applying;
mod files;
mod killed;
mod ledger;
mod real;
mod refused;
mod rig;
mod waiting;
