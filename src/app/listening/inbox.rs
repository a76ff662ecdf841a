//! Updates in hand: those of one chat one after the other, side by side with those of other chats.
//!
//! Telegram tells everything from an offset on, again and again until the offset moves. The offset stands behind the
//! last update before which none is missing, so a kill loses none; what had its effect beyond it is known here, and to
//! the store after a start. At most one answer of `getUpdates` is in hand, which bounds the queues and the chats at
//! work.
//!
//! The ids of one sequence are close to each other ([`UpdateMark::is_near`]). Of an answer, only what goes on with the
//! sequence in hand is taken; what is far from it comes again. Where an answer holds nothing else, and nothing is in hand, its
//! lowest ids begin another sequence, be it below or above. So ids that start anew are heard, and an id that stands alone
//! far above all others is heard when its turn comes and keeps nobody away: those that go on below begin anew, too.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::control::{Incoming, IncomingKind};
use crate::store::UpdateMark;

/// Updates in hand at a time: as many as one answer of Telegram's holds.
pub(super) const IN_HAND_MAX: usize = 100;

/// An update, under the id by which Telegram tells and confirms it.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) id: i64,
    pub(super) incoming: Incoming,
}

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits in its chat's queue, or is at work.
    InHand,
    /// It has had its effect.
    Handled,
    /// It has had none: Telegram is to tell it again.
    Failed,
}

/// What an answer of Telegram's brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// Something new: the queues that began with it and wait for somebody to work them off.
    New(Vec<String>),
    /// Only what is in hand or was handled a moment ago.
    Known,
    /// Nothing.
    Nothing,
}

/// The updates in hand. Whoever works a queue off asks for its [`Inbox::next`] until there is none.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    known: BTreeMap<i64, State>,
    queues: HashMap<String, VecDeque<Heard>>,
    /// Chats with a new id, whose updates go behind those of the old id until these are worked off.
    moved: HashMap<String, String>,
    /// How often the ids have started anew.
    anew: u32,
}

impl Inbox {
    /// Puts what came, in the order of the ids, into the queues of its chats. What is not above `last`, the stored mark,
    /// was confirmed.
    pub(super) fn take(&mut self, mut updates: Vec<Heard>, last: Option<i64>) -> Came {
        updates.sort_by_key(|heard| heard.id);
        let ids: BTreeSet<i64> = updates.iter().map(|heard| heard.id).collect();
        let Some((from, to)) = self.sequence(&ids, last) else {
            return if ids.is_empty() { Came::Nothing } else { Came::Known };
        };
        // What is not told again, though what stands behind it is, will not come any more.
        self.known.retain(|id, state| *state != State::Failed || ids.contains(id) || *id > to);
        let (mut began, mut any_new, mut any_known) = (Vec::new(), false, false);
        for heard in updates {
            let id = heard.id;
            if id < from || id > to {
                continue;
            }
            if matches!(self.known.get(&id), Some(State::InHand | State::Handled)) {
                any_known = true;
                continue;
            }
            if self.is_full() && !self.known.contains_key(&id) {
                // This and what is behind it come again once there is room.
                any_known = true;
                break;
            }
            any_new = true;
            self.known.insert(id, State::InHand);
            let queue = self.queue_of(&heard.incoming.kind);
            if let Some(waiting) = self.queues.get_mut(&queue) {
                waiting.push_back(heard);
            } else {
                self.queues.insert(queue.clone(), VecDeque::from([heard]));
                began.push(queue);
            }
        }
        match (any_new, any_known) {
            (true, _) => Came::New(began),
            (false, true) => Came::Known,
            (false, false) => Came::Nothing,
        }
    }

