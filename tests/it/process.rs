//! The real program as a process of its own: signals, crashes, exit codes, and what it prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tubebell::deliver::IN_FLIGHT_MAX;
use tubebell_sim::telegram::{Fault, Scope};
use tubebell_sim::youtube;

use crate::story::{ANA, Story};
use crate::wait::{until, until_all};

/// The program, killed when a test ends early.
pub(crate) struct Program {
    child: Child,
    /// Where its standard output and error go; files, because a full pipe would stop it.
    name: String,
    begun: Instant,
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
        Program { child, name: name.to_owned(), begun: Instant::now() }
    }

    pub(crate) fn gateway(story: &Story, name: &str) -> Program {
        let config = story.folder.path().join("tubebell.toml");
        std::fs::write(&config, story.config_text()).unwrap();
        // It holds keys: with any other mode, the log says so.
        std::fs::set_permissions(config, std::fs::Permissions::from_mode(0o600)).unwrap();
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

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How long it has worked: an instant of its life that does not depend on what else the machine has to do. Where the
    /// system does not tell, how long it has lived.
    pub(crate) fn worked(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let Ok(threads) = threads else { return self.begun.elapsed() };
        let worked_ns = threads.flatten().filter_map(|thread| {
            let told = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            told.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(worked_ns.sum())
    }

    /// Waits for the end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let mut status = None;
        until("the end of a process", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it has ended already, which is what a test wants.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until the bot listens.
async fn listens(story: &Story) {
    until("listening", async || {
        story.telegram.requests().iter().any(|request| request.method == "getUpdates")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signals_stop_it_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let story = Story::quick().await;
        let mut program = Program::gateway(&story, "run");
        story.ask("/watch dQw4w9WgXcQ", "Watching").await;
        program.signal(signal);
        let status = program.end().await;
        assert_eq!(status.code(), Some(0), "{signal}: {}", program.err(story.folder.path()));
        story.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_four_hundred_messages_it_loses_none_and_repeats_only_what_was_in_flight() {
    const GROUPS: i64 = 400;
    const ANSWERED: u32 = 20;
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
    let applied = apply.end().await;
    assert_eq!(applied.code(), Some(0), "{}", apply.err(&folder));

    let mut program = Program::gateway(&story, "first");
    let read =
        async || story.youtube.requests().iter().any(|request| request.path.contains("batch"));
    until("a second look", read).await;
    // Some are answered; the others get no answer until the kill, so that it always comes amid them.
    let send = Scope::method("sendMessage");
    story.telegram.plan(send, Fault::Slow(Duration::from_millis(1)), ANSWERED);
    story.telegram.plan(send, Fault::HangAfterStoring, None);
    story.set_counts(1005, None);
    until("sending", async || story.telegram.counters().sent > u64::from(ANSWERED)).await;
    program.signal("KILL");
    program.end().await;
    let before = story.telegram.counters().sent;
    assert!(before < u64::try_from(GROUPS).unwrap(), "killed too late: {before} sent");

    story.telegram.heal();
    let mut program = Program::gateway(&story, "second");
    let told = |group: i64| {
        let sent = story.telegram.sent(-group);
        sent.iter().filter(|message| message.text.contains("990 → 1,005")).count()
    };
    let all = usize::try_from(GROUPS).unwrap();
    let are_told = async || (1..=GROUPS).filter(|group| told(*group) > 0).count();
    until_all("groups told", all, are_told).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0));
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
    assert_eq!(second.end().await.code(), Some(1));
    let error = second.err(story.folder.path());
    assert!(error.contains("is in use by another `tubebell run`"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0));
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
    assert_eq!(program.end().await.code(), Some(2));
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
    until("listening", async || log(&program).contains("health and metrics on http://")).await;
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
    assert_eq!(backup.end().await.code(), Some(0), "{}", backup.err(&folder));
    assert!(folder.join("copy.db").metadata().unwrap().len() > 0);

    // Errors are where addresses with secrets get printed.
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::CutShort, 2));
    story.telegram.plan(Scope::method("sendMessage"), Fault::AnswerLost, 1);
    story.telegram.plan(Scope::method("sendMessage"), Fault::ServerHtml(502), 1);
    story.set_counts(1005, None);
    until("a failure", async || log(&program).contains("a message was not taken")).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0));
    let text = log(&program);
    let token = story.telegram.token();
    let secret = token.split(':').nth(1).unwrap();
    assert!(!text.contains("AIzaTest") && !text.contains(secret), "{text}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_rings_in_chats_and_a_mailbox_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Program::start(folder.path(), "demo", &["demo"]);
    // An alert has its rule at its end. These take some seconds: the demo goes by a clock of its own.
    let rings = |place: &str, rule: &str| {
        let out = demo.out(folder.path());
        let mut messages = out.split("\n\n");
        messages.any(|it| it.contains(place) && it.contains(&format!("\n  | 🔔 {rule}\n")))
    };
    until("an alert in Telegram", async || rings("Telegram · tubebell", "title")).await;
    until("an alert in Discord", async || rings("Discord #alerts · tubebell", "title")).await;
    let mailed =
        |text: &str| demo.out(folder.path()).contains(&format!("Mailbox · tubebell\n  | {text}"));
    until("a mail", async || mailed("1,000,000 views: ")).await;
    let out = demo.out(folder.path());
    // A sandbox has no page by which a server would get the bot.
    assert!(!out.contains("oauth2"), "{out}");
    let page = out.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).unwrap();
    let page = reqwest::get(page).await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("<iframe src=\"http://127.0.0.1:").count(), 3, "{page}");
    demo.signal("INT");
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.err(folder.path()));
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["demo.err", "demo.out"]);
    assert_eq!(demo.err(folder.path()), "");
}
