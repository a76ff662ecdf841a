//! One message of a chat: a view goes through its template and fits.

use std::io;

use handlebars::Context;
use serde_json::Value as Json;

use super::html::{self, Parsed};
use super::room::Room;
use super::templates::Templates;
use super::{RenderError, cut};

/// The path of a message's template, relative to the folder of templates.
pub(super) fn file_of(name: &str) -> String {
    format!("{name}/telegram.html.hbs")
}

/// Renders a view so that it fits into one message of each of these sorts; returns it with what a reader sees of it.
pub(super) fn fitted(
    templates: &Templates,
    name: &str,
    view: &Json,
    rooms: &[&Room],
) -> Result<(String, Parsed), RenderError> {
    let fitted = cut::fit::<_, RenderError>(view, |view| {
        let (html, parsed) = once(templates, name, view)?;
        let fits = rooms.iter().all(|room| room.holds(&parsed));
        Ok(fits.then_some((html, parsed)))
    })?;
    fitted.ok_or_else(|| RenderError::TooLong { file: file_of(name) })
}

/// Longest text that is rendered before it is cut, in bytes: many times what fits into a message with all its tags.
const PAGE_MAX_BYTES: usize = 256 * 1024;

/// What a template writes on.
#[derive(Default)]
struct Paper {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Paper {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + text.len() > PAGE_MAX_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Renders a view as it is. Of one whose text has no end, only that no message holds it is said.
pub(super) fn once(
    templates: &Templates,
    name: &str,
    view: Json,
) -> Result<(String, Parsed), RenderError> {
    let file = || file_of(name);
    let mut paper = Paper::default();
    let rendered = templates.render(name, &Context::from(view), &mut paper);
    if paper.is_full {
        return Ok((String::new(), Parsed::endless()));
    }
    rendered.map_err(|cause| RenderError::Template { file: file(), cause })?;
    let html = String::from_utf8_lossy(&paper.bytes);
    let html = html.trim();
    let parsed = html::parse(html).map_err(|cause| RenderError::Html { file: file(), cause })?;
    Ok((html.to_owned(), parsed))
}
