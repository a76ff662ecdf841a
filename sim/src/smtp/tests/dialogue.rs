//! What is said when nothing is planned to go wrong.

use super::super::{Account, Auth, Options};
use super::{Client, Fixture};

fn account() -> Account {
    Account::new("bell", "secret")
}

#[tokio::test]
async fn a_letter_is_kept_as_it_was_typed() {
    let all = Fixture::new(Options::default()).await;
    let mut client = all.client().await;
    let begin = [
        ("MAIL FROM:<bell@a.example> SIZE=30 BODY=8BITMIME", "250 2.1.0"),
        ("RCPT TO:<ada@b.example>", "250 2.1.5"),
        ("RCPT TO:<Bob@b.example>", "250 2.1.5"),
        ("DATA", "354 "),
    ];
    client.agree(&begin).await;
    let reply = client.say("Subject: ü\r\n\r\n..dot\r\n..\r\n.x\r\n\r\n.").await;
    assert_eq!(reply, "250 2.0.0 message taken");
    // The null sender, over the same connection.
    client
        .agree(&[("MAIL FROM:<>", "250"), ("RCPT TO:<postmaster>", "250"), ("DATA", "354")])
        .await;
    client.agree(&[(".", "250 2.0.0"), ("QUIT", "221 2.0.0")]).await;
    client.ended().await;
    drop(client);

    assert_eq!(all.taken(), ["Subject: ü\r\n\r\n.dot\r\n.\r\nx\r\n\r\n", ""]);
    let mails = all.server.messages();
    assert_eq!(mails[0].sender, "bell@a.example");
    assert_eq!(mails[0].recipients, ["ada@b.example", "Bob@b.example"]);
    assert_eq!((mails[0].number, mails[0].connection, mails[0].over_tls), (1, 1, false));
    assert_eq!((mails[1].number, mails[1].connection, mails[1].sender.as_str()), (2, 1, ""));
    assert_eq!(all.server.messages_for("bob@B.example").len(), 1);
    all.server.wait_for(|server| server.counters().connections_now == 0).await;
    let counters = all.server.counters();
    assert_eq!((counters.connections, counters.taken, counters.refused), (1, 2, 0));
    all.server.clear();
    assert!(all.server.messages().is_empty() && all.server.commands().is_empty());
}

#[tokio::test]
async fn what_is_offered_is_told_and_what_is_not_is_refused() {
    let all = Fixture::new(Options { size_max: 5_000, ..Options::default() }).await;
    let mut client = all.client().await;
    let offers = client.say("EHLO [127.0.0.1]").await;
    let expected = "250-mail.sandbox\n250-PIPELINING\n250-SIZE 5000\n250-8BITMIME\n250-SMTPUTF8\n250 ENHANCEDSTATUSCODES";
    assert_eq!(offers, expected);
    client
        .agree(&[
            ("STARTTLS", "502 5.5.1"),
            ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
            ("MAIL FROM:<a@b> SIZE=5001", "552 5.3.4"),
            ("MAIL FROM:<a@b> SIZE=x", "501 5.5.4"),
            ("MAIL FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4"),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4"),
            ("MAIL FROM:<a@b> AUTH=<>", "555 5.5.4"),
            ("MAIL FROM:<a@b> RET=HDRS", "555 5.5.4"),
            ("MAIL FROM:<ä@b>", "553 5.6.7"),
            ("MAIL FROM:<ä@b> SMTPUTF8", "250"),
            ("RCPT TO:<ö@b>", "250"),
        ])
        .await;
    all.server.configure(|options| options.smtputf8 = false);
    let mut client = all.client().await;
    client.agree(&[("MAIL FROM:<ä@b> SMTPUTF8", "555"), ("MAIL FROM:<a@b>", "250")]).await;
    client.agree(&[("RCPT TO:<ö@b>", "553 5.6.7")]).await;
    all.server.configure(|options| options.eight_bit = false);
    let mut client = all.client().await;
    let offers = client.say("EHLO x").await;
    assert!(!offers.contains("8BITMIME") && !offers.contains("SMTPUTF8"), "{offers}");
    client.agree(&[("MAIL FROM:<a@b> BODY=8BITMIME", "555 5.5.4")]).await;
    // HELO has no extensions at all.
    client.agree(&[("HELO x", "250 hello"), ("MAIL FROM:<a@b> SIZE=1", "555 5.5.4")]).await;
    assert_eq!(all.server.counters().refused, 13);
}

