//! What is said when something is planned to go wrong.

use std::time::Duration;

use super::super::{Account, Auth, Enhanced, Fault, Options, Reply, Scope, Stage};
use super::{Client, Fixture};

const TO: &str = "ada@b.example";

async fn fixture() -> Fixture {
    Fixture::new(Options::default()).await
}

#[tokio::test]
async fn a_server_that_is_closed_says_so_at_once() {
    let all = fixture().await;
    all.server.plan(Scope::at(Stage::Connect), Fault::Reply(Reply::CLOSING), 1);
    let mut client = Client::connect(all.server.address()).await;
    assert_eq!(client.reply().await, "421 4.3.2 service not available");
    client.ended().await;
    all.client().await;
}

#[tokio::test]
async fn any_stage_answers_what_is_planned() {
    let auth = Auth::Offered(Account::new("bell", "secret"));
    let all = Fixture::new(Options { auth, auth_in_clear: true, ..Options::default() }).await;
    let mut client = all.client().await;
    let odd = Reply::new(451, Enhanced(4, 9, 9), "odd");
    for stage in
        [Stage::Hello, Stage::Auth, Stage::Mail, Stage::Recipient, Stage::Data, Stage::Message]
    {
        all.server.plan(Scope::at(stage), Fault::Reply(odd), 1);
    }
    // What would be refused anyhow meets none of them.
    let signed_in = "AUTH PLAIN AGJlbGwAc2VjcmV0";
    client.agree(&[("MAIL FROM:<a>", "501"), ("AUTH PLAIN AGJlbGwAeA==", "535")]).await;
    for line in ["EHLO x", signed_in, "MAIL FROM:<a@b>"] {
        client.agree(&[(line, "451 4.9.9 odd"), (line, "2")]).await;
    }
    for line in ["RCPT TO:<ada@b.example>", "DATA"] {
        client.agree(&[(line, "451 4.9.9 odd")]).await;
        if line != "DATA" {
            client.agree(&[(line, "250")]).await;
        }
    }
    client.agree(&[("DATA", "354"), ("x\r\n.", "451 4.9.9 odd")]).await;
    all.server.plan(Scope::at(Stage::Letter), Fault::Reply(odd), 1);
    assert_eq!(client.letter(TO, "x").await, "451 4.9.9 odd");
    assert!(all.taken().is_empty());
    assert!(client.letter(TO, "x").await.starts_with("250"));
    assert_eq!(all.server.counters().taken, 1);
}

#[tokio::test]
async fn one_recipient_is_refused_and_others_are_not() {
    let all = fixture().await;
    let nobody = Fault::Reply(Reply::NO_MAILBOX);
    all.server.plan(Scope::at(Stage::Recipient).to("Gone@b.example"), nobody, None);
    all.server.plan(Scope::at(Stage::Message).to(TO), Fault::Reply(Reply::POLICY), 2);
    let mut client = all.client().await;
    let gone = "RCPT TO:<gone@b.example>";
    client.agree(&[("MAIL FROM:<a@b>", "250"), (gone, "550 5.1.1"), (gone, "550 5.1.1")]).await;
    client.agree(&[("RCPT TO:<bob@b.example>", "250"), ("DATA", "354"), (".", "250")]).await;
    for expected in ["550 5.7.1", "550 5.7.1", "250"] {
        assert!(client.letter(TO, "x").await.starts_with(expected));
    }
    all.server.heal();
    client.agree(&[("MAIL FROM:<a@b>", "250"), (gone, "250")]).await;
}

#[tokio::test]
async fn a_greylisted_recipient_is_reached_when_tried_again_late_enough() {
    let all = fixture().await;
    all.server.greylist("Ada@b.example", Duration::from_secs(300));
    let mut client = all.client().await;
    let to = "RCPT TO:<ada@b.example>";
    client.agree(&[("MAIL FROM:<a@b>", "250"), (to, "450 4.7.1")]).await;
    client.agree(&[("RCPT TO:<bob@b.example>", "250")]).await;
    all.pass(Duration::from_secs(299));
    client.agree(&[(to, "450 4.7.1")]).await;
    all.pass(Duration::from_secs(1));
    client.agree(&[(to, "250"), (to, "250")]).await;
}

