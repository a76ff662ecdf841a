//! A page of ours: one file, with its own style and script, and nothing from elsewhere.

use std::fmt::Write as _;

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

/// The pages of this machine that have to do with a page in frames.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frames<'a> {
    /// The port of the page that may show it in a frame.
    pub(crate) within: Option<u16>,
    /// The addresses of the pages that it shows.
    pub(crate) shown: &'a [String],
}

/// Answers with this page, in which `{{nonce}}` marks its own style and script: the browser takes no others.
pub(crate) fn page(html: &str, frames: Frames<'_>) -> Response {
    let mut nonce = String::with_capacity(32);
    for byte in rand::random::<[u8; 16]>() {
        // Writing to a String does not fail.
        write!(nonce, "{byte:02x}").unwrap_or_default();
    }
    let mut policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors "
    );
    policy.push_str(&match frames.within {
        // People may open it under either name.
        Some(port) => format!("http://127.0.0.1:{port} http://localhost:{port}"),
        None => "'none'".to_owned(),
    });
    if !frames.shown.is_empty() {
        policy.push_str("; frame-src ");
        policy.push_str(&frames.shown.join(" "));
    }
    let mut response = html.replace("{{nonce}}", &nonce).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
