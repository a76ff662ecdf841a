//! Why a tool did not do what was asked, sorted by the exit code; and how that is told.

use std::io;
use std::process::ExitCode;

use super::terminal;
use crate::store::StoreError;

/// The exit code for what could not be done.
const FAILED: u8 = 1;

/// The exit code for wrong usage or configuration.
pub(super) const WRONG: u8 = 2;

/// Why a tool did not do what was asked.
#[derive(Debug)]
pub(super) enum Fault {
    /// What was asked for, the configuration or a watch file is wrong: details, one line each, and what they sum up to.
    Wrong {
        /// Each stands alone, with its place.
        details: Vec<String>,
        /// One line.
        summary: String,
    },
    /// It failed.
    Failed(anyhow::Error),
    /// Whoever read our output has gone away (`tubebell export | head`): nothing is wrong.
    OutputClosed,
    /// The tool has said itself what is wrong.
    Told {
        /// Whether it is the configuration.
        configuration: bool,
    },
}

impl Fault {
    /// Wrong usage in one line.
    pub(super) fn wrong(summary: impl Into<String>) -> Fault {
        Fault::Wrong { details: Vec::new(), summary: summary.into() }
    }

    /// A failure in one line.
    pub(super) fn failed(line: impl Into<String>) -> Fault {
        Fault::Failed(anyhow::Error::msg(line.into()))
    }

    /// Mistakes of the configuration.
    pub(super) fn configuration(mut lines: Vec<String>) -> Fault {
        if lines.len() == 1 {
            return Fault::wrong(lines.remove(0));
        }
        let summary = format!("{} mistakes in the configuration", lines.len());
        Fault::Wrong { details: lines, summary }
    }

    /// Mistakes of templates.
    pub(super) fn templates(mut lines: Vec<String>) -> Fault {
        if lines.len() == 1 {
            return Fault::wrong(lines.remove(0));
        }
        let summary = format!("{} mistakes in the templates", lines.len());
        Fault::Wrong { details: lines, summary }
    }

    /// Writes it to standard error and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Fault::Wrong { details, summary } => {
                for line in details {
                    terminal::say(&line);
                }
                terminal::say(&format!("tubebell: {summary}"));
                ExitCode::from(WRONG)
            }
            Fault::Failed(error) => {
                terminal::say(&format!("tubebell: {error:#}"));
                ExitCode::from(FAILED)
            }
            Fault::OutputClosed => ExitCode::SUCCESS,
            Fault::Told { configuration } => {
                ExitCode::from(if configuration { WRONG } else { FAILED })
            }
        }
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Fault::Failed(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Failed(error.into())
    }
}

impl From<io::Error> for Fault {
    /// For writing to standard output; other files name their path.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Fault::OutputClosed,
            _ => Fault::Failed(anyhow::Error::from(error).context("could not write the output")),
        }
    }
}
