//! Which update of a chat service asked for an edit.

/// The update of a chat service that asked for an edit.
///
/// Telegram keeps updates for a day, and after a week without any their ids start anew, anywhere: a mark that has not
/// moved for two days protects from nothing any more and is forgotten. They start anew at once where another server
/// answers, or one that has lost its data: an id that is far from the mark, below or above, is of another sequence and
/// says nothing about this one (see [`UpdateMark::is_near`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpdateMark {
    /// Such as `telegram:<bot id>`.
    pub source: String,
    /// Its id, growing.
    pub update_id: i64,
}

impl UpdateMark {
    /// Ids of one sequence follow each other with less than this between them.
    ///
    /// Telegram counts by one, and tells again what waited for at most a day, of which a bot hears less than this. A
    /// sequence that starts anew begins anywhere up to a thousand million.
    /// Source: <https://core.telegram.org/bots/api#update>; tdlib, `TQueue.cpp`, `push` (read 2026-11).
    pub const APART_MAX: i64 = 10_000;

    /// Whether two ids belong to one sequence.
    #[must_use]
    pub const fn is_near(one: i64, other: i64) -> bool {
        one.abs_diff(other) < UpdateMark::APART_MAX.unsigned_abs()
    }
}
