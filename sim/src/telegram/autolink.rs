//! What Telegram finds by itself in plain text: mentions, hashtags, cashtags, commands, addresses.
//!
//! This is why a title has to stand inside a link: `@name` in it would ping somebody, `/cmd` would invite a click.

use super::link::is_bare_host;
use crate::world::entity::{Entity, EntityKind, Formatted, sort};

/// User names shorter than five characters that exist all the same.
const SHORT_NAMES: [&str; 6] = ["gif", "pic", "vid", "bing", "wiki", "imdb"];

/// Adds to `formatted` what Telegram would find outside links and code.
pub(super) fn add(formatted: &mut Formatted) {
    let chars: Vec<char> = formatted.text.chars().collect();
    let mut offsets = Vec::with_capacity(chars.len() + 1);
    let mut units = 0;
    for c in &chars {
        offsets.push(units);
        units += c.len_utf16();
    }
    offsets.push(units);

    let mut at = 0;
    while at < chars.len() {
        let Some((kind, begin, end)) = find(&chars, at) else {
            at += 1;
            continue;
        };
        let (offset, stop) = (offsets[begin], offsets[end]);
        let is_taken = formatted
            .entities
            .iter()
            .any(|other| other.kind.is_opaque() && other.offset < stop && offset < other.end());
        if is_taken {
            at += 1;
            continue;
        }
        formatted.entities.push(Entity { kind, offset, length: stop - offset });
        at = end;
    }
    sort(&mut formatted.entities);
}

