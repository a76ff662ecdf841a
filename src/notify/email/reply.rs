//! One answer of a mail server: a code, and words for people.
//!
//! Read with bounds, whatever the server is: a line that never ends is no answer, and words that are no UTF-8 are.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// Longest line that is read, in bytes: RFC 5321, section 4.5.3.1.5, has 512, and some servers write more.
const LINE_MAX_BYTES: u64 = 4096;

/// Most lines of one answer. Those of EHLO are the most: about twenty.
const LINES_MAX: usize = 128;

/// A code after RFC 3463, such as `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Enhanced {
    pub(super) subject: u16,
    pub(super) detail: u16,
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits.
    pub(super) code: u16,
    /// What stands behind the code, line by line.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// Reads one. An error of the kind [`io::ErrorKind::InvalidData`] says that it is no SMTP.
    pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Reply> {
        let mut read: Option<Reply> = None;
        for _ in 0..LINES_MAX {
            let mut line = Vec::new();
            (&mut *stream).take(LINE_MAX_BYTES).read_until(b'\n', &mut line).await?;
            if line.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let (code, is_last, words) = parsed(&line).ok_or(io::ErrorKind::InvalidData)?;
            let reply = read.get_or_insert_with(|| Reply { code, lines: Vec::new() });
            if reply.code != code {
                return Err(io::ErrorKind::InvalidData.into());
            }
            reply.lines.push(words);
            if is_last {
                return Ok(read.expect("a line of it was read"));
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// The first digit: 2 yes, 3 go on, 4 not now, 5 no.
    pub(super) const fn class(&self) -> u16 {
        self.code / 100
    }

    /// The code at the start of the words. Its first digit must be that of the reply (RFC 2034, section 4).
    pub(super) fn enhanced(&self) -> Option<Enhanced> {
        self.split(self.lines.first()?).map(|(enhanced, _)| enhanced)
    }

    /// All words in one line; an enhanced code stands there once, though servers repeat it in each line.
    pub(super) fn words(&self) -> String {
        let first = self.enhanced();
        let lines = self.lines.iter().enumerate().map(|(index, line)| match self.split(line) {
            Some((enhanced, rest)) if index > 0 && Some(enhanced) == first => rest,
            _ => line.as_str(),
        });
        lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn split<'a>(&self, line: &'a str) -> Option<(Enhanced, &'a str)> {
        let (word, rest) = line.trim_start().split_once(' ').unwrap_or((line.trim(), ""));
        let mut numbers = word.split('.').map(|part| {
            let is_number =
                (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| is_number)
        });
        let class = numbers.next()??;
        let enhanced = Enhanced { subject: numbers.next()??, detail: numbers.next()?? };
        (class == self.class() && numbers.next().is_none()).then_some((enhanced, rest))
    }
}

/// Code, whether it is the last line, and the words of one line.
fn parsed(line: &[u8]) -> Option<(u16, bool, String)> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (code, rest) = line.split_at_checked(3)?;
    if !(matches!(code[0], b'2'..=b'5') && code.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (is_last, words) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', words)) => (true, words),
        Some((b'-', words)) => (false, words),
        Some(_) => return None,
    };
    Some((code, is_last, String::from_utf8_lossy(words).into_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The answer that these lines are.
    pub(in crate::notify::email) fn reply(text: &str) -> Reply {
        read(text.as_bytes()).unwrap()
    }

    fn read(bytes: &[u8]) -> io::Result<Reply> {
        let mut bytes = bytes;
        // It waits for nothing: all bytes are there.
        let mut reading = Box::pin(Reply::read(&mut bytes));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match reading.as_mut().poll(&mut context) {
            std::task::Poll::Ready(read) => read,
            std::task::Poll::Pending => unreachable!("a slice is read at once"),
        }
    }

    #[test]
    fn lines_become_one_answer() {
        let found = reply(
            "550-5.1.1 The account\r\n550-5.1.1 does not exist.\r\n550 5.1.1 See https://x/y\r\n",
        );
        assert_eq!(found.code, 550);
        assert_eq!(found.enhanced(), Some(Enhanced { subject: 1, detail: 1 }));
        assert_eq!(found.words(), "5.1.1 The account does not exist. See https://x/y");
        assert_eq!(reply("250\r\n").words(), "");
        assert_eq!(reply("250 ok\n").words(), "ok");
        assert_eq!(read(b"550 Empf\xe4nger\r\n").unwrap().words(), "Empf\u{fffd}nger");
    }

    #[test]
    fn an_enhanced_code_agrees_with_its_reply_and_has_three_numbers() {
        for text in
            ["550 4.7.1 x", "550 5.1 x", "550 5.1.1.1 x", "550 5.1.1234 x", "550 no", "550 5..1"]
        {
            assert_eq!(reply(&format!("{text}\r\n")).enhanced(), None, "{text}");
        }
        let code = Enhanced { subject: 7, detail: 515 };
        assert_eq!(reply("550 5.7.515 x\r\n").enhanced(), Some(code));
        assert_eq!(reply("550 5.7.515\r\n").enhanced(), Some(code));
    }

    #[test]
    fn what_is_no_answer_is_told_apart_from_a_server_that_left() {
        let endless = "250-x\r\n".repeat(LINES_MAX + 1);
        let long = format!("250 {}", "x".repeat(5000));
        for text in [
            "HTTP/1.1 400 Bad Request\r\n",
            "25\r\n",
            "650 x\r\n",
            "250x\r\n",
            "250-a\r\n550 b\r\n",
            "250 cut",
            &endless,
            &long,
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{text:.20}"
            );
        }
        for text in ["", "250-a\r\n"] {
            assert_eq!(read(text.as_bytes()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