#[tokio::test]
async fn a_stage_hangs_until_it_is_released() {
    let all = fixture().await;
    let hanging = |count| move |server: &super::MailSandbox| server.counters().hanging == count;
    all.server.plan(Scope::at(Stage::Connect), Fault::Hang, 1);
    all.server.plan(Scope::at(Stage::Mail), Fault::Hang, 1);
    let mut client = Client::connect(all.server.address()).await;
    all.server.wait_for(hanging(1)).await;
    all.server.release();
    assert!(client.reply().await.starts_with("220"));
    client.agree(&[("EHLO x", "250")]).await;
    client.send("MAIL FROM:<a@b>\r\n").await;
    all.server.wait_for(hanging(1)).await;
    all.server.release();
    assert!(client.reply().await.starts_with("250"));
    client.agree(&[("RSET", "250")]).await;

    for (fault, taken) in [(Fault::Hang, 0), (Fault::HangAfterTaking, 1)] {
        all.server.clear();
        all.server.plan(Scope::at(Stage::Message), fault, 2);
        client.begin(TO).await;
        client.send("x\r\n.\r\n").await;
        // Another one that does not wait so long: nothing more comes of its letter.
        let mut hasty = all.client().await;
        hasty.begin(TO).await;
        hasty.send("y\r\n.\r\n").await;
        all.server.wait_for(hanging(2)).await;
        assert_eq!(all.taken().len(), taken * 2);
        drop(hasty);
        all.server.wait_for(hanging(1)).await;
        all.server.release();
        assert!(client.reply().await.starts_with("250"));
        assert_eq!(all.taken().len(), taken + 1);
    }
}

#[tokio::test]
async fn a_letter_is_taken_whose_sender_leaves_before_it_is_read() {
    let all = fixture().await;
    all.server.plan(Scope::at(Stage::Letter), Fault::Hang, 1);
    let mut client = all.client().await;
    client.begin(TO).await;
    all.server.wait_for(|server| server.counters().hanging == 1).await;
    client.send("x\r\n.\r\n").await;
    drop(client);
    all.server.release();
    all.server.wait_for(|server| server.counters().connections_now == 0).await;
    assert_eq!(all.taken().len(), 1);
}

#[tokio::test]
async fn nothing_hangs_when_nobody_can_release_it() {
    let all = fixture().await;
    all.server.plan(Scope::at(Stage::Data), Fault::Hang, None);
    let mut client = all.client().await;
    client.agree(&[("MAIL FROM:<a@b>", "250"), ("RCPT TO:<c@d>", "250")]).await;
    client.send("DATA\r\n").await;
    all.server.wait_for(|server| server.counters().hanging == 1).await;
    drop(all.server);
    client.ended().await;

    let all = fixture().await;
    all.server.plan(Scope::at(Stage::Connect), Fault::Hang, None);
    let mut client = Client::connect(all.server.address()).await;
    all.server.wait_for(|server| server.counters().hanging == 1).await;
    all.simulation.stop().await;
    client.ended().await;
    assert!(tokio::net::TcpStream::connect(all.server.address()).await.is_err());
}

#[tokio::test]
async fn connections_break_before_or_after_a_letter_is_taken() {
    let all = fixture().await;
    for (fault, taken) in [(Fault::Drop, 0), (Fault::DropAfterTaking, 1)] {
        all.server.plan(Scope::at(Stage::Message), fault, 1);
        let mut client = all.client().await;
        client.begin(TO).await;
        client.send("x\r\n.\r\n").await;
        client.ended().await;
        assert_eq!(all.taken().len(), taken);
    }
    all.server.plan(Scope::at(Stage::Recipient), Fault::Drop, 1);
    let mut client = all.client().await;
    // What was answered before arrives.
    client.send("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n").await;
    assert!(client.reply().await.starts_with("250"));
    client.ended().await;
    all.server.plan(Scope::at(Stage::Connect), Fault::Drop, 1);
    Client::connect(all.server.address()).await.ended().await;
    let dropped: Vec<u16> = all.server.commands().iter().map(|command| command.reply).collect();
    assert_eq!(dropped.iter().filter(|reply| **reply == 0).count(), 3, "{dropped:?}");
}
