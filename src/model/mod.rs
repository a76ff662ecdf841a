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
mod hold;
mod holder;
mod ids;
mod length;
mod lines;
mod message;
mod owner;
mod pasted;
mod picture;
mod pings;
mod quiet;
mod reference;
mod routing_tx;
mod rule;
mod schedule;
mod settings;
mod signal;
mod snapshot;
mod text;
mod time;
mod written;

pub use address::{Address, AddressError};
pub use alert::{Alert, CancelReason, Marks, Outcome, STARTED, Suppressed, Value};
pub use at_most::AtMost;
pub use body::{Body, BodyKind};
pub use change::{Change, Counts, Delta, Known};
pub use channel::{Channel, InvitationLink, Receivers, Traits};
pub use clock_time::ClockTime;
pub use hold::{Because, Hold};
pub use holder::{FanoutCursor, Holder, ListKey, ListNews, Membership, News};
pub use ids::{
    AlertId, CardId, ChannelId, DestinationId, Handle, IdError, NotificationId, PlaylistId, RuleId,
    SubjectRef, SubscriptionId, TriggerId, VideoId, VideoKey,
};
pub use lines::Lines;
pub use message::{Button, ChatMessage};
pub use owner::{Owner, PersonKey};
pub use pasted::unwrapped;
pub use picture::{Picture, PictureMark};
pub use pings::Pings;
pub use quiet::Quiet;
pub use routing_tx::{AlertDraft, Found, Gate, NextTrigger, RoutingTx, TriggerRow};
pub use rule::{Amount, Condition, Direction, RateUnit, Rule};
pub use schedule::{Digest, Schedule};
pub use settings::{Effective, Settings};
pub use signal::{Event, Metric, Series, Signal};
pub use snapshot::{About, Live, Snapshot, Status};
pub use text::{excerpt, folded, is_blank, is_invisible, is_unseen, tidied, trimmed};
pub use time::{Clock, UnixMillis, first_instant};
pub use written::SettingsError;
