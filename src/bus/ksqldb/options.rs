//! With what the files of `ksql/` are filled in, and how long ksqlDB is waited for.

use std::time::Duration;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueFormat {
    /// Avro, with a schema registry.
    Avro,
    /// JSON, without one.
    Json,
}

impl ValueFormat {
    /// ksqlDB's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            ValueFormat::Avro => "AVRO",
            ValueFormat::Json => "JSON",
        }
    }
}

/// What the files of `ksql/` leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// What stands before each topic's name; usually nothing.
    pub prefix: String,
    /// How values are written.
    pub format: ValueFormat,
    /// Copies of the ledger's topics: as many as those of tubebell's own topics. How many partitions there are is the topics' own affair.
    pub replicas: u16,
}

/// How long is waited, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// For a connection.
    pub connect: Duration,
    /// For one answer. A server without a broker gives none for over a minute; that it has none, its health says.
    pub request: Duration,
    /// Between two looks.
    pub poll_every: Duration,
    /// Until it takes requests, from its start.
    pub ready: Duration,
    /// For one statement, with the time in which the command runner is busy (up to 45 s after a DROP).
    pub statement: Duration,
    /// Until the ledger's table can be asked and says what was written. After a restart of ksqlDB nothing moves for 50 s.
    pub ledger: Duration,
    /// Until the table has caught up, where it knows nothing of what stands.
    pub catch_up: Duration,
    /// For somebody else who applies the files.
    pub lock: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Waits {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            poll_every: Duration::from_millis(500),
            ready: Duration::from_secs(120),
            statement: Duration::from_secs(120),
            ledger: Duration::from_secs(90),
            catch_up: Duration::from_secs(10),
            lock: Duration::from_secs(120),
        }
    }
}
