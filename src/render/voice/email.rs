//! E-mail: what a program in a mailbox shows.
//!
//! Each message is a mail, and each part of one. There are no buttons: nobody would hear of one that is pressed, and the foot
//! says how mails end. Nobody writes to us there either, so of answers there are those alone that tell something by
//! themselves: notices, what shows that mails arrive, and what asks whether a mailbox is its reader's.

use std::sync::Arc;

use super::Voice;
use crate::model::{Body, MailMessage, Picture};
use crate::render::RenderError;
use crate::render::alert::AlertView;
use crate::render::digest::{Digest, DigestPart};
use crate::render::mail::{MailPage, MailTemplates, Mailed};
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::several::{Several, SeveralPart};
use crate::render::view::{AnyView, View};
use crate::render::views::ConfirmMail;

/// What all digests of an address are about.
const DIGEST: &str = "digest";

#[derive(Debug)]
pub(super) struct EmailVoice {
    mails: Arc<MailTemplates>,
}

impl EmailVoice {
    pub(super) const fn new(mails: Arc<MailTemplates>) -> EmailVoice {
        EmailVoice { mails }
    }
}

fn body(page: MailPage, thread: Option<String>, picture: Option<Picture>) -> Body {
    let MailPage { subject, text, html, .. } = page;
    Body::Mail(MailMessage { subject, text, html, thread, picture })
}

impl Voice for EmailVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        let of_watch = || Some(format!("watch-{}", message.subscription.0));
        let told: Vec<_> = message.told().collect();
        match *told.as_slice() {
            [] => Ok(Vec::new()),
            [(index, news)] => {
                let view = AlertView::new(message, news);
                let page = self.mails.fitted(AlertView::NAME, view.fields()?)?;
                let video = news.video.as_ref().map(|video| format!("video-{}", video.id));
                let body = body(page, video.or_else(of_watch), None);
                Ok(vec![Part::new(body, news.places(index))])
            }
            _ => {
                let parts = Several::new(message).parts(&*self.mails)?;
                let part = |part: SeveralPart<MailPage>| {
                    Part::new(body(part.page, of_watch(), None), part.told)
                };
                Ok(parts.into_iter().map(part).collect())
            }
        }
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        let parts = Digest::new(message).parts(&*self.mails)?;
        let shown = message.shown.as_ref().map(|(_, picture)| picture);
        let part = |DigestPart { page, told, has_top }: DigestPart<MailPage>| {
            let picture = shown.filter(|_| has_top).cloned();
            Part::new(body(page, Some(DIGEST.to_owned()), picture), told)
        };
        Ok(parts.into_iter().map(part).collect())
    }

    fn answer(&self, view: AnyView) -> Result<Body, RenderError> {
        let AnyView { name, fields, .. } = view;
        if !self.mails.has(name) {
            return Err(RenderError::NoAnswers);
        }
        let fields = fields?.as_object().cloned().unwrap_or_default();
        Ok(body(self.mails.fitted(name, fields)?, None, None))
    }

    fn confirm_mail(&self, asks: &ConfirmMail) -> Result<Body, RenderError> {
        self.answer(asks.into())
    }
}
