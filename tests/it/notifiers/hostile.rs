//! Servers that mean no good: what they answer fills no memory, holds nothing up and is repeated to nobody.

use std::io::Write;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tubebell::model::{Address, Body};
use tubebell::notify::telegram::PollError;
use tubebell::notify::{Notifier, Outgoing, SendError};

use super::stub::{Answer, Stub};
use super::telegram::client;
use super::webhook::hook;
use crate::wait::Frozen;

fn to(url: String) -> Outgoing {
    Outgoing {
        id: "4ZQK7M2XA5TBN".to_owned(),
        address: Address::Webhook(url),
        body: Body::Json("{}".to_owned()),
        png: None,
        silent: false,
    }
}

/// Answers the first request with `head`, then with `part` again and again; returns how much it could send before
/// the client hung up.
#[expect(clippy::disallowed_methods, reason = "the test waits for the end of this task itself")]
async fn endless(head: &'static str, part: Vec<u8>) -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut stream = asked(&listener).await;
        let mut sent = 0;
        if stream.write_all(head.as_bytes()).await.is_ok() {
            while stream.write_all(&part).await.is_ok() {
                sent += part.len();
            }
        }
        sent
    });
    (url, server)
}

/// Takes one connection, and reads its request to the end of the headers.
async fn asked(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    while !read.windows(4).any(|part| part == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0);
    }
    stream
}

/// What the buffers of two sockets take beside what was read.
const IN_SOCKETS_MAX_BYTES: usize = 32 << 20;

#[tokio::test]
async fn an_answer_that_unpacks_without_end_is_hung_up_on() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![0; 64 << 20]).unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
    let (url, server) = endless(head, packed.finish().unwrap()).await;
    hook(true).send(&to(url)).await.unwrap();
    assert!(server.await.unwrap() < IN_SOCKETS_MAX_BYTES);
}

#[tokio::test]
async fn headers_without_end_are_no_answer() {
    let (url, server) = endless("HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n".repeat(50)).await;
    let error = hook(true).send(&to(url)).await.unwrap_err();
    assert!(matches!(error, SendError::Ambiguous(_)), "{error:?}");
    assert!(server.await.unwrap() < IN_SOCKETS_MAX_BYTES);
    let (url, server) = endless("HTTP/1.1 200 OK\r\n", b"x".repeat(1000)).await;
    let error = hook(true).send(&to(url)).await.unwrap_err();
    assert!(matches!(error, SendError::Ambiguous(_)), "{error:?}");
    assert!(server.await.unwrap() < IN_SOCKETS_MAX_BYTES);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the task ends with the test's runtime")]
async fn an_answer_a_letter_at_a_time_is_given_up_after_twenty_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (begun, begins) = oneshot::channel();
    let (second, mut seconds) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut stream = asked(&listener).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nx").await.unwrap();
        begun.send(()).unwrap();
        while seconds.recv().await.is_some() && stream.write_all(b"x").await.is_ok() {}
    });
    let hook = hook(true);
    let outgoing = to(url);
    let (sent, ()) = tokio::join!(hook.send(&outgoing), async {
        begins.await.unwrap();
        let frozen = Frozen::now();
        let passing = async {
            for _ in 0..21 {
                tokio::time::advance(Duration::from_secs(1)).await;
                // The server has ended once the client has hung up.
                if second.send(()).await.is_err() {
                    return;
                }
            }
        };
        frozen.run("a letter", passing).await;
    });
    // The status had been given, or was on its way.
    assert!(matches!(sent, Ok(_) | Err(SendError::Ambiguous(_))), "{sent:?}");
}

#[tokio::test]
async fn nothing_that_a_receiver_says_is_repeated() {
    let statuses = [301, 400, 401, 404, 410, 418, 429, 500, 503];
    let answer = |status| {
        Answer::new(status, "s3cret @everyone {path}")
            .header("location", "https://s3cret.example/")
            .header("retry-after", "s3cret")
            .header("x-s3cret", "s3cret")
    };
    let stub = Stub::start(statuses.map(answer)).await;
    for status in statuses {
        let error = hook(true).send(&to(stub.url())).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("s3cret") && !text.contains("@everyone"), "{status}: {text}");
    }
}

#[tokio::test]
async fn a_nest_without_bottom_from_telegram_is_no_overflow() {
    let deep =
        format!(r#"{{"ok":true,"result":[{{"update_id":1,"message":{}"#, "[".repeat(200_000));
    let flat = json!({"ok": true, "result": [{"update_id": 2}]}).to_string();
    let stub = Stub::start([Answer::new(200, deep), Answer::new(200, flat)]).await;
    let telegram = client(&stub.url());
    let error = telegram.get_updates(0, 0, 100).await.unwrap_err();
    assert!(matches!(error, PollError::Failed(_)), "{error:?}");
    assert_eq!(telegram.get_updates(0, 0, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_hundred_heavy_messages_of_one_person_do_not_keep_all_others_away() {
    let update = |id: i64| {
        json!({"update_id": id, "message": {"message_id": id, "date": 1, "text": "\u{1f514}".repeat(20_000),
            "chat": {"id": 42, "type": "private"}, "from": {"id": 42, "is_bot": false, "first_name": "Ana"}}})
    };
    let answer = |ids: std::ops::Range<i64>| {
        let result: Vec<_> = ids.map(update).collect();
        Answer::new(200, json!({"ok": true, "result": result}).to_string())
    };
    let stub = Stub::start([answer(0..100), answer(0..10)]).await;
    let updates = client(&stub.url()).get_updates(0, 50, 100).await.unwrap();
    assert_eq!(updates.len(), 10);
    let limits: Vec<_> = stub.seen().iter().map(|seen| seen.json()["limit"].clone()).collect();
    assert_eq!(limits, [100, 10]);
}

#[tokio::test]
async fn updates_without_end_from_telegram_are_hung_up_on() {
    let head = "HTTP/1.1 200 OK\r\n\r\n{\"ok\":true,\"result\":[";
    let (url, server) = endless(head, br#"{"update_id":1},"#.repeat(4096)).await;
    let error = client(&url).get_updates(0, 0, 1).await.unwrap_err();
    assert!(matches!(error, PollError::Failed(_)), "{error:?}");
    assert!(server.await.unwrap() < IN_SOCKETS_MAX_BYTES);
}
