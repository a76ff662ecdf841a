//! As much HTTP/1.1 as the clients under test speak: requests with a length, one after the other on a connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request that has come as a whole.
pub(super) struct Request<'a> {
    pub(super) path: &'a str,
    head: &'a str,
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The value of a header, by its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What is answered, when, and whether more may come.
pub(super) struct Answer {
    bytes: Vec<u8>,
    after: Option<Duration>,
    close: bool,
}

impl Answer {
    pub(super) fn now(bytes: &[u8]) -> Answer {
        Answer { bytes: bytes.to_vec(), after: None, close: false }
    }

    pub(super) fn json(status: u16, body: &str) -> Answer {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Answer::now(text.as_bytes())
    }

    pub(super) fn after(mut self, wait: Duration) -> Answer {
        self.after = Some(wait);
        self
    }

    pub(super) fn and_close(mut self) -> Answer {
        self.close = true;
        self
    }
}

/// Serves one connection until the other side closes it.
pub(super) async fn serve(
    mut stream: TcpStream,
    mut answer: impl FnMut(&Request<'_>) -> Answer,
) -> std::io::Result<()> {
    let mut buffer: Vec<u8> = Vec::with_capacity(16 << 10);
    loop {
        let Some((head, length)) = whole(&buffer) else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).unwrap_or_default();
        let path = text.split(' ').nth(1).unwrap_or_default();
        let answer = answer(&Request { path, head: text, body: &buffer[head + 4..length] });
        buffer.drain(..length);
        if let Some(wait) = answer.after {
            tokio::time::sleep(wait).await;
        }
        stream.write_all(&answer.bytes).await?;
        if answer.close {
            return Ok(());
        }
    }
}

/// Where the head of the first request ends, and the request, once it has come as a whole.
fn whole(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let end = head + 4 + length.unwrap_or(0);
    (buffer.len() >= end).then_some((head, end))
}
