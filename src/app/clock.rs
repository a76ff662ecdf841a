//! The one place that reads the system's clock.

use std::sync::Arc;

use crate::model::UnixMillis;
use crate::pipeline::Clock;

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(clock)
}

/// The time now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are handed")]
pub fn clock() -> UnixMillis {
    jiff::Timestamp::now().into()
}
