//! What the gateway knows of its clients: sessions with the events that they were or will be told, and connections with
//! what tests order of them.
//!
//! Source: <https://discord.com/developers/docs/events/gateway> (read 2026-11).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

/// Sessions that can be gone on with.
const SESSIONS_MAX: usize = 16;
/// Events of a session that are kept: who missed more begins anew. A session of one shard begins with up to 2,500.
const EVENTS_MAX: usize = 4_000;

/// What a session has to ask for to be told of guilds, their channels, threads and roles.
pub(super) const GUILDS: u64 = 1;
/// All that there are, and those that a bot has to be given.
/// Source: <https://discord.com/developers/docs/events/gateway#gateway-intents> (read 2026-11).
const INTENTS: u64 = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);
const PRIVILEGED: u64 = (1 << 1) | (1 << 8) | (1 << 15);

/// Something that happens to the connections of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayFault {
    /// They are closed with this code.
    Close(u16),
    /// They break without a word.
    Drop,
    /// They are asked to come again (opcode 7).
    Reconnect,
    /// Their session is no more (opcode 9), or can be gone on with.
    InvalidSession {
        /// Whether it can be gone on with.
        resumable: bool,
    },
    /// They are asked for a heartbeat at once (opcode 1).
    AskHeartbeat,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    intents: u64,
    /// The number of the last event.
    pub(super) last: u64,
    events: VecDeque<(u64, String)>,
    /// Whose it is now.
    pub(super) connection: u64,
}

impl Session {
    /// Adds an event to those that it is told.
    pub(super) fn push(&mut self, kind: &str, data: &Value) {
        self.last += 1;
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
        }
        let frame = json!({"op": 0, "s": self.last, "t": kind, "d": data});
        self.events.push_back((self.last, frame.to_string()));
    }

    /// The events behind this number; `None`: some are forgotten, or there is no such number.
    pub(super) fn behind(&self, number: u64) -> Option<Vec<(u64, String)>> {
        let first = self.events.front().map_or(self.last + 1, |(first, _)| *first);
        if number + 1 < first || number > self.last {
            return None;
        }
        Some(self.events.iter().filter(|(event, _)| *event > number).cloned().collect())
    }
}

/// The gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    sessions: VecDeque<Session>,
    /// What is ordered of the connections that are open.
    connections: BTreeMap<u64, VecDeque<GatewayFault>>,
    next: u64,
    last_identify: Option<Instant>,
    /// Sessions that may still begin today.
    pub(super) identifies_left: u32,
    /// Whether heartbeats are answered.
    pub(super) acks: bool,
    /// Codes with which the next sessions are refused.
    pub(super) refusals: VecDeque<u16>,
}

impl Gateway {
    pub(super) fn new(identifies_left: u32) -> Gateway {
        Gateway {
            sessions: VecDeque::new(),
            connections: BTreeMap::new(),
            next: 0,
            last_identify: None,
            identifies_left,
            acks: true,
            refusals: VecDeque::new(),
        }
    }

    /// A connection opens; returns its number.
    pub(super) fn open(&mut self) -> u64 {
        self.next += 1;
        self.connections.insert(self.next, VecDeque::new());
        self.next
    }

    /// A connection ends; its session can be gone on with.
    pub(super) fn close(&mut self, connection: u64) {
        self.connections.remove(&connection);
    }

    /// Orders something of all connections that are open now.
    pub(super) fn order(&mut self, fault: GatewayFault) {
        for orders in self.connections.values_mut() {
            orders.push_back(fault);
        }
    }

    pub(super) fn next_order(&mut self, connection: u64) -> Option<GatewayFault> {
        self.connections.get_mut(&connection)?.pop_front()
    }

    /// Connections with a session.
    pub(super) fn connected(&self) -> usize {
        let is_open = |session: &&Session| self.connections.contains_key(&session.connection);
        self.sessions.iter().filter(is_open).count()
    }

    /// Whether these are intents, and such as this bot may have; otherwise the code to close with.
    pub(super) fn check_intents(intents: u64, may_privileged: bool) -> Result<(), u16> {
        if intents & !INTENTS != 0 {
            return Err(4013);
        }
        if intents & PRIVILEGED != 0 && !may_privileged {
            return Err(4014);
        }
        Ok(())
    }

    /// Whether a session may begin: one in so long.
    pub(super) fn may_identify(&mut self, every: Duration, now: Instant) -> bool {
        let is_early = self.last_identify.is_some_and(|at| now.duration_since(at) < every);
        if !is_early {
            self.last_identify = Some(now);
        }
        !is_early
    }

    /// Begins a session.
    pub(super) fn begin(&mut self, intents: u64, connection: u64) -> &mut Session {
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_front();
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let events = VecDeque::new();
        self.sessions.push_back(Session { id, intents, last: 0, events, connection });
        let index = self.sessions.len() - 1;
        &mut self.sessions[index]
    }

    pub(super) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    /// Ends a session: it can't be gone on with.
    pub(super) fn end(&mut self, id: &str) {
        self.sessions.retain(|session| session.id != id);
    }

    /// Tells all sessions that want to hear of such things; 0 is for all.
    pub(super) fn tell(&mut self, intent: u64, kind: &str, data: &Value) {
        for session in self.sessions.iter_mut().filter(|session| session.intents & intent == intent)
        {
            session.push(kind, data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_what_it_missed_as_long_as_that_is_kept() {
        let mut gateway = Gateway::new(1_000);
        let id = gateway.begin(GUILDS, 1).id.clone();
        for n in 0..4_500_u64 {
            gateway.tell(GUILDS, "A", &json!(n));
        }
        gateway.tell(1 << 9, "B", &json!(0));
        let session = gateway.session(&id).unwrap();
        assert_eq!(session.behind(4_498).unwrap().len(), 2);
        assert_eq!(session.behind(4_500).unwrap().len(), 0);
        assert_eq!(session.behind(500).unwrap().len(), 4_000);
        assert!(session.behind(499).is_none() && session.behind(4_501).is_none());
    }

    #[test]
    fn intents_are_known_and_those_of_privilege_are_given() {
        assert_eq!(Gateway::check_intents(GUILDS, false), Ok(()));
        assert_eq!(Gateway::check_intents(1 << 40, true), Err(4013));
        assert_eq!(Gateway::check_intents(1 << 15, false), Err(4014));
        assert_eq!(Gateway::check_intents(1 << 15, true), Ok(()));
    }

    #[test]
    fn sessions_begin_so_far_apart() {
        let (mut gateway, now) = (Gateway::new(1_000), Instant::now());
        let every = Duration::from_secs(5);
        assert!(gateway.may_identify(every, now));
        assert!(!gateway.may_identify(every, now + Duration::from_secs(4)));
        assert!(gateway.may_identify(every, now + every));
    }
}
