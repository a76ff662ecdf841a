//! What we write and document ourselves is read as it says.

use super::super::known::{DEFAULT_TOML, KNOWN, is_commented_key};
use super::*;

#[test]
fn what_init_writes_says_what_is_to_be_filled_in() {
    insta::assert_snapshot!(with(&init_text(), &[]).unwrap_err(), @r#"
    config/tubebell.toml:14: youtube.api_key: is empty: in the Google Cloud console, enable "YouTube Data API v3" and create an API key
    config/tubebell.toml:18: telegram.token: is empty: write /newbot to @BotFather in Telegram, it answers with the token
    "#);
}

#[test]
fn what_init_writes_loads_once_it_is_filled_in() {
    let filled = init_text()
        .replace("api_key = \"\"", "api_key = \"AIza\"")
        .replace("token = \"\"", "token = \"1:a\"");
    let config = good(&filled);
    assert!(config.lacking_for_run().is_empty());
    assert!(config.operator.to.is_empty(), "whoever opens the first invitation is the operator");
    let with_webhook = filled
        .replace("#[webhook]", "[webhook]")
        .replace("#secret = \"\"", "secret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"");
    assert!(good(&with_webhook).webhook.is_some());
}

/// A configuration in which every section is on and `line`, which gives `section.key`, is added.
fn all_on(section: &str, key: &str, line: &str) -> String {
    let needed = [
        ("youtube", "api_key", "api_key = \"k\"\n"),
        ("telegram", "token", "token = \"1:a\"\n"),
        ("webhook", "secret", "secret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\n"),
        ("email", "smtp_url", "smtp_url = \"smtp://localhost\"\n"),
        ("email", "from", "from = \"bell@example.org\"\n"),
        ("email", "dkim_domain", "dkim_domain = \"example.org\"\n"),
        ("email", "dkim_selector", "dkim_selector = \"s\"\n"),
        ("email", "dkim_key", "dkim_key = \"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\"\n"),
        ("web", "public_url", "public_url = \"https://a.org\"\n"),
        ("bus", "mode", "mode = \"kafka\"\n"),
        ("kafka", "bootstrap_servers", "bootstrap_servers = \"localhost:9092\"\n"),
        ("kafka", "schema_registry_url", "schema_registry_url = \"http://localhost:8081\"\n"),
        ("ksqldb", "url", "url = \"http://localhost:8088\"\n"),
    ];
    let mut text = String::new();
    for name in KNOWN.keys() {
        text.push_str(&format!("[{name}]\n"));
        for (_, needed_key, needed_line) in needed.iter().filter(|(needed, ..)| needed == name) {
            let same = *needed_key == key || format!("{needed_key}_file") == key;
            if section != name || !same {
                text.push_str(needed_line);
            }
        }
        if name == section {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

#[cfg(feature = "kafka")]
#[test]
fn every_documented_key_is_read_and_checked() {
    for (section, content) in KNOWN.iter() {
        for key in content.keys.keys() {
            // No key takes a date.
            let lines = lines(&all_on(section, key, &format!("{key} = 2027-01-31")), &[]);
            let expected = format!("{section}.{key}: expected");
            assert!(
                lines.len() == 1 && lines[0].contains(&expected),
                "nobody reads {section}.{key}: {lines:?}"
            );
        }
    }
}

#[test]
fn every_default_and_every_example_is_a_value_that_is_taken() {
    let mut section = "";
    let mut tried = 0;
    for line in DEFAULT_TOML.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        }
        let example = if is_commented_key(line) { line.trim_start_matches('#') } else { line };
        let Some((key, _)) = example.split_once(" = ").filter(|_| !line.starts_with("# ")) else {
            continue;
        };
        // Their examples are files that are not here, and rows of a table.
        if key.ends_with("_file") || key.starts_with('"') {
            continue;
        }
        good(&all_on(section, key, example));
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn the_example_for_one_box_has_no_mistake_but_the_secrets_that_are_not_here() {
    let text = include_str!("../../../config/embedded.toml");
    let compose = include_str!("../../../docker-compose.yml");
    for secret in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, name)) = secret.split_once("/run/secrets/") else { continue };
        let name = name.trim_end_matches('"');
        assert!(compose.contains(&format!("  {name}: {{ file:")), "no container has {name}");
    }
    let lines = lines(text, &[]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("can't be read")), "{lines:?}");
    good(
        &text
            .replace("api_key_file = \"/run/secrets/youtube_api_key\"", "api_key = \"k\"")
            .replace("token_file = \"/run/secrets/telegram_token\"", "token = \"1:a\""),
    );
}

#[cfg(feature = "kafka")]
#[test]
fn the_example_for_kafka_has_no_mistake_but_the_secrets_that_are_not_here_in_any_of_its_forms() {
    let text = include_str!("../../../config/kafka.toml");
    let found = lines(text, &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|line| line.contains("can't be read")), "{found:?}");

    // Each example that is commented out is taken as well, with a file that is here.
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "1:a\n").unwrap();
    let filled = |text: &str| {
        let row = |line: &str| match line.split_once("\"/run/secrets/") {
            Some((key, _)) => format!("{key}{:?}", secret.to_str().unwrap()),
            None => line.to_owned(),
        };
        text.lines().map(row).collect::<Vec<_>>().join("\n")
    };
    good(&filled(text));
    let is_example = |line: &str| line.starts_with(|c: char| "[\"".contains(c) || c.is_lowercase());
    let bare = |line: &str| match line.strip_prefix('#').filter(|line| is_example(line)) {
        Some(example) => example.to_owned(),
        None => line.to_owned(),
    };
    // The smallest form stands before the full one, in a section of the same name.
    let (small, full) = text.split_once("\n[kafka]\n").expect("it has the section");
    let small: String = small.lines().map(|line| bare(line) + "\n").collect();
    good(&filled(&small));
    let full: String = full.lines().map(|line| bare(line) + "\n").collect();
    let (head, _) = text.split_once("#[kafka]\n").expect("it has the smallest form");
    let config = good(&filled(&format!("{head}[kafka]\n{full}")));
    let crate::bus::BusOptions::Kafka(options) = config.bus else { panic!("it is embedded") };
    assert_eq!(options.properties.0.len(), 4);
}
