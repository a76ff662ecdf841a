//! Sending and editing texts, photos and files: what Telegram checks, in its order.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Refusal};
use super::autolink;
use super::chats;
use super::document;
use super::html;
use super::keyboard;
use super::params::Params;
use super::photo;
use super::state::State;
use crate::world::World;
use crate::world::chats::{Button, Chat, Document, Message, Photo};
use crate::world::entity::{Entity, EntityKind, Formatted};

/// Longest text of a message, in code points after parsing. Source: TDLib `OptionManager.cpp`, `utf8_length`.
pub(super) const TEXT_MAX_CHARS: usize = 4096;
/// Longest caption of a photo or a file, counted in the same way.
const CAPTION_MAX_CHARS: usize = 1024;
const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";

impl State {
    pub(super) fn send_message(&mut self, world: &mut World, params: &Params) -> Answer {
        let formatted = text(world, params)?;
        let buttons = keyboard::read(params)?;
        writable(world, params)?;
        if formatted.text.chars().count() > TEXT_MAX_CHARS {
            return Err(Refusal::bad_request("message is too long"));
        }
        let preview = wants_preview(params)?;
        let html = params.text("text");
        let message = Draft { formatted, html, buttons, preview, ..Draft::default() };
        self.send(world, params, message)
    }

    pub(super) fn send_photo(&mut self, world: &mut World, params: &Params) -> Answer {
        let formatted = caption(world, params)?;
        let buttons = keyboard::read(params)?;
        let photo = photo::read(params, "photo")?;
        chats::chat(world, &params.text("chat_id"))?.check_photos()?;
        let html = params.text("caption");
        let message = Draft { photo: Some(photo), formatted, html, buttons, ..Draft::default() };
        self.send(world, params, message)
    }

    pub(super) fn send_document(&mut self, world: &mut World, params: &Params) -> Answer {
        let formatted = caption(world, params)?;
        let buttons = keyboard::read(params)?;
        let document = document::read(params, "document", self.options.document_max_bytes)?;
        let (document, html) = (Some(document), params.text("caption"));
        let message = Draft { document, formatted, html, buttons, ..Draft::default() };
        self.send(world, params, message)
    }

    fn send(&mut self, world: &mut World, params: &Params, draft: Draft) -> Answer {
        let Draft { photo, document, formatted, html, buttons, preview } = draft;
        let chat = writable(world, params)?;
        let thread = thread(chat, params)?;
        let reply_to = reply(chat, params)?;
        self.pace_out(chat.id)?;
        let message = Message {
            id: world.last_message_id + 1,
            chat: chat.id,
            thread,
            from: None,
            date: world.now(),
            edited: None,
            photo,
            document,
            text: formatted.text,
            entities: formatted.entities,
            html,
            buttons,
            silent: params.flag("disable_notification"),
            preview,
            reply_to,
        };
        let answer = self.message_json(world, &message);
        world.write(message, self.options.kept_messages);
        self.counters.sent += 1;
        Ok(answer)
    }

    pub(super) fn edit_message_text(&mut self, world: &mut World, params: &Params) -> Answer {
        let formatted = text(world, params)?;
        let raw = params.text("text");
        let preview = wants_preview(params)?;
        self.edit(world, params, move |message| {
            if message.has_caption() {
                return Err(Refusal::bad_request("there is no text in the message to edit"));
            }
            if formatted.text.chars().count() > TEXT_MAX_CHARS {
                return Err(Refusal::bad_request("MESSAGE_TOO_LONG"));
            }
            message.text = formatted.text;
            message.entities = formatted.entities;
            message.html = raw;
            message.preview = preview;
            Ok(())
        })
    }

    pub(super) fn edit_message_caption(&mut self, world: &mut World, params: &Params) -> Answer {
        let formatted = caption(world, params)?;
        let raw = params.text("caption");
        self.edit(world, params, move |message| {
            if !message.has_caption() {
                return Err(Refusal::bad_request("there is no caption in the message to edit"));
            }
            message.text = formatted.text;
            message.entities = formatted.entities;
            message.html = raw;
            Ok(())
        })
    }

