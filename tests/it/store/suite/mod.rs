//! What tells whether a store is right: what goes in, what comes out, and that the sums agree. Whoever includes this gives
//! it an `Engine`; the suite asks that one, and knows no other.
//!
//! Time is a number that the tests turn; nothing sleeps.

mod accounts;
mod budget;
mod cards;
mod clock;
mod commands;
mod delivery;
mod digest_ends;
mod digests;
mod ending;
mod holding;
mod keeping;
mod laws;
mod list_laws;
mod listing;
mod locks;
mod mirror;
mod moving;
mod reaching;
mod refusing;
mod routing;
mod servers;
mod sleeping;
mod story;
mod telling;
mod watching;
mod week;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tubebell::model::{
    Channel, Live, NotificationId, Owner, Settings, Snapshot, Status, UnixMillis, VideoId,
};
use tubebell::route::{Budget, Router};
use tubebell::store::{
    Claim, Claimed, DeadLetters, EMBEDDED_STREAM, Edit, Edited, Finished, FinishedAs, Room, Store,
};

use super::Engine;
use crate::bodies;
use crate::store::hands::*;
use crate::store::inspect::{Inspect as _, Laws};

/// A database, a clock, and hands to work with both.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) now: Cell<UnixMillis>,
    pub(super) plain: Arc<Plain>,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench::of(Engine::new(), T0)
    }

    /// The gateway of a database that is there.
    pub(super) fn of(engine: Engine, now: UnixMillis) -> Bench {
        let mut bench =
            Bench { engine, store: None, now: Cell::new(now), plain: Arc::new(Plain::default()) };
        bench.restart();
        bench
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        self.store.as_ref().unwrap()
    }

    /// The same database in a new process: nothing that was in flight came back.
    pub(super) fn restart(&mut self) {
        self.store = None;
        self.store = Some(self.engine.open());
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.now.get()
    }

    pub(super) fn pass(&self, time: Duration) {
        self.now.set(self.now().plus(time));
    }

    pub(super) async fn edit(&self, edit: Edit) -> Edited {
        let mut edited = self.store().edit(None, vec![edit], self.now()).await.unwrap().unwrap();
        edited.pop().unwrap()
    }

    pub(super) async fn watch(&self, to: &str, rules: &str) -> Edited {
        self.watch_subject(to, &format!("video:{VIDEO}"), rules).await
    }

    pub(super) async fn watch_subject(&self, to: &str, subject: &str, rules: &str) -> Edited {
        self.edit(Edit::Watch(Box::new(watch_of(to, subject, rules)))).await
    }

    pub(super) async fn unwatch(&self, from: &str) -> Edited {
        let subject = of(&format!("video:{VIDEO}"));
        self.edit(Edit::Unwatch { destination: at(from), subject }).await
    }

    pub(super) async fn mute(
        &self,
        who: &str,
        subject: Option<&str>,
        until: Option<UnixMillis>,
    ) -> Edited {
        let subject = subject.map(of);
        self.edit(Edit::Mute { destination: at(who), subject, until }).await
    }

    /// One second later the video has so many views.
    pub(super) async fn see(&self, views: i64) {
        self.see_video(VIDEO, views).await;
    }

    pub(super) async fn see_video(&self, video: &str, views: i64) {
        self.pass(SECOND);
        self.publish(snapshot(video, self.now(), views)).await;
    }

    pub(super) async fn publish(&self, snapshot: Snapshot) {
        self.store().append(vec![snapshot]).await.unwrap();
        self.route().await;
    }

    /// Routes all that is in the log and left over.
    pub(super) async fn route(&self) {
        loop {
            let read = self.store().position(EMBEDDED_STREAM, 0).await.unwrap();
            let batch = self.store().read_log(read, 100).await.unwrap();
            if batch.is_empty() {
                break;
            }
            self.store()
                .route(
                    EMBEDDED_STREAM,
                    0,
                    read,
                    self.now(),
                    Box::new(move |tx| {
                        let mut router = Router::new();
                        let mut budget = Budget::new(1_000_000, &|| false);
                        let mut next = read;
                        for (offset, snapshot) in &batch {
                            router.route(tx, snapshot, &mut budget)?;
                            next = offset + 1;
                        }
                        Ok(next)
                    }),
                )
                .await
                .unwrap();
        }
        while self
            .store()
            .fan_out(
                self.now(),
                Box::new(|tx, holder, work| {
                    Router::new().resume(tx, holder, work, &mut Budget::new(1_000_000, &|| false))
                }),
            )
            .await
            .unwrap()
        {}
    }

    pub(super) async fn turn(
        &self,
        channel: Channel,
        limit: usize,
        finished: Vec<Finished>,
    ) -> Claimed {
        self.turn_within(channel, Room::of(limit), finished).await
    }

    pub(super) async fn turn_within(
        &self,
        channel: Channel,
        room: Room,
        finished: Vec<Finished>,
    ) -> Claimed {
        let compose = Arc::clone(&self.plain) as _;
        self.store().finish_and_claim(finished, channel, room, self.now(), compose).await.unwrap()
    }

    /// Takes what is due on Telegram.
    pub(super) async fn claim(&self) -> Vec<Claim> {
        self.turn(Channel::Telegram, 100, Vec::new()).await.claims
    }

    /// Records how an attempt ended, and takes nothing.
    pub(super) async fn finish(&self, claim: &Claim, result: FinishedAs) {
        let finished = self.finished(claim, result);
        self.turn(claim.address.channel(), 0, vec![finished]).await;
    }

    pub(super) fn finished(&self, claim: &Claim, result: FinishedAs) -> Finished {
        let at = self.now();
        let (lane_failed, is_probe) = (None, claim.is_probe);
        Finished {
            id: claim.id,
            lane: claim.lane,
            at,
            lane_free_at: at,
            lane_failed,
            is_probe,
            result,
        }
    }

    pub(super) async fn sent(&self, claim: &Claim) {
        self.finish(claim, FinishedAs::Sent("1".into())).await;
    }

    /// Takes and sends all that is due on Telegram; the bodies.
    pub(super) async fn send_all(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let claims = self.claim().await;
            if claims.is_empty() {
                return bodies;
            }
            for claim in claims {
                self.sent(&claim).await;
                bodies.push(bodies::text(&claim.body).to_owned());
            }
        }
    }

    /// How many alerts have this outcome; `waiting` and `in flight` are words for those that have none yet.
    pub(super) fn count(&self, outcome: &str) -> usize {
        self.engine.alerts().iter().filter(|alert| alert.state() == outcome).count()
    }

    /// How often rules have fired: alerts, and those that were folded into them.
    pub(super) fn fired(&self) -> i64 {
        self.engine.alerts().iter().map(|alert| alert.firings).sum()
    }

    /// Holds what must always hold.
    pub(super) fn sums(&self) {
        assert_eq!(self.engine.broken(Laws::Sums), None);
    }
}
