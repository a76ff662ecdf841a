//! Settings as people write them: why a text is none. What is stored of a setting is the same text.

/// Why a text is no setting; repeats its beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A time of day.
    #[error("`{0}` is no time of day: write HH:MM, as in 22:00")]
    Clock(String),
    /// Quiet hours.
    #[error("`{0}` are no quiet hours: write HH:MM-HH:MM, as in 22:00-08:00")]
    Quiet(String),
    /// A duration.
    #[error("`{0}` is no duration: write a number and s, m, h or d, as in 15m or 1h30m")]
    Duration(String),
    /// A time between two messages.
    #[error("`{0}` is too long: write at most 30d, for statistics are kept no longer")]
    AtMost(String),
    /// A time zone.
    #[error("`{0}` is no time zone: write one of the tz database, as in Europe/Madrid")]
    Zone(String),
    /// A date.
    #[error("`{0}` is no date: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, as in 2027-01-31")]
    Until(String),
    /// When digests come.
    #[error(
        "`{0}` is no time of a digest: write `daily 09:00`, `weekly mon 09:00`, `hourly`, `every 6h` or `off`"
    )]
    Digest(String),
    /// How often digests come.
    #[error("`{0}` is too often or too seldom: write at least `every 30s` and at most `every 30d`")]
    Period(String),
    /// Messages a day.
    #[error("`{0}` is no number of messages a day: write 1 or more, as in 10, or off")]
    PingsPerDay(String),
}

/// Reads and stores types by their text.
macro_rules! text_serde {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = SettingsError;
            fn try_from(text: String) -> Result<Self, SettingsError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    )*};
}
pub(super) use text_serde;
