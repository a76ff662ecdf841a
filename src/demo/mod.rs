//! The stand-ins: servers on loopback that behave like the outside world, for `tubebell demo` and the tests.
//!
//! The real clients talk to them over HTTP, so nothing in the product knows whether it is being demonstrated.

pub mod telegram;
