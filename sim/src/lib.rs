//! The outside world, simulated: servers on loopback that stand in for YouTube, Telegram, Discord, a mail server and a Schema
//! Registry, for the demo and the tests.
//!
//! They tell about one [`World`](world::World) that they share, with one clock: a [`Simulation`] holds both, and each
//! server is started on it. A further service is a further server, and a file of [`world`] with its nouns.
//!
//! The real clients talk to these servers, so nothing here knows tubebell, and tubebell's own code knows nothing of this
//! crate but for its demo.

pub mod discord;
mod ids;
pub mod ksqldb;
mod loopback;
mod plan;
pub mod registry;
pub mod replay;
mod simulation;
pub mod smtp;
mod stage;
pub mod telegram;
pub mod world;
pub mod youtube;

pub use simulation::{Clock, Simulation};
pub use stage::Stage;
