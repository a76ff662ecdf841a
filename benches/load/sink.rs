//! The other side of a bench: YouTube, Telegram, Discord and webhook endpoints in a process of its own, as lean as can be.
//!
//! It answers at once, counts what it gets, tells repeated messages by their id or text, and enforces Telegram's
//! limits where asked to. It ends when its standard input does, so that it never outlives the bench.

mod discord;
mod http;
mod limits;
mod youtube;

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use http::{Answer, Request};
use limits::Limits;
use youtube::YouTube;

/// The first argument of the process.
pub(crate) const ARGUMENT: &str = "sink";

/// What the sink has seen since it was last asked to forget.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Messages taken.
    pub(crate) taken: u64,
    /// Of those, different ones.
    pub(crate) distinct: u64,
    /// Messages refused.
    pub(crate) refused: u64,
    /// From the first message taken to the last, in seconds.
    pub(crate) seconds: f64,
    /// Time that messages came after the last answer of YouTube before them, in milliseconds.
    pub(crate) after_youtube_ms: Vec<f64>,
    /// Requests to YouTube, and the videos in them.
    pub(crate) youtube_requests: u64,
    pub(crate) youtube_videos: u64,
    /// When YouTube was first asked, in seconds since the sink began.
    pub(crate) youtube_first_s: Option<f64>,
    /// Seconds since the sink began.
    pub(crate) now_s: f64,
}

/// How the sink behaves.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Behaviour {
    /// Whether Telegram's limits are enforced.
    pub(crate) limited: bool,
    /// Whether the time since YouTube's last answer is kept of each message.
    pub(crate) timed: bool,
    /// Messages to chats up to this one are not timed.
    pub(crate) untimed_to: i64,
    /// Of so many videos, one moves at each look; 0: none.
    pub(crate) moving_one_in: u64,
    /// By how much it moves, in views.
    pub(crate) step: i64,
    /// How many videos each channel has.
    pub(crate) uploads: u64,
    /// Webhooks refuse one of so many messages, at each of its attempts; 0: none.
    pub(crate) refusing_one_in: u64,
    /// Whether it is many hosts: it listens at each 127.x.y.z.
    pub(crate) many_hosts: bool,
}

/// A handle to the process.
pub(crate) struct Sink {
    child: Child,
    /// Where it listens: `http://127.0.0.1:port`.
    pub(crate) base: String,
}

