//! The feed of a channel's newest videos, or of the first ones of a playlist in its own order: Atom with the namespaces of YouTube and of Media RSS.
//!
//! Source: <https://developers.google.com/youtube/v3/guides/push_notifications> and feeds as served (read 2026-11).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::request::Params;
use super::resources::rfc3339;
use super::wire::Answer;
use crate::world::{Video, World};

/// How many entries a feed has.
const ENTRIES_MAX: usize = 15;
/// A Short is no longer than this in the simulation.
const SHORT_MAX_S: u32 = 60;

/// The feed that `params` name.
pub(super) fn answer(world: &World, params: &Params) -> Answer {
    let id = match (params.one("channel_id"), params.one("playlist_id")) {
        (Some(channel), None) => {
            channel.strip_prefix("UC").map_or_else(String::new, |rest| format!("UU{rest}"))
        }
        (None, Some(playlist)) => playlist.to_owned(),
        (Some(_), Some(_)) | (None, None) => return Answer::html(400, "Bad Request"),
    };
    match write(world, &id, params.one("channel_id").is_some()) {
        Ok(Some(body)) => {
            Answer { status: 200, content_type: "text/xml; charset=UTF-8", body, etag: None }
        }
        Ok(None) => Answer::html(404, "Not Found"),
        Err(_) => Answer::html(500, "Error"),
    }
}

/// Text for XML 1.0, which has no way to write most control characters.
fn clean(text: &str) -> String {
    let is_legal = |c: &char| {
        matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars().filter(is_legal).collect()
}

type Xml = Writer<Vec<u8>>;

fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&clean(content)))?;
    Ok(())
}

fn empty(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_empty()?;
    Ok(())
}

fn write(world: &World, id: &str, is_channel: bool) -> io::Result<Option<Vec<u8>>> {
    let Some(mut playlist) = world.playlist(id) else { return Ok(None) };
    if playlist.is_uploads() {
        playlist.entries.sort_by_key(|entry| std::cmp::Reverse(entry.added_at));
    }
    let videos = (playlist.entries.iter().filter_map(|entry| world.video(&entry.video)))
        .filter(|video| video.visibility.is_visible())
        .take(ENTRIES_MAX);
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let namespaces = [
        ("xmlns:yt", "http://www.youtube.com/xml/schemas/2015"),
        ("xmlns:media", "http://search.yahoo.com/mrss/"),
        ("xmlns", "http://www.w3.org/2005/Atom"),
    ];
    xml.create_element("feed").with_attributes(namespaces).write_inner_content(|xml| {
        let channel = &playlist.channel;
        let link = format!("https://www.youtube.com/channel/{channel}");
        let own_title = world.channel(channel).filter(|_| is_channel).map(|own| &own.title);
        if is_channel {
            text(xml, "id", &format!("yt:channel:{channel}"))?;
        } else {
            text(xml, "id", &format!("yt:playlist:{id}"))?;
            text(xml, "yt:playlistId", id)?;
        }
        text(xml, "yt:channelId", channel)?;
        text(xml, "title", own_title.unwrap_or(&playlist.title))?;
        empty(xml, "link", &[("rel", "alternate"), ("href", &link)])?;
        text(xml, "published", &rfc3339(world.now()))?;
        for video in videos {
            entry(xml, world, video)?;
        }
        Ok(())
    })?;
    Ok(Some(xml.into_inner()))
}

fn entry(xml: &mut Xml, world: &World, video: &Video) -> io::Result<()> {
    let id = &*video.id;
    let link = if video.duration_s > 0 && video.duration_s <= SHORT_MAX_S {
        format!("https://www.youtube.com/shorts/{id}")
    } else {
        format!("https://www.youtube.com/watch?v={id}")
    };
    let author = world.channel(&video.channel).map_or("", |channel| channel.title.as_str());
    xml.create_element("entry").write_inner_content(|xml| {
        text(xml, "id", &format!("yt:video:{id}"))?;
        text(xml, "yt:videoId", id)?;
        text(xml, "yt:channelId", &video.channel)?;
        text(xml, "title", &video.title)?;
        empty(xml, "link", &[("rel", "alternate"), ("href", &link)])?;
        xml.create_element("author").write_inner_content(|xml| {
            text(xml, "name", author)?;
            text(xml, "uri", &format!("https://www.youtube.com/channel/{}", video.channel))
        })?;
        text(xml, "published", &rfc3339(video.published_at))?;
        text(xml, "updated", &rfc3339(world.now()))?;
        xml.create_element("media:group").write_inner_content(|xml| media(xml, video))?;
        Ok(())
    })?;
    Ok(())
}

/// Likes stand as a count of stars, views as statistics; a hidden count has none.
fn media(xml: &mut Xml, video: &Video) -> io::Result<()> {
    let id = &*video.id;
    let content = format!("https://www.youtube.com/v/{id}?version=3");
    let picture = format!("https://i.ytimg.com/vi/{id}/hqdefault.jpg");
    text(xml, "media:title", &video.title)?;
    empty(
        xml,
        "media:content",
        &[
            ("url", &content),
            ("type", "application/x-shockwave-flash"),
            ("width", "640"),
            ("height", "390"),
        ],
    )?;
    empty(xml, "media:thumbnail", &[("url", &picture), ("width", "480"), ("height", "360")])?;
    text(xml, "media:description", "")?;
    let (likes, views) = (video.likes.shown(), video.views.shown());
    if likes.is_none() && views.is_none() {
        return Ok(());
    }
    xml.create_element("media:community").write_inner_content(|xml| {
        if let Some(likes) = likes {
            let likes = likes.to_string();
            empty(
                xml,
                "media:starRating",
                &[("count", &likes), ("average", "5.00"), ("min", "1"), ("max", "5")],
            )?;
        }
        match views {
            Some(views) => empty(xml, "media:statistics", &[("views", &views.to_string())]),
            None => Ok(()),
        }
    })?;
    Ok(())
}
