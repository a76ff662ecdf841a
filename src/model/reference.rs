//! What people paste: every form in which YouTube writes a video, a channel or a playlist.
//!
//! Pure string work, without a URL library: what counts is which host and which id a text names, and a text that is
//! almost an address (no scheme, a stray tag, a shared link) has to be understood or refused with one clear line.

use std::borrow::Cow;

use super::text::{is_invisible, trimmed};
use super::{ChannelId, Handle, IdError, PlaylistId, SubjectRef, VideoId, unwrapped};

/// Longest text that is looked at, in bytes: addresses with tracking parameters and another address in them stay below.
const TEXT_MAX_BYTES: usize = 4096;

/// How much of a refused text is repeated, in characters.
const QUOTE_MAX_CHARS: usize = 40;

/// How many addresses may stand within each other: a sign-in that leads to a consent that leads to a video, and one more.
const NESTED_MAX: usize = 4;

impl SubjectRef {
    /// Reads what people paste: an address of YouTube (with or without scheme), a bare id, or a bare `@handle`, with
    /// whatever signs stand around it ([`unwrapped`]).
    ///
    /// A video within a playlist (`watch?v=…&list=…`) is the video. Of an address that leads to another (a consent, a
    /// sign-in, a shared link) the other counts.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong, and where the right thing is found.
    pub fn from_text(text: &str) -> Result<SubjectRef, IdError> {
        if trimmed(text).len() > TEXT_MAX_BYTES {
            return refuse("this is too long for an address of YouTube");
        }
        let text = unwrapped(text);
        if text.is_empty() {
            return refuse("name a video, channel or playlist: its address or its id");
        }
        if text.contains(char::is_whitespace) {
            return refuse(format!("{} holds spaces: write one address or id", quoted(text)));
        }
        read(text, NESTED_MAX)
    }
}

/// Reads one word; `nested` is how many more addresses may stand in it.
fn read(text: &str, nested: usize) -> Result<SubjectRef, IdError> {
    if text.starts_with('@') {
        return handle(text.split(['/', '?', '#']).next().unwrap_or(text));
    }
    if is_encoded(text) && nested > 0 {
        return match decoded(text) {
            Some(text) => read(trimmed(&text), nested - 1),
            None => refuse(format!("{} is no web address", quoted(text))),
        };
    }
    match text.split_once("://") {
        Some((scheme, rest)) if is_web(scheme) => address(text, rest, nested),
        // Only hosts have dots: no id does.
        _ if host_of(text).contains('.') => address(text, text, nested),
        Some(("", _)) | None => match text.strip_prefix("//") {
            Some(rest) => address(text, rest, nested),
            None => bare(text),
        },
        Some(_) => refuse(format!("{} is no web address", quoted(text))),
    }
}

fn refuse<T>(line: impl Into<String>) -> Result<T, IdError> {
    Err(IdError::Reference(line.into()))
}

/// A text as it may stand in an answer: bounded, in one line, and unable to end its own quotation.
fn quoted(text: &str) -> String {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c) || c == '`';
    let shown: String =
        text.chars().take(QUOTE_MAX_CHARS).map(|c| if is_odd(c) { ' ' } else { c }).collect();
    let more = if text.chars().nth(QUOTE_MAX_CHARS).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// Whether a text is a web address that was percent-encoded as a whole.
fn is_encoded(text: &str) -> bool {
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    begins("https%3a") || begins("http%3a")
}

/// Browsers take `\` for `/`, so `https://evil.example\@youtube.com` leads to the former.
const fn is_end_of_host(c: char) -> bool {
    matches!(c, '/' | '?' | '#' | '\\')
}

fn host_of(text: &str) -> &str {
    text.split(is_end_of_host).next().unwrap_or(text)
}

const FIND_HANDLE: &str = "open the channel's page and copy its `@handle`";

/// What kinds of addresses a host has.
enum Site {
    /// Short links, whose path is the id of a video.
    Short,
    /// Pages of YouTube.
    Pages,
    /// Pages of Google that lead on to YouTube.
    Gate,
}

