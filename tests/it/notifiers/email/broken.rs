//! What goes wrong at each step of a conversation, and what becomes of the mail.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tubebell_sim::smtp::{Account, Auth, Enhanced};

use super::*;

/// All steps at which a server can fail, but for those of TLS and signing in, and for the letter itself: a client can't see how far
/// it was read.
const STAGES: [Stage; 6] =
    [Stage::Connect, Stage::Hello, Stage::Mail, Stage::Recipient, Stage::Data, Stage::Message];

fn kind(error: &SendError) -> &'static str {
    match error {
        SendError::Wait { .. } => "wait",
        SendError::Deferred { .. } => "deferred",
        SendError::Held { .. } => "held",
        SendError::Transient(_) => "transient",
        SendError::NoConnection(_) => "no connection",
        SendError::Unreachable(_) => "unreachable",
        SendError::Ambiguous(_) => "ambiguous",
        SendError::Rejected(_) => "rejected",
        SendError::Policy(_) => "policy",
        SendError::Barred(_) => "barred",
        SendError::Gone(_) => "gone",
        SendError::Moved(_) => "moved",
        SendError::Unauthorized(_) => "unauthorized",
    }
}

/// What a fault becomes at each of the stages, on a connection of its own.
async fn check(fault: Fault, expected: [&str; 6]) {
    let mut found = Vec::new();
    for stage in STAGES {
        let post = Post::new(Options::default()).await;
        found.push(kind(&post.send_through(stage, fault).await));
        // Whatever it was, it is over.
        post.send(ANA).await.unwrap();
    }
    assert_eq!(found, expected, "{fault:?}");
}

