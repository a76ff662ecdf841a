//! A letter as its reader sees it: decoded, and taken apart into what it has to say and to show.

use mail_parser::{Address, MessageParser, MimeHeaders as _, PartType};

/// A letter, read by a parser that is not the sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject; empty without one.
    pub subject: String,
    /// Who wrote it, as it says itself.
    pub from: Vec<Mailbox>,
    /// Whom it is for, as it says itself.
    pub to: Vec<Mailbox>,
    /// Its id, without the brackets.
    pub message_id: Option<String>,
    /// Names and values in their order; values in one line each, with encoded words as they are.
    pub headers: Vec<(String, String)>,
    /// The part in plain text.
    pub text: Option<String>,
    /// The part in HTML.
    pub html: Option<String>,
    /// The pictures that the HTML can name.
    pub pictures: Vec<Picture>,
}

/// A name with an address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mailbox {
    /// As people call them.
    pub name: Option<String>,
    /// `local@domain`.
    pub address: String,
}

/// A part that has a Content-ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What stands behind `cid:`.
    pub content_id: String,
    /// What it says it is, such as `image/png`.
    pub content_type: String,
    /// The picture.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Reads a letter; `None`: it has not even a header.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Letter> {
        let message = MessageParser::default().parse(raw)?;
        let header = message.headers_raw();
        let headers = header.map(|(name, value)| (name.to_owned(), unfold(value))).collect();
        let text = message.parts.iter().find_map(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        });
        let html = message.parts.iter().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.clone().into_owned()),
            _ => None,
        });
        let pictures = message.parts.iter().filter_map(|part| {
            let (PartType::Binary(bytes) | PartType::InlineBinary(bytes)) = &part.body else {
                return None;
            };
            let kind = part.content_type()?;
            Some(Picture {
                content_id: part.content_id()?.trim_matches(['<', '>']).to_owned(),
                content_type: format!("{}/{}", kind.ctype(), kind.subtype()?).to_ascii_lowercase(),
                bytes: bytes.clone().into_owned(),
            })
        });
        Some(Letter {
            subject: message.subject().unwrap_or_default().to_owned(),
            from: mailboxes(message.from()),
            to: mailboxes(message.to()),
            message_id: message.message_id().map(str::to_owned),
            headers,
            text,
            html,
            pictures: pictures.collect(),
        })
    }

    /// The value of a header, in one line, with encoded words as they are. The first, if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }

    /// The picture that `cid:` with this id shows.
    #[must_use]
    pub fn picture(&self, content_id: &str) -> Option<&Picture> {
        self.pictures.iter().find(|picture| picture.content_id == content_id)
    }
}

fn mailboxes(address: Option<&Address<'_>>) -> Vec<Mailbox> {
    let each = address.into_iter().flat_map(Address::iter);
    let mailbox = each.filter_map(|one| {
        let name = one.name().map(str::to_owned);
        Some(Mailbox { name, address: one.address()?.to_owned() })
    });
    mailbox.collect()
}

/// A value in one line. Source: RFC 5322, section 2.2.3.
fn unfold(value: &str) -> String {
    value.replace("\r\n", "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_decoded_and_taken_apart() {
        let raw = "From: =?utf-8?q?T=C3=BCbebell?= <bell@a.example>\r\n\
            To: Ada <ada@b.example>, bob@c.example\r\n\
            Subject: =?utf-8?b?4oKsIHVw?=\r\n folded\r\n\
            Message-ID: <1.2@a.example>\r\n\
            List-Unsubscribe: <https://a.example/u/1>,\r\n <mailto:u@a.example>\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
            --a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            5 =E2=82=AC=\r\n more\r\n\
            --a\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<img src=\"cid:chart\">\r\n\
            --b\r\nContent-Type: image/png\r\nContent-ID: <chart>\r\nContent-Disposition: inline\r\n\
            Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--\r\n--a--\r\n";
        let letter = Letter::parse(raw.as_bytes()).unwrap();
        let mailbox = |name: Option<&str>, address: &str| Mailbox {
            name: name.map(str::to_owned),
            address: address.to_owned(),
        };
        assert_eq!(letter.subject, "€ up folded");
        assert_eq!(letter.from, [mailbox(Some("Tübebell"), "bell@a.example")]);
        assert_eq!(
            letter.to,
            [mailbox(Some("Ada"), "ada@b.example"), mailbox(None, "bob@c.example")]
        );
        assert_eq!(letter.message_id.as_deref(), Some("1.2@a.example"));
        let unsubscribe = "<https://a.example/u/1>, <mailto:u@a.example>";
        assert_eq!(letter.header("list-unsubscribe"), Some(unsubscribe));
        assert_eq!(letter.text.as_deref(), Some("5 € more"));
        assert_eq!(letter.html.as_deref(), Some("<img src=\"cid:chart\">"));
        let picture = letter.picture("chart").unwrap();
        assert_eq!(
            (picture.content_type.as_str(), &*picture.bytes),
            ("image/png", &b"\x89PNG"[..])
        );
        assert_eq!(Letter::parse(b""), None);
    }
}
