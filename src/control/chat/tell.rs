//! How a turn is answered: in the voice of the chat's channel.

use crate::control::seams::{ReplyError, Said};
use crate::model::Body;
use crate::render::AnyView;

use super::answer::{Answer, sentence};
use super::turn::Turn;

impl Turn<'_> {
    /// Sends an answer. What does not arrive is logged: the effect stands, and the chat may be gone.
    pub(super) async fn tell(&self, answer: Answer) {
        let reply = &self.control.reply;
        let Answer { mut message, replacement, toast, is_for_asker } = answer;
        if let Some(question) = &self.along.question {
            let said = |view: Option<AnyView>| view.and_then(|view| self.said(view));
            let (message, replacement) = (said(message), said(replacement));
            let said = Said { message, replacement, toast, is_for_asker };
            self.not_arrived(reply.answer(question, said).await);
            return;
        }
        if let Some((callback, pressed)) = self.button {
            reply.toast(callback, toast.as_deref().unwrap_or_default()).await;
            match pressed {
                Some(id) => {
                    if let Some(replacement) = replacement.and_then(|view| self.said(view)) {
                        reply.edit(self.here(), &self.owner, id, replacement).await;
                    }
                }
                // A message that can't be changed any more is followed by what would have replaced it.
                None => message = message.or(replacement),
            }
        }
        if let Some(message) = message.and_then(|view| self.said(view)) {
            self.not_arrived(reply.message(self.here(), &self.owner, message).await);
        }
    }

    fn not_arrived(&self, told: Result<(), ReplyError>) {
        if let Err(error) = told {
            tracing::warn!(chat = %self.here().masked(), %error, "an answer did not arrive");
        }
    }

    /// A view in the voice of this chat's channel; `None`: there are no words for it, nor for an apology.
    fn said(&self, view: AnyView) -> Option<Body> {
        let channel = self.here().channel();
        let view = AnyView { about: self.about(), ..view };
        let said = self.control.renderer.answer(channel, view).or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an answer could not be rendered"
            );
            let sorry = sentence("I can't put the answer into words: tell whoever runs me.", None);
            self.control.renderer.answer(channel, (&sorry).into())
        });
        said.ok()
    }
}
