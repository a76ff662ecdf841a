//! `tubebell preview`: what a message looks like, with the operator's templates.

use std::io::Write;
use std::path::Path;

use super::context::{Context, stdout};
use super::fault::Fault;
use crate::model::MailMessage;
use crate::render::{PreviewError, Renderer};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The message; without it, all names are listed
    template: Option<String>,
    /// As which channel shows it: telegram or email
    #[arg(long, value_enum, default_value_t = Look::Telegram)]
    channel: Look,
    /// The HTML of the mail, to be opened in a browser
    #[arg(long)]
    html: bool,
}

/// What a message is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Look {
    Telegram,
    Email,
}

/// Stands in a preview for the link that ends mails.
const LINK: &str = "https://example.org/unsubscribe";

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let mut out = stdout();
    let is_mail = args.html || args.channel == Look::Email;
    let Some(name) = &args.template else {
        let names = if is_mail { Renderer::mail_names() } else { Renderer::names() };
        for name in names {
            writeln!(out, "{name}")?;
        }
        return Ok(out.flush()?);
    };
    let renderer = renderer(&context.templates()?).map_err(Fault::templates)?;
    let shown = if is_mail { mail(renderer, name, args.html) } else { renderer.preview(name) };
    match shown {
        Ok(text) => writeln!(out, "{text}")?,
        Err(
            error @ (PreviewError::Unknown { .. }
            | PreviewError::NoMail { .. }
            | PreviewError::OnlyMail(_)),
        ) => {
            return Err(Fault::wrong(error.to_string()));
        }
        Err(PreviewError::Render(error)) => return Err(Fault::Failed(error.into())),
    }
    Ok(out.flush()?)
}

/// A mail: its subject and its plain text, or its HTML.
fn mail(renderer: Renderer, name: &str, is_html: bool) -> Result<String, PreviewError> {
    let MailMessage { subject, text, html, .. } =
        renderer.with_mail_foot(true, None).preview_mail(name)?;
    let shown = if is_html { html } else { format!("Subject: {subject}\n\n{text}") };
    Ok(shown.replace(MailMessage::UNSUBSCRIBE, LINK))
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
