//! Addresses: which texts Telegram takes for one, inside a link and in plain text.

/// Top-level domains that plain text may end in to count as an address: all of two letters, and these.
///
/// A simplification: Telegram has the whole list, which says no to a few of two letters (`js`, `ts`).
const TOP_LEVEL: [&str; 30] = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "app", "dev", "blog",
    "shop", "site", "online", "xyz", "club", "live", "video", "tube", "music", "news", "tech",
    "cloud", "page", "link", "wiki", "zip", "top",
];
const NOT_TOP_LEVEL: [&str; 4] = ["js", "ts", "md5", "xx"];

/// The start of `text` up to the first character that is not wanted.
pub(super) fn head(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The address of a link as Telegram keeps it, or `None`: then it drops the link without a word and leaves the text.
///
/// Source: TDLib 1.8.66, compared case by case. `localhost` is dropped (no dot), `127.0.0.1` is kept.
pub(super) fn checked(href: &str) -> Option<String> {
    for scheme in ["tg", "ton", "tonsite"] {
        let prefix = href.get(..=scheme.len()).unwrap_or_default();
        if prefix.eq_ignore_ascii_case(&format!("{scheme}:")) {
            let rest = href.get(prefix.len()..).unwrap_or_default();
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let host = head(rest, |c| !"/?#".contains(c));
            let slash = if host.len() == rest.len() { "/" } else { "" };
            let is_plain = !host.is_empty() && host.chars().all(|c| !c.is_control() && c != ' ');
            return is_plain.then(|| format!("{scheme}://{rest}{slash}"));
        }
    }
    let (scheme, rest) = split_scheme(href);
    let authority = head(rest, |c| !"/?#".contains(c));
    let tail = rest.get(authority.len()..).unwrap_or_default();
    let (user, host) = match authority.split_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    let (host, port) = split_port(host)?;
    if !is_host(&host) {
        return None;
    }
    let slash = if tail.starts_with('/') { "" } else { "/" };
    let tail: String = tail
        .chars()
        .map(|c| if c <= ' ' { format!("%{:02X}", u32::from(c)) } else { c.to_string() })
        .collect();
    Some(format!("{scheme}://{user}{host}{port}{slash}{tail}"))
}

fn split_scheme(href: &str) -> (&'static str, &str) {
    for scheme in ["https", "http"] {
        let prefix = href.get(..scheme.len() + 3).unwrap_or_default();
        if prefix.eq_ignore_ascii_case(&format!("{scheme}://")) {
            return (scheme, href.get(prefix.len()..).unwrap_or_default());
        }
    }
    ("http", href)
}

/// Host in lower case, and `:port` without leading zeros or nothing.
fn split_port(host: &str) -> Option<(String, String)> {
    let after_literal = host.rfind(']').map_or(0, |end| end + 1);
    match host.get(after_literal..).and_then(|rest| rest.rfind(':')) {
        None => Some((host.to_ascii_lowercase(), String::new())),
        Some(colon) => {
            let (name, port) = host.split_at_checked(after_literal + colon)?;
            let port: u16 = port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?;
            Some((name.to_ascii_lowercase(), format!(":{port}")))
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[') {
        let address = literal.strip_suffix(']').map(str::parse::<std::net::Ipv6Addr>);
        return matches!(address, Some(Ok(_)));
    }
    let mut chars = host.chars();
    while let Some(c) = chars.next() {
        let allowed = match c {
            '%' => {
                let two = (chars.next(), chars.next());
                matches!(two, (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
            }
            _ => c.is_ascii_alphanumeric() || !c.is_ascii() || "-._~!$&'()*+,;=".contains(c),
        };
        if !allowed {
            return false;
        }
    }
    host.contains('.')
}

/// Whether plain text of this form grows a link: `example.org`, `e.org:80`, `1.2.3.4`.
pub(super) fn is_bare_host(host: &str) -> bool {
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let Some((top, rest)) = labels.split_last() else { return false };
    let top = top.to_lowercase();
    let is_top = TOP_LEVEL.contains(&top.as_str())
        || (top.chars().count() == 2
            && top.chars().all(char::is_alphabetic)
            && !NOT_TOP_LEVEL.contains(&top.as_str()));
    let second = rest.last().copied().unwrap_or_default();
    is_top
        && !rest.is_empty()
        && rest.iter().all(|label| !label.is_empty())
        && !second.contains('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_kept_in_telegrams_spelling() {
        for (href, kept) in [
            ("https://e.org", Some("https://e.org/")),
            ("HTTPS://E.org/A b", Some("https://e.org/A%20b")),
            ("e.org?x", Some("http://e.org/?x")),
            ("https://u:p@e.org:0443/", Some("https://u:p@e.org:443/")),
            ("http://127.0.0.1:8080/x", Some("http://127.0.0.1:8080/x")),
            ("https://[::1]:5", Some("https://[::1]:5/")),
            (
                "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
                Some("https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
            ),
            ("tg://resolve?domain=x", Some("tg://resolve?domain=x")),
        ] {
            assert_eq!(checked(href).as_deref(), kept, "{href}");
        }
    }

    #[test]
    fn what_is_no_address_is_dropped() {
        for href in [
            "",
            "e",
            "javascript:alert(1)",
            "javascript:alert.x/1",
            "vbscript://e.org",
            "ftp://e.org",
            "data:text/html,x.y",
            "http://localhost:8080/",
            " https://e.org",
            "https://e .org",
            "https://e.org:0",
            "https://e.org:99999",
            "//e.org",
            "/a.b",
            "@name",
            "https://e%.org",
        ] {
            assert_eq!(checked(href), None, "{href}");
        }
    }
}
