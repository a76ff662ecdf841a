//! The contract of every notifier, and what each promises beyond it. Each talks to a server on loopback.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod contract;
mod discord;
mod discord_spec;
mod email;
mod files;
mod hostile;
mod pictures;
mod stub;
mod telegram;
pub(crate) mod telegram_spec;
mod webhook;