#[tokio::test]
async fn commands_have_an_order() {
    let all = Fixture::new(Options::default()).await;
    let mut client = Client::connect(all.server.address()).await;
    client.reply().await;
    let to = "RCPT TO:<ada@b.example>";
    client
        .agree(&[
            ("MAIL FROM:<a@b>", "503 5.5.1"),
            (to, "503 5.5.1"),
            ("DATA", "503 5.5.1"),
            ("NOOP", "250 2.0.0"),
            ("VRFY ada", "252 2.5.2"),
            ("EXPN all", "502 5.5.1"),
            ("BELL", "500 5.5.1"),
            ("EHLO client.example", "250"),
            (to, "503 5.5.1"),
            ("MAIL FROM:<a@b>", "250"),
            ("MAIL FROM:<a@b>", "503 5.5.1"),
            ("DATA", "554 5.5.1"),
            ("RCPT TO:<ada>", "501 5.1.3"),
            (to, "250"),
            ("RSET", "250 2.0.0"),
            ("DATA", "503 5.5.1"),
            ("MAIL FROM:<a@b>", "250"),
            ("EHLO client.example", "250"),
            (to, "503 5.5.1"),
        ])
        .await;
    let commands = all.server.commands();
    let first = &commands[0];
    assert_eq!((first.line.as_str(), first.reply, first.connection), ("MAIL FROM:<a@b>", 503, 1));
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_their_order() {
    let all = Fixture::new(Options::default()).await;
    let mut client = all.client().await;
    client.send("MAIL FROM:<a@b>\r\nRCPT TO:<x>\r\nRCPT TO:<c@d>\r\nDATA\r\n").await;
    for expected in ["250 2.1.0", "501 5.1.3", "250 2.1.5", "354 "] {
        let reply = client.reply().await;
        assert!(reply.starts_with(expected), "{expected}: {reply}");
    }
    client.send("x\r\n.\r\nQUIT\r\n").await;
    assert!(client.reply().await.starts_with("250 2.0.0"));
    assert!(client.reply().await.starts_with("221"));
    client.ended().await;
    assert_eq!(all.taken(), ["x\r\n"]);
}

#[tokio::test]
async fn lines_end_as_they_have_to_and_are_not_too_long() {
    let all = Fixture::new(Options::default()).await;
    for (text, expected) in [
        ("smuggled\n.\nMAIL FROM:<x@y>\r\n.\r\n", "521 5.5.2 bare <LF> received"),
        ("smuggled\r.\r\n.\r\n", "521 5.5.2 bare <CR> received"),
    ] {
        let mut client = all.client().await;
        client.begin("ada@b.example").await;
        client.send(text).await;
        assert_eq!(client.reply().await, expected);
        client.ended().await;
    }
    let mut client = all.client().await;
    client.send("NOOP\n").await;
    assert_eq!(client.reply().await, "521 5.5.2 bare <LF> received");
    client.ended().await;

    let mut client = all.client().await;
    let longest = "x".repeat(998);
    for (text, expected) in [
        (format!("{longest}x"), "500 5.5.2"),
        (format!("..{longest}"), "500 5.5.2"),
        (format!("{}\r\n\r\nmore", "x".repeat(100_000)), "500 5.5.2"),
        ("ü".to_owned(), "554 5.6.1"),
        (longest.clone(), "250"),
        (format!(".{longest}"), "250"),
    ] {
        let reply = client.letter("ada@b.example", &text).await;
        assert!(reply.starts_with(expected), "{reply}");
    }
    client.agree(&[(&format!("NOOP {longest}"), "500 5.5.2"), ("NOOP", "250")]).await;
    client.agree(&[(&format!("NOOP {}", longest.repeat(20)), "500 5.5.2"), ("NOOP", "250")]).await;
    assert_eq!(all.taken(), vec![format!("{longest}\r\n"); 2]);
}

#[tokio::test]
async fn what_is_kept_and_held_has_bounds() {
    let options = Options {
        size_max: 100,
        kept_messages: 2,
        kept_commands: 3,
        recipients_max: 1,
        connections_max: 2,
        messages_per_connection: Some(4),
        ..Options::default()
    };
    let all = Fixture::new(options).await;
    let mut client = all.client().await;
    let reply = client.letter("a@b", &"x".repeat(99)).await;
    assert_eq!(reply, "552 5.3.4 message size exceeds fixed limit");
    for text in ["1", "2", "3", &"x".repeat(98)] {
        assert!(client.letter("a@b", text).await.starts_with("250"));
    }
    assert_eq!(all.taken(), ["3\r\n".to_owned(), format!("{}\r\n", "x".repeat(98))]);
    assert_eq!(all.server.messages()[1].number, 4);
    assert_eq!(all.server.commands().len(), 3);
    // The same connection has had its letters.
    let reply = client.say("MAIL FROM:<a@b>").await;
    assert_eq!(reply, "421 4.7.0 too many messages in this connection");
    client.ended().await;
    drop(client);

    let mut client = all.client().await;
    client.agree(&[("MAIL FROM:<a@b>", "250"), ("RCPT TO:<c@d>", "250")]).await;
    client.agree(&[("RCPT TO:<e@f>", "452 4.5.3"), ("RSET", "250")]).await;
    all.server.wait_for(|server| server.counters().connections_now == 1).await;
    let _other = all.client().await;
    let mut third = Client::connect(all.server.address()).await;
    assert_eq!(third.reply().await, "421 4.7.0 too many connections");
    third.ended().await;
    let counters = all.server.counters();
    assert_eq!((counters.connections, counters.connections_at_most), (3, 2));
    assert_eq!(counters.turned_away, 1);
    // Bytes are bounded too, and the newest letter stays.
    all.server.configure(|options| options.kept_bytes = 10);
    assert!(client.letter("a@b", "twelve bytes").await.starts_with("250"));
    assert_eq!(all.taken(), ["twelve bytes\r\n"]);
}

#[tokio::test]
async fn a_client_that_errs_on_and_on_is_sent_away() {
    let all = Fixture::new(Options::default()).await;
    let mut client = all.client().await;
    client.send("BELL\r\n".repeat(60)).await;
    for _ in 0..50 {
        assert!(client.reply().await.starts_with("500"));
    }
    assert_eq!(client.reply().await, "421 4.7.0 too many errors");
    client.ended().await;
}

#[tokio::test]
async fn who_signs_in_is_known() {
    let auth = Auth::Required(account());
    let all = Fixture::new(Options { auth, auth_in_clear: true, ..Options::default() }).await;
    let mut client = all.client().await;
    assert!(client.say("EHLO x").await.contains("\n250-AUTH PLAIN LOGIN\n"));
    let wrong = data_encoding::BASE64.encode(b"\0bell\0wrong");
    let right = data_encoding::BASE64.encode(b"\0bell\0secret");
    client
        .agree(&[
            ("MAIL FROM:<a@b>", "530 5.7.0 authentication required"),
            (&format!("AUTH PLAIN {wrong}"), "535 5.7.8"),
            ("AUTH PLAIN !", "501 5.5.2"),
            ("AUTH PLAIN =", "501 5.5.2"),
            ("AUTH CRAM-MD5", "504 5.5.4"),
            ("AUTH PLAIN", "334 "),
            ("*", "501 5.7.0"),
            ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
            ("YmVsbA==", "334 UGFzc3dvcmQ6"),
            ("d3Jvbmc=", "535 5.7.8"),
            ("AUTH PLAIN", "334 "),
            (&right, "235 2.7.0"),
            (&format!("AUTH PLAIN {right}"), "503 5.5.1"),
        ])
        .await;
    assert!(client.letter("a@b", "x").await.starts_with("250"));
    let mut client = all.client().await;
    client.agree(&[("AUTH LOGIN YmVsbA==", "334 UGFzc3dvcmQ6"), ("c2VjcmV0", "235 2.7.0")]).await;
    assert_eq!(all.server.messages()[0].user.as_deref(), Some("bell"));
    assert_eq!(all.server.counters().signed_in, 2);
    let lines: Vec<String> =
        all.server.commands().into_iter().map(|command| command.line).collect();
    assert!(lines.iter().any(|line| line == "AUTH PLAIN"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains(&right) || line.contains("c2Vj")), "{lines:?}");
    all.server.configure(|options| options.auth_in_clear = false);
    let mut client = all.client().await;
    assert!(!client.say("EHLO x").await.contains("AUTH"));
    client.agree(&[(&format!("AUTH PLAIN {right}"), "538 5.7.11")]).await;
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for_for_ever() {
    let patience = std::time::Duration::from_millis(1);
    let all = Fixture::new(Options { patience, ..Options::default() }).await;
    let mut client = Client::connect(all.server.address()).await;
    assert_eq!(client.reply().await, "220 mail.sandbox ESMTP");
    assert_eq!(client.reply().await, "421 4.4.2 timeout, closing connection");
    client.ended().await;
}
