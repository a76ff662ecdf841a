//! One mail, as it is sent: head, both texts, the picture. The same bytes at every attempt, but for the date.

use data_encoding::HEXLOWER;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use reqwest::Url;
use ring::digest;

use super::Mailbox;
use super::header::{Head, one_line};
use crate::links::Links;
use crate::model::{EmailAddress, MailMessage, UnixMillis};

/// Characters of a hash in an id: nobody has so many mails that two of them would be one.
const HASH_CHARS: usize = 16;

/// Longest name of a thread that stands in an id as it is.
const TOKEN_MAX: usize = 64;

/// Whom mails are from, and how their readers end them.
#[derive(Debug)]
pub(super) struct Sender {
    from: Mailbox,
    /// The address on the envelope and in the head: its domain in ASCII.
    pub(super) address: String,
    domain: String,
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
        let domain = ascii_domain(from.address.domain());
        Sender {
            from: from.clone(),
            address: ascii_address(&from.address),
            domain,
            links,
            contact: contact.and_then(mailto),
        }
    }

    /// What the mail of this id is called, without the brackets.
    pub(super) fn message_id(&self, id: &str) -> String {
        format!("{}@{}", token(id), self.domain)
    }

    /// The mail, with breaks of lines as SMTP has them.
    pub(super) fn write(&self, letter: Letter<'_>, now: UnixMillis) -> Vec<u8> {
        let Letter { id, to, mail, .. } = letter;
        let link = self.links.as_ref().map(|links| links.unsubscribe(to));
        let mut head = Head::default();
        head.mailbox("From", &self.from.name, &self.address);
        head.mailbox("To", "", &ascii_address(to));
        head.text("Subject", &mail.subject);
        let date = now.timestamp().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        head.field("Date", &date);
        head.field("Message-ID", &format!("<{}>", self.message_id(id)));
        if let Some(thread) = &mail.thread {
            // A mail that nobody has sent: all mails about the same name it, so they stand together.
            let thread = format!("<{}.{}@{}>", token(thread), hash(to.as_str()), self.domain);
            head.field("In-Reply-To", &thread);
            head.field("References", &thread);
        }
        // Source: RFC 3834, section 5.
        head.field("Auto-Submitted", "auto-generated");
        head.field("List-Id", &format!("<alerts.tubebell.{}>", self.domain));
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
        bytes.extend(parts(letter, link.as_deref().unwrap_or_default()).formatted());
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
    let address = ascii_address(&address);
    address.chars().all(fits).then(|| format!("mailto:{address}?subject=unsubscribe"))
}

/// An address with its domain in ASCII: most servers take no other.
pub(super) fn ascii_address(address: &EmailAddress) -> String {
    format!("{}@{}", address.name(), ascii_domain(address.domain()))
}

/// A domain in ASCII (RFC 5891); as it is, where that can't be.
pub(super) fn ascii_domain(domain: &str) -> String {
    let read = || Url::parse(&format!("http://{domain}/")).ok()?.host_str().map(str::to_owned);
    if domain.is_ascii() { domain.to_owned() } else { read().unwrap_or_else(|| domain.to_owned()) }
}
