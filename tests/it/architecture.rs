//! Keeps the map true: who may import whom, who may spawn, that no test sleeps, and that documents name what exists.
//!
//! Reads files as text. Of the map, test code in `src/` is left out: a module's tests may join it with others.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

mod channels;
mod circles;
mod simulation;
mod store;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each top-level module of `src/` and `sim/src/` may use of the others. A new module needs a row.
const MAY_USE: [(&str, &[&str]); 36] = [
    ("model", &[]),
    ("files", &[]),
    ("detect", &["model"]),
    ("render", &["model"]),
    ("route", &["model", "detect"]),
    ("store", &["model", "files"]),
    ("http", &["model"]),
    ("links", &["model"]),
    ("source", &["model", "http"]),
    ("draw", &["model", "render"]),
    ("notify", &["model", "http", "links"]),
    ("bus", &["model", "files", "http", "store", "telemetry"]),
    ("telemetry", &["model"]),
    ("deliver", &["model", "store", "render", "draw", "notify", "telemetry"]),
    ("control", &["model", "links", "store", "route", "render"]),
    ("web", &["model", "links", "store", "telemetry"]),
    // The option types that these define beside what uses them.
    (
        "config",
        &[
            "model",
            "files",
            "source",
            "bus",
            "notify",
            "deliver",
            "store",
            "control",
            "web",
            "telemetry",
        ],
    ),
    // `config` is for `app` and `cli` alone: the others get their own options handed down.
    ("pipeline", &["*", "!config"]),
    ("demo", &["files", "store", "config", "app"]),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
    // The crate in `sim/`: no server knows another.
    ("ids", &[]),
    ("replay", &["ids"]),
    ("world", &["ids", "replay"]),
    ("simulation", &["world"]),
    ("plan", &[]),
    ("youtube", &["world", "simulation", "plan"]),
    ("loopback", &[]),
    ("telegram", &["world", "simulation", "loopback", "plan"]),
    ("discord", &["world", "simulation", "loopback", "plan"]),
    ("smtp", &["simulation", "loopback", "plan"]),
    ("ksqldb", &["simulation", "loopback", "plan"]),
    ("registry", &["simulation", "loopback", "plan"]),
    ("stage", &["simulation", "loopback"]),
];

/// Who spawns tasks, all of them on the `TaskTracker` that stops wait for: the simulation its servers, too. What takes a core
/// for long is drawn beside the tasks, and so are questions to Kafka that block a thread.
const MAY_SPAWN: [&str; 5] = ["app", "bus", "deliver", "draw", "simulation"];

/// Tasks that no tracker waits for.
const LOOSE: [&str; 4] = ["tokio::spawn", "task::spawn", "spawn_local", "JoinSet"];

/// What all may use of the library behind `http`: addresses, headers, rules of redirects. They call nobody.
const NO_CALLS: [&str; 3] = ["reqwest::Url", "reqwest::header::", "reqwest::redirect::"];

/// What makes a test depend on how much else the machine has to do.
const BY_THE_CLOCK: [&str; 7] = [
    "time::sleep(",
    "thread::sleep(",
    "sleep_until(",
    "time::timeout(",
    "timeout_at(",
    "elapsed() <",
    "elapsed() >",
];

/// Where time may pass all the same.
const MAY_WAIT: [&str; 2] = [
    // The pause between two looks at a condition, and the limit of all waits.
    "tests/it/wait.rs",
    // A receiver that is slow, so that messages are in flight; nothing is expected of how slow.
    "tests/it/crash/receiver.rs",
];

fn may_use(module: &str, other: &str) -> bool {
    let row = MAY_USE.iter().find(|(name, _)| *name == module).map(|(_, row)| *row);
    row.is_some_and(|row| {
        let refused = row.iter().any(|name| name.strip_prefix('!') == Some(other));
        module == other || (!refused && (row.contains(&other) || row.contains(&"*")))
    })
}

/// The code of a file without comments and without its test module.
fn code(text: &str) -> String {
    split(text).0
}

/// The code of a file without comments, and its inline test module.
fn split(text: &str) -> (String, String) {
    let mut lines = Vec::new();
    let mut rest = text.lines().peekable();
    while let Some(line) = rest.next() {
        let next = rest.peek().copied().unwrap_or_default();
        if line == "#[cfg(test)]" && next.starts_with("mod ") {
            if next.ends_with(';') {
                rest.next();
                continue;
            }
            // Our inline test modules end the file.
            return (lines.join("\n"), rest.collect::<Vec<_>>().join("\n"));
        }
        if !line.trim_start().starts_with("//") {
            lines.push(line);
        }
    }
    (lines.join("\n"), String::new())
}

