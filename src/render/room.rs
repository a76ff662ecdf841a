//! How much one message holds, counted as its channel counts: whatever is cut, or divided into parts, is so to fit into one.

use super::html::{self, Parsed};
use super::markdown;

/// What one message holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Longest text, in the units in which it is counted.
    pub(super) units: usize,
    /// Most tags.
    pub(super) tags: usize,
}

/// What one sort of message of a chat holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Its text in UTF-16 units.
    pub(super) bounds: Bounds,
    /// How long the channel finds a text, in UTF-16 units.
    length: fn(&Parsed) -> usize,
}

/// A message of Telegram's: what is seen of a text counts.
pub(super) const MESSAGE: Room = Room {
    bounds: Bounds { units: html::TEXT_MAX_UTF16, tags: html::TAGS_MAX },
    length: Parsed::utf16_len,
};

/// The same of a message with a file, of which the text is the caption.
const CAPTION: Room = Room {
    bounds: Bounds { units: html::CAPTION_MAX_UTF16, tags: html::TAGS_MAX },
    length: Parsed::utf16_len,
};

/// What holds a message of Telegram's, with a file or without. A picture needs no room of its own: where the text is too long
/// to be its caption, it is left out.
pub(super) const fn of_message(has_file: bool) -> &'static Room {
    if has_file { &CAPTION } else { &MESSAGE }
}

/// The text of an embed of Discord's: Markdown counts as it is written. No bound of its tags is known, and there is no room
/// for as many as stand here.
pub(super) const EMBED: Room = Room {
    bounds: Bounds { units: markdown::TEXT_MAX_UTF16, tags: 1000 },
    length: markdown::utf16_len,
};

/// How much of a message is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fill {
    /// How long the text is.
    pub(super) units: usize,
    pub(super) tags: usize,
}

impl Fill {
    pub(super) const fn plus(self, more: Fill) -> Fill {
        Fill { units: self.units + more.units, tags: self.tags + more.tags }
    }
}

impl Bounds {
    /// Whether there is room for so much.
    pub(super) const fn fits(&self, fill: Fill) -> bool {
        fill.units <= self.units && fill.tags <= self.tags
    }

    /// The share that is used; 1 is a full message.
    pub(super) fn share(&self, fill: Fill) -> f64 {
        let units = fill.units as f64 / self.units as f64;
        units.max(fill.tags as f64 / self.tags as f64)
    }

    /// The share that one unit of text takes.
    pub(super) fn share_per_unit(&self) -> f64 {
        1.0 / self.units as f64
    }
}

impl Room {
    /// How much a text takes.
    pub(super) fn fill(&self, seen: &Parsed) -> Fill {
        Fill { units: (self.length)(seen), tags: seen.tags }
    }

    /// Whether a text is one message: one that is empty is refused just as one that is too long.
    pub(super) fn holds(&self, seen: &Parsed) -> bool {
        self.bounds.fits(self.fill(seen)) && !seen.is_empty()
    }
}