    /// A text alone becomes a photo or a file by this; there is no way back.
    pub(super) fn edit_message_media(&mut self, world: &mut World, params: &Params) -> Answer {
        let media = params.within("media")?;
        let media = media.ok_or_else(|| Refusal::bad_request("input media is not specified"))?;
        let formatted = caption(world, &media)?;
        let (photo, document) = match media.text("type").as_str() {
            "photo" => {
                let photo = photo::read(&media, "media")?;
                chats::chat(world, &params.text("chat_id"))?.check_photos()?;
                (Some(photo), None)
            }
            "document" => {
                let bytes_max = self.options.document_max_bytes;
                (None, Some(document::read(&media, "media", bytes_max)?))
            }
            _ => {
                let reason = "can't parse InputMedia: type must be photo or document here";
                return Err(Refusal::bad_request(reason));
            }
        };
        self.edit(world, params, move |message| {
            (message.photo, message.document) = (photo, document);
            message.text = formatted.text;
            message.entities = formatted.entities;
            message.html = media.text("caption");
            message.preview = false;
            Ok(())
        })
    }

    pub(super) fn edit_message_reply_markup(
        &mut self,
        world: &mut World,
        params: &Params,
    ) -> Answer {
        self.edit(world, params, |_| Ok(()))
    }

    fn edit(
        &mut self,
        world: &mut World,
        params: &Params,
        change: impl FnOnce(&mut Message) -> Result<(), Refusal>,
    ) -> Answer {
        let buttons = keyboard::read(params)?;
        if params.text("chat_id").is_empty() || params.text("message_id").is_empty() {
            return Err(Refusal::bad_request("message identifier is not specified"));
        }
        let chat = writable(world, params)?;
        let id = params.integer("message_id").unwrap_or(0);
        let current = chat.message(id).cloned();
        let current = current.ok_or_else(|| Refusal::bad_request("message to edit not found"))?;
        if current.from.is_some() {
            return Err(Refusal::bad_request("message can't be edited"));
        }
        let mut edited = Message { buttons, ..current.clone() };
        change(&mut edited)?;
        let is_same = edited.photo == current.photo
            && edited.document == current.document
            && edited.text == current.text
            && edited.entities == current.entities
            && edited.buttons == current.buttons;
        if is_same {
            return Err(Refusal::bad_request(NOT_MODIFIED));
        }
        self.pace_out(current.chat)?;
        edited.edited = Some(world.now());
        let answer = self.message_json(world, &edited);
        let held = world.chats.get_mut(&current.chat);
        if let Some(place) = held.and_then(|chat| chat.messages.iter_mut().find(|m| m.id == id)) {
            *place = edited;
        }
        self.counters.edited += 1;
        Ok(answer)
    }

    fn pace_out(&mut self, chat: i64) -> Result<(), Refusal> {
        let now = Instant::now();
        self.pace.take(self.options.limits, chat, now).map_err(Refusal::too_many)
    }
}

/// What a person writes now, as Telegram would pass it on.
pub(super) fn incoming(
    world: &World,
    text: &str,
    from: i64,
    chat: i64,
    thread: Option<i64>,
) -> Message {
    let raw = Formatted { text: text.to_owned(), entities: Vec::new() };
    let mut clean = raw.cleaned();
    autolink::add(&mut clean);
    Message {
        id: world.last_message_id + 1,
        chat,
        thread,
        from: Some(from),
        date: world.now(),
        edited: None,
        photo: None,
        document: None,
        text: clean.text,
        entities: clean.entities,
        html: text.to_owned(),
        buttons: Vec::new(),
        silent: false,
        preview: true,
        reply_to: None,
    }
}

