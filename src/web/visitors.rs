//! Bounds on visits: so many at a time, and none without end.
//!
//! Whoever reaches the port needs no key, so what a visitor can hold is one of a few connections for less than a
//! minute. Beyond that visitors wait in the system's own queue, which is bounded too.

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

/// Visitors at a time: Prometheus, an orchestrator, people. Each can hold some 400 KiB of headers.
const VISITORS_MAX: usize = 32;

/// How long a visitor may go on asking. No multiple of the usual pauses between scrapes, which would meet its end.
const ASKING_MAX: Duration = Duration::from_secs(47);

/// How much longer an answer under way may take.
const ANSWERING_MAX: Duration = Duration::from_secs(10);

/// A listener that lets no more visitors in than there is room for.
pub(super) struct Visitors {
    listener: TcpListener,
    room: Arc<Semaphore>,
}

impl Visitors {
    pub(super) fn new(listener: TcpListener) -> Visitors {
        Visitors { listener, room: Arc::new(Semaphore::new(VISITORS_MAX)) }
    }
}

impl Listener for Visitors {
    type Io = Visit;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visit, SocketAddr) {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.expect("the semaphore is never closed");
        let (stream, from) = Listener::accept(&mut self.listener).await;
        let ends = Instant::now() + ASKING_MAX;
        let visit = Visit {
            stream,
            asking: Box::pin(sleep_until(ends)),
            answering: Box::pin(sleep_until(ends + ANSWERING_MAX)),
            _room: room,
        };
        (visit, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends by itself.
pub(super) struct Visit {
    stream: TcpStream,
    asking: Pin<Box<Sleep>>,
    answering: Pin<Box<Sleep>>,
    _room: OwnedSemaphorePermit,
}

/// Whether the time is over; if not, the task is woken when it is.
fn is_over(end: &mut Pin<Box<Sleep>>, cx: &mut Context<'_>) -> bool {
    end.is_elapsed() || end.as_mut().poll(cx).is_ready()
}

impl AsyncRead for Visit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if is_over(&mut self.asking, cx) {
            return Poll::Ready(Ok(())); // As if the visitor had hung up.
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Visit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if is_over(&mut self.answering, cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn beyond_the_limit_a_visitor_waits_until_another_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut visitors = Visitors::new(listener);
        let mut inside = Vec::new();
        let mut outside = Vec::new();
        for _ in 0..VISITORS_MAX {
            outside.push(TcpStream::connect(address).await.unwrap());
            inside.push(visitors.accept().await.0);
        }
        outside.push(TcpStream::connect(address).await.unwrap());
        let mut next = Box::pin(visitors.accept());
        tokio::select! {
            biased;
            _ = &mut next => panic!("there was no room"),
            () = std::future::ready(()) => {}
        }
        inside.pop();
        next.await;
    }

    #[tokio::test]
    async fn who_asks_a_letter_at_a_time_is_shown_out_and_who_takes_no_answer_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut visit, _) = Visitors::new(listener).accept().await;
        client.write_all(b"G").await.unwrap();
        let mut letter = [0];
        assert_eq!(visit.read(&mut letter).await.unwrap(), 1);
        tokio::time::pause();
        // Timers fire on the millisecond after.
        tokio::time::advance(ASKING_MAX + Duration::from_millis(2)).await;
        client.write_all(b"E").await.unwrap();
        assert_eq!(visit.read(&mut letter).await.unwrap(), 0);
        visit.write_all(b"HTTP/1.1 200 OK").await.unwrap();
        tokio::time::advance(ANSWERING_MAX).await;
        let error = visit.write_all(b"\r\n").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
