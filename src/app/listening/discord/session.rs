//! A session at the gateway, which may outlive connections: what is known of it, and what each frame means. Pure.
//!
//! Source: <https://docs.discord.com/developers/events/gateway#connection-lifecycle> (2026-11).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::codes::{After, Over};
use super::frame::{self, Frame, Ready};

/// What one shard knows of its session.
pub(super) struct Session {
    shard: (u32, u32),
    ready: Option<Ready>,
    /// The number of the last event.
    last: Option<u64>,
}

/// What a frame asks of us.
pub(super) enum Step<'a> {
    /// Nothing.
    Nothing,
    /// To show that we live, at once.
    Beat,
    /// To note that it was seen.
    Acknowledged,
    /// To look at what happened. A session stands with some of these.
    Event { name: &'a str, data: &'a RawValue, stands: bool },
    /// To step over it: it can't be understood.
    Unreadable,
    /// To close the connection.
    Over(Over),
}

impl Session {
    /// None yet, for one shard of so many.
    pub(super) const fn new(shard: (u32, u32)) -> Session {
        Session { shard, ready: None, last: None }
    }

    /// Where to go on with it; `None`: there is none to go on with.
    pub(super) fn resume_url(&self) -> Option<&str> {
        let ready = self.ready.as_ref().filter(|_| self.last.is_some())?;
        Some(&ready.resume_gateway_url)
    }

    /// The first word on a connection: goes on with the session, or begins one.
    pub(super) fn opening(&mut self, token: &SecretString) -> String {
        if let (Some(ready), Some(last)) = (&self.ready, self.last) {
            return frame::resume(token, &ready.session_id, last);
        }
        self.forget();
        frame::identify(token, self.shard)
    }

    /// What shows that we live.
    pub(super) fn heartbeat(&self) -> String {
        frame::heartbeat(self.last)
    }

    /// It can't be gone on with.
    pub(super) fn forget(&mut self) {
        (self.ready, self.last) = (None, None);
    }

    /// Takes in what Discord says.
    pub(super) fn hear<'a>(&mut self, frame: &'a Option<Frame<'a>>) -> Step<'a> {
        let Some(frame) = frame else { return Step::Unreadable };
        match frame {
            Frame::Event { number, name, data } => {
                // Also of an event that can't be understood: it was told, and is not to be told again.
                self.last = number.or(self.last);
                if name == "READY" {
                    let Ok(ready) = serde_json::from_str(data.get()) else {
                        let why = "the beginning of a session at Discord can't be understood";
                        return Step::Over(Over::odd(After::Anew, why));
                    };
                    self.ready = Some(ready);
                }
                let stands = matches!(&**name, "READY" | "RESUMED");
                Step::Event { name, data, stands }
            }
            Frame::Beat => Step::Beat,
            Frame::Acknowledged => Step::Acknowledged,
            Frame::Reconnect => {
                let why = "Discord asks to connect again";
                Step::Over(Over::usual(After::Resume, why))
            }
            Frame::Invalid { can_resume } => {
                let after = if *can_resume { After::Resume } else { After::Anew };
                Step::Over(Over::usual(after, "Discord does not go on with the session"))
            }
            Frame::Hello(_) | Frame::Other => Step::Nothing,
        }
    }
}

/// When we show that we live, and whether it is seen.
pub(super) struct Pulse {
    every: Duration,
    next: Instant,
    is_seen: bool,
}

impl Pulse {
    /// From the first word of a connection on. `jitter`: the share of the interval after which the first beat comes.
    pub(super) fn new(every: Duration, jitter: f64, now: Instant) -> Pulse {
        Pulse { every, next: now + every.mul_f64(jitter.clamp(0.0, 1.0)), is_seen: true }
    }

    /// When the next beat is due.
    pub(super) const fn next(&self) -> Instant {
        self.next
    }

    /// A beat is due: whether the last one was seen. If not, the connection hangs.
    pub(super) fn beat(&mut self, now: Instant) -> bool {
        self.next = now + self.every;
        std::mem::replace(&mut self.is_seen, false)
    }