/// What is about to be sent.
#[derive(Default)]
struct Draft {
    photo: Option<Photo>,
    document: Option<Document>,
    formatted: Formatted,
    html: String,
    buttons: Vec<Vec<Button>>,
    preview: bool,
}

/// The text of a message, which must not be empty.
fn text(world: &World, params: &Params) -> Result<Formatted, Refusal> {
    let text = formatted(world, params, ["text", "entities"])?;
    if text.text.is_empty() {
        return Err(Refusal::bad_request("message text is empty"));
    }
    Ok(text)
}

/// The caption of a photo or a file, which may be.
fn caption(world: &World, params: &Params) -> Result<Formatted, Refusal> {
    let caption = formatted(world, params, ["caption", "caption_entities"])?;
    if caption.text.chars().count() > CAPTION_MAX_CHARS {
        return Err(Refusal::bad_request("message caption is too long"));
    }
    Ok(caption)
}

/// Text and entities of a request, from the parameters of these names, as Telegram would store them.
fn formatted(
    world: &World,
    params: &Params,
    [text, entities]: [&str; 2],
) -> Result<Formatted, Refusal> {
    let text = params.text(text);
    let mut formatted = match params.text("parse_mode").to_ascii_lowercase().as_str() {
        "html" => html::parse(&text)
            .map_err(|reason| Refusal::bad_request(&format!("can't parse entities: {reason}")))?,
        // Markdown is what the sandbox does not read: refused, so that nobody believes it was checked.
        "markdown" | "markdownv2" | "" => {
            if !params.text("parse_mode").is_empty() {
                return Err(Refusal::bad_request("unsupported parse_mode"));
            }
            Formatted { text, entities: given_entities(params, entities)? }
        }
        _ => return Err(Refusal::bad_request("unsupported parse_mode")),
    };
    for entity in &mut formatted.entities {
        if let EntityKind::TextMention { user } = &mut entity.kind
            && let Some(known) = world.users.get(&user.id)
        {
            user.first_name.clone_from(&known.name);
        }
    }
    // A mention of somebody the bot has never met is dropped.
    formatted.entities.retain(|entity| match &entity.kind {
        EntityKind::TextMention { user } => world.users.contains_key(&user.id),
        _ => true,
    });
    let mut clean = formatted.cleaned();
    autolink::add(&mut clean);
    Ok(clean)
}

/// The chat of a request, when the bot may write there.
fn writable<'a>(world: &'a World, params: &Params) -> Result<&'a Chat, Refusal> {
    let chat = chats::chat(world, &params.text("chat_id"))?;
    chat.check()?;
    Ok(chat)
}

fn thread(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(thread) = params.integer("message_thread_id").filter(|thread| *thread != 0) else {
        return Ok(None);
    };
    if chat.topics.contains_key(&thread) {
        Ok(Some(thread))
    } else {
        Err(Refusal::bad_request("message thread not found"))
    }
}

fn reply(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(reply) = params.object::<Value>("reply_parameters")? else { return Ok(None) };
    match reply["message_id"].as_i64().filter(|id| chat.message(*id).is_some()) {
        Some(id) => Ok(Some(id)),
        None if reply["allow_sending_without_reply"] == json!(true) => Ok(None),
        None => Err(Refusal::bad_request("message to be replied not found")),
    }
}

fn wants_preview(params: &Params) -> Result<bool, Refusal> {
    let options = params.object::<Value>("link_preview_options")?;
    Ok(options.is_none_or(|options| options["is_disabled"] != json!(true)))
}

/// Entities that are given as such; what Telegram finds by itself is passed over, as are stretches outside the text.
fn given_entities(params: &Params, name: &str) -> Result<Vec<Entity>, Refusal> {
    let given = params.object::<Vec<Entity>>(name)?.unwrap_or_default();
    Ok(given.into_iter().filter(|e| !e.kind.is_automatic() && e.length > 0).collect())
}
