mod confirm;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::*;
use crate::links::SECRET_BYTES;
use crate::model::{Owner, UnixMillis};
use crate::store::{Access, Edit, Shared as _, Sqlite};

const NOW: UnixMillis = UnixMillis(1_795_266_180_000);

/// A running server, which knows one mailbox; ends when dropped.
struct Server {
    address: SocketAddr,
    store: Arc<Sqlite>,
    links: Arc<Links>,
    changed: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
    _task: JoinSet<()>,
}

fn ana() -> Address {
    "email:ana@example.org".parse().unwrap()
}

async fn start(base: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap());
    let enable = Edit::Enable { destination: ana(), owner: Owner::Operator };
    store.edit(None, vec![enable], NOW).await.unwrap();
    let links = Arc::new(Links::new(base, &[7; SECRET_BYTES]));
    let changed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changed);
    let public = Public {
        store: Arc::clone(&store) as _,
        links: Arc::clone(&links),
        contact: Some("ana@bell.example".to_owned()),
        clock: Arc::new(|| NOW),
        changed: Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        }),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = JoinSet::new();
    task.spawn(public.run(listener, CancellationToken::new()));
    Server { address, store, links, changed, _folder: folder, _task: task }
}

impl Server {
    /// The path of Ana's link.
    fn path(&self) -> String {
        path_of(&self.links.unsubscribe(&ana()))
    }

    async fn ask(&self, request: &str) -> String {
        ask(self.address, request).await
    }

    async fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: bell.example\r\n\r\n")).await
    }

    async fn post(&self, path: &str, kind: &str, body: &str) -> String {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: bell.example\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    async fn is_ended(&self) -> bool {
        let row = self.store.destination(&ana()).await.unwrap().unwrap();
        row.is_refused && row.disabled.is_some()
    }
}

fn path_of(link: &str) -> String {
    let host = link.split_once("://").unwrap().1;
    host.get(host.find('/').unwrap()..).unwrap().to_owned()
}

