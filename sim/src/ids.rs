//! What ids of YouTube look like.

fn is_id_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether this could be a video: 11 of `[A-Za-z0-9_-]`.
pub(crate) fn is_video(text: &str) -> bool {
    text.len() == 11 && is_id_text(text)
}

/// Whether this could be a channel: `UC` and 22 of `[A-Za-z0-9_-]`.
pub(crate) fn is_channel(text: &str) -> bool {
    text.len() == 24 && text.starts_with("UC") && is_id_text(text)
}

/// Whether this could be a playlist: 2 to 64 of `[A-Za-z0-9_-]`.
pub(crate) fn is_playlist(text: &str) -> bool {
    (2..=64).contains(&text.len()) && is_id_text(text)
}
