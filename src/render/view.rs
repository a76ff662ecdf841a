//! What is said in one message, as plain data, the same for all channels.

use serde::Serialize;
use serde_json::Value as Json;

use super::link::Link;
use crate::model::{Button, Picture, TextFile};

/// The fields of one message, its buttons and its samples.
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

    /// The picture that goes along with it, where the channel has room for one.
    fn picture(&self) -> Option<Picture> {
        None
    }

    /// The file that goes along with it, in place of a picture; its length is at most [`TextFile::BYTES_MAX`]. Where the channel has
    /// no files, the text stands alone.
    fn file(&self) -> Option<TextFile> {
        None
    }
}

/// A place that an answer is about and does not stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// One that has a page.
    Page(Link),
    /// Another address of whoever reads it.
    Address(String),
}

/// A [`View`] of any message, to be handed on by whoever need not know which.
#[derive(Debug)]
pub struct AnyView {
    /// Which message.
    pub name: &'static str,
    /// Its fields, as templates name them; or why a value has no form in JSON, which whoever renders the view says.
    pub fields: serde_json::Result<Json>,
    /// The rows of buttons under it.
    pub buttons: Vec<Vec<Button>>,
    /// Whether the chat may show a preview of the first link.
    pub preview: bool,
    /// The picture that goes along with it.
    pub picture: Option<Picture>,
    /// The file that goes along with it; there is no picture then.
    pub file: Option<TextFile>,
    /// The place that it is about, where it is not the one in which it stands.
    pub about: Option<Elsewhere>,
}

impl<V: View> From<&V> for AnyView {
    fn from(view: &V) -> AnyView {
        let file = view.file();
        AnyView {
            name: V::NAME,
            fields: serde_json::to_value(view),
            buttons: view.buttons(),
            preview: view.preview(),
            picture: view.picture().filter(|_| file.is_none()),
            file,
            about: None,
        }
    }
}
