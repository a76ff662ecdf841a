//! The page behind the link of a mail that asks its reader.

use axum::body::to_bytes;

use super::*;
use crate::model::{Body, MailMessage};
use crate::store::{ADDRESSES_MAX, AskLimits, Edited, ReaderEdit};

/// A mailbox of which nothing is known but that it was entered.
const EVA: &str = "email:eva@example.org";
const EVA_SHOWN: &str = "<b>e…@example.org</b>";

/// Who has entered it.
const BY: &str = "telegram:4711";

const DAY: i64 = 86_400_000;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl Server {
    /// Somebody enters a mailbox; returns the path of the link in its mail.
    async fn asks(&self, by: &str, mailbox: &str, code: &str, expires_at: UnixMillis) -> String {
        let mail = MailMessage {
            subject: "s".to_owned(),
            text: "t\n".to_owned(),
            html: "<p>t</p>".to_owned(),
            ..MailMessage::default()
        };
        let asked = ReaderEdit {
            by: address(by),
            address: address(mailbox),
            mailbox: mailbox.to_owned(),
            code: code.to_owned(),
            expires_at,
            mail: Body::Mail(mail),
            limits: AskLimits { per_mailbox: 9, per_person: 99, in_all: 999 },
        };
        let edits = vec![Edit::AskReader(Box::new(asked))];
        let done = self.store.edit(None, edits, NOW).await.unwrap();
        assert_eq!(done, Some(vec![Edited::Done(1)]));
        path_of(&self.links.confirm(code))
    }

    /// A link to Eva's mailbox that can be used for a day.
    async fn asks_eva(&self) -> String {
        self.asks(BY, EVA, "q1w2e3r4", UnixMillis(NOW.0 + DAY)).await
    }

    /// The addresses of whoever has this one.
    async fn addresses(&self, of: &str) -> Vec<String> {
        let all = self.store.addresses(&address(of)).await.unwrap();
        all.iter().map(ToString::to_string).collect()
    }

    async fn is_evas(&self) -> bool {
        self.addresses(EVA).await == [EVA]
    }
}

const BAD_CODE: &str = "This link was used already, or it is too old: enter the address again.";

