//! Whether whoever uses one side of the store names another, and whether anybody but an engine knows a driver or its words.

use std::collections::BTreeSet;

use super::circles::{handed_on, module, named};
use super::{code, files_below, root, sources};

/// What each user of the store takes of it. Not here: `app`, `cli` and `demo`, which put things together.
const TAKES: [(&str, &str); 10] = [
    ("bus/", "stream"),
    ("control/", "registry"),
    ("deliver/", "outbox"),
    ("pipeline/lists.rs", "polling"),
    ("pipeline/plan.rs", "polling"),
    ("pipeline/poll.rs", "polling"),
    ("pipeline/rounds.rs", "polling"),
    ("pipeline/route.rs", "stream"),
    // Of several that a path begins with, the first counts.
    ("web/public", "registry"),
    ("web/", "housekeeping"),
];

/// What belongs to no side.
const FOR_ALL: [&str; 4] = ["self", "destination", "error", "shared"];

/// Who puts things together.
const ASSEMBLE: [&str; 4] = ["app/", "cli/", "demo/", "store/"];

/// The sides of the store that a file names, by its own names for them.
fn sides(path: &str, text: &str, face: &str) -> BTreeSet<String> {
    let face = handed_on(face);
    let names = named(&code(text), &module(path));
    let of_the_store = names.iter().filter_map(|way| match way.as_slice() {
        [first, name, ..] if first == "store" => Some(face.get(name).unwrap_or(name)),
        _ => None,
    });
    // What stands in the face itself is for all, but for the whole.
    let side = |name: &&String| {
        let is_of_a_file = name.starts_with(|c: char| c.is_ascii_lowercase());
        *name == "Store" || (is_of_a_file && !FOR_ALL.contains(&name.as_str()))
    };
    of_the_store.filter(side).cloned().collect()
}

#[test]
fn whoever_uses_one_side_of_the_store_names_no_other() {
    let sources = sources();
    let (_, face) = sources.iter().find(|(path, _)| path == "store/mod.rs").expect("its face");
    let mut taken = BTreeSet::new();
    for (path, text) in &sources {
        // Tests put together what they need.
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        if is_test || ASSEMBLE.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let may = TAKES.iter().find(|(user, _)| path.starts_with(user));
        for side in sides(path, text, face) {
            assert!(may.is_some_and(|(_, may)| *may == side), "{path} takes `{side}` of the store");
            taken.extend(may.map(|(user, _)| *user));
        }
    }
    let unused: Vec<_> = TAKES.iter().filter(|(user, _)| !taken.contains(user)).collect();
    assert!(unused.is_empty(), "these take nothing of it any more: {unused:?}");
}

#[test]
fn only_an_engine_of_the_store_knows_its_driver() {
    for (path, text) in sources() {
        let knows = code(&text).contains("rusqlite");
        assert!(!knows || path.starts_with("store/sqlite/"), "{path} knows a driver");
    }
}

#[test]
fn what_tells_whether_a_store_is_right_knows_no_engine() {
    let suite = root().join("tests/it/store/suite");
    let files = files_below(&suite);
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(suite.join(&file)).unwrap();
        for word in ["sqlite", "Sqlite", "SELECT ", "UPDATE ", ".sql(", ".meddle("] {
            assert!(
                !text.contains(word),
                "{file}: `{word}`: ask `Inspect`, or move it to an engine"
            );
        }
    }
}

#[test]
fn a_side_is_seen_however_it_is_named() {
    let face = "mod a;\npub use a::{A, Row};\npub use error::Result;\npub const KEY: &str = \"\";";
    for (text, found) in [
        ("use crate::store::{KEY, Result, Row};", vec!["a"]),
        ("fn f(store: &dyn crate::store::A) {}", vec!["a"]),
        ("use crate::store::{KEY, Result};", vec![]),
        ("use crate::store::{Result, Store};", vec!["Store"]),
        ("use crate::model::A;", vec![]),
    ] {
        assert!(sides("web/mod.rs", text, face).iter().eq(found.iter()), "{text}");
    }
}
