//! What goes wrong on request: the switches of tests.

use std::time::Duration;

use super::limits::LimitScope;

/// Something that goes wrong with a request, whatever it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A 5xx in the API's JSON form; nothing is stored.
    Server(u16),
    /// A 5xx with the HTML page of a proxy; nothing is stored.
    ServerHtml(u16),
    /// A refusal with this status, code and message; nothing is stored.
    Refused(u16, u32, &'static str),
    /// 429 with so long to wait, of this scope; nothing is stored.
    TooMany(Duration, LimitScope),
    /// No answer, and nothing is stored: the client has to give up.
    Hang,
    /// No answer, but the message is stored: the client has to give up.
    HangAfterStoring,
    /// The message is stored, then the connection breaks without an answer.
    AnswerLost,
    /// The message is stored, and the answer breaks off half-way.
    Truncated,
    /// The answer comes so much later.
    Slow(Duration),
    /// 200 at once with this JSON, whatever was asked; nothing is stored.
    Result(&'static str),
}

/// Which requests a [`Fault`] meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    operation: Option<&'static str>,
    id: Option<u64>,
}

impl Scope {
    /// Every request.
    pub const ALL: Scope = Scope { operation: None, id: None };

    /// Requests of one operation, by its name in the specification, such as `create_message`.
    #[must_use]
    pub const fn operation(name: &'static str) -> Scope {
        Scope { operation: Some(name), id: None }
    }

    /// Requests whose path begins with this channel, webhook or guild.
    #[must_use]
    pub const fn of(id: u64) -> Scope {
        Scope { operation: None, id: Some(id) }
    }

    /// The same, only for this channel, webhook or guild.
    #[must_use]
    pub const fn only_of(self, id: u64) -> Scope {
        Scope { id: Some(id), ..self }
    }

    pub(super) fn meets(self, operation: &str, id: Option<u64>) -> bool {
        self.operation.is_none_or(|wanted| wanted == operation)
            && (self.id.is_none() || self.id == id)
    }
}
