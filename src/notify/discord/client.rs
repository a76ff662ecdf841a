//! How a request reaches Discord: one HTTP request per call, a time-out on each, answers of bounded size, the limits that
//! Discord announces obeyed, and no token in any error.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::http::{
    Client, Failure, FailureKind, Form, Part, RequestBuilder, is_this_machine, wish_to_wait,
};
use crate::notify::SendError;
use crate::notify::attached::Attached;

use super::DiscordOptions;
use super::bans::Refusals;
use super::buckets::{Buckets, Limits, Route};
use super::classify::{By, Holds, Meaning, Refusal, classify};

/// How we call ourselves. Discord's front blocks whoever does not use this form.
/// Source: <https://docs.discord.com/developers/reference#user-agent> (read 2026-11).
const USER_AGENT: &str =
    concat!("DiscordBot (https://tubebell.example, ", env!("CARGO_PKG_VERSION"), ")");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long is waited where a refusal for too many requests does not say so.
const UNSAID_WAIT: Duration = Duration::from_secs(60);

/// Every request but those that carry a file. Discord answers within a second; a picture takes as long as our line does.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// How long an unused connection is kept. One that the other side is just closing swallows the request, and nobody can say
/// then whether the message was sent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest answer, in bytes: a message with all its embeds stays far below.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// Why the client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address of Discord is none.
    #[error(
        "discord.api_url must be http(s)://host[:port][/path], without user, query and fragment"
    )]
    Url,
    /// There is no token, or it holds what no token holds.
    #[error(
        "discord.token must be what the Developer Portal gave: letters, digits, points, - and _"
    )]
    Token,
    /// The HTTP client.
    #[error("could not make the HTTP client")]
    Client(#[source] Failure),
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// One request: where to, and what its answer is judged by. No `Debug`: the address may hold a token.
pub(super) struct Call {
    pub(super) verb: Verb,
    pub(super) url: String,
    pub(super) by: By,
    /// Whose limits it counts against: those of a route, in one channel or webhook.
    pub(super) route: Route,
    pub(super) of: u64,
    /// What its address holds of secrets.
    pub(super) secrets: Vec<SecretString>,
}

/// What a request carries.
#[derive(Debug)]
pub(super) enum Content<'a, P> {
    Nothing,
    Json(&'a P),
    /// The same, with what it names as attached.
    With(&'a P, Attached<'a>),
}

impl<'a, P> Content<'a, P> {
    /// The payload, with what it names as attached, if it does.
    pub(super) fn with(payload: &'a P, attached: Option<Attached<'a>>) -> Content<'a, P> {
        match attached {
            Some(attached) => Content::With(payload, attached),
            None => Content::Json(payload),
        }
    }
}

/// A client of Discord's, as a bot or as nobody. Cheap to clone; clones share connections and limits.
#[derive(Clone)]
pub(super) struct Api {
    http: Client,
    /// Without `/` at its end, and without `/api`.
    pub(super) url: String,
    authorization: Option<HeaderValue>,
    buckets: Arc<Mutex<Buckets>>,
    refusals: Refusals,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Api {
    /// Makes a client that asks with `token`, or without any; sends nothing. `refusals` counts for all that share our address.
    ///
    /// A proxy named by the environment (`HTTPS_PROXY`, `NO_PROXY`) is used, except for a server on this machine.
    pub(super) fn new(
        options: &DiscordOptions,
        token: Option<&SecretString>,
        refusals: &Refusals,
    ) -> Result<Api, SetupError> {
        let url = Url::parse(&options.api_url).map_err(|_| SetupError::Url)?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
            return Err(SetupError::Url);
        }
        let mut http = Client::builder(CONNECT_TIMEOUT, REQUEST_TIMEOUT)
            .user_agent(USER_AGENT)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if is_this_machine(&url) {
            http = http.no_proxy();
        }
        let secrets = token.into_iter().cloned().collect();
        Ok(Api {
            http: Client::new(http, secrets).map_err(SetupError::Client)?,
            url: url.as_str().trim_end_matches('/').to_owned(),
            authorization: token.map(authorization).transpose()?,
            buckets: Arc::default(),
            refusals: refusals.clone(),
        })
    }

