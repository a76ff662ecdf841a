//! What a channel is given of one message: made by `render`, kept in the store, sent by `notify`.

use std::borrow::Cow;

use super::{ChatMessage, EmbedMessage, MailMessage, Picture, TextFile};

/// One message as it leaves, the same at every attempt.
///
/// A variant is what one sort of receiver takes; a notifier sends those that it knows and refuses the others. Another chat
/// service brings a variant of its own. What goes along with a message (a
/// picture to be drawn, a file) stands in the variant as data, such as the numbers of a picture, and becomes bytes before it is
/// sent: the store keeps every body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// For a chat of Telegram's: the few tags of HTML that Telegram knows, with buttons and a preview. The general name is
    /// that of the first chat service, under which stores have it ([`BodyKind::Chat`]).
    Chat(ChatMessage),
    /// For a channel of Discord's: embeds.
    Embed(EmbedMessage),
    /// For a person's mailbox.
    Mail(MailMessage),
    /// For programs: JSON, sent as it is to the byte, because it is signed.
    Json(String),
    /// What a reader sees, and nothing else.
    Text(String),
}

/// Which variant of [`Body`] a text in the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// [`Body::Chat`], as JSON.
    Chat,
    /// [`Body::Embed`], as JSON.
    Embed,
    /// [`Body::Mail`], as JSON.
    Mail,
    /// [`Body::Json`].
    Json,
    /// [`Body::Text`].
    Text,
}

impl BodyKind {
    /// All kinds.
    pub const ALL: [BodyKind; 5] =
        [BodyKind::Chat, BodyKind::Embed, BodyKind::Mail, BodyKind::Json, BodyKind::Text];

