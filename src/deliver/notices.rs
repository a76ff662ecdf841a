//! What the operator and owners hear of messages that nobody gets, so that it stays readable however many there are.
//!
//! Dead letters are told of once a day. Of destinations that are gone the first is told at once, the rest of some
//! minutes together: a bot that is thrown out of a large network, or a change of the service's, ends thousands within
//! minutes.

use std::time::Duration;

use tokio::time::Instant;

use super::operator::Operator;
use crate::model::{Address, UnixMillis};
use crate::render::numbers::Grouped;
use crate::render::{Prose, views::Notice};

/// How long destinations that follow the first are gathered.
const GATHERED_FOR: Duration = Duration::from_secs(600);

const DAY_MS: i64 = 86_400_000;

/// What somebody was told, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The day on which the operator heard of dead letters.
    dead_letters_on: Option<i64>,
    /// When the operator heard of destinations that are gone.
    gone_told_at: Option<Instant>,
    /// The last of those that are gone since.
    last_gone: Option<(Address, String)>,
}

impl Notices {
    /// A message could not be delivered.
    pub(super) async fn dead_letter(
        &mut self,
        operator: &Operator,
        destination: &Address,
        cause: &str,
        now: UnixMillis,
    ) {
        // Once a day at most: the list itself is `tubebell dead-letters list`.
        let day = now.0.div_euclid(DAY_MS);
        if self.dead_letters_on.replace(day) == Some(day) {
            return;
        }
        let count = match operator.store.count_dead_letters().await {
            Ok(count) => i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1),
            Err(_) => 1,
        };
        let notice = Notice::DeadLetters {
            count: Grouped(count),
            destination: destination.masked(),
            cause: Prose::new(cause),
        };
        operator.tell(&format!("dead-letters:{day}"), &notice, now).await;
    }

    /// A destination is gone: its owner hears of it elsewhere, or else the operator.
    pub(super) async fn gone(
        &mut self,
        operator: &Operator,
        gone: &Address,
        reason: &str,
        now: UnixMillis,
    ) {
        if operator.tell_owner(gone, reason, now).await {
            return;
        }
        if self.gone_told_at.is_some_and(|at| at.elapsed() < GATHERED_FOR) {
            self.last_gone = Some((gone.clone(), reason.to_owned()));
            return;
        }
        self.tell(operator, now).await;
        self.gone_told_at = Some(Instant::now());
        let notice = operator.off(gone, reason).await;
        operator.report(Some(gone), &notice, now).await;
    }

    /// Tells what was gathered, once its time has come.
    pub(super) async fn tell_due(&mut self, operator: &Operator, now: UnixMillis) {
        if self.gone_told_at.is_some_and(|at| at.elapsed() >= GATHERED_FOR) {
            self.tell(operator, now).await;
        }
    }

    /// Tells what was gathered.
    pub(super) async fn tell(&mut self, operator: &Operator, now: UnixMillis) {
        let Some((last, reason)) = self.last_gone.take() else { return };
        // Not how many messages said so: a destination may have come back meanwhile, and gone again.
        let off = match operator.store.destinations_off().await {
            Ok(off) => i64::try_from(off).unwrap_or(i64::MAX),
            Err(error) => {
                tracing::error!(%error, "destinations that are off could not be counted");
                1
            }
        };
        let notice = Notice::DestinationsOff {
            count: Grouped(off),
            destination: last.masked(),
            cause: Prose::new(&reason),
        };
        self.gone_told_at = Some(Instant::now());
        operator.report(None, &notice, now).await;
    }
}
