//! What becomes of what digests have collected.

use std::collections::HashMap;

use super::Looking;
use super::take::{Place, alerts};
use crate::model::{UnixMillis, VideoId};
use crate::store::sqlite::course;
use crate::store::sqlite::digest::{Gathered, Looked, Step};
use crate::store::sqlite::lane::DueLane;
use crate::store::sqlite::unit::{DigestId, UnitId};
use crate::store::{Collected, Composed, Course, Result};

/// Most steps of time in the course that a digest shows: a message is kept with all of them.
const COURSE_STEPS: u32 = 60;

impl Looking<'_> {
    /// Decides what becomes of what a digest has collected.
    pub(super) fn look_at_digest(
        &mut self,
        lane: &DueLane,
        digest: DigestId,
        gathered: Gathered,
        full: usize,
    ) -> Result<()> {
        let Gathered { head, units, has_more } = gathered;
        let read: usize = units.iter().map(|(_, waiting)| waiting.read).sum();
        self.budget = self.budget.saturating_sub(read.max(1));
        let Some(mut collected) = head else {
            self.writes.digests.push(Looked { digest, times: None, step: Step::Dissolve });
            return Ok(());
        };
        let place =
            Place { lane, id: UnitId::of_digest(digest), destination: collected.destination.id };
        let mut whole = Vec::with_capacity(units.len());
        for (id, waiting) in units {
            self.writes.cancelled.extend(waiting.cancelled);
            for (alert, cause) in waiting.broken {
                self.give_up(&Place { id, ..place }, vec![alert], cause)?;
            }
            // What is left of a unit stays where it is: a message about its video is under way, or there is more of it.
            if waiting.behind.is_none() && !waiting.has_more {
                whole.push((id, waiting.unit.is_some()));
            }
            collected.units.extend(waiting.unit);
        }
        let step = self.tell_digest(&place, &collected, has_more, full)?;
        let (is_held, told_at) = match &step {
            Step::Hold(_) => (true, None),
            Step::Rest | Step::Dissolve => (false, None),
            Step::Told { told_at, .. } => (false, *told_at),
        };
        let left = whole.into_iter().filter(|(_, has_some)| !(is_held && *has_some));
        self.writes.left.extend(left.map(|(id, has_some)| (id, told_at.filter(|_| has_some))));
        let Collected { schedule, tz, due_at, .. } = collected;
        self.writes.digests.push(Looked { digest, times: Some((schedule, tz, due_at)), step });
        Ok(())
    }

    /// How the counts of a video went. A digest leaves without a picture where that can't be read.
    fn course(&self, video: &VideoId, since: UnixMillis) -> Course {
        course::course(self.tx, video, (since, self.now), COURSE_STEPS).unwrap_or_else(|error| {
            tracing::warn!(%error, %video, "what a digest shows can't be read: it leaves without a picture");
            Course::new()
        })
    }

    /// Tells, holds or ends what a digest has collected.
    fn tell_digest(
        &mut self,
        place: &Place<'_>,
        collected: &Collected,
        has_more: bool,
        full: usize,
    ) -> Result<Step> {
        if collected.units.is_empty() && !has_more {
            return Ok(Step::Rest);
        }
        let (mut message, mut told_at) = (None, None);
        if !collected.units.is_empty() {
            let alerts = || collected.units.iter().flat_map(alerts);
            let course = |video: &VideoId| self.course(video, collected.since);
            match self.composed(|compose, now| compose.digest(collected, &course, now)) {
                // A digest is in no other.
                Composed::Hold(until) | Composed::Collect { latest: until, .. } => {
                    return Ok(Step::Hold(self.put_off(until)));
                }
                Composed::Cancel(reason) => {
                    self.writes.cancelled.extend(alerts().map(|alert| (alert, reason)));
                }
                Composed::Dead(cause) => self.give_up(place, alerts().collect(), cause)?,
                Composed::Send { silent, messages, cancelled, .. } => {
                    self.writes.cancelled.extend(cancelled);
                    let (to, videos) = (&collected.destination, HashMap::new());
                    message = self.take(place, to, &videos, messages, (silent, full))?;
                    told_at = Some(self.now);
                }
            }
        }
        Ok(Step::Told { message, has_more, told_at })
    }
}
