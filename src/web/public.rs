//! What strangers are served: the page on which the reader of a mail ends it, and nothing else.
//!
//! Mail programs and scanners open links by themselves, so a page that is read changes nothing: it says what would happen, and
//! has a button. Mail programs with a button of their own send what stands in RFC 8058, section 3.2: a POST to the same
//! address. Whoever has no link that we made learns nothing, and costs the database nothing.

mod crowd;
mod page;
mod rates;
#[cfg(test)]
mod tests;

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
use crate::store::{Edit, Edited, Registry};
use page::Said;
use rates::Rates;

/// Questions to the store at a time. What is beyond waits within the time of its connection.
const ASKED_MAX: usize = 4;

/// How long a question to the store may take.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that the page needs.
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

/// The page, and who asks the store for it.
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
        return too_many(wait);
    }
    let Some(token) = counter.public.token(uri.path()) else {
        return said(StatusCode::NOT_FOUND, &Said::NothingHere);
    };
    let does = match method {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => {
            let allow = [(header::ALLOW, "GET, HEAD, POST")];
            return (allow, said(StatusCode::METHOD_NOT_ALLOWED, &Said::NothingHere))
                .into_response();
        }
    };
    let Some(address) = counter.public.links.unsubscribed(token) else {
        return said(StatusCode::NOT_FOUND, &Said::NoLink);
    };
    if let Err(wait) = counter.rates.of_link(&address, Instant::now()) {
        return too_many(wait);
    }
    let asked = tokio::time::timeout(STORE_TIMEOUT, counter.asked(&address, does)).await;
    match asked {
        Ok(Ok(is_ended)) => {
            let (address, contact) = (shown(&address), counter.public.contact.clone());
            let says =
                if is_ended { Said::Ended { address, contact } } else { Said::Ask { address } };
            said(StatusCode::OK, &says)
        }
        Ok(Err(())) | Err(_) => said(StatusCode::SERVICE_UNAVAILABLE, &Said::Later),
    }
}

impl Public {
    /// The token in the path of a link. A proxy may have taken the prefix away.
    fn token<'a>(&self, path: &'a str) -> Option<&'a str> {
        let path = path.strip_prefix(self.links.prefix()).unwrap_or(path);
        path.strip_prefix("/unsubscribe/").filter(|token| !token.is_empty() && !token.contains('/'))
    }
}

impl Counter {
    /// Whether mails to an address are ended, and ends them where that `does` it, also those of a day to come: nothing may be sent
    /// there just now.
    async fn asked(&self, address: &Address, does: bool) -> Result<bool, ()> {
        let Public { store, clock, changed, .. } = &self.public;
        let _turn = self.asked.acquire().await.map_err(drop)?;
        let failed = |error: crate::store::StoreError| {
            tracing::warn!(%error, "a reader of mails could not be answered");
        };
        let row = store.destination(address).await.map_err(failed)?;
        if row.is_some_and(|row| row.is_refused) {
            return Ok(true);
        }
        if !does {
            return Ok(false);
        }
        let edit = Edit::Refuse { destination: address.clone() };
        let done = store.edit(None, vec![edit], clock()).await.map_err(failed)?;
        if matches!(done.as_deref(), Some([Edited::Done(_)])) {
            tracing::info!(to = %address.masked(), "the reader of an address has ended its mails");
            changed();
        }
        Ok(true)
    }
}

/// The address as its reader may see it: somebody who found the link learns no more.
fn shown(address: &Address) -> String {
    let masked = address.masked();
    masked.split_once(':').map(|(_, masked)| masked.to_owned()).unwrap_or(masked)
}

fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs().saturating_add(1);
    let after = [(header::RETRY_AFTER, seconds.to_string())];
    (after, said(StatusCode::TOO_MANY_REQUESTS, &Said::TooMany)).into_response()
}

/// A page, which nobody keeps, indexes, frames or follows.
fn said(status: StatusCode, says: &Said) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let headers: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    let mut response = (status, Html(page::html(says))).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
