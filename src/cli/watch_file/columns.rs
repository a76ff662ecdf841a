//! The names that a watch file may use.

/// Longest name for which a known one is suggested, in bytes.
const NEAR_MAX_BYTES: usize = 64;

/// What a watch may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Video,
    Channel,
    Playlist,
    Rules,
    To,
    AtMost,
    Quiet,
    Tz,
    Until,
    Digest,
    PingsPerDay,
}

impl Column {
    pub(super) const ALL: [Column; 11] = [
        Column::Video,
        Column::Channel,
        Column::Playlist,
        Column::Rules,
        Column::To,
        Column::AtMost,
        Column::Quiet,
        Column::Tz,
        Column::Until,
        Column::Digest,
        Column::PingsPerDay,
    ];

    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Column::Video => "video",
            Column::Channel => "channel",
            Column::Playlist => "playlist",
            Column::Rules => "rules",
            Column::To => "to",
            Column::AtMost => "at_most",
            Column::Quiet => "quiet",
            Column::Tz => "tz",
            Column::Until => "until",
            Column::Digest => "digest",
            Column::PingsPerDay => "pings_per_day",
        }
    }

    /// Whether it takes several texts.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Column::Rules | Column::To)
    }

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// A line that names the nearest known one.
    pub(super) fn from_name(name: &str) -> Result<Column, String> {
        if let Some(column) = Column::ALL.into_iter().find(|column| column.name() == name) {
            return Ok(column);
        }
        let shown = super::Quoted(name);
        // One edit in three letters may be a slip; beyond that a suggestion would be a guess.
        // Nothing that long is a slip, and comparing takes room for each pair of letters.
        let lower = if name.len() <= NEAR_MAX_BYTES { name.to_lowercase() } else { String::new() };
        let near = Column::ALL
            .into_iter()
            .map(|column| (strsim::damerau_levenshtein(&lower, column.name()), column.name()))
            .filter(|(edits, known)| *edits <= known.len().max(3) / 3)
            .min_by_key(|(edits, _)| *edits);
        Err(match near {
            Some((_, near)) => format!("{shown} is not known: did you mean {near}?"),
            None => format!(
                "{shown} is not known: a watch has {}",
                Column::ALL.map(Column::name).join(", ")
            ),
        })
    }
}
