//! What differs between channels stands in one table, and the recipe for a further channel is complete.

use std::collections::BTreeSet;

use tubebell::model::Channel;

use super::{code, files_in, module_of, named_files, root, sources};

/// Who serves every channel alike: what differs between them stands in `Channel::traits`, or is said by whoever wires.
const OF_NO_CHANNEL: [&str; 10] = [
    "bus",
    "control",
    "deliver",
    "detect",
    "pipeline",
    "route",
    "source",
    "store",
    "telemetry",
    "web",
];

/// Who wires, or speaks to a service by itself: may name its channel beyond the files of the recipe.
const OF_A_SERVICE: [&str; 4] = ["app", "cli", "demo", "notify"];

/// Older schemas and the way from them, which say what was.
const OF_OLD: [&str; 2] = ["store/sqlite/schema_", "store/sqlite/migrate/"];

/// How a service shows that does not stand there by its name: a group told apart by the text of its address, and a link.
const SIGNS: [&str; 2] = [":-", "//t.me"];

/// A statement without its comments.
fn bare_sql(text: &str) -> String {
    text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect()
}

/// The channels that a file of `src/` names, which is to serve all of them alike.
fn named_channels(path: &str, text: &str) -> Vec<String> {
    let is_old = OF_OLD.iter().any(|old| path.starts_with(old));
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    if !OF_NO_CHANNEL.contains(&module_of(path).0.as_str()) || is_old || is_test {
        return Vec::new();
    }
    let code = if path.ends_with(".sql") { bare_sql(text) } else { code(text) };
    let code = code.to_lowercase();
    let names = Channel::ALL.map(Channel::name).into_iter().chain(SIGNS);
    let named = names.filter(|name| code.contains(name));
    named.map(|name| format!("{path}: `{name}`: ask `Channel::traits` or `Address`")).collect()
}

/// Where a file of `src/` decides by the name of a channel what can be asked of all of them.
///
/// Whoever wires names a channel to make what is its own, and the files of the `recipe` have an arm for each.
fn decided_by_name(path: &str, text: &str, recipe: &BTreeSet<String>) -> Vec<String> {
    if path.ends_with("tests.rs") || path.contains("/tests/") {
        return Vec::new();
    }
    let has_arms = recipe.contains(&format!("src/{path}"));
    let code = code(text);
    let signs = Channel::ALL.into_iter().flat_map(|channel| {
        let (variant, name) = (format!("Channel::{channel:?}"), channel.name());
        let nowhere =
            [format!("== {variant}"), format!("!= {variant}"), format!(".{name}.is_none()")];
        let in_arms = [
            format!("{variant} =>"),
            format!("{variant} |"),
            format!("{variant})"),
            format!(".{name}.is_some()"),
        ];
        nowhere.into_iter().chain(in_arms.into_iter().filter(move |_| !has_arms))
    });
    let found = signs.filter(|sign| code.contains(sign));
    found.map(|sign| format!("{path}: `{sign}`: ask `Channel::traits` or `is_on`")).collect()
}

/// The files of `src/` in whose code something stands.
fn files_with(
    is_there: impl Fn(&str, &str) -> bool,
    sources: &[(String, String)],
) -> BTreeSet<String> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let files = sources.iter().filter(|(path, text)| !is_test(path) && is_there(path, &code(text)));
    files.map(|(path, _)| format!("src/{path}")).collect()
}

/// The files of `src/` that name the smallest channel, which has whatever a channel needs and nothing else.
fn files_of_the_recorder(sources: &[(String, String)]) -> BTreeSet<String> {
    let names_it = |_: &str, code: &str| code.to_lowercase().contains(Channel::Recorder.name());
    files_with(names_it, sources)
}

/// The files of `src/` that tell one channel from others, but for those that speak to its service.
fn files_that_tell_channels_apart(sources: &[(String, String)]) -> BTreeSet<String> {
    let variants = Channel::ALL.map(|channel| format!("::{channel:?}"));
    // `DiscordHook` is no `Discord`.
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let names = |code: &str, variant: &str| code.split(variant).skip(1).any(|rest| !goes_on(rest));
    let tells = |path: &str, code: &str| {
        !OF_A_SERVICE.contains(&module_of(path).0.as_str())
            && variants.iter().any(|variant| names(code, variant))
    };
    files_with(tells, sources)
}

/// The sources that the recipe for a further channel names; `None`: there is no such document.
fn recipe() -> Option<BTreeSet<String>> {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).ok()?;
    let named = named_files(section(&map, "How to add a channel"));
    let named = named.filter(|file| file.starts_with("src/") && file.ends_with(".rs"));
    Some(named.map(str::to_owned).collect())
}

