//! What goes wrong on request: the switches of tests.

use std::time::Duration;

/// Something that goes wrong with a request, whatever it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A 5xx in the Bot API's JSON form; nothing is stored.
    Server(u16),
    /// A 5xx with the HTML page of a proxy; nothing is stored.
    ServerHtml(u16),
    /// 400 with this description, as it stands behind `Bad Request: `; nothing is stored.
    Refused(&'static str),
    /// 429 with so many seconds to wait; nothing is stored.
    TooMany(u64),
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
    /// 200 at once with this JSON as its result, whatever was asked; nothing is stored.
    Result(&'static str),
}

/// Which requests a [`Fault`] meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    method: Option<&'static str>,
    chat: Option<i64>,
}

impl Scope {
    /// Every request, those for updates too.
    pub const ALL: Scope = Scope { method: None, chat: None };

    /// Requests of one method, such as `sendMessage`.
    #[must_use]
    pub const fn method(name: &'static str) -> Scope {
        Scope { method: Some(name), chat: None }
    }

    /// Requests that name this chat.
    #[must_use]
    pub const fn chat(chat: i64) -> Scope {
        Scope { method: None, chat: Some(chat) }
    }

    /// The same, only for this chat.
    #[must_use]
    pub const fn in_chat(self, chat: i64) -> Scope {
        Scope { chat: Some(chat), ..self }
    }

    pub(super) fn meets(self, method: &str, chat: Option<i64>) -> bool {
        self.method.is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && (self.chat.is_none() || self.chat == chat)
    }
}
