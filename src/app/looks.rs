//! Looks at YouTube for people: what was seen a moment ago is not asked again, and a chat has so many a day, and its
//! owner.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::control::{Asker, LookupError};
use crate::model::{Owner, UnixMillis};
use crate::source::next_reset;

/// How long an answer is remembered, also that there is no such thing.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How long a failure is: enough for those who have waited for the same answer.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(2);

/// Things that are remembered at a time.
const THINGS_MAX: usize = 1_000;

/// Chats and owners that are counted at a time, of each. Beyond it the one that has asked least is forgotten.
const COUNTED_MAX: usize = 10_000;

/// How many chats' looks all chats of one owner have together: a person brings in up to twenty groups, and would have
/// the looks of each.
const CHATS_PER_OWNER: u32 = 5;

/// The last answer about one thing. Whoever asks YouTube about it holds the lock, so others who want to know the same
/// wait for that answer.
#[derive(Debug)]
pub(super) struct Look<T>(Option<(UnixMillis, Result<T, LookupError>)>);

impl<T: Clone> Look<T> {
    /// What is remembered: the answer, and when it came.
    pub(super) fn recent(&self, now: UnixMillis) -> Option<(UnixMillis, Result<T, LookupError>)> {
        self.0.clone().filter(|(at, answer)| {
            let life = if answer.is_ok() { REMEMBERED } else { FAILURE_REMEMBERED };
            // A clock that was set back must not make it last.
            *at <= now && now.since(*at) < life
        })
    }

    /// Remembers an answer.
    pub(super) fn keep(&mut self, now: UnixMillis, answer: &Result<T, LookupError>) {
        self.0 = Some((now, answer.clone()));
    }
}

/// The last answers, by what they are about.
#[derive(Debug)]
pub(super) struct Looks<K, T>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<Look<T>>>>>);

impl<K, T> Default for Looks<K, T> {
    fn default() -> Self {
        Looks(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone> Looks<K, T> {
    /// What is remembered of a thing, to be locked for as long as it is asked about.
    pub(super) fn of(&self, thing: &K, now: UnixMillis) -> Arc<tokio::sync::Mutex<Look<T>>> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = looks.get(thing) {
            return Arc::clone(look);
        }
        if looks.len() >= THINGS_MAX {
            // One that is held is being asked about; there are no more of those than updates in hand.
            let is_held = |look: &Arc<_>| Arc::strong_count(look) > 1;
            looks.retain(|_, look| {
                is_held(look) || look.try_lock().is_ok_and(|look| look.recent(now).is_some())
            });
            if looks.len() >= THINGS_MAX {
                looks.retain(|_, look| is_held(look));
            }
        }
        let look = Arc::new(tokio::sync::Mutex::new(Look(None)));
        looks.insert(thing.clone(), Arc::clone(&look));
        look
    }
}

/// How many looks each chat, and each owner, has had since the quota was given anew.
#[derive(Debug, Default)]
pub(super) struct LooksPerChat(Mutex<Day>);

#[derive(Debug, Default)]
struct Day {
    ends_at: UnixMillis,
    of_chats: Counts<String>,
    of_owners: Counts<Owner>,
}

/// Looks by whoever had them.
#[derive(Debug)]
struct Counts<K>(HashMap<K, u32>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts(HashMap::new())
    }
}

impl<K: Clone + Eq + Hash> Counts<K> {
    fn of(&self, whose: &K) -> u32 {
        self.0.get(whose).copied().unwrap_or_default()
    }

    fn count(&mut self, whose: &K) {
        if !self.0.contains_key(whose) && self.0.len() >= COUNTED_MAX {
            let least = self.0.iter().min_by_key(|(_, looks)| **looks);
            if let Some(least) = least.map(|(whose, _)| whose.clone()) {
                self.0.remove(&least);
            }
        }
        let looks = self.0.entry(whose.clone()).or_default();
        *looks = looks.saturating_add(1);
    }

    fn give_back(&mut self, whose: &K) {
        if let Some(looks) = self.0.get_mut(whose) {
            *looks = looks.saturating_sub(1);
        }
    }
}

impl LooksPerChat {
    /// Counts a look that is going to cost a unit.
    ///
    /// # Errors
    ///
    /// The chat, or its owner, has had as many as they may; nothing is counted.
    pub(super) fn take(&self, asker: &Asker, now: UnixMillis) -> Result<(), LookupError> {
        let Some(looks_max) = asker.looks_max else { return Ok(()) };
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = next_reset(now);
        if day.ends_at != until {
            *day = Day { ends_at: until, ..Day::default() };
        }
        if day.of_chats.of(&asker.chat) >= looks_max {
            return Err(LookupError::ChatUsedUp { looks_max, until });
        }
        let together_max = looks_max.saturating_mul(CHATS_PER_OWNER);
        if day.of_owners.of(&asker.owner) >= together_max {
            return Err(LookupError::OwnerUsedUp { looks_max: together_max, until });
        }
        day.of_chats.count(&asker.chat);
        day.of_owners.count(&asker.owner);
        Ok(())
    }

