//! Statements from tokens: the grammar as far as it is used here, and not a word more.
//!
//! Source: `SqlBase.g4` of ksqlDB, whose parser has not changed since 0.29.

use super::cursor::{Parser, RESERVED};
use super::errors::Refusal;
use super::lexer::{Kind, tokens};
use super::syntax::{
    Column, Create, Emit, Expression, Join, Properties, Query, Relation, Role, SourceKind,
    Statement, Window, WindowKind,
};

/// The first words of statements.
const FIRST_WORDS: [&str; 14] = [
    "CREATE",
    "SELECT",
    "SET",
    "UNSET",
    "DEFINE",
    "UNDEFINE",
    "INSERT",
    "DROP",
    "TERMINATE",
    "SHOW",
    "LIST",
    "DESCRIBE",
    "ASSERT",
    "EXPLAIN",
];

/// A statement, and its text.
pub(super) struct Parsed {
    pub(super) statement: Statement,
    pub(super) text: String,
}

/// The texts of the statements of a request, each with its semicolon.
pub(super) fn split(text: &str) -> Result<Vec<&str>, Refusal> {
    let mut found = Vec::new();
    let mut first = None;
    for token in tokens(text)? {
        let first_at = *first.get_or_insert(token.at);
        if token.kind == Kind::Sign(";") {
            found.extend(text.get(first_at..=token.at));
            first = None;
        }
    }
    match first {
        Some(_) => {
            Err(Refusal::syntax(text, text.len(), "Syntax error at or near \"<EOF>\"\n'}', ';'"))
        }
        None => Ok(found),
    }
}

