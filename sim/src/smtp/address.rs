//! Paths and addresses of an envelope.
//!
//! Source: RFC 5321, sections 4.1.2 and 4.5.3.1; RFC 6531, section 3.3, for what is not ASCII.

use std::net::{Ipv4Addr, Ipv6Addr};

const PATH_MAX_BYTES: usize = 256;
const LOCAL_PART_MAX_BYTES: usize = 64;
const DOMAIN_MAX_BYTES: usize = 255;
const LABEL_MAX_BYTES: usize = 63;

/// What stands within `<…>`, and what stands behind.
pub(super) fn path(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => {
                let (path, rest) = inner.split_at(at);
                let path = without_route(path);
                return (path.len() + 2 <= PATH_MAX_BYTES)
                    .then_some((path, rest.strip_prefix('>')?));
            }
            _ => {}
        }
    }
    None
}

/// Drops a source route, `@a,@b:`, which servers have to understand and should not go by.
fn without_route(path: &str) -> &str {
    let route = path.strip_prefix('@').and_then(|_| path.split_once(':'));
    route.map_or(path, |(_, mailbox)| mailbox)
}

/// Whether it is `local@domain`.
pub(super) fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    local.len() <= LOCAL_PART_MAX_BYTES && is_local_part(local) && is_domain(domain)
}

fn is_local_part(text: &str) -> bool {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => is_quoted(quoted),
        None => text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom)),
    }
}

fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_beyond_ascii(c)
}

fn is_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace()
}

fn is_quoted(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' { chars.next() } else { Some(c).filter(|c| *c != '"') };
        if !c.is_some_and(|c| c == ' ' || c.is_ascii_graphic() || is_beyond_ascii(c)) {
            return false;
        }
    }
    true
}

/// Whether it is a name of a host, or an address as in `[127.0.0.1]`.
pub(super) fn is_domain(text: &str) -> bool {
    if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let v6 = literal.split_at_checked(5).filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:"));
        return match v6 {
            Some((_, address)) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
    }
    text.len() <= DOMAIN_MAX_BYTES && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_MAX_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || is_beyond_ascii(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_where_no_quotes_are_open() {
        for (text, expected) in [
            ("<a@b.example> SIZE=1", Some(("a@b.example", " SIZE=1"))),
            ("<>", Some(("", ""))),
            ("<\"a>b\"@c>x", Some(("\"a>b\"@c", "x"))),
            ("<\"a\\\">\"@c>", Some(("\"a\\\">\"@c", ""))),
            ("<@x,@y:a@b>", Some(("a@b", ""))),
            ("a@b", None),
            (" <a@b>", None),
            ("<a@b", None),
        ] {
            assert_eq!(path(text), expected, "{text}");
        }
        assert_eq!(path(&format!("<{}@b>", "a".repeat(300))), None);
    }

    #[test]
    fn addresses_are_as_the_grammar_has_them() {
        for good in
            ["a@b", "a.b+c@d-e.example", "\"a b\"@c", "a@[127.0.0.1]", "a@[IPv6:::1]", "ä@ö"]
        {
            assert!(is_mailbox(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a..b@c",
            ".a@b",
            "a b@c",
            "a@b..c",
            "a@-b",
            "a@b_c",
            "a@[1.2]",
            "a@b.",
            "\"a\"b\"@c",
            "\"a\\\"@c",
            "a\u{7}@b",
            "a@b\u{a0}c",
        ] {
            assert!(!is_mailbox(bad), "{bad}");
        }
        assert!(!is_mailbox(&format!("{}@b", "a".repeat(65))));
        assert!(!is_domain(&format!("{}.example", "a".repeat(64))));
    }
}
