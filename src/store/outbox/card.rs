//! Cards: messages that show the numbers of a video and are edited as they move.

use crate::model::{
    Address, Body, CardId, Counts, Known, Marks, Series, UnixMillis, Value, VideoId,
};
use crate::store::DestinationRow;

/// A card that is due to be looked at, with all that it may say.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its row.
    pub id: CardId,
    /// Since when. One that is asked for again, or whose chat has moved, begins anew in the same row.
    pub made_at: UnixMillis,
    /// Where it stands.
    pub destination: DestinationRow,
    /// Whose numbers.
    pub video: VideoId,
    /// The video's title, where known.
    pub title: Option<String>,
    /// What the router last handled of the video.
    pub known: Option<Known>,
    /// The counts since they moved last; what was hidden then is absent, while [`Known::last`] still has it. `None`: none are
    /// known.
    pub counts: Option<Counts>,
    /// With what they are compared.
    pub base: Option<CardBase>,
    /// How the counts went since about then: what held at each of these moments, until the next.
    pub course: Vec<(UnixMillis, Counts)>,
    /// The last alert about the video that was told there since the card was made.
    pub ring: Option<Ring>,
    /// When the video is looked at next.
    pub next_poll: Option<UnixMillis>,
    /// What the channel calls the message; `None`: it was not sent yet.
    pub message: Option<String>,
    /// What the message says, in the words of whoever shows it.
    pub shown: Option<String>,
    /// Attempts in a row that failed.
    pub failing: u32,
    /// Somebody has ended it: it is shown a last time.
    pub is_ending: bool,
}

/// What counts are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardBase {
    /// When they were so.
    pub at: UnixMillis,
    /// The counts.
    pub counts: Counts,
    /// These are the first that are known: they are younger than was asked for.
    pub is_first: bool,
}

/// An alert that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// When.
    pub at: UnixMillis,
    /// What was measured.
    pub series: Series,
    /// The value it was compared with.
    pub previous: Value,
    /// The value then.
    pub current: Value,
    /// The values that were passed.
    pub marks: Marks,
}

/// The cards of a channel that are due.
#[derive(Debug, Clone, Default)]
pub struct DueCards {
    /// Those that are due for the longest.
    pub cards: Vec<Card>,
    /// When the next one is due that is not yet; `None`: there is none.
    pub next_due: Option<UnixMillis>,
}

/// What became of a card that was due.
#[derive(Debug, Clone)]
pub struct CardLook {
    /// Its row.
    pub id: CardId,
    /// As in [`Card::made_at`]: of one that began anew meanwhile nothing is recorded.
    pub made_at: UnixMillis,
    /// What became of it.
    pub result: CardResult,
}

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardResult {
    /// Its message says this now.
    Shown {
        /// What the channel calls the message.
        message: String,
        /// What it says.
        shown: String,
        /// Not looked at earlier.
        next_at: UnixMillis,
    },
    /// There is nothing new to say, or no slot to say it in.
    Stays {
        /// Not looked at earlier.
        next_at: UnixMillis,
    },
    /// It could not be shown.
    Failed {
        /// When it is tried again.
        next_at: UnixMillis,
        /// Whether that counts as an attempt.
        counts: bool,
        /// Nothing leaves for its chat earlier: the channel has asked for that.
        lane_free_at: Option<UnixMillis>,
    },
    /// Its chat has a new id for good: it is sent anew over there, for messages under the old id can't be edited. Where the
    /// chat is there already, the card is tried again then.
    Moved {
        /// The new address.
        to: Address,
        /// When.
        next_at: UnixMillis,
    },
    /// It ends, and where there is a word to say of it, its destination hears that.
    Ended(Option<Body>),
}
