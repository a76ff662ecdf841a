//! Beside stage 5: a picture that goes along with a message becomes PNG.
//!
//! In: a [`Picture`], the numbers of one, which `render` makes SVG of. Out: PNG, for whoever sends it. Drawing takes a core for
//! some milliseconds, so it is done beside the tasks, a few pictures at a time, and never inside a transaction.

mod raster;

pub use crate::render::picture::Theme;
pub use raster::png;

use std::error::Error;
use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::model::Picture;

/// Nobody says which colours a chat has. A dark picture is read on either, and glares at nobody at night.
const OF_MESSAGES: Theme = Theme::Dark;

/// Most pictures that are drawn at a time: each takes two megabytes. Who has to wait does so with its message.
const DRAWN_MAX: usize = 2;

/// How many are: each takes a core, of which half are left to messages without pictures.
fn drawn_at_a_time() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cores / 2).clamp(1, DRAWN_MAX)
}

/// Why there is no PNG.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The picture has no line.
    #[error("nothing is to be seen in it")]
    Nothing,
    /// What `render` made of it can't be read.
    #[error("its SVG can't be read")]
    Svg(#[source] resvg::usvg::Error),
    /// It has no size, or too large a one.
    #[error("it has no size")]
    NoSize,
    /// What was drawn can't be written down.
    #[error("its PNG can't be written")]
    Png(#[source] Box<dyn Error + Send + Sync>),
    /// A mistake of ours.
    #[error("drawing it has panicked: please report it")]
    Panicked,
}

/// Draws pictures. Cheap to clone; clones share how many are drawn at a time.
#[derive(Debug, Clone)]
pub struct Painter {
    tracker: TaskTracker,
    places: Arc<Semaphore>,
}

impl Painter {
    /// A painter whose work belongs to `tracker`.
    #[must_use]
    pub fn new(tracker: TaskTracker) -> Painter {
        Painter { tracker, places: Arc::new(Semaphore::new(drawn_at_a_time())) }
    }

    /// The picture of a message as PNG; `None`: it has none, or none that can be drawn, which is logged. Never is a message lost
    /// with its picture.
    ///
    /// Whoever waits for a slot draws first: what leaves long after its slot comes too near to the next message.
    pub async fn drawn(&self, picture: Option<&Picture>) -> Option<Vec<u8>> {
        let drawn = self.png(picture?, OF_MESSAGES).await;
        drawn
            .inspect_err(|error| {
                tracing::warn!(
                    error = error as &dyn Error,
                    "a picture can't be drawn: its message leaves without it"
                );
            })
            .ok()
    }

    /// Draws a picture as PNG.
    ///
    /// # Errors
    ///
    /// See [`DrawError`]. None is to be expected of a picture that [`Picture::new`] made.
    pub async fn png(&self, picture: &Picture, theme: Theme) -> Result<Vec<u8>, DrawError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.expect("nobody closes it");
        let picture = picture.clone();
        let drawing = self.tracker.spawn_blocking(move || {
            let png = raster::png(&picture, theme);
            // Whoever waited for it may have gone: the place is free when the core is.
            drop(place);
            png
        });
        drawing.await.unwrap_or(Err(DrawError::Panicked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metric, UnixMillis};

    #[tokio::test]
    async fn several_pictures_are_drawn_in_turn_and_one_without_a_line_is_an_error() {
        let painter = Painter::new(TaskTracker::new());
        let points = vec![(UnixMillis(0), Some(1)), (UnixMillis(60_000), Some(2))];
        let picture = Picture::new(Metric::Likes, points, Vec::new(), "UTC".to_owned()).unwrap();
        let empty = Picture { points: Vec::new(), ..picture.clone() };
        let all = (0..5).map(|_| painter.png(&picture, Theme::Dark));
        let all = futures_util::future::join_all(all).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let none = painter.png(&empty, Theme::Dark).await;
        assert!(matches!(none, Err(DrawError::Nothing)), "{none:?}");
        assert_eq!(painter.drawn(Some(&empty)).await, None);
        assert_eq!(painter.drawn(None).await, None);
        assert!(painter.drawn(Some(&picture)).await.is_some_and(|png| png.starts_with(b"\x89PNG")));
        assert_eq!(painter.places.available_permits(), drawn_at_a_time());
    }
}
