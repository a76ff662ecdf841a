//! How ksqlDB says no: statuses and bodies as a server of 7.4 has answered them.

use serde_json::{Value, json};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    code: u32,
    message: String,
    /// The statement that is wrong, where it is one of several that are.
    statement: Option<String>,
    /// What had succeeded before it.
    entities: Vec<Value>,
}

impl Refusal {
    fn new(status: u16, code: u32, message: impl Into<String>) -> Refusal {
        let message = message.into();
        Refusal { status, code, message, statement: None, entities: Vec::new() }
    }

    /// A statement that means nothing here.
    pub(super) fn statement(message: impl Into<String>) -> Refusal {
        let refusal = Refusal::new(400, 40_001, message);
        Refusal { statement: Some(String::new()), ..refusal }
    }

    /// A statement that can't be read, from this byte on.
    pub(super) fn syntax(text: &str, at: usize, what: &str) -> Refusal {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Refusal::statement(format!("line {line}:{column}: Syntax Error\n{what}"))
    }

    /// A request that can't be carried out.
    pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(400, 40_000, message)
    }

    /// A query, where only statements are taken.
    pub(super) fn query_endpoint() -> Refusal {
        let message = "The following statement types should be issued to the websocket endpoint '/query': SELECT or PRINT";
        Refusal::new(400, 40_002, message)
    }

    pub(super) fn no_registry() -> Refusal {
        let message = "KSQL is not configured to use a schema registry. To use AVRO, PROTOBUF or JSON_SR set `ksql.schema.registry.url`";
        Refusal::new(428, 42_801, message)
    }

    pub(super) fn assertion(message: impl Into<String>) -> Refusal {
        Refusal::new(417, 41_700, message)
    }

    /// What went wrong inside, as it says; much of it is the user's mistake.
    pub(super) fn internal(message: impl Into<String>) -> Refusal {
        Refusal::new(500, 50_000, message)
    }

    /// The command topic is not read just now.
    pub(super) fn not_written(statement: &str) -> Refusal {
        Refusal::internal(format!(
            "Could not write the statement '{statement}' into the command topic.\nCaused by: Timeout while waiting for command topic consumer to process command topic"
        ))
    }

    pub(super) fn not_ready() -> Refusal {
        Refusal::new(503, 50_302, "KSQL is not yet ready to serve requests.")
    }

    pub(super) fn unauthorized() -> Refusal {
        Refusal::new(401, 40_100, "Unauthorized")
    }

    pub(super) fn not_found(message: impl Into<String>) -> Refusal {
        Refusal::new(404, 40_400, message)
    }

    /// With what had succeeded before.
    pub(super) fn after(mut self, entities: &[Value]) -> Refusal {
        self.entities = entities.to_vec();
        self
    }

    /// Says of which statement it is.
    pub(super) fn of(mut self, text: &str) -> Refusal {
        if let Some(statement) = &mut self.statement {
            text.clone_into(statement);
        }
        self
    }

    pub(super) fn body(&self) -> Value {
        match &self.statement {
            Some(text) => json!({
                "@type": "statement_error",
                "error_code": self.code,
                "message": self.message,
                "statementText": text,
                "entities": self.entities,
            }),
            None => json!({
                "@type": "generic_error",
                "error_code": self.code,
                "message": self.message,
            }),
        }
    }
}
