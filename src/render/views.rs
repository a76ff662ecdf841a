//! The fields of every reply, and of a card: one file per message, filled by `control` (a card by `deliver`), printed by
//! `templates/<name>/`.
//!
//! A view holds values and no wording: numbers, times and links, in the types that print themselves. A field that is
//! `None` is left out by its template.

mod back;
mod budget;
mod card;
mod cards;
mod digests;
mod error;
mod help;
mod invite;
mod list;
mod members;
mod mute;
mod not_allowed;
mod operator;
mod quiet;
mod rules;
mod settings;
mod start;
mod stats;
mod test;
mod unwatch;
mod watch;
mod watch_offer;
mod welcome_invited;
mod why;

pub use back::Back;
pub use budget::Budget;
pub use card::{Card, CardChanges, CardCount, CardRing};
pub use cards::{CardLine, CardLost, CardMade, Cards, CardsEnded};
pub use digests::{Digests, OtherDigest};
pub use error::ErrorView;
pub use help::Help;
pub use invite::Invite;
pub use list::{Page, WatchLine, Watches};
pub use members::Members;
pub use mute::{Mute, Unmuted};
pub use not_allowed::NotAllowed;
pub use operator::Notice;
pub use quiet::QuietHours;
pub use rules::{RuleLine, Rules};
pub use settings::SettingsView;
pub use start::Start;
pub use stats::{GainLine, Stats};
pub use test::Test;
pub use unwatch::Unwatch;
pub use watch::{Delay, VideosLeft, Watch};
pub use watch_offer::WatchOffer;
pub use welcome_invited::WelcomeInvited;
pub use why::{
    Why, WhyAlert, WhyHeld, WhyNext, WhyOutcome, WhyRule, WhySuppressed, WhyWindow, value_text,
};

pub use super::link::Link;
pub use super::view::View;
