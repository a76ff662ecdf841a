//! The fields of every reply, of a card, and of the mail that asks its reader: one file per message, filled by `control` (a
//! card by `deliver`), printed by `templates/<name>/`.
//!
//! A view holds values and no wording: numbers, times and links, in the types that print themselves. A field that is
//! `None` is left out by its template.

mod addresses;
mod back;
mod budget;
mod card;
mod cards;
mod confirm_mail;
mod digests;
mod error;
mod feed;
mod help;
mod invite;
mod link;
mod list;
mod me;
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
mod unlink;
mod unwatch;
mod watch;
mod watch_offer;
mod welcome_invited;
mod why;

pub(crate) use addresses::AddressLine;
pub use back::Back;
pub use budget::Budget;
pub use card::Card;
pub(crate) use card::{CardChanges, CardCount, CardRing};
pub use cards::Cards;
pub(crate) use cards::{CardLine, CardMade, CardsEnded};
pub use confirm_mail::ConfirmMail;
pub use digests::Digests;
pub(crate) use digests::OtherDigest;
pub(crate) use error::ErrorView;
pub(crate) use feed::{Feed, MentionLine};
pub(crate) use help::{Help, HelpLine};
pub use invite::Invite;
pub(crate) use link::{Asked, LinkView, Linked, NewCode};
pub(crate) use list::Page;
pub use list::{WatchLine, Watches};
pub(crate) use me::{Me, StoredView};
pub use members::Members;
pub use mute::{Mute, Unmuted};
pub(crate) use not_allowed::NotAllowed;
pub(crate) use operator::Notice;
pub(crate) use quiet::QuietHours;
pub use rules::{RuleLine, Rules};
pub(crate) use settings::SettingsView;
pub use start::Start;
pub(crate) use stats::GainLine;
pub use stats::Stats;
pub(crate) use test::Test;
pub(crate) use unlink::Unlinked;
pub use unwatch::Unwatch;
pub use watch::Watch;
pub(crate) use watch::{Delay, VideosLeft};
pub(crate) use watch_offer::WatchOffer;
pub(crate) use welcome_invited::WelcomeInvited;
pub use why::{Why, WhyAlert, WhyHeld, WhyOutcome, WhyRule, WhyWindow};
pub(crate) use why::{WhyNext, WhySuppressed, value_text};

pub use super::link::Link;
pub use super::view::View;