    /// It was seen.
    pub(super) const fn seen(&mut self) {
        self.is_seen = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn session() -> Session {
        Session::new((0, 1))
    }

    fn opening(session: &mut Session) -> Value {
        serde_json::from_str(&session.opening(&SecretString::from("t"))).unwrap()
    }

    /// What becomes of a frame, in a word.
    fn hears(session: &mut Session, said: &Value) -> String {
        let text = said.to_string();
        match session.hear(&frame::read(&text)) {
            Step::Nothing => "nothing".to_owned(),
            Step::Beat => "beat".to_owned(),
            Step::Acknowledged => "seen".to_owned(),
            Step::Event { name, stands, .. } => format!("{name} {stands}"),
            Step::Unreadable => "unreadable".to_owned(),
            Step::Over(over) => format!("{:?}", over.after),
        }
    }

    fn ready() -> Value {
        json!({"op": 0, "s": 1, "t": "READY",
            "d": {"session_id": "abc", "resume_gateway_url": "wss://r", "guilds": [{"id": 7}]}})
    }

    #[test]
    fn a_session_is_gone_on_with_behind_the_last_event() {
        let mut session = session();
        assert_eq!((opening(&mut session)["op"].clone(), session.resume_url()), (json!(2), None));
        assert_eq!(session.heartbeat(), r#"{"d":null,"op":1}"#);
        assert_eq!(hears(&mut session, &ready()), "READY true");
        assert_eq!(session.resume_url(), Some("wss://r"));
        let unknown = json!({"op": 0, "s": 2, "t": "NEW", "d": [1, "a"]});
        assert_eq!(hears(&mut session, &unknown), "NEW false");
        assert_eq!(hears(&mut session, &json!({"op": 7})), "Resume");
        let said = opening(&mut session);
        assert_eq!((&said["op"], &said["d"]["session_id"]), (&json!(6), &json!("abc")));
        assert_eq!(said["d"]["seq"], 2);
        assert_eq!(session.heartbeat(), r#"{"d":2,"op":1}"#);
        let resumed = json!({"op": 0, "s": 3, "t": "RESUMED", "d": {}});
        assert_eq!(hears(&mut session, &resumed), "RESUMED true");
    }

    #[test]
    fn a_session_that_is_no_more_begins_without_what_was() {
        let mut session = session();
        hears(&mut session, &ready());
        assert_eq!(hears(&mut session, &json!({"op": 9, "d": true})), "Resume");
        assert_eq!(hears(&mut session, &json!({"op": 9, "d": false})), "Anew");
        session.forget();
        assert_eq!((opening(&mut session)["op"].clone(), session.resume_url()), (json!(2), None));
        assert_eq!(session.heartbeat(), r#"{"d":null,"op":1}"#);
    }

    #[test]
    fn what_is_asked_is_answered_and_what_is_unknown_is_stepped_over() {
        let mut session = session();
        assert_eq!(hears(&mut session, &json!({"op": 1, "d": null})), "beat");
        assert_eq!(hears(&mut session, &json!({"op": 11})), "seen");
        assert_eq!(hears(&mut session, &json!({"op": 99, "d": {}})), "nothing");
        assert_eq!(hears(&mut session, &json!({"t": "X"})), "unreadable");
        let ready = json!({"op": 0, "s": 1, "t": "READY", "d": {}});
        assert_eq!(hears(&mut session, &ready), "Anew");
        assert_eq!(session.resume_url(), None);
    }

    #[test]
    fn a_beat_that_is_not_seen_until_the_next_is_due_ends_a_connection() {
        let (now, every) = (Instant::now(), Duration::from_secs(40));
        let mut pulse = Pulse::new(every, 0.25, now);
        assert_eq!(pulse.next(), now + every / 4);
        assert!(pulse.beat(now + every / 4), "none had to be seen before the first");
        assert_eq!(pulse.next(), now + every / 4 + every);
        pulse.seen();
        assert!(pulse.beat(now + every * 2));
        assert!(!pulse.beat(now + every * 3));
    }
}
