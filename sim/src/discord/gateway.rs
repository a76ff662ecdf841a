//! The gateway: a WebSocket by which a bot hears of what happens.
//!
//! Source: <https://discord.com/developers/docs/events/gateway> (read 2026-11). Text frames in JSON, uncompressed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State as Shares};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Shared;
use super::identify::{End, begin, check_token, ends_session};
use super::session::GatewayFault;

/// Largest frame of a client, in bytes.
const FRAME_MAX_BYTES: usize = 4_096;
/// Most frames of a client in a minute.
const FRAMES_PER_MIN_MAX: usize = 120;
const MINUTE: Duration = Duration::from_secs(60);
/// How long a client may take to see that it is closed.
const CLOSING: Duration = Duration::from_secs(1);

const fn reason(code: u16) -> &'static str {
    match code {
        4001 => "Unknown opcode.",
        4002 => "Error while decoding payload.",
        4003 => "Not authenticated.",
        4004 => "Authentication failed.",
        4005 => "Already authenticated.",
        4007 => "Invalid sequence.",
        4008 => "Rate limited.",
        4009 => "Session timed out.",
        4010 => "Invalid shard.",
        4011 => "Sharding required.",
        4012 => "Invalid API version.",
        4013 => "Invalid intent(s).",
        4014 => "Disallowed intent(s).",
        _ => "Unknown error.",
    }
}

/// `GET /?v=10&encoding=json` with an upgrade.
pub(super) async fn upgrade(
    Shares(shared): Shares<Arc<Shared>>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    let query = query.unwrap_or_default();
    let refused = refused_query(&query);
    upgrade.on_upgrade(move |socket| async move {
        let number = shared.change(|state, _| state.gateway.open());
        let mut connection = Connection {
            shared,
            number,
            session: None,
            told: 0,
            acked: Instant::now(),
            frames: VecDeque::new(),
        };
        Box::pin(connection.run(socket, refused)).await;
    })
}

/// The code with which a query is refused.
fn refused_query(query: &str) -> Option<u16> {
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    if parameter("v") != Some("10") {
        return Some(4012);
    }
    let is_plain = matches!(parameter("encoding"), None | Some("json"))
        && matches!(parameter("compress"), None | Some("" | "false"));
    (!is_plain).then_some(4002)
}

/// One connection.
struct Connection {
    shared: Arc<Shared>,
    number: u64,
    session: Option<String>,
    /// The number of the last event that went out.
    told: u64,
    /// When the client last showed that it lives.
    acked: Instant,
    /// When frames came, in the last minute.
    frames: VecDeque<Instant>,
}

impl Connection {
    async fn run(&mut self, mut socket: WebSocket, refused: Option<u16>) {
        let end = match refused {
            Some(code) => End::Close(code),
            None => match self.talk(&mut socket).await {
                Ok(never) => match never {},
                Err(end) => end,
            },
        };
        self.shared.change(|state, _| {
            state.gateway.close(self.number);
            let is_over = match end {
                End::Close(code) => ends_session(code),
                End::Drop => false,
                End::Gone { is_final } => is_final,
            };
            if let Some(session) = self.session.as_deref().filter(|_| is_over) {
                state.gateway.end(session);
            }
        });
        if let End::Close(code) = end {
            let frame = CloseFrame { code, reason: reason(code).into() };
            if socket.send(Message::Close(Some(frame))).await.is_ok() {
                // Without this the rest of what the client sends would reset the connection before it reads why.
                let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
                tokio::select! {
                    () = rest => {}
                    () = tokio::time::sleep(CLOSING) => {}
                }
            }
        }
    }

