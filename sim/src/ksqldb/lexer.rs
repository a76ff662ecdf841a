//! Words, numbers, strings and signs of a statement.
//!
//! Source: `SqlBase.g4` of ksqlDB, whose lexer has not changed since 0.29.

use super::errors::Refusal;

/// One token and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Without back quotes: in capitals, as ksqlDB reads it.
    Word(String),
    /// Within back quotes: as it is written.
    Quoted(String),
    Text(String),
    Integer(i64),
    /// With a point (decimal) or an exponent (double).
    Fraction {
        is_double: bool,
    },
    Sign(&'static str),
    /// `${name}`, before it is replaced.
    Variable,
}

/// Longer ones first.
const SIGNS: [&str; 20] = [
    "->", "<>", "!=", "<=", ">=", "||", "(", ")", "[", "]", "<", ">", "=", ",", ";", ".", "+", "-",
    "*", "/",
];

/// Splits a text into tokens; comments are no tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let (kind, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if rest.starts_with("--") {
            (None, rest.find('\n').map_or(rest.len(), |end| end + 1))
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or_else(|| unknown(text, at, first))?;
            (None, end + 2)
        } else if first == '\'' {
            let (value, length) = string(rest).ok_or_else(|| unknown(text, at, first))?;
            (Some(Kind::Text(value)), length)
        } else if first == '`' {
            let inner = rest.get(1..).and_then(|rest| rest.split_once('`'));
            let (name, _) = inner.ok_or_else(|| unknown(text, at, first))?;
            (Some(Kind::Quoted(name.to_owned())), name.len() + 2)
        } else if rest.starts_with("${") {
            let end = rest.find('}').ok_or_else(|| unknown(text, at, first))?;
            (Some(Kind::Variable), end + 1)
        } else if first.is_ascii_digit() {
            number(rest).ok_or_else(|| unknown(text, at, first))?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let goes_on = |c: char| c.is_ascii_alphanumeric() || "_@".contains(c);
            let end = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or_default().to_ascii_uppercase();
            (Some(Kind::Word(word)), end)
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| unknown(text, at, first))?;
            (Some(Kind::Sign(sign)), sign.len())
        };
        found.extend(kind.map(|kind| Token { kind, at }));
        at += length;
    }
    Ok(found)
}

fn unknown(text: &str, at: usize, sign: char) -> Refusal {
    Refusal::syntax(text, at, &format!("Syntax error at or near \"{sign}\""))
}

/// A string, in which two quotes are one, and its length in the text.
fn string(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            value.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Some((value, at + 1));
        }
    }
    None
}

fn number(text: &str) -> Option<(Option<Kind>, usize)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(text.len());
    let digits = text.get(..end)?;
    let kind = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Kind::Integer(digits.parse().ok()?)
    } else {
        digits.parse::<f64>().ok()?;
        Kind::Fraction { is_double: digits.to_ascii_uppercase().contains('E') }
    };
    Some((Some(kind), end))
}
