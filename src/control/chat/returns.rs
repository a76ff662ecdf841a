//! Destinations that are on again and were not told so.
//!
//! Whatever comes from a chat makes it on: a word, a picture, an unblock. What kept messages from it is gone from its row
//! by that, and is remembered here until somebody asks how it stands.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::{Address, UnixMillis};
use crate::store::Shut;

/// Most destinations that are remembered.
const DESTINATIONS_MAX: usize = 10_000;

/// For how long: later it would be news of yesterday.
const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// What kept messages from destinations until they came back.
#[derive(Debug, Default)]
pub(super) struct Returns(Mutex<HashMap<Address, (UnixMillis, Shut)>>);

impl Returns {
    /// A destination is on again, which was off or barred by this.
    pub(super) fn note(&self, destination: &Address, shut: Shut, now: UnixMillis) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DESTINATIONS_MAX {
            known.retain(|_, (at, _)| now.since(*at) < KEPT_FOR);
        }
        if known.len() < DESTINATIONS_MAX {
            known.insert(destination.clone(), (now, shut));
        }
    }

    /// What kept messages from a destination, once.
    pub(super) fn take(&self, destination: &Address, now: UnixMillis) -> Option<Shut> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, shut) = known.remove(destination)?;
        (now.since(at) < KEPT_FOR).then_some(shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(chat: i64) -> Address {
        Address::Telegram { chat, thread: None }
    }

    fn off() -> Shut {
        Shut::Off { reason: "blocked".to_owned(), since: None }
    }

    #[test]
    fn a_return_is_told_once_and_only_while_it_is_news() {
        let returns = Returns::default();
        let (now, later) = (UnixMillis(0), UnixMillis(0).plus(KEPT_FOR));
        returns.note(&chat(1), off(), now);
        returns.note(&chat(2), off(), now);
        assert_eq!(returns.take(&chat(1), now), Some(off()));
        assert_eq!(returns.take(&chat(1), now), None);
        assert_eq!(returns.take(&chat(2), later), None);
    }

    #[test]
    fn their_number_is_bounded_and_old_ones_make_room() {
        let returns = Returns::default();
        for n in 0..i64::try_from(DESTINATIONS_MAX).unwrap() + 5 {
            returns.note(&chat(n), off(), UnixMillis(0));
        }
        assert_eq!(returns.0.lock().unwrap().len(), DESTINATIONS_MAX);
        let later = UnixMillis(0).plus(KEPT_FOR);
        returns.note(&chat(-1), off(), later);
        assert_eq!(returns.take(&chat(-1), later), Some(off()));
    }
}
