//! Clients in front of servers on loopback that answer as they are told, byte by byte.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Longer than anything takes here.
const LIMIT: Duration = Duration::from_secs(60);

const SECRET: &str = "s3cret";

/// A client that goes straight, whatever the environment says.
fn client_of(builder: ClientBuilder) -> Client {
    Client::new(builder.no_proxy(), vec![SecretString::from(SECRET)]).unwrap()
}

fn client() -> Client {
    client_of(Client::builder(LIMIT, LIMIT))
}

/// A resolver for which all names are one private address.
struct Inside;

#[async_trait]
impl HostLookup for Inside {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec!["10.0.0.1".parse().unwrap()])
    }
}

/// A port that takes connections, and the address of something behind it.
async fn port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{SECRET}?key={SECRET}", listener.local_addr().unwrap());
    (listener, url)
}

/// Gives each answer to a connection of its own, which is then closed; returns what was asked.
async fn serve(listener: &TcpListener, answers: &[&[u8]]) -> Vec<String> {
    let mut asked = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut head).await.unwrap() > 0);
        }
        // Who has read enough may have hung up.
        drop(stream.write_all(answer).await);
        asked.push(String::from_utf8(head).unwrap());
    }
    asked
}

#[tokio::test]
async fn a_client_says_who_it_is_and_follows_a_redirect_only_where_it_is_told_to() {
    let plain = || Client::builder(LIMIT, LIMIT);
    let ours = concat!("user-agent: tubebell/", env!("CARGO_PKG_VERSION"), "\r\n");
    for (builder, agent, unpacks, status) in [
        (plain(), "", true, 302_u16),
        (plain().user_agent(USER_AGENT), ours, true, 302),
        (plain().gzip(false), "", false, 302),
        (guarded(plain(), Arc::new(Inside), false), "", true, 302),
        (plain().redirect(Policy::default()), "", true, 200),
    ] {
        let (listener, url) = port().await;
        let moved = format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n");
        let answers = [moved.as_bytes(), b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"];
        let answers = if status == 200 { &answers[..] } else { &answers[..1] };
        let client = client_of(builder);
        let (response, asked) =
            tokio::join!(client.send(|http| http.get(&url)), serve(&listener, answers));
        assert_eq!(response.unwrap().status(), status);
        let head = asked[0].to_lowercase();
        assert!(head.contains(agent), "{head}");
        assert_eq!(head.contains("user-agent"), !agent.is_empty(), "{head}");
        assert_eq!(head.contains("accept-encoding: gzip"), unpacks, "{head}");
    }
}

#[tokio::test]
async fn a_failure_says_what_can_have_become_of_the_request_and_holds_no_url() {
    let (closed, nobody) = port().await;
    drop(closed);
    let (listener, url) = port().await;
    let name = format!("http://inside.example/{SECRET}");
    let inside = client_of(guarded(Client::builder(LIMIT, LIMIT), Arc::new(Inside), false));
    for (client, url, timeout, kind, words) in [
        (client(), "no url", LIMIT, FailureKind::NotReached, "without a base"),
        (client(), nobody.as_str(), LIMIT, FailureKind::NotReached, ""),
        (inside, name.as_str(), LIMIT, FailureKind::Denied, "not allowed: private"),
        (client(), url.as_str(), LIMIT, FailureKind::BrokenOff, ""),
        // Last: nobody takes this connection.
        (client(), url.as_str(), Duration::ZERO, FailureKind::TimedOut, "timed out"),
    ] {
        let silence = vec![&b""[..]; usize::from(kind == FailureKind::BrokenOff)];
        let begin = |http: &reqwest::Client| http.get(url).timeout(timeout);
        let (sent, _) = tokio::join!(client.send(begin), serve(&listener, &silence));
        let failure = sent.unwrap_err();
        assert_eq!((failure.kind, failure.after_bytes), (kind, None), "{failure:?}");
        assert!(!failure.words().is_empty() && failure.words().contains(words), "{failure:?}");
        assert!(failure.to_string().starts_with(failure.outermost()), "{failure:?}");
        let told = format!("{failure} {failure:?}");
        assert!(!told.contains(SECRET) && !told.contains("http://"), "{told}");
    }
}

#[tokio::test]
async fn a_body_is_read_to_its_end_or_to_its_bound_after_unpacking() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![0; 1 << 20]).unwrap();
    let mut bomb = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    bomb.extend(packed.finish().unwrap());
    assert!(bomb.len() < 4096);
    let hello = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".as_slice();
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello".as_slice();
    let open = b"HTTP/1.1 200 OK\r\n\r\nhello".as_slice();
    let empty = b"HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n".as_slice();
    let too_much = |max_bytes| Err((FailureKind::TooMuch, Some(max_bytes)));
    for (answer, max_bytes, expected) in [
        (hello, 5, Ok(5)),
        (hello, 4, too_much(4)),
        (open, 5, Ok(5)),
        (open, 4, too_much(4)),
        (short, 9, Err((FailureKind::BrokenOff, Some(5)))),
        (empty, 0, Ok(0)),
        (bomb.as_slice(), 1 << 20, Ok(1 << 20)),
        (bomb.as_slice(), (1 << 20) - 1, too_much((1 << 20) - 1)),
        (bomb.as_slice(), 4096, too_much(4096)),
    ] {
        let (listener, url) = port().await;
        let client = client();
        let answers = [answer];
        let (sent, _) =
            tokio::join!(client.send(|http| http.get(&url)), serve(&listener, &answers));
        let response = sent.unwrap();
        let wish = (response.status() == 503).then(|| "7".to_owned());
        assert_eq!(wish_to_wait(&response), wish);
        let read = client.read(response, max_bytes).await.map(|body| body.len());
        assert_eq!(read.map_err(|failure| (failure.kind, failure.after_bytes)), expected);
    }
}

#[test]
fn what_an_answer_repeats_of_our_secrets_is_cut_out() {
    let page = client().without_secrets(b"GET /bots3cret/getMe\n s3cre \xff");
    assert_eq!(page, "GET /bot…/getMe\n s3cre \u{fffd}");
}
