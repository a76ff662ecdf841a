//! The gateway: sessions begin, end and are gone on with, and what happens is told in its order.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use tubebell_sim::discord::{GatewayFault, Limits, Options};

use super::{BEN, GENERAL, GUILD, Sandbox, THREAD, sandbox, sandbox_with};
use crate::wait::{Frozen, within_limit};

/// A client of the gateway.
struct Client(WebSocketStream<TcpStream>);

/// What comes from the gateway.
#[derive(Debug, PartialEq)]
enum Told {
    Frame(Value),
    Closed(u16),
    /// Without a word.
    Gone,
}

impl Client {
    async fn open(s: &Sandbox, query: &str) -> Client {
        let url = s.get("/gateway").await.ok()["url"].as_str().unwrap().to_owned();
        let stream = TcpStream::connect(url.strip_prefix("ws://").unwrap()).await.unwrap();
        let (socket, _) = client_async(format!("{url}/{query}"), stream).await.unwrap();
        Client(socket)
    }

    async fn next(&mut self) -> Told {
        loop {
            let frame = within_limit(self.0.next()).await.expect("the gateway says something");
            return match frame {
                None | Some(Err(_)) => Told::Gone,
                Some(Ok(Message::Close(Some(frame)))) => Told::Closed(frame.code.into()),
                Some(Ok(Message::Text(text))) => Told::Frame(serde_json::from_str(&text).unwrap()),
                Some(Ok(_)) => continue,
            };
        }
    }

    async fn frame(&mut self) -> Value {
        match self.next().await {
            Told::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// The next event, which is of this kind.
    async fn event(&mut self, kind: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!((&frame["op"], &frame["t"]), (&json!(0), &json!(kind)), "{frame}");
        frame
    }

    async fn send(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string().into())).await.unwrap();
    }

    /// Opens a connection and begins a session; all that is told at once has been read.
    async fn begin(s: &Sandbox) -> (Client, Value) {
        let mut client = Client::open(s, "?v=10&encoding=json").await;
        assert_eq!(client.frame().await["op"], 10);
        client.send(identify(&s.discord.token(), 1)).await;
        let ready = client.event("READY").await;
        assert_eq!(ready["d"]["guilds"][0]["unavailable"], true);
        let guild = client.event("GUILD_CREATE").await;
        assert_eq!((&guild["d"]["name"], &guild["s"]), (&json!("Harbour"), &json!(2)));
        (client, ready["d"].clone())
    }

    /// Opens another connection and goes on with a session.
    async fn resume(s: &Sandbox, session: &Value, seq: u64) -> Client {
        let mut client = Client::open(s, "?v=10&encoding=json").await;
        client.frame().await;
        client.send(json!({"op": 6, "d": {"token": s.discord.token(), "session_id": session, "seq": seq}})).await;
        client
    }
}

fn identify(token: &str, intents: u64) -> Value {
    let properties = json!({"os": "linux", "browser": "tubebell", "device": "tubebell"});
    json!({"op": 2, "d": {"token": token, "intents": intents, "properties": properties}})
}

#[tokio::test]
async fn a_session_begins_with_its_guilds_and_hears_what_happens_there() {
    let s = sandbox().await;
    s.register().await;
    let (mut client, ready) = Client::begin(&s).await;
    assert_eq!(ready["user"]["username"], "tubebell");
    assert!(ready["resume_gateway_url"].as_str().unwrap().starts_with("ws://127.0.0.1"));
    s.discord.rename_channel(GENERAL, "main").unwrap();
    assert_eq!(client.event("CHANNEL_UPDATE").await["d"]["name"], "main");
    s.discord.archive_thread(THREAD, true).unwrap();
    assert_eq!(client.event("THREAD_UPDATE").await["d"]["thread_metadata"]["archived"], true);
    let id = s.discord.type_command(BEN, GENERAL, "/watch video:abc every:5").unwrap();
    let told = client.event("INTERACTION_CREATE").await;
    assert_eq!(told["d"]["id"], id.to_string());
    assert_eq!(told["d"]["data"]["options"][1], json!({"name": "every", "type": 4, "value": 5}));
    assert_eq!(
        (&told["d"]["member"]["user"]["username"], &told["d"]["context"]),
        (&json!("Ben"), &json!(0))
    );
    s.discord.deliver_again(id).unwrap();
    assert_eq!(client.event("INTERACTION_CREATE").await["d"], told["d"]);
    s.discord.delete_channel(THREAD).unwrap();
    client.event("THREAD_DELETE").await;
    s.discord.delete_channel(GENERAL).unwrap();
    client.event("CHANNEL_DELETE").await;
    s.discord.outage(GUILD, true).unwrap();
    assert_eq!(client.event("GUILD_DELETE").await["d"]["unavailable"], true);
    s.discord.outage(GUILD, false).unwrap();
    client.event("GUILD_CREATE").await;
    s.discord.remove_bot(GUILD).unwrap();
    assert_eq!(client.event("GUILD_DELETE").await["d"].get("unavailable"), None);
    s.simulation.stop().await;
    assert_eq!(client.next().await, Told::Closed(1001));
}

