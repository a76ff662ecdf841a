//! Partial responses: `fields=items(id,snippet(title)),nextPageToken`.
//!
//! Source: <https://developers.google.com/youtube/v3/getting-started#fields>. A name that the answer does not hold
//! selects nothing; real YouTube refuses names that its schema does not hold, which is not known here.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

/// Deepest nesting that is read; the deepest answer has six levels.
const DEPTH_MAX: usize = 12;
/// Longest selector that is read, in bytes.
const LENGTH_MAX_BYTES: usize = 4_000;

/// What to keep of an object: everything, or these of its members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fields {
    all: bool,
    members: BTreeMap<String, Fields>,
}

impl Fields {
    /// Reads a selector; `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Fields> {
        if text.len() > LENGTH_MAX_BYTES {
            return None;
        }
        let mut fields = Fields::default();
        let mut chars = text.chars().peekable();
        fields.read_list(&mut chars, 0)?;
        chars.next().is_none().then_some(fields)
    }

    /// `member ("," member)*`
    fn read_list(&mut self, chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<()> {
        loop {
            self.read_member(chars, depth)?;
            if chars.next_if_eq(&',').is_none() {
                return Some(());
            }
        }
    }

    /// `name`, `name "/" member` or `name "(" list ")"`
    fn read_member(&mut self, chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<()> {
        if depth >= DEPTH_MAX {
            return None;
        }
        let mut name = String::new();
        while let Some(c) =
            chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '.' | ':'))
        {
            name.push(c);
        }
        if name.is_empty() {
            return None;
        }
        let member = self.members.entry(name).or_default();
        if chars.next_if_eq(&'/').is_some() {
            member.read_member(chars, depth + 1)
        } else if chars.next_if_eq(&'(').is_some() {
            member.read_list(chars, depth + 1)?;
            chars.next_if_eq(&')').map(|_| ())
        } else {
            member.all = true;
            Some(())
        }
    }

    /// The selected part of `value`; arrays are looked through.
    pub(super) fn select(&self, value: &Value) -> Value {
        match value {
            _ if self.all => value.clone(),
            Value::Array(items) => items.iter().map(|item| self.select(item)).collect(),
            Value::Object(object) => {
                let kept = object.iter().filter_map(|(name, value)| {
                    let member = self.members.get(name).or_else(|| self.members.get("*"))?;
                    Some((name.clone(), member.select(value)))
                });
                Value::Object(kept.collect())
            }
            // A member of something that has none.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(selector: &str, expected: &Value) {
        let body = json!({
            "etag": "e",
            "items": [
                {"id": "a", "snippet": {"title": "A", "x": 1}, "statistics": {"viewCount": "1"}},
                {"id": "b", "snippet": {"title": "B", "x": 2}},
            ],
        });
        assert_eq!(&Fields::parse(selector).unwrap().select(&body), expected, "{selector}");
    }

    #[test]
    fn selectors_nest_with_slash_and_brackets() {
        let titles = json!({"items": [{"id": "a", "snippet": {"title": "A"}}, {"id": "b", "snippet": {"title": "B"}}]});
        for selector in [
            "items(id,snippet(title))",
            "items(id,snippet/title)",
            "items/id,items/snippet/title",
            "items(snippet/title,id)",
        ] {
            check(selector, &titles);
        }
        check("etag", &json!({"etag": "e"}));
        check("items/statistics", &json!({"items": [{"statistics": {"viewCount": "1"}}, {}]}));
        check(
            "items/*/title",
            &json!({"items": [
                {"id": "a", "snippet": {"title": "A"}, "statistics": {}},
                {"id": "b", "snippet": {"title": "B"}},
            ]}),
        );
        check("nothing", &json!({}));
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        let deep = "a/".repeat(100_000) + "a";
        for selector in
            ["", "a,", ",a", "a(", "a()", "a(b", "a)", "a(b))", "a//b", "a b", "a/", &deep]
        {
            assert_eq!(Fields::parse(selector), None, "{selector:.20}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[a-c(),/*]{0,60}") {
            if let Some(fields) = Fields::parse(&text) {
                fields.select(&json!({"a": [{"b": 1}], "c": "x"}));
            }
        }
    }
}
