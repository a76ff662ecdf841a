//! A host of YouTube's: where it is, and what it means when a request to it is not answered.

use reqwest::Url;

use super::error::SourceError;
use crate::http::{Client, Failure, FailureKind};

/// A host, and the client with which it is asked.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) http: Client,
    /// Without `/` at its end.
    base_url: String,
}

impl Host {
    /// The host at the address that `key` of the configuration has.
    ///
    /// # Errors
    ///
    /// [`SourceError::Misconfigured`] for what is no such address.
    pub(super) fn new(http: Client, key: &str, address: &str) -> Result<Host, SourceError> {
        match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
                Ok(Host { http, base_url: address.trim_end_matches('/').to_owned() })
            }
            _ => Err(SourceError::Misconfigured(format!(
                "{key} is no http(s) address without query"
            ))),
        }
    }

    /// The URL of a path there, which begins with `/`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Sorts a request without an answer, or a good answer without its end.
    pub(super) fn sort(&self, failure: Failure) -> SourceError {
        match (failure.kind, failure.after_bytes) {
            (FailureKind::TooMuch, _) => SourceError::BadAnswer(failure.to_string()),
            (FailureKind::BrokenOff, Some(bytes)) => {
                SourceError::BadAnswer(format!("cut off after {bytes} bytes"))
            }
            (FailureKind::Denied | FailureKind::NotReached | FailureKind::TimedOut, _)
            | (FailureKind::BrokenOff, None) => {
                SourceError::Unreachable { host: self.name(), cause: failure }
            }
        }
    }

    /// Its name, with its port where that is not the usual one.
    fn name(&self) -> String {
        let url = Url::parse(&self.base_url).ok();
        let name = url.as_ref().and_then(Url::host_str).unwrap_or("YouTube");
        let port = url.as_ref().and_then(Url::port).map(|port| format!(":{port}"));
        format!("{name}{}", port.unwrap_or_default())
    }
}
