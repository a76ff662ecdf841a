//! What messages of one sort are written on: their templates, and how much one message holds.
//!
//! Whoever divides what is told into messages ([`super::parts`]) needs to know no more of a channel than this.

use serde_json::{Map, Value as Json};

use super::RenderError;
use super::room::{Bounds, Fill};

/// The fields of a message.
pub(super) type Fields = Map<String, Json>;

/// A sort of paper.
pub(super) trait Paper {
    /// One message on it.
    type Page;

    /// Renders the message of this name as it is. `beside` are fields that not every channel shows, and whose making takes
    /// time.
    fn write(
        &self,
        name: &'static str,
        fields: Fields,
        beside: impl FnOnce() -> Result<Fields, RenderError>,
    ) -> Result<Self::Page, RenderError>;

    /// How much a page takes.
    fn fill(&self, page: &Self::Page) -> Fill;

    /// How much there is room for.
    fn bounds(&self) -> &Bounds;

    /// Whether a page is one message: one that is empty is refused just as one that is too long.
    fn holds(&self, page: &Self::Page) -> bool;

    /// The page with a text in the place of a character.
    fn replace(page: Self::Page, stand_in: char, text: &str) -> Self::Page;

    /// The file to blame where a message gets too long.
    fn file(name: &str) -> String;
}
