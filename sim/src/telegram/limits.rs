//! How fast the bot may send: windows per bot, chat and group, and waits that were announced.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Most messages in a window; 0 is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Messages of the bot in any second.
    pub bot_per_s: usize,
    /// Messages to one chat in any second.
    pub chat_per_s: usize,
    /// Messages to one group in any minute.
    pub group_per_min: usize,
}

impl Limits {
    /// What Telegram's FAQ names: 30 per second, 1 per second and chat, 20 per minute and group.
    pub const TELEGRAM: Limits = Limits { bot_per_s: 30, chat_per_s: 1, group_per_min: 20 };
}

#[derive(Debug, Default)]
struct Window(VecDeque<Instant>);

impl Window {
    /// How long until one more fits.
    fn wait(&mut self, limit: usize, width: Duration, now: Instant) -> Option<Duration> {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= width) {
            self.0.pop_front();
        }
        if limit == 0 || self.0.len() < limit {
            return None;
        }
        self.0.front().map(|at| width.saturating_sub(now.duration_since(*at)))
    }
}

/// What was sent lately, and who was told to wait.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bot: Window,
    chats: HashMap<i64, Window>,
    groups: HashMap<i64, Window>,
    floods: HashMap<i64, Instant>,
    told: HashMap<i64, Instant>,
}

impl Pace {
    /// Refuses everything for `chat` for so long.
    pub(super) fn flood(&mut self, chat: i64, until: Instant) {
        self.floods.insert(chat, until);
    }

    /// Takes one message, or says in how many seconds to come again.
    pub(super) fn take(&mut self, limits: Limits, chat: i64, now: Instant) -> Result<(), u64> {
        let is_group = chat < 0;
        let flood = self.floods.get(&chat).map(|until| until.saturating_duration_since(now));
        let waits = [
            flood.filter(|left| !left.is_zero()),
            self.bot.wait(limits.bot_per_s, SECOND, now),
            self.chats.entry(chat).or_default().wait(limits.chat_per_s, SECOND, now),
            self.groups.entry(chat).or_default().wait(
                if is_group { limits.group_per_min } else { 0 },
                MINUTE,
                now,
            ),
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            self.told.insert(chat, now + Duration::from_secs(seconds));
            return Err(seconds.max(1));
        }
        for (window, is_counted) in [
            (&mut self.bot, limits.bot_per_s > 0),
            (self.chats.entry(chat).or_default(), limits.chat_per_s > 0),
            (self.groups.entry(chat).or_default(), is_group && limits.group_per_min > 0),
        ] {
            if is_counted {
                window.0.push_back(now);
            }
        }
        Ok(())
    }

    /// Remembers that `chat` was told to wait until then.
    pub(super) fn tell(&mut self, chat: i64, until: Instant) {
        self.told.insert(chat, until);
    }

    /// Whether a request for this chat comes before the wait it was told is over.
    pub(super) fn is_impatient(&self, chat: i64, now: Instant) -> bool {
        self.told.get(&chat).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_twenty_in_a_minute_and_then_says_how_long() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let at = |s: u64| start + Duration::from_secs(s);
        for second in 0..20 {
            assert_eq!(pace.take(Limits::TELEGRAM, -1, at(second)), Ok(()));
        }
        assert_eq!(pace.take(Limits::TELEGRAM, -1, at(20)), Err(40));
        assert!(pace.is_impatient(-1, at(59)) && !pace.is_impatient(-1, at(60)));
        assert_eq!(pace.take(Limits::TELEGRAM, 5, at(20)), Ok(()));
        assert_eq!(pace.take(Limits::TELEGRAM, 5, at(20)), Err(1));
        assert_eq!(pace.take(Limits::TELEGRAM, -1, at(60)), Ok(()));
    }

    #[test]
    fn the_bot_as_a_whole_has_a_limit() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for chat in 1..=30 {
            assert_eq!(pace.take(Limits::TELEGRAM, chat, now), Ok(()));
        }
        assert_eq!(pace.take(Limits::TELEGRAM, 31, now), Err(1));
        assert_eq!(pace.take(Limits::default(), 1, now), Ok(()));
    }
}
