//! One mail, as it is sent: head, both texts, the picture. The same bytes at every attempt, but for the date.

use data_encoding::HEXLOWER;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use ring::digest;

use super::Mailbox;
use super::header::{Head, one_line};
use crate::links::Links;
use crate::model::{Address, EmailAddress, MailMessage, UnixMillis};

/// Characters of a hash in an id: nobody has so many mails that two of them would be one.
const HASH_CHARS: usize = 16;

/// Longest name of a thread that stands in an id as it is.
const TOKEN_MAX: usize = 64;

/// Whom mails are from, and how their readers end them.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) from: Mailbox,
    links: Option<std::sync::Arc<Links>>,
    /// Where a reader writes to, where there are no links.
    contact: Option<String>,
}

/// What one mail is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter<'a> {
    /// The same at every attempt.
    pub(super) id: &'a str,
    pub(super) to: &'a EmailAddress,
    pub(super) mail: &'a MailMessage,
    pub(super) png: Option<&'a [u8]>,
}

impl Sender {
    pub(super) fn new(
        from: &Mailbox,
        links: Option<std::sync::Arc<Links>>,
        contact: Option<&str>,
    ) -> Sender {
        Sender { from: from.clone(), links, contact: contact.and_then(mailto) }
    }

    fn domain(&self) -> &str {
        self.from.address.domain()
    }

    /// What the mail of this id is called, without the brackets.
    pub(super) fn message_id(&self, id: &str) -> String {
        format!("{}@{}", token(id), self.domain())
    }

    /// The mail, with breaks of lines as SMTP has them.
    pub(super) fn write(&self, letter: Letter<'_>, now: UnixMillis) -> Vec<u8> {
        let Letter { id, to, mail, .. } = letter;
        let link = self.links.as_ref().map(|links| links.unsubscribe(&Address::Email(to.clone())));
        let mut head = Head::default();
        head.mailbox("From", &self.from.name, self.from.address.as_str());
        head.mailbox("To", "", to.as_str());
        head.text("Subject", &mail.subject);
        let date = now.timestamp().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        head.field("Date", &date);
        head.field("Message-ID", &format!("<{}>", self.message_id(id)));
        if let Some(thread) = &mail.thread {
            // A mail that nobody has sent: all mails about the same name it, so they stand together.
            let thread = format!("<{}.{}@{}>", token(thread), hash(to.as_str()), self.domain());
            head.field("In-Reply-To", &thread);
            head.field("References", &thread);
        }
        // Source: RFC 3834, section 5.
        head.field("Auto-Submitted", "auto-generated");
        head.field("List-Id", &format!("<alerts.tubebell.{}>", self.domain()));
        match (&link, &self.contact) {
            (Some(link), _) => {
                // Source: RFC 8058, section 3.1.
                head.field("List-Unsubscribe", &format!("<{}>", one_line(link)));
                head.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
            }
            (None, Some(mailto)) => head.field("List-Unsubscribe", &format!("<{mailto}>")),
            (None, None) => {}
        }
        head.field("MIME-Version", "1.0");
        let mut bytes = head.into_string().into_bytes();
        // Where there is no page any more, a mail that was written when there was one names an address.
        let way = link.or_else(|| self.contact.clone());
        let way = way.unwrap_or_else(|| format!("mailto:{}", self.from.address));
        bytes.extend(parts(letter, &way).formatted());
        bytes
    }
}

/// Both texts, and the picture beside the second.
fn parts(letter: Letter<'_>, link: &str) -> MultiPart {
    let Letter { id, mail, png, .. } = letter;
    // No line of a text begins with a hash of the id, and none that is encoded with `=_`.
    let boundary = |of: &str| format!("=_{of}_{}", hash(id));
    let text = mail.text.replace(MailMessage::UNSUBSCRIBE, link);
    let html = mail.html.replace(MailMessage::UNSUBSCRIBE, &escaped(link));
    let html = if png.is_some() { html } else { without_picture(&html) };
    let parts = MultiPart::alternative().boundary(boundary("a"));
    let parts = parts.singlepart(SinglePart::plain(text));
    let html = SinglePart::html(html);
    let Some(png) = png else { return parts.singlepart(html) };
    let kind = ContentType::parse("image/png").expect("it is the name of a kind");
    let name = format!("{}.png", MailMessage::PICTURE);
    let picture = Attachment::new_inline_with_name(MailMessage::PICTURE.to_owned(), name);
    let related = MultiPart::related().boundary(boundary("r"));
    parts.multipart(related.singlepart(html).singlepart(picture.body(png.to_vec(), kind)))
}

