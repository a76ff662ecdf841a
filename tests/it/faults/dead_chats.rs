//! Very many chats that are gone at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tubebell::model::{Address, Channel};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::rig::Rig;
use crate::bodies;
use crate::process::Program;
use crate::story::{ANA, Story};
use crate::wait::{until, until_all};

const DEAD: i64 = 10_000;
const OPERATOR: i64 = 1_000_001;
const ALIVE: i64 = 1_000_002;

/// How a chat was asked: how often, and with what.
type Asked = (u32, String);

/// A Telegram in which half of the people have blocked the bot and half of the chats are not there.
#[derive(Default)]
struct Graveyard {
    asked: Mutex<HashMap<i64, Asked>>,
}

#[async_trait]
impl Notifier for Graveyard {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let Address::Telegram { chat, .. } = outgoing.address else { panic!("a chat") };
        let mut asked = self.asked.lock().unwrap();
        let (times, body) = asked.entry(chat).or_default();
        *times += 1;
        body.push_str(bodies::text(&outgoing.body));
        match chat {
            ALIVE | OPERATOR => Ok(Receipt("1".into())),
            chat if chat % 2 == 0 => {
                Err(SendError::Gone("Forbidden: bot was blocked by the user".into()))
            }
            _ => Err(SendError::Gone("Bad Request: chat not found".into())),
        }
    }
}

fn chat(chat: i64) -> Address {
    Address::Telegram { chat, thread: None }
}

#[tokio::test]
async fn ten_thousand_dead_chats_are_disabled_once_each_and_flood_neither_operator_nor_log() {
    let graveyard = Arc::new(Graveyard::default());
    let rig = Rig::start(Arc::clone(&graveyard) as _, &[chat(OPERATOR)]);
    rig.queue((1..=DEAD).map(|n| (chat(n), "{}".to_owned()))).await;
    rig.queue([(chat(ALIVE), "{}".to_owned())]).await;
    let asked = async || graveyard.asked.lock().unwrap().len();
    until_all("chats asked", usize::try_from(DEAD + 2).unwrap(), asked).await;
    until("that all is recorded", async || rig.pending() == 0).await;
    rig.stop();
    until("the end", async || rig.worker.is_finished()).await;

    let asked = graveyard.asked.lock().unwrap();
    assert!(asked.values().all(|(times, _)| *times == 1), "a dead chat was asked again");
    let disabled: i64 = rig.sql("SELECT count(*) FROM destination WHERE disabled IS NOT NULL");
    assert_eq!(disabled, DEAD);
    assert!(asked[&OPERATOR].1.contains("A destination is off"), "{}", asked[&OPERATOR].1);
    // What was gathered is told at the latest when the gateway stops.
    let notice: String = rig.sql(
        "SELECT group_concat(body) FROM notification WHERE state = 'pending' AND kind = 'notice'",
    );
    assert_eq!(notice.matches("More destinations are off").count(), 1, "{notice}");
    assert!(notice.contains("10,000"), "{notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_messages_that_are_not_taken_the_log_names_the_first_and_counts_the_rest() {
    const GONE: usize = 150;
    let story = Story::quick().await;
    let folder = story.folder.path().to_owned();
    let mut watches = "video,rules,to\n".to_owned();
    for chat in 1..=GONE {
        writeln!(watches, "dQw4w9WgXcQ,views any,telegram:-{chat}").unwrap();
    }
    writeln!(watches, "dQw4w9WgXcQ,views any,telegram:{ANA}").unwrap();
    std::fs::write(folder.join("w.csv"), watches).unwrap();
    std::fs::write(folder.join("tubebell.toml"), story.config_text()).unwrap();
    let arguments = ["apply", "w.csv", "--config", "tubebell.toml"];
    let mut apply = Program::start(&folder, "apply", &arguments);
    assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(&folder));
    let mut program = Program::gateway(&story, "run");
    until("a second look", async || {
        story.youtube.requests().iter().any(|request| request.path.contains("batch"))
    })
    .await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    let asked = || usize::try_from(story.telegram.counters().refused).unwrap();
    until("all to be asked", async || asked() >= GONE).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0));
    let log = program.err(&folder);
    let lines = log.lines().filter(|line| line.contains("was not taken")).count();
    assert_eq!((lines, asked()), (20, GONE), "{log}");
    story.end().await;
}
