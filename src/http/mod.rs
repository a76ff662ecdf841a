//! Beside the stages: one way of calling others.
//!
//! In: a request of a [`Client`], which has time-outs, follows no redirect and, if it is [`guarded`], reaches no private
//! address. Out: an answer of which no more is read than the caller allows, or a [`Failure`] that says what can have become
//! of the request. Texts from outside become lines of ours by [`clean()`]; no error holds a URL or a secret.
//!
//! What a status or an answer means is no matter of this module: `source` knows YouTube, `notify` its channels.

mod body;
mod clean;
mod client;
mod failure;
mod guard;
mod resolver;
mod retry_after;
#[cfg(test)]
mod tests;

pub(crate) use clean::{Line, clean};
pub(crate) use client::{Client, USER_AGENT, is_this_machine};
pub(crate) use failure::{Failure, FailureKind};
pub(crate) use guard::check_url;
/// A request on its way to be sent, and the parts of one that carries a file.
pub(crate) use reqwest::RequestBuilder;
pub(crate) use reqwest::multipart::{Form, Part};
pub use resolver::HostLookup;
pub(crate) use resolver::{SystemLookup, guarded};
pub(crate) use retry_after::{retry_after, wish_to_wait};
