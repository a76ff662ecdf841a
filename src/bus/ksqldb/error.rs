//! Why ksqlDB did not do what it was asked, each with what to do about it.
//!
//! Texts of the server become one bounded line without our password. What the codes mean is in its REST API; that 50000
//! also stands for mistakes of whoever asks was seen on a running server.

use std::time::Duration;

use crate::http::Failure;
use crate::model::UnixMillis;
use crate::store::StoreError;

/// Why ksqlDB did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KsqlError {
    /// The options can't be used.
    #[error("{0}")]
    Options(String),
    /// There was no connection.
    #[error(
        "ksqlDB at {host} can't be reached: start it, or correct ksqldb.url. One that finds no broker ends by itself after a minute"
    )]
    Unreachable {
        /// Where it should be.
        host: String,
        /// Why.
        #[source]
        cause: Failure,
    },
    /// It does not take requests yet.
    #[error(
        "ksqlDB at {host} is not ready after {} s: it is starting, or waits for its broker; its log says which",
        .waited.as_secs()
    )]
    NotReady {
        /// Where it is.
        host: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Its health says that it has lost its broker.
    #[error(
        "ksqlDB at {host} has lost its Kafka broker: bring the broker back, it goes on by itself"
    )]
    BrokerLost {
        /// Where it is.
        host: String,
    },
    /// The command runner has been busy for the whole time.
    #[error(
        "ksqlDB at {host} carries out nothing new for {} s (its command runner is busy, as after a DROP, or has failed): wait and try again, or look into its log",
        .waited.as_secs()
    )]
    Busy {
        /// Where it is.
        host: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// No answer in time.
    #[error(
        "ksqlDB at {host} has not answered in {} s: whether it did what it was asked is found out at the next `tubebell ksql apply`",
        .waited.as_secs()
    )]
    TimedOut {
        /// Where it is.
        host: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The connection broke.
    #[error(
        "the connection to ksqlDB at {host} broke: whether it did what it was asked is found out at the next `tubebell ksql apply`"
    )]
    BrokenOff {
        /// Where it is.
        host: String,
        /// Why.
        #[source]
        cause: Failure,
    },
    /// What answers is no ksqlDB, or something stands between.
    #[error("what answers at {host} does not look like ksqlDB: {why}: correct ksqldb.url")]
    BadAnswer {
        /// Where it is.
        host: String,
        /// One line.
        why: String,
    },
    /// It said no.
    #[error("{message}: {}", .why.advice())]
    Refused {
        /// Of which kind.
        why: Refused,
        /// Its own words, in one line.
        message: String,
    },
    /// A statement was taken and then failed.
    #[error("the statement failed: {message}: mend what it says, then `tubebell ksql apply`")]
    Failed {
        /// Its own words, in one line.
        message: String,
    },
    /// A statement was taken and is not done yet.
    #[error(
        "ksqlDB is still at it after {} s ({command}): wait, then `tubebell ksql apply` goes on from there",
        .waited.as_secs()
    )]
    Unfinished {
        /// The command's id.
        command: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// What the ledger's table says does not come to be what was written.
    #[error(
        "the ledger MIGRATION_SCHEMA_VERSIONS does not follow what is written to MIGRATION_EVENTS: look whether its query runs (SHOW QUERIES), or wait if ksqlDB was just restarted"
    )]
    LedgerBehind,
    /// Something else has the ledger's name.
    #[error(
        "{object} is not the ledger of ksql-migrations: another program uses the name; give tubebell a ksqlDB of its own"
    )]
    NoLedger {
        /// The object.
        object: &'static str,
    },
    /// The ledger knows files that this version does not have.
    #[error(
        "a newer tubebell has applied file {found}, and this one knows up to {known}: run the newer one"
    )]
    Newer {
        /// The version of the newest that was applied.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// A file that was applied has changed since.
    #[error(
        "it was applied with another text (checksum {theirs}, now {ours}): run the tubebell that applied it, or start over as ksql/README.md says"
    )]
    Changed {
        /// The checksum of the file.
        ours: String,
        /// The checksum in the ledger.
        theirs: String,
    },
    /// An object exists that the ledger does not know.
    #[error(
        "{object} exists, and the ledger does not say that it was made by this file: somebody else made it; drop it (DROP {kind} {object};), or give tubebell a ksqlDB of its own"
    )]
    Stranger {
        /// The object.
        object: &'static str,
        /// `STREAM` or `TABLE`.
        kind: &'static str,
    },
    /// An object is not what the file makes under the variables of now.
    #[error(
        "{object} has {what} {found}, and the configuration wants {wanted}: it was applied under another configuration; take that back, or start over as ksql/README.md says"
    )]
    Differs {
        /// The object.
        object: &'static str,
        /// What differs.
        what: &'static str,
        /// As it is.
        found: String,
        /// As it should be.
        wanted: String,
    },
    /// An object stands and no query writes it.
    #[error(
        "{object} exists and no query writes it: it was terminated. DROP {kind} {object}; and then `tubebell ksql apply` makes it anew"
    )]
    NoQuery {
        /// The object.
        object: &'static str,
        /// `STREAM` or `TABLE`.
        kind: &'static str,
    },
    /// Somebody else applies the files just now.
    #[error(
        "another tubebell applies the files of ksql/ just now ({by}, until {until} at the latest): try again when it is done"
    )]
    Held {
        /// Who.
        by: String,
        /// Until when, if they were killed.
        until: UnixMillis,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What went wrong with one file.
    #[error("{file}: {cause}")]
    File {
        /// The file of `ksql/`.
        file: &'static str,
        /// What.
        cause: Box<KsqlError>,
    },
}