    /// From which id of an answer to which it is taken; `None`: nothing of it, for now.
    fn sequence(&mut self, ids: &BTreeSet<i64>, last: Option<i64>) -> Option<(i64, i64)> {
        let lowest = *ids.first()?;
        let in_hand = self.known.keys().next().copied();
        // A sequence that has just begun is in hand before the mark knows of it.
        let last = last.filter(|last| in_hand.is_none_or(|id| UpdateMark::is_near(*last, id)));
        let goes_on = |anchor: i64| ids.iter().copied().find(|id| UpdateMark::is_near(*id, anchor));
        let first = match last.or(in_hand) {
            None => lowest,
            Some(anchor) => match goes_on(anchor) {
                Some(first) => first,
                None => {
                    // What failed is told no more, and what was handled is known to the store.
                    self.known.retain(|_, state| *state == State::InHand);
                    if !self.known.is_empty() {
                        return None;
                    }
                    tracing::info!(
                        update.last = anchor,
                        update.first = lowest,
                        "the ids of updates start anew"
                    );
                    self.anew = self.anew.wrapping_add(1);
                    return Some((lowest, run(ids, lowest)));
                }
            },
        };
        let to = run(ids, first);
        Some((last.map_or(first, |last| first.max(last.saturating_add(1))), to))
    }

    /// The chat without its topic, because that is what limits and answers go by.
    fn queue_of(&mut self, kind: &IncomingKind) -> String {
        let lane = match kind {
            IncomingKind::Message { destination, .. }
            | IncomingKind::Command { destination, .. }
            | IncomingKind::Button { destination, .. }
            | IncomingKind::Alive { destination }
            | IncomingKind::Server { server: destination, .. }
            | IncomingKind::Membership { chat: destination, .. } => destination.lane(),
            IncomingKind::Migrated { from, to } => {
                let (from, to) = (from.lane(), to.lane());
                if !self.queues.contains_key(&to) {
                    self.moved.insert(to, from.clone());
                }
                from
            }
            IncomingKind::Other => String::new(),
        };
        self.moved.get(&lane).cloned().unwrap_or(lane)
    }

    /// The update that is to be handled next in a queue; `None`: it is worked off, and another update begins it anew.
    pub(super) fn next(&mut self, queue: &str) -> Option<Heard> {
        let heard = self.queues.get_mut(queue).and_then(VecDeque::pop_front);
        if heard.is_none() {
            self.end(queue);
        }
        heard
    }

    /// An update has had its effect.
    pub(super) fn handled(&mut self, id: i64) {
        self.known.insert(id, State::Handled);
    }

    /// An update could not have its effect: Telegram is to tell it again, and what waits behind it in its queue.
    pub(super) fn failed(&mut self, queue: &str, id: i64) {
        self.known.insert(id, State::Failed);
        self.give_back(queue);
    }

    /// Telegram is to tell again what waits in a queue.
    pub(super) fn give_back(&mut self, queue: &str) {
        for heard in self.end(queue) {
            self.known.insert(heard.id, State::Failed);
        }
    }

    fn end(&mut self, queue: &str) -> VecDeque<Heard> {
        self.moved.retain(|_, from| from != queue);
        self.queues.remove(queue).unwrap_or_default()
    }

    /// How often the ids have started anew.
    pub(super) const fn anew(&self) -> u32 {
        self.anew
    }

    /// Whether anything is being handled.
    pub(super) fn is_busy(&self) -> bool {
        !self.queues.is_empty()
    }

    /// Whether nothing more is taken before the first in hand has had its effect.
    pub(super) fn is_full(&self) -> bool {
        self.known.len() >= IN_HAND_MAX
    }

    /// The update up to which all in hand have had their effect.
    pub(super) fn handled_to(&self) -> Option<i64> {
        let handled = self.known.iter().take_while(|(_, state)| **state == State::Handled);
        handled.last().map(|(id, _)| *id)
    }

    /// The store knows that all up to this one have had their effect.
    pub(super) fn forget_to(&mut self, id: i64) {
        self.known.retain(|known, _| *known > id);
    }
}

