//! What each message is for `render`: fields, buttons, and samples of them.

use serde::Serialize;

use crate::model::Button;

/// A message that can be rendered: its fields, its buttons and its samples.
pub trait View: Serialize + Sized {
    /// The folder of its template, and what `preview` calls it.
    const NAME: &'static str;

    /// Values that take every branch of the template. The first is shown by `preview`; the last is hostile.
    fn samples() -> Vec<Self>;

    /// The rows of buttons under it.
    fn buttons(&self) -> Vec<Vec<Button>> {
        Vec::new()
    }

    /// Whether the chat may show a preview of the first link.
    fn preview(&self) -> bool {
        false
    }
}