impl Site {
    fn of(host: &str) -> Option<Site> {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host);
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        // Every name below these is YouTube's own: www, m, music, gaming, studio, consent, img, de, …
        let is_below = |domain: &str| {
            is_name && host.strip_suffix(domain).is_some_and(|name| name.ends_with('.'))
        };
        match host {
            "youtu.be" | "www.youtu.be" | "m.youtu.be" => Some(Site::Short),
            "youtube.com"
            | "youtube-nocookie.com"
            | "youtubekids.com"
            | "youtube.googleapis.com" => Some(Site::Pages),
            "google.com" | "www.google.com" | "accounts.google.com" | "consent.google.com" => {
                Some(Site::Gate)
            }
            _ if ["youtube.com", "youtube-nocookie.com", "youtubekids.com", "ytimg.com"]
                .into_iter()
                .any(is_below) =>
            {
                Some(Site::Pages)
            }
            _ => None,
        }
    }
}

/// Reads what follows the scheme; `text` is the whole, for messages.
fn address(text: &str, rest: &str, nested: usize) -> Result<SubjectRef, IdError> {
    let (host, path) = rest.split_at(host_of(rest).len());
    let page = Page::new(text, path, nested);
    match Site::of(host) {
        Some(Site::Short) => page.short(),
        Some(Site::Pages) => page.subject(),
        Some(Site::Gate) => page.elsewhere().unwrap_or_else(|| page.refused()),
        None => refuse(format!("{} is no address of YouTube", quoted(text))),
    }
}

/// What follows the host of an address.
struct Page<'a> {
    /// The whole address, for messages.
    text: &'a str,
    /// The path's parts, decoded where they are text then.
    path: Vec<Cow<'a, str>>,
    query: &'a str,
    fragment: &'a str,
    /// How many more addresses may stand in it.
    nested: usize,
}

impl<'a> Page<'a> {
    fn new(text: &'a str, rest: &'a str, nested: usize) -> Page<'a> {
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path
            .split('/')
            .map(|part| match decoded(part) {
                Some(text) if text != part => Cow::Owned(trimmed(&text).to_owned()),
                _ => Cow::Borrowed(part),
            })
            .filter(|part| !part.is_empty())
            .collect();
        Page { text, path, query, fragment, nested }
    }

    /// A short link: the id of a video, or what stands on a page of YouTube.
    fn short(&self) -> Result<SubjectRef, IdError> {
        match self.path.as_slice() {
            [id] if !is_page(id) || video(id).is_ok() => video(id),
            _ => self.subject(),
        }
    }

    /// What a page of YouTube is about, by its path and query.
    fn subject(&self) -> Result<SubjectRef, IdError> {
        let path: Vec<&str> = self.path.iter().map(AsRef::as_ref).collect();
        match path.as_slice() {
            ["playlist"] | ["embed", "videoseries"] => match self.parameter("list") {
                Some(list) => playlist(&list),
                None => {
                    refuse(format!("{} names no playlist: `list=` is missing", quoted(self.text)))
                }
            },
            ["embed", "live_stream"] => refuse(format!(
                "{} is whatever a channel shows live: {FIND_HANDLE}, or copy the address of the video",
                quoted(self.text)
            )),
            // The last two are a video's page in the studio and its pictures.
            ["shorts" | "live" | "embed" | "v" | "e", id]
            | ["video" | "vi" | "vi_webp", id, ..] => video(id),
            ["channel", id, ..] => channel(id),
            ["playlist", id, ..] => playlist(id),
            // YouTube Music puts `VL` in front of a playlist.
            ["browse", id] if id.starts_with("UC") => channel(id),
            ["browse", id] if id.starts_with("VL") => playlist(id.strip_prefix("VL").unwrap_or(id)),
            ["clip", ..] => refuse(
                "the address of a clip does not say which video it is from: open the video and copy its address",
            ),
            ["c" | "user", name, ..] => {
                refuse(format!("the name {} can't be looked up: {FIND_HANDLE}", quoted(name)))
            }
            // Its `v=` is the video in whose description the link stood.
            ["redirect"] => self.elsewhere().unwrap_or_else(|| self.refused()),
            [name, ..] if name.starts_with('@') && !name.contains('%') => handle(name),
            _ => self.named().or_else(|| self.elsewhere()).unwrap_or_else(|| self.refused()),
        }
    }

    /// What the query names.
    fn named(&self) -> Option<Result<SubjectRef, IdError>> {
        let first = |names: &[&str]| names.iter().find_map(|name| self.parameter(name));
        if let Some(id) = first(&["v", "video_id"]) {
            return Some(video(&id));
        }
        if let Some(id) = first(&["list", "playlist_id"]) {
            return Some(playlist(&id));
        }
        Some(channel(&first(&["channel_id"])?))
    }

    /// What an address within this one names: where a consent, a sign-in or a shared link leads to.
    fn elsewhere(&self) -> Option<Result<SubjectRef, IdError>> {
        const NAMES: [&str; 7] = ["continue", "next", "next_url", "u", "url", "q", "desktop_uri"];
        let nested = self.nested.checked_sub(1)?;
        let within = |path: &str| Page::new(self.text, path, nested).subject();
        if let Some(path) =
            self.fragment.strip_prefix('!').unwrap_or(self.fragment).strip_prefix('/')
        {
            return Some(within(path));
        }
        NAMES.iter().filter_map(|name| self.parameter(name)).find_map(|value| {
            let value = trimmed(&value);
            if value.starts_with('/') && !value.starts_with("//") {
                return Some(within(value));
            }
            (value.contains("//") || is_encoded(value)).then(|| read(value, nested))
        })
    }

    fn refused(&self) -> Result<SubjectRef, IdError> {
        let text = quoted(self.text);
        match self.path.as_slice() {
            [] => refuse(format!("{text} names no video, channel or playlist")),
            [page] if page == "watch" => refuse(format!("{text} names no video: `v=` is missing")),
            _ => refuse(format!(
                "{text} names no video, channel or playlist; if it is a channel, {FIND_HANDLE}"
            )),
        }
    }

    /// The first parameter of that name, decoded. Within HTML an `&` is written `&amp;`.
    fn parameter(&self, name: &str) -> Option<String> {
        let raw = self.query.split('&').find_map(|pair| {
            pair.strip_prefix("amp;").unwrap_or(pair).strip_prefix(name)?.strip_prefix('=')
        })?;
        decoded(raw)
    }
}

