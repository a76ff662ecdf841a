//! Addresses and ids of videos, channels and playlists.

use tubebell::model::{Address, SubjectRef};

/// A text names a subject whose address and stored form name the same, or is refused with one short line.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match SubjectRef::from_text(text) {
        Ok(subject) => {
            assert_eq!(SubjectRef::from_text(&subject.url()).as_ref(), Ok(&subject));
            assert_eq!(subject.to_string().parse().as_ref(), Ok(&subject));
            let url = subject.url();
            assert!(url.starts_with("https://www.youtube.com/"), "{url}");
            assert!(!url.contains(|c: char| c.is_whitespace() || "<>\"'&\\".contains(c)), "{url}");
        }
        Err(error) => {
            let line = error.to_string();
            super::assert_one_line(&line);
            assert!(line.chars().count() < 250, "{line}");
        }
    }
    if let Ok(address) = text.parse::<Address>() {
        let stored = address.to_string();
        assert_eq!(stored.parse().as_ref(), Ok(&address), "{stored}");
        if let Address::Webhook(url) = &address {
            // What follows the host may be a secret, and what stands before an `@` too.
            let masked = address.masked();
            let host = masked.strip_prefix("webhook:").and_then(|rest| rest.strip_suffix("/…"));
            let host = host.expect("the masked form");
            assert!(!host.contains(['/', '?', '#', '@', '\\']), "{masked} of {url}");
        }
    }
}
