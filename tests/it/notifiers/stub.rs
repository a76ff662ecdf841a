//! A server that gives scripted answers and keeps what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The texts of a form with files.
    pub(super) fn form(&self) -> BTreeMap<String, String> {
        let texts = self.body.split("form-data; name=\"").skip(1).filter_map(|part| {
            let (name, rest) = part.split_once('"')?;
            let (text, _) = rest.strip_prefix("\r\n\r\n")?.split_once("\r\n--")?;
            Some((name.to_owned(), text.to_owned()))
        });
        texts.collect()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// One scripted answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    is_held: bool,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<String>) -> Self {
        Answer { status, headers: Vec::new(), body: body.into(), is_held: false }
    }

    /// An answer of the Bot API that is a failure.
    pub(super) fn refusal(status: u16, description: &str) -> Self {
        let body =
            serde_json::json!({"ok": false, "error_code": status, "description": description});
        Answer::new(status, body.to_string())
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Waits for [`Stub::release`].
    pub(super) fn held(mut self) -> Self {
        self.is_held = true;
        self
    }
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Notify,
    released: Notify,
}

/// The server; ends when dropped.
pub(super) struct Stub {
    pub(super) port: u16,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

impl Stub {
    /// Starts a server that gives `answers` in turn. In their bodies `{path}` stands for the path that was asked for.
    pub(super) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let shared = Arc::new(Shared::default());
        shared.answers.lock().unwrap().extend(answers);
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Stub { port, shared, _server: server }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until one more request has been read.
    pub(super) async fn arrived(&self) {
        self.shared.arrived.notified().await;
    }

    /// Lets one held answer go.
    pub(super) fn release(&self) {
        self.shared.released.notify_one();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // What is no text is a file within a form, of which the texts are read.
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    let path = parts.uri.to_string();
    let (method, headers) = (parts.method.to_string(), parts.headers);
    shared.seen.lock().unwrap().push(Seen { method, path: path.clone(), headers, body });
    let next = shared.answers.lock().unwrap().pop_front();
    let answer = next.unwrap_or_else(|| Answer::new(418, "nothing more is scripted"));
    shared.arrived.notify_one();
    if answer.is_held {
        shared.released.notified().await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(answer.body.replace("{path}", &path))).unwrap()
}

/// A server that reads one request to the end of its headers and hangs up; returns its address.
pub(super) async fn hanging_up() -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.windows(4).any(|part| part == b"\r\n\r\n") {
            if stream.read_buf(&mut read).await.unwrap() == 0 {
                break;
            }
        }
    });
    (url, server)
}

/// An address on which nobody listens.
pub(super) async fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
