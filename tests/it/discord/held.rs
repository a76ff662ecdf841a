//! A way to a server that can be held and let go: what is asked waits, for as long as a test wants.

use std::convert::Infallible;

use futures_util::stream::{StreamExt as _, unfold};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Asks that run at a time.
const CONNECTIONS_MAX: usize = 64;

/// A server behind a way that can be held.
pub(super) struct Held {
    listener: TcpListener,
    behind: String,
    is_held: watch::Sender<bool>,
}

impl Held {
    /// The way to this server, which is open.
    pub(super) async fn new(url: &str) -> Held {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        Held { listener, behind, is_held: watch::Sender::new(false) }
    }

    /// What to put where the server's own address would stand.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// Holds what is asked from now on, or lets it go.
    pub(super) fn hold(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(&self) {
        let accepted = unfold((), async |()| Some((self.listener.accept().await.unwrap().0, ())));
        accepted
            .for_each_concurrent(CONNECTIONS_MAX, |asks| async {
                // A connection that breaks is the business of whoever asks.
                drop(self.pass(asks).await);
            })
            .await;
    }

    async fn pass(&self, mut asks: TcpStream) -> std::io::Result<Infallible> {
        let mut server = TcpStream::connect(&self.behind).await?;
        let (mut asked, mut told) = asks.split();
        let (mut answers, mut takes) = server.split();
        let asking = async {
            let mut bytes = vec![0; 16 << 10];
            let mut held = self.is_held.subscribe();
            loop {
                let read = asked.read(&mut bytes).await?;
                held.wait_for(|is_held| !is_held).await.map_err(std::io::Error::other)?;
                if read == 0 {
                    return Err::<Infallible, _>(std::io::ErrorKind::UnexpectedEof.into());
                }
                takes.write_all(&bytes[..read]).await?;
            }
        };
        tokio::select! {
            ended = asking => ended,
            ended = copy(&mut answers, &mut told) => {
                ended?;
                Err(std::io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}
