//! The HTML of a letter as a document of its own, which shows its pictures and nothing else.

use data_encoding::BASE64;

use super::letter::{Letter, Picture};

/// Pictures that are shown; whatever else has a Content-ID is not one.
const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The letter's HTML, in which links open elsewhere and `cid:` pictures are there, if they are wanted.
pub(super) fn document(letter: &Letter, with_pictures: bool) -> Option<String> {
    let mut html = letter.html.clone()?;
    if with_pictures {
        for picture in
            letter.pictures.iter().filter(|one| SHOWN.contains(&one.content_type.as_str()))
        {
            html = show(&html, picture);
        }
    }
    Some(with_base(&html))
}

/// Puts the picture where a quoted attribute names it.
fn show(html: &str, picture: &Picture) -> String {
    let data = format!("data:{};base64,{}", picture.content_type, BASE64.encode(&picture.bytes));
    let mut html = html.to_owned();
    for quote in ['"', '\''] {
        let named = format!("{quote}cid:{}{quote}", picture.content_id);
        html = html.replace(&named, &format!("{quote}{data}{quote}"));
    }
    html
}

/// Lets links open in another tab, as nothing can be opened within the frame.
fn with_base(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    // Only ASCII letters change, so places stay the same.
    let lower = html.to_ascii_lowercase();
    let head = lower.match_indices("<head").find_map(|(at, tag)| {
        let (_, rest) = lower.split_at(at + tag.len());
        let is_tag = rest.starts_with(|c: char| c == '>' || c.is_ascii_whitespace());
        is_tag.then(|| rest.find('>').map(|end| at + tag.len() + end + 1)).flatten()
    });
    match head.and_then(|at| html.split_at_checked(at)) {
        Some((before, behind)) => format!("{before}{BASE}{behind}"),
        None => format!("<!doctype html>{BASE}{html}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stand_where_they_are_named_and_links_open_elsewhere() {
        let picture = |id: &str, kind: &str| Picture {
            content_id: id.to_owned(),
            content_type: kind.to_owned(),
            bytes: b"\x89PNG".to_vec(),
        };
        let html = "<HTML><header></header><Head lang=en><title>x</title></head><img src=\"cid:a\"><img src='cid:ab'>\
            <img src=\"cid:s\">";
        let letter = Letter {
            subject: String::new(),
            from: Vec::new(),
            to: Vec::new(),
            message_id: None,
            headers: Vec::new(),
            text: None,
            html: Some(html.to_owned()),
            pictures: vec![
                picture("a", "image/png"),
                picture("ab", "image/gif"),
                picture("s", "text/html"),
            ],
        };
        let expected = "<HTML><header></header><Head lang=en><base target=\"_blank\"><title>x</title></head>\
            <img src=\"data:image/png;base64,iVBORw==\"><img src='data:image/gif;base64,iVBORw=='><img src=\"cid:s\">";
        assert_eq!(document(&letter, true).as_deref(), Some(expected));
        let without = document(&letter, false).unwrap();
        assert!(without.contains("cid:ab") && !without.contains("data:"), "{without}");
        let bare = Letter { html: Some("<p>x".to_owned()), ..letter };
        let expected = "<!doctype html><base target=\"_blank\"><p>x";
        assert_eq!(document(&bare, true).as_deref(), Some(expected));
        assert_eq!(document(&Letter { html: None, ..bare }, true), None);
    }
}
