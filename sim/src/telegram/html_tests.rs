//! Cases of HTML mode, each compared with TDLib 1.8.66.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `text | type:stretch | …`
fn shown(html: &str) -> String {
    match parse(html) {
        Err(reason) => format!("ERR {reason}"),
        Ok(out) => {
            let mut line = out.text.clone();
            for entity in &out.entities {
                let value = serde_json::to_value(&entity.kind).unwrap();
                let name = value["type"].as_str().unwrap().to_owned();
                let extra = value["url"].as_str().or(value["language"].as_str()).unwrap_or("");
                line += &format!(" | {name}:{}{extra}", entity.of(&out.text));
            }
            line
        }
    }
}

#[test]
fn the_allowed_tags_become_entities() {
    for (html, expected) in [
        ("<b>a</b><STRONG>b</strong >", "ab | bold:a | bold:b"),
        ("<i>a</i><em>b</em>", "ab | italic:a | italic:b"),
        ("<u>a</u><ins>b</ins>", "ab | underline:a | underline:b"),
        (
            "<s>a</s><strike>b</strike><del>c</del>",
            "abc | strikethrough:a | strikethrough:b | strikethrough:c",
        ),
        (
            "<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>",
            "ab | spoiler:a | spoiler:b",
        ),
        ("<pre>a\nb</pre>", "a\nb | pre:a\nb"),
        ("<pre><code class=\"language-rust\">x</code></pre>", "x | pre:xrust"),
        ("<pre>a<code class=\"language-c\">x</code></pre>", "ax | pre:ax | code:x"),
        ("<blockquote expandable>x</blockquote>", "x | expandable_blockquote:x"),
        ("<b>a<i>b</i>c</b>", "abc | bold:abc | italic:b"),
        ("😀<b>😀é</b>", "😀😀é | bold:😀é"),
        ("<b></b>x", "x"),
        ("<i>a<b>x</></>", "ax | italic:ax | bold:x"),
        ("<a href='https://e.org/?a=1&amp;b=2'>x</a>", "x | text_link:xhttps://e.org/?a=1&b=2"),
        ("<a>e.org</a>", "e.org | text_link:e.orghttp://e.org/"),
        ("<a href=\"javascript:alert(1)\">x</a>", "x"),
        ("<b x=a1 y='>' z>q</b>", "q | bold:q"),
    ] {
        assert_eq!(shown(html), expected, "{html}");
    }
}

#[test]
fn only_four_names_and_numbers_are_decoded() {
    assert_eq!(
        shown(
            "AT&T &amp; &lt;b&gt; &quot;q&quot; &#39;&#x27;&#X41; &apos; &nbsp; &LT; &#0; &#x110000; &# &lt"
        ),
        "AT&T & <b> \"q\" ''A &apos; &nbsp; &LT; &#0; &#x110000; &# <"
    );
}

#[test]
fn mistakes_get_telegrams_words() {
    for (html, expected) in [
        ("a < b", "Unsupported start tag \"\" at byte offset 2"),
        ("a <", "Unclosed start tag at byte offset 2"),
        ("é<br>", "Unsupported start tag \"br\" at byte offset 2"),
        ("<p>x</p>", "Unsupported start tag \"p\" at byte offset 0"),
        ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
        ("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        (
            "<b><i>x</b></i>",
            "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"",
        ),
        ("</b>", "Unexpected end tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b x", "Unclosed start tag \"b\" at byte offset 0"),
        ("<b ", "Empty attribute name in the tag \"b\" at byte offset 0"),
        ("<a href=\"x", "Unclosed start tag at byte offset 0"),
        ("<a href=https://e.org>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<a =x>", "Empty attribute name in the tag \"a\" at byte offset 0"),
        ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
    ] {
        assert_eq!(shown(html), format!("ERR {expected}"), "{html}");
    }
}

/// Pieces that are likely to meet in a mistake.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "</",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<a href=\"",
        "<a href='https://e.org/x'>",
        "</a>",
        "\"",
        "'",
        "=",
        " ",
        "&",
        "&amp;",
        "&lt",
        "&#",
        "&#x41;",
        "&#55296;",
        "<code class=\"language-a\">",
        "</code>",
        "<pre>",
        "</pre>",
        "x",
        "é",
        "😀",
        "/",
        "<span class=tg-spoiler>",
        "</span>",
        "</>",
        "<blockquote expandable>",
        "</blockquote>",
        "<br>",
        "\n",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_escaped_text_arrives_as_typed(text in any::<String>()) {
        let out = parse(&escape(&text)).unwrap();
        prop_assert_eq!(out.text, text);
        prop_assert!(out.entities.is_empty());
    }

    #[test]
    fn nothing_makes_it_panic(text in prop_oneof![any::<String>(), soup()]) {
        if let Ok(out) = parse(&text) {
            let mut clean = out.cleaned();
            super::super::autolink::add(&mut clean);
            let units: usize = clean.text.chars().map(char::len_utf16).sum();
            for entity in &clean.entities {
                prop_assert!(entity.length > 0 && entity.end() <= units);
            }
        }
    }
}

/// The same answers as the official parser, where Python has it (`import tdjson`).
#[test]
fn the_official_parser_agrees() {
    const ASK: &str = r#"
import json, sys, tdjson
ask = lambda o: json.loads(tdjson.td_execute(json.dumps(o).encode()))
ask({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
for line in sys.stdin:
    r = ask({"@type": "parseTextEntities", "text": json.loads(line), "parse_mode": {"@type": "textParseModeHTML"}})
    if r["@type"] == "error":
        r = {"error": r["message"].removeprefix("Can't parse entities: ")}
    else:
        r = {"text": r["text"], "entities": [[e["offset"], e["length"], e["type"].get("url", e["type"].get("language", ""))] for e in r["entities"]]}
    print(json.dumps(r))
"#;
    let probe =
        Command::new("python3").args(["-c", "import tdjson"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        // Past the capture of the test runner, which would hide it.
        writeln!(std::io::stderr(), "skipped: python3 has no tdjson to compare with").unwrap();
        return;
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases: Vec<String> =
        (0..3000).map(|_| soup().new_tree(&mut runner).unwrap().current()).collect();
    let mut child = Command::new("python3")
        .args(["-c", ASK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> =
        cases.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.concat().as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let mut differing = Vec::new();
    for (case, answer) in cases.iter().zip(String::from_utf8(output.stdout).unwrap().lines()) {
        let theirs: serde_json::Value = serde_json::from_str(answer).unwrap();
        let ours = match parse(case) {
            Err(reason) => serde_json::json!({"error": reason}),
            Ok(out) => {
                let entities: Vec<_> = out
                    .entities
                    .iter()
                    .map(|e| {
                        let kind = serde_json::to_value(&e.kind).unwrap();
                        let extra = kind.get("url").or(kind.get("language")).cloned();
                        serde_json::json!([e.offset, e.length, extra.unwrap_or_else(|| "".into())])
                    })
                    .collect();
                serde_json::json!({"text": out.text, "entities": entities})
            }
        };
        if ours != theirs {
            differing.push(format!("{case:?}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing[..differing.len().min(12)].join("\n")
    );
}
