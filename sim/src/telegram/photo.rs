//! Photos: which are taken, and in which words others are refused.

use super::answer::Refusal;
use super::params::{File, Params};
use crate::world::chats::Photo;

/// Largest file, in bytes. Source: as below.
const BYTES_MAX: usize = 10 << 20;

/// Largest sum of width and height, and largest ratio between them.
/// Source: <https://core.telegram.org/bots/api#sendphoto> (Bot API 10.1).
const SIDES_MAX: u32 = 10_000;
const RATIO_MAX: u32 = 20;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The photo that a parameter of this name brings along. Files that are known already, and addresses, are refused.
pub(super) fn read(params: &Params, name: &str) -> Result<Photo, Refusal> {
    let File { bytes, .. } = params.uploaded(name, "photo")?;
    let length = bytes.len();
    if length > BYTES_MAX {
        let reason = "bytes is too big for a photo; the maximum size is";
        return Err(Refusal::bad_request(&format!(
            "file of size {length} {reason} {BYTES_MAX} bytes"
        )));
    }
    // Of the formats that Telegram reads, the sandbox knows this one.
    let (width, height) =
        size(&bytes).ok_or_else(|| Refusal::bad_request("IMAGE_PROCESS_FAILED"))?;
    let (short, long) = (width.min(height), width.max(height));
    if width.saturating_add(height) > SIDES_MAX || long > short.saturating_mul(RATIO_MAX) {
        return Err(Refusal::bad_request("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(Photo { bytes, width, height })
}

/// Width and height of a PNG.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(PNG)?.get(4..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (width, height) = (number(0)?, number(4)?);
    (width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_png_stands_in_its_header() {
        let png = [PNG, b"\0\0\0\rIHDR\0\0\x03\x20\0\0\x01\x90\x08"].concat();
        assert_eq!(size(&png), Some((800, 400)));
        assert_eq!(size(&png[..20]), None);
        assert_eq!(size(b"GIF89a"), None);
    }
}
