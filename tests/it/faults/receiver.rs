//! A receiver of webhooks that may lose its answers or never give one, and keeps count of what arrived.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tubebell::model::Address;

/// What becomes of a request that has arrived.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Answer,
    /// Every second answer is lost with its connection.
    LoseHalf,
    Hang,
}

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrived {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) is_answered: bool,
}

pub(super) struct Receiver {
    pub(super) port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    _server: JoinSet<()>,
}

impl Receiver {
    pub(super) async fn start(mode: Mode) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let mut server = JoinSet::new();
        let kept = Arc::clone(&arrived);
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, mode, Arc::clone(&kept)));
            }
        });
        Receiver { port, arrived, _server: server }
    }

    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// An endpoint; different numbers are different receivers to the gateway.
    pub(super) fn endpoint(&self, number: usize) -> Address {
        format!("webhook:http://127.0.0.1:{}/{number}", self.port).parse().unwrap()
    }
}

/// Serves a connection until either side has had enough.
async fn serve(stream: TcpStream, mode: Mode, arrived: Arc<Mutex<Vec<Arrived>>>) {
    let mut stream = BufReader::new(stream);
    while let Some((id, body)) = request(&mut stream).await {
        let is_answered = {
            let mut arrived = arrived.lock().unwrap();
            let is_answered = match mode {
                Mode::Answer => true,
                Mode::LoseHalf => arrived.len().is_multiple_of(2),
                Mode::Hang => false,
            };
            arrived.push(Arrived { id, body, is_answered });
            is_answered
        };
        match mode {
            Mode::Hang => std::future::pending().await,
            Mode::LoseHalf if !is_answered => return,
            Mode::Answer | Mode::LoseHalf => {}
        }
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
            return;
        }
    }
}

/// The `webhook-id` and the body of the next request.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "webhook-id" => value.trim().clone_into(&mut id),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((id, String::from_utf8(body).ok()?))
}
