//! What tests see of the server, and how they steer it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::catalog::{Registry, Topic};
use super::faults::{Fault, Scope};
use super::state::Request;
use super::syntax::{Role, SourceKind};
use super::{Shared, parse};
use crate::simulation::lock;

/// The running server. It lives until the simulation stops, not until this handle is dropped.
pub struct KsqlDbSim {
    pub(super) shared: Arc<Shared>,
}

/// A stream or a table, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// The topic that it stands over.
    pub topic: String,
    /// The format of its values.
    pub value_format: String,
    /// Its columns without the key, with their types.
    pub columns: Vec<(String, &'static str)>,
    /// The query that writes it.
    pub query: Option<String>,
    /// What was set for that query.
    pub settings: Vec<(String, String)>,
}

impl KsqlDbSim {
    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Makes a topic, as an application does before it; one that is there stays.
    pub fn topic(&self, name: &str, partitions: u32, retention_ms: Option<i64>) {
        let topic = Topic::new(partitions, retention_ms, false);
        lock(&self.shared.state).catalog.topics.entry(name.to_owned()).or_insert(topic);
    }

    /// Deletes a topic behind the server's back.
    pub fn forget_topic(&self, name: &str) {
        lock(&self.shared.state).catalog.topics.remove(name);
    }

    /// The topics, each with how long it keeps records (ms) and whether it is compacted.
    #[must_use]
    pub fn topics(&self) -> Vec<(String, i64, bool)> {
        let state = lock(&self.shared.state);
        let topics = state.catalog.topics.iter();
        topics.map(|(name, topic)| (name.clone(), topic.retention_ms, topic.is_compacted)).collect()
    }

    /// The streams and tables.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceInfo> {
        let state = lock(&self.shared.state);
        let catalog = &state.catalog;
        let sources = catalog.sources.iter().map(|(name, source)| {
            let query = catalog.query_of(name);
            let running = query.as_ref().and_then(|id| catalog.queries.get(id));
            let settings = running.map(|running| running.settings.clone()).unwrap_or_default();
            let values = source.columns.iter().filter(|column| column.role == Role::Value);
            SourceInfo {
                name: name.clone(),
                kind: source.kind,
                topic: source.topic.clone(),
                value_format: source.value_format.clone(),
                columns: values.map(|column| (column.name.clone(), column.of.word())).collect(),
                query,
                settings: settings.into_iter().collect(),
            }
        });
        sources.collect()
    }

    /// The rows that were inserted into a stream, each a value for each column.
    #[must_use]
    pub fn inserted(&self, name: &str) -> Vec<Vec<Option<String>>> {
        let state = lock(&self.shared.state);
        state.catalog.sources.get(name).map(|source| source.rows.clone()).unwrap_or_default()
    }

    /// The statements so far that changed something, oldest first.
    #[must_use]
    pub fn executed(&self) -> Vec<String> {
        lock(&self.shared.state).executed.iter().cloned().collect()
    }

    /// The requests so far, as methods and paths.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.state).requests.iter().cloned().collect()
    }

    /// Does what another client asks, with `${prefix}` empty and `${value_format}` JSON.
    ///
    /// # Errors
    ///
    /// The body that is answered.
    pub fn execute(&self, statements: &str) -> Result<(), String> {
        let body = json!({
            "ksql": statements,
            "sessionVariables": {"prefix": "", "value_format": "JSON"},
        });
        let request = Request::of(body.to_string().as_bytes());
        let mut state = lock(&self.shared.state);
        let ran = request.and_then(|request| state.run(request, None));
        ran.map(drop).map_err(|refusal| refusal.body().to_string())
    }

    /// The only user and password that are let in.
    pub fn credentials(&self, user: &str, password: &str) {
        let credentials = Some((user.to_owned(), password.to_owned()));
        lock(&self.shared.state).credentials = credentials;
    }

    /// Answers so many requests with "not ready"; `None`: all.
    pub fn not_ready(&self, requests: Option<u32>) {
        lock(&self.shared.state).unready = requests;
    }

    /// Takes the broker away, or brings it back.
    pub fn broker(&self, is_there: bool) {
        lock(&self.shared.state).has_broker = is_there;
    }

    /// There is no registry of schemas in its configuration.
    pub fn without_registry(&self) {
        lock(&self.shared.state).set_registry(Registry::Missing);
    }

    /// The registry of schemas does not answer, or does again.
    pub fn registry(&self, answers: bool) {
        let registry =
            if answers { Registry::Subjects(BTreeSet::new()) } else { Registry::Unreachable };
        lock(&self.shared.state).set_registry(registry);
    }

    /// For so many looks the command runner is busy after a DROP or a replacement; for so many it is so now.
    pub fn busy(&self, after_drop: u32, now: u32) {
        let mut state = lock(&self.shared.state);
        (state.catalog.busy_after_drop, state.catalog.busy) = (after_drop, now);
    }

    /// The next command that makes something is answered before it is done, and is done after so many looks at it. The
    /// health shows nothing of that.
    pub fn stalls(&self, looks: u32) {
        lock(&self.shared.state).catalog.stalls = looks;
    }

    /// All commands that are under way are done.
    pub fn settle(&self) {
        let mut state = lock(&self.shared.state);
        state.catalog.commands.values_mut().for_each(|command| command.waits = 0);
    }

    /// Tables have not read anything yet for so many pull queries.
    pub fn behind(&self, queries: u32) {
        lock(&self.shared.state).behind = queries;
    }

    /// The client dies after so many more statements that change something: the answer to the last one is lost, and no
    /// request arrives any more. `None`: another client lives.
    pub fn client_dies_after(&self, statements: impl Into<Option<u64>>) {
        lock(&self.shared.state).dies_after = statements.into();
    }

    /// Lets the next `times` requests of a kind fail, or all of them until [`KsqlDbSim::heal`].
    pub fn plan(&self, scope: Scope, fault: Fault, times: impl Into<Option<u32>>) {
        lock(&self.shared.state).plan.add(scope, fault, times.into());
    }

    /// Drops the planned faults.
    pub fn heal(&self) {
        lock(&self.shared.state).plan.clear();
    }
}

/// Whether a text is statements that the grammar knows, each line of what is wrong.
///
/// # Errors
///
/// The body that the server would answer.
pub fn check_syntax(text: &str) -> Result<usize, String> {
    let pieces = parse::split(text).map_err(|refusal| refusal.body().to_string())?;
    for piece in &pieces {
        parse::statement(piece).map_err(|refusal| refusal.body().to_string())?;
    }
    Ok(pieces.len())
}
