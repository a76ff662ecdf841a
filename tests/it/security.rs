//! What SECURITY.md says: each line of its tables names tests that stand, and secrets stay where they belong.

use std::path::Path;

use crate::story::{ANA, Story, recorded, watched};

/// The rows of the tables of a document, without their heads.
fn rows(document: &str) -> Vec<&str> {
    let lines: Vec<&str> = document.lines().collect();
    let is_rule = |line: &str| line.starts_with("|--");
    let is_row = |(index, line): (usize, &&str)| {
        let is_head = lines.get(index + 1).is_some_and(|next| is_rule(next));
        line.starts_with('|') && !is_rule(line) && !is_head
    };
    lines.iter().enumerate().filter(|(i, line)| is_row((*i, line))).map(|(_, line)| *line).collect()
}

/// The tests that a row names: `path::name` in backticks.
fn tests(row: &str) -> Vec<(&str, &str)> {
    row.split('`').skip(1).step_by(2).filter_map(|word| word.split_once("::")).collect()
}

/// Whether `source` has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    lines.iter().enumerate().any(|(index, line)| {
        let line = line.trim_start_matches("async ");
        let is_it = line
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')));
        // Other attributes may stand in between.
        let attributes = lines[..index].iter().rev().take_while(|line| line.starts_with("#["));
        is_it && attributes.into_iter().any(|a| *a == "#[test]" || a.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_line_of_the_threat_model_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows = rows(&document);
    assert!(rows.len() >= 40, "{} rows", rows.len());
    for row in rows {
        let tests = tests(row);
        assert!(!tests.is_empty(), "no test holds: {row}");
        for (file, name) in tests {
            let source = std::fs::read_to_string(root.join(file));
            let source = source.unwrap_or_else(|error| panic!("{file}: {error}: {row}"));
            assert!(has_test(&source, name), "{file} has no test {name}: {row}");
        }
    }
}

#[test]
fn a_row_without_a_test_and_a_test_that_is_gone_are_seen() {
    let document = "| who | test |\n|---|---|\n| a | none |\n| b | `x.rs::held` |\ntext\n";
    let rows = rows(document);
    assert_eq!(rows, ["| a | none |", "| b | `x.rs::held` |"]);
    assert!(tests(rows[0]).is_empty());
    assert_eq!(tests(rows[1]), [("x.rs", "held")]);
    assert!(has_test("#[tokio::test]\n#[expect(x)]\nasync fn held() {\n", "held"));
    for gone in ["fn held() {}", "#[test]\nfn held_no_more() {}", "#[test]\n\nfn held() {}"] {
        assert!(!has_test(gone, "held"), "{gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_token_or_secret_is_in_the_database_or_a_backup() {
    const WEBHOOK_KEY: &str = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let mut story = Story::quick().await;
    story.more = format!("[webhook]\nsecret = \"whsec_{WEBHOOK_KEY}\"\n");
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    recorded(&gateway).await;
    gateway.store().backup(&story.folder.path().join("copy.db")).await.unwrap();
    let token = story.telegram.token();
    let secrets = ["AIzaTest", token.split(':').nth(1).unwrap(), WEBHOOK_KEY];
    let mut files = 0;
    for entry in std::fs::read_dir(story.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
        files += 1;
    }
    // The database, its log, its index, its lock and the copy; what is looked for is there in principle.
    assert!(files >= 4, "{files} files");
    let copy = std::fs::read(story.folder.path().join("copy.db")).unwrap();
    let chat = format!("telegram:{ANA}");
    assert!(copy.windows(chat.len()).any(|part| part == chat.as_bytes()));
    gateway.stop().await;
    story.end().await;
}
