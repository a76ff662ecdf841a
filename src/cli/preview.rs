//! `tubebell preview`: what a message looks like, with the operator's templates.

use std::io::Write;
use std::path::Path;

use super::context::{Context, stdout};
use super::fault::Fault;
use crate::render::{PreviewError, Renderer};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The message; without it, all names are listed
    template: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let mut out = stdout();
    let Some(name) = &args.template else {
        for name in Renderer::names() {
            writeln!(out, "{name}")?;
        }
        return Ok(out.flush()?);
    };
    let renderer = renderer(&context.templates()?).map_err(Fault::templates)?;
    match renderer.preview(name) {
        Ok(text) => writeln!(out, "{text}")?,
        Err(error @ PreviewError::Unknown { .. }) => return Err(Fault::wrong(error.to_string())),
        Err(PreviewError::Render(error)) => return Err(Fault::Failed(error.into())),
    }
    Ok(out.flush()?)
}

/// The templates with the operator's over them.
///
/// # Errors
///
/// One line per mistake.
pub(super) fn renderer(folder: &Path) -> Result<Renderer, Vec<String>> {
    let files = crate::app::templates(folder)
        .map_err(|error| vec![format!("{:#}", anyhow::Error::from(error))])?;
    Renderer::new(&files).map_err(|errors| {
        errors.iter().map(|error| format!("{}/{error}", folder.display())).collect()
    })
}