/// The test code of a file: all of it below `tests/`.
fn test_code(path: &str, text: &str) -> String {
    if path.starts_with("tests/") || path.ends_with("tests.rs") || path.contains("/tests/") {
        text.to_owned()
    } else {
        split(text).1
    }
}

/// Where a test waits for time to pass, or measures it, instead of waiting for a condition. Paused time is another thing.
fn waits(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if MAY_WAIT.contains(&path) {
        return found;
    }
    let code = test_code(path, text).replace("#[test]", "#[tokio::test]");
    for piece in code.split("#[tokio::test") {
        if piece.starts_with("(start_paused = true") {
            continue;
        }
        for line in piece.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in BY_THE_CLOCK.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{path}: `{word}`: wait for a condition, see tests/it/wait.rs"));
            }
        }
    }
    found
}

/// The other modules of ours that `code` names: after `crate::`, also in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.extend(first_word(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in list.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => found.extend(first_word(&std::mem::take(&mut item))),
                '{' => depth += 1,
                '}' => depth -= 1,
                c => item.push(c),
            }
        }
        found.extend(first_word(&item));
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String =
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // A macro or a type at the root is no module.
    word.chars().next().filter(char::is_ascii_lowercase).map(|_| word)
}

/// The top-level module of a file below `src/` or `sim/src/`, and how many `super::` lead out of it.
fn module_of(path: &str) -> (String, usize) {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let parts: Vec<&str> = path.split('/').collect();
    (parts[0].to_owned(), parts.len())
}

/// Everything that a file of `src/` or `sim/src/` must not do.
fn violations(path: &str, text: &str) -> Vec<String> {
    let (module, depth) = module_of(path);
    if path.ends_with("tests.rs") || path.contains("/tests/") {
        return Vec::new();
    }
    let code = code(text);
    let mut found = Vec::new();
    if !MAY_USE.iter().any(|(name, _)| *name == module) {
        found.push(format!("{path}: `{module}` has no row in MAY_USE"));
    }
    for other in imports(&code).iter().filter(|other| !may_use(&module, other)) {
        found.push(format!("{path}: `{module}` may not use `{other}`"));
    }
    if !["main", "lib"].contains(&module.as_str()) && code.contains(&"super::".repeat(depth)) {
        found.push(format!("{path}: write crate::… for another module, so that a search sees it"));
    }
    // The database has threads of its own; nobody else starts one, but for what closes a client of Kafka's that nobody waits for.
    // A scoped thread has ended where its scope ends.
    let threads = ["thread::spawn", "thread::Builder", "scope.spawn"];
    let threads: usize = threads.iter().map(|word| code.matches(word).count()).sum();
    if threads > 0 && module != "store" && path != "bus/kafka/closing.rs" {
        found.push(format!("{path}: only `store` starts a thread"));
    }
    if let Some(word) = LOOSE.iter().find(|word| code.contains(**word)) {
        found.push(format!("{path}: `{word}`: a task belongs to the tracker that was handed down"));
    } else if !MAY_SPAWN.contains(&module.as_str()) && code.matches("spawn").count() > threads {
        found.push(format!("{path}: only {MAY_SPAWN:?} spawn tasks"));
    }
    let calls = NO_CALLS.iter().fold(code.clone(), |code, word| code.replace(word, ""));
    if module != "http" && calls.contains("reqwest") {
        found.push(format!("{path}: only `http` calls others: take a client of its kind"));
    }
    if module != "demo" && code.contains("tubebell_sim") {
        found.push(format!("{path}: only `demo` knows the simulation"));
    }
    if code.contains("unbounded") {
        found.push(format!("{path}: every queue has a bound"));
    }
    found
}

/// The files that a document names in backticks.
fn named_files(document: &str) -> impl Iterator<Item = &str> {
    document.split('`').skip(1).step_by(2).filter(|word| {
        let path = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        let endings = [".rs", ".toml", ".md", ".sql", ".hbs", ".yml", ".lock", "/"];
        path && !word.starts_with('/') && endings.iter().any(|ending| word.ends_with(ending))
    })
}

/// The files that a document names, and that are neither in the repository nor in `src/`.
fn missing_files(document: &str) -> Vec<&str> {
    let is_there =
        |file: &&str| root().join(file).exists() || root().join("src").join(file).exists();
    named_files(document).filter(|file| !is_there(file)).collect()
}

