//! The HTML of a mail, read as strictly as the strictest program that shows mails.
//!
//! Those programs mend, drop or hide what they do not expect, each in its own way. So an operator's template is refused at
//! start where its HTML is not closed, asks for something from the network, or holds what only pages have.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::html::{Misplaced, near};
use super::sample::PROBE;
use crate::model::{MailMessage, excerpt};

/// What lays text out. Scripts, frames, forms and drawings are dropped by some programs and reported by others.
const TAGS: [&str; 57] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "li",
    "meta",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];

/// Tags that hold nothing, and have no end.
const VOID_TAGS: [&str; 5] = ["br", "col", "hr", "img", "meta"];

/// Attributes whose value is text, in which a title may stand.
const OF_TEXT: [&str; 3] = ["alt", "title", "aria-label"];

/// Most tags inside each other: tables in tables need some.
const DEPTH_MAX: usize = 60;

/// What is wrong with the HTML of a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// No HTML.
    #[error(
        "can't be read as HTML ({0}); is every `<` of the text written `&lt;`, and every `&` `&amp;`?"
    )]
    Broken(String),
    /// A tag that lays no text out.
    #[error("`<{0}>` has no place in a mail: programs that read mails drop it, or warn of it")]
    Tag(String),
    /// An end tag without its start, or in the wrong order.
    #[error("`</{found}>` closes nothing here{}", .expected.as_ref().map(|tag| format!("; `</{tag}>` is due")).unwrap_or_default())]
    Unmatched {
        /// The end tag.
        found: String,
        /// The one that is due.
        expected: Option<String>,
    },
    /// A start tag without its end.
    #[error("`<{0}>` is never closed")]
    Unclosed(String),
    /// Tags without end inside each other.
    #[error("`<{0}>` stands inside {DEPTH_MAX} other tags: no mail needs that many")]
    Depth(String),
    /// Attributes that are not `name="value"`.
    #[error(
        "the attributes of `<{0}>` can't be read; write each as name=\"value\", with double quotes"
    )]
    Attributes(String),
    /// An attribute that runs something, or asks for something.
    #[error("`{attribute}` of `<{tag}>` has no place in a mail")]
    Attribute {
        /// The tag.
        tag: String,
        /// The attribute.
        attribute: String,
    },
    /// A link that leads nowhere.
    #[error(
        "a link of a mail begins with https://, http:// or mailto:, or is {{{{unsubscribe_url}}}} and nothing else"
    )]
    Link,
    /// An image of the network.
    #[error(
        "an image of a mail comes along with it: write src=\"cid:{}\", inside {{{{#if picture}}}}",
        MailMessage::PICTURE
    )]
    Image,
    /// A style that asks for something from the network.
    #[error("a style of a mail asks for nothing from elsewhere: `{0}` has no place in it")]
    Style(&'static str),
    /// Text from outside where it is no text.
    #[error("text from outside stands inside `{0}`, where it is no text; put it between tags")]
    Outside(String),
}

/// Where the HTML of a mail is wrong.
pub(super) type MailError = Misplaced<MailFault>;

