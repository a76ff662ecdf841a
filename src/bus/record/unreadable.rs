//! Why a record can't be read.

use std::borrow::Cow;
use std::fmt;

/// Why a record can't be read, now or ever: one short line, in which nothing of the record is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unreadable {
    what: Cow<'static, str>,
    why: Cow<'static, str>,
    /// Which of two snapshots it is about.
    side: &'static str,
}

impl Unreadable {
    pub(super) const fn of(what: &'static str, why: &'static str) -> Unreadable {
        Unreadable { what: Cow::Borrowed(what), why: Cow::Borrowed(why), side: "" }
    }

    pub(super) fn because(what: &'static str, why: String) -> Unreadable {
        Unreadable { what: Cow::Borrowed(what), why: Cow::Owned(why), side: "" }
    }

    /// The same, said of one of two snapshots.
    pub(super) const fn at(mut self, side: &'static str) -> Unreadable {
        self.side = side;
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unreadable { what, why, side } = self;
        let gap = if side.is_empty() { "" } else { " " };
        write!(f, "{side}{gap}{what} {why}")
    }
}
