//! General files: which are taken, and in which words others are refused.

use super::answer::Refusal;
use super::params::{File, Params};
use crate::world::chats::Document;

/// The file that a parameter of this name brings along. One of more than `bytes_max` is refused as the front of Telegram's
/// servers does it, before anybody has read what it is for.
pub(super) fn read(params: &Params, name: &str, bytes_max: usize) -> Result<Document, Refusal> {
    let File { name, bytes } = params.uploaded(name, "document")?;
    if bytes.len() > bytes_max {
        return Err(Refusal::too_large());
    }
    Ok(Document { name, bytes })
}
