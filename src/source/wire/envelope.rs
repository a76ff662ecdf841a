//! What stands around the items of every answer.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::model::AtMost;
use crate::source::budget::PER_CALL_MAX;
use crate::source::error::SourceError;

/// The envelope of every answer. What may be wrong in it without spoiling the rest is kept as it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    kind: Option<String>,
    #[serde(borrow, default, deserialize_with = "rows")]
    items: Option<AtMost<&'a RawValue, PER_CALL_MAX>>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    next_page_token: Option<String>,
    prev_page_token: Option<String>,
    #[serde(borrow)]
    page_info: Option<&'a RawValue>,
}

/// `items` may be absent, but is never null.
fn rows<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<AtMost<&'de RawValue, PER_CALL_MAX>>, D::Error> {
    AtMost::deserialize(deserializer).map(Some)
}

/// An answer of the right kind.
pub(super) struct List<'a> {
    pub(super) items: Vec<&'a RawValue>,
    pub(super) summary: Option<&'a RawValue>,
    pub(super) next_page_token: Option<String>,
    pub(super) prev_page_token: Option<String>,
    pub(super) page_info: Option<&'a RawValue>,
}

/// Reads the envelope. An answer that is neither of the right kind nor has items is not taken for "nothing found":
/// a proxy's `{}` must not make fifty videos disappear.
pub(super) fn list<'a>(body: &'a [u8], kind: &str) -> Result<List<'a>, SourceError> {
    let answer: Envelope<'a> = serde_json::from_slice(body).map_err(|error| {
        // Without serde's own text, which may quote the answer.
        SourceError::BadAnswer(match error.classify() {
            Category::Eof => format!("the JSON breaks off after {} bytes", body.len()),
            Category::Data => format!("not a {kind}"),
            Category::Syntax | Category::Io => format!("no JSON after {} bytes", body.len()),
        })
    })?;
    let is_kind = match &answer.kind {
        Some(found) => found == kind,
        None => answer.items.is_some(),
    };
    let items = answer.items.unwrap_or_default();
    if !is_kind || items.has_more {
        return Err(SourceError::BadAnswer(format!("not a {kind}")));
    }
    Ok(List {
        items: items.items,
        summary: answer.summary,
        next_page_token: answer.next_page_token,
        prev_page_token: answer.prev_page_token,
        page_info: answer.page_info,
    })
}

/// Reads a part of an answer by itself; `None`: it is not in YouTube's form.
pub(super) fn part<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    // A list would be read as the fields in their order.
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok())?
}
