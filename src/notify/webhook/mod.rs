//! Signed webhooks after Standard Webhooks 1.0.0 (<https://www.standardwebhooks.com>).
//!
//! The receiver's address comes from a watch file or from a person in a chat, so every attempt passes the guard.
//! A receiver's failure is never the channel's: another endpoint may be well, so a refused connection is
//! [`SendError::NoConnection`], and nothing here is [`SendError::Unreachable`] or [`SendError::Unauthorized`].
//!
//! An address that may not be called is [`SendError::Rejected`] where the URL itself says so. What its name stands for is
//! DNS's word of this moment: behind a captive portal every name is a private address, so that is tried again.

mod answer;
mod secrets;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use crate::http::{
    Client, Failure, FailureKind, HostLookup, SystemLookup, USER_AGENT, check_url, guarded,
    wish_to_wait,
};
use crate::model::{Address, Body, Channel, Clock};

use super::{Notifier, Outgoing, Receipt, SendError};
use secrets::Secrets;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for one attempt. Source: Standard Webhooks 1.0.0, "15-30s".
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// How much of an answer is read, in bytes, only to be able to use the connection again: nothing of it is kept.
const ANSWER_MAX_BYTES: usize = 16 << 10;

/// How long an unused connection is kept: it stays with the address that was checked when it was made.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The section `[webhook]`.
#[derive(Clone)]
pub struct WebhookOptions {
    /// Signs what goes to every endpoint without a secret of its own: `whsec_` and base64.
    pub secret: SecretString,
    /// The secrets of single endpoints, by URL.
    pub secrets: BTreeMap<String, SecretString>,
    /// Whether endpoints may be plain http, on any port, and in private networks or on this machine.
    pub allow_private: bool,
}

impl fmt::Debug for WebhookOptions {
    /// Without the URLs: many hold a secret in their path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookOptions")
            .field("secrets", &self.secrets.len())
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

/// Why the client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The default secret is none.
    #[error(
        "webhook.secret must be whsec_ and 24 to 64 random bytes in base64, as made by: {MAKE}"
    )]
    Secret,
    /// The secret of one endpoint is none. It is named by its place, as its URL may hold a secret too.
    #[error(
        "entry {0} of webhook.secrets must be whsec_ and 24 to 64 random bytes in base64, as made by: {MAKE}"
    )]
    EndpointSecret(usize),
    /// The address of an endpoint is none.
    #[error("entry {0} of webhook.secrets is no address that can be sent to: {1}")]
    EndpointUrl(usize, String),
    /// The HTTP client.
    #[error("could not make the HTTP client")]
    Client(#[source] Failure),
}

const MAKE: &str = "echo whsec_$(openssl rand -base64 32)";

/// Sends webhooks.
pub struct Webhook {
    http: Client,
    secrets: Secrets,
    allow_private: bool,
    now: Clock,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// Makes a client that asks the system's resolver; sends nothing.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(options: &WebhookOptions, now: Clock) -> Result<Self, SetupError> {
        Webhook::with_lookup(options, now, Arc::new(SystemLookup))
    }

    /// Makes a client that asks `lookup` for the addresses of a name.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn with_lookup(
        options: &WebhookOptions,
        now: Clock,
        lookup: Arc<dyn HostLookup>,
    ) -> Result<Self, SetupError> {
        let http = Client::builder(CONNECT_TIMEOUT, REQUEST_TIMEOUT)
            .user_agent(USER_AGENT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // Nothing of an answer is read but its status, so nothing has to be unpacked.
            .gzip(false);
        let http = guarded(http, lookup, options.allow_private);
        Ok(Webhook {
            http: Client::new(http, Vec::new()).map_err(SetupError::Client)?,
            secrets: Secrets::read(options)?,
            allow_private: options.allow_private,
            now,
        })
    }

    /// The headers of one attempt; the timestamp is its own, the id that of all attempts.
    fn headers(&self, url: &Url, id: &str, body: &str) -> Result<HeaderMap, SendError> {
        let now_s = (self.now)().0.div_euclid(1000);
        let unsigned = || SendError::Rejected("the notification can't be signed".to_owned());
        let signature =
            self.secrets.of(url).sign(id, now_s, body.as_bytes()).map_err(|_| unsigned())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HEADER_WEBHOOK_TIMESTAMP, now_s.into());
        for (name, value) in [(HEADER_WEBHOOK_ID, id), (HEADER_WEBHOOK_SIGNATURE, &signature)] {
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| unsigned())?);
        }
        Ok(headers)
    }
}

/// The server behind a lane whose key is a channel's word and a URL: its host and port, the same however the URL is written.
#[must_use]
pub fn host_of(lane: &str) -> String {
    let url = lane.split_once(':').map_or(lane, |(_, url)| url);
    let parsed = Url::parse(url).ok();
    let host =
        parsed.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    // What is no URL is never called.
    host.map_or_else(
        || url.to_owned(),
        |(host, port)| format!("{}:{port}", host.trim_end_matches('.')),
    )
}

/// Sorts an attempt without an answer.
fn without_answer(failure: &Failure) -> SendError {
    let words = failure.words();
    match failure.kind {
        FailureKind::Denied => SendError::NoConnection(words.to_owned()),
        FailureKind::NotReached => SendError::NoConnection(format!("could not connect: {words}")),
        FailureKind::TimedOut | FailureKind::BrokenOff | FailureKind::TooMuch => {
            SendError::Ambiguous(words.to_owned())
        }
    }
}

#[async_trait]
impl Notifier for Webhook {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let Address::Webhook(url) = &outgoing.address else {
            return Err(SendError::Rejected("not a webhook address".to_owned()));
        };
        let Body::Json(body) = &outgoing.body else {
            return Err(outgoing.refused_by(self.channel()));
        };
        // Checked on every attempt: the rules may have become stricter since the watch was made.
        let url = check_url(url, self.allow_private).map_err(SendError::Rejected)?;
        let id = format!("msg_{}", outgoing.id);
        let headers = self.headers(&url, &id, body)?;
        let body = body.clone();
        let sent = self.http.send(|http| http.post(url).headers(headers).body(body)).await;
        let response = sent.map_err(|failure| without_answer(&failure))?;
        let status = response.status().as_u16();
        let retry_after = wish_to_wait(&response);
        // What it says, and whether it ends well, is of no interest: the status has been given.
        drop(self.http.read(response, ANSWER_MAX_BYTES).await);
        answer::judge(status, retry_after.as_deref(), (self.now)()).map(|()| Receipt(id))
    }
}
