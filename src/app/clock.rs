//! The one place that reads the system's clock.

use std::sync::Arc;

use crate::model::UnixMillis;
use crate::pipeline::Clock;

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(now)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are handed")]
fn now() -> UnixMillis {
    jiff::Timestamp::now().into()
}
