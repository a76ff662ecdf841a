//! Which channels our private conversations with people are: found once, and remembered.

use std::collections::{HashMap, VecDeque};

/// Conversations that are remembered; the oldest is forgotten when there are more, and asked for again.
const PEOPLE_MAX: usize = 4_096;

/// The channel of each person, by their id.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    channels: HashMap<u64, u64>,
    /// In the order in which they were found.
    order: VecDeque<u64>,
}

impl Conversations {
    /// The channel of the conversation with somebody, if it is known.
    pub(super) fn with(&self, person: u64) -> Option<u64> {
        self.channels.get(&person).copied()
    }

    /// Remembers one.
    pub(super) fn found(&mut self, person: u64, channel: u64) {
        if self.channels.insert(person, channel).is_none() {
            self.order.push_back(person);
        }
        while self.order.len() > PEOPLE_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.channels.remove(&oldest);
            }
        }
    }

    /// Forgets one, which is not there any more.
    pub(super) fn lost(&mut self, person: u64) {
        if self.channels.remove(&person).is_some() {
            self.order.retain(|known| *known != person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_conversation_is_forgotten_first_and_one_that_is_lost_at_once() {
        let mut conversations = Conversations::default();
        for person in 0..PEOPLE_MAX as u64 + 2 {
            conversations.found(person, person + 1);
            conversations.found(person, person + 2);
        }
        assert_eq!((conversations.with(1), conversations.with(2)), (None, Some(4)));
        assert_eq!((conversations.channels.len(), conversations.order.len()), (4_096, 4_096));
        conversations.lost(2);
        conversations.lost(2);
        assert_eq!(conversations.with(2), None);
        assert_eq!((conversations.channels.len(), conversations.order.len()), (4_095, 4_095));
    }
}
