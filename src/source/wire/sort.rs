//! Who of those that were asked for is in an answer, and who is not.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::envelope::part;
use crate::model::VideoId;
use crate::source::answer::Answer;

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Puts each id that was asked for into one of the lists. Items that nobody asked for are dropped.
pub(super) fn sort<I: DeserializeOwned, T>(
    items: &[&RawValue],
    asked: &[VideoId],
    read: impl Fn(VideoId, I) -> Result<T, String>,
) -> Answer<T> {
    let mut open: Vec<VideoId> = Vec::with_capacity(asked.len());
    for id in asked {
        if !open.contains(id) {
            open.push(*id);
        }
    }
    let mut answer = Answer { found: Vec::new(), missing: Vec::new(), damaged: Vec::new() };
    let mut nameless = false;
    for item in items {
        let Some(id) = part::<Named>(item).and_then(|item| item.id.parse::<VideoId>().ok()) else {
            nameless = true;
            continue;
        };
        let Some(position) = open.iter().position(|other| *other == id) else { continue };
        open.swap_remove(position);
        let item = part(item).ok_or_else(|| "not in the form of YouTube's API".to_owned());
        match item.and_then(|item| read(id, item)) {
            Ok(found) => answer.found.push(found),
            Err(reason) => answer.damaged.push((id, reason)),
        }
    }
    if nameless {
        // Any of the rest may be the one that we could not read: none of them is missing for sure.
        let unsure = |id| (id, "an item of the answer has no id".to_owned());
        answer.damaged.extend(open.into_iter().map(unsure));
    } else {
        answer.missing = open;
    }
    answer
}
