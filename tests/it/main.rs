//! All integration tests, in one binary.

mod architecture;
mod chat;
mod cli;
mod commands;
mod deliver;
mod gateway;
mod notifiers;
mod render;
mod source;
mod story;
mod telegram_sandbox;
mod youtube_sim;
