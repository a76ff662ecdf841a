//! What goes along with a message that is kept.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Reads what goes along with a message. What can't be read is none: the message must not be lost with it.
pub(super) fn if_readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let kept = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(kept).ok())
}
