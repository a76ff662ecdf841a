//! Answers that wait for a slot of their chat: bounded in all, and by chats, so that nobody's answers are kept out by
//! those of others.

use std::collections::{HashMap, VecDeque};

/// Answers that may wait in all. An answer has some kilobytes.
const WAITING_MAX: usize = 1_024;

/// Answers of one chat that may wait. It is given some twenty a minute, and nobody reads on when more are late.
const PER_CHAT_MAX: usize = 32;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It waits, and somebody has to begin to work off its lane.
    First,
    /// It waits behind others of its lane.
    Behind,
    /// There is no room for it: its chat has the most that wait.
    LeftOut,
}

/// Answers that wait, by lane. A lane is there for as long as somebody works it off.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    lanes: HashMap<String, VecDeque<T>>,
    count: usize,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Waiting { lanes: HashMap::new(), count: 0 }
    }
}

impl<T> Waiting<T> {
    /// Puts an answer behind those of its lane. When all places are taken, the chat with the most that wait loses its
    /// newest; that one is handed back.
    pub(super) fn put(&mut self, lane: &str, answer: T) -> (Put, Option<T>) {
        let own = self.lanes.get(lane).map_or(0, VecDeque::len);
        if own >= PER_CHAT_MAX {
            return (Put::LeftOut, Some(answer));
        }
        let mut lost = None;
        if self.count >= WAITING_MAX {
            match self.lanes.values_mut().max_by_key(|waiting| waiting.len()) {
                Some(most) if most.len() > own => lost = most.pop_back(),
                _ => return (Put::LeftOut, Some(answer)),
            }
        } else {
            self.count += 1;
        }
        if let Some(waiting) = self.lanes.get_mut(lane) {
            waiting.push_back(answer);
            return (Put::Behind, lost);
        }
        self.lanes.insert(lane.to_owned(), VecDeque::from([answer]));
        (Put::First, lost)
    }

    /// The next answer of a lane; `None`: the lane is worked off.
    pub(super) fn next(&mut self, lane: &str) -> Option<T> {
        let answer = self.lanes.get_mut(lane)?.pop_front();
        match answer {
            Some(_) => self.count = self.count.saturating_sub(1),
            None => drop(self.lanes.remove(lane)),
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(waiting: &mut Waiting<u32>, lane: &str) -> Vec<u32> {
        std::iter::from_fn(|| waiting.next(lane)).collect()
    }

    #[test]
    fn one_chat_takes_only_places_of_its_own_and_keeps_its_order() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.put("flood", 0), (Put::First, None));
        for answer in 1..32 {
            assert_eq!(waiting.put("flood", answer), (Put::Behind, None));
        }
        assert_eq!(waiting.put("flood", 32), (Put::LeftOut, Some(32)));
        assert_eq!(waiting.put("other", 7), (Put::First, None));
        assert_eq!(all(&mut waiting, "flood"), (0..32).collect::<Vec<_>>());
        assert_eq!(all(&mut waiting, "other"), [7]);
        assert_eq!((waiting.count, waiting.lanes.len()), (0, 0));
    }

    #[test]
    fn when_all_places_are_taken_those_with_the_most_make_room_for_the_others() {
        let mut waiting = Waiting::default();
        for answer in 0..32 {
            for group in 0..40 {
                waiting.put(&format!("group {group}"), answer);
            }
        }
        assert_eq!(waiting.count, WAITING_MAX);
        for person in 0..100 {
            assert_eq!(waiting.put(&format!("person {person}"), 1).0, Put::First);
            assert_eq!(waiting.put(&format!("person {person}"), 2).0, Put::Behind);
        }
        assert_eq!(waiting.count, WAITING_MAX);
        let kept: usize =
            (0..40).map(|group| all(&mut waiting, &format!("group {group}")).len()).sum();
        assert_eq!(kept, WAITING_MAX - 200);
        assert!((0..100).all(|person| all(&mut waiting, &format!("person {person}")) == [1, 2]));
    }

    #[test]
    fn when_everybody_has_as_much_the_newcomers_newest_is_left_out() {
        let mut waiting = Waiting::default();
        for chat in 0..WAITING_MAX {
            assert_eq!(waiting.put(&chat.to_string(), 0), (Put::First, None));
        }
        // Whoever has nothing yet gets a place; nobody gets a second one.
        assert_eq!(waiting.put("0", 1), (Put::LeftOut, Some(1)));
        assert_eq!(waiting.put("newcomer", 1).0, Put::First);
        assert_eq!(waiting.count, WAITING_MAX);
    }
}
