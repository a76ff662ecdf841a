//! What an operation is given: the ids of its path, what stands behind the `?`, and the body.

use super::answer::Refusal;
use super::body::Body;
use super::form::Form;
use crate::loopback::decode;

/// The arguments of one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Args {
    /// The parts of the path that differ, by their names in the specification.
    pub(super) path: Vec<(&'static str, String)>,
    pub(super) query: String,
    pub(super) body: Body,
}

impl Args {
    /// A part of the path as text; every operation asks only for those that it has.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A part of the path that is an id.
    ///
    /// # Errors
    ///
    /// 50035, when it is none.
    pub(super) fn id(&self, name: &str) -> Result<u64, Refusal> {
        let text = self.text(name);
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let mut form = Form::default();
        form.wrong(name, "NUMBER_TYPE_COERCE", format!("Value \"{text}\" is not snowflake."));
        form.check().map(|()| 0)
    }

    /// The first id of the path: whose limits count.
    pub(super) fn first_id(&self) -> Option<u64> {
        self.path.first().and_then(|(_, value)| value.parse().ok())
    }

    /// A parameter behind the `?`.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs =
            self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value, true))
    }

    /// Whether a parameter behind the `?` is true; absent ones are not.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| matches!(value.as_str(), "true" | "True" | "1"))
    }
}