/// What stands in a document under a heading of the second level.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let found = document.split("\n## ").find_map(|part| part.strip_prefix(heading));
    found.unwrap_or_default()
}

#[test]
fn what_differs_between_channels_stands_in_one_table() {
    let files = [sources(), files_in("src", ".sql")].concat();
    let found: Vec<String> =
        files.iter().flat_map(|(path, text)| named_channels(path, text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_channel_is_added_where_the_recipe_says_and_nowhere_else() {
    let Some(recipe) = recipe() else {
        crate::skipped("there is no ARCHITECTURE.md");
        return;
    };
    let sources = sources();
    assert_eq!(files_of_the_recorder(&sources), recipe);
    let elsewhere = &files_that_tell_channels_apart(&sources) - &recipe;
    assert!(elsewhere.is_empty(), "they tell channels apart by name: {elsewhere:?}");
    let found: Vec<String> =
        sources.iter().flat_map(|(path, text)| decided_by_name(path, text, &recipe)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_checks_of_channels_see_what_is_forbidden() {
    for (path, text, count) in [
        ("deliver/worker.rs", "if channel == Channel::Telegram { return; }", 1),
        ("deliver/worker.rs", "match to { Address::Webhook(_) | Address::Recorder(_) => {} }", 2),
        ("control/chat/turn.rs", "address.starts_with(\"telegram:\")", 1),
        ("deliver/limits.rs", "if lane.contains(\":-\") { slow() }", 1),
        ("control/chat/invite.rs", "format!(\"https://t.me/{bot}?start={code}\")", 1),
        (
            "deliver/limits.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n    use Channel::Telegram;\n}",
            0,
        ),
        ("deliver/worker.rs", "// A Telegram that hangs.\nlet traits = channel.traits();", 0),
        ("render/voice.rs", "match channel { Channel::Telegram => {} }", 0),
        ("store/sqlite/lane.rs", "\"CASE WHEN channel = 'telegram' THEN 1 END\"", 1),
        ("store/sqlite/schema.sql", "address TEXT, -- telegram:<id>\nkey TEXT", 0),
        ("store/sqlite/schema.sql", "CHECK (channel <> 'recorder') -- never", 1),
        ("store/sqlite/schema_9.sql", "DELETE FROM lane WHERE channel = 'recorder'", 0),
        ("store/sqlite/migrate/units.rs", "let is_chain = channel == \"telegram\";", 0),
    ] {
        assert_eq!(named_channels(path, text).len(), count, "{path}: {text}");
    }
    for (path, text, of_the_recorder, apart) in [
        ("web/mod.rs", "Channel::Recorder => {}", 1, 1),
        ("deliver/worker.rs", "if channel == Channel::Telegram {}", 0, 1),
        ("model/mod.rs", "// Channel::Recorder is for tests.", 0, 0),
        ("app/mod.rs", "if channel == Channel::Telegram {}", 0, 0),
        ("app/mod.rs", "Channel::Recorder => None", 1, 0),
        ("config/tests.rs", "Channel::Recorder", 0, 0),
        ("web/mod.rs", "match channel { Channel::Discord => {} }", 0, 1),
        ("model/mod.rs", "pub use discord_hook::DiscordHook;", 0, 0),
    ] {
        let file = [(path.to_owned(), text.to_owned())];
        assert_eq!(files_of_the_recorder(&file).len(), of_the_recorder, "{path}: {text}");
        assert_eq!(files_that_tell_channels_apart(&file).len(), apart, "{path}: {text}");
    }
    let recipe = BTreeSet::from(["src/config/options.rs".to_owned()]);
    for (path, text, count) in [
        ("app/mod.rs", "if channel == Channel::Telegram { limiter = Some(own); }", 1),
        ("app/mod.rs", "if let Some(bot) = channels.telegram { listen(bot); }", 0),
        ("app/mod.rs", "let has_bot = matches!(channel, Channel::Telegram);", 1),
        ("cli/check.rs", "let has_link = config.telegram.is_some();", 1),
        ("cli/check.rs", "match channel { Channel::Telegram | Channel::Webhook => {} }", 2),
        ("config/options.rs", "if self.telegram.is_none() && self.webhook.is_none() {}", 2),
        ("config/options.rs", "Channel::Telegram => self.telegram.is_some(),", 0),
        ("config/tests.rs", "assert!(config.telegram.is_some());", 0),
    ] {
        assert_eq!(decided_by_name(path, text, &recipe).len(), count, "{path}: {text}");
    }
    assert_eq!(section("# A\n\n## B\n`b.rs`\n\n## C\n`c.rs`\n", "C"), "\n`c.rs`\n");
}
