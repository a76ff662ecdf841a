//! What the registry keeps.

use std::collections::{BTreeMap, VecDeque};

use super::faults::Fault;
use crate::plan::Plan;

/// How many requests are remembered; older ones are forgotten.
const REQUESTS_MAX: usize = 4_096;

/// How the next version of a subject goes with those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// In any way.
    None,
    /// It reads what the last one wrote.
    Backward,
    /// It reads what all of them wrote.
    BackwardTransitive,
    /// The last one reads what it writes.
    Forward,
    /// All of them do.
    ForwardTransitive,
    /// Both ways with the last one.
    Full,
    /// Both ways with all of them.
    FullTransitive,
}

impl Level {
    const ALL: [Level; 7] = [
        Level::None,
        Level::Backward,
        Level::BackwardTransitive,
        Level::Forward,
        Level::ForwardTransitive,
        Level::Full,
        Level::FullTransitive,
    ];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Level::None => "NONE",
            Level::Backward => "BACKWARD",
            Level::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Level::Forward => "FORWARD",
            Level::ForwardTransitive => "FORWARD_TRANSITIVE",
            Level::Full => "FULL",
            Level::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    pub(super) fn of(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.word().eq_ignore_ascii_case(word))
    }

    pub(super) const fn is_of_all(self) -> bool {
        matches!(self, Level::BackwardTransitive | Level::ForwardTransitive | Level::FullTransitive)
    }

    pub(super) const fn reads_older(self) -> bool {
        !matches!(self, Level::None | Level::Forward | Level::ForwardTransitive)
    }

    pub(super) const fn is_read_by_older(self) -> bool {
        !matches!(self, Level::None | Level::Backward | Level::BackwardTransitive)
    }
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PUT`, `POST`.
    pub method: String,
    /// The path as it was sent, with its escapes.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// What was sent along.
    pub body: String,
}

/// A subject.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) level: Option<Level>,
    /// Ids of schemas, oldest first.
    pub(super) versions: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) faults: Plan<&'static str, Fault>,
    pub(super) is_read_only: bool,
    pub(super) subjects: BTreeMap<String, Subject>,
    /// Their ids count from 1.
    schemas: Vec<String>,
    pub(super) requests: VecDeque<Request>,
    pub(super) count: u64,
}

impl State {
    pub(super) fn record(&mut self, request: Request) {
        self.count += 1;
        if self.requests.len() >= REQUESTS_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(super) fn subject(&mut self, name: &str) -> &mut Subject {
        self.subjects.entry(name.to_owned()).or_default()
    }

    pub(super) fn schema(&self, id: u32) -> Option<String> {
        self.schemas.get(usize::try_from(id).ok()?.checked_sub(1)?).cloned()
    }

    /// The id of a schema, whichever subject has it.
    pub(super) fn id(&self, schema: &str) -> Option<u32> {
        let at = self.schemas.iter().position(|known| known == schema)?;
        u32::try_from(at + 1).ok()
    }

    /// Makes a schema the newest version of a subject.
    pub(super) fn add(&mut self, subject: &str, schema: &str) -> u32 {
        let id = self.id(schema).unwrap_or_else(|| {
            self.schemas.push(schema.to_owned());
            u32::try_from(self.schemas.len()).unwrap_or(u32::MAX)
        });
        self.subject(subject).versions.push(id);
        id
    }
}
