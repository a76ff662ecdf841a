//! Small answers that would unpack to much: the memory of the real program, with a Telegram and a YouTube that send them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::process::Program;
use crate::wait::until;

/// The most memory that the program may have taken at any time, in KiB, without the pages of its own file: of those a debug
/// build has 40 MB.
const PEAK_MAX_KIB: u64 = 32 << 10;

/// How often each side was asked.
#[derive(Default)]
struct Asked {
    telegram: AtomicUsize,
    youtube: AtomicUsize,
}

/// A list that begins with `head` and goes on with so many bytes of elements, each a list in an object.
fn bomb(head: &str, bytes: usize) -> String {
    format!("{head}{}]}}", ",{\"a\":[]}".repeat(bytes / 9))
}

/// Both services in one: Telegram's paths begin with `/bot`.
async fn answer(State(asked): State<Arc<Asked>>, request: Request) -> String {
    let path = request.uri().path();
    if path.starts_with("/bot") {
        return match path.rsplit('/').next() {
            Some("getMe") => r#"{"ok":true,"result":{"id":1,"username":"bell_bot"}}"#.to_owned(),
            Some("getUpdates") => {
                asked.telegram.fetch_add(1, Ordering::Relaxed);
                bomb(r#"{"ok":true,"result":[{"update_id":1}"#, (4 << 20) - 100)
            }
            _ => r#"{"ok":true,"result":true}"#.to_owned(),
        };
    }
    asked.youtube.fetch_add(1, Ordering::Relaxed);
    let kind = match path.rsplit('/').next() {
        Some("videos:batchGetStats") => "batchGetStatsResponse",
        Some("videos") => "videoListResponse",
        _ => "channelListResponse",
    };
    bomb(&format!(r#"{{"kind":"youtube#{kind}","items":[{{}}"#), (1 << 20) - 100)
}

async fn serve() -> (String, Arc<Asked>, JoinSet<()>) {
    let asked = Arc::new(Asked::default());
    let app = Router::new().fallback(answer).with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, asked, server)
}

/// The most memory that a process has held beside the pages of its file, in KiB; `None` where the system does not tell.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Some(kib("VmHWM:")?.saturating_sub(kib("RssFile:")?))
}

fn write(folder: &Path, url: &str) {
    let config = format!(
        "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{url}\"\nfeed_url = \"{url}\"\ndaily_units = 10000000\n\
         min_interval = \"1s\"\nmax_interval = \"1s\"\n[telegram]\ntoken = \"1:a\"\napi_url = \"{url}\"\n\
         [store]\nurl = \"sqlite://tubebell.db\"\n"
    );
    std::fs::write(folder.join("tubebell.toml"), config).unwrap();
    let watches = "[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = [\"telegram:7\"]\nrules = [\"views any\"]\n\
                   [[watch]]\nchannel = \"UCuAXFkgsw1L7xaCfnd5JJOw\"\nto = [\"telegram:7\"]\nrules = [\"upload\"]\n";
    std::fs::write(folder.join("watches.toml"), watches).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_makes_more_than_32_megabytes_and_what_repeats_is_logged_once() {
    let (url, asked, _server) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &url);
    let arguments = ["apply", "watches.toml", "--config", "tubebell.toml"];
    let mut apply = Program::start(folder.path(), "apply", &arguments);
    assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(folder.path()));
    let run = Program::start(folder.path(), "run", &["run", "--config", "tubebell.toml"]);
    // Two ask YouTube, and one Telegram: who asks again has read what came before.
    until("that all of it is read", async || {
        asked.telegram.load(Ordering::Relaxed) >= 4 && asked.youtube.load(Ordering::Relaxed) >= 3
    })
    .await;
    let peak = peak_kib(run.id());
    assert!(peak.is_none_or(|peak| peak < PEAK_MAX_KIB), "{peak:?} KiB");
    let log = run.out(folder.path()) + &run.err(folder.path());
    let line = "commands can't be heard: Telegram answers at once and tells nothing new";
    assert_eq!(log.matches(line).count(), 1, "{log}");
}
