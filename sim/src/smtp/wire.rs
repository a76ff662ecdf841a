//! The server's end of one connection: lines in, replies out, in clear or encrypted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::line::{Line, Scanner};
use crate::loopback::CuttableStream;

/// Bytes of one line that are read, kept or not; whoever sends more has no line in mind.
const LINE_READ_MAX_BYTES: usize = 1024 * 1024;
/// How long, and for how many bytes, a client may go on before it sees that the server has hung up.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_MAX_BYTES: u64 = 1024 * 1024;

/// Why there is no conversation any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The client has gone, or sends what is no line.
    Gone,
    /// The client said nothing for too long.
    Silent,
}

/// One connection.
pub(super) struct Wire {
    stream: BufReader<Either<CuttableStream, Box<TlsStream<CuttableStream>>>>,
    unsent: String,
    patience: Duration,
}

impl Wire {
    /// A connection in clear.
    pub(super) fn new(stream: CuttableStream, patience: Duration) -> Wire {
        let stream = BufReader::new(Either::Left(stream));
        Wire { stream, unsent: String::new(), patience }
    }

    /// The same connection, encrypted from here on.
    pub(super) async fn secure(self, config: Arc<ServerConfig>) -> Result<Wire, Lost> {
        let Either::Left(stream) = self.stream.into_inner() else { return Err(Lost::Gone) };
        let shaken = timeout(self.patience, TlsAcceptor::from(config).accept(stream)).await;
        let stream = shaken.map_err(|_| Lost::Silent)?.map_err(|_| Lost::Gone)?;
        let stream = BufReader::new(Either::Right(Box::new(stream)));
        Ok(Wire { stream, unsent: String::new(), patience: self.patience })
    }

    /// Whether the client has already sent more.
    pub(super) fn has_more(&self) -> bool {
        !self.stream.buffer().is_empty()
    }

    /// Takes a line to be sent; it goes out before more is read from the client, so what waits is bounded by what was read.
    pub(super) fn say(&mut self, line: impl fmt::Display) {
        use fmt::Write as _;
        // Writing to a String does not fail.
        write!(self.unsent, "{line}\r\n").unwrap_or_default();
    }

    /// Sends all replies.
    pub(super) async fn flush(&mut self) -> Result<(), Lost> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        let sending = async {
            self.stream.write_all(unsent.as_bytes()).await?;
            self.stream.flush().await
        };
        let sent = timeout(self.patience, sending).await;
        sent.map_err(|_| Lost::Silent)?.map_err(|_| Lost::Gone)
    }

    /// The next line, of which so many bytes are kept.
    pub(super) async fn line(&mut self, max: usize) -> Result<Line, Lost> {
        if let Some(line) = self.buffered(max) {
            return Ok(line);
        }
        let patience = self.patience;
        timeout(patience, self.gather(max)).await.unwrap_or(Err(Lost::Silent))
    }

    /// The next line if all of it has been read: spares the timer, as letters are read by lines.
    fn buffered(&mut self, max: usize) -> Option<Line> {
        let (used, line) = Scanner::new(max).take(self.stream.buffer());
        if line.is_some() {
            self.stream.consume(used);
        }
        line
    }

    async fn gather(&mut self, max: usize) -> Result<Line, Lost> {
        let mut scanner = Scanner::new(max);
        let mut read = 0;
        while read < LINE_READ_MAX_BYTES {
            if !self.has_more() {
                self.flush().await?;
            }
            let chunk = self.stream.fill_buf().await.map_err(|_| Lost::Gone)?;
            if chunk.is_empty() {
                return Err(Lost::Gone);
            }
            let (used, line) = scanner.take(chunk);
            self.stream.consume(used);
            if let Some(line) = line {
                return Ok(line);
            }
            read += used;
        }
        Err(Lost::Gone)
    }

    /// Waits until the client has gone. What it still sends stays unread.
    pub(super) async fn gone(&mut self) {
        if !self.has_more() && self.stream.fill_buf().await.map_or(true, <[u8]>::is_empty) {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Hangs up, so that the client still reads the last reply: a close with something unread would take it back.
    pub(super) async fn close(mut self) {
        let closing = async move {
            self.flush().await.map_err(|_| std::io::ErrorKind::BrokenPipe)?;
            self.stream.shutdown().await?;
            let mut rest = self.stream.take(LINGER_MAX_BYTES);
            tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
        };
        if timeout(LINGER, closing).await.is_err() {
            tracing::debug!("a mail client stayed on after the end");
        }
    }
}