/// Whether the first part of a path names a kind of page rather than a video.
fn is_page(part: &str) -> bool {
    part.starts_with('@')
        || matches!(part, "watch" | "playlist" | "redirect" | "attribution_link" | "oembed")
}

fn bare(text: &str) -> Result<SubjectRef, IdError> {
    // A video's id may begin like any other, so its length decides first.
    if let Ok(id) = text.parse::<VideoId>() {
        return Ok(SubjectRef::Video(id));
    }
    if let Ok(id) = text.parse::<ChannelId>() {
        return Ok(SubjectRef::Channel(id));
    }
    if text.len() > 12 && ["PL", "UU", "FL", "OLAK5uy_"].iter().any(|kind| text.starts_with(kind)) {
        return playlist(text);
    }
    if text.starts_with("UC") && text.len() > 16 {
        return refuse(format!("{} is no channel: {}", quoted(text), IdError::Channel));
    }
    video(text)
}

/// What is left of an id where another parameter was put behind it with the wrong sign: `ID?si=…`, `ID&t=10`.
fn id_alone(text: &str) -> &str {
    unwrapped(text.split(['?', '&', '#']).next().unwrap_or(text))
}

fn video(text: &str) -> Result<SubjectRef, IdError> {
    let text = id_alone(text);
    match text.parse() {
        Ok(id) => Ok(SubjectRef::Video(id)),
        // The length is what goes wrong when ids are copied by hand.
        Err(error) => refuse(match text.chars().count() {
            11 => format!("{} is no video: {error}", quoted(text)),
            1 => format!("{} has 1 character: {error}", quoted(text)),
            count => format!("{} has {count} characters: {error}", quoted(text)),
        }),
    }
}

fn channel(text: &str) -> Result<SubjectRef, IdError> {
    let text = id_alone(text);
    match text.parse() {
        Ok(id) => Ok(SubjectRef::Channel(id)),
        Err(error) => refuse(format!("{} is no channel: {error}", quoted(text))),
    }
}

fn playlist(text: &str) -> Result<SubjectRef, IdError> {
    let text = id_alone(text);
    let own = matches!(text, "WL" | "LL" | "LM" | "HL");
    match text.parse::<PlaylistId>() {
        Ok(_) if own => refuse(format!(
            "{} is a list that only its owner can see: name a public playlist",
            quoted(text)
        )),
        Ok(_) if text.starts_with("RD") => refuse(format!(
            "{} is a mix that YouTube makes up for each viewer: name a playlist or a video",
            quoted(text)
        )),
        Ok(id) => Ok(SubjectRef::Playlist(id)),
        Err(error) => refuse(format!("{} is no playlist: {error}", quoted(text))),
    }
}