    /// A look that was counted has cost nothing.
    pub(super) fn give_back(&self, asker: &Asker) {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        day.of_chats.give_back(&asker.chat);
        day.of_owners.give_back(&asker.owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    const NOW: UnixMillis = UnixMillis(1_795_266_180_000);

    fn later(s: u64) -> UnixMillis {
        NOW.plus(Duration::from_secs(s))
    }

    fn owner(name: &str) -> Owner {
        Owner::Person(Address::Recorder(name.to_owned()))
    }

    /// Whoever asks in a chat of their own.
    fn asker(chat: &str) -> Asker {
        Asker { chat: chat.to_owned(), owner: owner(chat), looks_max: Some(2) }
    }

    #[tokio::test]
    async fn an_answer_is_remembered_for_a_minute_and_a_failure_for_a_moment() {
        let looks: Looks<u8, Option<u8>> = Looks::default();
        let look = looks.of(&1, NOW);
        let mut look = look.lock().await;
        look.keep(NOW, &Ok(None));
        assert_eq!(look.recent(later(59)), Some((NOW, Ok(None))));
        assert_eq!(look.recent(later(60)), None);
        look.keep(later(60), &Ok(Some(7)));
        assert_eq!(look.recent(later(61)).unwrap().1, Ok(Some(7)));
        // The clock was set back.
        assert_eq!(look.recent(NOW), None);
        let away = Err(LookupError::Unreachable("YouTube does not answer".to_owned()));
        look.keep(NOW, &away);
        assert_eq!(look.recent(later(1)).unwrap().1, away);
        assert_eq!(look.recent(later(2)), None);
    }

    #[test]
    fn the_number_of_remembered_things_is_bounded_and_what_is_asked_about_stays() {
        let looks: Looks<usize, u8> = Looks::default();
        let held = looks.of(&0, NOW);
        for thing in 1..3 * THINGS_MAX {
            looks.of(&thing, NOW).try_lock().unwrap().keep(NOW, &Ok(1));
        }
        assert!(looks.0.lock().unwrap().len() <= THINGS_MAX);
        assert!(Arc::ptr_eq(&held, &looks.of(&0, NOW)));
    }

    #[test]
    fn a_chat_has_so_many_looks_until_the_quota_is_given_anew() {
        let counted = LooksPerChat::default();
        let until = next_reset(NOW);
        let refused = Err(LookupError::ChatUsedUp { looks_max: 2, until });
        assert_eq!(counted.take(&asker("a"), NOW), Ok(()));
        assert_eq!(counted.take(&asker("a"), NOW), Ok(()));
        assert_eq!(counted.take(&asker("a"), NOW), refused);
        assert_eq!(counted.take(&asker("b"), NOW), Ok(()));
        counted.give_back(&asker("a"));
        assert_eq!(counted.take(&asker("a"), NOW), Ok(()));
        assert_eq!(counted.take(&asker("a"), UnixMillis(until.0 - 1)), refused);
        assert_eq!(counted.take(&asker("a"), until), Ok(()));
        let unlimited = Asker { looks_max: None, ..asker("a") };
        assert!((0..100).all(|_| counted.take(&unlimited, until).is_ok()));
    }

    #[test]
    fn all_chats_of_an_owner_have_together_what_five_have() {
        let counted = LooksPerChat::default();
        let group = |number: usize| Asker { owner: owner("ana"), ..asker(&number.to_string()) };
        let granted = |number| (0..3).filter(|_| counted.take(&group(number), NOW).is_ok()).count();
        assert_eq!((0..20).map(granted).sum::<usize>(), 10);
        let until = next_reset(NOW);
        let refused = Err(LookupError::OwnerUsedUp { looks_max: 10, until });
        assert_eq!(counted.take(&group(20), NOW), refused);
        assert_eq!(counted.take(&asker("ben"), NOW), Ok(()));
        counted.give_back(&group(0));
        assert_eq!(counted.take(&group(20), NOW), Ok(()));
        assert_eq!(counted.take(&group(21), NOW), refused);
        assert_eq!(counted.take(&group(21), until), Ok(()));
    }

    #[test]
    fn the_number_of_counted_chats_is_bounded() {
        let counted = LooksPerChat::default();
        for _ in 0..2 {
            counted.take(&asker("busy"), NOW).unwrap();
        }
        for chat in 0..COUNTED_MAX + 50 {
            counted.take(&asker(&chat.to_string()), NOW).unwrap();
        }
        {
            let day = counted.0.lock().unwrap();
            assert_eq!([day.of_chats.0.len(), day.of_owners.0.len()], [COUNTED_MAX; 2]);
        }
        assert!(counted.take(&asker("busy"), NOW).is_err());
    }
}
