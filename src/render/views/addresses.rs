//! The addresses of a person, as several answers show them.

use serde::Serialize;

use crate::render::numbers::Grouped;
use crate::render::sample::HOSTILE;

/// One of somebody's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AddressLine {
    /// As it is written in a command: `telegram:1234`, `email:ana@example.org`.
    pub address: String,
    /// It is the chat in which the answer stands.
    pub is_here: bool,
    /// Nothing arrives there.
    pub is_off: bool,
    /// How many watches ring there; `None`: none.
    pub watches: Option<Grouped>,
}

impl AddressLine {
    /// Some of one person, for samples.
    pub(super) fn samples() -> Vec<AddressLine> {
        let line = |address: &str, is_here, is_off, watches: i64| AddressLine {
            address: address.to_owned(),
            is_here,
            is_off,
            watches: (watches > 0).then_some(Grouped(watches)),
        };
        vec![
            line("discord:@5678", false, true, 1),
            line("email:ana@example.org", false, false, 0),
            line("telegram:1234", true, false, 12),
        ]
    }

    /// The same with one that nobody should have.
    pub(super) fn hostile_samples() -> Vec<AddressLine> {
        let mut samples = AddressLine::samples();
        samples.push(AddressLine {
            address: HOSTILE.to_owned(),
            is_here: false,
            is_off: false,
            watches: Some(Grouped(1_234)),
        });
        samples
    }
}
