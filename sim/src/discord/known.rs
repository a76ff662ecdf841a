//! Discord's errors by their codes, with its words.
//!
//! Source: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json> (read 2026-11).

/// An error that has a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    UnknownChannel,
    UnknownGuild,
    UnknownMember,
    UnknownMessage,
    UnknownUser,
    UnknownWebhook,
    UnknownInteraction,
    NotOfThisApplication,
    TooLarge,
    AlreadyAcknowledged,
    /// What stands before Discord does not like the client.
    Blocked,
    MissingAccess,
    NotYours,
    EmptyMessage,
    NoDirectMessages,
    NoTextChannel,
    MissingPermissions,
    InvalidWebhookToken,
    InvalidForm,
    InvalidVersion,
    ThreadArchived,
    InvalidJson,
    ThreadLocked,
    ForumNeedsThread,
    TwoThreads,
    ThreadsOnlyInForums,
    TooManyNewCommands,
    Unauthorized,
    NotFound,
    WrongMethod,
}

impl Known {
    /// Status, code, and message.
    pub(super) const fn parts(self) -> (u16, u32, &'static str) {
        match self {
            Known::UnknownChannel => (404, 10_003, "Unknown Channel"),
            Known::UnknownGuild => (404, 10_004, "Unknown Guild"),
            Known::UnknownMember => (404, 10_007, "Unknown Member"),
            Known::UnknownMessage => (404, 10_008, "Unknown Message"),
            Known::UnknownUser => (404, 10_013, "Unknown User"),
            Known::UnknownWebhook => (404, 10_015, "Unknown Webhook"),
            Known::UnknownInteraction => (404, 10_062, "Unknown interaction"),
            Known::NotOfThisApplication => {
                (403, 20_012, "You are not authorized to perform this action on this application")
            }
            Known::TooManyNewCommands => (
                429,
                30_034,
                "Max number of daily application command creates has been reached (200)",
            ),
            Known::TooLarge => (413, 40_005, "Request entity too large"),
            Known::AlreadyAcknowledged => {
                (400, 40_060, "Interaction has already been acknowledged.")
            }
            Known::Blocked => (403, 40_333, "internal network error"),
            Known::MissingAccess => (403, 50_001, "Missing Access"),
            Known::NotYours => (403, 50_005, "Cannot edit a message authored by another user"),
            Known::EmptyMessage => (400, 50_006, "Cannot send an empty message"),
            Known::NoDirectMessages => (403, 50_007, "Cannot send messages to this user"),
            Known::NoTextChannel => (400, 50_008, "Cannot send messages in a non-text channel"),
            Known::MissingPermissions => (403, 50_013, "Missing Permissions"),
            Known::InvalidWebhookToken => (401, 50_027, "Invalid Webhook Token"),
            Known::InvalidForm => (400, 50_035, "Invalid Form Body"),
            Known::InvalidVersion => (400, 50_041, "Invalid API version provided"),
            Known::ThreadArchived => (400, 50_083, "Thread is archived"),
            Known::InvalidJson => (400, 50_109, "The request body contains invalid JSON."),
            Known::ThreadLocked => (400, 160_005, "Thread is locked"),
            Known::ForumNeedsThread => (
                400,
                220_001,
                "Webhooks posted to forum channels must have a thread_name or thread_id",
            ),
            Known::TwoThreads => (
                400,
                220_002,
                "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
            ),
            Known::ThreadsOnlyInForums => {
                (400, 220_003, "Webhooks can only create threads in forum channels")
            }
            Known::Unauthorized => (401, 0, "401: Unauthorized"),
            Known::NotFound => (404, 0, "404: Not Found"),
            Known::WrongMethod => (405, 0, "405: Method Not Allowed"),
        }
    }
}
