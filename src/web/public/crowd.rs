//! Serves strangers: each connection one request, so long at most, and so many at a time.
//!
//! Where there are more, the one that has been here longest ends. Whoever holds many connections and says nothing drives away
//! their own; somebody with an honest request is done long before it is their turn.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use axum::{Extension, Router};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Connections at a time: each is a file, of which a process has some thousand, and up to [`HEAD_MAX_BYTES`].
const CONNECTIONS_MAX: usize = 256;

/// Longest head of a request, in bytes. A link has some 400.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// How long the head of a request may take.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection may take.
const CONNECTION_WITHIN: Duration = Duration::from_secs(20);

/// How long after the end of us those may take who are being answered.
const STOPPING_WITHIN: Duration = Duration::from_secs(3);

/// How long nobody is let in after the system had no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Serves until `stop` is cancelled, and then those who are being answered.
pub(super) async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    let mut inside = FuturesUnordered::new();
    // Those that came first stand in front; some of them have gone.
    let mut order: VecDeque<CancellationToken> = VecDeque::new();
    loop {
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(()) = inside.next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = stream else {
            tokio::time::sleep(NO_ROOM).await;
            continue;
        };
        order.retain(|visitor| !visitor.is_cancelled());
        if order.len() >= CONNECTIONS_MAX
            && let Some(first) = order.pop_front()
        {
            first.cancel();
        }
        let visitor = CancellationToken::new();
        order.push_back(visitor.clone());
        inside.push(visit(stream, peer.ip(), app.clone(), visitor));
    }
    drop(listener);
    let rest = async { while inside.next().await.is_some() {} };
    drop(tokio::time::timeout(STOPPING_WITHIN, rest).await);
}

/// Answers one request, of which the app is told the peer. The visitor is gone afterwards, however it ends.
async fn visit(stream: TcpStream, peer: IpAddr, app: Router, visitor: CancellationToken) {
    let app = app.layer(Extension(peer));
    let gone = visitor.clone().drop_guard();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    let connection = tokio::time::timeout(CONNECTION_WITHIN, connection);
    tokio::select! {
        // A connection that breaks off, or takes too long, is its owner's affair.
        _ = connection => {}
        () = visitor.cancelled() => {}
    }
    drop(gone);
}