/// Sends `request` and reads what comes until the connection ends.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has heard enough closes its end before everything was sent.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn who_looks_at_a_link_is_asked_and_who_presses_the_button_gets_no_more() {
    let server = start("https://bell.example").await;
    let path = server.path();
    for _ in 0..2 {
        let page = server.get(&path).await;
        assert_eq!(status(&page), "200");
        assert!(page.contains("<b>a…@example.org</b>") && page.contains("<form method=\"post\">"));
        assert!(!page.contains("ana@example.org"), "{page}");
        assert!(
            page.contains("cache-control: no-store") && page.contains("frame-ancestors 'none'")
        );
    }
    let head = server.ask(&format!("HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert_eq!(status(&head), "200");
    assert!(!server.is_ended().await, "who only looks changes nothing");

    let page = server.post(&path, FORM, "").await;
    assert_eq!(status(&page), "200", "{page}");
    assert!(page.contains("No more mails") && page.contains("Write to ana@bell.example"), "{page}");
    assert!(server.is_ended().await);
    let again = [server.post(&path, FORM, "").await, server.get(&path).await];
    assert!(again.iter().all(|page| page.contains("No more mails")));
    assert_eq!(server.changed.load(Ordering::SeqCst), 1, "what is ended is not ended again");
}

#[tokio::test]
async fn the_button_of_a_mail_program_ends_it_in_either_form() {
    let multipart = "multipart/form-data; boundary=b";
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (kind, body) in [(FORM, "List-Unsubscribe=One-Click"), (multipart, parts)] {
        let server = start("https://bell.example").await;
        let answer = server.post(&server.path(), kind, body).await;
        // Neither a redirect nor a question: nobody is there who could answer.
        assert_eq!(status(&answer), "200", "{answer}");
        assert!(server.is_ended().await);
    }
}

#[tokio::test]
async fn pages_below_a_path_are_served_with_it_and_without() {
    let server = start("https://bell.example/mails").await;
    let path = server.path();
    assert!(path.starts_with("/mails/unsubscribe/"), "{path}");
    for path in [path.as_str(), path.strip_prefix("/mails").unwrap()] {
        assert_eq!(status(&server.get(path).await), "200", "{path}");
    }
}

#[tokio::test]
async fn there_is_nothing_else_and_nobody_without_a_link_learns_anything() {
    let server = start("https://bell.example").await;
    let path = server.path();
    let cut = path.get(..path.len() - 4).unwrap();
    let paths = [
        "/",
        "/healthz",
        "/metrics",
        "/readyz",
        "/unsubscribe",
        "/unsubscribe/",
        "/unsubscribe/x",
        cut,
        "/unsubscribe/../metrics",
        "/confirm",
        "/confirm/",
        "/confirm/x",
        "/unsubscribe/%2e%2e",
        "//unsubscribe/x",
    ];
    for path in paths {
        for answer in [server.get(path).await, server.post(path, FORM, "").await] {
            assert_eq!(status(&answer), "404", "{path}: {answer}");
            assert!(!answer.contains("example.org"), "{answer}");
        }
    }
    let twice = format!("{path}/{}", path.rsplit('/').next().unwrap());
    assert_eq!(status(&server.post(&twice, FORM, "").await), "404");
    for method in ["DELETE", "PUT", "OPTIONS", "BREW"] {
        let answer = server.ask(&format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        assert_eq!(status(&answer), "405", "{answer}");
    }
    for nonsense in ["", "\r\n\r\n", "GET\r\n\r\n", "\u{1}\u{2}\r\n\r\n"] {
        let answer = server.ask(&format!("{nonsense}\r\n\r\n")).await;
        assert!(answer.is_empty() || status(&answer) == "400", "{answer}");
    }
    let long = server.get(&format!("/{}", "x".repeat(100_000))).await;
    assert!(long.is_empty() || ["400", "414", "431"].contains(&status(&long)), "{long}");
    assert!(!server.is_ended().await);
    let other = server.links.unsubscribe(&"email:eva@example.org".parse().unwrap());
    let other = other.strip_prefix("https://bell.example").unwrap();
    let page = server.post(other, FORM, "").await;
    assert!(page.contains("No more mails"), "{page}");
    let eva = server.store.destination(&"email:eva@example.org".parse().unwrap()).await.unwrap();
    assert!(eva.unwrap().is_refused, "nothing was sent there yet, and nothing is going to be");
    assert!(!server.is_ended().await, "it is not hers");
}

#[tokio::test]
async fn hundreds_who_say_nothing_keep_nobody_waiting() {
    let server = start("https://bell.example").await;
    let mut silent = Vec::new();
    for index in 0..600 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // Some begin a request and never end it.
        if index % 2 == 0 {
            drop(stream.write_all(b"POST /unsubscribe/x HTTP/1.1\r\nhost: ").await);
        }
        silent.push(stream);
        if index % 100 == 99 {
            assert_eq!(status(&server.get(&server.path()).await), "200", "beside {index}");
        }
    }
    // Who came first had to go, who came last is still heard.
    let mut letter = [0];
    assert!(matches!(silent[0].read(&mut letter).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn who_asks_too_much_is_told_to_come_back_and_uses_up_nothing_of_others() {
    let server = start("https://bell.example").await;
    let path = server.path();
    // Nonsense is not counted here: the peer is a proxy, and only links cost anything.
    for _ in 0..100 {
        assert_eq!(status(&server.get("/unsubscribe/x").await), "404");
    }
    let mut told = String::new();
    // On a machine that is slow enough, a minute passes on the way.
    for _ in 0..1000 {
        told = server.get(&path).await;
        if status(&told) != "200" {
            break;
        }
    }
    assert_eq!(status(&told), "429", "{told}");
    assert!(told.contains("<h1>Too many requests: try again in a minute</h1>"), "{told}");
    let (_, after) = told.split_once("retry-after: ").unwrap();
    let seconds: u64 = after.split("\r\n").next().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{told}");
    let eva = server.links.unsubscribe(&"email:eva@example.org".parse().unwrap());
    let eva = eva.strip_prefix("https://bell.example").unwrap();
    assert_eq!(status(&server.post(eva, FORM, "").await), "200", "another reader is heard");
}

/// What the operator reads, beside what strangers do.
async fn operators(store: &Arc<Sqlite>) -> (SocketAddr, JoinSet<()>) {
    let web = crate::web::Web {
        store: Arc::clone(store) as _,
        metrics: crate::telemetry::Metrics::new(),
        checks: Vec::new(),
        clock: Arc::new(|| NOW),
        hosts: Vec::new(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = JoinSet::new();
    task.spawn(web.run(listener, CancellationToken::new()));
    (address, task)
}

#[tokio::test]
async fn three_hundred_slow_strangers_hurt_neither_the_operator_nor_a_quick_stranger() {
    let server = start("https://bell.example").await;
    let (operator, _task) = operators(&server.store).await;
    let path = server.path();
    let begun = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nx-slow: ");
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        drop(stream.write_all(begun.as_bytes()).await);
        slow.push(stream);
    }
    for letter in [b"a", b"b", b"c"] {
        // A letter of each, in turn.
        for stream in &mut slow {
            drop(stream.write_all(letter).await);
        }
        assert_eq!(status(&server.get(&path).await), "200");
        for page in ["/healthz", "/readyz", "/metrics"] {
            let get =
                format!("GET {page} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            assert_eq!(status(&ask(operator, &get).await), "200", "{page}");
        }
    }
    assert!(!server.is_ended().await, "nobody has finished a request");
}