impl KsqlError {
    /// Says of which file it is.
    pub(super) fn of(self, file: &'static str) -> KsqlError {
        match self {
            told @ (KsqlError::File { .. } | KsqlError::Held { .. } | KsqlError::Store(_)) => told,
            cause => KsqlError::File { file, cause: Box::new(cause) },
        }
    }

    /// Whether it is about a name that is taken.
    pub(super) fn says_exists(&self) -> bool {
        match self {
            KsqlError::Refused { why, .. } => *why == Refused::Exists,
            KsqlError::Failed { message } => message.contains("already exists"),
            _ => false,
        }
    }

    /// Whether a statement has certainly not been done and will not be, so that the ledger may say so.
    pub(super) fn is_final(&self) -> bool {
        match self {
            KsqlError::Refused { why, .. } => why.is_final(),
            KsqlError::Failed { .. } => true,
            KsqlError::Options(_)
            | KsqlError::Unreachable { .. }
            | KsqlError::NotReady { .. }
            | KsqlError::BrokerLost { .. }
            | KsqlError::Busy { .. }
            | KsqlError::TimedOut { .. }
            | KsqlError::BrokenOff { .. }
            | KsqlError::BadAnswer { .. }
            | KsqlError::Unfinished { .. }
            | KsqlError::LedgerBehind
            | KsqlError::NoLedger { .. }
            | KsqlError::Newer { .. }
            | KsqlError::Changed { .. }
            | KsqlError::Stranger { .. }
            | KsqlError::Differs { .. }
            | KsqlError::NoQuery { .. }
            | KsqlError::Held { .. }
            | KsqlError::Store(_)
            | KsqlError::File { .. } => false,
        }
    }
}

/// How ksqlDB says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// 40001: it can't read a statement.
    Syntax,
    /// 40001: there is an object of this name.
    Exists,
    /// 40001: a stream or table that a statement reads or drops is not there.
    SourceMissing,
    /// 40000: the topic is not there.
    TopicMissing,
    /// 40001: the schema of a topic is not in the registry.
    SchemaMissing,
    /// 40001: the registry refuses a schema (409 of its own).
    SchemaIncompatible,
    /// 40001, after some seconds: the registry does not answer.
    RegistryUnreachable,
    /// 42801: it has no registry in its configuration.
    NoRegistry,
    /// 50000: the topic is there with other partitions or another retention.
    TopicDiffers,
    /// 50000: a variable has no value.
    VariableMissing,
    /// 50000: it does not know a setting.
    SettingUnknown,
    /// 50000: a topic is still used.
    TopicUsed,
    /// 50000: the command runner is busy; the statement was not written.
    NotWritten,
    /// 40100: it does not know us.
    Unauthorized,
    /// 40300, 40301: we may not do this.
    Forbidden,
    /// 40002, 40003, 40004: it belongs to another endpoint.
    WrongEndpoint,
    /// 40400.
    NotFound,
    /// 41700: what a statement asserts is not so.
    Assertion,
    /// 42900.
    TooMany,
    /// 50301: earlier commands take too long.
    QueueTimeout,
    /// 50302: it has not started yet.
    NotReady,
    /// 50303, 50304: it stops.
    ShuttingDown,
    /// 40000, 40001 with another text.
    Other,
    /// 50000 with another text.
    Internal,
}

