//! Files of answers, while they wait or are on their way: so many bytes of them, whoever asked for them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::{Body, TextFile};
use crate::telemetry::LogThrottle;

/// Bytes that all files of one chat service may have: eight of the longest.
const BYTES_MAX: usize = 8 * TextFile::BYTES_MAX;

/// Lines a minute about files that are left out.
const LINES_MAX: u32 = 2;

/// The room that files have. Clones share it.
#[derive(Clone)]
pub(super) struct Files {
    room: Arc<Semaphore>,
    left_out: Arc<Mutex<LogThrottle>>,
}

/// The room of one file, until it is dropped.
pub(super) type FileRoom = OwnedSemaphorePermit;

impl Files {
    /// Nothing is taken.
    pub(super) fn new() -> Files {
        Files {
            room: Arc::new(Semaphore::new(BYTES_MAX)),
            left_out: Arc::new(Mutex::new(LogThrottle::new(LINES_MAX))),
        }
    }

    /// Takes room for the file of an answer, if it has one. Where there is too little, the file loses its text, and whoever
    /// sends its message says that it could not be sent.
    pub(super) fn take(&self, answer: &mut Body) -> Option<FileRoom> {
        let file = answer.file_mut()?;
        let bytes = u32::try_from(file.text.len()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        if room.is_err() {
            file.empty();
            let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(unsaid) = left_out.pass(Instant::now()) {
                tracing::warn!(unsaid, "too many files are on their way: one is left out");
            }
        }
        room.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChatMessage;

    fn answer(bytes: usize) -> Body {
        let file = TextFile { name: "a.json".to_owned(), text: "x".repeat(bytes) };
        Body::Chat(ChatMessage { file: Some(file), ..ChatMessage::default() })
    }

    fn left(answer: &Body) -> usize {
        answer.file().unwrap().text.len()
    }

    #[test]
    fn a_file_for_which_there_is_no_room_is_left_out_until_another_has_left() {
        let files = Files::new();
        let mut longest = answer(TextFile::BYTES_MAX);
        let mut taken: Vec<_> = (0..8).map(|_| files.take(&mut longest)).collect();
        assert!(taken.iter().all(Option::is_some));
        let mut late = answer(1);
        assert!(files.take(&mut late).is_none());
        assert_eq!((left(&longest), left(&late)), (TextFile::BYTES_MAX, 0));
        taken.pop();
        assert!(files.take(&mut longest).is_some());
        assert_eq!(left(&longest), TextFile::BYTES_MAX);
    }

    #[test]
    fn an_answer_without_a_file_takes_no_room() {
        let files = Files::new();
        assert!(files.take(&mut Body::Chat(ChatMessage::default())).is_none());
        assert_eq!(files.room.available_permits(), BYTES_MAX);
    }
}
