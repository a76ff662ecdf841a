//! Lets a bounded number of visitors in, each for a bounded time: the pages are for probes and scrapers, and nobody
//! there must be able to use up the files and the memory that deliveries need.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// Connections at a time; more wait in the backlog of the system.
const VISITORS_MAX: usize = 64;

/// How long one connection is read from, however many requests it brings: longer than scrapers keep theirs idle.
const STAY_MAX: Duration = Duration::from_secs(120);

/// A listener that counts who is inside.
pub(super) struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> Door {
        Door { listener, places: Arc::new(Semaphore::new(VISITORS_MAX)) }
    }
}

impl Listener for Door {
    type Io = Visit;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visit, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let until = Box::pin(sleep_until(Instant::now() + STAY_MAX));
        (Visit { stream, until, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that is read from for so long, and gives its place back when it ends.
pub(super) struct Visit {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Visit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending() && self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Visit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if written.is_pending() && self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    async fn door() -> (Door, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Door::new(listener), address)
    }

    #[tokio::test]
    async fn when_all_places_are_taken_the_next_visitor_waits_until_one_leaves() {
        let (mut door, address) = door().await;
        let mut outside = Vec::new();
        let mut inside = Vec::new();
        for _ in 0..VISITORS_MAX {
            outside.push(TcpStream::connect(address).await.unwrap());
            inside.push(door.accept().await);
        }
        outside.push(TcpStream::connect(address).await.unwrap());
        let next = door.accept();
        tokio::pin!(next);
        assert!(futures_util::poll!(next.as_mut()).is_pending());
        inside.pop();
        next.await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_who_says_nothing_is_shown_out() {
        let (mut door, address) = door().await;
        let _outside = TcpStream::connect(address).await.unwrap();
        let (mut visit, _) = door.accept().await;
        let begun = Instant::now();
        let error = visit.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= STAY_MAX);
    }
}
