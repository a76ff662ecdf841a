//! What goes wrong on request: the switches of tests.

/// Something that goes wrong with a request, whatever it asks; nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This status, with the body that Confluent's sends with 500.
    Server(u16),
    /// This status with a page of HTML, as a proxy sends it.
    Html(u16),
    /// This status and this body, said to be JSON.
    Body(u16, &'static str),
    /// 200, and a schema of so many bytes.
    Huge(usize),
    /// No answer: the client has to give up.
    Hang,
    /// The connection breaks without an answer.
    Cut,
}
