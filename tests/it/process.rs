//! The real program as a process of its own: signals, crashes, exit codes, and what it prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tubebell::deliver::IN_FLIGHT_MAX;
use tubebell::demo::telegram::{Fault, Scope};
use tubebell::demo::youtube;

use crate::story::{ANA, Story, pause};

/// The program, killed when a test ends early.
pub(crate) struct Program {
    child: Child,
    /// Where its standard output and error go; files, because a full pipe would stop it.
    name: String,
}

impl Program {
    /// Starts the program in a folder.
    pub(crate) fn start(folder: &Path, name: &str, arguments: &[&str]) -> Program {
        let file = |kind: &str| File::create(folder.join(format!("{name}.{kind}"))).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_tubebell"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        Program { child, name: name.to_owned() }
    }

    pub(crate) fn gateway(story: &Story, name: &str) -> Program {
        let config = story.folder.path().join("tubebell.toml");
        std::fs::write(config, story.config_text()).unwrap();
        Program::start(story.folder.path(), name, &["run", "--config", "tubebell.toml"])
    }

    pub(crate) fn out(&self, folder: &Path) -> String {
        std::fs::read_to_string(folder.join(format!("{}.out", self.name))).unwrap()
    }

    pub(crate) fn err(&self, folder: &Path) -> String {
        std::fs::read_to_string(folder.join(format!("{}.err", self.name))).unwrap()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// Waits for the end, at most so long.
    pub(crate) async fn end(&mut self, within: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < within, "still running after {within:?}");
            pause().await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it has ended already, which is what a test wants.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Waits for something, at most fifteen seconds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(15), "{what} does not happen");
        pause().await;
    }
}

/// Waits until the bot listens.
async fn listens(story: &Story) {
    until("listening", || {
        story.telegram.requests().iter().any(|request| request.method == "getUpdates")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signals_stop_it_within_ten_seconds_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let story = Story::quick().await;
        let mut program = Program::gateway(&story, "run");
        story.ask("/watch dQw4w9WgXcQ", "Watching").await;
        program.signal(signal);
        let status = program.end(SOON).await;
        assert_eq!(status.code(), Some(0), "{signal}: {}", program.err(story.folder.path()));
        story.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_two_hundred_messages_it_loses_none_and_repeats_only_what_was_in_flight() {
    const GROUPS: i64 = 200;
    let story = Story::quick().await;
    let folder = story.folder.path().to_owned();
    let mut watches = "video,rules,to\n".to_owned();
    for group in 1..=GROUPS {
        story.telegram.group(-group, "A group", &[ANA], &[]);
        writeln!(watches, "dQw4w9WgXcQ,views any,telegram:-{group}").unwrap();
    }
    std::fs::write(folder.join("w.csv"), watches).unwrap();
    std::fs::write(folder.join("tubebell.toml"), story.config_text()).unwrap();
    let mut apply =
        Program::start(&folder, "apply", &["apply", "w.csv", "--config", "tubebell.toml"]);
    let applied = apply.end(SOON).await;
    assert_eq!(applied.code(), Some(0), "{}", apply.err(&folder));

    let mut program = Program::gateway(&story, "first");
    let read = || story.youtube.requests().iter().any(|request| request.path.contains("batch"));
    until("a second look", read).await;
    story.telegram.plan(Scope::method("sendMessage"), Fault::Slow(Duration::from_millis(30)), None);
    story.set_counts(1005, None);
    until("sending", || story.telegram.counters().sent >= 20).await;
    program.signal("KILL");
    program.end(SOON).await;
    let before = story.telegram.counters().sent;
    assert!(before < u64::try_from(GROUPS).unwrap(), "killed too late: {before} sent");

    story.telegram.heal();
    let mut program = Program::gateway(&story, "second");
    let told = |group: i64| {
        let sent = story.telegram.sent(-group);
        sent.iter().filter(|message| message.text.contains("990 → 1,005")).count()
    };
    until("the rest", || (1..=GROUPS).all(|group| told(group) > 0)).await;
    program.signal("TERM");
    assert_eq!(program.end(SOON).await.code(), Some(0));
    let repeated: usize = (1..=GROUPS).map(|group| told(group) - 1).sum();
    assert!(repeated <= IN_FLIGHT_MAX, "{repeated} were told twice");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_on_the_same_database_is_refused_in_one_line() {
    let story = Story::quick().await;
    let mut program = Program::gateway(&story, "first");
    listens(&story).await;
    let mut second = Program::gateway(&story, "second");
    assert_eq!(second.end(SOON).await.code(), Some(1));
    let error = second.err(story.folder.path());
    assert!(error.contains("is in use by another `tubebell run`"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    program.signal("TERM");
    assert_eq!(program.end(SOON).await.code(), Some(0));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_exit_code_2_and_names_all_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("tubebell.toml"),
        "[youtube]\napi_kye = \"AIza\"\nmin_interval = \"soon\"\n[limits]\nretention_days = \"x\"\n",
    )
    .unwrap();
    let mut program = Program::start(folder.path(), "run", &["run", "--config", "tubebell.toml"]);
    assert_eq!(program.end(SOON).await.code(), Some(2));
    let error = program.err(folder.path());
    for part in ["api_kye", "api_key", "min_interval", "retention_days"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_its_health_beside_a_backup_and_never_a_secret() {
    let mut story = Story::quick().await;
    story.more = "[web]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"debug\"\n".to_owned();
    let folder = story.folder.path().to_owned();
    let mut program = Program::gateway(&story, "run");
    story.ask("/watch dQw4w9WgXcQ views any", "Watching").await;
    let log = |program: &Program| program.out(&folder) + &program.err(&folder);
    until("listening", || log(&program).contains("health and metrics on http://")).await;
    let text = log(&program);
    let web = text.split("health and metrics on ").nth(1).unwrap();
    let web = web.split(|c: char| c.is_whitespace() || c == '"').next().unwrap();
    for (page, part) in [("healthz", "ok"), ("readyz", "ok"), ("metrics", "tubebell_")] {
        let answer = reqwest::get(format!("{web}/{page}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{page}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(part) && !text.contains("AIzaTest"), "{page}: {text}");
    }
    let arguments = ["backup", "copy.db", "--config", "tubebell.toml"];
    let mut backup = Program::start(&folder, "backup", &arguments);
    assert_eq!(backup.end(SOON).await.code(), Some(0), "{}", backup.err(&folder));
    assert!(folder.join("copy.db").metadata().unwrap().len() > 0);

    // Errors are where addresses with secrets get printed.
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::CutShort, 2));
    story.telegram.plan(Scope::method("sendMessage"), Fault::AnswerLost, 1);
    story.telegram.plan(Scope::method("sendMessage"), Fault::ServerHtml(502), 1);
    story.set_counts(1005, None);
    until("a failure", || log(&program).contains("a message was not taken")).await;
    program.signal("TERM");
    assert_eq!(program.end(SOON).await.code(), Some(0));
    let text = log(&program);
    let token = story.telegram.token();
    let secret = token.split(':').nth(1).unwrap();
    assert!(!text.contains("AIzaTest") && !text.contains(secret), "{text}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_rings_within_ten_seconds_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Program::start(folder.path(), "demo", &["demo"]);
    let begun = Instant::now();
    until("a message", || demo.out(folder.path()).contains("I ring when")).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    demo.signal("INT");
    assert_eq!(demo.end(SOON).await.code(), Some(0), "{}", demo.err(folder.path()));
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["demo.err", "demo.out"]);
    assert_eq!(demo.err(folder.path()), "");
}
