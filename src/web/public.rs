//! What strangers are served: the pages behind the links in mails, and nothing else.
//!
//! Mail programs and scanners open links by themselves, so a page that is read changes nothing: it says what would happen, and
//! has a button. Whoever has no link that we made learns nothing, and costs the database nothing.

mod confirm;
mod crowd;
mod page;
mod rates;
#[cfg(test)]
mod tests;
mod unsubscribe;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::links::Links;
use crate::model::{Address, Clock};
use crate::store::{Registry, StoreError};
use page::Said;
use rates::Rates;

/// Questions to the store at a time. What is beyond waits within the time of its connection.
const ASKED_MAX: usize = 4;

/// How long a question to the store may take.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that the pages need.
pub struct Public {
    /// The store.
    pub store: Arc<dyn Registry>,
    /// Opens the links.
    pub links: Arc<Links>,
    /// Whom a reader can write to.
    pub contact: Option<String>,
    /// The clock.
    pub clock: Clock,
    /// Called after something was changed.
    pub changed: Box<dyn Fn() + Send + Sync>,
}

/// The pages, and who asks the store for them.
struct Counter {
    public: Public,
    rates: Rates,
    asked: Semaphore,
}

impl Public {
    /// Serves until `stop` is cancelled.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) {
        let rates = Rates::new(Instant::now());
        let asked = Semaphore::new(ASKED_MAX);
        let counter = Arc::new(Counter { public: self, rates, asked });
        let app = Router::new().fallback(answer).with_state(counter);
        crowd::serve(listener, app, stop).await;
    }
}

async fn answer(
    State(counter): State<Arc<Counter>>,
    Extension(peer): Extension<IpAddr>,
    method: Method,
    uri: Uri,
) -> Response {
    if let Err(wait) = counter.rates.of_peer(peer, Instant::now()) {
        return said(&Said::TooMany { wait });
    }
    let Some((page, token)) = counter.public.page(uri.path()) else {
        return said(&Said::NothingHere);
    };
    let does = match method {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => {
            let allow = [(header::ALLOW, "GET, HEAD, POST")];
            return (StatusCode::METHOD_NOT_ALLOWED, allow, said(&Said::NothingHere))
                .into_response();
        }
    };
    said(&match page {
        Page::Unsubscribe => unsubscribe::says(&counter, token, does).await,
        Page::Confirm => confirm::says(&counter, token, does).await,
    })
}

/// What a link leads to.
enum Page {
    Unsubscribe,
    Confirm,
}

impl Public {
    /// Which page a link leads to, and its token. A proxy may have taken the prefix away.
    fn page<'a>(&self, path: &'a str) -> Option<(Page, &'a str)> {
        let path = path.strip_prefix(self.links.prefix()).unwrap_or(path);
        let (page, token) = match path.strip_prefix('/')?.split_once('/')? {
            ("unsubscribe", token) => (Page::Unsubscribe, token),
            ("confirm", token) => (Page::Confirm, token),
            _ => return None,
        };
        (!token.is_empty() && !token.contains('/')).then_some((page, token))
    }
}

impl Counter {
    /// What the store says to a question of whoever has this token of ours, when its turn comes; else what they are told. What was
    /// to be changed may be changed all the same.
    async fn asked<T>(
        &self,
        token: &str,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Said> {
        self.rates.of_link(token, Instant::now()).map_err(|wait| Said::TooMany { wait })?;
        let turn = async {
            let _turn = self.asked.acquire().await.ok()?;
            let failed = |error| tracing::warn!(%error, "a reader of mails could not be answered");
            question.await.map_err(failed).ok()
        };
        tokio::time::timeout(STORE_TIMEOUT, turn).await.ok().flatten().ok_or(Said::Later)
    }
}

/// The address as its reader may see it: somebody who found the link learns no more.
fn shown(address: &Address) -> String {
    let masked = address.masked();
    masked.split_once(':').map(|(_, masked)| masked.to_owned()).unwrap_or(masked)
}

/// A page, which nobody keeps, indexes, frames or follows.
fn said(says: &Said) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let headers: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    let mut response = (page::status(says), Html(page::html(says))).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Said::TooMany { wait } = says {
        let seconds = wait.as_secs().saturating_add(1);
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