impl Sink {
    pub(crate) fn start(behaviour: &Behaviour) -> anyhow::Result<Sink> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([ARGUMENT, &serde_json::to_string(behaviour)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("the sink has no output")?;
        BufReader::new(out).read_line(&mut line)?;
        Ok(Sink { child, base: line.trim().to_owned() })
    }

    /// What came so far.
    pub(crate) fn report(&self) -> anyhow::Result<Report> {
        let address = self.base.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(b"GET /report HTTP/1.1\r\nhost: sink\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split("\r\n\r\n").nth(1).context("no answer of the sink")?;
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // Fails when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The process itself.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let behaviour = arguments.first().and_then(|text| serde_json::from_str(text).ok());
    let run = || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime
            .block_on(tokio::task::LocalSet::new().run_until(serve(behaviour.unwrap_or_default())))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sink: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(behaviour: Behaviour) -> anyhow::Result<()> {
    let every = if behaviour.many_hosts { "0.0.0.0:0" } else { "127.0.0.1:0" };
    let listener = TcpListener::bind(every).await?;
    println!("http://127.0.0.1:{}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    std::thread::spawn(|| {
        // Its end is ours.
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(0);
    });
    let seen = Rc::new(RefCell::new(Seen::new(behaviour)));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let seen = Rc::clone(&seen);
        tokio::task::spawn_local(async move {
            // A connection that breaks off is the other side's affair.
            drop(http::serve(stream, |request| seen.borrow_mut().answer(request)).await);
        });
    }
}

/// What has come, and how to answer.
struct Seen {
    behaviour: Behaviour,
    begun: Instant,
    report: Report,
    ids: HashSet<u64>,
    first: Option<Instant>,
    last: Option<Instant>,
    limits: Limits,
    youtube: YouTube,
    youtube_answered: Option<Instant>,
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

impl Seen {
    fn new(behaviour: Behaviour) -> Seen {
        Seen {
            youtube: YouTube::new(behaviour.moving_one_in, behaviour.step, behaviour.uploads),
            behaviour,
            begun: Instant::now(),
            report: Report::default(),
            ids: HashSet::new(),
            first: None,
            last: None,
            limits: Limits::default(),
            youtube_answered: None,
        }
    }

    fn answer(&mut self, request: &Request<'_>) -> Answer {
        let path = request.path;
        if path.starts_with("/hook/") {
            let id = hash(request.header("webhook-id").unwrap_or_default());
            let one_in = self.behaviour.refusing_one_in;
            if one_in > 0 && id.is_multiple_of(one_in) {
                self.report.refused += 1;
                return Answer::json(400, "{}");
            }
            self.take(id, true);
            return Answer::now(OK);
        }
        if path.starts_with("/hang/") {
            return Answer::now(OK).after(Duration::from_secs(3600));
        }
        if let Some(method) = path.strip_prefix("/bot1:bench/") {
            return self.telegram(method, request);
        }
        if let Some(call) = path.strip_prefix(discord::API) {
            return self.discord(call, request);
        }
        if let Some(call) = path.strip_prefix("/youtube/v3/") {
            let since_begin = self.begun.elapsed().as_secs_f64();
            self.report.youtube_first_s.get_or_insert(since_begin);
            let (body, videos) = self.youtube.answer(call);
            self.report.youtube_requests += 1;
            self.report.youtube_videos += videos;
            self.youtube_answered = Some(Instant::now());
            return Answer::json(200, &body);
        }
        if path == "/report" {
            let seconds = match (self.first, self.last) {
                (Some(first), Some(last)) => last.duration_since(first).as_secs_f64(),
                _ => 0.0,
            };
            self.report.seconds = seconds;
            self.report.distinct = self.ids.len() as u64;
            self.report.now_s = self.begun.elapsed().as_secs_f64();
            let text = serde_json::to_string(&self.report).unwrap_or_default();
            return Answer::json(200, &text).and_close();
        }
        Answer::json(404, "{}")
    }

    fn take(&mut self, id: u64, is_timed: bool) {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.report.taken += 1;
        self.ids.insert(id);
        if self.behaviour.timed
            && is_timed
            && let Some(answered) = self.youtube_answered
        {
            self.report.after_youtube_ms.push(now.duration_since(answered).as_secs_f64() * 1e3);
        }
    }

    fn telegram(&mut self, method: &str, request: &Request<'_>) -> Answer {
        match method {
            "sendMessage" | "sendPhoto" => {
                if self.behaviour.limited
                    && let Err(wait_s) = self.limits.ask(chat_of(request.body), Instant::now())
                {
                    self.report.refused += 1;
                    return Answer::json(
                        429,
                        &format!(
                            r#"{{"ok":false,"error_code":429,"description":"Too Many Requests: retry after {wait_s}","parameters":{{"retry_after":{wait_s}}}}}"#
                        ),
                    );
                }
                let untimed_to = self.behaviour.untimed_to;
                let is_timed = untimed_to == 0 || chat_of(request.body) > untimed_to;
                // The parts of a form lie between signs that are others each time.
                let text = field_of(request.body, "caption").unwrap_or(request.body);
                self.take(hash((chat_of(request.body), text)), is_timed);
                Answer::json(
                    200,
                    &format!(
                        r#"{{"ok":true,"result":{{"message_id":{},"date":1795000000,"chat":{{"id":1,"type":"private","first_name":"A"}},"text":"t"}}}}"#,
                        self.report.taken
                    ),
                )
            }
            "getMe" => Answer::json(
                200,
                r#"{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"b","username":"bench_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false}}"#,
            ),
            "getUpdates" => {
                Answer::json(200, r#"{"ok":true,"result":[]}"#).after(Duration::from_secs(30))
            }
            _ => Answer::json(200, r#"{"ok":true,"result":true}"#),
        }
    }

    fn discord(&mut self, call: &str, request: &Request<'_>) -> Answer {
        if let Some(channel) = discord::channel_of(call) {
            // A second copy has the nonce of the first, and so its body.
            self.take(hash((channel, request.body)), true);
            return Answer::json(200, &discord::message(channel, self.report.taken));
        }
        match call {
            "users/@me" => Answer::json(200, discord::BOT),
            // There is no gateway: whoever asks for it waits.
            _ => Answer::now(OK).after(Duration::from_secs(3600)),
        }
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn chat_of(body: &[u8]) -> i64 {
    #[derive(Deserialize)]
    struct Chat {
        chat_id: i64,
    }
    match field_of(body, "chat_id") {
        Some(id) => str::from_utf8(id).ok().and_then(|id| id.parse().ok()).unwrap_or(0),
        None => serde_json::from_slice::<Chat>(body).map_or(0, |chat| chat.chat_id),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A field of a form in parts.
fn field_of<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let body = body.starts_with(b"--").then_some(body)?;
    let found = &body[find(body, format!("name=\"{name}\"").as_bytes())?..];
    let value = &found[find(found, b"\r\n\r\n")? + 4..];
    value.get(..find(value, b"\r\n--")?)
}
