//! What is said on the gateway: texts in JSON, of which no more is read than concerns us.
//!
//! Source: <https://docs.discord.com/developers/events/gateway-events#payload-structure> (2026-11).

use std::borrow::Cow;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// What we want to be told beside interactions, which come to every bot: that a server, a channel or a thread is gone or back
/// (`GUILDS`). It needs nobody's consent.
/// Source: <https://docs.discord.com/developers/events/gateway#list-of-intents> (2026-11).
const INTENTS: u64 = 1;

/// An interval beyond these is none.
const INTERVAL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(600));

/// What Discord says.
pub(super) enum Frame<'a> {
    /// The first word: how often we have to show that we live.
    Hello(Duration),
    /// Something happened.
    Event { number: Option<u64>, name: Cow<'a, str>, data: &'a RawValue },
    /// We are to show that we live, at once.
    Beat,
    /// It was seen that we live.
    Acknowledged,
    /// We are to connect again.
    Reconnect,
    /// The session is no more, or can be gone on with.
    Invalid { can_resume: bool },
    /// What does not concern us.
    Other,
}

/// As it comes.
#[derive(Deserialize)]
struct Read<'a> {
    op: u64,
    #[serde(default)]
    s: Option<u64>,
    #[serde(borrow, default)]
    t: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
}

/// What a session begins with.
#[derive(Deserialize)]
pub(super) struct Ready {
    pub(super) session_id: String,
    pub(super) resume_gateway_url: String,
}

/// Reads what Discord says; `None`: it can't be understood. None of serde's own words leave here: they quote what was read.
pub(super) fn read(text: &str) -> Option<Frame<'_>> {
    #[derive(Deserialize)]
    struct Hello {
        heartbeat_interval: u64,
    }
    let Read { op, s: number, t: name, d: data } = serde_json::from_str(text).ok()?;
    Some(match op {
        0 => Frame::Event { number, name: name?, data: data.unwrap_or(RawValue::NULL) },
        1 => Frame::Beat,
        7 => Frame::Reconnect,
        9 => Frame::Invalid { can_resume: data.is_some_and(|data| data.get() == "true") },
        10 => {
            let hello: Hello = serde_json::from_str(data?.get()).ok()?;
            let interval = Duration::from_millis(hello.heartbeat_interval);
            Frame::Hello(interval.clamp(INTERVAL.0, INTERVAL.1))
        }
        11 => Frame::Acknowledged,
        _ => Frame::Other,
    })
}

/// Begins a session, for one shard of so many.
pub(super) fn identify(token: &SecretString, (shard, of): (u32, u32)) -> String {
    let properties =
        json!({"os": std::env::consts::OS, "browser": "tubebell", "device": "tubebell"});
    json!({"op": 2, "d": {
        "token": token.expose_secret(),
        "properties": properties,
        "intents": INTENTS,
        "shard": [shard, of],
    }})
    .to_string()
}

/// Goes on with a session, behind the event of this number.
pub(super) fn resume(token: &SecretString, session: &str, number: u64) -> String {
    let data = json!({"token": token.expose_secret(), "session_id": session, "seq": number});
    json!({"op": 6, "d": data}).to_string()
}

/// Shows that we live, and which event was the last.
pub(super) fn heartbeat(number: Option<u64>) -> String {
    json!({"op": 1, "d": number}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_data_is_one_and_counts() {
        let read = read(r#"{"op":0,"s":7,"t":"RESUMED","d":null}"#);
        let Some(Frame::Event { number, name, data }) = read else { panic!("no event") };
        assert_eq!((number, &*name, data.get()), (Some(7), "RESUMED", "null"));
    }

    #[test]
    fn no_more_is_read_of_an_event_than_whose_it_is() {
        let text = r#"{"t":"X","s":7,"op":0,"d":{"id": [1, {}, "\ud83d\ude00"]}}"#;
        let Some(Frame::Event { number, name, data }) = read(text) else { panic!() };
        assert_eq!((number, &*name), (Some(7), "X"));
        assert!(data.get().starts_with(r#"{"id""#));
    }

    #[test]
    fn what_is_no_frame_is_none_and_what_is_new_is_other() {
        for text in ["", "{}", "[]", r#"{"op":0}"#, r#"{"op":10,"d":{}}"#, r#"{"op":"0"}"#] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(matches!(read(r#"{"op":31,"d":null}"#), Some(Frame::Other)));
        for (text, expected) in [
            (r#"{"op":9,"d":true}"#, true),
            (r#"{"op":9,"d":false}"#, false),
            (r#"{"op":9}"#, false),
        ] {
            assert!(
                matches!(read(text), Some(Frame::Invalid { can_resume }) if can_resume == expected)
            );
        }
        let hello = r#"{"op":10,"d":{"heartbeat_interval":0}}"#;
        assert!(matches!(read(hello), Some(Frame::Hello(interval)) if !interval.is_zero()));
    }

    #[test]
    fn what_is_said_is_small_and_what_discord_takes() {
        let token = SecretString::from("t");
        let said: serde_json::Value = serde_json::from_str(&identify(&token, (1, 2))).unwrap();
        assert_eq!((&said["op"], &said["d"]["intents"]), (&json!(2), &json!(1)));
        assert_eq!(said["d"]["shard"], json!([1, 2]));
        assert_eq!(heartbeat(None), r#"{"d":null,"op":1}"#);
        assert_eq!(heartbeat(Some(9)), r#"{"d":9,"op":1}"#);
        let said: serde_json::Value = serde_json::from_str(&resume(&token, "abc", 9)).unwrap();
        assert_eq!(said["d"], json!({"token": "t", "session_id": "abc", "seq": 9}));
    }
}
