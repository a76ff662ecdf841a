//! Kills amid cards: each is sent when it is asked for, and again only where its message was in flight at a kill.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::system_clock;
use tubebell::model::{Address, Owner};
use tubebell::store::{Access, CardEdit, Edit, Edited, Registry, Sqlite};
use tubebell_sim::world::Video;
use tubebell_sim::{Simulation, youtube};

use super::{APPLY, RUN, check_sound, kill_again_and_again, knob, seed};
use crate::outside::{self, UNITS};
use crate::process::Program;
use crate::story::{CHANNEL, VIDEO};
use crate::wait::{LIMIT, pause, until};

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
    folder: tempfile::TempDir,
    simulation: Simulation,
    got: Shared,
    round: usize,
}

impl Cards {
    async fn new(tasks: &TaskTracker, stop: &CancellationToken) -> Cards {
        let simulation = outside::simulation(system_clock());
        let ids: Vec<String> = (0..VIDEOS).map(id).collect();
        simulation.edit(|world| {
            world.add_video(Video::new(VIDEO, CHANNEL, "Never gonna", world.now()));
            for id in &ids {
                world.add_video(Video::new(id, CHANNEL, "A video with cards", world.now()));
            }
        });
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let got = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/{bot}/{method}", post(answer)).with_state(Arc::clone(&got));
        let end = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(end).await.unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let base = youtube.base_url();
        let config = format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{base}\"\nfeed_url = \"{base}\"\n\
             daily_units = {UNITS}\nmin_interval = \"1s\"\nmax_interval = \"1s\"\n\
             [telegram]\ntoken = \"1:crash\"\napi_url = \"http://127.0.0.1:{port}\"\nrate_per_s = 0\n\
             chat_rate_per_s = 0\ngroup_rate_per_min = 0\n"
        );
        std::fs::write(folder.path().join("tubebell.toml"), config).unwrap();
        // Whose alerts wake the loop of the cards.
        let watches = format!("video,rules,to\n{VIDEO},views any,telegram:{}\n", CHATS + 1);
        std::fs::write(folder.path().join("w.csv"), watches).unwrap();
        let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
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
        Cards { folder, simulation, got, round: 1 }
    }

    fn database(&self) -> Connection {
        let db = Connection::open(self.folder.path().join("tubebell.db")).unwrap();
        db.busy_timeout(LIMIT).unwrap();
        db
    }

    /// Whether every card that was asked for was sent, and that is known.
    fn is_sent(&self) -> bool {
        let unsent = "SELECT count(*) FROM card WHERE message IS NULL";
        self.database().query_row(unsent, [], |row| row.get::<_, i64>(0)).unwrap() == 0
    }

    /// Everybody asks for all their cards again, once all have come.
    fn go_on(&mut self) {
        if !self.is_sent() {
            return;
        }
        self.round += 1;
        let again = "UPDATE card SET message = NULL, shown = NULL, next_at = 0, made_at = made_at + 1, failing = 0";
        self.database().execute(again, []).unwrap();
        self.wake();
    }

    fn wake(&self) {
        self.simulation.edit(|world| {
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
    let folder = cards.folder.path().to_owned();
    let mut apply = Program::start(&folder, "apply", &APPLY);
    assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(&folder));

    let mut program = Program::start(&folder, "run", &RUN);
    until("the first cards", async || cards.is_sent()).await;
    let start = program.worked();
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    cards.go_on();

    kill_again_and_again(&folder, kills, start, &mut rng, || cards.go_on()).await;
    let mut program = Program::start(&folder, "run", &RUN);
    until("that what the kills left is sent", async || cards.is_sent()).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    stop.cancel();
    cards.simulation.stop().await;

    let copies = cards.judge();
    println!(
        "{kills} kills, {} rounds of {} cards, {copies} second copies",
        cards.round,
        CHATS * 5
    );
    let most = usize::try_from(kills).unwrap() * IN_FLIGHT_MAX;
    assert!(copies <= most, "{copies} second copies after {kills} kills");
    check_sound(&cards.database());
}
