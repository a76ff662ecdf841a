//! The web port in front of somebody who means no good.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tubebell::model::UnixMillis;
use tubebell::store::{Access, Sqlite, Store};
use tubebell::telemetry::Metrics;
use tubebell::web::{Web, bind};

/// A running server; ends when dropped.
struct Server {
    address: std::net::SocketAddr,
    _folder: tempfile::TempDir,
    _task: tokio::task::JoinSet<()>,
}

async fn start() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let web = Web {
        store,
        metrics: Metrics::new(),
        checks: vec![("youtube", Box::new(|| Some("the key is refused".to_owned())))],
        clock: Arc::new(|| UnixMillis(1_795_266_180_000)),
        hosts: vec!["status.example.org".to_owned()],
    };
    let listener = bind("listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = tokio::task::JoinSet::new();
    task.spawn(web.run(listener, CancellationToken::new()));
    Server { address, _folder: folder, _task: task }
}

/// Sends `request` and reads what comes until the connection ends.
async fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // A server that has heard enough closes its end before everything was sent.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    let read = crate::wait::within_limit(stream.read_to_end(&mut answer));
    drop(read.await.expect("the connection ends"));
    String::from_utf8(answer).unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn there_is_nothing_to_do_but_read_three_pages() {
    let server = start().await;
    for (path, status) in [("/healthz", "200"), ("/metrics", "200"), ("/readyz", "503")] {
        let answer = ask(&server, get(path).as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        let lower = answer.to_lowercase();
        assert!(lower.contains("x-content-type-options: nosniff"), "{answer}");
        assert!(lower.contains("cache-control: no-store"), "{answer}");
        // No page of another origin may read it.
        assert!(!lower.contains("access-control-"), "{answer}");
    }
    for path in ["/", "/metrics/..%2f..%2fetc/passwd", "/api/v1/watches", "//healthz"] {
        let answer = ask(&server, get(path).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = get("/metrics").replacen("GET", method, 1);
        let answer = ask(&server, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{method}: {answer}");
    }
}

#[tokio::test]
async fn a_page_of_a_stranger_whose_name_comes_to_stand_for_our_address_reads_nothing() {
    let server = start().await;
    for path in ["/metrics", "/readyz"] {
        for host in ["evil.example", "evil.example:8080", "x\r\nhost: evil.example"] {
            let request = get(path).replacen("host: x", &format!("host: {host}"), 1);
            let answer = ask(&server, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{path} {host}: {answer}");
            assert!(
                !answer.contains("tubebell_") && !answer.contains("the key is refused"),
                "{answer}"
            );
        }
        let absolute = get(&format!("http://evil.example{path}"));
        assert!(ask(&server, absolute.as_bytes()).await.starts_with("HTTP/1.1 421"), "{path}");
        for host in
            ["127.0.0.1:8080", "[::1]:8080", "localhost", "tubebell:8080", "status.example.org"]
        {
            let request = get(path).replacen("host: x", &format!("host: {host}"), 1);
            let answer = ask(&server, request.as_bytes()).await;
            assert!(!answer.starts_with("HTTP/1.1 421"), "{path} {host}: {answer}");
        }
    }
    let request = get("/metrics").replacen("host: x", "host: evil.example", 1);
    let answer = ask(&server, request.as_bytes()).await;
    assert!(answer.contains("add the name to `hosts` in [web]"), "{answer}");
    // A probe needs no name: there is nothing to learn.
    let probe = get("/healthz").replacen("host: x", "host: evil.example", 1);
    assert!(ask(&server, probe.as_bytes()).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_without_end_is_refused_before_it_is_read() {
    let server = start().await;
    let body = "POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\nx";
    assert!(ask(&server, body.as_bytes()).await.starts_with("HTTP/1.1 405"));
    let many = "x: y\r\n".repeat(1000);
    let headers = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    assert!(ask(&server, headers.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let long = format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(2 << 20));
    let answer = ask(&server, long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(ask(&server, get("/healthz").as_bytes()).await.starts_with("HTTP/1.1 200"));
}
