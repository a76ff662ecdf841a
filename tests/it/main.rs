//! All integration tests, in one binary.

mod architecture;
mod cli;
mod notifiers;
mod render;
mod youtube_sim;