/// What starts exactly at `at`: kind, first character, the one behind it.
fn find(chars: &[char], at: usize) -> Option<(EntityKind, usize, usize)> {
    let before = at.checked_sub(1).map(|index| chars[index]);
    let after_word = before.is_some_and(is_word);
    let (kind, end) = match chars[at] {
        '@' if !after_word => (EntityKind::Mention, mention(chars, at)?),
        '#' if !after_word && before != Some('·') => (EntityKind::Hashtag, hashtag(chars, at)?),
        '$' if !after_word => (EntityKind::Cashtag, cashtag(chars, at)?),
        '/' if !after_word && !before.is_some_and(|c| "/<>".contains(c)) => {
            (EntityKind::BotCommand, command(chars, at)?)
        }
        c if is_word(c) && !after_word && before != Some('.') && before != Some('@') => {
            address(chars, at)?
        }
        _ => return None,
    };
    Some((kind, at, end))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn run(chars: &[char], from: usize, limit: usize, wanted: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().take(limit).take_while(|c| wanted(**c)).count() + from
}

fn mention(chars: &[char], at: usize) -> Option<usize> {
    let end = run(chars, at + 1, 33, is_name);
    let name: String = chars[at + 1..end].iter().collect::<String>().to_ascii_lowercase();
    let is_long_enough = name.len() >= 4 || SHORT_NAMES.contains(&name.as_str());
    let ends_here = !chars.get(end).copied().is_some_and(is_word);
    (is_long_enough && name.len() <= 32 && ends_here).then_some(end)
}

fn hashtag(chars: &[char], at: usize) -> Option<usize> {
    let is_tag = |c| is_word(c) || c == '·' || c == '\u{200c}';
    let end = run(chars, at + 1, 256, is_tag);
    let has_letter = chars[at + 1..end].iter().any(|c| !c.is_numeric() && is_word(*c));
    if !has_letter || chars.get(end) == Some(&'#') {
        return None;
    }
    if chars.get(end) == Some(&'@') {
        let name_end = run(chars, end + 1, 33, is_name);
        if (4..=33).contains(&(name_end - end)) {
            return Some(name_end);
        }
    }
    Some(end)
}

fn cashtag(chars: &[char], at: usize) -> Option<usize> {
    let end = run(chars, at + 1, 9, |c| c.is_ascii_uppercase());
    let ends_here = !chars.get(end).copied().is_some_and(|c| is_word(c) || c == '$');
    ((1..=8).contains(&(end - at - 1)) && ends_here).then_some(end)
}

fn command(chars: &[char], at: usize) -> Option<usize> {
    let mut end = run(chars, at + 1, 65, is_name);
    if !(1..=64).contains(&(end - at - 1)) {
        return None;
    }
    if chars.get(end) == Some(&'@') {
        let name_end = run(chars, end + 1, 33, is_name);
        if !(3..=32).contains(&(name_end - end - 1)) {
            return None;
        }
        end = name_end;
    }
    let ends_here = !chars.get(end).copied().is_some_and(|c| is_word(c) || "/<>".contains(c));
    ends_here.then_some(end)
}

/// An address with or without scheme, or an e-mail address.
fn address(chars: &[char], at: usize) -> Option<(EntityKind, usize)> {
    let text: String = chars[at..].iter().take(8).collect::<String>().to_lowercase();
    if text.starts_with("tg://") {
        let end = run(chars, at, usize::MAX, is_path);
        return (end > at + 5).then_some((EntityKind::Url, end));
    }
    let scheme = ["https://", "http://", "ftp://"].into_iter().find(|s| text.starts_with(s));
    let host_at = at + scheme.map_or(0, str::len);
    let is_host = |c: char| is_word(c) || c == '.' || c == '-';
    let mut host_end = run(chars, host_at, usize::MAX, is_host);
    if scheme.is_none() && chars.get(host_end) == Some(&'@') {
        let end = run(chars, host_end + 1, usize::MAX, is_host);
        let domain: String = chars[host_end + 1..end].iter().collect();
        let domain = domain.trim_end_matches(['.', '-']);
        let length = domain.chars().count();
        return is_bare_host(domain).then_some((EntityKind::Email, host_end + 1 + length));
    }
    while host_end > host_at && matches!(chars[host_end - 1], '.' | '-') {
        host_end -= 1;
    }
    let host: String = chars[host_at..host_end].iter().collect();
    if !is_bare_host(&host) {
        return None;
    }
    let mut end = host_end;
    if chars.get(end) == Some(&':') {
        let port_end = run(chars, end + 1, 5, |c| c.is_ascii_digit());
        let port: String = chars[end + 1..port_end].iter().collect();
        if port.parse::<u16>().is_ok() {
            end = port_end;
        }
    }
    if chars.get(end).is_some_and(|c| "/?#".contains(*c)) {
        let stop = run(chars, end, usize::MAX, is_path);
        let tail = &chars[end..stop];
        let kept = tail.iter().rposition(|c| !".,:;!?'()".contains(*c) || *c == ')');
        let balanced = |upto: usize| {
            let count = |wanted: char| tail[..upto].iter().filter(|c| **c == wanted).count();
            count('(') >= count(')')
        };
        let mut length = kept.map_or(0, |last| last + 1);
        while length > 0 && tail[length - 1] == ')' && !balanced(length) {
            length -= 1;
        }
        end += length;
    }
    Some((EntityKind::Url, end))
}

fn is_path(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"<>\"«»“”…".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut formatted = Formatted { text: text.to_owned(), entities: Vec::new() };
        add(&mut formatted);
        formatted.entities.iter().map(|e| e.of(text).to_owned()).collect()
    }

    #[test]
    fn plain_text_grows_mentions_tags_commands_and_addresses() {
        assert_eq!(
            found(
                "Hi @name, see #tag $USD /cmd@mybot e.org. (https://e.org/a_(b)) x@e.org 1.2.3.4:80"
            ),
            [
                "@name",
                "#tag",
                "$USD",
                "/cmd@mybot",
                "e.org",
                "https://e.org/a_(b)",
                "x@e.org",
                "1.2.3.4:80"
            ]
        );
        assert_eq!(
            found("a.com,b.com …e.org… ##é_1 @gif main.rs"),
            ["a.com", "b.com", "e.org", "#é_1", "@gif", "main.rs"]
        );
    }

    #[test]
    fn what_only_looks_like_it_stays_text() {
        for text in [
            "x@name",
            "@na",
            "é@name",
            "#1",
            "a#tag",
            "#tag#b",
            "$USD1",
            "x/cmd",
            "//cmd",
            "/cmd/x",
            "/cmd@",
            "e.xyzq",
            "a.txt",
            "v1.2",
            "Node.js",
            "12.05.2020",
            "3.5",
            "http://localhost",
            "a..com",
            "user@e",
            "a_b.com",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
