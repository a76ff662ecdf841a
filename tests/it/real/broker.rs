//! A broker of one test's own, for what can't be done to the one that all share.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::services;
use crate::wait::until;

/// How many lines of a broker's log a test shows when it fails.
const LINES_MAX: usize = 20;

/// How often a broker is started on other ports, because somebody has taken one of them in between.
const TRIES: usize = 3;

/// A broker with its own data, on its own port. It ends with the test.
pub(crate) struct Broker {
    child: Child,
    home: PathBuf,
    folder: TempDir,
    ports: [u16; 2],
    more: &'static str,
}

impl Broker {
    /// A new broker, which answers. `None` says that the test is skipped.
    pub(crate) async fn start() -> Option<Broker> {
        Broker::start_with("").await
    }

    /// The same with further lines in its configuration, which go before those that stand there.
    pub(crate) async fn start_with(more: &'static str) -> Option<Broker> {
        let home = services::kafka_home()?;
        for _ in 0..TRIES {
            let folder = tempfile::tempdir().unwrap();
            let ports = free_ports();
            let child = run(&home, folder.path(), ports, more);
            let mut broker = Broker { child, home: home.clone(), folder, ports, more };
            if broker.answers().await {
                return Some(broker);
            }
        }
        panic!("no broker starts, on other ports neither");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
    }

    /// Ends it at once: it says goodbye to nobody, and what it has not written is lost.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, where it was and with the data it had; kills it first where nobody has.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.child = run(&self.home, self.folder.path(), self.ports, self.more);
        assert!(self.answers().await, "it does not come back: {}", self.log_end());
    }

    /// Forgets all records of a topic, as a disk does that was lost. Only while it is killed.
    pub(crate) fn lose(&self, topic: &str) {
        for entry in std::fs::read_dir(self.folder.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.rsplit_once('-').is_some_and(|(found, _)| found == topic) {
                for file in std::fs::read_dir(path).unwrap() {
                    let file = file.unwrap().path();
                    if !file.ends_with("partition.metadata") {
                        std::fs::remove_file(file).unwrap();
                    }
                }
            }
        }
        for checkpoint in ["recovery-point-offset-checkpoint", "replication-offset-checkpoint"] {
            // It would say where they ended.
            drop(std::fs::remove_file(self.folder.path().join("data").join(checkpoint)));
        }
    }

    /// Stops it amid whatever it does: connections stay, and nothing is answered.
    pub(crate) async fn freeze(&self) {
        self.signal("STOP");
        until("a broker that stands still", async || self.stands_still()).await;
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// Whether all its threads have stopped. Where the system does not tell, one believes it.
    fn stands_still(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        threads.into_iter().flatten().flatten().all(|thread| {
            let told = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // Behind the name, which is in parentheses and may hold some.
            told.rsplit(") ").next().is_some_and(|state| state.starts_with('T'))
        })
    }

    /// Waits until it listens; false when it has ended instead.
    async fn answers(&mut self) -> bool {
        let address = self.address();
        let mut has_ended = false;
        until("a broker that answers", async || {
            has_ended = self.child.try_wait().unwrap().is_some();
            has_ended || TcpStream::connect(address).is_ok()
        })
        .await;
        !has_ended
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Fails when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn run(home: &Path, folder: &Path, [port, controller]: [u16; 2], more: &str) -> Child {
    let log = File::options().append(true).create(true).open(folder.join("log")).unwrap();
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/kafka"))
        .arg(folder)
        .args([port.to_string(), controller.to_string()])
        .env("TUBEBELL_TEST_KAFKA_HOME", home)
        .env("TUBEBELL_TEST_KAFKA_MORE", more)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Two ports that are free now. Not those that systems give to clients: one of these could be lost while the broker is away.
fn free_ports() -> [u16; 2] {
    let bind = || loop {
        let port = rand::random_range(20_000..32_000);
        if let Ok(held) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return held;
        }
    };
    // Both are held until both are known, so that they differ.
    [bind(), bind()].map(|held| held.local_addr().unwrap().port())
}
