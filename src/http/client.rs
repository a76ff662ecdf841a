//! The client that all requests of ours are made with: nobody else builds one.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, RequestBuilder, Response, Url};
use secrecy::SecretString;

use super::clean::without;
use super::failure::Failure;

/// How we call ourselves.
pub(crate) const USER_AGENT: &str = concat!("tubebell/", env!("CARGO_PKG_VERSION"));

/// Most unused connections to one host: no caller has more requests under way, so all that were needed can be used again.
const IDLE_MAX_PER_HOST: usize = 256;

/// Whether a server is on this machine: no proxy reaches it.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A client. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(super) secrets: Arc<[SecretString]>,
}

impl Client {
    /// Begins a client: `connect_timeout` is the time for a connection, `timeout` that for a whole answer with it.
    ///
    /// It follows no redirect: one would carry what a request holds (a key, a token in the path) to wherever it points.
    pub(crate) fn builder(connect_timeout: Duration, timeout: Duration) -> ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            .pool_max_idle_per_host(IDLE_MAX_PER_HOST)
            .redirect(Policy::none())
    }

    /// Makes a client; sends nothing. What its requests hold of `secrets` stands in no text of a [`Failure`].
    ///
    /// # Errors
    ///
    /// When the system lacks what a client needs, such as certificates.
    pub(crate) fn new(
        builder: ClientBuilder,
        secrets: Vec<SecretString>,
    ) -> Result<Client, Failure> {
        let secrets: Arc<[SecretString]> = secrets.into();
        let http = builder.build().map_err(|error| Failure::of(error, None, &secrets))?;
        Ok(Client { http, secrets })
    }

    /// Sends the request that `begin` makes; no retries. Whatever the status, it has been answered.
    ///
    /// # Errors
    ///
    /// When nothing was answered.
    pub(crate) async fn send(
        &self,
        begin: impl FnOnce(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        begin(&self.http).send().await.map_err(|error| Failure::of(error, None, &self.secrets))
    }

    /// The text of an answer with `…` in place of our secrets, should something on the way have written them into it.
    #[must_use]
    pub(crate) fn without_secrets(&self, body: &[u8]) -> String {
        without(&String::from_utf8_lossy(body), &self.secrets)
    }
}
