//! Why the store did not do what it was asked, sorted by what the caller does next. No engine's own error stands here: an
//! engine decides where it fails whether that is of one row or of the whole.

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another `run` holds the lock file.
    #[error(
        "{path} is in use by another `tubebell run`: stop that one first, or give this one another [store] url"
    )]
    Locked {
        /// The database.
        path: String,
    },
    /// Made by a newer version.
    #[error(
        "{path} has schema {found} and this version knows up to {known}: run the newer tubebell, or restore a backup"
    )]
    Newer {
        /// The database.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// A gateway brings it up to date just now, or was stopped while it did.
    #[error("{path} is being brought up to date by `tubebell run`: try again when that is done")]
    Upgrading {
        /// The database.
        path: String,
    },
    /// Made by an older version.
    #[error(
        "{path} is of an older version (schema {found}, and this one needs {known}): start this version's `tubebell run` once, it brings the database up to date"
    )]
    Older {
        /// The database.
        path: String,
        /// Its schema.
        found: i64,
        /// The schema that this version needs.
        known: i64,
    },
    /// Not a database, or a damaged one.
    #[error(
        "{path} is no database or is damaged: move it away and restore a backup (or start with a new one)"
    )]
    Corrupt {
        /// The database.
        path: String,
    },
    /// It can't be opened or written.
    #[error("{path}: {reason}")]
    Unusable {
        /// The database.
        path: String,
        /// Why, in one line.
        reason: String,
    },
    /// The disk is full or read-only.
    #[error("the database can't be written: {0}")]
    NoRoom(String),
    /// Another process writes, and does not come to an end.
    #[error(
        "the database is held by another process: close what has it open (a tool, a shell), and it goes on"
    )]
    Busy,
    /// Somebody else moved the position of the stream.
    #[error("the position of {stream} was moved by somebody else")]
    Conflict {
        /// The stream.
        stream: String,
    },
    /// A row that holds something else than it should, or that this version can't read.
    #[error("a row can't be read: {0}")]
    Row(String),
    /// A transaction panicked, which is a defect; nothing of it stands.
    #[error("a transaction has panicked and was rolled back: please report it")]
    Panicked,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database says; it is of the whole.
    #[error("database: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// All classes, for counting.
    pub const CLASSES: [&'static str; 13] = [
        "locked",
        "newer",
        "older",
        "upgrading",
        "corrupt",
        "unusable",
        "no_room",
        "busy",
        "conflict",
        "row",
        "panicked",
        "closed",
        "database",
    ];

    /// The word in metrics.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            StoreError::Locked { .. } => "locked",
            StoreError::Newer { .. } => "newer",
            StoreError::Older { .. } => "older",
            StoreError::Upgrading { .. } => "upgrading",
            StoreError::Corrupt { .. } => "corrupt",
            StoreError::Unusable { .. } => "unusable",
            StoreError::NoRoom(_) => "no_room",
            StoreError::Busy => "busy",
            StoreError::Conflict { .. } => "conflict",
            StoreError::Row(_) => "row",
            StoreError::Panicked => "panicked",
            StoreError::Closed => "closed",
            StoreError::Database(_) => "database",
        }
    }

    /// Whether the database as a whole does not work, so that trying something else is no use either.
    #[must_use]
    pub fn is_of_the_whole(&self) -> bool {
        match self {
            StoreError::Locked { .. }
            | StoreError::Newer { .. }
            | StoreError::Older { .. }
            | StoreError::Upgrading { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Unusable { .. }
            | StoreError::NoRoom(_)
            | StoreError::Busy
            | StoreError::Closed
            | StoreError::Database(_) => true,
            StoreError::Conflict { .. } | StoreError::Row(_) | StoreError::Panicked => false,
        }
    }
}

/// The outcome of a store method.
pub type Result<T> = std::result::Result<T, StoreError>;