/// A document without the image that shows the picture, as there is none.
fn without_picture(html: &str) -> String {
    let shown = format!("cid:{}", MailMessage::PICTURE);
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    // In values a `<` or `>` is escaped.
    while let Some((before, tag)) = rest.split_once("<img") {
        kept.push_str(before);
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        if !inside.contains(&shown) {
            kept.push_str(&format!("<img{inside}>"));
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text as a part of an id: as it is, or its hash where it may not stand there.
fn token(text: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(fits) {
        text.to_owned()
    } else {
        hash(text)
    }
}

/// The same for the same text on every machine.
fn hash(text: &str) -> String {
    let mut hash = HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash.truncate(HASH_CHARS);
    hash
}

/// A link with which somebody writes that it shall end; `None`: it is no address, or none that reads well in a link.
fn mailto(contact: &str) -> Option<String> {
    let address: EmailAddress = contact.trim().parse().ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    address.as_str().chars().all(fits).then(|| format!("mailto:{address}?subject=unsubscribe"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mail_parser::{MessageParser, MimeHeaders as _};
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-22T12:00:00Z, a Sunday.
    const NOW: UnixMillis = UnixMillis(1_795_348_800_000);

    const ID: &str = "4ZQK7M2XA5TBN";

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    fn sender(name: &str, links: bool, contact: Option<&str>) -> Sender {
        let address = "bell@example.org".parse().unwrap();
        let links = links.then(|| Arc::new(Links::new("https://bell.example", &[7; 32])));
        Sender::new(&Mailbox { name: name.to_owned(), address }, links, contact)
    }

    fn ana() -> EmailAddress {
        "ana@example.net".parse().unwrap()
    }

    fn mail() -> MailMessage {
        MailMessage {
            subject: "10,000 views: Never <Gonna>".to_owned(),
            text: "10,000 views – now\nEnd this: \u{2}\n.\n".to_owned(),
            html: "<p>10,000 views</p><img alt=\"a course\" src=\"cid:picture\"><a href=\"\u{2}\">end</a>".to_owned(),
            thread: Some("video-dQw4w9WgXcQ".to_owned()),
            picture: None,
        }
    }

    fn write(sender: &Sender, mail: &MailMessage, png: Option<&[u8]>) -> String {
        let letter = Letter { id: ID, to: &ana(), mail, png };
        let bytes = sender.write(letter, NOW);
        assert_eq!(sender.write(letter, NOW), bytes, "a retry is the same");
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_head_says_from_whom_to_whom_and_what_it_belongs_to() {
        let text = write(&sender("tubebell", false, None), &mail(), None);
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let thread = format!("<video-dQw4w9WgXcQ.{}@example.org>", hash("ana@example.net"));
        let expected = format!(
            "From: \"tubebell\" <bell@example.org>\r\nTo: ana@example.net\r\nSubject: 10,000 views: Never <Gonna>\r\n\
             Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <4ZQK7M2XA5TBN@example.org>\r\n\
             In-Reply-To: {thread}\r\nReferences: {thread}\r\nAuto-Submitted: auto-generated\r\n\
             List-Id: <alerts.tubebell.example.org>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=\"=_a_{}\"",
            hash(ID)
        );
        assert_eq!(head, expected);
    }

    #[test]
    fn a_link_ends_it_in_the_head_in_the_text_and_in_the_markup() {
        let text = write(&sender("", true, Some("ana@example.org")), &mail(), None);
        let read = MessageParser::new().parse(&text).unwrap();
        let link = Links::new("https://bell.example", &[7; 32]).unsubscribe(&Address::Email(ana()));
        let header = |name: &str| read.header_raw(name).unwrap().trim().to_owned();
        assert_eq!(header("List-Unsubscribe"), format!("<{link}>"));
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert_eq!(
            read.body_text(0).unwrap(),
            format!("10,000 views – now\r\nEnd this: {link}\r\n.\r\n")
        );
        let html = read.body_html(0).unwrap();
        assert!(html.contains(&format!("<a href=\"{link}\">end</a>")), "{html}");
        assert!(!html.contains("<img"), "nobody drew a picture: {html}");
    }

    #[test]
    fn where_no_page_can_be_reached_an_address_stands_in_for_it() {
        let unsubscribe = |contact: Option<&str>| {
            let text = write(&sender("", false, contact), &mail(), None);
            assert!(!text.contains('\u{2}') && !text.contains("One-Click"), "{text}");
            let (_, rest) = text.split_once("List-Unsubscribe: ")?;
            Some(rest.split("\r\n").next().unwrap().to_owned())
        };
        let link = "<mailto:ana+x@example.org?subject=unsubscribe>".to_owned();
        assert_eq!(unsubscribe(Some("ana+x@example.org")), Some(link));
        for none in [None, Some("ask Ana"), Some("a?b@example.org"), Some("ä@example.org")] {
            assert_eq!(unsubscribe(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_picture_stands_beside_the_markup_that_shows_it() {
        let text = write(&sender("", false, None), &mail(), Some(PNG));
        let read = MessageParser::new().parse(&text).unwrap();
        assert!(read.body_html(0).unwrap().contains("src=\"cid:picture\""));
        let kinds: Vec<String> = read
            .parts
            .iter()
            .map(|part| {
                let kind = part.content_type().unwrap();
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
            })
            .collect();
        assert_eq!(
            kinds,
            ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
        );
        let picture = read.parts.last().unwrap();
        assert_eq!((picture.contents(), picture.content_id()), (PNG, Some("picture")));
        assert_eq!(picture.attachment_name(), Some("picture.png"));
    }

    #[test]
    fn only_the_image_that_shows_the_picture_is_left_out() {
        for (html, kept) in [
            ("a<img src=\"cid:picture\">b<img src=\"x\">c", "ab<img src=\"x\">c"),
            ("<img\n alt=\"1 &gt; 0\"\n src='cid:picture' />", ""),
            ("no image", "no image"),
            ("<img src=\"cid:picture\"", ""),
        ] {
            assert_eq!(without_picture(html), kept);
        }
    }

    #[test]
    fn a_link_can_not_leave_its_place_in_the_markup() {
        assert_eq!(escaped("https://x/?a=1&b=\"<'>"), "https://x/?a=1&amp;b=&quot;&lt;&#39;&gt;");
    }

    #[test]
    fn mails_about_one_video_to_one_address_stand_together_and_apart_from_those_of_others() {
        let sender = sender("", false, None);
        let thread = |to: &str, thread: &str| {
            let mail = MailMessage { thread: Some(thread.to_owned()), ..mail() };
            let letter = Letter { id: ID, to: &to.parse().unwrap(), mail: &mail, png: None };
            let text = String::from_utf8(sender.write(letter, NOW)).unwrap();
            text.split_once("References: ").unwrap().1.split("\r\n").next().unwrap().to_owned()
        };
        assert_eq!(thread("a@example.org", "v"), thread("a@example.org", "v"));
        assert_ne!(thread("a@example.org", "v"), thread("b@example.org", "v"));
        assert_ne!(thread("a@example.org", "v"), thread("a@example.org", "w"));
    }

    proptest! {
        #[test]
        fn whatever_others_write_nothing_else_is_read(
            subject in any::<String>(), name in any::<String>(), thread in any::<String>(), id in any::<String>(),
            text in "\\PC*", has_picture in any::<bool>(),
        ) {
            let sender = sender(&name, true, None);
            let mail = MailMessage { subject: subject.clone(), text: text.clone(), thread: Some(thread), ..mail() };
            let png = has_picture.then_some(PNG);
            let bytes = sender.write(Letter { id: &id, to: &ana(), mail: &mail, png }, NOW);
            let (head, _) = std::str::from_utf8(&bytes).unwrap().split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap()).collect();
            prop_assert_eq!(names, [
                "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-Id",
                "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
            ]);
            prop_assert!(bytes.is_ascii());
            prop_assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
            let read = MessageParser::new().parse(&bytes).unwrap();
            prop_assert_eq!(read.subject().unwrap_or_default(), one_line(&subject));
            let from = read.from().unwrap().first().unwrap();
            prop_assert_eq!(from.name().unwrap_or_default(), one_line(&name));
            prop_assert_eq!(from.address(), Some("bell@example.org"));
            prop_assert_eq!(read.to().unwrap().first().unwrap().address(), Some("ana@example.net"));
            let called = sender.message_id(&id);
            prop_assert_eq!(read.message_id(), Some(called.as_str()));
            prop_assert_eq!(read.parts.len(), if has_picture { 5 } else { 3 });
            prop_assert_eq!(read.body_text(0).unwrap(), text.as_str());
        }
    }
}
