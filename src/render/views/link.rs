//! The fields of `templates/link/`: the answers to `/link`.

use serde::Serialize;

use super::addresses::AddressLine;
use crate::render::numbers::Moment;
use crate::render::sample::{HOSTILE, moment};
use crate::render::view::View;

/// An answer to `/link`: one of the three is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LinkView {
    /// A code to be typed elsewhere.
    pub code: Option<NewCode>,
    /// The reader of this mailbox was asked just now.
    pub asked: Option<Asked>,
    /// An address has come to those of whoever reads this.
    pub linked: Option<Linked>,
    /// All of them.
    pub addresses: Vec<AddressLine>,
}

/// A code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NewCode {
    /// The command that uses it.
    pub command: String,
    /// Until when it works.
    pub expires: Moment,
    /// The command that adds a mailbox; `None`: nobody can add one here.
    pub mail_command: Option<String>,
}

/// A mailbox whose reader was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    /// The mailbox.
    pub address: String,
    /// Until when the link in the mail works.
    pub expires: Moment,
}

/// An address that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Linked {
    /// The other address, of the two that have become one person's.
    pub address: String,
    /// It is the place where the code was typed; otherwise the place where it was made.
    pub is_new_place: bool,
    /// The command that takes it out again.
    pub undo: String,
}

impl View for LinkView {
    const NAME: &'static str = "link";

    fn samples() -> Vec<Self> {
        let none =
            LinkView { code: None, asked: None, linked: None, addresses: AddressLine::samples() };
        let code = |mail: Option<&str>| {
            Some(NewCode {
                command: "/link K7QF-2MXD".to_owned(),
                expires: moment(-10),
                mail_command: mail.map(str::to_owned),
            })
        };
        let linked = |address: &str, is_new_place| {
            let (address, undo) = (address.to_owned(), format!("/unlink {address}"));
            Some(Linked { address, is_new_place, undo })
        };
        vec![
            LinkView { code: code(Some("/link email:you@example.org")), ..none.clone() },
            LinkView { code: code(None), addresses: Vec::new(), ..none.clone() },
            LinkView {
                asked: Some(Asked {
                    address: "ana@example.org".to_owned(),
                    expires: moment(-60 * 24),
                }),
                ..none.clone()
            },
            LinkView { linked: linked("discord:@5678", true), ..none.clone() },
            LinkView {
                linked: linked(HOSTILE, false),
                addresses: AddressLine::hostile_samples(),
                ..none
            },
        ]
    }
}
