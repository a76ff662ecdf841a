//! What a command is about: a number of the list, or whatever names a video, channel or playlist.

use crate::control::actions::Target;
use crate::model::SubjectRef;
use crate::store::WatchRow;

use super::answer::{Stop, wrong};
use super::turn::Turn;
use super::words::{first_word, list_number, quoted, subject_first};

/// Said at a command about a watch that has ended meanwhile.
pub(super) const ENDED: &str = "This watch has ended already.";

impl Turn<'_> {
    /// Finds out what a command is about. A number may be of a watch that rings at another address of whoever writes: then the
    /// command is about that address.
    pub(super) async fn target(&mut self, text: &str, example: &str) -> Result<Target, Stop> {
        // Words before a link are its title; words behind it would mean something, so they are not overlooked.
        let text = match subject_first(text) {
            Some((link, "")) => link,
            Some(_) | None => text,
        };
        if let Some(number) = list_number(text) {
            let watch = self.numbered(number, example).await?;
            self.turn_to(&watch.destination.address).await?;
            return Ok(watch.into());
        }
        let mut numbers =
            text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
        if let (Some(first), Some(command)) = (numbers.next(), first_word(example))
            && list_number(first).is_some()
            && numbers.all(|word| list_number(word).is_some())
        {
            return Err(wrong("One at a time.", &format!("{} {first}", command.0)));
        }
        let subject =
            SubjectRef::from_text(text).map_err(|error| wrong(&format!("{error}."), example))?;
        Ok(self.actions().find(&self.asking(), subject).await?)
    }

    async fn numbered(&self, number: usize, example: &str) -> Result<WatchRow, Stop> {
        match self.actions().numbered(&self.destination, number).await? {
            Ok(watch) => Ok(watch),
            Err(count) => Err(wrong(
                &match count {
                    0 => "Nothing is watched here yet.".to_owned(),
                    1 => format!("There is no number {number}: one thing is watched here."),
                    _ => format!("There is no number {number}: `/list` goes from 1 to {count}."),
                },
                if count == 0 { "/watch dQw4w9WgXcQ" } else { example },
            )),
        }
    }

    /// Finds the watch that a command is about.
    pub(super) async fn watched(&mut self, text: &str, example: &str) -> Result<WatchRow, Stop> {
        let Target { subject, watch, .. } = self.target(text, example).await?;
        let watch = match watch {
            Some(watch) => Some(watch),
            None => self.follow(&subject).await?,
        };
        watch.ok_or_else(|| {
            wrong(&format!("{} is not watched here: see `/list`.", quoted(text)), example)
        })
    }

    /// The watch of something that rings at another address of whoever writes: then the command is about that address.
    pub(super) async fn follow(&mut self, subject: &SubjectRef) -> Result<Option<WatchRow>, Stop> {
        if !self.private {
            return Ok(None);
        }
        let watch = self.actions().watch_of_person(&self.destination, subject).await?;
        if let Some(watch) = &watch {
            self.turn_to(&watch.destination.address).await?;
        }
        Ok(watch)
    }
}
