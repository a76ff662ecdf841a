//! All integration tests, in one binary.

mod architecture;
mod chat;
mod cli;
mod commands;
mod deliver;
mod gateway;
mod notifiers;
mod process;
mod render;
mod source;
mod store;
mod story;
mod telegram_sandbox;
mod youtube_sim;
