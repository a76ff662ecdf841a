//! How a request reaches the Bot API: one HTTP request per call, a time-out on each, answers of bounded size, and the
//! token in no error.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::{
    Client, Failure, FailureKind, Form, RequestBuilder, USER_AGENT, is_this_machine, wish_to_wait,
};
use crate::notify::SendError;
use crate::notify::attached::Attached;

use super::TelegramOptions;
use super::classify::{ApiError, classify};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Every request but the long poll and those that carry a file. Telegram answers within a second or two; when busy, in about ten.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// How long an unused connection is kept. Shorter than servers keep theirs (60 s and more): one that the other side is
/// just closing swallows the request, and nobody can say then whether the message was sent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest answer of every request but the long poll, in bytes: at most one message, with the one it replies to.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// The part of a request that is its picture or file, and how its parameters name that.
/// Source: <https://core.telegram.org/bots/api#sending-files> (read 2026-11).
const PART: &str = "file";
pub(super) const ATTACHED: &str = "attach://file";

/// Why the client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address of the Bot API is none.
    #[error(
        "telegram.api_url must be http(s)://host[:port][/path], without user, query and fragment"
    )]
    Url,
    /// The token holds what no token holds, and would change the path of every request.
    #[error(
        "telegram.token must be what @BotFather gave: digits, a colon, letters, digits, - and _"
    )]
    Token,
    /// The HTTP client.
    #[error("could not make the HTTP client")]
    Client(#[source] Failure),
}

/// A client of the Bot API. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Telegram {
    http: Client,
    api_url: String,
    token: SecretString,
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

impl Telegram {
    /// Makes a client; sends nothing.
    ///
    /// A proxy named by the environment (`HTTPS_PROXY`, `NO_PROXY`) is used, as Telegram is blocked in places, except
    /// for a server on this machine.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(options: &TelegramOptions) -> Result<Self, SetupError> {
        let token = options.token.expose_secret();
        // Anything else could end up as a path, a query or a second line of the request.
        let is_token_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        if token.is_empty() || !token.chars().all(is_token_char) {
            return Err(SetupError::Token);
        }
        let url = Url::parse(&options.api_url).map_err(|_| SetupError::Url)?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !is_plain {
            return Err(SetupError::Url);
        }
        let mut http = Client::builder(CONNECT_TIMEOUT, REQUEST_TIMEOUT)
            .user_agent(USER_AGENT)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if is_this_machine(&url) {
            http = http.no_proxy();
        }
        Ok(Telegram {
            http: Client::new(http, vec![options.token.clone()]).map_err(SetupError::Client)?,
            api_url: url.as_str().trim_end_matches('/').to_owned(),
            token: options.token.clone(),
        })
    }

    /// Makes one request of the ordinary size and time.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        payload: &(impl Serialize + Sync),
    ) -> Result<T, ApiError> {
        self.call_within(method, payload, REQUEST_TIMEOUT, ANSWER_MAX_BYTES).await
    }

    /// Makes one request that may take `limit` in all and be answered with `max_bytes`.
    pub(super) async fn call_within<T: DeserializeOwned>(
        &self,
        method: &str,
        payload: &(impl Serialize + Sync),
        limit: Duration,
        max_bytes: usize,
    ) -> Result<T, ApiError> {
        self.ask(method, limit, max_bytes, |request| request.json(payload)).await
    }

    /// Makes one request that carries a picture or a file, which `payload` names as [`ATTACHED`].
    pub(super) async fn call_with<T: DeserializeOwned>(
        &self,
        method: &str,
        payload: &(impl Serialize + Sync),
        attached: Attached<'_>,
    ) -> Result<T, ApiError> {
        // With a file's name: without one, the Bot API takes a part for a text.
        let filled = form(payload).zip(attached.part()).map(|(form, part)| form.part(PART, part));
        let form = filled.ok_or_else(|| {
            ApiError::Send(SendError::Rejected("the request can't be written".to_owned()))
        })?;
        let limit = attached.timeout(REQUEST_TIMEOUT);
        self.ask(method, limit, ANSWER_MAX_BYTES, |request| request.multipart(form)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        limit: Duration,
        max_bytes: usize,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, ApiError> {
        let url = format!("{}/bot{}/{method}", self.api_url, self.token.expose_secret());
        let sent = self.http.send(|http| fill(http.post(url).timeout(limit))).await;
        let response = sent.map_err(|failure| sort(&failure))?;
        let status = response.status();
        let retry_after = wish_to_wait(&response);
        let body = self.http.read(response, max_bytes).await;
        if status.is_success() {
            let body = body.as_ref().map_err(sort)?;
            if let Some(result) = result_of(body)? {
                return Ok(result);
            }
        }
        // A failure's status says enough when its text is lost.
        let body = self.http.without_secrets(&body.unwrap_or_default());
        Err(classify(status.as_u16(), retry_after.as_deref(), body.as_bytes()))
    }
}

/// The parameters of a method as the fields of a form: texts as they are, all else as JSON. `None`: they are no object.
/// Source: <https://core.telegram.org/bots/api#making-requests> (read 2026-11).
fn form(payload: &impl Serialize) -> Option<Form> {
    let serde_json::Value::Object(fields) = serde_json::to_value(payload).ok()? else {
        return None;
    };
    let form = fields.into_iter().fold(Form::new(), |form, (name, value)| match value {
        serde_json::Value::String(text) => form.text(name, text),
        other => form.text(name, other.to_string()),
    });
    Some(form)
}

/// The result of an answer with status 200; `None` when the answer says that it is a failure all the same.
fn result_of<T: DeserializeOwned>(body: &[u8]) -> Result<Option<T>, ApiError> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        ok: bool,
        #[serde(borrow)]
        result: Option<&'a RawValue>,
    }
    // None of serde's own words: they quote the answer.
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(body) else {
        return Err(ApiError::Send(if body.trim_ascii_start().starts_with(b"<") {
            // A page of a captive portal or of a proxy: Telegram has not seen the request.
            SendError::Unreachable("HTTP 200, but not from the Bot API".to_owned())
        } else {
            SendError::Ambiguous("the answer can't be understood".to_owned())
        }));
    };
    if !answer.ok {
        return Ok(None);
    }
    let result = answer.result.map_or("null", RawValue::get);
    serde_json::from_str(result).map(Some).map_err(|_| {
        ApiError::Send(SendError::Ambiguous("the answer can't be understood".to_owned()))
    })
}

/// Sorts a request without an answer, or a good answer without its end.
fn sort(failure: &Failure) -> ApiError {
    let words = failure.words().to_owned();
    match failure.kind {
        FailureKind::TooMuch => ApiError::TooLong,
        FailureKind::Denied | FailureKind::NotReached => {
            ApiError::Send(SendError::Unreachable(words))
        }
        FailureKind::TimedOut | FailureKind::BrokenOff => {
            ApiError::Send(SendError::Ambiguous(words))
        }
    }
}