/// Reads one statement.
pub(super) fn statement(text: &str) -> Result<Parsed, Refusal> {
    let mut parser = Parser::new(text)?;
    let statement = parser.statement()?;
    parser.sign(";")?;
    Ok(Parsed { statement, text: text.to_owned() })
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, Refusal> {
        let start = self.at;
        let Some(Kind::Word(first)) = self.next() else {
            self.at = start;
            return Err(self.wrong("a statement"));
        };
        match first.as_str() {
            "SET" => {
                let key = self.string()?;
                self.sign("=")?;
                Ok(Statement::Set { key, value: self.string()? })
            }
            "UNSET" => Ok(Statement::Unset(self.string()?)),
            "DEFINE" => {
                let name = self.name()?;
                self.sign("=")?;
                Ok(Statement::Define { name, value: self.string()? })
            }
            "UNDEFINE" => Ok(Statement::Undefine(self.name()?)),
            "CREATE" => self.create(),
            "INSERT" => self.insert(),
            "DROP" => {
                let kind = self.kind()?;
                let if_exists = self.takes("IF");
                if if_exists {
                    self.word("EXISTS")?;
                }
                let name = self.name()?;
                let delete_topic = self.takes("DELETE");
                if delete_topic {
                    self.word("TOPIC")?;
                }
                Ok(Statement::Drop { kind, name, if_exists, delete_topic })
            }
            "TERMINATE" => Ok(Statement::Terminate(self.name()?)),
            "SHOW" | "LIST" => match self.next() {
                Some(Kind::Word(word)) if word == "STREAMS" => Ok(Statement::ShowStreams),
                Some(Kind::Word(word)) if word == "TABLES" => Ok(Statement::ShowTables),
                Some(Kind::Word(word)) if word == "QUERIES" => Ok(Statement::ShowQueries),
                Some(Kind::Word(word)) if word == "TOPICS" => Ok(Statement::ShowTopics),
                _ => Err(self.wrong("STREAMS, TABLES, QUERIES or TOPICS")),
            },
            "DESCRIBE" => Ok(Statement::Describe(self.name()?)),
            "ASSERT" => {
                self.word("TOPIC")?;
                match self.peek() {
                    Some(Kind::Text(_)) => Ok(Statement::AssertTopic(self.string()?)),
                    _ => Ok(Statement::AssertTopic(self.name()?)),
                }
            }
            "SELECT" => Ok(Statement::Select(Box::new(self.query()?))),
            other => {
                self.at = start;
                Err(self.unknown_statement(other))
            }
        }
    }

    fn unknown_statement(&self, word: &str) -> Refusal {
        let at = self.tokens.get(self.at).map_or(0, |token| token.at);
        let begins = |known: &&&str| {
            word.len() >= 3 && (known.starts_with(word) || word.starts_with(**known))
        };
        let near = FIRST_WORDS.iter().find(begins);
        let hint = near.map(|near| format!("\nDid you mean '{near}'?")).unwrap_or_default();
        Refusal::syntax(self.text, at, &format!("Unknown statement '{word}'{hint}"))
    }

    fn kind(&mut self) -> Result<SourceKind, Refusal> {
        if self.takes("STREAM") {
            return Ok(SourceKind::Stream);
        }
        self.word("TABLE")?;
        Ok(SourceKind::Table)
    }

    fn create(&mut self) -> Result<Statement, Refusal> {
        let or_replace = self.takes("OR");
        if or_replace {
            self.word("REPLACE")?;
        }
        let kind = self.kind()?;
        let if_not_exists = self.takes("IF");
        if if_not_exists {
            self.words(&["NOT", "EXISTS"])?;
        }
        let name = self.name()?;
        let columns = match self.peek() {
            Some(Kind::Sign("(")) => self.list(Self::column)?,
            _ => Vec::new(),
        };
        let with = if self.takes("WITH") {
            self.list(Self::property)?.into_iter().collect()
        } else {
            Properties::new()
        };
        let create = Create { kind, name, or_replace, if_not_exists, with };
        if columns.is_empty() && self.takes("AS") {
            self.word("SELECT")?;
            return Ok(Statement::CreateAs { create, query: Box::new(self.query()?) });
        }
        Ok(Statement::CreateSource { create, columns })
    }

    fn column(&mut self) -> Result<Column, Refusal> {
        let name = self.name()?;
        let of = self.of()?;
        let role = if self.takes("PRIMARY") {
            self.word("KEY")?;
            Role::PrimaryKey
        } else if self.takes("KEY") {
            Role::Key
        } else {
            Role::Value
        };
        Ok(Column { name, of, role })
    }

    fn property(&mut self) -> Result<(String, String), Refusal> {
        let key = self.name()?;
        self.sign("=")?;
        let value = match self.next() {
            Some(Kind::Text(text)) => text,
            Some(Kind::Integer(number)) => number.to_string(),
            Some(Kind::Word(word)) if word == "TRUE" || word == "FALSE" => word,
            _ => return Err(self.wrong("a literal")),
        };
        Ok((key, value))
    }

    fn insert(&mut self) -> Result<Statement, Refusal> {
        self.word("INTO")?;
        let into = self.name()?;
        let columns = match self.peek() {
            Some(Kind::Sign("(")) => self.list(Self::name)?,
            _ => Vec::new(),
        };
        self.word("VALUES")?;
        let values = self.list(|parser| match parser.next() {
            Some(Kind::Text(text)) => Ok(Some(text)),
            Some(Kind::Integer(number)) => Ok(Some(number.to_string())),
            Some(Kind::Word(word)) if word == "NULL" => Ok(None),
            _ => Err(parser.wrong("a value")),
        })?;
        Ok(Statement::Insert { into, columns, values })
    }

    /// What stands behind SELECT: FROM, WINDOW, WHERE, GROUP BY, EMIT, in this order.
    fn query(&mut self) -> Result<Query, Refusal> {
        let mut items = vec![self.item()?];
        while self.takes_sign(",") {
            items.push(self.item()?);
        }
        self.word("FROM")?;
        let from = self.relation()?;
        let is_inner = self.takes("INNER");
        let is_left = !is_inner && self.takes("LEFT");
        let join = if is_inner || is_left || self.is_word("JOIN") {
            self.word("JOIN")?;
            let with = self.relation()?;
            self.word("ON")?;
            let left = self.value()?;
            self.sign("=")?;
            Some(Join { with, left, right: self.value()? })
        } else {
            None
        };
        let window = if self.takes("WINDOW") { Some(self.window()?) } else { None };
        let filter = if self.takes("WHERE") { Some(self.expression()?) } else { None };
        let mut group_by = Vec::new();
        if self.takes("GROUP") {
            self.word("BY")?;
            group_by.push(self.expression()?);
            while self.takes_sign(",") {
                group_by.push(self.expression()?);
            }
        }
        let emit = if !self.takes("EMIT") {
            None
        } else if self.takes("CHANGES") {
            Some(Emit::Changes)
        } else {
            self.word("FINAL")?;
            Some(Emit::Final)
        };
        Ok(Query { items, from, join, window, filter, group_by, emit })
    }

    fn item(&mut self) -> Result<(Expression, Option<String>), Refusal> {
        let expression = self.expression()?;
        let alias = if self.takes("AS") { Some(self.name()?) } else { None };
        Ok((expression, alias))
    }

    fn relation(&mut self) -> Result<Relation, Refusal> {
        let name = self.name()?;
        let is_alias = match self.peek() {
            Some(Kind::Word(word)) => !RESERVED.contains(&word.as_str()) && word != "EMIT",
            Some(Kind::Quoted(_)) => true,
            _ => false,
        };
        let alias = if self.takes("AS") || is_alias { self.name()? } else { name.clone() };
        Ok(Relation { name, alias })
    }

    fn window(&mut self) -> Result<Window, Refusal> {
        let kind = if self.takes("TUMBLING") {
            WindowKind::Tumbling
        } else if self.takes("HOPPING") {
            WindowKind::Hopping
        } else {
            self.word("SESSION")?;
            WindowKind::Session
        };
        self.sign("(")?;
        if kind != WindowKind::Session {
            self.word("SIZE")?;
        }
        let size_ms = self.duration()?;
        let mut more = self.takes_sign(",");
        if kind == WindowKind::Hopping {
            self.words(&["ADVANCE", "BY"])?;
            self.duration()?;
            more = self.takes_sign(",");
        }
        let mut retention_ms = None;
        if more && self.takes("RETENTION") {
            retention_ms = Some(self.duration()?);
            more = self.takes_sign(",");
        }
        let mut grace_ms = None;
        if more {
            self.words(&["GRACE", "PERIOD"])?;
            grace_ms = Some(self.duration()?);
        }
        self.sign(")")?;
        Ok(Window { kind, size_ms, retention_ms, grace_ms })
    }

    /// A length of time, in milliseconds.
    fn duration(&mut self) -> Result<i64, Refusal> {
        let number = self.integer()?;
        let unit = match self.next() {
            Some(Kind::Word(unit)) => unit,
            _ => String::new(),
        };
        let ms = match unit.trim_end_matches('S') {
            "MILLISECOND" => 1,
            "SECOND" => 1_000,
            "MINUTE" => 60_000,
            "HOUR" => 3_600_000,
            "DAY" => 86_400_000,
            _ => {
                self.at -= 1;
                return Err(self.wrong("a unit of time"));
            }
        };
        Ok(number.saturating_mul(ms))
    }
}
