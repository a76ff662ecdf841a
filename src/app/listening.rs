//! The listening side of chat services: what people write and press comes in here, and its answers go out.
//!
//! A service has a listener of its own: that of Telegram in `telegram.rs`, that of Discord in `discord.rs`. It makes an [`Incoming`](crate::control::Incoming)
//! of whatever the service tells, hands it to a [`Control`](crate::control::Control), and gives that one the two traits through
//! which it reaches the service: [`Reply`](crate::control::Reply) (`answers.rs`, with `backlog.rs` and
//! `files.rs` for what waits) and
//! [`Administrators`](crate::control::Administrators) (`administrators.rs`). What a command means is in `control`, for all
//! services alike; what is sent without being asked for leaves by `deliver` and `notify`.
//!
//! `inbox.rs`, `queues.rs` and `jumps.rs` go by ids of updates that grow and are confirmed, as Telegram's do. A service that tells
//! each thing once needs none of the three.

mod administrators;
mod answers;
mod backlog;
mod common;
mod discord;
mod files;
mod first_invitation;
mod hearing;
mod inbox;
mod jumps;
mod queues;
mod telegram;
mod update;

pub(super) use administrators::TelegramAdministrators;
pub(super) use answers::Answers;
pub(super) use common::Common;
pub(super) use discord::DiscordListener;
pub(super) use hearing::Hearing;
pub(super) use telegram::{TelegramListener, introduce};

/// Asks Discord who we are, as [`introduce`] asks Telegram.
pub(super) use discord::introduce as introduce_to_discord;
