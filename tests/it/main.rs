//! All integration tests, in one binary.

mod commands;
mod notifiers;
mod render;