#[tokio::test]
async fn who_looks_at_the_link_is_asked_and_who_presses_the_button_has_the_address_once() {
    let server = start("https://bell.example").await;
    let path = server.asks_eva().await;
    for _ in 0..2 {
        let page = server.get(&path).await;
        assert_eq!(status(&page), "200");
        assert!(page.contains(EVA_SHOWN) && page.contains("<form method=\"post\">"), "{page}");
        assert!(page.contains("in Telegram") && page.contains("Yes, this is mine"), "{page}");
        assert!(!page.contains("eva@example.org") && !page.contains("4711"), "{page}");
        assert!(
            page.contains("cache-control: no-store") && page.contains("frame-ancestors 'none'")
        );
    }
    let head = server.ask(&format!("HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    assert_eq!(status(&head), "200");
    assert!(head.ends_with("\r\n\r\n"), "no page comes along: {head}");
    assert!(server.is_evas().await, "who only looks changes nothing");
    assert_eq!(server.changed.load(Ordering::SeqCst), 0);

    let page = server.post(&path, FORM, "").await;
    assert_eq!(status(&page), "200", "{page}");
    assert!(page.contains("Done") && page.contains(EVA_SHOWN) && page.contains("/me"), "{page}");
    assert_eq!(server.addresses(EVA).await, [EVA, BY]);
    for again in [server.post(&path, FORM, "").await, server.get(&path).await] {
        assert_eq!(status(&again), "410", "{again}");
        assert!(again.contains(BAD_CODE) && !again.contains("<form"), "{again}");
        assert!(!again.contains("example.org"), "{again}");
    }
    assert_eq!(server.changed.load(Ordering::SeqCst), 1, "once");
}

#[tokio::test]
async fn a_link_that_is_too_old_or_of_a_code_that_is_unknown_changes_nothing_and_says_so() {
    let server = start("https://bell.example").await;
    let old = server.asks(BY, EVA, "q1w2e3r4", NOW).await;
    let unknown = path_of(&server.links.confirm("nobody-asked"));
    // A code that is typed at another address is in no mail.
    let typed = Edit::MakeLinkCode {
        by: address(BY),
        code: "7KQ4".to_owned(),
        expires_at: UnixMillis(NOW.0 + DAY),
    };
    server.store.edit(None, vec![typed], NOW).await.unwrap();
    let typed = path_of(&server.links.confirm("7KQ4"));
    for path in [old, unknown, typed] {
        for page in [server.get(&path).await, server.post(&path, FORM, "").await] {
            assert_eq!(status(&page), "410", "{page}");
            assert!(page.contains(BAD_CODE), "{page}");
        }
    }
    assert!(server.is_evas().await);
    assert_eq!(server.addresses(BY).await, [BY]);
}

#[tokio::test]
async fn a_link_for_one_thing_does_no_other_and_one_that_nobody_made_does_nothing() {
    let server = start("https://bell.example").await;
    let path = server.asks_eva().await;
    let token = path.strip_prefix("/confirm/").unwrap();
    let ends = server.path();
    let others = Links::new("https://bell.example", &[8; SECRET_BYTES]);
    let paths = [
        format!("/unsubscribe/{token}"),
        ends.replace("/unsubscribe/", "/confirm/"),
        path_of(&others.confirm("q1w2e3r4")),
        path.get(..path.len() - 4).unwrap().to_owned(),
    ];
    for path in &paths {
        for page in [server.get(path).await, server.post(path, FORM, "").await] {
            assert_eq!(status(&page), "404", "{path}: {page}");
            assert!(page.contains("This link is not valid"), "{page}");
            assert!(!page.contains("example.org"), "{page}");
        }
    }
    let twice = format!("{path}/{token}");
    assert_eq!(status(&server.post(&twice, FORM, "").await), "404");
    for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "BREW"] {
        let answer = server.ask(&format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        assert_eq!(status(&answer), "405", "{answer}");
        assert!(answer.contains("allow: GET, HEAD, POST"), "{answer}");
    }
    assert!(server.is_evas().await && !server.is_ended().await);
    assert_eq!(server.changed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_page_below_a_path_is_served_with_it_and_without() {
    let server = start("https://bell.example/mails").await;
    let path = server.asks_eva().await;
    assert!(path.starts_with("/mails/confirm/"), "{path}");
    for path in [path.as_str(), path.strip_prefix("/mails").unwrap()] {
        assert_eq!(status(&server.get(path).await), "200", "{path}");
    }
}

#[tokio::test]
async fn whoever_has_as_many_addresses_as_may_be_is_told_and_the_link_stays_good() {
    let server = start("https://bell.example").await;
    for number in 1..ADDRESSES_MAX {
        let mailbox = format!("email:eva{number}@example.org");
        let code = format!("code-{number}");
        let path = server.asks(BY, &mailbox, &code, UnixMillis(NOW.0 + DAY)).await;
        assert_eq!(status(&server.post(&path, FORM, "").await), "200");
    }
    let path = server.asks_eva().await;
    let page = server.post(&path, FORM, "").await;
    assert_eq!(status(&page), "409", "{page}");
    assert!(page.contains(&format!("has {ADDRESSES_MAX} of them")), "{page}");
    assert!(server.is_evas().await);

    let address = address("email:eva1@example.org");
    let out = Edit::Unlink { address, is_in: true, others_are_in: true };
    server.store.edit(None, vec![out], NOW).await.unwrap();
    let page = server.post(&path, FORM, "").await;
    assert_eq!(status(&page), "200", "{page}");
    assert!(!server.is_evas().await);
}

#[tokio::test]
async fn a_mailbox_whose_mails_were_ended_since_it_was_asked_is_written_to_again_after_a_yes() {
    let server = start("https://bell.example").await;
    let path = server.asks_eva().await;
    let ends = path_of(&server.links.unsubscribe(&address(EVA)));
    assert_eq!(status(&server.post(&ends, FORM, "").await), "200");
    assert!(server.store.destination(&address(EVA)).await.unwrap().unwrap().is_refused);
    assert_eq!(status(&server.post(&path, FORM, "").await), "200");
    assert!(!server.store.destination(&address(EVA)).await.unwrap().unwrap().is_refused);
}

/// What a page says, without a connection: time can be stopped.
async fn says(counter: &Arc<Counter>, method: Method, path: &str) -> (StatusCode, String) {
    let peer = Extension(IpAddr::from([127, 0, 0, 1]));
    let answer = answer(State(Arc::clone(counter)), peer, method, path.parse().unwrap()).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 65_536).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_store_that_does_not_answer_keeps_nobody_waiting_and_the_link_can_be_tried_again() {
    let server = start("https://bell.example").await;
    let path = server.asks_eva().await;
    let public = Public {
        store: Arc::clone(&server.store) as _,
        links: Arc::clone(&server.links),
        contact: None,
        clock: Arc::new(|| NOW),
        changed: Box::new(|| {}),
    };
    let counter = Arc::new(Counter {
        public,
        rates: Rates::new(Instant::now()),
        asked: Semaphore::new(ASKED_MAX),
    });
    // Others are being answered, and it takes long.
    let all = counter.asked.acquire_many(u32::try_from(ASKED_MAX).unwrap()).await.unwrap();
    tokio::time::pause();
    for method in [Method::GET, Method::POST] {
        let (status, page) = says(&counter, method, &path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{page}");
        assert!(page.contains("Try again in a minute") && !page.contains("example.org"), "{page}");
    }
    // Nobody asks the store about a link that we did not make, so there is nothing to wait for.
    let (status, _) = says(&counter, Method::POST, "/confirm/x").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    tokio::time::resume();
    assert!(server.is_evas().await);

    drop(all);
    assert_eq!(says(&counter, Method::POST, &path).await.0, StatusCode::OK);
    assert!(!server.is_evas().await);
}
