//! What the bot is told: the queue of updates, and who may fetch from it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::Refusal;
use super::params::Params;

/// Longest long poll that the server holds.
const POLL_MAX_S: i64 = 50;
/// Asking again for the same without waiting becomes a wait of so long; a repeated conflict is answered so late.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Most updates that wait; the oldest are lost beyond (Telegram: those older than a day).
const WAITING_MAX: usize = 10_000;
/// Kinds that come only on demand.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// An offset further ahead than this is none: the answer begins with the first update that waits.
/// Source: the official server, `TQueue.cpp` (`get`: "Specified `from_id` is in the future") and `Client.cpp`
/// (`do_get_updates`), read 2026-11.
const AHEAD_MAX: i64 = 10;
const FIRST_ID: i64 = 100_000_001;

/// The queue.
#[derive(Debug)]
pub(super) struct Updates {
    waiting: VecDeque<Value>,
    /// Updates that wait before those, made as they are fetched: very many would fill memory.
    backlog: Backlog,
    next_id: i64,
    /// Kinds that the bot asked for; `None` is all but those of [`NOT_BY_DEFAULT`].
    allowed: Option<BTreeSet<String>>,
    pub(super) webhook: Option<String>,
    /// Counts pollers: who is not the latest has been replaced.
    poller: u64,
    last_poll: Option<(i64, Instant)>,
    next_conflict: Option<Instant>,
    pub(super) confirmed: u64,
}

/// Many updates that differ only in their ids and in who wrote.
#[derive(Debug, Default)]
struct Backlog {
    ids: std::ops::Range<i64>,
    /// By turns.
    kinds: Vec<(String, Value)>,
}

impl Backlog {
    fn len(&self) -> usize {
        usize::try_from(self.ids.end - self.ids.start).unwrap_or(0)
    }

    fn first(&self, limit: usize) -> impl Iterator<Item = Value> {
        self.ids.clone().take(limit).zip(self.kinds.iter().cycle()).map(|(id, (kind, content))| {
            let mut content = content.clone();
            content["message_id"] = json!(id);
            json!({"update_id": id, kind: content})
        })
    }
}

/// One long poll.
#[derive(Debug, Clone, Copy)]
pub(super) struct Poll {
    number: u64,
    limit: usize,
    pub(super) until: Instant,
}

impl Default for Updates {
    fn default() -> Updates {
        Updates {
            waiting: VecDeque::new(),
            backlog: Backlog::default(),
            next_id: FIRST_ID,
            allowed: None,
            webhook: None,
            poller: 0,
            last_poll: None,
            next_conflict: None,
            confirmed: 0,
        }
    }
}

impl Updates {
    /// Queues an update of this kind, unless the bot does not want it.
    pub(super) fn push(&mut self, kind: &str, content: &Value) {
        let is_wanted = match &self.allowed {
            Some(allowed) => allowed.contains(kind),
            None => !NOT_BY_DEFAULT.contains(&kind),
        };
        if !is_wanted {
            return;
        }
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(json!({"update_id": self.next_id, kind: content}));
        self.next_id += 1;
    }

    /// Queues so many updates of these kinds by turns, before all that wait. Not twice.
    pub(super) fn pile_up(&mut self, count: i64, kinds: Vec<(String, Value)>) {
        let first = self.next_id;
        self.next_id += count;
        self.backlog = Backlog { ids: first..self.next_id, kinds };
        for update in &mut self.waiting {
            update["update_id"] = json!(self.next_id);
            self.next_id += 1;
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.backlog.len() + self.waiting.len()
    }

    pub(super) fn forget(&mut self) {
        self.backlog = Backlog::default();
        self.waiting.clear();
    }

    /// Forgets all, and counts from this id on: another server, or one that has lost its data.
    pub(super) fn begin_anew(&mut self, first: i64) {
        self.forget();
        self.next_id = first;
    }

    pub(super) fn allow(&mut self, params: &Params) -> Result<(), Refusal> {
        if let Some(kinds) = params.object::<Vec<String>>("allowed_updates")? {
            self.allowed = (!kinds.is_empty()).then(|| kinds.into_iter().collect());
        }
        Ok(())
    }

    /// Begins a long poll: confirms, replaces whoever polled before.
    pub(super) fn begin(&mut self, params: &Params, now: Instant) -> Result<Poll, Refusal> {
        if self.webhook.is_some() {
            return Err(Refusal::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        self.allow(params)?;
        let offset = params.integer("offset").unwrap_or(0);
        let limit = params.integer("limit").unwrap_or(100).clamp(1, 100);
        let mut timeout = params.integer("timeout").unwrap_or(0).clamp(0, POLL_MAX_S);
        let is_repeated = self
            .last_poll
            .is_some_and(|(last, at)| last == offset && now.duration_since(at) < TIMEOUT);
        if is_repeated && timeout < 3 {
            timeout = 3;
        }
        self.last_poll = Some((offset, now));
        let before = self.waiting();
        if offset > self.next_id + AHEAD_MAX {
            // Nothing is confirmed, and all that waits is told.
        } else if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            self.backlog = Backlog::default();
            self.waiting.drain(..self.waiting.len().saturating_sub(keep));
        } else {
            let ids = &mut self.backlog.ids;
            ids.start = ids.start.max(offset).min(ids.end);
            // They wait in the order of their ids.
            while self
                .waiting
                .front()
                .is_some_and(|update| update["update_id"].as_i64() < Some(offset))
            {
                self.waiting.pop_front();
            }
        }
        self.confirmed += (before - self.waiting()) as u64;
        self.poller += 1;
        Ok(Poll {
            number: self.poller,
            limit: usize::try_from(limit).unwrap_or(100),
            until: now + Duration::from_secs(timeout.unsigned_abs()),
        })
    }

    /// What a poll gets now; `None`: nothing yet.
    pub(super) fn fetch(&self, poll: Poll, now: Instant) -> Result<Option<Value>, Refusal> {
        if self.poller != poll.number {
            return Err(Refusal::conflict(if self.webhook.is_some() {
                "terminated by setWebhook request"
            } else {
                "terminated by other getUpdates request; make sure that only one bot instance is running"
            }));
        }
        if self.waiting() == 0 && now < poll.until {
            return Ok(None);
        }
        let all = self.backlog.first(poll.limit).chain(self.waiting.iter().cloned());
        Ok(Some(all.take(poll.limit).collect()))
    }

    /// Sets or, with an empty address, removes the webhook; ends a long poll in the first case.
    pub(super) fn set_webhook(&mut self, params: &Params) -> Result<(), Refusal> {
        let url = params.text("url");
        if url.is_empty() {
            self.webhook = None;
        } else {
            check_webhook(&url)?;
            self.allow(params)?;
            self.webhook = Some(url);
            self.poller += 1;
        }
        if params.flag("drop_pending_updates") {
            self.forget();
        }
        Ok(())
    }

    /// How late a conflict is answered, when one was answered just before.
    pub(super) fn conflict_delay(&mut self, now: Instant) -> Duration {
        let delay =
            self.next_conflict.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        self.next_conflict = Some(now + delay + TIMEOUT);
        delay
    }
}

fn check_webhook(url: &str) -> Result<(), Refusal> {
    let Some(rest) = url.strip_prefix("https://") else {
        return Err(Refusal::bad_request("bad webhook: An HTTPS URL must be provided for webhook"));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once(':').map_or("443", |(_, port)| port) {
        "80" | "88" | "443" | "8443" => Ok(()),
        _ => Err(Refusal::bad_request(
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        )),
    }
}