#[tokio::test]
async fn a_connection_that_is_dropped_means_all_mails_then_this_one_and_then_nobody_knows() {
    let expected =
        ["unreachable", "unreachable", "unreachable", "transient", "transient", "ambiguous"];
    check(Fault::Drop, expected).await;
    check(Fault::DropAfterTaking, expected).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_waited_for_no_longer_than_each_step_may_take() {
    let expected =
        ["unreachable", "unreachable", "unreachable", "transient", "transient", "ambiguous"];
    check(Fault::Hang, expected).await;
}

#[tokio::test(start_paused = true)]
async fn each_step_has_its_own_time() {
    for (stage, minutes) in [
        (Stage::Connect, 5),
        (Stage::Hello, 5),
        (Stage::Mail, 5),
        (Stage::Recipient, 5),
        (Stage::Data, 2),
        (Stage::Message, 10),
    ] {
        let post = Post::new(Options::default()).await;
        let start = tokio::time::Instant::now();
        let error = post.send_through(stage, Fault::Hang).await;
        assert_eq!(start.elapsed().as_secs() / 60, minutes, "{stage:?}: {error}");
        assert!(error.to_string().contains("no answer in time"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_says_not_now_is_away_until_it_knows_the_recipient() {
    let expected =
        ["unreachable", "unreachable", "unreachable", "deferred", "deferred", "deferred"];
    for reply in [Reply::CLOSING, Reply::LOCAL_ERROR, Reply::NO_STORAGE] {
        check(Fault::Reply(reply), expected).await;
    }
}

#[tokio::test]
async fn a_server_that_says_no_says_to_whom() {
    for (reply, expected) in [
        (Reply::NO_MAILBOX, ["unreachable", "unreachable", "unauthorized", "gone", "gone", "gone"]),
        (
            Reply::POLICY,
            ["unreachable", "unreachable", "unauthorized", "policy", "policy", "policy"],
        ),
        (
            Reply::MAILBOX_FULL,
            ["unreachable", "unreachable", "unauthorized", "barred", "barred", "barred"],
        ),
        (
            Reply::bare(550, "no"),
            ["unreachable", "unreachable", "unauthorized", "gone", "rejected", "rejected"],
        ),
    ] {
        check(Fault::Reply(reply), expected).await;
    }
}

#[tokio::test]
async fn an_answer_is_told_in_the_words_of_the_server_and_without_the_address() {
    let post = Post::new(Options::default()).await;
    let said = Reply::new(550, Enhanced(5, 1, 1), "<ana@example.net>: user unknown in table");
    let error = post.send_through(Stage::Recipient, Fault::Reply(said)).await;
    let text = "recipient gone: 550 5.1.1 <a…@example.net>: user unknown in table";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn after_the_final_dot_nothing_is_sent_a_second_time() {
    let post = Post::new(Options::default()).await;
    post.send(ANA).await.unwrap();
    // On a connection that was used before, where anything else is tried again.
    let error = post.send_through(Stage::Message, Fault::DropAfterTaking).await;
    assert!(matches!(error, SendError::Ambiguous(_)), "{error}");
    assert_eq!((post.server.counters().taken, post.server.counters().connections), (2, 1));
    let error = post.send_through(Stage::Message, Fault::Reply(Reply::CLOSING)).await;
    assert!(matches!(error, SendError::Deferred { .. }), "{error}");
    assert_eq!(post.server.counters().taken, 2);
}

#[tokio::test]
async fn a_refused_password_is_ours() {
    let account = || Account::new("bell", PASSWORD);
    let post = signed_in(Options { auth: Auth::Required(account()), ..Options::default() }).await;
    post.send(ANA).await.unwrap();
    assert_eq!(post.letter(0).0.user.as_deref(), Some("bell"));
    let wrong = Auth::Required(Account::new("bell", "other"));
    let post = signed_in(Options { auth: wrong, ..Options::default() }).await;
    for error in [post.send(ANA).await.unwrap_err(), post.email.introduce().await.unwrap_err()] {
        let text = "credentials refused: 535 5.7.8 authentication credentials invalid";
        assert_eq!(error.to_string(), text);
    }
    // No password is asked for.
    let post = signed_in(Options::default()).await;
    assert_eq!(kind(&post.send(ANA).await.unwrap_err()), "unauthorized");
    // One is, and we have none.
    let post = Post::new(Options { auth: Auth::Required(account()), ..Options::default() }).await;
    assert_eq!(kind(&post.send(ANA).await.unwrap_err()), "unauthorized");
    for (fault, expected) in [
        (Fault::Drop, "unreachable"),
        (Fault::Reply(Reply::new(454, Enhanced(4, 7, 0), "not now")), "unreachable"),
    ] {
        let like = Options { auth: Auth::Offered(account()), ..Options::default() };
        let post = signed_in(like).await;
        assert_eq!(kind(&post.send_through(Stage::Auth, fault).await), expected);
    }
}

/// A server that says these lines, each after a line of its client's but for the first; and what it was told.
async fn saying(lines: &'static [&'static [u8]]) -> (SmtpServer, JoinSet<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut heard = Vec::new();
        for line in lines {
            if stream.get_mut().write_all(line).await.is_err() {
                break;
            }
            let mut told = String::new();
            if !matches!(stream.read_line(&mut told).await, Ok(1..)) {
                break;
            }
            heard.push(told.trim_end().to_owned());
        }
        heard
    });
    let host = "127.0.0.1".to_owned();
    (SmtpServer { host, port, security: Security::Plain, user: None }, server)
}

async fn sent_to(server: SmtpServer) -> Result<Receipt, SendError> {
    let tls = trusting(RootCertStore::empty());
    let clock = Arc::new(|| UnixMillis(NOW));
    let timeouts = Timeouts::default();
    let email = Email::with_tls(&options(server), None, clock, tls, timeouts).unwrap();
    email.send(&outgoing(ANA)).await
}

#[tokio::test]
async fn what_speaks_no_smtp_is_no_mail_server() {
    for said in
        [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x03\x01\0\n"]
    {
        let lines: &'static [&'static [u8]] = Box::leak(vec![said].into_boxed_slice());
        let (server, _told) = saying(lines).await;
        let error = sent_to(server).await.unwrap_err();
        let text = "not reachable: an answer that is none of SMTP, at the greeting";
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn words_that_are_no_utf8_are_an_answer() {
    let (server, _told) = saying(&[
        b"220 x\r\n",
        b"250 x\r\n",
        b"250 x\r\n",
        b"550 5.1.1 Empf\xe4nger unbekannt\r\n",
    ])
    .await;
    let error = sent_to(server).await.unwrap_err();
    assert_eq!(error.to_string(), "recipient gone: 550 5.1.1 Empf\u{fffd}nger unbekannt");
}

#[tokio::test]
async fn an_answer_out_of_turn_is_not_taken_for_a_yes() {
    let (server, _told) =
        saying(&[b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n"]).await;
    let error = sent_to(server).await.unwrap_err();
    assert_eq!(error.to_string(), "an answer out of turn, 250, at DATA");
}

#[tokio::test]
async fn a_server_that_knows_an_older_way_to_sign_in_gets_it() {
    let lines: &[&[u8]] = &[
        b"220 x\r\n",
        b"250-x\r\n250 AUTH=LOGIN CRAM-MD5\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"334 UGFzc3dvcmQ6\r\n",
        b"235 ok\r\n",
        b"554 no\r\n",
    ];
    let (server, mut told) = saying(lines).await;
    let user = Some(("bell".to_owned(), SecretString::from("geheim")));
    let error = sent_to(SmtpServer { user, ..server }).await.unwrap_err();
    assert!(matches!(error, SendError::Unauthorized(_)), "{error}");
    let told = told.join_next().await.unwrap().unwrap();
    let expected =
        ["EHLO [127.0.0.1]", "AUTH LOGIN", "YmVsbA==", "Z2VoZWlt", "MAIL FROM:<bell@example.org>"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_was_said_in_clear_behind_starttls_counts_for_nothing() {
    // Somebody on the way answers within TLS before it begins.
    let lines: &[&[u8]] =
        &[b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n"];
    let (server, _told) = saying(lines).await;
    let error = sent_to(SmtpServer { security: Security::StartTls, ..server }).await.unwrap_err();
    let text = "not reachable: more was said than an answer, at STARTTLS";
    assert_eq!(error.to_string(), text);
}
