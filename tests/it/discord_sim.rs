//! The simulated Discord keeps the promises of the real one: exact errors, limits, permissions, interactions, sessions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod gateway;
mod interactions;
mod limits;
mod messages;
mod page;
mod rights;
mod schema;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tubebell_sim::Simulation;
use tubebell_sim::discord::{ChannelKind, DiscordSandbox, Options, serve};

use crate::wait::LIMIT;

const ANA: u64 = 101;
const BEN: u64 = 102;
const GUILD: u64 = 200;
const GENERAL: u64 = 301;
const FORUM: u64 = 302;
const THREAD: u64 = 303;
const CATEGORY: u64 = 304;
const HOOK: u64 = 401;
const AGENT: &str = "DiscordBot (https://example.org/, 0.1.0)";

/// A guild of Ana's, with Ben and the bot in it, a channel with a thread, a forum, and a webhook.
struct Sandbox {
    discord: DiscordSandbox,
    client: reqwest::Client,
    simulation: Simulation,
    clock: Arc<AtomicI64>,
    hook: String,
}

/// An answer as it came.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    /// Status and code of a refusal.
    fn refusal(&self) -> (u16, u64) {
        (self.status, self.body["code"].as_u64().unwrap_or(0))
    }

    fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// The code of the first thing that is wrong with a field.
    fn wrong(&self, place: &str) -> &str {
        assert_eq!(self.refusal(), (400, 50_035), "{}", self.body);
        let code = self.body["errors"].pointer(&format!("{place}/_errors/0/code"));
        code.and_then(Value::as_str).unwrap_or("none")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn sandbox() -> Sandbox {
    sandbox_with(|_| {}).await
}

async fn sandbox_with(change: impl FnOnce(&mut Options)) -> Sandbox {
    let clock = Arc::new(AtomicI64::new(1_795_000_000));
    let ticking = Arc::clone(&clock);
    let now = move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap();
    let nothing = tubebell_sim::world::World::new(1, now());
    let simulation = Simulation::new(nothing, Arc::new(now));
    let mut options = Options::default();
    change(&mut options);
    let discord = serve(&simulation, options).await.unwrap();
    discord.user(ANA, "Ana");
    discord.user(BEN, "Ben");
    discord.guild(GUILD, "Harbour", ANA);
    discord.join(BEN, GUILD, &[]).unwrap();
    discord.channel(GUILD, GENERAL, "general").unwrap();
    discord.channel_of(GUILD, FORUM, ChannelKind::Forum, "posts").unwrap();
    discord.channel_of(GUILD, CATEGORY, ChannelKind::Category, "things").unwrap();
    discord.thread(GENERAL, THREAD, "alerts").unwrap();
    let hook = discord.webhook(GENERAL, HOOK, "bell").unwrap();
    let client = reqwest::Client::builder().timeout(LIMIT).user_agent(AGENT).build().unwrap();
    Sandbox { discord, client, simulation, clock, hook }
}

impl Sandbox {
    fn url(&self, path: &str) -> String {
        format!("{}/api/v10{path}", self.discord.base_url())
    }

    /// Sends a request with the bot's token, or without one.
    async fn send(&self, method: Method, url: &str, body: Option<Value>, is_bot: bool) -> Answer {
        let mut request = self.client.request(method, url);
        if is_bot {
            request = request.header("authorization", format!("Bot {}", self.discord.token()));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &self.url(path), None, true).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, &self.url(path), Some(body), true).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, &self.url(path), Some(body), true).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, &self.url(path), Some(body), true).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, &self.url(path), None, true).await
    }

    /// Writes a message of the bot.
    async fn write(&self, channel: u64, body: Value) -> Answer {
        self.post(&format!("/channels/{channel}/messages"), body).await
    }

    async fn say(&self, channel: u64, text: &str) -> Answer {
        self.write(channel, json!({"content": text})).await
    }

    /// Moves the world's clock.
    fn later(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Registers `/watch video:… every:…`, `/card add` and `Why` on messages.
    async fn register(&self) {
        let commands = json!([
            {"name": "watch", "description": "watch a video", "options": [
                {"type": 3, "name": "video", "description": "which", "required": true, "autocomplete": true},
                {"type": 4, "name": "every", "description": "how often", "min_value": 1}]},
            {"name": "card", "description": "cards", "options": [
                {"type": 1, "name": "add", "description": "makes one"}]},
            {"name": "admin", "description": "for those who manage", "default_member_permissions": "32"},
            {"name": "Why", "type": 3},
        ]);
        self.put(&format!("/applications/{}/commands", self.discord.bot()), commands).await.ok();
    }

    /// Answers an interaction.
    async fn respond(&self, interaction: u64, body: Value) -> Answer {
        let found = self.discord.interaction(interaction).unwrap();
        let path = format!("/interactions/{interaction}/{}/callback", found.token);
        self.send(Method::POST, &self.url(&path), Some(body), false).await
    }

    /// The address of what follows the first answer to an interaction.
    fn follow(&self, interaction: u64, rest: &str) -> String {
        let token = self.discord.interaction(interaction).unwrap().token;
        self.url(&format!("/webhooks/{}/{token}{rest}", self.discord.bot()))
    }
}
