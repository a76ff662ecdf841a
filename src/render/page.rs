//! One message of a chat: a view goes through its template and fits.

use handlebars::Context;
use serde_json::Value as Json;

use super::html::{self, Parsed};
use super::paper::{Fields, Paper};
use super::room::{Bounds, Fill, Room};
use super::templates::{Form, Templates};
use super::{RenderError, cut};

/// The path of a message's template, relative to the folder of templates.
pub(super) fn file_of(name: &str) -> String {
    Form::Chat.file_of(name)
}

/// The messages of a chat.
pub(super) struct ChatPaper<'a> {
    pub(super) templates: &'a Templates,
    pub(super) room: &'a Room,
}

/// A text with what a reader sees of it.
pub(super) type Written = (String, Parsed);

impl Paper for ChatPaper<'_> {
    type Page = Written;

    fn write(
        &self,
        name: &'static str,
        fields: Fields,
        _beside: impl FnOnce() -> Result<Fields, RenderError>,
    ) -> Result<Written, RenderError> {
        once(self.templates, name, Json::Object(fields))
    }

    fn fill(&self, (_, seen): &Written) -> Fill {
        self.room.fill(seen)
    }

    fn bounds(&self) -> &Bounds {
        &self.room.bounds
    }

    fn holds(&self, (_, seen): &Written) -> bool {
        self.room.holds(seen)
    }

    fn replace((html, seen): Written, stand_in: char, text: &str) -> Written {
        (html.replace(stand_in, text), seen.replace(stand_in, text))
    }

    fn file(name: &str) -> String {
        file_of(name)
    }
}

/// Renders a view so that it fits, below `above`, into one message of each of these sorts; returns it with what a reader sees of
/// it.
pub(super) fn fitted(
    templates: &Templates,
    name: &'static str,
    view: &Json,
    above: &str,
    rooms: &[&Room],
) -> Result<Written, RenderError> {
    let fitted = cut::fit::<_, RenderError>(view, |view| {
        let (mut html, mut parsed) = once(templates, name, view)?;
        if !above.is_empty() {
            html.insert_str(0, above);
            let file = || file_of(name);
            parsed =
                html::parse(&html).map_err(|cause| RenderError::Html { file: file(), cause })?;
        }
        let fits = rooms.iter().all(|room| room.holds(&parsed));
        Ok(fits.then_some((html, parsed)))
    })?;
    fitted.ok_or_else(|| RenderError::TooLong { file: file_of(name) })
}

/// Renders a view as it is. Of one whose text has no end, only that no message holds it is said.
pub(super) fn once(
    templates: &Templates,
    name: &'static str,
    view: Json,
) -> Result<Written, RenderError> {
    let Some(html) = templates.render((name, Form::Chat), &Context::from(view))? else {
        return Ok((String::new(), Parsed::endless()));
    };
    let html = html.trim();
    let file = || file_of(name);
    let parsed = html::parse(html).map_err(|cause| RenderError::Html { file: file(), cause })?;
    Ok((html.to_owned(), parsed))
}
