//! All integration tests, in one binary.

mod notifiers;
mod render;
