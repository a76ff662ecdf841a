//! The nouns of tubebell as plain data: no I/O, no other module of ours.
//!
//! They travel one way: [`Snapshot`] → [`Change`] → [`Alert`] → notification → receipt.

mod address;
mod alert;
mod at_most;
mod body;
mod change;
mod channel;
mod clock_time;
pub(crate) mod commands;
mod discord_hook;
mod email;
mod embed;
mod hold;
mod holder;
mod ids;
mod length;
mod lines;
mod mail;
mod message;
mod mirrored;
mod owner;
mod pasted;
mod picture;
mod pings;
mod quiet;
mod readable;
mod reference;
mod routing_tx;
mod rule;
mod schedule;
mod settings;
mod signal;
mod snapshot;
mod text;
mod text_file;
mod time;
mod written;

pub use address::Address;
pub(crate) use address::AddressError;
pub(crate) use alert::Alert;
pub use alert::{CancelReason, Marks, Outcome, STARTED, Suppressed, Value};
pub use at_most::AtMost;
pub use body::Body;
pub(crate) use body::BodyKind;
pub use change::{Change, Counts, Delta, Known};
pub use channel::{Channel, Deciders, InvitationLink, Mailbox, Receivers, Traits};
pub(crate) use clock_time::ClockTime;
pub use discord_hook::DiscordHook;
pub use email::EmailAddress;
pub use embed::{Embed, EmbedField, EmbedLink, EmbedMessage};
pub(crate) use hold::Because;
pub use hold::Hold;
pub use holder::{FanoutCursor, Holder, Membership};
pub(crate) use holder::{ListKey, ListNews, News};
pub(crate) use ids::{AlertId, CardId, IdError, RuleId, TriggerId};
pub use ids::{
    ChannelId, DestinationId, Handle, NotificationId, PlaylistId, SubjectRef, SubscriptionId,
    VideoId, VideoKey,
};
pub use lines::Lines;
pub use mail::MailMessage;
pub use message::{Button, ChatMessage};
pub use mirrored::Mirrored;
pub use owner::{Owner, PersonKey};
pub(crate) use pasted::unwrapped;
pub use picture::{Picture, PictureMark};
pub use pings::Pings;
pub use quiet::Quiet;
pub use routing_tx::{AlertDraft, Found, NextTrigger, RoutingTx};
pub(crate) use routing_tx::{Gate, TriggerRow};
pub(crate) use rule::{Amount, Direction, RateUnit};
pub use rule::{Condition, Rule};
pub use schedule::{Digest, Schedule};
pub use settings::{Effective, Mention, Settings};
pub use signal::{Event, Metric, Series, Signal};
pub use snapshot::{About, Live, Snapshot, Status};
pub(crate) use text::{excerpt, is_invisible, is_unseen, tidied, trimmed};
pub use text::{folded, is_blank};
pub use text_file::TextFile;
pub(crate) use time::first_instant;
pub use time::{Clock, UnixMillis};
pub(crate) use written::SettingsError;
