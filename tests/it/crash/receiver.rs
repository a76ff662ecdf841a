//! The other end of every message: a Bot API and webhook endpoints in one small server that notes what comes.
//!
//! Written by hand rather than with a framework, so that it knows when the last connection of a killed process has
//! been read to its end: only then is what came complete, and the next process may start.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::judge::{Copy, Means, Message, Moment};
use crate::wait::until;

/// The counts of the fan-outs: views are this and the number of the fan-out.
pub(super) const BASE_VIEWS: u32 = 1_000_000;

/// The longest that a message waits for its answer: so that many are in flight.
const SLOW: Duration = Duration::from_millis(40);

/// How long a question for updates is held.
const LONG_POLL: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Notes {
    copies: Vec<Copy>,
    told: HashMap<u32, HashSet<(Means, u32)>>,
    /// Requests so far, by means.
    orders: [usize; 2],
    life: u32,
    open: usize,
    /// Questions for updates: the process listens.
    listened: usize,
    odd: Option<String>,
    hasher: RandomState,
    began: OnceCell<Instant>,
}

impl Notes {
    fn moment(&self, means: Means) -> Moment {
        let at = self.began.get_or_init(Instant::now).elapsed();
        Moment { order: self.orders[means as usize], at }
    }
}

/// The server.
#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) port: u16,
    notes: Arc<Mutex<Notes>>,
}

impl Receiver {
    pub(super) async fn start(tasks: &TaskTracker, seed: u64) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Receiver { port, notes: Arc::default() };
        let (server, connections) = (receiver.clone(), tasks.clone());
        let mut rng = SmallRng::seed_from_u64(seed);
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (server, seed) = (server.clone(), rng.random());
                server.with(|notes| notes.open += 1);
                connections.spawn(async move {
                    // However a connection ends: what matters is what was read before.
                    drop(server.serve(stream, SmallRng::seed_from_u64(seed)).await);
                    server.with(|notes| notes.open -= 1);
                });
            }
        });
        receiver
    }

    fn with<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.notes.lock().unwrap())
    }

    /// A process starts: what comes from now on is its own.
    pub(super) fn begin_life(&self) {
        self.with(|notes| notes.life += 1);
    }

    /// How many processes there were.
    pub(super) fn life(&self) -> u32 {
        self.with(|notes| notes.life)
    }

    /// Waits until all that a process had sent before its end has been read.
    pub(super) async fn drained(&self) {
        until("the end of its connections", async || self.with(|notes| notes.open) == 0).await;
    }

    /// How many have been told of this fan-out.
    pub(super) fn told(&self, round: u32) -> usize {
        let odd = self.with(|notes| notes.odd.clone());
        assert_eq!(odd, None, "not understood");
        self.with(|notes| notes.told.get(&round).map_or(0, HashSet::len))
    }

    /// How many questions for updates have come.
    pub(super) fn listened(&self) -> usize {
        self.with(|notes| notes.listened)
    }

    pub(super) fn copies(&self) -> Vec<Copy> {
        self.with(|notes| notes.copies.clone())
    }

    async fn serve(&self, mut stream: TcpStream, mut rng: SmallRng) -> std::io::Result<()> {
        let mut read = Vec::new();
        loop {
            let Some(request) = request(&mut stream, &mut read).await? else { return Ok(()) };
            let method = request.path.rsplit('/').next().unwrap_or_default();
            let (held, result) = match (request.path.starts_with("/bot"), method) {
                (true, "getMe") => (
                    Duration::ZERO,
                    json!({"id": 1, "is_bot": true, "first_name": "b", "username": "b_bot"}),
                ),
                (true, "getUpdates") => {
                    self.with(|notes| notes.listened += 1);
                    (LONG_POLL, json!([]))
                }
                (true, "sendMessage") | (false, _) => {
                    let number = self.note(&request);
                    let slow = SLOW.mul_f64(rng.random());
                    answer_after(&mut stream, slow, &json!({"message_id": number + 1})).await?;
                    self.with(|notes| {
                        let means = notes.copies[number].message.means;
                        notes.copies[number].answered = Some(notes.moment(means));
                    });
                    continue;
                }
                (true, _) => (Duration::ZERO, json!(true)),
            };
            answer_after(&mut stream, held, &result).await?;
        }
    }

    /// Notes a message; returns its place.
    fn note(&self, request: &Request) -> usize {
        self.with(|notes| {
            let message = request.message().unwrap_or_else(|| {
                notes.odd = Some(format!("{} {}", request.path, request.body));
                Message { means: Means::Telegram, to: 0, round: 0 }
            });
            notes.orders[message.means as usize] += 1;
            let copy = Copy {
                message,
                id: request.id.clone(),
                body: notes.hasher.hash_one(&request.body),
                life: notes.life,
                came: notes.moment(message.means),
                answered: None,
            };
            notes.told.entry(message.round).or_default().insert((message.means, message.to));
            notes.copies.push(copy);
            notes.copies.len() - 1
        })
    }
}

struct Request {
    path: String,
    id: Option<String>,
    body: String,
}

impl Request {
    /// The message that it brings.
    fn message(&self) -> Option<Message> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        let (means, to, views) = match self.path.strip_prefix("/hook/") {
            Some(to) => {
                let views = body["data"]["alerts"][0]["current"].as_u64()?;
                (Means::Webhook, to.parse().ok()?, u32::try_from(views).ok()?)
            }
            None => {
                let to = body["chat_id"].as_i64()?;
                // "1,000,004 → <b>1,000,005</b>"
                let after = body["text"].as_str()?.split('→').nth(1)?;
                let number = after.trim_start_matches(|c: char| !c.is_ascii_digit());
                let number = number.chars().take_while(|c| c.is_ascii_digit() || *c == ',');
                let views = number.filter(char::is_ascii_digit).collect::<String>();
                (Means::Telegram, u32::try_from(to).ok()?, views.parse().ok()?)
            }
        };
        Some(Message { means, to, round: views.checked_sub(BASE_VIEWS)? })
    }
}

/// Reads one request; `None` at the end of the connection.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<Option<Request>> {
    let head = loop {
        if let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") {
            break read.drain(..end + 4).collect::<Vec<u8>>();
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&head);
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let length: usize = header("content-length").map_or(0, |value| value.parse().unwrap());
    while read.len() < length {
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Request {
        path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
        id: header("webhook-id").map(str::to_owned),
        body: String::from_utf8(read.drain(..length).collect()).unwrap(),
    }))
}

/// Answers as the Bot API does, unless the other side is gone by then.
async fn answer_after(
    stream: &mut TcpStream,
    held: Duration,
    result: &Value,
) -> std::io::Result<()> {
    let mut byte = [0];
    if let Ok(gone) = tokio::time::timeout(held, stream.peek(&mut byte)).await {
        return Err(gone.err().unwrap_or(std::io::ErrorKind::UnexpectedEof.into()));
    }
    let body = json!({"ok": true, "result": result}).to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await
}
