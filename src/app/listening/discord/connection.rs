//! One websocket to a gateway: opened within its time, over TLS unless it is on this machine or beside what stands in for
//! Discord, with messages of bounded size, in text without compression.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Largest message that is taken: a server with thousands of channels has some megabytes.
const MESSAGE_MAX_BYTES: usize = 16 << 20;

/// How long one address of a host may take to answer; the next one has its turn then.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what is said may take to leave.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other side may take to see that we close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// We come back: any code but 1000 and 1001 leaves the session as it is.
/// Source: <https://docs.discord.com/developers/events/gateway#disconnecting> (2026-11).
pub(super) const FOR_NOW: u16 = 4000;

/// We do not come back.
pub(super) const FOR_GOOD: u16 = 1000;

/// What bytes go over.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// What comes over a connection.
pub(super) enum Told {
    /// A message.
    Text(Utf8Bytes),
    /// Nothing that concerns us.
    Other,
    /// It is closed, with this code or without any.
    Closed(Option<u16>),
}

/// The connection can't be opened, or breaks. Why is of no use to anybody: there will be another.
#[derive(Debug)]
pub(super) struct Broken;

/// A connection that stands.
pub(super) struct Connection(WebSocketStream<Box<dyn Line>>);

impl Connection {
    /// Opens one. The caller bounds the time.
    pub(super) async fn open(url: &Url) -> Result<Connection, Broken> {
        let mut url = url.clone();
        url.set_query(Some("v=10&encoding=json"));
        let line = line(&url).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_MAX_BYTES))
            .max_frame_size(Some(MESSAGE_MAX_BYTES));
        let opened = client_async_with_config(url.as_str(), line, Some(config)).await;
        opened.map(|(socket, _)| Connection(socket)).map_err(|_| Broken)
    }

    /// The next message. May be dropped half-way: nothing is lost.
    pub(super) async fn next(&mut self) -> Told {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Told::Text(text),
            Some(Ok(Message::Close(frame))) => Told::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => Told::Other,
            Some(Err(_)) | None => Told::Closed(None),
        }
    }

    /// Says something.
    pub(super) async fn say(&mut self, text: String) -> Result<(), Broken> {
        let said = timeout(SEND_TIMEOUT, self.0.send(Message::text(text))).await;
        said.map_err(|_| Broken)?.map_err(|_| Broken)
    }

    /// Closes it, and waits a moment until that is seen.
    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::default() };
        let closing = async {
            if self.0.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.0.next().await {}
            }
        };
        // Whoever does not see it within this time finds the connection broken.
        drop(timeout(CLOSE_TIMEOUT, closing).await);
    }
}

/// A line to the host of a URL.
async fn line(url: &Url) -> Result<Box<dyn Line>, Broken> {
    let host = url.host_str().ok_or(Broken)?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or(Broken)?;
    let stream = stream(host, port).await?;
    // What is said is short, and is not to wait for more.
    stream.set_nodelay(true).map_err(|_| Broken)?;
    if url.scheme() != "wss" {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Broken)?;
    let config = TLS.as_ref().ok_or(Broken)?;
    let secured = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
    Ok(Box::new(secured.map_err(|_| Broken)?))
}

async fn stream(host: &str, port: u16) -> Result<TcpStream, Broken> {
    for address in lookup_host((host, port)).await.map_err(|_| Broken)? {
        if let Ok(Ok(stream)) = timeout(ADDRESS_TIMEOUT, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(Broken)
}

/// As requests over HTTP have it: the same provider, and Mozilla's authorities.
static TLS: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?;
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_tls() {
        assert!(TLS.is_some());
    }
}
