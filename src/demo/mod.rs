//! What stands in for the outside world when there is none: for `tubebell demo` and for all tests.
//!
//! These are HTTP servers on loopback, so the real clients talk to them; nothing in the pipeline knows of them.

pub mod replay;
pub mod world;
pub mod youtube;
//! The stand-ins: servers on loopback that behave like the outside world, for `tubebell demo` and the tests.
//!
//! The real clients talk to them over HTTP, so nothing in the product knows whether it is being demonstrated.

pub mod telegram;
