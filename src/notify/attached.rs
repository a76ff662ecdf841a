//! What goes along with a message, a picture or a file: never is a message lost with it.

use std::time::Duration;

use super::SendError;
use crate::http::Part;
use crate::model::TextFile;

/// What stands behind the text of a message whose file was not taken. No sign in it has a meaning in HTML or Markdown.
pub(super) const NOT_SENT: &str =
    "⚠ The file could not be sent. Ask again later; if that does not help, tell whoever runs me.";

/// What a request may take that carries a file: the longest one needs 40 s on a line of one megabit per second.
const FILE_TIMEOUT: Duration = Duration::from_secs(60);

/// What goes along with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attached<'a> {
    /// A picture, as PNG.
    Picture(&'a [u8]),
    /// A file.
    File(&'a TextFile),
}

impl<'a> Attached<'a> {
    /// What goes along with a message that has this file, or this picture as PNG. A file that can't be sent stays behind: its
    /// message then says so.
    pub(super) fn of(file: Option<&'a TextFile>, png: Option<&'a [u8]>) -> Option<Attached<'a>> {
        match file {
            Some(file) if file.is_sendable() => Some(Attached::File(file)),
            Some(file) => {
                let bytes = file.text.len();
                tracing::warn!(bytes, "a file can't be sent: its message leaves without it");
                None
            }
            None => png.map(Attached::Picture),
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'a str {
        match self {
            Attached::Picture(_) => "picture.png",
            Attached::File(file) => &file.name,
        }
    }

    /// The part of a form that it is; `None`: it has no form there.
    pub(super) fn part(self) -> Option<Part> {
        let (bytes, kind) = match self {
            Attached::Picture(png) => (png.to_vec(), "image/png"),
            Attached::File(file) => (file.text.clone().into_bytes(), file.media_type()),
        };
        Part::bytes(bytes).file_name(self.name().to_owned()).mime_str(kind).ok()
    }

    /// What its request may take, where others may take `ordinary`.
    pub(super) fn timeout(self, ordinary: Duration) -> Duration {
        match self {
            Attached::Picture(_) => ordinary,
            Attached::File(_) => FILE_TIMEOUT.max(ordinary),
        }
    }
}

/// Asks with what goes along, if there is something, and once more without where it may be that which is refused.
pub(super) async fn with_or_without<'a, T, F>(
    attached: Option<Attached<'a>>,
    ask: impl Fn(Option<Attached<'a>>) -> F,
) -> Result<T, SendError>
where
    F: Future<Output = Result<T, SendError>>,
{
    if let Some(attached) = attached {
        match ask(Some(attached)).await {
            Err(refusal) if may_be_of_what_is_attached(&refusal) => say(attached, &refusal),
            asked => return asked,
        }
    }
    ask(None).await
}

fn say(attached: Attached<'_>, error: &SendError) {
    match attached {
        Attached::Picture(_) => {
            tracing::info!(%error, "a picture was not taken: its message leaves without it");
        }
        Attached::File(file) => {
            let bytes = file.text.len();
            tracing::warn!(%error, bytes, "a file was not taken: its message leaves without it");
        }
    }
}

/// Whether a refusal may be of what is attached alone: of its size or its form, or of all pictures or files in that chat. If it
/// is of more, the text is refused for the same reason, and that is what counts.
const fn may_be_of_what_is_attached(refusal: &SendError) -> bool {
    match refusal {
        SendError::Rejected(_) | SendError::Policy(_) | SendError::Barred(_) => true,
        SendError::Wait { .. }
        | SendError::Deferred { .. }
        | SendError::Held { .. }
        | SendError::Transient(_)
        | SendError::NoConnection(_)
        | SendError::Unreachable(_)
        | SendError::Ambiguous(_)
        | SendError::Gone(_)
        | SendError::Moved(_)
        | SendError::Unauthorized(_) => false,
    }
}
