//! Lines as they come in, byte by byte: each ends with CRLF, and neither of the two stands alone.
//!
//! Source: RFC 5321, sections 2.3.8 and 4.5.3.1. Servers that took a bare LF for the end of a line let letters be
//! smuggled in: <https://www.postfix.org/smtp-smuggling.html>.

/// One line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// As it was sent.
    Whole(Vec<u8>),
    /// It had so many bytes, more than may be; they are gone.
    TooLong(usize),
    /// An LF without a CR before it; what the line would have been is not known.
    BareLf,
    /// A CR without an LF behind it.
    BareCr,
}

/// Gathers one line.
#[derive(Debug)]
pub(super) struct Scanner {
    bytes: Vec<u8>,
    max: usize,
    /// Bytes of the line so far.
    count: usize,
    is_after_cr: bool,
}

impl Scanner {
    /// Takes lines of so many bytes, without their ends.
    pub(super) fn new(max: usize) -> Scanner {
        Scanner { bytes: Vec::new(), max, count: 0, is_after_cr: false }
    }

    /// Reads on. Returns how many bytes were of this line, and the line once it has come to its end.
    pub(super) fn take(&mut self, chunk: &[u8]) -> (usize, Option<Line>) {
        for (at, &byte) in chunk.iter().enumerate() {
            let line = match (self.is_after_cr, byte) {
                (true, b'\n') if self.count > self.max => Line::TooLong(self.count),
                (true, b'\n') => Line::Whole(std::mem::take(&mut self.bytes)),
                (true, _) => Line::BareCr,
                (false, b'\n') => Line::BareLf,
                (false, b'\r') => {
                    self.is_after_cr = true;
                    continue;
                }
                (false, byte) => {
                    self.keep(byte);
                    continue;
                }
            };
            return (at + 1, Some(line));
        }
        (chunk.len(), None)
    }

    fn keep(&mut self, byte: u8) {
        self.count += 1;
        if self.count <= self.max {
            self.bytes.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, used: usize, expected: Option<Line>) {
        assert_eq!(Scanner::new(4).take(input.as_bytes()), (used, expected.clone()), "{input:?}");
        // In as many pieces as there are bytes it is the same.
        let mut scanner = Scanner::new(4);
        let mut taken = (0, None);
        for byte in input.bytes() {
            let (more, line) = scanner.take(&[byte]);
            taken = (taken.0 + more, line);
            if taken.1.is_some() {
                break;
            }
        }
        assert_eq!(taken, (used, expected), "{input:?}");
    }

    #[test]
    fn a_line_ends_with_both_and_with_nothing_else() {
        check("NOOP\r\nQ", 6, Some(Line::Whole(b"NOOP".to_vec())));
        check("\r\n", 2, Some(Line::Whole(Vec::new())));
        check("NOOPS\r\n", 7, Some(Line::TooLong(5)));
        check("NO\nOP\r\n", 3, Some(Line::BareLf));
        check("NO\rOP\r\n", 4, Some(Line::BareCr));
        check("NO\r\r\n", 4, Some(Line::BareCr));
        check("NOOP\r", 5, None);
    }
}
