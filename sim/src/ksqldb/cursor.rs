//! Walks along the tokens of one statement.

use super::errors::Refusal;
use super::lexer::{Kind, Token, tokens};
use super::syntax::Type;

/// Words that name no column and no source.
/// Source: the lexer of `SqlBase.g4` without its rule `nonReserved`.
pub(super) const RESERVED: [&str; 63] = [
    "ADVANCE",
    "ALL",
    "AND",
    "AS",
    "AT",
    "BEGINNING",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CONNECTOR",
    "CONNECTORS",
    "CREATE",
    "DAYS",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "EXISTS",
    "EXPORT",
    "EXTENDED",
    "FALSE",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "HOPPING",
    "HOURS",
    "IN",
    "INNER",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LIST",
    "MILLISECONDS",
    "MINUTES",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "OUTER",
    "PRINT",
    "PROPERTIES",
    "QUERIES",
    "RETENTION",
    "RIGHT",
    "SELECT",
    "SIZE",
    "STREAM",
    "TABLE",
    "THEN",
    "TRUE",
    "TUMBLING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
];

/// Walks along the tokens.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
}

impl<'a> Parser<'a> {
    /// Before the first token.
    pub(super) fn new(text: &'a str) -> Result<Parser<'a>, Refusal> {
        Ok(Parser { text, tokens: tokens(text)?, at: 0 })
    }

    pub(super) fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    pub(super) fn next(&mut self) -> Option<Kind> {
        let kind = self.peek().cloned();
        self.at += 1;
        kind
    }

    /// What is wrong with the next token.
    pub(super) fn wrong(&self, wanted: &str) -> Refusal {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |token| token.at);
        Refusal::syntax(self.text, at, &format!("Expecting {wanted}"))
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Kind::Word(found)) if found == word)
    }

    pub(super) fn takes(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.takes(word) { Ok(()) } else { Err(self.wrong(word)) }
    }

    pub(super) fn words(&mut self, words: &[&str]) -> Result<(), Refusal> {
        words.iter().try_for_each(|word| self.word(word))
    }

    pub(super) fn takes_sign(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Kind::Sign(found)) if *found == sign);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn sign(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.takes_sign(sign) { Ok(()) } else { Err(self.wrong(sign)) }
    }

    pub(super) fn name(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Kind::Word(word)) if !RESERVED.contains(&word.as_str()) => {}
            Some(Kind::Quoted(_)) => {}
            _ => return Err(self.wrong("a name")),
        }
        match self.next() {
            Some(Kind::Word(name) | Kind::Quoted(name)) => Ok(name),
            _ => Err(self.wrong("a name")),
        }
    }

    pub(super) fn string(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Kind::Text(text)) => Ok(text),
            _ => {
                self.at -= 1;
                Err(self.wrong("a string"))
            }
        }
    }

    pub(super) fn integer(&mut self) -> Result<i64, Refusal> {
        match self.next() {
            Some(Kind::Integer(number)) => Ok(number),
            _ => {
                self.at -= 1;
                Err(self.wrong("a number"))
            }
        }
    }

    /// Things with commas between them, in parentheses.
    pub(super) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        self.sign("(")?;
        let mut found = vec![one(self)?];
        while self.takes_sign(",") {
            found.push(one(self)?);
        }
        self.sign(")")?;
        Ok(found)
    }

    /// A type.
    pub(super) fn of(&mut self) -> Result<Type, Refusal> {
        let word = self.name()?;
        Ok(match word.as_str() {
            "BOOLEAN" => Type::Boolean,
            "INT" | "INTEGER" => Type::Integer,
            "BIGINT" => Type::Bigint,
            "DOUBLE" => Type::Double,
            "STRING" | "VARCHAR" => Type::Text,
            _ => {
                self.at -= 1;
                return Err(self.wrong("a type"));
            }
        })
    }
}
