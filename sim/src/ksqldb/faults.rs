//! What goes wrong on request: the switches of tests.

/// Something that goes wrong with a request, whatever it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer, and nothing is done: the client has to give up.
    Hang,
    /// The connection breaks before anything is done.
    Cut,
    /// This status with a page of HTML, as a proxy sends it.
    Html(u16),
    /// 200 with the beginning of a JSON text, and so many bytes of spaces.
    Huge(usize),
    /// The command topic is not read: 500, and of what a CREATE makes only topic and schema are there.
    NotWritten,
    /// Too many waiting commands: 503 and no word of when.
    QueueTimeout,
}

/// Which requests a [`Fault`] meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Statements.
    Statements,
    /// Statements that make a stream or a table.
    Creates,
    /// Looks at how a command ended.
    Status,
    /// Pull queries.
    Queries,
    /// `/info` and `/healthcheck`.
    Health,
    /// Every request.
    All,
}
