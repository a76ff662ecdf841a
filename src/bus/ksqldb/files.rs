//! The files of `ksql/`, compiled in: what each makes, and the sum that the ledger knows it by.
//!
//! One file makes one object, by one statement. So a stop can leave no half of a file: its object stands or does not, and
//! which of the two is asked of ksqlDB itself.

use std::fmt::Write as _;

use md5::{Digest, Md5};

/// What a file makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    /// A stream over a topic.
    Stream,
    /// A stream that a query writes.
    StreamByQuery,
    /// A table over a topic.
    Table,
    /// A table that a query writes.
    TableByQuery,
}

impl Makes {
    /// ksqlDB's word.
    pub const fn kind(self) -> &'static str {
        match self {
            Makes::Stream | Makes::StreamByQuery => "STREAM",
            Makes::Table | Makes::TableByQuery => "TABLE",
        }
    }

    /// Whether a query writes it.
    pub const fn has_query(self) -> bool {
        matches!(self, Makes::StreamByQuery | Makes::TableByQuery)
    }
}

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number.
    pub version: u32,
    /// Its name.
    pub file: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// What it makes.
    pub makes: Makes,
    /// The name of that.
    pub object: &'static str,
    /// The topic of that, without the prefix.
    pub topic: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal: $makes:ident $object:literal over $topic:literal,)+) => {
        /// All files, by number.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            file: concat!("V00000", $version, "__", $name, ".sql"),
            sql: include_str!(concat!("../../../ksql/V00000", $version, "__", $name, ".sql")),
            makes: Makes::$makes,
            object: $object,
            topic: $topic,
        }),+];
    };
}

migrations! {
    1 "youtube_videos": Stream "YOUTUBE_VIDEOS" over "youtube_videos",
    2 "youtube_latest": TableByQuery "YOUTUBE_LATEST" over "youtube_latest",
    3 "youtube_latest_log": Stream "YOUTUBE_LATEST_LOG" over "youtube_latest",
    4 "youtube_changes": StreamByQuery "YOUTUBE_CHANGES" over "youtube_changes",
    5 "youtube_hourly_gain": TableByQuery "YOUTUBE_HOURLY_GAIN" over "youtube_hourly_gain",
    6 "youtube_rates": TableByQuery "YOUTUBE_RATES" over "youtube_rates",
    7 "youtube_activity": TableByQuery "YOUTUBE_ACTIVITY" over "youtube_activity",
    8 "youtube_watched": Table "YOUTUBE_WATCHED" over "youtube_watched",
    9 "youtube_watched_changes": StreamByQuery "YOUTUBE_WATCHED_CHANGES" over "youtube_watched_changes",
}

impl Migration {
    /// The name as ksql-migrations writes it: what stands between the number and the ending, with spaces.
    pub fn name(&self) -> String {
        let name = self.file.split_once("__").map_or(self.file, |(_, name)| name);
        name.trim_end_matches(".sql").replace('_', " ")
    }

    /// MD5 of the file, in hexadecimal digits, as ksql-migrations writes it.
    pub fn checksum(&self) -> String {
        let mut text = String::with_capacity(32);
        for byte in Md5::digest(self.sql.as_bytes()) {
            // Writing to a String does not fail.
            write!(text, "{byte:02x}").unwrap_or_default();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_names_are_those_of_ksql_migrations() {
        let empty = Migration { sql: "", ..MIGRATIONS[0] };
        // RFC 1321, appendix A.5.
        assert_eq!(empty.checksum(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(
            Migration { sql: "abc", ..empty }.checksum(),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        assert_eq!(MIGRATIONS[8].name(), "youtube watched changes");
    }

    #[test]
    fn every_file_of_the_folder_is_compiled_in_under_the_next_number() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ksql");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut files: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name.to_ascii_lowercase().ends_with(".sql"))
            .collect();
        files.sort();
        let known: Vec<&str> = MIGRATIONS.iter().map(|migration| migration.file).collect();
        assert_eq!(files, known);
        for (migration, number) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, number);
        }
    }
}
