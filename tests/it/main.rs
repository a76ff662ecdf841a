//! All integration tests, in one binary.

mod architecture;
mod deliver;
mod gateway;
mod notifiers;
mod render;
mod source;
mod store;
mod telegram_sandbox;
mod youtube_sim;