    /// How long a client may be silent.
    fn patience(&self) -> Duration {
        self.shared.look(|state, _| {
            let options = &state.options;
            options.heartbeat_every.saturating_add(options.heartbeat_patience)
        })
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> Result<std::convert::Infallible, End> {
        let mut changes = self.shared.changed.subscribe();
        let stop = self.shared.simulation.stopping().clone();
        let interval = self.shared.look(|state, _| state.options.heartbeat_every);
        let interval = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        let trace = json!(["[\"gateway-sandbox\",{\"micros\":0.0}]"]);
        let hello = json!({"op": 10, "d": {"heartbeat_interval": interval, "_trace": trace}});
        send(socket, &[hello.to_string()]).await?;
        loop {
            changes.mark_unchanged();
            let (frames, end) = self.waiting();
            send(socket, &frames).await?;
            if let Some(end) = end {
                return Err(end);
            }
            let deadline = self.acked + self.patience();
            tokio::select! {
                () = stop.cancelled() => return Err(End::Close(1001)),
                () = tokio::time::sleep_until(deadline) => return Err(End::Close(4009)),
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Err(End::Drop);
                    }
                }
                frame = socket.recv() => {
                    let answers = self.hear(frame)?;
                    send(socket, &answers).await?;
                }
            }
        }
    }

    /// What is ordered, and the events that were not told yet.
    fn waiting(&mut self) -> (Vec<String>, Option<End>) {
        let mut frames = Vec::new();
        let (number, told) = (self.number, self.told);
        let session = self.session.clone();
        let (orders, events) = self.shared.change_quietly(|state, _| {
            let orders: Vec<GatewayFault> =
                std::iter::from_fn(|| state.gateway.next_order(number)).collect();
            let session = session.as_deref().and_then(|id| state.gateway.session(id));
            let events = match session {
                // Somebody else goes on with the session.
                Some(session) if session.connection != number => return (orders, None),
                Some(session) => session.behind(told),
                None => Some(Vec::new()),
            };
            (orders, events)
        });
        let Some(events) = events else { return (frames, Some(End::Drop)) };
        for (event, frame) in events {
            self.told = event;
            frames.push(frame);
        }
        for order in orders {
            match order {
                GatewayFault::Close(code) => return (frames, Some(End::Close(code))),
                GatewayFault::Drop => return (frames, Some(End::Drop)),
                GatewayFault::Reconnect => frames.push(json!({"op": 7, "d": null}).to_string()),
                GatewayFault::AskHeartbeat => frames.push(json!({"op": 1, "d": null}).to_string()),
                GatewayFault::InvalidSession { resumable } => {
                    if let Some(session) = self.session.take().filter(|_| !resumable) {
                        self.shared.change_quietly(|state, _| state.gateway.end(&session));
                    }
                    frames.push(json!({"op": 9, "d": resumable}).to_string());
                }
            }
        }
        (frames, None)
    }

    /// Takes what came from the client; returns what it is answered at once.
    fn hear(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<Vec<String>, End> {
        let text = match frame {
            None | Some(Err(_)) => return Err(End::Gone { is_final: false }),
            Some(Ok(Message::Close(frame))) => {
                let is_final = frame.is_some_and(|frame| matches!(frame.code, 1000 | 1001));
                return Err(End::Gone { is_final });
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(Vec::new()),
            Some(Ok(Message::Binary(_))) => return Err(End::Close(4002)),
            Some(Ok(Message::Text(text))) => text,
        };
        let now = Instant::now();
        self.frames.push_back(now);
        while self.frames.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.frames.pop_front();
        }
        if self.frames.len() > FRAMES_PER_MIN_MAX {
            return Err(End::Close(4008));
        }
        if text.len() > FRAME_MAX_BYTES {
            return Err(End::Close(4002));
        }
        let Ok(frame) = serde_json::from_str::<Value>(&text) else {
            return Err(End::Close(4002));
        };
        let data = &frame["d"];
        match frame["op"].as_u64() {
            Some(1) => Ok(self.heartbeat(now)),
            Some(2) => self.identify(data),
            Some(6) => self.resume(data),
            // Presence, voice and members: taken, and nothing comes of them.
            Some(3 | 4 | 8 | 31) if self.session.is_some() => Ok(Vec::new()),
            Some(3 | 4 | 8 | 31) => Err(End::Close(4003)),
            Some(_) => Err(End::Close(4001)),
            None => Err(End::Close(4002)),
        }
    }

    fn heartbeat(&mut self, now: Instant) -> Vec<String> {
        self.acked = now;
        let acks = self.shared.change(|state, _| {
            state.counters.heartbeats += 1;
            state.gateway.acks
        });
        if acks { vec![json!({"op": 11}).to_string()] } else { Vec::new() }
    }

    fn identify(&mut self, data: &Value) -> Result<Vec<String>, End> {
        if self.session.is_some() {
            return Err(End::Close(4005));
        }
        let number = self.number;
        let session = self.shared.change(|state, world| begin(state, world, data, number))?;
        match session {
            Some(session) => {
                (self.session, self.told) = (Some(session), 0);
                Ok(Vec::new())
            }
            None => Ok(vec![json!({"op": 9, "d": false}).to_string()]),
        }
    }

    fn resume(&mut self, data: &Value) -> Result<Vec<String>, End> {
        if self.session.is_some() {
            return Err(End::Close(4005));
        }
        let (Some(id), Some(seq)) = (data["session_id"].as_str(), data["seq"].as_u64()) else {
            return Err(End::Close(4002));
        };
        let number = self.number;
        let is_resumed = self.shared.change(|state, _| {
            check_token(state, data)?;
            let Some(session) = state.gateway.session(id) else { return Ok(false) };
            if seq > session.last {
                return Err(End::Close(4007));
            }
            if session.behind(seq).is_none() {
                return Ok(false);
            }
            session.connection = number;
            // Comes behind all that was missed.
            session.push("RESUMED", &json!({"_trace": []}));
            state.counters.resumed += 1;
            Ok(true)
        })?;
        if is_resumed {
            (self.session, self.told) = (Some(id.to_owned()), seq);
            return Ok(Vec::new());
        }
        Ok(vec![json!({"op": 9, "d": false}).to_string()])
    }
}

async fn send(socket: &mut WebSocket, frames: &[String]) -> Result<(), End> {
    for frame in frames {
        let sent = socket.send(Message::Text(frame.as_str().into())).await;
        sent.map_err(|_| End::Gone { is_final: false })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tenth_version_in_plain_json_is_spoken() {
        for (query, expected) in [
            ("v=10&encoding=json", None),
            ("v=10", None),
            ("v=9&encoding=json", Some(4012)),
            ("", Some(4012)),
            ("v=10&encoding=etf", Some(4002)),
            ("v=10&encoding=json&compress=zlib-stream", Some(4002)),
        ] {
            assert_eq!(refused_query(query), expected, "{query}");
        }
    }
}