#[tokio::test]
async fn who_is_nobody_or_wants_too_much_is_closed_with_a_code() {
    let s = sandbox().await;
    let token = s.discord.token();
    let no_properties = json!({"op": 2, "d": {"token": token, "intents": 1}});
    for (query, frame, code) in [
        ("?v=9&encoding=json", None, 4012),
        ("?v=10&encoding=etf", None, 4002),
        ("?v=10", Some(identify("wrong", 1)), 4004),
        ("?v=10", Some(identify(&token, 1 << 40)), 4013),
        ("?v=10", Some(identify(&token, 1 << 15)), 4014),
        ("?v=10", Some(no_properties), 4002),
        ("?v=10", Some(json!({"op": 99})), 4001),
        ("?v=10", Some(json!({"op": 3, "d": {}})), 4003),
        ("?v=10", Some(json!({"op": 1, "d": "x".repeat(4_096)})), 4002),
    ] {
        let mut client = Client::open(&s, query).await;
        if let Some(frame) = frame {
            client.frame().await;
            client.send(frame).await;
        }
        assert_eq!(client.next().await, Told::Closed(code), "{query}");
    }
    s.discord.refuse_session(4011);
    let mut client = Client::open(&s, "?v=10").await;
    client.frame().await;
    client.send(identify(&token, 1)).await;
    assert_eq!(client.next().await, Told::Closed(4011));
    let (mut client, _) = Client::begin(&s).await;
    client.send(identify(&token, 1)).await;
    assert_eq!(client.next().await, Told::Closed(4005));
}

#[tokio::test]
async fn a_session_is_gone_on_with_and_told_what_it_missed() {
    let s = sandbox().await;
    let (mut client, ready) = Client::begin(&s).await;
    s.discord.gateway(GatewayFault::Drop);
    assert_eq!(client.next().await, Told::Gone);
    s.discord.wait_for(|discord| discord.connected() == 0).await;
    s.discord.rename_channel(GENERAL, "one").unwrap();
    s.discord.rename_channel(GENERAL, "two").unwrap();
    let mut client = Client::resume(&s, &ready["session_id"], 2).await;
    assert_eq!(client.event("CHANNEL_UPDATE").await["d"]["name"], "one");
    assert_eq!(client.event("CHANNEL_UPDATE").await["d"]["name"], "two");
    client.event("RESUMED").await;
    s.discord.rename_channel(GENERAL, "three").unwrap();
    assert_eq!(client.event("CHANNEL_UPDATE").await["s"], 6);
    assert_eq!((s.discord.counters().identified, s.discord.counters().resumed), (1, 1));
    s.discord.gateway(GatewayFault::Close(4000));
    assert_eq!(client.next().await, Told::Closed(4000));
    let mut client = Client::resume(&s, &ready["session_id"], 99).await;
    assert_eq!(client.next().await, Told::Closed(4007));
    let mut client = Client::resume(&s, &ready["session_id"], 6).await;
    client.event("RESUMED").await;
    s.discord.gateway(GatewayFault::Close(4009));
    assert_eq!(client.next().await, Told::Closed(4009));
    let mut client = Client::resume(&s, &ready["session_id"], 7).await;
    assert_eq!(client.frame().await, json!({"op": 9, "d": false}));
}

#[tokio::test]
async fn a_client_is_asked_to_come_again_or_to_begin_anew() {
    let s = sandbox().await;
    let (mut client, ready) = Client::begin(&s).await;
    s.discord.gateway(GatewayFault::Reconnect);
    assert_eq!(client.frame().await["op"], 7);
    s.discord.gateway(GatewayFault::AskHeartbeat);
    assert_eq!(client.frame().await["op"], 1);
    s.discord.gateway(GatewayFault::InvalidSession { resumable: true });
    assert_eq!(client.frame().await, json!({"op": 9, "d": true}));
    client.send(json!({"op": 6, "d": {"token": s.discord.token(), "session_id": ready["session_id"], "seq": 2}})).await;
    client.event("RESUMED").await;
    s.discord.gateway(GatewayFault::InvalidSession { resumable: false });
    assert_eq!(client.frame().await, json!({"op": 9, "d": false}));
    client.send(identify(&s.discord.token(), 1)).await;
    client.event("READY").await;
    assert_eq!(s.discord.counters().identified, 2);
}

#[tokio::test]
async fn heartbeats_are_answered_unless_the_connection_is_a_zombie() {
    let s = sandbox_with(|options: &mut Options| {
        options.heartbeat_every = Duration::from_secs(10);
        options.heartbeat_patience = Duration::from_secs(5);
    })
    .await;
    let (mut client, _) = Client::begin(&s).await;
    client.send(json!({"op": 1, "d": 2})).await;
    assert_eq!(client.frame().await["op"], 11);
    s.discord.answer_heartbeats(false);
    client.send(json!({"op": 1, "d": 2})).await;
    s.discord.wait_for(|discord| discord.counters().heartbeats == 2).await;
    s.discord.answer_heartbeats(true);
    client.send(json!({"op": 1, "d": 2})).await;
    assert_eq!(client.frame().await["op"], 11);
    let frozen = Frozen::now();
    let silent = async {
        tokio::time::advance(Duration::from_secs(16)).await;
        client.next().await
    };
    assert_eq!(frozen.run("a close", silent).await, Told::Closed(4009));
}

#[tokio::test]
async fn sessions_begin_apart_and_not_too_often_in_a_day() {
    let limits = Limits { identify_every: Duration::from_secs(5), ..Limits::default() };
    let s =
        sandbox_with(|options| (options.limits, options.identifies_per_day) = (limits, 1)).await;
    let (_first, _) = Client::begin(&s).await;
    assert_eq!(s.get("/gateway/bot").await.ok()["session_start_limit"]["remaining"], 0);
    let mut client = Client::open(&s, "?v=10").await;
    client.frame().await;
    client.send(identify(&s.discord.token(), 1)).await;
    assert_eq!(client.frame().await, json!({"op": 9, "d": false}));
    s.discord.limits(Limits::default());
    client.send(identify(&s.discord.token(), 1)).await;
    assert_eq!(client.next().await, Told::Closed(4004));
    assert_eq!(s.get("/users/@me").await.status, 401, "the token is no more");
}