/// The last of the ids that follow `first` without a gap that is too wide for a sequence.
fn run(ids: &BTreeSet<i64>, first: i64) -> i64 {
    let next = |end: i64, id: &i64| UpdateMark::is_near(end, *id).then_some(*id);
    ids.range(first..).try_fold(first, |end, id| next(end, id).ok_or(end)).unwrap_or_else(|end| end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn heard(id: i64, kind: IncomingKind) -> Heard {
        Heard { id, incoming: Incoming::new(None, kind) }
    }

    fn chat(id: i64) -> Address {
        Address::Telegram { chat: id, thread: None }
    }

    fn from(chat_id: i64, update_id: i64) -> Heard {
        let kind = IncomingKind::Membership {
            chat: chat(chat_id),
            private: true,
            by: None,
            reachable: true,
            reason: String::new(),
        };
        heard(update_id, kind)
    }

    fn queue(id: i64) -> String {
        chat(id).lane()
    }

    fn next(inbox: &mut Inbox, id: i64) -> Option<i64> {
        inbox.next(&queue(id)).map(|heard| heard.id)
    }

    #[test]
    fn updates_of_one_chat_keep_their_order_and_those_of_others_do_not_wait() {
        let mut inbox = Inbox::default();
        let came = inbox.take(vec![from(1, 10), from(1, 11), from(2, 12)], Some(9));
        assert_eq!(came, Came::New(vec![queue(1), queue(2)]));
        assert_eq!((next(&mut inbox, 1), next(&mut inbox, 2)), (Some(10), Some(12)));
        inbox.handled(12);
        assert_eq!(next(&mut inbox, 2), None);
        // More of a chat at work waits behind it.
        assert_eq!(inbox.take(vec![from(1, 13)], Some(9)), Came::New(vec![]));
        inbox.handled(10);
        assert_eq!([next(&mut inbox, 1), next(&mut inbox, 1)], [Some(11), Some(13)]);
    }

    #[test]
    fn the_mark_is_the_last_update_before_which_none_is_missing() {
        let mut inbox = Inbox::default();
        inbox.take(vec![from(1, 10), from(2, 12), from(3, 15)], None);
        inbox.handled(15);
        inbox.handled(12);
        assert_eq!(inbox.handled_to(), None);
        inbox.handled(10);
        assert_eq!(inbox.handled_to(), Some(15));
        inbox.forget_to(15);
        assert_eq!(inbox.handled_to(), None);
    }

    #[test]
    fn what_is_told_again_is_taken_once() {
        let mut inbox = Inbox::default();
        inbox.take(vec![from(1, 10), from(2, 11)], None);
        inbox.handled(11);
        assert_eq!(inbox.take(vec![from(1, 10), from(2, 11)], None), Came::Known);
        assert_eq!(inbox.take(vec![from(1, 9)], Some(9)), Came::Nothing);
        assert_eq!(inbox.take(Vec::new(), Some(9)), Came::Nothing);
        assert_eq!((next(&mut inbox, 1), next(&mut inbox, 1)), (Some(10), None));
    }

    #[test]
    fn what_failed_comes_again_with_what_waited_behind_it_and_in_its_order() {
        let mut inbox = Inbox::default();
        let all = || vec![from(1, 10), from(1, 11), from(2, 12)];
        inbox.take(all(), None);
        next(&mut inbox, 2);
        inbox.handled(12);
        assert_eq!(next(&mut inbox, 1), Some(10));
        inbox.failed(&queue(1), 10);
        assert_eq!(inbox.handled_to(), None);
        assert_eq!(inbox.take(all(), None), Came::New(vec![queue(1)]));
        assert_eq!([next(&mut inbox, 1), next(&mut inbox, 1)], [Some(10), Some(11)]);
        // One that Telegram has forgotten does not hold the mark for ever.
        inbox.failed(&queue(1), 11);
        inbox.handled(10);
        assert_eq!(inbox.handled_to(), Some(10));
        inbox.take(vec![from(2, 12)], Some(10));
        assert_eq!(inbox.handled_to(), Some(12));
    }

    #[test]
    fn no_more_is_in_hand_than_one_answer_holds() {
        let mut inbox = Inbox::default();
        inbox.take((1..=100).map(|id| from(id, id)).collect(), None);
        assert_eq!(inbox.take((1..=150).map(|id| from(id, id)).collect(), None), Came::Known);
        assert_eq!(inbox.known.len(), IN_HAND_MAX);
    }

    #[test]
    fn ids_that_start_anew_are_taken_below_and_above_once_nothing_is_in_hand() {
        for anew in [1_001, 9_000_001] {
            let mut inbox = Inbox::default();
            inbox.take(vec![from(1, 5_000_002)], Some(5_000_001));
            // Their order among those in hand is not known.
            assert_eq!(inbox.take(vec![from(2, anew)], Some(5_000_001)), Came::Known);
            assert_eq!([next(&mut inbox, 1), next(&mut inbox, 1)], [Some(5_000_002), None]);
            inbox.handled(5_000_002);
            let told = || vec![from(2, anew), from(3, anew + 1)];
            let came = inbox.take(told(), Some(5_000_002));
            assert_eq!(came, Came::New(vec![queue(2), queue(3)]), "{anew}");
            // The mark does not know of them yet.
            assert_eq!(inbox.take(told(), Some(5_000_002)), Came::Known);
            assert_eq!((next(&mut inbox, 3), next(&mut inbox, 2)), (Some(anew + 1), Some(anew)));
            inbox.handled(anew + 1);
            assert_eq!(inbox.handled_to(), None);
            inbox.handled(anew);
            assert_eq!(inbox.handled_to(), Some(anew + 1));
            inbox.forget_to(anew + 1);
            assert_eq!(inbox.take(told(), Some(anew + 1)), Came::Nothing);
            assert_eq!(inbox.anew(), 1);
        }
    }

    #[test]
    fn what_failed_before_ids_started_anew_does_not_keep_them_away() {
        let mut inbox = Inbox::default();
        inbox.take(vec![from(1, 5_000_002), from(1, 5_000_003)], None);
        next(&mut inbox, 1);
        inbox.failed(&queue(1), 5_000_002);
        assert_eq!(inbox.take(vec![from(1, 7)], Some(5_000_001)), Came::New(vec![queue(1)]));
        inbox.handled(7);
        assert_eq!(inbox.handled_to(), Some(7));
    }

    #[test]
    fn an_id_far_above_all_others_waits_for_them_and_moves_the_mark_past_none() {
        let mut inbox = Inbox::default();
        let far = 1 << 40;
        let came = inbox.take(vec![from(1, 10), from(2, 11), from(9, far)], Some(9));
        assert_eq!(came, Came::New(vec![queue(1), queue(2)]));
        assert_eq!((next(&mut inbox, 1), next(&mut inbox, 2)), (Some(10), Some(11)));
        inbox.handled(10);
        inbox.handled(11);
        next(&mut inbox, 1);
        next(&mut inbox, 2);
        assert_eq!(inbox.handled_to(), Some(11));
        inbox.forget_to(11);
        // It is alone now; who is below it begins anew and is heard.
        assert_eq!(inbox.take(vec![from(9, far)], Some(11)), Came::New(vec![queue(9)]));
        assert_eq!([next(&mut inbox, 9), next(&mut inbox, 9)], [Some(far), None]);
        inbox.handled(far);
        assert_eq!(inbox.handled_to(), Some(far));
        inbox.forget_to(far);
        assert_eq!(inbox.take(vec![from(1, 12)], Some(far)), Came::New(vec![queue(1)]));
    }

    #[test]
    fn what_a_chat_says_under_its_new_id_waits_for_what_it_said_under_the_old_one() {
        let mut inbox = Inbox::default();
        let moves = IncomingKind::Migrated { from: chat(-1), to: chat(-100) };
        let came = inbox.take(vec![from(-1, 10), heard(11, moves), from(-100, 12)], None);
        assert_eq!(came, Came::New(vec![queue(-1)]));
        assert_eq!([10, 11, 12].map(|_| next(&mut inbox, -1)), [Some(10), Some(11), Some(12)]);
        assert_eq!(next(&mut inbox, -1), None);
        assert_eq!(inbox.take(vec![from(-100, 13)], None), Came::New(vec![queue(-100)]));
        assert!(inbox.is_busy() && inbox.moved.is_empty());
    }
}
