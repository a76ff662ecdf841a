//! What the server knows: what it is like, what it took, and what goes wrong.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::faults::{Fault, Scope, Stage};
use super::options::Options;
use super::record::{Command, Counters, Mail};
use super::reply::Reply;
use crate::plan::Plan;

/// The longest line of a command that is remembered, in characters.
const REMEMBERED_MAX_CHARS: usize = 600;

/// A recipient whose letters come in only when they come again.
#[derive(Debug)]
struct Grey {
    wait: Duration,
    /// When one came first.
    first: Option<Timestamp>,
}

/// The state.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: Options,
    pub(super) plan: Plan<Scope, Fault>,
    pub(super) counters: Counters,
    pub(super) mails: VecDeque<Mail>,
    pub(super) commands: VecDeque<Command>,
    grey: BTreeMap<String, Grey>,
    bytes: usize,
    /// Numbers of commands.
    noted: u64,
}

impl State {
    pub(super) fn new(options: Options) -> State {
        State {
            options,
            plan: Plan::default(),
            counters: Counters::default(),
            mails: VecDeque::new(),
            commands: VecDeque::new(),
            grey: BTreeMap::new(),
            bytes: 0,
            noted: 0,
        }
    }

    /// Counts a connection and returns its number; `None`: it is one too many.
    pub(super) fn connected(&mut self) -> Option<u64> {
        let counters = &mut self.counters;
        if counters.connections_now >= self.options.connections_max {
            counters.turned_away += 1;
            counters.refused += 1;
            return None;
        }
        counters.connections += 1;
        counters.connections_now += 1;
        counters.connections_at_most = counters.connections_at_most.max(counters.connections_now);
        Some(counters.connections)
    }

    /// The fault of what these recipients come to; counts it as met.
    pub(super) fn draw(&mut self, stage: Stage, recipients: &[String]) -> Option<Fault> {
        self.plan.draw(|scope| scope.meets(stage, recipients))
    }

    /// Remembers a command, which has no answer yet. Returns its number.
    pub(super) fn note(&mut self, connection: u64, at: Timestamp, line: &str) -> u64 {
        self.noted += 1;
        let number = self.noted;
        let line = line.chars().take(REMEMBERED_MAX_CHARS).collect();
        self.commands.push_back(Command { number, connection, at, line, reply: 0 });
        while self.commands.len() > self.options.kept_commands {
            self.commands.pop_front();
        }
        number
    }

    /// Remembers the answer to a command, or to none.
    pub(super) fn answered(&mut self, number: Option<u64>, reply: Reply) {
        self.counters.refused += u64::from(reply.is_refusal());
        let noted = self.commands.iter_mut().rev().find(|command| Some(command.number) == number);
        if let Some(command) = noted {
            command.reply = reply.code;
        }
    }

    /// Keeps a letter, which gets its number, and forgets the oldest where there are too many.
    pub(super) fn take(&mut self, mail: Mail) {
        self.counters.taken += 1;
        self.bytes += mail.raw.len();
        self.mails.push_back(Mail { number: self.counters.taken, ..mail });
        while self.mails.len() > self.options.kept_messages
            || (self.bytes > self.options.kept_bytes && self.mails.len() > 1)
        {
            let Some(forgotten) = self.mails.pop_front() else { return };
            self.bytes -= forgotten.raw.len();
        }
    }

    /// Differs whenever the list of letters does.
    pub(super) fn screen(&self) -> (u64, usize) {
        (self.counters.taken, self.mails.len())
    }

    /// Forgets the letters and commands.
    pub(super) fn forget(&mut self) {
        self.mails.clear();
        self.commands.clear();
        self.bytes = 0;
    }

    /// Lets a recipient's letters in only when they come again.
    pub(super) fn greylist(&mut self, recipient: &str, wait: Duration) {
        self.grey.insert(recipient.to_ascii_lowercase(), Grey { wait, first: None });
    }

    /// Whether a letter for this recipient comes too early.
    pub(super) fn is_early(&mut self, recipient: &str, now: Timestamp) -> bool {
        let Some(grey) = self.grey.get_mut(&recipient.to_ascii_lowercase()) else { return false };
        match grey.first {
            Some(first) => {
                Duration::try_from(now.duration_since(first)).unwrap_or_default() < grey.wait
            }
            None => {
                grey.first = Some(now);
                true
            }
        }
    }

    /// Drops faults and greylists.
    pub(super) fn heal(&mut self) {
        self.plan.clear();
        self.grey.clear();
    }
}
