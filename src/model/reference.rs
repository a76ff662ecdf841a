//! What people paste: every form in which YouTube writes a video, a channel or a playlist.
//!
//! Pure string work, without a URL library: what counts is which host and which id a text names, and a text that is
//! almost an address (no scheme, a stray tag, a shared link) has to be understood or refused with one clear line.

use super::{ChannelId, Handle, IdError, PlaylistId, SubjectRef, VideoId};

/// Longest text that is looked at, in bytes: addresses with tracking parameters stay far below.
const TEXT_MAX_BYTES: usize = 2048;

/// How much of a refused text is repeated, in characters.
const QUOTE_MAX_CHARS: usize = 40;

impl SubjectRef {
    /// Reads what people paste: an address of YouTube (with or without scheme), a bare id, or a bare `@handle`.
    ///
    /// A video within a playlist (`watch?v=…&list=…`) is the video.
    ///
    /// # Errors
    ///
    /// One line that says what is wrong, and where the right thing is found.
    pub fn from_text(text: &str) -> Result<SubjectRef, IdError> {
        let text = text.trim();
        // Chats wrap addresses in angle brackets to keep them from growing a preview.
        let text = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
        if text.is_empty() {
            return refuse("name a video, channel or playlist: its address or its id");
        }
        if text.len() > TEXT_MAX_BYTES {
            return refuse("this is too long for an address of YouTube");
        }
        if text.contains(char::is_whitespace) {
            return refuse(format!("{} holds spaces: write one address or id", quoted(text)));
        }
        if text.starts_with('@') {
            return handle(text.split(['/', '?', '#']).next().unwrap_or(text));
        }
        match text.split_once("://") {
            Some((scheme, rest)) if is_web(scheme) => address(text, rest),
            Some(_) => refuse(format!("{} is no web address", quoted(text))),
            // Only hosts have dots: no id does.
            None if text.split(is_end_of_host).next().is_some_and(|host| host.contains('.')) => {
                address(text, text)
            }
            None => bare(text),
        }
    }
}

fn refuse<T>(line: impl Into<String>) -> Result<T, IdError> {
    Err(IdError::Reference(line.into()))
}

/// A text as it may stand in an answer: bounded, in one line, and unable to end its own quotation.
fn quoted(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(QUOTE_MAX_CHARS)
        .map(|c| if c.is_control() || c.is_whitespace() || c == '`' { ' ' } else { c })
        .collect();
    let more = if text.chars().nth(QUOTE_MAX_CHARS).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// Browsers take `\` for `/`, so `https://evil.example\@youtube.com` leads to the former.
const fn is_end_of_host(c: char) -> bool {
    matches!(c, '/' | '?' | '#' | '\\')
}

const FIND_HANDLE: &str = "open the channel's page and copy its `@handle`";

/// Reads what follows the scheme; `text` is the whole, for messages.
fn address(text: &str, rest: &str) -> Result<SubjectRef, IdError> {
    let (host, path) = rest.split_at(rest.find(is_end_of_host).unwrap_or(rest.len()));
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host);
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match host {
        "youtu.be" | "www.youtu.be" => match segments.as_slice() {
            [id] => video(id),
            _ => refuse(format!("{} names no video", quoted(text))),
        },
        "youtube.com"
        | "www.youtube.com"
        | "m.youtube.com"
        | "music.youtube.com"
        | "youtube-nocookie.com"
        | "www.youtube-nocookie.com" => page(text, &segments, query),
        _ => refuse(format!("{} is no address of YouTube", quoted(text))),
    }
}

/// Reads a page of YouTube by its path and query.
fn page(text: &str, segments: &[&str], query: &str) -> Result<SubjectRef, IdError> {
    match segments {
        ["watch"] => match (parameter(query, "v"), parameter(query, "list")) {
            (Some(id), _) => video(&id),
            (None, Some(list)) => playlist(&list),
            (None, None) => refuse(format!("{} names no video: `v=` is missing", quoted(text))),
        },
        ["playlist"] | ["embed", "videoseries"] => match parameter(query, "list") {
            Some(list) => playlist(&list),
            None => refuse(format!("{} names no playlist: `list=` is missing", quoted(text))),
        },
        ["embed", "live_stream"] => refuse(format!(
            "{} is whatever a channel shows live: {FIND_HANDLE}, or copy the address of the video",
            quoted(text)
        )),
        ["shorts" | "live" | "embed" | "v" | "e", id] => video(id),
        ["channel", id, ..] => channel(id),
        ["clip", ..] => refuse(
            "the address of a clip does not say which video it is from: open the video and copy its address",
        ),
        ["c" | "user", name, ..] => {
            refuse(format!("the name {} can't be looked up: {FIND_HANDLE}", quoted(name)))
        }
        [name, ..] => match decoded(name) {
            Some(name) if name.starts_with('@') => handle(&name),
            _ => refuse(format!(
                "{} names no video, channel or playlist; if it is a channel, {FIND_HANDLE}",
                quoted(text)
            )),
        },
        [] => refuse(format!("{} names no video, channel or playlist", quoted(text))),
    }
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

fn video(text: &str) -> Result<SubjectRef, IdError> {
    match text.parse() {
        Ok(id) => Ok(SubjectRef::Video(id)),
        // The length is what goes wrong when ids are copied by hand.
        Err(error) => refuse(match text.chars().count() {
            11 => format!("{} is no video: {error}", quoted(text)),
            count => format!("{} has {count} characters: {error}", quoted(text)),
        }),
    }
}

fn channel(text: &str) -> Result<SubjectRef, IdError> {
    match text.parse() {
        Ok(id) => Ok(SubjectRef::Channel(id)),
        Err(error) => refuse(format!("{} is no channel: {error}", quoted(text))),
    }
}

fn playlist(text: &str) -> Result<SubjectRef, IdError> {
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
    let parsed = decoded(text).and_then(|text| text.parse::<Handle>().ok());
    match parsed {
        Some(handle) => Ok(SubjectRef::Handle(handle)),
        None => refuse(format!("{} is no channel: {}", quoted(text), IdError::Handle)),
    }
}

/// The first parameter of that name, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let raw = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    decoded(raw)
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
            ("dQw4w9WgXc!", "is no video"),
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
