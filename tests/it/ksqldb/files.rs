//! The files themselves: they are statements, one makes one object, and the columns are those that others read.

use tubebell::bus::ksqldb::{MIGRATIONS, ValueFormat};
use tubebell_sim::ksqldb::{SourceInfo, SourceKind, check_syntax};

use super::rig::{Rig, WEEK_MS};

/// What a snapshot has beside its id, in the order of the topic, and whether a difference in it is a change.
const COLUMNS: [(&str, &str, bool); 14] = [
    ("OBSERVED_AT", "BIGINT", false),
    ("NUMBERS_AT", "BIGINT", false),
    ("DETAILS_AT", "BIGINT", false),
    ("VIEWS", "BIGINT", true),
    ("LIKES", "BIGINT", true),
    ("COMMENTS", "BIGINT", true),
    ("TITLE", "STRING", true),
    ("CHANNEL_ID", "STRING", true),
    ("CHANNEL_TITLE", "STRING", true),
    ("STATUS", "STRING", true),
    ("LIVE", "STRING", true),
    ("PUBLISHED_AT", "BIGINT", true),
    ("DURATION", "BIGINT", true),
    ("STARTS_AT", "BIGINT", true),
];

fn pairs() -> Vec<(String, &'static str)> {
    let pair = |(name, of, _): &(&str, &'static str, bool)| {
        [(format!("{name}_PREVIOUS"), *of), (format!("{name}_CURRENT"), *of)]
    };
    std::iter::once(("ID".to_owned(), "STRING")).chain(COLUMNS.iter().flat_map(pair)).collect()
}

async fn applied() -> (Rig, Vec<SourceInfo>) {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    let sources = rig.server.sources();
    (rig, sources)
}

fn of<'a>(sources: &'a [SourceInfo], name: &str) -> &'a SourceInfo {
    sources.iter().find(|source| source.name == name).unwrap()
}

#[test]
fn every_file_is_read_by_the_grammar_and_makes_one_object() {
    for migration in MIGRATIONS {
        let file = migration.file;
        let statements = check_syntax(migration.sql).unwrap_or_else(|why| panic!("{file}: {why}"));
        let code: String = migration.sql.lines().filter(|line| !line.starts_with("--")).collect();
        let pieces: Vec<&str> = code.trim_end_matches(';').split(';').collect();
        assert_eq!(pieces.len(), statements, "{file}");
        let (made, before) = pieces.split_last().unwrap();
        let begins = format!("CREATE {} {} ", migration.makes.kind(), migration.object);
        assert!(made.starts_with(&begins), "{file}: {begins}");
        assert!(before.iter().all(|piece| piece.starts_with("SET ")), "{file}");
        // What takes whatever has the name, and compares nothing.
        assert!(!code.contains("IF NOT EXISTS") && !code.contains("OR REPLACE"), "{file}");
        assert!(migration.sql.ends_with(";\n") && !migration.sql.contains("INTEGER"), "{file}");
    }
}

#[tokio::test]
async fn every_query_brings_its_own_settings_along() {
    let (_rig, sources) = applied().await;
    for migration in MIGRATIONS.iter().filter(|migration| migration.makes.has_query()) {
        let settings = &of(&sources, migration.object).settings;
        for (key, value) in [
            ("processing.guarantee", "exactly_once_v2"),
            ("cache.max.bytes.buffering", "0"),
            ("commit.interval.ms", "100"),
            ("auto.offset.reset", "earliest"),
        ] {
            let is_set = settings.contains(&(key.to_owned(), value.to_owned()));
            assert!(is_set, "{}: {key}", migration.file);
        }
    }
}

#[tokio::test]
async fn snapshots_and_changes_have_the_columns_that_the_gateway_writes_and_reads() {
    let (_rig, sources) = applied().await;
    let snapshot = COLUMNS.map(|(name, of, _)| (name.to_owned(), of));
    let with_id: Vec<_> = std::iter::once(("ID".to_owned(), "STRING")).chain(snapshot).collect();
    assert_eq!(of(&sources, "YOUTUBE_VIDEOS").columns, with_id);
    for name in ["YOUTUBE_LATEST", "YOUTUBE_LATEST_LOG", "YOUTUBE_CHANGES"] {
        assert_eq!(of(&sources, name).columns, pairs(), "{name}");
    }
    let watched = [("ID".to_owned(), "STRING"), ("SINCE".to_owned(), "BIGINT")];
    assert_eq!(of(&sources, "YOUTUBE_WATCHED").columns, watched);
    let mut joined = pairs();
    joined.insert(1, ("WATCHED_SINCE".to_owned(), "BIGINT"));
    assert_eq!(of(&sources, "YOUTUBE_WATCHED_CHANGES").columns, joined);
}