fn handle(text: &str) -> Result<SubjectRef, IdError> {
    let parsed = decoded(text).and_then(|text| id_alone(&text).parse::<Handle>().ok());
    match parsed {
        Some(handle) => Ok(SubjectRef::Handle(handle)),
        None => refuse(format!("{} is no channel: {}", quoted(text), IdError::Handle)),
    }
}

/// Undoes percent-encoding; `None` when what comes out is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `expected` is the stored form, or a part of the line that refuses.
    fn check(text: &str, expected: Result<&str, &str>) {
        match (SubjectRef::from_text(text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected, "{text}"),
            (Err(error), Err(part)) => {
                let line = error.to_string();
                assert!(line.contains(part), "{text}: {line}");
                assert!(!line.contains('\n') && line.chars().count() < 250, "{text}: {line}");
            }
            (found, expected) => panic!("{text}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn every_address_of_a_video_names_the_video() {
        for text in [
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            "http://youtube.com/watch?v=dQw4w9WgXcQ",
            "HTTPS://WWW.YouTube.COM/watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com:443/watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=43s",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf&index=2",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ#t=10",
            "https://www.youtube.com/watch/?v=dQw4w9WgXcQ",
            "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
            "https://music.youtube.com/watch?v=dQw4w9WgXcQ&si=abc",
            "https://youtu.be/dQw4w9WgXcQ?si=1234567890abcdef",
            "https://youtu.be/dQw4w9WgXcQ",
            "https://www.youtube.com/shorts/dQw4w9WgXcQ",
            "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
            "https://www.youtube.com/embed/dQw4w9WgXcQ",
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
            "https://www.youtube.com/v/dQw4w9WgXcQ",
            "https://www.youtube.com/e/dQw4w9WgXcQ",
            "youtube.com/watch?v=dQw4w9WgXcQ",
            "www.youtube.com/shorts/dQw4w9WgXcQ",
            "youtu.be/dQw4w9WgXcQ",
            "<https://youtu.be/dQw4w9WgXcQ>",
            "(https://youtu.be/dQw4w9WgXcQ).",
            "[Never Gonna Give You Up](https://youtu.be/dQw4w9WgXcQ?si=x)",
            "\u{2068}https://youtu.be/dQw4w9WgXcQ\u{2069}",
            "\u{feff}dQw4w9WgXcQ\u{200b}",
            "https://youtu.be/\u{200e}dQw4w9WgXcQ",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ%E2%80%8B",
            "https://youtu.be/watch?v=dQw4w9WgXcQ",
            "https://youtu.be/shorts/dQw4w9WgXcQ",
            "https://youtu.be/dQw4w9WgXcQ&t=10",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ?si=x",
            "https://www.youtube.com/watch?app=desktop&amp;v=dQw4w9WgXcQ",
            "//www.youtube.com/embed/dQw4w9WgXcQ",
            "https://www.youtube.com./watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/?v=dQw4w9WgXcQ",
            "https://m.youtube.com/#/watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/watch_popup?v=dQw4w9WgXcQ",
            "https://gaming.youtube.com/watch?v=dQw4w9WgXcQ",
            "https://kids.youtube.com/watch?v=dQw4w9WgXcQ",
            "https://www.youtubekids.com/watch?v=dQw4w9WgXcQ&hl=en",
            "https://youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0",
            "https://youtube.googleapis.com/v/dQw4w9WgXcQ&hl=en_US",
            "https://studio.youtube.com/video/dQw4w9WgXcQ/edit",
            "https://studio.youtube.com/video/dQw4w9WgXcQ/analytics/tab-overview/period-default",
            "https://www.youtube.com/edit?o=U&video_id=dQw4w9WgXcQ",
            "https://www.youtube.com/live_chat?is_popout=1&v=dQw4w9WgXcQ",
            "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
            "https://img.youtube.com/vi/dQw4w9WgXcQ/0.jpg",
            "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ%26t%3D4&gl=DE&m=0",
            "https://consent.youtube.com/ml?gl=DE&continue=https://youtu.be/dQw4w9WgXcQ?cbrd%3D1",
            "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare",
            "https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ&v=jNQXAC9IVRw",
            "https://www.youtube.com/oembed?url=http%3A//youtube.com/watch%3Fv%3DdQw4w9WgXcQ&format=json",
            "https://accounts.google.com/ServiceLogin?continue=https%3A%2F%2Fwww.youtube.com%2Fsignin%3Fnext%3D%252Fwatch%253Fv%253DdQw4w9WgXcQ",
            "https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
            "https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
            "dQw4w9WgXcQ.",
            "“dQw4w9WgXcQ”",
            "  dQw4w9WgXcQ\n",
            "dQw4w9WgXcQ",
        ] {
            check(text, Ok("video:dQw4w9WgXcQ"));
        }
        check("-_-_-_-_-_-", Ok("video:-_-_-_-_-_-"));
        check("PLxxxxxxxxx", Ok("video:PLxxxxxxxxx"));
    }

    #[test]
    fn channels_and_playlists_are_told_apart_from_videos() {
        let list = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
        let channel = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
        for (text, expected) in [
            ("https://www.youtube.com/playlist?list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", list),
            ("music.youtube.com/playlist?si=x&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", list),
            ("https://www.youtube.com/watch?list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", list),
            (
                "https://www.youtube.com/embed/videoseries?list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
                list,
            ),
            ("PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", list),
            ("UUuAXFkgsw1L7xaCfnd5JJOw", "playlist:UUuAXFkgsw1L7xaCfnd5JJOw"),
            (
                "OLAK5uy_kD2nJ3xYJ8sU0cVYlT3Bq5oI9hKp7Lq2s",
                "playlist:OLAK5uy_kD2nJ3xYJ8sU0cVYlT3Bq5oI9hKp7Lq2s",
            ),
            ("https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw", channel),
            ("https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw/videos", channel),
            ("UCuAXFkgsw1L7xaCfnd5JJOw", channel),
            ("https://www.youtube.com/@RickAstleyYT", "channel:@RickAstleyYT"),
            ("https://www.youtube.com/@RickAstleyYT/videos?view=0", "channel:@RickAstleyYT"),
            ("youtube.com/@rick.astley_yt-1", "channel:@rick.astley_yt-1"),
            ("https://www.youtube.com/%40RickAstleyYT", "channel:@RickAstleyYT"),
            ("https://www.youtube.com/@%E6%97%A5%E6%9C%AC%E8%AA%9E", "channel:@日本語"),
            ("https://www.youtube.com/@日本語/shorts", "channel:@日本語"),
            ("@RickAstleyYT", "channel:@RickAstleyYT"),
            ("@RickAstleyYT/videos", "channel:@RickAstleyYT"),
            ("@日本語", "channel:@日本語"),
            ("@日本", "channel:@日本"),
            ("@हिन्दीगाने", "channel:@हिन्दीगाने"),
            ("@อนุรักน์โชคชัย", "channel:@อนุรักน์โชคชัย"),
            ("@می\u{200c}خواهم", "channel:@می\u{200c}خواهم"),
            ("@عربي\u{200f}", "channel:@عربي"),
            ("@cafe\u{301}.mu\u{308}nchen", "channel:@café.münchen"),
            ("https://www.youtube.com/@cafe%CC%81.mu%CC%88nchen/videos", "channel:@café.münchen"),
            (
                "https://www.youtube.com/@%E0%A4%B9%E0%A4%BF%E0%A4%A8%E0%A5%8D%E0%A4%A6%E0%A5%80",
                "channel:@हिन्दी",
            ),
            ("(@RickAstleyYT).", "channel:@RickAstleyYT"),
            ("https://youtube.com/@RickAstleyYT?si=x", "channel:@RickAstleyYT"),
            ("https://studio.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw/videos/upload", channel),
            ("https://music.youtube.com/browse/UCuAXFkgsw1L7xaCfnd5JJOw", channel),
            (
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCuAXFkgsw1L7xaCfnd5JJOw",
                channel,
            ),
            ("https://music.youtube.com/browse/VLPLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", list),
            ("https://studio.youtube.com/playlist/PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf/videos", list),
            (
                "https://www.youtube.com/embed?listType=playlist&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
                list,
            ),
        ] {
            check(text, Ok(expected));
        }
    }

    #[test]
    fn what_names_nothing_is_refused_with_a_line_that_helps() {
        for (text, part) in [
            ("", "name a video"),
            ("<>", "name a video"),
            ("https://youtube.com.evil.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://evil.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://youtube.com@evil.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://evil.com\\@www.youtube.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://evil.com/?u=https://youtu.be/dQw4w9WgXcQ", "no address of YouTube"),
            ("https://evil.com.youtube.com.evil.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://evil.com@www.youtube.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://youtu.be.evil.com/dQw4w9WgXcQ", "no address of YouTube"),
            ("https://myyoutu.be/dQw4w9WgXcQ", "no address of YouTube"),
            ("https://www.yоutube.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("//evil.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https%3A%2F%2Fevil.com%2Fwatch%3Fv%3DdQw4w9WgXcQ", "no address of YouTube"),
            (
                "[https://youtu.be/dQw4w9WgXcQ](https://evil.com/dQw4w9WgXcQ)",
                "no address of YouTube",
            ),
            (
                "https://www.youtube.com/redirect?q=https%3A%2F%2Fevil.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
                "no address of YouTube",
            ),
            (
                "https://www.youtube.com/attribution_link?u=//evil.com/dQw4w9WgXcQ",
                "no address of YouTube",
            ),
            ("https://www.google.com/search?q=youtube", "names no video"),
            ("https://www.youtube.com/results?search_query=dQw4w9WgXcQ", "names no video"),
            ("dQw4w\u{200b}9WgXcQ", "has 12 characters"),
            ("https://notyoutube.com/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("https://www.youtube.com:8080/watch?v=dQw4w9WgXcQ", "no address of YouTube"),
            ("ftp://youtube.com/watch?v=dQw4w9WgXcQ", "no web address"),
            ("javascript://youtube.com/watch?v=dQw4w9WgXcQ", "no web address"),
            ("https://www.youtube.com/watch?v=dQw4w9WgXcQextra", "has 16 characters"),
            ("https://www.youtube.com/watch?v=dQw4w9WgXc", "has 10 characters"),
            ("https://www.youtube.com/watch?v=", "has 0 characters"),
            ("https://www.youtube.com/watch?t=4", "`v=` is missing"),
            ("https://www.youtube.com/watch/dQw4w9WgXcQ", "names no video"),
            ("https://www.youtube.com/playlist", "`list=` is missing"),
            ("https://www.youtube.com/playlist?list=WL", "only its owner"),
            ("https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ", "a mix"),
            ("https://www.youtube.com/channel/UCshort", "a channel id is UC"),
            ("UCuAXFkgsw1L7xaCfnd5JJ", "a channel id is UC"),
            ("https://www.youtube.com/c/RickAstley", "copy its `@handle`"),
            ("https://www.youtube.com/user/RickAstleyVEVO/videos", "copy its `@handle`"),
            ("https://www.youtube.com/RickAstley", "copy its `@handle`"),
            ("https://www.youtube.com/clip/UgkxQ9dIO4K1y8qXc", "address of a clip"),
            (
                "https://www.youtube.com/embed/live_stream?channel=UCuAXFkgsw1L7xaCfnd5JJOw",
                "shows live",
            ),
            ("https://www.youtube.com/attribution_link?u=%2Fwatch", "names no video"),
            ("https://www.youtube.com/", "names no video"),
            ("youtu.be", "names no video"),
            ("https://youtu.be/a/b", "names no video"),
            ("dQw4w9WgXc", "has 10 characters"),
            ("dQw4w9WgXcQ2", "has 12 characters"),
            ("dQw4w9W!XcQ", "is no video"),
            ("@ab", "a handle is @"),
            ("https://www.youtube.com/@%FF%FF%FF", "names no video"),
            ("dQw4w9WgXcQ views", "holds spaces"),
        ] {
            check(text, Err(part));
        }
        check(&"x".repeat(5000), Err("too long"));
    }

    #[test]
    fn a_refused_text_can_not_end_its_own_quotation() {
        let error = SubjectRef::from_text("a`@all`\u{1b}[31mb").unwrap_err().to_string();
        assert_eq!(error.matches('`').count(), 2, "{error}");
        assert!(!error.contains('\u{1b}'));
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down_and_every_answer_is_one_line(text in "\\PC{0,80}") {
            for text in [text.clone(), format!("https://www.youtube.com/{text}"), format!("youtu.be/{text}")] {
                match SubjectRef::from_text(&text) {
                    Ok(subject) => prop_assert_eq!(subject.to_string().parse::<SubjectRef>(), Ok(subject)),
                    Err(error) => prop_assert!(!error.to_string().contains('\n')),
                }
            }
        }

        #[test]
        fn the_page_of_a_subject_reads_as_the_subject(id in "[A-Za-z0-9_-]{11}", handle in "[a-z0-9]{3,30}") {
            for subject in [format!("video:{id}"), format!("channel:@{handle}"), format!("playlist:PL{id}{id}")] {
                let subject: SubjectRef = subject.parse().unwrap();
                prop_assert_eq!(SubjectRef::from_text(&subject.url()), Ok(subject));
            }
        }
    }
}
