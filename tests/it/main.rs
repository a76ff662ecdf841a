//! All integration tests, in one binary.

mod architecture;
mod deliver;
mod gateway;
mod notifiers;
mod render;
mod youtube_sim;
mod source;
mod telegram_sandbox;