    /// What the store calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            BodyKind::Chat => "chat",
            BodyKind::Embed => "embed",
            BodyKind::Mail => "mail",
            BodyKind::Json => "json",
            BodyKind::Text => "text",
        }
    }

    /// The kind of that name; `None`: there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<BodyKind> {
        BodyKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Body {
    /// Which variant it is.
    #[must_use]
    pub const fn kind(&self) -> BodyKind {
        match self {
            Body::Chat(_) => BodyKind::Chat,
            Body::Embed(_) => BodyKind::Embed,
            Body::Mail(_) => BodyKind::Mail,
            Body::Json(_) => BodyKind::Json,
            Body::Text(_) => BodyKind::Text,
        }
    }

    /// The picture that goes along with it.
    #[must_use]
    pub const fn picture(&self) -> Option<&Picture> {
        match self {
            Body::Chat(message) => message.picture.as_ref(),
            Body::Embed(message) => message.picture.as_ref(),
            Body::Mail(message) => message.picture.as_ref(),
            Body::Json(_) | Body::Text(_) => None,
        }
    }

    /// The file that goes along with it.
    #[must_use]
    pub const fn file(&self) -> Option<&TextFile> {
        match self {
            Body::Chat(message) => message.file.as_ref(),
            Body::Embed(message) => message.file.as_ref(),
            Body::Mail(_) | Body::Json(_) | Body::Text(_) => None,
        }
    }

    /// The same to be changed.
    pub const fn file_mut(&mut self) -> Option<&mut TextFile> {
        match self {
            Body::Chat(message) => message.file.as_mut(),
            Body::Embed(message) => message.file.as_mut(),
            Body::Mail(_) | Body::Json(_) | Body::Text(_) => None,
        }
    }

    /// The same, which mentions a role, where that is something that it can do.
    #[must_use]
    pub fn mentioning(self, role: Option<u64>) -> Body {
        match self {
            Body::Embed(message) => Body::Embed(EmbedMessage { mention: role, ..message }),
            Body::Chat(_) | Body::Mail(_) | Body::Json(_) | Body::Text(_) => self,
        }
    }

    /// The text that is kept of it, beside its kind.
    ///
    /// # Errors
    ///
    /// None is to be expected: all that it holds has a form in JSON.
    pub fn to_text(&self) -> Result<Cow<'_, str>, serde_json::Error> {
        match self {
            Body::Chat(message) => serde_json::to_string(message).map(Cow::Owned),
            Body::Embed(message) => serde_json::to_string(message).map(Cow::Owned),
            Body::Mail(message) => serde_json::to_string(message).map(Cow::Owned),
            Body::Json(text) | Body::Text(text) => Ok(Cow::Borrowed(text)),
        }
    }

    /// The body of which this text was kept.
    ///
    /// # Errors
    ///
    /// The text is no body of that kind.
    pub fn from_text(kind: BodyKind, text: String) -> Result<Body, serde_json::Error> {
        Ok(match kind {
            BodyKind::Chat => Body::Chat(serde_json::from_str(&text)?),
            BodyKind::Embed => Body::Embed(serde_json::from_str(&text)?),
            BodyKind::Mail => Body::Mail(serde_json::from_str(&text)?),
            BodyKind::Json => Body::Json(text),
            BodyKind::Text => Body::Text(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metric, Picture, PictureMark, UnixMillis};

    #[test]
    fn what_is_kept_of_a_body_becomes_the_same_body() {
        let chat = ChatMessage { html: "<b>&amp;</b>".to_owned(), ..ChatMessage::default() };
        let file =
            TextFile { name: "a.json".to_owned(), text: "{\"a\": \"\u{e4}\0\"}\n".to_owned() };
        let pictured = ChatMessage { picture: Some(picture()), ..chat.clone() };
        for body in [
            Body::Chat(chat.clone()),
            Body::Chat(pictured.clone()),
            Body::Chat(ChatMessage { file: Some(file.clone()), ..chat }),
            Body::Embed(EmbedMessage { file: Some(file), ..EmbedMessage::default() }),
            Body::Embed(EmbedMessage {
                picture: pictured.picture.clone(),
                ..EmbedMessage::default()
            }),
            Body::Mail(MailMessage { picture: pictured.picture, ..MailMessage::default() }),
            Body::Json("{}".to_owned()),
            Body::Text("<b>".to_owned()),
        ] {
            let kind = BodyKind::from_name(body.kind().name()).unwrap();
            let text = body.to_text().unwrap().into_owned();
            let kept = Body::from_text(kind, text).unwrap();
            assert_eq!(kept, body);
            assert_eq!((kept.picture(), kept.file()), (body.picture(), body.file()));
        }
        assert_eq!(BodyKind::from_name("fax"), None);
        assert!(Body::from_text(BodyKind::Chat, "hello".to_owned()).is_err());
    }

    fn picture() -> Picture {
        let at = UnixMillis(1_795_266_180_000);
        Picture {
            metric: Metric::Views,
            points: vec![
                (UnixMillis(0), Some(u64::MAX)),
                (at, None),
                (UnixMillis(at.0 + 1), Some(0)),
            ],
            marks: vec![PictureMark::Passed(at, 1_000), PictureMark::Renamed(at)],
            tz: "Europe/Madrid".to_owned(),
        }
    }

    #[test]
    fn a_message_outlives_a_picture_or_file_that_cannot_be_read() {
        let plain = Body::Chat(ChatMessage { html: "hello".to_owned(), ..ChatMessage::default() });
        for kept in [
            r#"{"html":"hello"}"#,
            r#"{"html":"hello","picture":null}"#,
            r#"{"html":"hello","picture":"drawn"}"#,
            r#"{"html":"hello","picture":{"metric":"smiles","points":[],"tz":"UTC"}}"#,
            r#"{"html":"hello","file":7}"#,
            r#"{"html":"hello","file":{"name":"a.json"}}"#,
        ] {
            assert_eq!(Body::from_text(BodyKind::Chat, kept.to_owned()).unwrap(), plain, "{kept}");
        }
    }
}
