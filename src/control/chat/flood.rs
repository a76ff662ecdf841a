//! How often somebody is answered: counters per person or chat, bounded in number.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::UnixMillis;

/// Most people or chats that are counted at a time. Beyond it the one that was quiet longest is forgotten: a stranger who
/// makes up that many gains one more answer.
const KEYS_MAX: usize = 10_000;

/// Whether there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// Yes.
    Granted,
    /// No, and this is the first time in this window: the one to be told.
    FirstRefused,
    /// No.
    Refused,
}

/// At most so many per window and key.
#[derive(Debug)]
pub(super) struct Flood {
    max: u32,
    window: Duration,
    counted: Mutex<HashMap<String, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: UnixMillis,
    count: u32,
}

impl Flood {
    pub(super) fn new(max: u32, window: Duration) -> Flood {
        Flood { max, window, counted: Mutex::new(HashMap::new()) }
    }

    /// Counts one more of `key`.
    pub(super) fn take(&self, key: &str, now: UnixMillis) -> Grant {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if !counted.contains_key(key) && counted.len() >= KEYS_MAX {
            counted.retain(|_, window| now.since(window.began) < self.window);
            if counted.len() >= KEYS_MAX
                && let Some(oldest) = counted
                    .iter()
                    .min_by_key(|(_, window)| window.began)
                    .map(|(key, _)| key.clone())
            {
                counted.remove(&oldest);
            }
        }
        let window = counted.entry(key.to_owned()).or_insert(Window { began: now, count: 0 });
        if !self.is_open(window, now) {
            *window = Window { began: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        match window.count {
            count if count <= self.max => Grant::Granted,
            count if count == self.max + 1 => Grant::FirstRefused,
            _ => Grant::Refused,
        }
    }

    /// Whether another one of `key` would be refused. Counts nothing.
    pub(super) fn is_used_up(&self, key: &str, now: UnixMillis) -> bool {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.get(key).is_some_and(|window| self.is_open(window, now) && window.count >= self.max)
    }

    /// Whether a window lasts. A clock that was set back must not keep anyone silent for longer.
    fn is_open(&self, window: &Window, now: UnixMillis) -> bool {
        now >= window.began && now.since(window.began) < self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flood() -> Flood {
        Flood::new(2, Duration::from_secs(60))
    }

    #[test]
    fn after_too_many_comes_one_refusal_and_then_silence_until_it_cools() {
        let flood = flood();
        let take = |second: i64| flood.take("a", UnixMillis(second * 1000));
        assert_eq!([take(0), take(1)], [Grant::Granted; 2]);
        assert_eq!(
            [take(2), take(3), take(59)],
            [Grant::FirstRefused, Grant::Refused, Grant::Refused]
        );
        assert!(flood.is_used_up("a", UnixMillis(59_999)));
        assert!(
            !flood.is_used_up("a", UnixMillis(60_000)) && !flood.is_used_up("b", UnixMillis(0))
        );
        assert_eq!(take(60), Grant::Granted);
        assert_eq!(flood.take("b", UnixMillis(2000)), Grant::Granted);
    }

    #[test]
    fn a_clock_set_back_silences_nobody() {
        let flood = flood();
        for _ in 0..5 {
            flood.take("a", UnixMillis(1_000_000));
        }
        assert_eq!(flood.take("a", UnixMillis(0)), Grant::Granted);
    }

    #[test]
    fn the_number_of_counters_is_bounded() {
        let flood = flood();
        for chat in 0..i64::try_from(KEYS_MAX).unwrap() + 50 {
            flood.take(&chat.to_string(), UnixMillis(chat));
        }
        assert_eq!(flood.counted.lock().unwrap().len(), KEYS_MAX);
    }
}
