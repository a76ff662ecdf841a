//! The YouTube client against small servers that answer with the exact shapes of the API.

mod canned;
mod client;
mod server;
pub(crate) mod spec;
