//! Which messages are sent by mail, and what their templates have beside the fields of a chat's.

use serde::Serialize;
use serde_json::Value as Json;

use super::{FRAME, FRAME_CONTENT, Frame};
use crate::model::MailMessage;
use crate::render::RenderError;
use crate::render::alert::AlertView;
use crate::render::digest::DigestView;
use crate::render::lead::{Beside, Lead, Shown};
use crate::render::paper::Fields;
use crate::render::sample::HOSTILE;
use crate::render::several::AlertsView;
use crate::render::view::View;
use crate::render::views::{ConfirmMail, Notice, Test};

/// A message that is sent by mail.
pub(in crate::render) trait Mailed: View {
    /// The fields that only mails have.
    fn beside(&self) -> Result<Fields, RenderError> {
        Ok(Fields::new())
    }

    /// All fields of the templates of its mail.
    fn fields(&self) -> Result<Fields, RenderError> {
        let mut fields = as_object(self)?;
        fields.extend(self.beside()?);
        Ok(fields)
    }
}

impl Mailed for AlertView {
    fn beside(&self) -> Result<Fields, RenderError> {
        as_object(&Beside { lead: Lead::of(&self.lines.items), picture: None })
    }
}

impl Mailed for AlertsView {
    fn beside(&self) -> Result<Fields, RenderError> {
        as_object(&Beside { lead: &self.lead, picture: None })
    }
}

impl Mailed for DigestView {
    fn beside(&self) -> Result<Fields, RenderError> {
        as_object(&Beside { lead: &self.lead, picture: self.has_picture.then_some(Shown::FITTING) })
    }
}

impl Mailed for ConfirmMail {}

impl Mailed for Notice {}

impl Mailed for Test {}

/// One mail with its samples.
pub(in crate::render) struct MailKind {
    pub(in crate::render) name: &'static str,
    pub(in crate::render) samples: fn() -> Vec<Result<Fields, RenderError>>,
}

const fn kind<V: Mailed>() -> MailKind {
    MailKind { name: V::NAME, samples: || V::samples().iter().map(Mailed::fields).collect() }
}

/// All messages that are sent by mail, and their frame.
pub(in crate::render) const fn kinds() -> [MailKind; 7] {
    [
        kind::<AlertView>(),
        kind::<AlertsView>(),
        kind::<ConfirmMail>(),
        kind::<DigestView>(),
        MailKind { name: FRAME, samples: frames },
        kind::<Notice>(),
        kind::<Test>(),
    ]
}

fn frames() -> Vec<Result<Fields, RenderError>> {
    let frame = |subject: &'static str, has_links: bool, contact: Option<&'static str>| Frame {
        subject,
        content: FRAME_CONTENT,
        is_question: false,
        unsubscribe_url: has_links.then_some(MailMessage::UNSUBSCRIBE),
        contact,
    };
    let frames = [
        frame("+290 views", true, None),
        frame("+290 views", false, Some("admin@example.org")),
        frame("+290 views", false, None),
        Frame { is_question: true, ..frame("Do you want mails?", true, None) },
        Frame { is_question: true, ..frame("Do you want mails?", false, Some(HOSTILE)) },
        frame(HOSTILE, true, Some(HOSTILE)),
    ];
    frames.iter().map(as_object).collect()
}

fn as_object(view: &impl Serialize) -> Result<Fields, RenderError> {
    Ok(match serde_json::to_value(view)? {
        Json::Object(fields) => fields,
        _ => Fields::new(),
    })
}
