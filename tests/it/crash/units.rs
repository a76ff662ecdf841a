//! Kills amid messages about many videos, in parts: each new video is named once, and parts keep their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::routing::post;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell_sim::world::World;

use super::installation::Installation;
use super::{RUN, kill_again_and_again, knob, seed};
use crate::process::Program;
use crate::story::CHANNEL;
use crate::wait::{pause, until};

/// Who watches the channel.
pub(super) const CHATS: i64 = 8;

/// A chat has one message in flight at a time.
pub(super) const IN_FLIGHT_MAX: usize = 8;

/// Videos that are there from the beginning.
const VIDEOS: u32 = 5;

/// Videos that are new in a round: with their titles two messages hold fewer.
const NEW: usize = 90;

/// What chats got, in the order in which it came for the first time.
#[derive(Default)]
struct Got {
    texts: BTreeMap<i64, Vec<String>>,
    known: HashMap<(i64, String), usize>,
}

type Shared = Arc<Mutex<Got>>;

async fn answer(
    State(got): State<Shared>,
    Path((_, method)): Path<(String, String)>,
    body: String,
) -> Json<Value> {
    let result = match method.as_str() {
        "getMe" => json!({"id": 1, "is_bot": true, "first_name": "b", "username": "crash_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false}),
        "getUpdates" => {
            for _ in 0..20 {
                pause().await;
            }
            json!([])
        }
        "sendMessage" => {
            let sent: Value = serde_json::from_str(&body).unwrap();
            let chat = sent["chat_id"].as_i64().unwrap();
            let text = sent["text"].as_str().unwrap().to_owned();
            let number = {
                let mut got = got.lock().unwrap();
                let copies = got.known.entry((chat, text.clone())).or_default();
                *copies += 1;
                if *copies == 1 {
                    got.texts.entry(chat).or_default().push(text);
                }
                got.known.len()
            };
            // Some stay in flight for a while.
            for _ in 0..chat % 3 {
                pause().await;
            }
            json!({"message_id": number, "date": 1_795_000_000, "text": "t",
                "chat": {"id": chat, "type": "private", "first_name": "A"}})
        }
        _ => json!(true),
    };
    Json(json!({"ok": true, "result": result}))
}

/// A channel that gets many videos in every round.
pub(super) struct Units {
    pub(super) at: Installation,
    got: Shared,
    round: usize,
}

impl Units {
    /// `more` stands at the end of the configuration.
    pub(super) async fn new(tasks: &TaskTracker, stop: &CancellationToken, more: &str) -> Units {
        let got = Shared::default();
        let bot = post(answer).with_state(Arc::clone(&got));
        let more = format!("[limits]\nmembers_per_subject = 5000\n{more}");
        let world = |world: &mut World| drop(world.add_videos(CHANNEL, VIDEOS));
        let at = Installation::new(world, bot, (tasks, stop), &more).await;
        let watches: String = (1..=CHATS)
            .map(|chat| format!("{CHANNEL},upload; views any,telegram:{chat}\n"))
            .collect();
        let watches = format!("channel,rules,to\n{watches}");
        std::fs::write(at.folder.path().join("w.csv"), watches).unwrap();
        Units { at, got, round: 0 }
    }

    /// Many new videos at once.
    pub(super) fn turn(&mut self) {
        self.round += 1;
        let round = self.round;
        self.at.simulation.edit(|world| {
            for n in 0..NEW {
                world.add_upload(CHANNEL, &title(round, n)).unwrap();
            }
        });
    }

    /// How many alerts there are on new videos, all rounds together.
    pub(super) fn wanted(&self) -> i64 {
        CHATS * i64::try_from(NEW * self.round).unwrap()
    }

    /// Whether everybody has heard of every new video of this round.
    pub(super) fn is_told(&self) -> bool {
        let got = self.got.lock().unwrap();
        let whole: BTreeSet<String> = (0..NEW).map(|n| title(self.round, n)).collect();
        (1..=CHATS).all(|chat| {
            let texts = got.texts.get(&chat).map(Vec::as_slice).unwrap_or_default();
            whole.iter().all(|title| texts.iter().rev().any(|text| text.contains(title)))
        })
    }

    /// Goes on to the next round once everybody has been told of this one.
    pub(super) fn go_on(&mut self) {
        if self.is_told() {
            self.turn();
        }
    }

    /// Starts the gateway once, so that everything is seen, silently. Returns how much work a start is.
    pub(super) async fn begin(&mut self) -> Duration {
        let start = self.at.begin(VIDEOS).await;
        self.turn();
        start
    }

    /// Each video is named once to each. Returns how many copies came.
    pub(super) fn judge_names(&self) -> usize {
        let got = self.got.lock().unwrap();
        for (chat, texts) in &got.texts {
            for round in 1..=self.round {
                for n in 0..NEW {
                    let title = title(round, n);
                    let named = texts.iter().filter(|text| text.contains(&title)).count();
                    assert_eq!(named, 1, "{title} to {chat}");
                }
            }
        }
        got.known.values().map(|copies| copies - 1).sum()
    }

    /// The same, and no part comes before the one before it.
    fn judge(&self) -> usize {
        let copies = self.judge_names();
        let got = self.got.lock().unwrap();
        let mut in_parts = 0;
        for texts in got.texts.values() {
            let mut last = (0, 0);
            for text in texts {
                let part = part(text);
                if let Some((number, count)) = part {
                    in_parts += 1;
                    assert!(number == 1 || last == (number - 1, count), "{number} after {last:?}");
                }
                last = part.unwrap_or_default();
            }
        }
        println!("{} rounds, {in_parts} parts", self.round);
        assert!(in_parts > 0, "nothing was told in parts");
        copies
    }
}

fn title(round: usize, n: usize) -> String {
    format!("Upload {round}-{n:03} of a channel that gives its videos very long titles, as many do")
}

/// Which part a text is, and of how many.
fn part(text: &str) -> Option<(usize, usize)> {
    let (number, count) = text.lines().next()?.rsplit_once("· ")?.1.split_once('/')?;
    Some((number.parse().ok()?, count.parse().ok()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_messages_in_parts_it_names_each_video_once_and_keeps_their_order() {
    let kills = knob("CRASH_KILLS").unwrap_or(4);
    let mut rng = SmallRng::seed_from_u64(seed());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut units = Units::new(&tasks, &stop, "").await;
    let folder = units.at.folder.path().to_owned();
    let start = units.begin().await;

    kill_again_and_again(&folder, kills, start, &mut rng, || units.go_on()).await;
    let program = Program::start(&folder, "run", &RUN);
    until("that what the kills left is told", async || units.is_told()).await;
    units.turn();
    until("the last round", async || units.is_told()).await;
    units.at.finish(program).await;
    stop.cancel();
    units.at.simulation.stop().await;

    units.at.judge(kills, units.judge(), IN_FLIGHT_MAX);
}
