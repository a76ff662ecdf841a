//! What the receiver's records say: nothing lost, and no second copy but of what was in flight when the process died.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Means {
    Telegram,
    Webhook,
    Mail,
}

/// One message: for whom, and of which fan-out. For mails it is one number for each video and round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Message {
    pub(super) means: Means,
    pub(super) to: u32,
    pub(super) round: u32,
}

/// One request as the receiver got it.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) message: Message,
    /// `webhook-id`, or the Message-ID; Telegram has none.
    pub(super) id: Option<String>,
    /// A hash of its body.
    pub(super) body: u64,
    /// Which process sent it, counted from 1.
    pub(super) life: u32,
    pub(super) came: Moment,
    /// `None`: the process died before.
    pub(super) answered: Option<Moment>,
}

/// A moment at the receiver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    /// The number of requests that had come by the same means.
    pub(super) order: usize,
    /// Since the receiver began.
    pub(super) at: Duration,
}

/// What came twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) messages: usize,
    /// Second copies, by means.
    pub(super) repeated: BTreeMap<Means, usize>,
    /// The most second copies that one kill has led to, of one means.
    pub(super) most_after_one_kill: usize,
    /// The same, but only those of which the first copy had no answer.
    pub(super) most_unanswered: usize,
    /// The most requests, and the longest time, between the answer to a first copy and the end of its process.
    pub(super) latest: (usize, Duration),
    /// Second copies that a receiver can't recognise by an id.
    pub(super) unrecognised: usize,
}

/// What each killed process had not recorded as sent, by its life.
pub(super) type Unrecorded = HashMap<u32, HashSet<Message>>;

/// Judges all that came; the first law that is broken is the error.
///
/// `in_flight_max` is how much a process has claimed and not recorded, at most, by one means.
pub(super) fn judge(
    copies: &[Copy],
    unrecorded: &Unrecorded,
    in_flight_max: usize,
) -> Result<Tally, String> {
    let mut by_message: HashMap<Message, Vec<&Copy>> = HashMap::new();
    let mut last_of_life: HashMap<(Means, u32), Moment> = HashMap::new();
    let mut ids: HashMap<&str, Message> = HashMap::new();
    for copy in copies {
        by_message.entry(copy.message).or_default().push(copy);
        let last = last_of_life.entry((copy.message.means, copy.life)).or_default();
        *last = copy.came.max(*last);
        if let Some(id) = &copy.id
            && *ids.entry(id).or_insert(copy.message) != copy.message
        {
            return Err(format!("{id} is the id of two messages"));
        }
    }
    let mut tally = Tally { messages: by_message.len(), ..Tally::default() };
    let mut after_kill: HashMap<(Means, u32), usize> = HashMap::new();
    let mut unanswered: HashMap<(Means, u32), usize> = HashMap::new();
    for (message, copies) in &by_message {
        for pair in copies.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            if first.life == second.life {
                return Err(format!("{message:?} came twice from one process"));
            }
            if first.body != second.body {
                return Err(format!("{message:?} came again with another body"));
            }
            let last = last_of_life[&(message.means, first.life)];
            let answered = first.answered.unwrap_or(last);
            let later = last.order.saturating_sub(answered.order);
            let after = last.at.saturating_sub(answered.at);
            tally.latest = (later.max(tally.latest.0), after.max(tally.latest.1));
            let in_flight = |life| unrecorded.get(&life).is_some_and(|at| at.contains(message));
            if !(first.life..second.life).all(in_flight) {
                return Err(format!("{message:?} came again, though its receipt was recorded"));
            }
            *after_kill.entry((message.means, first.life)).or_default() += 1;
            if first.answered.is_none() {
                *unanswered.entry((message.means, first.life)).or_default() += 1;
            }
            *tally.repeated.entry(message.means).or_default() += 1;
        }
        let recognised: HashSet<_> = copies.iter().map(|copy| &copy.id).collect();
        if message.means != Means::Telegram && (recognised.len() > 1 || recognised.contains(&None))
        {
            return Err(format!("{message:?} came again under another id"));
        }
        if copies[0].id.is_none() {
            tally.unrecognised += copies.len() - 1;
        }
    }
    tally.most_after_one_kill = after_kill.values().copied().max().unwrap_or(0);
    tally.most_unanswered = unanswered.values().copied().max().unwrap_or(0);
    if tally.most_after_one_kill > in_flight_max {
        return Err(format!("{} second copies after one kill", tally.most_after_one_kill));
    }
    Ok(tally)
}

