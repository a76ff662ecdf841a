//! The sides of the store, each carried out by the thread that it is for.

mod housekeeping;
mod outbox;
mod polling;
mod registry;
mod shared;
mod stream;
