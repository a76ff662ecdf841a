//! The letters of HTML mode: tags' attributes and the few entities that are decoded.

use super::link;

/// What an entity stands for.
pub(super) enum Decoded {
    Char(char),
    /// A number that is half of a surrogate pair.
    Surrogate,
}

/// A place in a text.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let taken = link::head(self.rest(), wanted);
        self.at += taken.len();
        taken
    }

    /// Takes one attribute of the tag `tag` that began at byte `start`; takes the `>` and answers `None` when there is none.
    pub(super) fn attribute(
        &mut self,
        tag: &str,
        start: usize,
    ) -> Result<Option<(String, String)>, String> {
        self.take_while(is_space);
        if self.peek() == Some('>') {
            self.bump();
            return Ok(None);
        }
        let name = self.take_while(|c| !is_space(c) && !"=>/\"'".contains(c));
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {start}"
            ));
        }
        let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {start}");
        self.take_while(is_space);
        match self.peek() {
            None => return Err(unclosed()),
            Some('=') => self.bump(),
            Some(_) => return Ok(Some((name.to_owned(), String::new()))),
        }
        self.take_while(is_space);
        let value = match self.peek() {
            None => return Err(unclosed()),
            Some(quote @ ('"' | '\'')) => {
                self.bump();
                self.quoted(quote)
            }
            Some(_) => {
                let begin = self.at;
                let token = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
                if self.peek().is_some_and(|c| !is_space(c) && c != '>') {
                    return Err(format!("Unexpected end of name token at byte offset {begin}"));
                }
                token.to_ascii_lowercase()
            }
        };
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {start}"));
        }
        Ok(Some((name.to_owned(), value)))
    }

    fn quoted(&mut self, quote: char) -> String {
        let mut value = String::new();
        while let Some(c) = self.peek() {
            if c == quote {
                self.bump();
                break;
            }
            match if c == '&' { self.entity() } else { None } {
                Some(Decoded::Char(decoded)) => value.push(decoded),
                // No host has this character: the link is dropped, as by TDLib.
                Some(Decoded::Surrogate) => value.push('\0'),
                None => {
                    self.bump();
                    value.push(c);
                }
            }
        }
        value
    }

    /// Takes `&lt;` and its like, with or without semicolon; `None`, and takes nothing, where there is no such thing.
    ///
    /// Telegram knows four names and the numbers: `&apos;` and `&nbsp;` are shown as they stand.
    pub(super) fn entity(&mut self) -> Option<Decoded> {
        let body = self.rest().strip_prefix('&')?;
        let (code, length) = if let Some(number) = body.strip_prefix('#') {
            let (digits, radix) = match number.strip_prefix(['x', 'X']) {
                Some(hex) => (link::head(hex, |c| c.is_ascii_hexdigit()), 16),
                None => (link::head(number, |c| c.is_ascii_digit()), 10),
            };
            let limit = if radix == 16 { 8 } else { 10 };
            let code = match u32::from_str_radix(digits, radix) {
                Ok(code) if digits.len() <= limit && code != 0 && code < 0x0011_0000 => code,
                _ => return None,
            };
            (code, digits.len() + if radix == 16 { 3 } else { 2 })
        } else {
            let name = link::head(body, |c| c.is_ascii_alphabetic());
            let c = match name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => return None,
            };
            (u32::from(c), name.len() + 1)
        };
        self.at += length;
        if self.peek() == Some(';') {
            self.bump();
        }
        Some(char::from_u32(code).map_or(Decoded::Surrogate, Decoded::Char))
    }
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\0' | '\x0b')
}