    /// Makes one request, if the limits allow it, and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        content: Content<'_, impl Serialize + Sync>,
    ) -> Result<T, SendError> {
        result_of(&self.answer(call, content).await??)
    }

    /// Makes one request, if the limits allow it. What its answer says beyond success is of no interest.
    pub(super) async fn tell(
        &self,
        call: &Call,
        content: Content<'_, impl Serialize + Sync>,
    ) -> Result<(), SendError> {
        self.answer(call, content).await.map(drop)
    }

    /// Makes one request, if the limits allow it; its good answer, if that came to its end.
    async fn answer(
        &self,
        call: &Call,
        content: Content<'_, impl Serialize + Sync>,
    ) -> Result<Result<Vec<u8>, SendError>, SendError> {
        let now = Instant::now();
        self.refusals.check(now)?;
        let taken = self.buckets().take(call.route, call.of, now);
        taken.map_err(|after| SendError::Held { after })?;
        let fill = filled(&content)?;
        let sent = self.http.send(|http| {
            let request = match call.verb {
                Verb::Get => http.get(&call.url),
                Verb::Post => http.post(&call.url),
                Verb::Patch => http.patch(&call.url),
                Verb::Put => http.put(&call.url),
                Verb::Delete => http.delete(&call.url),
            };
            fill(match (&self.authorization, call.by) {
                (Some(value), By::Bot) => request.header(AUTHORIZATION, value.clone()),
                (None, _) | (_, By::Address) => request,
            })
        });
        let response = sent.await.map_err(|failure| sort(&failure))?;
        let status = response.status();
        let limits = Limits::read(response.headers());
        let retry_after = wish_to_wait(&response);
        self.buckets().learn(call.route, call.of, &limits, Instant::now());
        let body = self.http.read(response, ANSWER_MAX_BYTES).await;
        if status.is_success() {
            return Ok(body.map_err(|failure| sort(&failure)));
        }
        // A failure's status says enough when its text is lost.
        let body = self.http.without_secrets(&body.unwrap_or_default());
        let refusal = Refusal {
            status: status.as_u16(),
            retry_after: retry_after.as_deref(),
            is_global: limits.is_global,
            is_shared: limits.is_shared,
            body: body.as_bytes(),
        };
        let is_edit = call.route == Route::Edit;
        Err(self.refused(call, classify(refusal, call.by, is_edit, &call.secrets)))
    }

    /// Takes in what a refusal means for requests to come.
    fn refused(&self, call: &Call, meaning: Meaning) -> SendError {
        let now = Instant::now();
        if meaning.is_counted {
            self.refusals.add(now);
        }
        if let SendError::Wait { after } = meaning.error {
            let wait = after.unwrap_or(UNSAID_WAIT);
            match meaning.holds {
                Holds::Nothing => {}
                Holds::Bucket => self.buckets().hold(call.route, call.of, wait, now),
                Holds::Everything => self.buckets().hold_all(wait, now),
            }
        }
        meaning.error
    }

    /// How long no message can be made in a channel or by a webhook, as far as Discord has said so.
    pub(super) fn rest(&self, of: u64) -> Duration {
        self.buckets().rest(Route::Send, of, Instant::now())
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        // What is known of limits is whole after every call.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header that says who we are. A token that holds anything else could end the header and begin another.
fn authorization(token: &SecretString) -> Result<HeaderValue, SetupError> {
    let token = token.expose_secret();
    let is_token_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if token.is_empty() || !token.chars().all(is_token_char) {
        return Err(SetupError::Token);
    }
    let mut value =
        HeaderValue::from_str(&format!("Bot {token}")).map_err(|_| SetupError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// How a request is filled with what it carries.
fn filled<P: Serialize>(
    content: &Content<'_, P>,
) -> Result<impl FnOnce(RequestBuilder) -> RequestBuilder + use<P>, SendError> {
    enum Filling {
        Nothing,
        Json(String),
        Form(Form, Duration),
    }
    let unwritable = || SendError::Rejected("the request can't be written".to_owned());
    let text = |payload: &P| serde_json::to_string(payload).map_err(|_| unwritable());
    let filling = match content {
        Content::Nothing => Filling::Nothing,
        Content::Json(payload) => Filling::Json(text(payload)?),
        Content::With(payload, attached) => {
            let json = Part::text(text(payload)?).mime_str("application/json");
            let json = json.map_err(|_| unwritable())?;
            let file = attached.part().ok_or_else(unwritable)?;
            let form = Form::new().part("payload_json", json).part("files[0]", file);
            Filling::Form(form, attached.timeout(REQUEST_TIMEOUT))
        }
    };
    Ok(move |request: RequestBuilder| match filling {
        Filling::Nothing => request,
        Filling::Json(json) => request.header("content-type", "application/json").body(json),
        Filling::Form(form, limit) => request.multipart(form).timeout(limit),
    })
}

/// What a good answer says.
fn result_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, SendError> {
    // None of serde's own words: they quote the answer.
    serde_json::from_slice(body).map_err(|_| {
        if body.trim_ascii_start().starts_with(b"<") {
            // A page of a captive portal or of a proxy: Discord has not seen the request.
            SendError::Unreachable("a page, but not from Discord".to_owned())
        } else {
            SendError::Ambiguous("the answer can't be understood".to_owned())
        }
    })
}

/// Sorts a request without an answer, or a good answer without its end.
fn sort(failure: &Failure) -> SendError {
    let words = failure.words().to_owned();
    match failure.kind {
        FailureKind::TooMuch => SendError::Ambiguous("the answer is too long".to_owned()),
        FailureKind::Denied | FailureKind::NotReached => SendError::Unreachable(words),
        FailureKind::TimedOut | FailureKind::BrokenOff => SendError::Ambiguous(words),
    }
}
