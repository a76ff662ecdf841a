//! All integration tests, in one binary.

mod architecture;
mod notifiers;
mod render;
mod youtube_sim;
