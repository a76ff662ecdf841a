//! A title and where it leads.

use serde::Serialize;

use super::bidi;
use crate::model::{SubjectRef, VideoId, is_blank};

/// A title and where it leads. Titles stand inside links, because plain text grows mentions, hashtags and commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Exactly as typed by whoever wrote it.
    pub title: String,
    /// Its page.
    pub url: String,
}

impl Link {
    /// A video; its id stands in for a title that is not known or can't be seen.
    #[must_use]
    pub fn video(id: &VideoId, title: &str) -> Link {
        let title = if is_blank(title) { id.as_str() } else { title };
        Link { title: title.to_owned(), url: id.url() }
    }

    /// What a watch looks at; its reference stands in for a title that is not known.
    #[must_use]
    pub fn subject(subject: &SubjectRef, title: Option<&str>) -> Link {
        let reference = subject.to_string();
        let id = reference.split_once(':').map_or(reference.as_str(), |(_, id)| id);
        let title = title.filter(|title| !is_blank(title)).unwrap_or(id);
        Link { title: title.to_owned(), url: subject.url() }
    }

    /// The title as plain text for a place without links, where nothing pings: on one line, at most `max_chars` long.
    #[must_use]
    pub fn one_line(&self, max_chars: usize) -> String {
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = self.title.chars().take(max_chars).map(clean).collect();
        let more = if self.title.chars().nth(max_chars).is_some() { "…" } else { "" };
        format!("{}{more}", bidi::closed(&shown))
    }
}
