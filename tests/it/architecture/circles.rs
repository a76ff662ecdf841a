//! Whether files of one folder need each other in a circle: then none of them can be understood, or changed, alone.
//!
//! A file needs another that it names: `super::x`, `crate::a::x`, or a name of x's that the folder's face (`mod.rs`, or the
//! file beside the folder) hands on. A folder within counts as one file, with all that is in it. The face itself is left
//! out: it knows its rooms, and they know what stands in it. So are test modules, as in the map.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, files_in, sources};

/// A module, as the names on the way to it.
pub(super) type Way = Vec<String>;

/// Who needs whom.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// The module that a file below `src/` is.
pub(super) fn module(file: &str) -> Way {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// Reads the paths that `text` begins with, one or several in braces, and returns what is behind them.
fn tree<'a>(mut text: &'a str, before: &[String], found: &mut Vec<Way>) -> &'a str {
    let mut path = before.to_vec();
    loop {
        if let Some(list) = text.strip_prefix('{') {
            text = list.trim_start();
            while !text.is_empty() && !text.starts_with('}') {
                text = tree(text, &path, found);
                // What stands behind `as` is no way to anything.
                text = text.trim_start_matches(|c| c != ',' && c != '}');
                text = text.trim_start_matches(',').trim_start();
            }
            return text.strip_prefix('}').unwrap_or(text);
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        path.push(name.to_owned());
        match rest.strip_prefix("::") {
            Some(further) => text = further,
            None => {
                found.push(path);
                return rest;
            }
        }
    }
}

/// All that a file names by its place in the crate.
pub(super) fn named(code: &str, module: &[String]) -> Vec<Way> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let (_, rest) = code.split_at(at + "crate::".len());
        tree(rest, &[], &mut found);
    }
    for (at, _) in code.match_indices("super::") {
        let (before, rest) = code.split_at(at);
        if before.ends_with("super::") {
            continue;
        }
        let mut ups = 0;
        let mut rest = rest;
        while let Some(further) = rest.strip_prefix("super::") {
            (ups, rest) = (ups + 1, further);
        }
        let place = module.len().saturating_sub(ups);
        tree(rest, module.get(..place).unwrap_or_default(), &mut found);
    }
    found
}

/// What a face hands on: the name, and the file that it is of.
pub(super) fn handed_on(face: &str) -> BTreeMap<String, String> {
    let mut found = Vec::new();
    for statement in face.split(';') {
        if let Some((_, used)) = statement.split_once("use ") {
            tree(used.trim_start_matches("self::"), &[], &mut found);
        }
    }
    let ends = |path: Way| Some((path.last()?.clone(), path.first()?.clone()));
    found.into_iter().filter(|path| path.len() > 1).filter_map(ends).collect()
}

/// The files that can be reached from one.
fn reach<'a>(needs: &'a Needs, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&'a str> =
        needs.get(from).into_iter().flatten().map(String::as_str).collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(needs.get(next).into_iter().flatten().map(String::as_str));
        }
    }
    found
}

/// The circles among the files of each folder.
fn circles(files: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    let is_test = |file: &str| file.ends_with("tests.rs") || file.contains("/tests/");
    let modules: BTreeMap<Way, String> = files
        .iter()
        .filter(|(file, _)| !is_test(file) && file != "main.rs" && file != "lib.rs")
        .map(|(file, text)| (module(file), code(text)))
        .collect();
    let folders: BTreeSet<Way> =
        modules.keys().filter_map(|path| path.split_last()).map(|(_, up)| up.to_vec()).collect();
    let mut found = Vec::new();
    for folder in folders {
        let within = |path: &Way| path.strip_prefix(folder.as_slice())?.first().cloned();
        let rooms: BTreeSet<String> = modules.keys().filter_map(within).collect();
        let face = modules.get(&folder).map(|face| handed_on(face)).unwrap_or_default();
        let mut needs = Needs::new();
        for (path, code) in &modules {
            let Some(room) = within(path) else { continue };
            for other in named(code, path).iter().filter_map(within) {
                let other = face.get(&other).filter(|_| !rooms.contains(&other)).unwrap_or(&other);
                if *other != room && rooms.contains(other) {
                    needs.entry(room.clone()).or_default().insert(other.clone());
                }
            }
        }
        let mut seen = BTreeSet::new();
        for room in &rooms {
            let circle: Vec<String> = reach(&needs, room)
                .into_iter()
                .filter(|other| reach(&needs, other).contains(room.as_str()))
                .map(str::to_owned)
                .collect();
            if circle.contains(room) && seen.insert(circle.clone()) {
                found.push((folder.join("/"), circle));
            }
        }
    }
    found
}

#[test]
fn files_of_one_folder_need_each_other_in_no_circle() {
    assert_eq!(circles(&sources()), []);
    assert_eq!(circles(&files_in("sim/src", ".rs")), []);
}

#[test]
fn a_circle_is_seen_however_it_is_named() {
    let face =
        ("a/mod.rs", "mod b;\nmod c;\npub use c::{C, D as E};\nuse b::run;\nfn f() { run() }");
    let circle = |files: &[(&str, &str)]| {
        let files = files.iter().chain([&face]);
        let files: Vec<_> =
            files.map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        circles(&files)
    };
    let to_c = ("a/b.rs", "use super::c::C;");
    for to_b in [
        "use super::b::B;",
        "use crate::a::b;",
        "use super::{x::{self, Y}, b::B as Other};",
        "use crate::{\n    model::Id,\n    a::{\n        b::B,\n    },\n};",
        "fn f() { super::b::run(); }",
        "use super::run;",
    ] {
        let found = circle(&[to_c, ("a/c.rs", to_b)]);
        assert_eq!(found, [("a".to_owned(), vec!["b".to_owned(), "c".to_owned()])], "{to_b}");
        // Deeper within, it needs the folder's files all the same.
        let deeper = to_b.replace("super::", "super::super::");
        let found = circle(&[to_c, ("a/c.rs", "mod d;"), ("a/c/d.rs", &deeper)]);
        assert_eq!(found, [("a".to_owned(), vec!["b".to_owned(), "c".to_owned()])], "{deeper}");
    }
    assert_eq!(circle(&[("a/b.rs", "use super::C;"), ("a/c.rs", "use super::b::B;")]).len(), 1);
    let by_three = [to_c, ("a/c.rs", "use super::d::D;"), ("a/d.rs", "use super::b::B;")];
    assert_eq!(circle(&by_three)[0].1, ["b", "c", "d"]);
    for apart in [
        "use super::d::D;",
        "use crate::b::B;",
        "// super::b::B has it",
        "#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}",
        "use self::inner::b;",
    ] {
        assert!(circle(&[to_c, ("a/c.rs", apart), ("a/d.rs", "")]).is_empty(), "{apart}");
    }
    let of_a_test = ("a/c/tests.rs", "use crate::a::b::B;");
    assert!(circle(&[to_c, ("a/c.rs", ""), of_a_test]).is_empty());
}
