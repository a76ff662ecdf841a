//! Telegram's documented limits, enforced to the message: 30 in any second, 1 a second in one chat, 20 a minute in one
//! group. Source: <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Limits {
    all: VecDeque<Instant>,
    chats: HashMap<i64, VecDeque<Instant>>,
}

impl Limits {
    /// Takes a message, or says for how many seconds none is taken.
    pub(super) fn ask(&mut self, chat: i64, now: Instant) -> Result<(), u64> {
        let all = room(&mut self.all, 30, SECOND, now);
        let (count, span) = if chat < 0 { (20, MINUTE) } else { (1, SECOND) };
        let of_chat = self.chats.entry(chat).or_default();
        room(of_chat, count, span, now)?;
        all?;
        of_chat.push_back(now);
        self.all.push_back(now);
        Ok(())
    }
}

fn room(
    taken: &mut VecDeque<Instant>,
    count: usize,
    span: Duration,
    now: Instant,
) -> Result<(), u64> {
    while taken.front().is_some_and(|at| now.duration_since(*at) >= span) {
        taken.pop_front();
    }
    if taken.len() < count { Ok(()) } else { Err(span.as_secs()) }
}