fn copy(means: Means, to: u32, life: u32, order: usize, answered: Option<usize>) -> Copy {
    let id = (means == Means::Webhook).then(|| format!("id-{to}"));
    let message = Message { means, to, round: 1 };
    // One request a second.
    let moment = |order| Moment { order, at: Duration::from_secs(order as u64) };
    Copy { message, id, body: 7, life, came: moment(order), answered: answered.map(moment) }
}

/// What was in flight at the ends of these lives.
fn in_flight(lives: &[(u32, Means, u32)]) -> Unrecorded {
    let mut unrecorded = Unrecorded::new();
    for (life, means, to) in lives {
        let message = Message { means: *means, to: *to, round: 1 };
        unrecorded.entry(*life).or_default().insert(message);
    }
    unrecorded
}

#[test]
fn a_second_copy_of_what_was_in_flight_at_a_kill_is_allowed_and_counted() {
    let copies = [
        copy(Means::Webhook, 1, 1, 1, Some(2)),
        copy(Means::Webhook, 2, 1, 2, None),
        copy(Means::Webhook, 2, 2, 3, None),
        copy(Means::Webhook, 2, 4, 4, Some(4)),
        copy(Means::Telegram, 1, 1, 1, Some(1)),
        copy(Means::Telegram, 2, 1, 3, None),
        copy(Means::Telegram, 1, 2, 4, Some(4)),
    ];
    let unrecorded = in_flight(&[
        (1, Means::Webhook, 2),
        (2, Means::Webhook, 2),
        (3, Means::Webhook, 2),
        (1, Means::Telegram, 1),
    ]);
    let tally = Tally {
        messages: 4,
        repeated: BTreeMap::from([(Means::Webhook, 2), (Means::Telegram, 1)]),
        most_after_one_kill: 1,
        most_unanswered: 1,
        latest: (2, Duration::from_secs(2)),
        unrecognised: 1,
    };
    assert_eq!(judge(&copies, &unrecorded, 1), Ok(tally));
}

#[test]
fn what_must_not_happen_is_found() {
    let means = Means::Webhook;
    let twice = [copy(means, 1, 1, 1, Some(1)), copy(means, 1, 3, 2, Some(2))];
    let both = in_flight(&[(1, means, 1), (2, means, 1)]);
    assert!(judge(&twice, &both, 1).is_ok());
    let check = |copies: &[Copy], unrecorded: &Unrecorded, part: &str| {
        let wrong = judge(copies, unrecorded, 1).unwrap_err();
        assert!(wrong.contains(part), "{wrong}");
    };
    check(&twice, &in_flight(&[(1, means, 1), (2, means, 2)]), "its receipt was recorded");
    let change = |change: &dyn Fn(&mut Copy), part: &str| {
        let mut changed = twice.clone();
        change(&mut changed[1]);
        check(&changed, &both, part);
    };
    change(&|copy| copy.life = 1, "from one process");
    change(&|copy| copy.body = 8, "with another body");
    change(&|copy| copy.id = Some("other".into()), "under another id");
    change(&|copy| copy.message.to = 2, "the id of two messages");
    let many: Vec<Copy> = [1, 2]
        .into_iter()
        .flat_map(|life| [copy(means, 1, life, 1, None), copy(means, 2, life, 2, None)])
        .collect();
    let all = in_flight(&[(1, means, 1), (1, means, 2)]);
    check(&many, &all, "2 second copies after one kill");
}
