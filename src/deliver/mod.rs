//! Stage 5: brings waiting alerts to their destinations.
//!
//! In: lanes that are due. Out: receipts, retries or ends, all recorded. No rule is looked at here: what waits was
//! decided before, and only how it is told (settings, limits, retries) is decided now. Cards, which no rule made, have a loop
//! of their own beside it (`cards`).

mod breaker;
mod card;
mod cards;
mod compose;
mod limits;
mod notices;
mod operator;
mod pictured;
mod places;
mod retry;
mod wakers;
mod walk;
mod worker;

pub use cards::Cards;
pub use compose::Composer;
pub use limits::{Limiter, Rates};
pub use operator::Operator;
pub use places::IN_FLIGHT_MAX;
pub use retry::RetryPolicy;
pub use wakers::Wakers;
pub use worker::{ChannelHealth, Worker};
