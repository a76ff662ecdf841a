//! What changes behind the scenes of the server.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::catalog::{Catalog, Registry};
use super::errors::Refusal;
use super::execute::{Outcome, Session, check_setting};
use super::faults::{Fault, Scope};
use super::parse::{self, Parsed};
use super::syntax::Statement;
use crate::plan::Plan;

/// How many requests are remembered; older ones are forgotten.
const RECORDED_MAX: usize = 4_096;

/// What the server knows, and what is to go wrong.
pub(super) struct State {
    pub(super) catalog: Catalog,
    pub(super) plan: Plan<Scope, Fault>,
    /// Requests until it is ready; `None`: it never will be.
    pub(super) unready: Option<u32>,
    pub(super) has_broker: bool,
    pub(super) credentials: Option<(String, String)>,
    /// Pull queries whose table has not read anything yet.
    pub(super) behind: u32,
    /// The client has died after so many more statements; 0: nothing of it arrives any more.
    pub(super) dies_after: Option<u64>,
    /// Statements that have changed something.
    pub(super) executed: VecDeque<String>,
    /// Methods and paths.
    pub(super) requests: VecDeque<String>,
}

/// What is to be done with an answer.
pub(super) enum Reply {
    Json(Value),
    /// Nothing: the client is gone.
    Cut,
}

/// The body of `POST /ksql`.
pub(super) struct Request {
    pub(super) text: String,
    pub(super) session: Session,
}

impl State {
    pub(super) fn new() -> State {
        State {
            catalog: Catalog::new(),
            plan: Plan::default(),
            unready: Some(0),
            has_broker: true,
            credentials: None,
            behind: 0,
            dies_after: None,
            executed: VecDeque::new(),
            requests: VecDeque::new(),
        }
    }

    pub(super) fn record(&mut self, request: String) {
        if self.requests.len() >= RECORDED_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Whether it takes requests by now; this one counts.
    pub(super) fn is_ready(&mut self) -> bool {
        match &mut self.unready {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// Carries out the statements of a request, or none of them.
    pub(super) fn run(&mut self, request: Request, fault: Option<Fault>) -> Result<Reply, Refusal> {
        let Request { text, mut session } = request;
        let mut sandbox = self.catalog.clone();
        let mut trial =
            Session { settings: session.settings.clone(), variables: session.variables.clone() };
        // The sandbox has no command topic that could be busy.
        sandbox.busy = 0;
        let pieces = parse::split(&text)?;
        for piece in &pieces {
            let parsed = trial.read(piece)?;
            sandbox.execute(&parsed, &mut trial)?;
            sandbox.busy = 0;
        }
        if fault == Some(Fault::NotWritten) {
            (self.catalog.topics, self.catalog.registry) = (sandbox.topics, sandbox.registry);
            return Err(Refusal::not_written(&text));
        }
        let mut entities = Vec::new();
        for piece in pieces {
            let parsed = session.read(piece)?;
            let outcome = self
                .catalog
                .execute(&parsed, &mut session)
                .map_err(|refusal| refusal.after(&entities))?;
            let Outcome::Done(entity) = outcome else { continue };
            let changes = entity.as_ref().is_none_or(|entity| entity["@type"] == "currentStatus");
            entities.extend(entity);
            if changes && self.changed(&parsed) {
                return Ok(Reply::Cut);
            }
        }
        Ok(Reply::Json(Value::from(entities)))
    }

    /// Notes a statement; whether the client was gone before it could hear of it.
    fn changed(&mut self, parsed: &Parsed) -> bool {
        if self.executed.len() >= RECORDED_MAX {
            self.executed.pop_front();
        }
        self.executed.push_back(parsed.text.clone());
        if let Some(left) = &mut self.dies_after {
            *left = left.saturating_sub(1);
        }
        self.dies_after == Some(0)
    }

    /// How the server feels.
    pub(super) fn health(&mut self) -> Value {
        self.catalog.look();
        let runner = self.has_broker && self.catalog.busy == 0;
        json!({
            "isHealthy": self.has_broker && runner,
            "details": {
                "metastore": {"isHealthy": true},
                "kafka": {"isHealthy": self.has_broker},
                "commandRunner": {"isHealthy": runner},
            },
            "serverState": "READY",
        })
    }

    /// How a command stands.
    pub(super) fn status(&mut self, id: &str) -> Result<Value, Refusal> {
        self.catalog.look();
        let missing = || Refusal::not_found(format!("Command not found: {id}"));
        let command = self.catalog.commands.get_mut(id).ok_or_else(missing)?;
        let status = command.status();
        command.waits = command.waits.saturating_sub(1);
        Ok(status)
    }

    /// Answers a pull query as lines: what columns there are, then rows.
    pub(super) fn pull(&mut self, sql: &str) -> Result<String, Refusal> {
        let parsed = parse::statement(sql)?;
        let Statement::Select(query) = &parsed.statement else {
            return Err(Refusal::statement("Only SELECT is taken here").of(sql));
        };
        let is_behind = self.behind > 0;
        self.behind = self.behind.saturating_sub(1);
        let answer = self.catalog.pull(query, is_behind).map_err(|refusal| refusal.of(sql))?;
        let types = vec!["STRING"; answer.names.len()];
        let head = json!({"queryId": "query_1", "columnNames": answer.names, "columnTypes": types});
        let rows: String = answer.rows.iter().map(|row| format!("{}\n", json!(row))).collect();
        Ok(format!("{head}\n{rows}"))
    }

    /// Puts the subjects of schemas there, or says that there is no registry.
    pub(super) fn set_registry(&mut self, registry: Registry) {
        self.catalog.registry = registry;
    }
}

impl Session {
    /// Reads one statement, with the values of its variables.
    fn read(&self, text: &str) -> Result<Parsed, Refusal> {
        let mut rest = text;
        let mut whole = String::new();
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((name, after)) = behind.split_once('}') else { break };
            let value = self.variables.get(name).ok_or_else(|| {
                Refusal::internal(format!(
                    "Cannot substitute the variable '{name}': it is not defined"
                ))
            })?;
            whole.push_str(before);
            whole.push_str(&value.replace('\'', "''"));
            rest = after;
        }
        whole.push_str(rest);
        parse::statement(&whole).map_err(|refusal| refusal.of(text))
    }
}

impl Request {
    /// Reads a body as it is documented; what else stands in it is refused.
    pub(super) fn of(body: &[u8]) -> Result<Request, Refusal> {
        let bad = |why: &str| Refusal::bad_request(format!("Malformed request: {why}"));
        let body: Value = serde_json::from_slice(body).map_err(|_| bad("no JSON"))?;
        let fields = body.as_object().ok_or_else(|| bad("no object"))?;
        let known = ["ksql", "streamsProperties", "sessionVariables", "commandSequenceNumber"];
        if let Some(unknown) = fields.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(bad(&format!("unrecognized field \"{unknown}\"")));
        }
        let text = fields.get("ksql").and_then(Value::as_str).ok_or_else(|| bad("no ksql"))?;
        let settings = texts(fields.get("streamsProperties"));
        settings.keys().try_for_each(|key| check_setting(key))?;
        let variables = texts(fields.get("sessionVariables"));
        Ok(Request { text: text.to_owned(), session: Session { settings, variables } })
    }

    /// Whether it makes something.
    pub(super) fn creates(&self) -> bool {
        parse::split(&self.text).is_ok_and(|pieces| {
            pieces.iter().any(|piece| piece.to_ascii_uppercase().starts_with("CREATE"))
        })
    }
}

fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let fields = value.and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.map(|(key, value)| (key.clone(), text(value))).collect()
}
