//! Tells a page that what it shows may have changed.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// An event whenever `screen`, which counts what can be seen, is another after something has changed; until `stop`.
pub(crate) fn changes<S: PartialEq + Send + 'static>(
    changed: watch::Receiver<u64>,
    mut screen: impl FnMut() -> S + Send + 'static,
    stop: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = screen();
    let events =
        stream::unfold((changed, screen, seen), |(mut changed, mut screen, seen)| async move {
            loop {
                changed.changed().await.ok()?;
                let now = screen();
                if now != seen {
                    return Some((Ok(Event::default().data("changed")), (changed, screen, now)));
                }
            }
        });
    Sse::new(events.take_until(stop.cancelled_owned())).keep_alive(KeepAlive::default())
}