impl Refused {
    /// Sorts a refusal by its code and its text.
    pub(super) fn of(status: u16, code: u32, message: &str) -> Refused {
        let says = |words: &str| message.contains(words);
        match (code, status) {
            (40_001, _) if says("Syntax Error") => Refused::Syntax,
            (40_001, _) if says("with the same name already exists") => Refused::Exists,
            (40_001, _) if says("error code: 409") => Refused::SchemaIncompatible,
            (40_001, _) if says("does not exist in the Schema Registry") => Refused::SchemaMissing,
            (40_001, _) if says("chema registry") || says("chema Registry") => {
                Refused::RegistryUnreachable
            }
            (40_001, _) if says("does not exist") => Refused::SourceMissing,
            (40_000, _) if says("opic '") && says("does not exist") => Refused::TopicMissing,
            (40_000 | 40_001, _) => Refused::Other,
            (40_002..=40_004, _) => Refused::WrongEndpoint,
            (40_100, _) | (_, 401) => Refused::Unauthorized,
            (40_300 | 40_301, _) | (_, 403) => Refused::Forbidden,
            (40_400, _) | (_, 404) => Refused::NotFound,
            (41_700, _) => Refused::Assertion,
            (42_801, _) => Refused::NoRegistry,
            (42_900, _) | (_, 429) => Refused::TooMany,
            (50_301, _) => Refused::QueueTimeout,
            (50_303 | 50_304, _) => Refused::ShuttingDown,
            (50_302, _) | (_, 503) => Refused::NotReady,
            _ if says("Could not write the statement") => Refused::NotWritten,
            _ if says("already exists") && says("opic") => Refused::TopicDiffers,
            _ if says("Refusing to delete topic") => Refused::TopicUsed,
            _ if says("ot recognizable as") => Refused::SettingUnknown,
            _ if says("variable") || says("${") => Refused::VariableMissing,
            _ if status < 500 => Refused::Other,
            _ => Refused::Internal,
        }
    }

    /// What to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Refused::Syntax => {
                "this ksqlDB reads another dialect; 7.4 to 8.3 are known to take the files"
            }
            Refused::Exists => "drop what has the name, or give tubebell a ksqlDB of its own",
            Refused::SourceMissing => {
                "what it reads was dropped: `tubebell ksql status` says which file made it, `tubebell ksql apply` makes it anew"
            }
            Refused::TopicMissing => {
                "start `tubebell run` once, it makes its topics; or correct kafka.topic_prefix"
            }
            Refused::SchemaMissing => {
                "start `tubebell run` once, it registers its schemas; or correct kafka.topic_prefix"
            }
            Refused::SchemaIncompatible => {
                "the registry has another schema for that topic: delete the subject, or use another kafka.topic_prefix"
            }
            Refused::RegistryUnreachable => {
                "start the schema registry, or correct ksql.schema.registry.url of ksqlDB"
            }
            Refused::NoRegistry => {
                "set ksql.schema.registry.url of ksqlDB, or kafka.format = \"json\""
            }
            Refused::TopicDiffers => {
                "the topic has other partitions or another retention than the statement states: delete the topic if nothing needs it, or use another kafka.topic_prefix"
            }
            Refused::VariableMissing => {
                "the file needs a variable that this version does not give: please report it"
            }
            Refused::SettingUnknown => "this ksqlDB does not know a setting of the file",
            Refused::TopicUsed => "drop the other streams and tables over that topic first",
            Refused::NotWritten => {
                "its command runner is busy, as after a DROP: wait a minute, then `tubebell ksql apply`"
            }
            Refused::Unauthorized => "correct ksqldb.user and ksqldb.password",
            Refused::Forbidden => "the user of ksqldb.user may not do this: give them the right",
            Refused::WrongEndpoint => "a query stands where only statements are taken",
            Refused::NotFound => "correct ksqldb.url",
            Refused::Assertion => "what the file asserts is not so",
            Refused::TooMany => "it has too many requests: try again later",
            Refused::QueueTimeout => "earlier commands take long: try again in a minute",
            Refused::NotReady => "it is starting: try again in a minute",
            Refused::ShuttingDown => "it is stopping: start it again",
            Refused::Other => "mend what it says, then `tubebell ksql apply`",
            Refused::Internal => {
                "ksqlDB calls this an error of its own, which may still be one of the statement; its log says more"
            }
        }
    }

    /// Whether the same statement will be refused again, and has left nothing behind that is not known.
    const fn is_final(self) -> bool {
        match self {
            Refused::Syntax
            | Refused::Exists
            | Refused::SourceMissing
            | Refused::TopicMissing
            | Refused::SchemaMissing
            | Refused::SchemaIncompatible
            | Refused::RegistryUnreachable
            | Refused::NoRegistry
            | Refused::TopicDiffers
            | Refused::VariableMissing
            | Refused::SettingUnknown
            | Refused::TopicUsed
            | Refused::Forbidden
            | Refused::WrongEndpoint
            | Refused::Assertion
            | Refused::Other => true,
            Refused::NotWritten
            | Refused::Unauthorized
            | Refused::NotFound
            | Refused::TooMany
            | Refused::QueueTimeout
            | Refused::NotReady
            | Refused::ShuttingDown
            | Refused::Internal => false,
        }
    }
}
