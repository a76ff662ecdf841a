//! What a statement says, as a tree.

use std::collections::BTreeMap;

/// A stream or a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// Events.
    Stream,
    /// The last value of each key.
    Table,
}

impl SourceKind {
    /// As it stands in command ids.
    pub(super) const fn word(self) -> &'static str {
        match self {
            SourceKind::Stream => "stream",
            SourceKind::Table => "table",
        }
    }

    /// As it stands in descriptions.
    pub(super) const fn capitals(self) -> &'static str {
        match self {
            SourceKind::Stream => "STREAM",
            SourceKind::Table => "TABLE",
        }
    }

    /// At the beginning of a sentence.
    pub(super) const fn title(self) -> &'static str {
        match self {
            SourceKind::Stream => "Stream",
            SourceKind::Table => "Table",
        }
    }
}

/// The type of a column or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Integer,
    Bigint,
    Double,
    Decimal,
    Text,
    Array(Box<Type>),
    /// Of a NULL alone: goes with every other.
    Null,
}

impl Type {
    /// The word in descriptions of columns.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Type::Boolean => "BOOLEAN",
            Type::Integer => "INTEGER",
            Type::Bigint => "BIGINT",
            Type::Double => "DOUBLE",
            Type::Decimal => "DECIMAL",
            Type::Text => "STRING",
            Type::Array(_) => "ARRAY",
            Type::Null => "NULL",
        }
    }

    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Type::Integer | Type::Bigint | Type::Double | Type::Decimal)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Column {
        of: Option<String>,
        name: String,
    },
    Literal(Type, Option<String>),
    Call {
        name: String,
        arguments: Vec<Expression>,
        is_star: bool,
    },
    Index(Box<Expression>, Box<Expression>),
    Case {
        whens: Vec<(Expression, Expression)>,
        otherwise: Option<Box<Expression>>,
    },
    Cast(Box<Expression>, Type),
    Arithmetic(Box<Expression>, &'static str, Box<Expression>),
    /// Comparisons and `IS [NOT] DISTINCT FROM`.
    Compare(Box<Expression>, Box<Expression>),
    IsNull(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
}

/// Where a column stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    PrimaryKey,
    Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) of: Type,
    pub(super) role: Role,
}

/// What stands behind WITH; numbers as texts.
pub(super) type Properties = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) alias: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Join {
    pub(super) with: Relation,
    pub(super) left: Expression,
    pub(super) right: Expression,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowKind {
    Tumbling,
    Hopping,
    Session,
}

impl WindowKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            WindowKind::Tumbling => "TUMBLING",
            WindowKind::Hopping => "HOPPING",
            WindowKind::Session => "SESSION",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) kind: WindowKind,
    pub(super) size_ms: i64,
    pub(super) retention_ms: Option<i64>,
    pub(super) grace_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emit {
    Changes,
    Final,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) items: Vec<(Expression, Option<String>)>,
    pub(super) from: Relation,
    pub(super) join: Option<Join>,
    pub(super) window: Option<Window>,
    pub(super) filter: Option<Expression>,
    pub(super) group_by: Vec<Expression>,
    pub(super) emit: Option<Emit>,
}

/// How a CREATE begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Create {
    pub(super) kind: SourceKind,
    pub(super) name: String,
    pub(super) or_replace: bool,
    pub(super) if_not_exists: bool,
    pub(super) with: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Statement {
    Set { key: String, value: String },
    Unset(String),
    Define { name: String, value: String },
    Undefine(String),
    CreateSource { create: Create, columns: Vec<Column> },
    CreateAs { create: Create, query: Box<Query> },
    Insert { into: String, columns: Vec<String>, values: Vec<Option<String>> },
    Drop { kind: SourceKind, name: String, if_exists: bool, delete_topic: bool },
    Terminate(String),
    ShowStreams,
    ShowTables,
    ShowQueries,
    ShowTopics,
    Describe(String),
    AssertTopic(String),
    Select(Box<Query>),
}
