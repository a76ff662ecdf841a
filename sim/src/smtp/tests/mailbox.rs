//! The page, and what it is told.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::Options;
use super::Fixture;

/// What a browser gets: the head and the body.
async fn get(all: &Fixture, path: &str) -> (String, String) {
    let url = all.server.page_url();
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

async fn json(all: &Fixture, path: &str) -> serde_json::Value {
    let (head, body) = get(all, path).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(&body).unwrap()
}

const LETTER: &str = "From: Bell <bell@a.example>\r\nTo: ada@b.example\r\nSubject: Up\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/related; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<script>1</script><img src=\"cid:chart\"><a href=\"https://a.example\">x</a>\r\n\
    --b\r\nContent-Type: image/png\r\nContent-ID: <chart>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--";

#[tokio::test]
async fn letters_of_one_address_are_listed_newest_first() {
    let all = Fixture::new(Options::default()).await;
    let mut client = all.client().await;
    client.letter("ada@b.example", LETTER).await;
    client.letter("bob@b.example", "Subject: <b>other</b>\r\n\r\nx").await;
    client.letter("Ada@b.example", "Subject: second\r\n\r\nhello   there").await;
    let list = json(&all, "/sandbox/letters?address=ada%40b.example").await;
    let subjects: Vec<_> =
        list["letters"].as_array().unwrap().iter().map(|one| &one["subject"]).collect();
    assert_eq!(subjects, ["second", "Up"]);
    assert_eq!(list["letters"][0]["preview"], "hello there");
    assert_eq!(list["letters"][1]["from"]["name"], "Bell");
    let list = json(&all, "/sandbox/letters").await;
    assert_eq!(list["letters"].as_array().unwrap().len(), 3);
    assert_eq!(list["letters"][1]["subject"], "<b>other</b>");
    assert_eq!(list["addresses"].as_array().unwrap().len(), 2);

    let letter = json(&all, "/sandbox/letter?number=1").await;
    assert_eq!((&letter["html"], &letter["pictures"]), (&true.into(), &1.into()));
    let letter = json(&all, "/sandbox/letter?number=3").await;
    assert_eq!((&letter["text"], &letter["html"]), (&"hello   there\r\n".into(), &false.into()));
    for gone in ["/sandbox/letter?number=4", "/sandbox/html?number=4", "/sandbox/html?number=3"] {
        assert!(get(&all, gone).await.0.starts_with("HTTP/1.1 404"), "{gone}");
    }
}

#[tokio::test]
async fn a_letter_runs_nothing_and_loads_nothing() {
    let all = Fixture::new(Options { framed_by: Some(8080), ..Options::default() }).await;
    all.client().await.letter("ada@b.example", LETTER).await;
    let (head, html) = get(&all, "/sandbox/html?number=1&pictures=true").await;
    assert!(html.contains("<base target=\"_blank\">"), "{html}");
    assert!(html.contains("<img src=\"data:image/png;base64,iVBORw==\">"), "{html}");
    for part in [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; ",
        "sandbox allow-popups allow-popups-to-escape-sandbox; ",
        "frame-ancestors 'self' http://127.0.0.1:8080 http://localhost:8080\r\n",
        "referrer-policy: no-referrer",
    ] {
        assert!(head.contains(part), "{part}: {head}");
    }
    let (head, html) = get(&all, "/sandbox/html?number=1").await;
    assert!(!head.contains("img-src") && html.contains("cid:chart"), "{head}\n{html}");

    let (head, page) = get(&all, "/").await;
    assert!(head.contains("default-src 'none'; script-src 'nonce-"), "{head}");
    assert!(head.contains("; frame-src 'self'"), "{head}");
    assert!(head.contains("frame-ancestors http://127.0.0.1:8080 "), "{head}");
    assert!(!page.contains("{{") && !page.contains("innerHTML"), "{page}");
    let sandbox = "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"";
    assert!(page.contains(sandbox), "{page}");
}
