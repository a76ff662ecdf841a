//! What is collected, and when that is told.

use super::{Actions, Commit, Outcome};
use crate::model::{Address, Effective, Schedule, Settings, UnixMillis};
use crate::store::{DigestState, Edit, Edited, StoreError, WatchRow};

/// A refusal: nothing is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct NothingCollected;

/// Tells all that a destination has collected, ahead of its time.
pub(in crate::control) async fn digest_now<C: Commit>(
    commit: &mut C,
    destination: &Address,
) -> Outcome<(), NothingCollected, C::Stop> {
    let edit = Edit::DigestNow { destination: destination.clone() };
    Ok(match commit.commit(vec![edit]).await?.first() {
        Some(Edited::Done(digests)) if *digests > 0 => Ok(()),
        _ => Err(NothingCollected),
    })
}

/// Other watches that are named.
const OTHERS_MAX: usize = 10;

/// Whether what happens is collected, for a destination or one of its watches.
#[derive(Debug)]
pub(in crate::control) struct Digests {
    /// When that is told; `None`: it is told as it happens.
    pub(in crate::control) schedule: Option<Schedule>,
    /// When the next digest comes, if there is something to tell.
    pub(in crate::control) next: Option<UnixMillis>,
    /// It is due earlier, and waits for the end of quiet hours.
    pub(in crate::control) is_after_quiet: bool,
    /// Of how many watches there is something in it.
    pub(in crate::control) collected: usize,
    /// At most so many messages a day.
    pub(in crate::control) budget: Option<Budget>,
    /// Of a destination: the first of its watches that have it otherwise.
    pub(in crate::control) others: Vec<WatchRow>,
    /// How many more there are.
    pub(in crate::control) more: usize,
}

/// At most so many messages a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct Budget {
    pub(in crate::control) pings: u32,
    /// Of a destination: how many there were today.
    pub(in crate::control) today: Option<u32>,
    /// When what is over is told.
    pub(in crate::control) digest: Schedule,
}

impl Actions {
    /// Whether what happens at a destination is collected, or what happens of one of its watches. `settings` are those of
    /// the destination.
    pub(in crate::control) async fn digests(
        &self,
        of: &Address,
        settings: &Settings,
        watch: Option<&WatchRow>,
        now: UnixMillis,
    ) -> Result<Digests, StoreError> {
        let effective = |own: &Settings| Settings::effective(own, settings, &self.options.defaults);
        let whole = effective(&Settings::default());
        let here = watch.map_or_else(|| whole.clone(), |watch| effective(&watch.settings));
        let collecting = self.store.collecting(of, now).await?.unwrap_or_default();
        let known = here.digest.and_then(|schedule| {
            let is_it = |known: &&DigestState| (known.schedule, &known.tz) == (schedule, &here.tz);
            collecting.digests.iter().find(is_it)
        });
        let due = here.digest.map(|schedule| match known {
            Some(known) => known.next_at.max(now),
            None => schedule.next_after(now, &here.tz, now),
        });
        let quiet = here.quiet.zip(due).and_then(|(quiet, due)| quiet.until(&here.tz, due));
        let budget = here.pings_per_day.map(|pings| Budget {
            pings,
            today: watch.is_none().then(|| collecting.pings.today(now, &whole.tz)),
            digest: held_back_until(&whole),
        });
        let (others, more) = match watch {
            None => self.others(of).await?,
            Some(_) => (Vec::new(), 0),
        };
        Ok(Digests {
            schedule: here.digest,
            next: quiet.or(due),
            is_after_quiet: quiet.is_some(),
            collected: known.map_or(0, |known| known.watches),
            budget,
            others,
            more,
        })
    }

    /// The watches of a destination that have it otherwise: the first of them, and how many more there are.
    async fn others(&self, of: &Address) -> Result<(Vec<WatchRow>, usize), StoreError> {
        let (mut others, mut more) = (Vec::new(), 0);
        self.each_here(of, |_, row| {
            if row.settings.digest.is_some() {
                if others.len() < OTHERS_MAX {
                    others.push(row);
                } else {
                    more += 1;
                }
            }
            true
        })
        .await?;
        Ok((others, more))
    }
}

/// When what the budget of a day held back is told: in the digest of the destination, where that comes on each day.
fn held_back_until(destination: &Effective) -> Schedule {
    match destination.digest {
        Some(schedule @ (Schedule::Hourly | Schedule::Daily(_))) => schedule,
        Some(Schedule::Every(_) | Schedule::Weekly(..)) | None => Schedule::EVENING,
    }
}
