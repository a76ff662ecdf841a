//! All integration tests, in one binary.

mod architecture;
mod bodies;
mod bombs;
mod chat;
mod cli;
mod commands;
mod crash;
mod deliver;
mod discord;
mod discord_sim;
mod faults;
mod fuzz_corpus;
mod gateway;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod ksqldb;
mod laws;
mod metrics;
mod notifiers;
mod outside;
mod process;
#[cfg(feature = "kafka")]
mod real;
mod render;
mod rings_by_mail;
mod rings_on_discord;
mod schema_registry;
mod security;
mod soak;
mod source;
mod stage;
mod store;
mod story;
mod telegram_sandbox;
#[cfg(feature = "kafka")]
mod topic_id;
mod wait;
mod web;
mod youtube_sim;

/// Says that a test has checked less than it could. Written past the capture of the test runner, which would hide it.
fn skipped(reason: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "skipped: {reason}").expect("standard error is open");
}
