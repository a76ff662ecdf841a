//! Making the messages of what is told, and dead letters of what can't be.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::OptionalExtension;

use super::Looking;
use crate::model::{AlertId, DestinationId, NotificationId, VideoId};
use crate::store::sqlite::lane::DueLane;
use crate::store::sqlite::notification::{Kept, NewNotification};
use crate::store::sqlite::unit::UnitId;
use crate::store::sqlite::writes::Untried;
use crate::store::{Claim, ComposedMessage, DestinationRow, Result, Unit};

/// Where a unit is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) lane: &'a DueLane,
    pub(super) id: UnitId,
    pub(super) destination: DestinationId,
}

impl Looking<'_> {
    /// Makes the messages of a unit and takes as many as there is room for. Returns the one that the unit waits for: the
    /// first of a chat, whose parts follow each other. Messages about one video each wait for nobody.
    pub(super) fn take(
        &mut self,
        place: &Place<'_>,
        to: &DestinationRow,
        videos: &HashMap<VideoId, i64>,
        messages: Vec<ComposedMessage>,
        (silent, full): (bool, usize),
    ) -> Result<Option<NotificationId>> {
        let is_chain = !self.channel.traits().is_told_each_video;
        let count = messages.len();
        let mut first = None;
        for (nth, message) in messages.into_iter().enumerate() {
            let is_queued = is_chain && nth > 0;
            let is_taken = !is_queued && self.claims.len() < full;
            let observed_at = message.observed_at;
            let kept = Kept::of(&message.body)?;
            let born = self.writes.birth(|born| NewNotification {
                born,
                lane: place.lane.id,
                destination: place.destination,
                unit: Some(place.id),
                video: message.video.and_then(|video| videos.get(&video).copied()),
                alerts: message.alerts,
                kind: match place.id.digest() {
                    Some(_) => "digest",
                    None if message.is_coalesced => "coalesced",
                    None => "single",
                },
                body: Some(kept),
                silent,
                observed_at,
                now: self.now,
                state: if is_queued { "queued" } else { "pending" },
                next_at: (!is_queued && !is_taken).then_some(self.now),
                parts_left: if is_chain { count - nth - 1 } else { 0 },
            });
            first.get_or_insert(born.id);
            self.claims.extend(is_taken.then(|| Claim {
                id: born.id,
                public_id: born.public_id(),
                lane: place.lane.id,
                lane_key: place.lane.key.clone(),
                address: to.address.clone(),
                body: message.body,
                silent,
                attempts: 0,
                spent: Duration::ZERO,
                is_probe: to.barred.is_some(),
                observed_at,
                created_at: self.now,
            }));
        }
        Ok(first.filter(|_| is_chain))
    }

    /// Makes a dead letter of alerts that can't be told.
    pub(super) fn give_up(
        &mut self,
        place: &Place<'_>,
        alerts: Vec<AlertId>,
        cause: String,
    ) -> Result<()> {
        let address: Option<String> = self
            .tx
            .prepare_cached("SELECT address FROM destination WHERE id = ?1")?
            .query_row([place.destination.0], |row| row.get(0))
            .optional()?;
        let address = address.and_then(|address| address.parse().ok());
        self.given_up.extend(address.map(|address| (address, cause.clone())));
        let born = self.writes.birth(|born| NewNotification {
            born,
            lane: place.lane.id,
            destination: place.destination,
            unit: Some(place.id),
            video: None,
            alerts,
            kind: "single",
            body: None,
            silent: false,
            observed_at: self.now,
            now: self.now,
            state: "pending",
            next_at: None,
            parts_left: 0,
        });
        self.writes.untried.push((born.id, Untried::Dead(cause)));
        Ok(())
    }
}

/// All alerts of a unit.
pub(super) fn alerts(unit: &Unit) -> impl Iterator<Item = AlertId> {
    unit.videos.iter().flat_map(|video| &video.alerts).map(|alert| alert.id)
}
