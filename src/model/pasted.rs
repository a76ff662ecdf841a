//! What stands around an address where people copy it: brackets, quotes, a full stop, the signs of Markdown and HTML.

use icu_properties::props::GeneralCategory;

use super::text::{category, is_invisible, trimmed};

/// The address, id or handle within what was pasted.
///
/// Understood are signs at its ends (`(https://youtu.be/…).`), the target of a Markdown link (`[title](https://…)`) and
/// an address that stands behind a quote, bracket or colon (`href="https://…"`, `see:https://…`).
#[must_use]
pub(crate) fn unwrapped(text: &str) -> &str {
    let mut text = stripped(text);
    loop {
        let inner = stripped(within(target(text)));
        if inner.len() == text.len() {
            return text;
        }
        text = inner;
    }
}

/// Whether a sign can stand around an address and never ends or begins one.
fn is_around(c: char) -> bool {
    use GeneralCategory as Is;
    match c {
        // Parts of addresses, ids, handles and numbers of the list; `%` and `=` tell that something is missing.
        '@' | '#' | '/' | '\\' | '%' | '&' | '·' => false,
        '<' | '>' | '|' | '~' => true,
        _ if c.is_whitespace() || is_invisible(c) => true,
        _ => matches!(
            category(c),
            Is::OpenPunctuation
                | Is::ClosePunctuation
                | Is::InitialPunctuation
                | Is::FinalPunctuation
                | Is::OtherPunctuation
                | Is::ModifierSymbol
                | Is::OtherSymbol
        ),
    }
}

fn stripped(text: &str) -> &str {
    text.trim_matches(is_around)
}

/// The target of a Markdown link, whose brackets at the ends are gone already: `title](address "more"`.
fn target(text: &str) -> &str {
    match text.rsplit_once("](") {
        Some((_, target)) => trimmed(target).split(char::is_whitespace).next().unwrap_or_default(),
        None => text,
    }
}

/// The web address from its scheme on, where a sign stands before it that no address holds there; up to such a sign.
fn within(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let is_begun = |at: &usize| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| matches!(c, ':' | '\'') || is_never_in_one(c))
    };
    let schemes = ["https://", "http://"];
    let begins = schemes
        .iter()
        .filter_map(|scheme| lower.match_indices(scheme).map(|(at, _)| at).find(is_begun));
    let Some(address) = begins.min().and_then(|at| text.get(at..)) else { return text };
    address.split(is_never_in_one).next().unwrap_or_default()
}

fn is_never_in_one(c: char) -> bool {
    matches!(c, '<' | '>' | '"' | '`' | '|' | '(' | ')' | '[' | ']' | '{' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_within_the_signs_around_it() {
        for text in [
            "https://youtu.be/x",
            " https://youtu.be/x.\u{200b}",
            "(https://youtu.be/x)",
            "[https://youtu.be/x],",
            "<https://youtu.be/x>!",
            "<https://youtu.be/x|youtu.be>",
            "“https://youtu.be/x”…",
            "«https://youtu.be/x»",
            "「https://youtu.be/x」。",
            "**https://youtu.be/x**",
            "`https://youtu.be/x`",
            "👉https://youtu.be/x👈",
            "[A title](https://youtu.be/x)",
            "[A title (4K)](<https://youtu.be/x> \"A title\").",
            "[https://youtu.be/x](https://youtu.be/x)",
            "title](https://youtu.be/x)",
            "<a href=\"https://youtu.be/x\">A title</a>",
            "href='https://youtu.be/x'>A",
            "Video:https://youtu.be/x",
            "view-source:https://youtu.be/x",
        ] {
            assert_eq!(unwrapped(text), "https://youtu.be/x", "{text}");
        }
        for text in ["", "()", "<\u{200b}>"] {
            assert_eq!(unwrapped(text), "", "{text}");
        }
        for text in ["-_abc-_", "@a.b·", "#12", "evil.example/?u=https://youtu.be/x", "a b"] {
            assert_eq!(unwrapped(text), text);
        }
        assert_eq!(
            unwrapped("https://evil.example/?u=https://youtu.be/x"),
            "https://evil.example/?u=https://youtu.be/x"
        );
    }
}
