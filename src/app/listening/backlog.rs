//! What waits for its turn, answers for a slot of their chat and questions behind others of their server: bounded in all, by
//! chats and by owners, so that nobody's are kept out by those of others.

use std::collections::{HashMap, VecDeque};

use crate::model::Owner;

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
    /// There is no room for it: its owner has the most that wait, and of these its chat.
    LeftOut,
}

/// Answers that wait, by lane. A lane is there for as long as somebody works it off.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    lanes: HashMap<String, Lane<T>>,
    count: usize,
}

/// What waits for one chat.
#[derive(Debug)]
struct Lane<T> {
    /// Whose limits count there: a person's groups are theirs.
    owner: Owner,
    answers: VecDeque<T>,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Backlog { lanes: HashMap::new(), count: 0 }
    }
}

impl<T> Backlog<T> {
    /// Puts an answer behind those of its lane. When all places are taken, the owner with the most that wait loses the
    /// newest of their fullest chat; that one is handed back.
    pub(super) fn put(&mut self, lane: &str, owner: &Owner, answer: T) -> (Put, Option<T>) {
        let own = self.lanes.get(lane).map_or(0, |lane| lane.answers.len());
        if own >= PER_CHAT_MAX {
            return (Put::LeftOut, Some(answer));
        }
        let mut lost = None;
        if self.count >= WAITING_MAX {
            match self.fullest(owner, own) {
                Some(fullest) => lost = fullest.answers.pop_back(),
                None => return (Put::LeftOut, Some(answer)),
            }
        } else {
            self.count += 1;
        }
        if let Some(waiting) = self.lanes.get_mut(lane) {
            waiting.owner = owner.clone();
            waiting.answers.push_back(answer);
            return (Put::Behind, lost);
        }
        let waiting = Lane { owner: owner.clone(), answers: VecDeque::from([answer]) };
        self.lanes.insert(lane.to_owned(), waiting);
        (Put::First, lost)
    }

    /// The chat that makes room for one more answer of `owner`'s in a chat of which `own` wait; `None`: nobody has more.
    fn fullest(&mut self, owner: &Owner, own: usize) -> Option<&mut Lane<T>> {
        let mut of_owners: HashMap<&Owner, usize> = HashMap::new();
        for lane in self.lanes.values() {
            *of_owners.entry(&lane.owner).or_default() += lane.answers.len();
        }
        let owners = of_owners.get(owner).copied().unwrap_or_default();
        let (most, of_most) = of_owners.into_iter().max_by_key(|(_, waiting)| *waiting)?;
        let most = if of_most > owners { most.clone() } else { owner.clone() };
        let lanes = self.lanes.values_mut().filter(|lane| lane.owner == most);
        let fullest = lanes.max_by_key(|lane| lane.answers.len())?;
        (most != *owner || fullest.answers.len() > own).then_some(fullest)
    }

    /// The next answer of a lane; `None`: the lane is worked off.
    pub(super) fn next(&mut self, lane: &str) -> Option<T> {
        let answer = self.lanes.get_mut(lane)?.answers.pop_front();
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
    use crate::model::Address;

    fn all(backlog: &mut Backlog<u32>, lane: &str) -> Vec<u32> {
        std::iter::from_fn(|| backlog.next(lane)).collect()
    }

    fn owner(name: &str) -> Owner {
        Owner::Person(Address::Recorder(name.to_owned()))
    }

    /// In a chat that counts for itself.
    fn put(backlog: &mut Backlog<u32>, lane: &str, answer: u32) -> (Put, Option<u32>) {
        backlog.put(lane, &owner(lane), answer)
    }

    #[test]
    fn one_chat_takes_only_places_of_its_own_and_keeps_its_order() {
        let mut backlog = Backlog::default();
        assert_eq!(put(&mut backlog, "flood", 0), (Put::First, None));
        for answer in 1..32 {
            assert_eq!(put(&mut backlog, "flood", answer), (Put::Behind, None));
        }
        assert_eq!(put(&mut backlog, "flood", 32), (Put::LeftOut, Some(32)));
        assert_eq!(put(&mut backlog, "other", 7), (Put::First, None));
        assert_eq!(all(&mut backlog, "flood"), (0..32).collect::<Vec<_>>());
        assert_eq!(all(&mut backlog, "other"), [7]);
        assert_eq!((backlog.count, backlog.lanes.len()), (0, 0));
    }

    #[test]
    fn when_all_places_are_taken_those_with_the_most_make_room_for_the_others() {
        let mut backlog = Backlog::default();
        for answer in 0..32 {
            for group in 0..40 {
                put(&mut backlog, &format!("group {group}"), answer);
            }
        }
        assert_eq!(backlog.count, WAITING_MAX);
        for person in 0..100 {
            assert_eq!(put(&mut backlog, &format!("person {person}"), 1).0, Put::First);
            assert_eq!(put(&mut backlog, &format!("person {person}"), 2).0, Put::Behind);
        }
        assert_eq!(backlog.count, WAITING_MAX);
        let kept: usize =
            (0..40).map(|group| all(&mut backlog, &format!("group {group}")).len()).sum();
        assert_eq!(kept, WAITING_MAX - 200);
        assert!((0..100).all(|person| all(&mut backlog, &format!("person {person}")) == [1, 2]));
    }

    #[test]
    fn the_groups_of_one_person_make_room_together_also_where_none_of_them_has_the_most() {
        let mut backlog = Backlog::default();
        for answer in 0..32 {
            for group in 0..20 {
                backlog.put(&format!("group {group}"), &owner("ana"), answer);
            }
        }
        for person in 0..12 {
            for answer in 0..32 {
                put(&mut backlog, &format!("person {person}"), answer);
            }
        }
        assert_eq!(backlog.count, WAITING_MAX);
        for person in 12..112 {
            assert_eq!(put(&mut backlog, &format!("person {person}"), 1).0, Put::First);
        }
        assert!((0..12).all(|person| all(&mut backlog, &format!("person {person}")).len() == 32));
        let groups = (0..20).map(|group| all(&mut backlog, &format!("group {group}")).len());
        assert_eq!(groups.sum::<usize>(), 640 - 100);
    }

    #[test]
    fn a_quiet_chat_of_whoever_has_the_most_is_answered_too() {
        let mut backlog = Backlog::default();
        for answer in 0..32 {
            for group in 0..32 {
                backlog.put(&format!("group {group}"), &owner("ana"), answer);
            }
        }
        assert_eq!(backlog.put("ana", &owner("ana"), 1), (Put::First, Some(31)));
    }

    #[test]
    fn when_everybody_has_as_much_the_newcomers_newest_is_left_out() {
        let mut backlog = Backlog::default();
        for chat in 0..WAITING_MAX {
            assert_eq!(put(&mut backlog, &chat.to_string(), 0), (Put::First, None));
        }
        // Whoever has nothing yet gets a place; nobody gets a second one.
        assert_eq!(put(&mut backlog, "0", 1), (Put::LeftOut, Some(1)));
        assert_eq!(put(&mut backlog, "newcomer", 1).0, Put::First);
        assert_eq!(backlog.count, WAITING_MAX);
    }
}
