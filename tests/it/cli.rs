//! Promises of the command line, asked of the real program in folders of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy takes for other code")]

mod apply;
mod discord;
mod files;
mod gateway;
#[cfg(feature = "kafka")]
mod kafka;
mod mailboxes;
mod people;
mod reaching;
mod tools;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tubebell::model::UnixMillis;
use tubebell::store::{Access, Sqlite};

pub(crate) const CONFIG: &str = r#"
[youtube]
api_key = "AIzaSyTest"
[telegram]
token = "123456789:AA-test"
[webhook]
secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
"#;

/// A moment before every run of the program.
const EARLIER: UnixMillis = UnixMillis(1_700_000_000_000);

/// What one run of the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The run went well and said this last on standard output.
    #[track_caller]
    pub(crate) fn done(&self, last: &str) {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        assert_eq!(self.out.lines().last().unwrap_or_default(), last);
    }

    /// The run ended with this code and these lines on standard error.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, lines: &[&str]) {
        assert_eq!(self.err.lines().collect::<Vec<_>>(), lines);
        assert_eq!(self.code, code);
    }
}

/// A folder with a configuration, in which the program is started.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn empty() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    pub(crate) fn new() -> Home {
        let home = Home::empty();
        std::fs::create_dir(home.path().join("config")).unwrap();
        home.write("config/tubebell.toml", CONFIG);
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that nobody else can read, as one with secrets should be.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tubebell"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Said {
        said(&mut self.command(arguments))
    }

    fn store(&self) -> Sqlite {
        Sqlite::open(&self.path().join("tubebell.db"), Access::Tool).unwrap()
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
