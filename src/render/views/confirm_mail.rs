//! The fields of `templates/confirm/`: the mail that asks the reader of a mailbox whether it belongs to whoever entered it.
//!
//! Nothing stands in it that anybody has typed: whoever enters an address must not be able to write to its reader.

use serde::Serialize;

use crate::render::numbers::Moment;
use crate::render::sample::{HOSTILE, moment};
use crate::render::view::View;

/// Asks the reader of a mailbox whether it belongs to whoever entered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmMail {
    /// The page with the button that says yes, as [`Links::confirm`](crate::links::Links::confirm) makes it.
    pub url: String,
    /// Until when the link can be used. Its time zone is shown, so it says where somebody is: not that of whoever entered
    /// the address.
    pub expires: Moment,
}

impl View for ConfirmMail {
    const NAME: &'static str = "confirm";

    fn samples() -> Vec<Self> {
        let url = "https://bell.example/confirm/q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
        let sample = ConfirmMail { url: url.to_owned(), expires: moment(-1_440) };
        let unknown = Moment { tz: HOSTILE.to_owned(), ..sample.expires.clone() };
        vec![sample.clone(), ConfirmMail { expires: unknown, ..sample }]
    }
}
