//! A client that says what it is told to, right or wrong.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::either::Either;

/// One connection.
pub(super) struct Client(BufReader<Either<TcpStream, Box<TlsStream<TcpStream>>>>);

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.unwrap();
        Client(BufReader::new(Either::Left(stream)))
    }

    /// The same connection within TLS.
    pub(super) async fn secure(self, tls: &TlsConnector) -> Client {
        let Either::Left(stream) = self.0.into_inner() else { panic!("it is secure already") };
        let name = ServerName::try_from("localhost").unwrap();
        let stream = tls.connect(name, stream).await.unwrap();
        Client(BufReader::new(Either::Right(Box::new(stream))))
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// All lines of the next reply; empty when the server has hung up.
    pub(super) async fn reply(&mut self) -> String {
        let mut lines: Vec<String> = Vec::new();
        loop {
            let mut line = String::new();
            // A reset is an end as well.
            if self.0.read_line(&mut line).await.unwrap_or_default() == 0 {
                return lines.join("\n");
            }
            let line = line.strip_suffix("\r\n").unwrap().to_owned();
            let is_last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if is_last {
                return lines.join("\n");
            }
        }
    }

    /// Sends a line and returns the reply.
    pub(super) async fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        self.reply().await
    }

    /// Says lines whose replies begin like this.
    pub(super) async fn agree(&mut self, lines: &[(&str, &str)]) {
        for (line, expected) in lines {
            let reply = self.say(line).await;
            assert!(reply.starts_with(expected), "{line}: {reply}");
        }
    }

    /// Begins a letter for one recipient, up to where its text follows.
    pub(super) async fn begin(&mut self, recipient: &str) {
        let to = format!("RCPT TO:<{recipient}>");
        self.agree(&[
            ("MAIL FROM:<bell@a.example>", "250 2.1.0"),
            (&to, "250 2.1.5"),
            ("DATA", "354"),
        ])
        .await;
    }

    /// Sends a letter of this text and returns the reply to the final dot.
    pub(super) async fn letter(&mut self, recipient: &str, text: &str) -> String {
        self.begin(recipient).await;
        self.say(&format!("{text}\r\n.")).await
    }

    /// Asserts that the server has hung up.
    pub(super) async fn ended(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await.unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}