#[tokio::test]
async fn windows_have_columns_of_their_own_for_what_the_key_hides() {
    let (_rig, sources) = applied().await;
    let columns = |name: &str| {
        let columns = of(&sources, name).columns.iter();
        columns.map(|(name, of)| format!("{name} {of}")).collect::<Vec<_>>().join(", ")
    };
    let window = "ID STRING, WINDOW_START BIGINT, WINDOW_END BIGINT";
    assert_eq!(
        columns("YOUTUBE_HOURLY_GAIN"),
        format!(
            "{window}, LOOKS BIGINT, VIEWS_GAINED BIGINT, VIEWS_LOOKS BIGINT, LIKES_GAINED BIGINT, LIKES_LOOKS BIGINT, COMMENTS_GAINED BIGINT, COMMENTS_LOOKS BIGINT"
        )
    );
    assert_eq!(
        columns("YOUTUBE_RATES"),
        format!(
            "{window}, LOOKS BIGINT, VIEWS_PER_HOUR DOUBLE, LIKES_PER_HOUR DOUBLE, COMMENTS_PER_HOUR DOUBLE"
        )
    );
    assert_eq!(
        columns("YOUTUBE_ACTIVITY"),
        format!(
            "{window}, CHANGES BIGINT, VIEWS_GAINED BIGINT, LIKES_GAINED BIGINT, COMMENTS_GAINED BIGINT"
        )
    );
}

#[test]
fn a_change_is_a_first_sight_or_a_difference_in_one_of_the_columns_and_nothing_else() {
    let sql = MIGRATIONS[3].sql;
    let filter = sql.split("WHERE").nth(1).unwrap().split("EMIT").next().unwrap();
    let mut expected = "observed_at_previous IS NULL".to_owned();
    for (name, _, _) in COLUMNS.iter().filter(|(_, _, is_change)| *is_change) {
        let name = name.to_lowercase();
        expected.push_str(&format!(" OR {name}_previous IS DISTINCT FROM {name}_current"));
    }
    assert_eq!(filter.split_whitespace().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn the_pair_is_the_last_but_one_and_the_last_with_nulls_kept() {
    let sql = MIGRATIONS[1].sql;
    for (name, _, _) in COLUMNS {
        let name = name.to_lowercase();
        for (index, suffix) in [("-2", "previous"), ("-1", "current")] {
            let wanted = format!("LATEST_BY_OFFSET({name}, 2, FALSE)[{index}] AS {name}_{suffix}");
            let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&wanted), "{wanted}");
        }
    }
}

#[tokio::test]
async fn the_same_files_make_avro_and_json_over_topics_with_a_prefix() {
    for format in [ValueFormat::Avro, ValueFormat::Json] {
        let rig = Rig::with("it's_", format).await;
        rig.apply().await.unwrap();
        rig.all_stands("with a prefix");
    }
}

#[tokio::test]
async fn topics_are_kept_and_compacted_as_the_documents_say() {
    let (rig, sources) = applied().await;
    let topics = rig.server.topics();
    for (name, retention_ms, is_compacted) in [
        ("youtube_changes", WEEK_MS, false),
        ("youtube_latest", WEEK_MS, true),
        ("youtube_hourly_gain", WEEK_MS, true),
        ("youtube_rates", WEEK_MS / 7, true),
        ("youtube_activity", WEEK_MS, true),
        ("youtube_watched_changes", WEEK_MS, false),
    ] {
        assert!(topics.contains(&(name.to_owned(), retention_ms, is_compacted)), "{name}");
    }
    assert_eq!(of(&sources, "YOUTUBE_CHANGES").kind, SourceKind::Stream);
}
