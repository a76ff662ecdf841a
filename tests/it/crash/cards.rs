//! Kills amid cards: each is sent when it is asked for, and again only where its message was in flight at a kill.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::post;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::system_clock;
use tubebell::model::{Address, Owner};
use tubebell::store::{Access, CardEdit, Edit, Edited, Registry, Sqlite};
use tubebell_sim::world::{Video, World};

use super::installation::Installation;
use super::{APPLY, RUN, kill_again_and_again, knob, seed};
use crate::process::Program;
use crate::story::{CHANNEL, VIDEO};
use crate::wait::{pause, until};

/// Chats with a card of each video.
const CHATS: i64 = 10;
const VIDEOS: usize = 5;

/// Messages of cards that are under way at once.
const IN_FLIGHT_MAX: usize = 4;

#[derive(Default)]
struct Got {
    /// How often the card of a chat and a video was sent.
    sent: HashMap<(i64, usize), usize>,
    last_id: i64,
}

type Shared = Arc<Mutex<Got>>;

/// The id of a video with cards, which is in the link of each of them.
fn id(video: usize) -> String {
    format!("cardvideo{video:02}")
}

/// A field of a form of several parts, as far as it is text.
fn field<'t>(form: &'t str, name: &str) -> &'t str {
    let (_, rest) = form.split_once(&format!("name=\"{name}\"\r\n\r\n")).unwrap_or_default();
    rest.split("\r\n--").next().unwrap_or_default()
}

async fn answer(
    State(got): State<Shared>,
    Path((_, method)): Path<(String, String)>,
    body: Bytes,
) -> Json<Value> {
    let body = String::from_utf8_lossy(&body);
    let result = match method.as_str() {
        "getMe" => json!({"id": 1, "is_bot": true, "first_name": "b", "username": "crash_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false}),
        "getUpdates" => {
            for _ in 0..20 {
                pause().await;
            }
            json!([])
        }
        // A card with a picture has its text below it.
        "sendMessage" | "sendPhoto" => {
            let (chat, text) = if method == "sendPhoto" {
                (field(&body, "chat_id").parse().unwrap(), field(&body, "caption").to_owned())
            } else {
                let sent: Value = serde_json::from_str(&body).unwrap();
                (sent["chat_id"].as_i64().unwrap(), sent["text"].as_str().unwrap().to_owned())
            };
            let video = (0..VIDEOS).find(|video| text.contains(&id(*video)));
            let id = {
                let mut got = got.lock().unwrap();
                if let Some(video) = video.filter(|_| text.starts_with('📌')) {
                    *got.sent.entry((chat, video)).or_default() += 1;
                }
                got.last_id += 1;
                got.last_id
            };
            // Some stay in flight for a while.
            for _ in 0..chat % 3 {
                pause().await;
            }
            json!({"message_id": id, "date": 1_795_000_000, "text": "t",
                "chat": {"id": chat, "type": "private", "first_name": "A"}})
        }
        _ => json!(true),
    };
    Json(json!({"ok": true, "result": result}))
}

/// Chats that ask for their cards again and again.
struct Cards {
    at: Installation,
    got: Shared,
    round: usize,
}

impl Cards {
    async fn new(tasks: &TaskTracker, stop: &CancellationToken) -> Cards {
        let ids: Vec<String> = (0..VIDEOS).map(id).collect();
        let got = Shared::default();
        let world = |world: &mut World| {
            world.add_video(Video::new(VIDEO, CHANNEL, "Never gonna", world.now()));
            for id in &ids {
                world.add_video(Video::new(id, CHANNEL, "A video with cards", world.now()));
            }
        };
        let bot = post(answer).with_state(Arc::clone(&got));
        let at = Installation::new(world, bot, (tasks, stop), "").await;
        let folder = at.folder.path();
        // Whose alerts wake the loop of the cards.
        let watches = format!("video,rules,to\n{VIDEO},views any,telegram:{}\n", CHATS + 1);
        std::fs::write(folder.join("w.csv"), watches).unwrap();
        let store = Sqlite::open(&folder.join("tubebell.db"), Access::Run).unwrap();
        let edit = |chat: i64, video: &str| {
            let destination = Address::Telegram { chat, thread: None };
            Edit::Card(Box::new(CardEdit {
                owner: Owner::of(&destination),
                destination,
                video: video.parse().unwrap(),
                beginning: None,
                per_chat: VIDEOS,
                videos_limit: None,
            }))
        };
        let edits = (1..=CHATS).flat_map(|chat| ids.iter().map(move |id| edit(chat, id)));
        let made = store.edit(None, edits.collect(), system_clock()()).await.unwrap().unwrap();
        assert!(made.iter().all(|made| *made == Edited::Carded { is_again: false }));
        Cards { at, got, round: 1 }
    }

    /// Whether every card that was asked for was sent, and that is known.
    fn is_sent(&self) -> bool {
        let unsent = "SELECT count(*) FROM card WHERE message IS NULL";
        self.at.database().query_row(unsent, [], |row| row.get::<_, i64>(0)).unwrap() == 0
    }

    /// Everybody asks for all their cards again, once all have come.
    fn go_on(&mut self) {
        if !self.is_sent() {
            return;
        }
        self.round += 1;
        let again = "UPDATE card SET message = NULL, shown = NULL, next_at = 0, made_at = made_at + 1, failing = 0";
        self.at.database().execute(again, []).unwrap();
        self.wake();
    }

    fn wake(&self) {
        self.at.simulation.edit(|world| {
            let views = world.video(VIDEO).unwrap().views.value + 1;
            world.set_counts(VIDEO, views, 1, 1).unwrap();
        });
    }

    /// Each card was sent as often as it was asked for, or more often. Returns how many copies there were.
    fn judge(&self) -> usize {
        let got = self.got.lock().unwrap();
        let mut copies = 0;
        for chat in 1..=CHATS {
            for video in 0..VIDEOS {
                let sent = got.sent.get(&(chat, video)).copied().unwrap_or_default();
                assert!(sent >= self.round, "{sent} of {} to {chat}", self.round);
                copies += sent - self.round;
            }
        }
        copies
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_cards_it_sends_each_and_repeats_only_what_was_in_flight() {
    let kills = knob("CRASH_KILLS").unwrap_or(4);
    let mut rng = SmallRng::seed_from_u64(seed());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut cards = Cards::new(&tasks, &stop).await;
    let folder = cards.at.folder.path().to_owned();
    let mut apply = Program::start(&folder, "apply", &APPLY);
    assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(&folder));

    let mut program = Program::start(&folder, "run", &RUN);
    until("the first cards", async || cards.is_sent()).await;
    let start = program.worked();
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    cards.go_on();

    kill_again_and_again(&folder, kills, start, &mut rng, || cards.go_on()).await;
    let program = Program::start(&folder, "run", &RUN);
    until("that what the kills left is sent", async || cards.is_sent()).await;
    cards.at.finish(program).await;
    stop.cancel();
    cards.at.simulation.stop().await;

    println!("{} rounds of {} cards", cards.round, usize::try_from(CHATS).unwrap() * VIDEOS);
    cards.at.judge(kills, cards.judge(), IN_FLIGHT_MAX);
}
