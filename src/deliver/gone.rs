//! Destinations that are gone, told to the operator: the first at once, the rest of some minutes together.
//!
//! A bot that is thrown out of a large network, or a change of Telegram's, ends thousands of destinations within
//! minutes: the operator is to hear of it, and not thousands of times.

use std::time::Duration;

use tokio::time::Instant;

use super::operator::Operator;
use crate::model::{Address, UnixMillis};
use crate::render::numbers::Grouped;
use crate::render::{Prose, views::Notice};

/// How long those that follow the first are gathered.
const GATHERED_FOR: Duration = Duration::from_secs(600);

/// What the operator was told, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Gone {
    told_at: Option<Instant>,
    more: i64,
    last: Option<(Address, String)>,
}

impl Gone {
    /// Takes in one destination that is gone and that nobody else is told of.
    pub(super) async fn add(
        &mut self,
        operator: &Operator,
        gone: &Address,
        reason: &str,
        now: UnixMillis,
    ) {
        if self.told_at.is_some_and(|at| at.elapsed() < GATHERED_FOR) {
            self.more = self.more.saturating_add(1);
            self.last = Some((gone.clone(), reason.to_owned()));
            return;
        }
        self.tell(operator, now).await;
        self.told_at = Some(Instant::now());
        let notice =
            Notice::DestinationDisabled { destination: gone.masked(), cause: Prose::new(reason) };
        operator.report(Some(gone), &notice, now).await;
    }

    /// Tells what was gathered, once its time has come.
    pub(super) async fn tell_due(&mut self, operator: &Operator, now: UnixMillis) {
        if self.told_at.is_some_and(|at| at.elapsed() >= GATHERED_FOR) {
            self.tell(operator, now).await;
        }
    }

    /// Tells what was gathered.
    pub(super) async fn tell(&mut self, operator: &Operator, now: UnixMillis) {
        let Some((last, reason)) = self.last.take() else { return };
        let notice = Notice::DestinationsDisabled {
            count: Grouped(std::mem::take(&mut self.more)),
            destination: last.masked(),
            cause: Prose::new(&reason),
        };
        self.told_at = Some(Instant::now());
        operator.report(None, &notice, now).await;
    }
}