/// The keys and sections of a configuration that no comment explains.
fn unexplained(toml: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = "";
    for line in toml.lines() {
        let bare = line.strip_prefix('#').unwrap_or(line);
        let key =
            bare.starts_with(|c: char| c.is_ascii_lowercase() || c == '"') && bare.contains(" = ");
        // A row of a table whose keys are free is explained with its header.
        let row = bare.starts_with('"') && before.starts_with("#[");
        if (key || bare.starts_with('[')) && !before.starts_with("# ") && !row {
            found.push(bare.to_owned());
        }
        before = line;
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder`, relative to it, with `/`.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                let path = entry.path();
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The sources of the program.
fn sources() -> Vec<(String, String)> {
    files_in("src", ".rs")
}

/// Paths below a folder, and texts.
fn files_in(folder: &str, ending: &str) -> Vec<(String, String)> {
    let folder = root().join(folder);
    let files = files_below(&folder).into_iter().filter(|path| path.ends_with(ending));
    files.map(|path| (path.clone(), std::fs::read_to_string(folder.join(&path)).unwrap())).collect()
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let files = [sources(), files_in("sim/src", ".rs")].concat();
    let found: Vec<String> = files.iter().flat_map(|(path, text)| violations(path, text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn one_place_builds_the_clients_that_call_others() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        for word in ["reqwest::Client::builder", "ClientBuilder::new", "reqwest::get"] {
            found.extend(code(&text).matches(word).map(|word| format!("{path}: {word}")));
        }
    }
    assert_eq!(found, ["http/client.rs: reqwest::Client::builder"]);
}

#[test]
fn no_test_sleeps_or_measures_time() {
    let mut files = Vec::new();
    for folder in ["src", "sim/src", "tests"] {
        let within = files_in(folder, ".rs").into_iter();
        files.extend(within.map(|(path, text)| (format!("{folder}/{path}"), text)));
    }
    // This file names what it forbids.
    files.retain(|(path, _)| path != "tests/it/architecture.rs");
    for path in MAY_WAIT {
        assert!(files.iter().any(|(file, _)| file == path), "{path} is gone");
    }
    let found: Vec<String> = files.iter().flat_map(|(path, text)| waits(path, text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_map_mentions_every_module_and_names_no_file_that_is_gone() {
    let Ok(map) = std::fs::read_to_string(root().join("ARCHITECTURE.md")) else {
        crate::skipped("there is no ARCHITECTURE.md");
        return;
    };
    let modules: BTreeSet<String> = sources().iter().map(|(path, _)| module_of(path).0).collect();
    // The crate's two roots are no rooms of their own.
    for module in modules.iter().filter(|module| !["lib", "main"].contains(&module.as_str())) {
        let names = [format!("`{module}`"), format!("{module}/"), format!("{module}.rs")];
        assert!(names.iter().any(|name| map.contains(name)), "{module} is not on the map");
    }
    assert_eq!(missing_files(&map), Vec::<&str>::new(), "they are on the map and do not exist");
}

#[test]
fn the_recipes_name_no_file_that_is_gone() {
    let Ok(recipes) = std::fs::read_to_string(root().join("CONTRIBUTING.md")) else {
        crate::skipped("there is no CONTRIBUTING.md");
        return;
    };
    assert_eq!(missing_files(&recipes), Vec::<&str>::new());
}

#[test]
fn every_key_of_the_default_configuration_has_a_comment() {
    let toml = std::fs::read_to_string(root().join("config/default.toml")).unwrap();
    assert_eq!(unexplained(&toml), Vec::<String>::new());
}

#[test]
fn nothing_that_is_tracked_mentions_a_path_of_one_machine() {
    let listed = std::process::Command::new("git").arg("-C").arg(root()).arg("ls-files").output();
    let Some(listed) = listed.ok().filter(|output| output.status.success()) else {
        crate::skipped("no git, so nobody knows what is tracked");
        return;
    };
    // In pieces, or this file would be found.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let listed = String::from_utf8(listed.stdout).unwrap();
    for file in listed.lines() {
        let Ok(text) = std::fs::read_to_string(root().join(file)) else { continue };
        for path in paths {
            assert!(!text.contains(path), "{file} mentions {path}");
        }
    }
}

#[test]
fn the_checks_see_what_is_forbidden() {
    let forbidden = [
        ("model/snapshot.rs", "use crate::store::Store;"),
        ("model/snapshot.rs", "use crate::{model, store};"),
        ("route/mod.rs", "use crate::{detect::{self, Pair}, render::Card};"),
        ("source/client.rs", "fn f() { crate::notify::send() }"),
        ("notify/telegram.rs", "use super::super::store::Store;"),
        ("notify/telegram.rs", "use crate::render::picture::svg;"),
        ("draw/mod.rs", "tokio::task::spawn_blocking(work);"),
        ("notify/mod.rs", "use super::store::Store;"),
        ("web/mod.rs", "use crate::config::Config;"),
        ("pipeline.rs", "use crate::config::Config;"),
        ("weather.rs", ""),
        ("control/mod.rs", "tracker.spawn(work());"),
        ("web/mod.rs", "tasks.spawn(work());"),
        ("pipeline/poll.rs", "tokio::task::spawn_blocking(work);"),
        ("store/thread.rs", "std::thread::Builder::new().spawn(work);\ntracker.spawn(work());"),
        ("source/mod.rs", "tokio::spawn(work());"),
        ("app.rs", "tokio::spawn(work());"),
        ("simulation.rs", "let tasks = JoinSet::new();"),
        ("demo/run.rs", "tasks.spawn(serve());"),
        ("telegram/mod.rs", "tasks.spawn(serve());"),
        ("telegram/mod.rs", "use crate::youtube::Fault;"),
        ("world/chats.rs", "use crate::simulation::lock;"),
        ("cli/mod.rs", "use tubebell_sim::Simulation;"),
        ("web/mod.rs", "std::thread::spawn(work);"),
        ("app.rs", "let (sender, receiver) = mpsc::unbounded_channel();"),
        ("bus/mod.rs", "#[cfg(test)]\nmod tests;\nuse crate::route::Router;"),
        ("notify/webhook/mod.rs", "use reqwest::Client;"),
        ("source/client.rs", "use reqwest::{Client, Url};"),
        ("cli/init.rs", "let page = reqwest::get(reqwest::Url::parse(text)?).await?;"),
    ];
    for (path, text) in forbidden {
        assert_eq!(violations(path, text).len(), 1, "{path}: {text}");
    }
    let allowed = [
        ("route/mod.rs", "use crate::{detect::{self, Pair}, model::Change, route::rule};"),
        ("notify/telegram.rs", "use super::Notifier;\n// crate::store keeps the receipt"),
        ("deliver/worker.rs", "self.tracker.spawn(send());"),
        ("draw/mod.rs", "self.tracker.spawn_blocking(work);"),
        ("simulation.rs", "self.tasks.spawn(server);"),
        ("demo/run.rs", "use tubebell_sim::Simulation;\nuse crate::app::Gateway;"),
        ("store/thread.rs", "std::thread::Builder::new().spawn(work);"),
        ("store/open.rs", "std::thread::scope(|scope| scope.spawn(work));"),
        ("bus/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::route::Router;\n}"),
        ("bus/tests.rs", "use crate::route::Router;"),
        ("app.rs", "use crate::config::Config;\nuse crate::bus::Bus;"),
        ("notify/webhook/mod.rs", "use reqwest::Url;\nuse reqwest::header::HeaderMap;"),
        ("http/client.rs", "let http = reqwest::Client::builder();"),
    ];
    for (path, text) in allowed {
        assert_eq!(violations(path, text), Vec::<String>::new(), "{path}: {text}");
    }
    let paused =
        "#[tokio::test(start_paused = true)]\nasync fn f() { tokio::time::sleep(long).await }";
    let slept =
        format!("{paused}\n#[tokio::test]\nasync fn g() {{ tokio::time::sleep(long).await }}");
    let inline = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{slept}\n}}");
    for (path, text, count) in [
        ("tests/it/a.rs", slept.as_str(), 1),
        ("src/a/tests.rs", &slept, 1),
        ("src/a.rs", &inline, 1),
        ("src/a.rs", &slept, 0),
        ("tests/it/a.rs", paused, 0),
        ("tests/it/a.rs", "// time::sleep( is forbidden", 0),
        ("tests/it/a.rs", "assert!(begun.elapsed() < SOON);", 1),
        ("tests/it/a.rs", "#[test]\nfn f() { std::thread::sleep(long) }", 1),
        ("tests/it/wait.rs", &slept, 0),
    ] {
        assert_eq!(waits(path, text).len(), count, "{path}: {text}");
    }
    let document = "`src/lib.rs` and `gone.rs`, `Vec<u8>`, `a.b`, `/healthz`, `src/model/`";
    let files: Vec<&str> = named_files(document).collect();
    assert_eq!(files, ["src/lib.rs", "gone.rs", "src/model/"]);
    let toml = "# The store.\n[store]\n\n# Where.\nurl = 1\nsize = 2\n#path = 3\n# A table.\n#[a]\n#\"b\" = 1\n";
    assert_eq!(unexplained(toml), ["size = 2", "path = 3"]);
}
