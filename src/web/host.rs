//! Under which names the pages are read: a page of a stranger whose name comes to stand for our address (DNS rebinding) has
//! that name in `Host`, and learns nothing.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names of `[web] hosts`; clones share them.
pub(super) type Hosts = Arc<[String]>;

const NOT_HERE: &str =
    "not served under this name: ask by IP address, or add the name to `hosts` in [web]\n";

/// Answers only who asks by a name of ours. Without `Host` there is no browser, and so no page.
pub(super) async fn by_our_name(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Response {
    let named = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().ok());
    let asked = request.uri().authority().map(|authority| Some(authority.as_str()));
    if named.chain(asked).all(|host| host.is_some_and(|host| is_ours(host, &hosts))) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, NOT_HERE).into_response()
    }
}

/// Whether a host, with its port or without, is an IP address, this machine, a name without a dot (which stands only in
/// networks of one's own) or one of `hosts`.
fn is_ours(host: &str, hosts: &[String]) -> bool {
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        return is_port(rest) && address.parse::<Ipv6Addr>().is_ok();
    }
    let (name, rest) = host.split_at(host.find(':').unwrap_or(host.len()));
    let name = name.trim_end_matches('.');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_known = || {
        !name.contains('.')
            || name.parse::<Ipv4Addr>().is_ok()
            || hosts.iter().any(|ours| ours.trim_end_matches('.').eq_ignore_ascii_case(name))
    };
    is_port(rest) && !name.is_empty() && name.chars().all(fits) && is_known()
}

fn is_port(rest: &str) -> bool {
    let digits = rest.strip_prefix(':').unwrap_or(rest);
    digits.bytes().all(|byte| byte.is_ascii_digit()) && (rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_names_without_a_dot_and_listed_ones_are_ours() {
        let hosts = ["status.example.org".to_owned()];
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "10.1.2.3:80",
            "[::1]",
            "[::1]:8080",
            "localhost",
            "localhost:8080",
            "tubebell:8080",
            "status.example.org",
            "STATUS.example.org.:8080",
        ] {
            assert!(is_ours(host, &hosts), "{host}");
        }
        for host in [
            "",
            ".",
            ":80",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "status.example.org.evil.example",
            "x@evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "1.2.3",
            "a b",
            "[::1].evil.example",
            "http://localhost/",
        ] {
            assert!(!is_ours(host, &hosts), "{host}");
        }
    }
}
