//! Why a request has no answer, or not all of it, sorted by what can have become of it.

use std::error::Error;

use secrecy::SecretString;

use super::clean::{Line, clean};
use super::resolver::{Refusal, chain};

/// A text from below HTTP: part of it (a certificate's names) is chosen by the other side.
const CAUSE: Line = Line { max_chars: 200, gap: Some(' '), rest: None };

/// What can have become of a request that was not answered, or not to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Its host's name stands for no address that we may call: it was certainly not delivered.
    Denied,
    /// There was no connection: it was certainly not delivered.
    NotReached,
    /// Time ran out: it may have been delivered.
    TimedOut,
    /// The connection broke: it may have been delivered.
    BrokenOff,
    /// The answer is longer than we are ready to keep: it was delivered.
    TooMuch,
}

/// A request that was not answered, or not to the end. As a text: all causes, the outermost first, each a bounded line
/// without our secrets, and none with the URL.
#[derive(Debug, thiserror::Error)]
#[error("{}", .causes.join(": "))]
pub struct Failure {
    /// What can have become of the request.
    pub kind: FailureKind,
    /// How much of the answer had been read; `None`: no answer had begun.
    pub after_bytes: Option<usize>,
    causes: Vec<String>,
}

impl Failure {
    /// Sorts a failure of the HTTP client.
    pub(super) fn of(
        error: reqwest::Error,
        after_bytes: Option<usize>,
        secrets: &[SecretString],
    ) -> Failure {
        let kind = if chain(&error).any(<dyn Error>::is::<Refusal>) {
            FailureKind::Denied
        } else if error.is_connect() || error.is_builder() {
            // Asked before time-outs: one while connecting is both, and nothing has been written then.
            FailureKind::NotReached
        } else if error.is_timeout() {
            FailureKind::TimedOut
        } else {
            FailureKind::BrokenOff
        };
        let error = error.without_url();
        let causes = chain(&error).map(|error| clean(&error.to_string(), CAUSE, secrets));
        Failure { kind, after_bytes, causes: causes.collect() }
    }

    /// An answer that is longer than `max_bytes`.
    pub(super) fn too_much(max_bytes: usize) -> Failure {
        let causes = vec![format!("more than {} KiB", max_bytes / 1024)];
        Failure { kind: FailureKind::TooMuch, after_bytes: Some(max_bytes), causes }
    }

    /// What was being done when it failed.
    #[must_use]
    pub fn outermost(&self) -> &str {
        self.causes.first().map_or("", String::as_str)
    }

    /// What happened, in a few words for people.
    #[must_use]
    pub fn words(&self) -> &str {
        match (self.kind, self.after_bytes) {
            (FailureKind::TimedOut | FailureKind::BrokenOff, Some(_)) => "the answer broke off",
            (FailureKind::TimedOut, None) => "timed out",
            _ => self.causes.last().map_or("", String::as_str),
        }
    }
}
