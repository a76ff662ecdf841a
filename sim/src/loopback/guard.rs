//! Who may come in: this machine, and no web page of somebody else's through this machine's browser.

use axum::extract::Request;
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses foreign names (DNS rebinding) and requests that a page of another origin makes.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if !is_own_name(request.headers()) {
        return (StatusCode::MISDIRECTED_REQUEST, "open this page as http://127.0.0.1\n")
            .into_response();
    }
    // A link from elsewhere may open the page: that is a GET of the page, and nothing else.
    let is_page = request.method() == Method::GET && request.uri().path() == "/";
    if !is_page && !is_own_origin(request.headers()) {
        return (StatusCode::FORBIDDEN, "not from another page\n").into_response();
    }
    next.run(request).await
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn is_own_name(headers: &HeaderMap) -> bool {
    let host = text(headers, HOST).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name.to_ascii_lowercase().as_str(), "127.0.0.1" | "localhost" | "[::1]")
}

fn is_own_origin(headers: &HeaderMap) -> bool {
    let is_same_site =
        text(headers, FETCH_SITE).is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text(headers, HOST).unwrap_or_default();
    let is_same_origin =
        text(headers, ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    is_same_site && is_same_origin
}
