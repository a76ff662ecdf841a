//! The mailbox: the page at `/`, and the few requests it makes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State as Shares};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::html::document;
use super::record::Mail;
use super::state::State;
use crate::loopback::{self, Frames};

/// The page; `{{nonce}}` marks its own style and script.
const PAGE: &str = include_str!("page.html");
/// Letters that the page lists.
const LISTED_MAX: usize = 100;
/// Addresses that the page lets choose from.
const ADDRESSES_MAX: usize = 100;
/// What the list shows of a letter's text.
const PREVIEW_MAX_CHARS: usize = 140;

/// `GET /`
pub(super) async fn page(Shares(shared): Shares<Arc<Shared>>) -> Response {
    let within = shared.look(|state| state.options.framed_by);
    // The letter that is open stands in a frame.
    let own = ["'self'".to_owned()];
    loopback::page(PAGE, Frames { within, shown: &own })
}

/// Whose letters; without an address everybody's.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    address: Option<String>,
}

/// `GET /sandbox/letters`: the list, newest first.
pub(super) async fn letters(
    Shares(shared): Shares<Arc<Shared>>,
    Query(Whose { address }): Query<Whose>,
) -> Response {
    let mut addresses: Vec<String> = Vec::new();
    let mut listed: Vec<Mail> = Vec::new();
    shared.look(|state| {
        for mail in state.mails.iter().rev() {
            for to in &mail.recipients {
                let is_known = addresses.iter().any(|known| known.eq_ignore_ascii_case(to));
                if !is_known && addresses.len() < ADDRESSES_MAX {
                    addresses.push(to.clone());
                }
            }
            let is_meant = address.as_ref().is_none_or(|address| mail.is_for(address));
            if is_meant && listed.len() < LISTED_MAX {
                listed.push(mail.clone());
            }
        }
    });
    addresses.sort_unstable();
    let letters: Vec<Value> = listed.iter().map(entry).collect();
    Json(json!({"addresses": addresses, "address": address, "letters": letters})).into_response()
}

/// What the list and the head of an open letter have in common.
fn entry(mail: &Mail) -> Value {
    let letter = mail.letter();
    let letter = letter.as_ref();
    let words = letter.and_then(|letter| letter.text.as_deref()).unwrap_or_default();
    let words: Vec<&str> = words.split_whitespace().take(PREVIEW_MAX_CHARS).collect();
    json!({
        "number": mail.number,
        "at": mail.at.as_millisecond(),
        "sender": mail.sender,
        "recipients": mail.recipients,
        "tls": mail.over_tls,
        "bytes": mail.raw.len(),
        "subject": letter.map(|letter| letter.subject.as_str()).unwrap_or_default(),
        "from": letter.and_then(|letter| letter.from.first()),
        "to": letter.map(|letter| letter.to.as_slice()).unwrap_or_default(),
        "preview": words.join(" ").chars().take(PREVIEW_MAX_CHARS).collect::<String>(),
    })
}

/// Which letter, and whether with its pictures.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    number: u64,
    #[serde(default)]
    pictures: bool,
}

fn find(shared: &Shared, number: u64) -> Option<Mail> {
    shared.look(|state| state.mails.iter().find(|mail| mail.number == number).cloned())
}

/// `GET /sandbox/letter`: one letter but for its HTML.
pub(super) async fn letter(
    Shares(shared): Shares<Arc<Shared>>,
    Query(Which { number, .. }): Query<Which>,
) -> Response {
    let Some(mail) = find(&shared, number) else { return gone() };
    let letter = mail.letter();
    let mut entry = entry(&mail);
    if let (Some(fields), Some(letter)) = (entry.as_object_mut(), letter) {
        fields.insert("text".to_owned(), json!(letter.text));
        fields.insert("html".to_owned(), json!(letter.html.is_some()));
        fields.insert("pictures".to_owned(), json!(letter.pictures.len()));
        fields.insert("headers".to_owned(), json!(letter.headers));
    }
    Json(entry).into_response()
}

/// `GET /sandbox/html`: the HTML of a letter, for a frame of the page. It runs nothing and loads nothing; its pictures
/// are within.
pub(super) async fn html(
    Shares(shared): Shares<Arc<Shared>>,
    Query(Which { number, pictures }): Query<Which>,
) -> Response {
    let mail = find(&shared, number);
    let letter = mail.and_then(|mail| mail.letter());
    let Some(html) = letter.and_then(|letter| document(&letter, pictures)) else { return gone() };
    let mut response = html.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let within = shared.look(|state| state.options.framed_by);
    if let Ok(policy) = HeaderValue::from_str(&policy(pictures, within)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What a letter may do: have styles, and show what it brought along.
fn policy(with_pictures: bool, within: Option<u16>) -> String {
    let pictures = if with_pictures { "img-src data:; " } else { "" };
    let mut policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; {pictures}base-uri 'none'; form-action 'none'; \
         sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
    );
    if let Some(port) = within {
        policy.push_str(&format!(" http://127.0.0.1:{port} http://localhost:{port}"));
    }
    policy
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "no such letter"}))).into_response()
}

/// `GET /sandbox/events`: an event whenever the list may have changed.
pub(super) async fn events(
    Shares(shared): Shares<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (changed, stop) = (shared.changed.subscribe(), shared.simulation.stopping().clone());
    loopback::changes(changed, move || shared.look(State::screen), stop)
}
