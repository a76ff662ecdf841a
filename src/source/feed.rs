//! The free way to see new uploads: the newest 15 entries of a channel or playlist as an Atom feed.
//!
//! No key, no quota, and not reliable: whole days of 404 and 500 for everyone are on record, so an error here never
//! means that a channel is gone. The parser reads hostile XML safely: it knows the five entities of XML and numbers,
//! expands nothing else, and gives up on depth.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use super::answer::{Member, bounded};
use crate::model::UnixMillis;

/// YouTube's feed is four levels deep.
const DEPTH_MAX: usize = 32;

/// YouTube gives 15 entries.
const ENTRIES_MAX: usize = 50;

/// Which text inside an entry is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Title,
    Published,
}

/// The texts of one entry as far as they were read.
#[derive(Default)]
struct Entry {
    id: String,
    title: String,
    published: String,
}

impl Entry {
    fn push(&mut self, field: Option<Field>, text: &str) {
        match field {
            Some(Field::Id) => self.id.push_str(text),
            Some(Field::Title) => self.title.push_str(text),
            Some(Field::Published) => self.published.push_str(text),
            None => {}
        }
    }
}

/// Reads the feed's entries, newest first. Entries without a video id (tombstones) are left out.
///
/// # Errors
///
/// One line on why this is not a feed.
pub fn parse(body: &[u8]) -> Result<Vec<Member>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the feed is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut members: Vec<Member> = Vec::new();
    let mut entry = Entry::default();
    let mut is_feed = false;
    loop {
        let event = reader.read_event().map_err(|_| "the feed is not XML".to_owned())?;
        let field = field(&path);
        match event {
            Event::Start(start) => {
                if path.len() == DEPTH_MAX {
                    return Err("the feed is too deep".to_owned());
                }
                path.push(start.name().as_ref().to_owned());
                is_feed |= path.len() == 1 && path[0] == "feed";
                if path.len() == 2 && path[1] == "entry" {
                    entry = Entry::default();
                }
            }
            Event::End(_) => {
                if path.len() == 2
                    && path[1] == "entry"
                    && let Ok(id) = entry.id.trim().parse()
                    && members.len() < ENTRIES_MAX
                {
                    let published = entry.published.trim().parse::<jiff::Timestamp>();
                    members.push(Member {
                        id,
                        title: bounded(entry.title.trim()),
                        published_at: published.ok().map(UnixMillis::from),
                        added_at: None,
                    });
                }
                path.pop();
            }
            Event::Text(text) => entry.push(field, &text.xml10_content()),
            Event::CData(text) => entry.push(field, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                entry.push(field, &resolve(&reference)?);
            }
            Event::Eof if is_feed && path.is_empty() => return Ok(members),
            Event::Eof => return Err("the feed breaks off".to_owned()),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

/// Only `feed/entry/…`: `media:title` and the feed's own title stand elsewhere.
fn field(path: &[String]) -> Option<Field> {
    match path {
        [feed, entry, name] if feed == "feed" && entry == "entry" => match name.as_str() {
            "yt:videoId" => Some(Field::Id),
            "title" => Some(Field::Title),
            "published" => Some(Field::Published),
            _ => None,
        },
        _ => None,
    }
}

/// `&amp;` and its four siblings, and numbers. What a document declares itself is never expanded.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c.to_string());
    }
    resolve_xml_entity(&reference.xml10_content())
        .map(str::to_owned)
        .ok_or_else(|| "the feed holds an entity of its own".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">
 <link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id=UCaaaaaaaaaaaaaaaaaaaaaa"/>
 <id>yt:channel:aaaaaaaaaaaaaaaaaaaaaa</id>
 <yt:channelId>aaaaaaaaaaaaaaaaaaaaaa</yt:channelId>
 <title>The Channel</title>
 <entry>
  <id>yt:video:dQw4w9WgXcQ</id>
  <yt:videoId>dQw4w9WgXcQ</yt:videoId>
  <yt:channelId>UCaaaaaaaaaaaaaaaaaaaaaa</yt:channelId>
  <title>Tom &amp; Jerry &lt;b&gt; &#x1F600;</title>
  <link rel="alternate" href="https://www.youtube.com/shorts/dQw4w9WgXcQ"/>
  <published>2026-11-01T10:00:00+00:00</published><updated>2026-11-02T10:00:00+00:00</updated>
  <media:group><media:title>not this one</media:title><media:community><media:statistics views="985292"/></media:community></media:group>
 </entry>
 <at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="yt:video:xxxxxxxxxxx" when="2026-11-01T00:00:00Z"><link href="http://www.youtube.com/watch?v=xxxxxxxxxxx"/></at:deleted-entry>
 <entry><yt:videoId>no</yt:videoId><title>no id</title></entry>
 <entry><yt:videoId>jNQXAC9IVRw</yt:videoId><title><![CDATA[Me & the zoo]]></title></entry>
</feed>"#;

    #[test]
    fn entries_come_in_order_with_their_titles_as_typed() {
        let members = parse(FEED.as_bytes()).unwrap();
        let seen: Vec<_> = members.iter().map(|m| (m.id.as_str(), m.title.as_str())).collect();
        assert_eq!(seen, [("dQw4w9WgXcQ", "Tom & Jerry <b> 😀"), ("jNQXAC9IVRw", "Me & the zoo")]);
        let dates: Vec<_> = members.iter().map(|member| member.published_at).collect();
        assert_eq!(dates, [Some(UnixMillis(1_793_527_200_000)), None]);
    }

    #[test]
    fn what_is_no_whole_feed_is_an_error_and_not_an_empty_list() {
        let broken: String = FEED.chars().take(700).collect();
        for body in ["", "nothing", "<html><body>404</body></html>", "<feed>", broken.as_str()] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(parse(b"<feed></feed>"), Ok(vec![]));
    }

    #[test]
    fn entities_that_the_document_declares_are_not_expanded() {
        let bomb = r#"<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
            <feed><entry><yt:videoId>dQw4w9WgXcQ</yt:videoId><title>&b;&x;</title></entry></feed>"#;
        assert!(parse(bomb.as_bytes()).is_err());
    }

    #[test]
    fn depth_has_an_end() {
        assert_eq!(parse("<feed>".repeat(100_000).as_bytes()), Err("the feed is too deep".into()));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_can_make_it_panic(body: Vec<u8>, at in 0usize..1500, byte: u8) {
            drop(parse(&body));
            let mut damaged = FEED.as_bytes().to_vec();
            let at = at % damaged.len();
            damaged[at] = byte;
            drop(parse(&damaged));
            drop(parse(&damaged[..at]));
        }
    }
}
