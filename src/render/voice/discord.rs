//! Discord: embeds, for the bot and for webhooks without one.
//!
//! What is told of one video is an embed with a field per alert, and so is each of up to ten videos. All else is one text:
//! many videos, digests, answers and notices come from the templates as for other services, written in Discord's Markdown,
//! and are the text of an embed. It holds twice as much as a plain message, nothing in it pings anybody, its links bring no
//! previews along, and titles with emoji stay links there (see [`markdown`]).
//!
//! A webhook without a bot has no buttons: nobody would hear of one that is pressed.

mod alert;
mod card;
mod fields;
mod limits;

use std::sync::Arc;

use super::Voice;
use crate::model::{Body, Embed, EmbedLink, EmbedMessage, UnixMillis};
use crate::render::chat::{ChatPage, ChatTemplates};
use crate::render::link::Link;
use crate::render::news::{DigestMessage, Part, VideoNews, WatchMessage};
use crate::render::room::EMBED;
use crate::render::several::headline;
use crate::render::view::{AnyView, Elsewhere};
use crate::render::views::Card;
use crate::render::{RenderError, buttons, markdown};
use limits::{EMBEDS_MAX, NAME_MAX_UTF16, fitted};

#[derive(Debug)]
pub(super) struct DiscordVoice {
    chats: Arc<ChatTemplates>,
    has_buttons: bool,
}

impl DiscordVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>, has_buttons: bool) -> DiscordVoice {
        DiscordVoice { chats, has_buttons }
    }

    fn body(&self, message: EmbedMessage) -> Body {
        let buttons = if self.has_buttons { message.buttons } else { Vec::new() };
        Body::Embed(EmbedMessage { buttons, ..message })
    }

    /// A text of a template, as of a moment where it has one.
    fn page(&self, page: ChatPage, at: Option<UnixMillis>) -> Body {
        let ChatPage { message, seen } = page;
        let embed = Embed { text: markdown::write(&seen), at, ..Embed::default() };
        self.body(EmbedMessage {
            embeds: vec![embed],
            buttons: message.buttons,
            picture: message.picture,
            file: message.file,
            ..EmbedMessage::default()
        })
    }

    /// All of it in one message with an embed per video, where that is possible.
    fn embeds(&self, message: &WatchMessage) -> Option<Part> {
        let told: Vec<(usize, &VideoNews)> = message.told().take(EMBEDS_MAX + 1).collect();
        let (embeds, text) = match *told.as_slice() {
            [] => return None,
            [(_, news)] => (vec![alert::single(message, news)], String::new()),
            _ => {
                let videos: Vec<&VideoNews> = told.iter().map(|(_, news)| *news).collect();
                (alert::each(message, &videos)?, above(message))
            }
        };
        let buttons = buttons::of_alert(message.subscription, &message.subject);
        let body = self.body(EmbedMessage { text, embeds, buttons, ..EmbedMessage::default() });
        Some(Part::new(body, told.iter().flat_map(|(index, news)| news.places(*index)).collect()))
    }
}

/// What stands above the embeds of several videos: the name of what is watched. It is no link, see [`markdown`].
fn above(message: &WatchMessage) -> String {
    let title = fitted(&headline(message).title, NAME_MAX_UTF16, markdown::escape);
    format!("**{title}**")
}

impl Voice for DiscordVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        if message.told().next().is_none() {
            return Ok(Vec::new());
        }
        match self.embeds(message) {
            Some(part) => Ok(vec![part]),
            None => self
                .chats
                .several(message, &EMBED, |page| self.page(page, Some(message.observed_at))),
        }
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.digest(message, &EMBED, |page| self.page(page, Some(message.now)))
    }

    fn answer(&self, mut view: AnyView) -> Result<Body, RenderError> {
        let about = view.about.take_if(|about| matches!(about, Elsewhere::Page(_)));
        let mut body = self.page(self.chats.page(view, &EMBED)?, None);
        if let (Body::Embed(message), Some(Elsewhere::Page(Link { title, url }))) =
            (&mut body, about)
            && let Some(embed) = message.embeds.first_mut()
        {
            embed.author = Some(EmbedLink { text: title, url });
        }
        Ok(body)
    }

    fn card(&self, card: &Card) -> Result<Body, RenderError> {
        Ok(self.body(EmbedMessage {
            embeds: vec![card::embed(card)],
            picture: card.picture.clone(),
            ..EmbedMessage::default()
        }))
    }
}
