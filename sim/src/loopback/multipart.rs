//! `multipart/form-data`: what browsers and clients send where a request carries files.
//!
//! Source: RFC 7578 and RFC 2046, section 5.1.1.

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    /// The name of the file that it is; parts without one are texts.
    pub(crate) filename: Option<String>,
    /// What its sender says it is.
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'a [u8],
}

/// The parts of a body with this content type; `None`: it is not as it says.
pub(crate) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let boundary = parameter(content_type, "boundary")?;
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let between = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let (head, after) = split(rest.strip_prefix(b"\r\n")?, b"\r\n\r\n")?;
        let (content, after) = split(after, between.as_bytes())?;
        let head = String::from_utf8_lossy(head);
        let disposition = head.lines().find_map(|line| header(line, "content-disposition"))?;
        let name = parameter(disposition, "name")?;
        let filename = parameter(disposition, "filename");
        let content_type = head.lines().find_map(|line| header(line, "content-type"));
        let content_type = content_type.map(|value| value.trim().to_owned());
        parts.push(Part { name, filename, content_type, content });
        rest = after;
    }
}

/// What stands before the first `mark`, and what behind it.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    let (before, after) = bytes.split_at_checked(at)?;
    Some((before, after.get(mark.len()..)?))
}

/// The value of a line `name: value`.
fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then_some(value)
}

/// The value of `name=value` behind a semicolon, with or without quotes.
fn parameter(line: &str, name: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = value.trim().trim_matches('"').to_owned();
        key.trim().eq_ignore_ascii_case(name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_files_are_told_apart_and_kept_byte_by_byte() {
        let body = b"--b0\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n--b0\r\n\
            content-type: image/png\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\n\
            \r\n--b\x00\xff\r\n--b0--\r\n";
        let found = parts("multipart/form-data; boundary=b0", body).unwrap();
        let part = |name: &str, filename: Option<&str>, content_type: Option<&str>, content| Part {
            name: name.to_owned(),
            filename: filename.map(str::to_owned),
            content_type: content_type.map(str::to_owned),
            content,
        };
        let photo = b"\r\n--b\x00\xff".as_slice();
        assert_eq!(
            found,
            [
                part("chat_id", None, None, b"7".as_slice()),
                part("photo", Some("a.png"), Some("image/png"), photo)
            ]
        );
        assert_eq!(parts("multipart/form-data; boundary=\"b1\"", b"--b1--\r\n"), Some(vec![]));
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_none() {
        let part = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx";
        for (content_type, body) in [
            ("multipart/form-data", &b"--b--"[..]),
            ("multipart/form-data; boundary=b", b""),
            ("multipart/form-data; boundary=b", b"--c--"),
            ("multipart/form-data; boundary=b", part),
            ("multipart/form-data; boundary=b", b"--b\r\nA: b\r\n\r\nx\r\n--b--"),
        ] {
            assert_eq!(parts(content_type, body), None, "{content_type}");
        }
    }
}