/// Checks a whole mail, or what stands between two of its tags.
///
/// # Errors
///
/// The first thing that some program would show in another way than was meant.
pub(super) fn check(html: &str) -> Result<(), MailError> {
    let mut reader = Reader::from_str(html);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut open: Vec<String> = Vec::new();
    loop {
        let before = position(&reader);
        let event = reader
            .read_event()
            .map_err(|error| at(html, before, MailFault::Broken(error.to_string())))?;
        let step = match event {
            Event::Start(tag) => start(&mut open, &tag, false),
            Event::Empty(tag) => start(&mut open, &tag, true),
            Event::End(tag) => end(&mut open, tag.name().as_ref()),
            Event::Text(text) => within(&open, &text.xml10_content()),
            Event::CData(_) => Err(MailFault::Broken("it holds CDATA".to_owned())),
            Event::PI(_) | Event::Decl(_) => Err(MailFault::Broken("it holds `<?`".to_owned())),
            Event::Comment(text) if text.xml10_content().contains(PROBE) => {
                Err(MailFault::Outside("<!-- … -->".to_owned()))
            }
            Event::Comment(_) | Event::DocType(_) | Event::GeneralRef(_) => Ok(()),
            Event::Eof => break,
        };
        step.map_err(|fault| at(html, before, fault))?;
    }
    match open.pop() {
        Some(tag) => Err(at(html, html.len(), MailFault::Unclosed(tag))),
        None => Ok(()),
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn at(html: &str, position: usize, fault: MailFault) -> MailError {
    let before = html.as_bytes().get(..position).unwrap_or(html.as_bytes());
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let line = html.lines().nth(line).or(html.lines().last()).unwrap_or_default();
    MailError { fault, near: near(line.trim()) }
}

fn start(open: &mut Vec<String>, tag: &BytesStart<'_>, is_closed: bool) -> Result<(), MailFault> {
    let name = tag.name().as_ref().to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(MailFault::Broken("`<` opens no tag".to_owned()));
    }
    if !TAGS.contains(&&*name) {
        return Err(MailFault::Tag(excerpt(&name).into_owned()));
    }
    attributes(&name, tag)?;
    if is_closed || VOID_TAGS.contains(&&*name) {
        return Ok(());
    }
    if open.len() == DEPTH_MAX {
        return Err(MailFault::Depth(name));
    }
    open.push(name);
    Ok(())
}

fn end(open: &mut Vec<String>, name: &str) -> Result<(), MailFault> {
    let name = name.to_ascii_lowercase();
    if open.last() == Some(&name) {
        open.pop();
        return Ok(());
    }
    Err(MailFault::Unmatched { found: excerpt(&name).into_owned(), expected: open.last().cloned() })
}

/// A text: styles ask for nothing, and nobody writes into them.
fn within(open: &[String], text: &str) -> Result<(), MailFault> {
    if open.last().is_none_or(|tag| tag != "style") {
        return Ok(());
    }
    if text.contains(PROBE) {
        return Err(MailFault::Outside("<style>".to_owned()));
    }
    style(text)
}

fn style(text: &str) -> Result<(), MailFault> {
    let text = text.to_ascii_lowercase();
    let asks = ["url(", "@import", "@font-face", "expression(", "javascript:"];
    asks.into_iter()
        .find(|word| text.contains(word))
        .map_or(Ok(()), |word| Err(MailFault::Style(word)))
}

fn attributes(tag: &str, start: &BytesStart<'_>) -> Result<(), MailFault> {
    let unreadable = || MailFault::Attributes(tag.to_owned());
    if has_single_quotes(start) {
        return Err(unreadable());
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| unreadable())?;
        let name = attribute.key.as_ref().to_ascii_lowercase();
        let value: &str = &attribute.value;
        if value.contains(PROBE) && !OF_TEXT.contains(&&*name) {
            return Err(MailFault::Outside(format!("{name}=\"…\"")));
        }
        let refused = || Err(MailFault::Attribute { tag: tag.to_owned(), attribute: name.clone() });
        match (tag, name.as_str()) {
            ("a", "href") => link(value)?,
            ("img", "src") if value != format!("cid:{}", MailMessage::PICTURE) => {
                return Err(MailFault::Image);
            }
            ("img", "src") => {}
            (_, "style") => style(value)?,
            ("meta", "http-equiv") | (_, "href" | "src" | "srcset" | "background" | "action") => {
                return refused();
            }
            (_, name) if name.starts_with("on") => return refused(),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a value stands in single quotes: those are not escaped in what comes from outside.
fn has_single_quotes(start: &BytesStart<'_>) -> bool {
    let raw: &str = start;
    raw.split('"').step_by(2).any(|between| between.contains('\''))
}

fn link(value: &str) -> Result<(), MailFault> {
    let leads = ["https://", "http://", "mailto:"].iter().any(|scheme| value.starts_with(scheme));
    let ends_it = value.chars().eq([MailMessage::UNSUBSCRIBE]);
    if leads || ends_it { Ok(()) } else { Err(MailFault::Link) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_drop_or_load_is_refused_with_the_way_out() {
        insta::assert_snapshot!(
            [
                "<p>1 < 2</p>", "<p><b>x</p></b>", "</p>", "<div><p>x</p>", "<script>x</script>",
                "<FORM>x</FORM>", "<p onclick=\"x\">y</p>", "<p title='x'>y</p>", "<p title=x>y</p>",
                "<a href=\"javascript:alert(1)\">x</a>", "<a href=\"{{url}}\">x</a>",
                "<img src=\"https://example.org/x.png\" alt=\"\">", "<img srcset=\"x\">",
                "<style>p { background: URL(x) }</style>", "<p style=\"background:url(x)\">x</p>",
                "<meta http-equiv=\"refresh\" content=\"0\">", "<td background=\"x\">x</td>",
                "<style>@tubebell_probe</style>", "<p class=\"@tubebell_probe\">x</p>",
                "<!-- @tubebell_probe -->", "<![CDATA[x]]>",
            ]
            .map(|html| match check(html) {
                Ok(()) => format!("{html}: taken"),
                Err(error) => format!("{html}: {}", error.fault),
            })
            .join("\n"),
            @r#"
        <p>1 < 2</p>: can't be read as HTML (`<` opens no tag); is every `<` of the text written `&lt;`, and every `&` `&amp;`?
        <p><b>x</p></b>: `</p>` closes nothing here; `</b>` is due
        </p>: `</p>` closes nothing here
        <div><p>x</p>: `<div>` is never closed
        <script>x</script>: `<script>` has no place in a mail: programs that read mails drop it, or warn of it
        <FORM>x</FORM>: `<form>` has no place in a mail: programs that read mails drop it, or warn of it
        <p onclick="x">y</p>: `onclick` of `<p>` has no place in a mail
        <p title='x'>y</p>: the attributes of `<p>` can't be read; write each as name="value", with double quotes
        <p title=x>y</p>: the attributes of `<p>` can't be read; write each as name="value", with double quotes
        <a href="javascript:alert(1)">x</a>: a link of a mail begins with https://, http:// or mailto:, or is {{unsubscribe_url}} and nothing else
        <a href="{{url}}">x</a>: a link of a mail begins with https://, http:// or mailto:, or is {{unsubscribe_url}} and nothing else
        <img src="https://example.org/x.png" alt="">: an image of a mail comes along with it: write src="cid:picture", inside {{#if picture}}
        <img srcset="x">: `srcset` of `<img>` has no place in a mail
        <style>p { background: URL(x) }</style>: a style of a mail asks for nothing from elsewhere: `url(` has no place in it
        <p style="background:url(x)">x</p>: a style of a mail asks for nothing from elsewhere: `url(` has no place in it
        <meta http-equiv="refresh" content="0">: `http-equiv` of `<meta>` has no place in a mail
        <td background="x">x</td>: `background` of `<td>` has no place in a mail
        <style>@tubebell_probe</style>: text from outside stands inside `<style>`, where it is no text; put it between tags
        <p class="@tubebell_probe">x</p>: text from outside stands inside `class="…"`, where it is no text; put it between tags
        <!-- @tubebell_probe -->: text from outside stands inside `<!-- … -->`, where it is no text; put it between tags
        <![CDATA[x]]>: can't be read as HTML (it holds CDATA); is every `<` of the text written `&lt;`, and every `&` `&amp;`?
        "#
        );
    }

    #[test]
    fn what_lays_text_out_is_taken() {
        for html in [
            "<p>a &amp; b &nbsp;<br>c<br/><img src=\"cid:picture\" alt=\"@tubebell_probe\"></p>",
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>p { color: red }</style></head>\
             <body style=\"font-family:'Segoe UI'\"><a href=\"https://x\">x</a></body></html>",
            "<a href=\"\u{2}\">x</a> <a href=\"mailto:a@example.org\">x</a>",
            "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
        ] {
            assert_eq!(check(html), Ok(()), "{html}");
        }
        let deep = format!("{}x", "<div>".repeat(1000));
        assert!(matches!(check(&deep).unwrap_err().fault, MailFault::Depth(_)));
    }
}
