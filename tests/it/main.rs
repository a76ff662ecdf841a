//! All integration tests, in one binary.

mod telegram_sandbox;
