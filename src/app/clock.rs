//! The one place that reads the clock: everyone else is handed `now`.

use crate::model::UnixMillis;

/// The time now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn clock() -> UnixMillis {
    jiff::Timestamp::now().into()
}
