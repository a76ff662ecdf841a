//! A server on loopback that gives prepared answers in turn and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use futures_util::{StreamExt as _, stream};
use tubebell::source::{QuotaState, Timeouts, YouTube, YouTubeOptions};

use crate::wait::{Frozen, LIMIT, until};

/// The key that no text may hold.
pub(crate) const KEY: &str = "AIzaSyD-secret-secret-secret-secret-123";

/// One prepared answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status, headers and body.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Says 1,000 bytes, sends these and closes.
    CutOff(Vec<u8>),
    /// Never answers.
    Hang,
    /// 200 and so many spaces, without saying so in advance.
    Flood(usize),
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Reply {
        Reply::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Reply {
        Reply::Http(status, Vec::new(), body.into().into_bytes())
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
}

impl Asked {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
}

/// The server; it stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts with `replies`, given in turn; the last one is repeated.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Server {
        let shared = Arc::new(Shared::default());
        shared.replies.lock().expect("not poisoned").extend(replies);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        #[expect(clippy::disallowed_methods, reason = "no tracker in a test; aborted on drop")]
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("serves until aborted");
        });
        Server { url, shared, task }
    }

    /// A client of this server.
    pub(crate) fn client(&self) -> YouTube {
        client(&self.url)
    }

    /// What a client asks that gets no answer, and is as patient as a client is.
    pub(crate) async fn given_up<T>(&self, question: impl Future<Output = T>) -> T {
        let asked = self.asked().len();
        let (answer, ()) = tokio::join!(question, async {
            until("that it is asked", async || self.asked().len() > asked).await;
            let _frozen = Frozen::now();
            tokio::time::advance(LIMIT).await;
        });
        answer
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("not poisoned").clone()
    }
}

/// A client of the server at `url`.
pub(crate) fn client(url: &str) -> YouTube {
    let timeouts = Timeouts { connect: LIMIT, total: LIMIT, feed: LIMIT };
    YouTube::new(&options(url), timeouts, QuotaState::default()).expect("the options are right")
}

pub(crate) fn options(url: &str) -> YouTubeOptions {
    YouTubeOptions {
        api_key: KEY.into(),
        base_url: url.to_owned(),
        feed_url: format!("{url}/"),
        daily_units: 10_000,
        min_interval: Duration::from_secs(60),
        max_interval: Duration::from_secs(3600),
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    shared.asked.lock().expect("not poisoned").push(Asked {
        path: request.uri().path().to_owned(),
        query: pairs.expect("a well-formed query").0,
        raw_query,
        headers: request.headers().clone(),
    });
    let reply = {
        let mut replies = shared.replies.lock().expect("not poisoned");
        let next = replies.pop_front().expect("a reply was prepared");
        if replies.is_empty() {
            replies.push_back(next.clone());
        }
        next
    };
    let json = ("content-type", "application/json; charset=UTF-8".to_owned());
    let (status, headers, body) = match reply {
        Reply::Http(status, mut headers, body) => {
            headers.push(json);
            (status, headers, Body::from(body))
        }
        Reply::CutOff(bytes) => {
            // The pause lets the first part leave before the connection breaks.
            let dead = async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the line went dead"))
            };
            let parts = stream::iter([Ok(Bytes::from(bytes))]).chain(stream::once(dead));
            let length = ("content-length", "1000".to_owned());
            (200, vec![json, length], Body::from_stream(parts))
        }
        Reply::Hang => {
            let () = std::future::pending().await;
            (200, Vec::new(), Body::empty())
        }
        Reply::Flood(bytes) => {
            let piece = Bytes::from(vec![b' '; 64 * 1024]);
            let pieces =
                (0..bytes / piece.len()).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
            (200, vec![json], Body::from_stream(stream::iter(pieces)))
        }
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).expect("a well-formed answer")
}
