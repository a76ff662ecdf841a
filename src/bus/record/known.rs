//! What is known of writers' schemas: bounded, and never forgotten while it is used.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::avro::{Plan, Shape};
use super::change::ChangeRecord;
use super::unreadable::Unreadable;
use super::video::VideoRecord;
use super::watched::WatchedRecord;

/// How many schemas are kept; a stream has a handful.
const SCHEMAS_MAX: usize = 1_000;

/// How many ids are remembered under which there is no schema.
const NONE_MAX: usize = 1_000;

/// For how long: a registry may not have heard yet of what another one of its cluster registered.
const NONE_FOR: Duration = Duration::from_secs(60);

/// How many ids may turn out to have no schema at once, and how often one more: whoever writes rubbish must not have the
/// registry asked for each record.
const NONE_AT_ONCE: u32 = 1_000;
const NONE_EVERY: Duration = Duration::from_secs(1);

/// How the records of one writer are read, whichever kind they are of.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) video: Result<Plan, Unreadable>,
    pub(super) change: Result<Plan, Unreadable>,
    pub(super) watched: Result<Plan, Unreadable>,
    used: AtomicU64,
}

impl Writer {
    pub(super) fn of(shape: &Shape) -> Writer {
        let sorted = |plan: Result<Plan, String>| {
            plan.map_err(|why| Unreadable::because("the writer's schema", why))
        };
        Writer {
            video: sorted(Plan::of::<VideoRecord>(shape)),
            change: sorted(Plan::of::<ChangeRecord>(shape)),
            watched: sorted(Plan::of::<WatchedRecord>(shape)),
            used: AtomicU64::new(0),
        }
    }
}

/// Writers by the ids of their schemas.
#[derive(Debug)]
pub(super) struct Known {
    writers: HashMap<u32, Arc<Writer>>,
    /// Counts uses.
    uses: AtomicU64,
    /// Ids without a usable schema: why, and until when nobody asks again.
    none: HashMap<u32, (Unreadable, Instant)>,
    /// How many further ids may be asked for, as of then.
    questions: u32,
    questions_at: Instant,
}

impl Known {
    pub(super) fn new() -> Known {
        Known {
            writers: HashMap::new(),
            uses: AtomicU64::new(0),
            none: HashMap::new(),
            questions: NONE_AT_ONCE,
            questions_at: Instant::now(),
        }
    }

    pub(super) fn writer(&self, id: u32) -> Option<Arc<Writer>> {
        let writer = self.writers.get(&id)?;
        writer.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(writer))
    }

    pub(super) fn insert(&mut self, id: u32, writer: Writer) {
        writer.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        self.none.remove(&id);
        self.writers.insert(id, Arc::new(writer));
        while self.writers.len() > SCHEMAS_MAX {
            let used = |writer: &Arc<Writer>| writer.used.load(Ordering::Relaxed);
            let last = self.writers.iter().min_by_key(|(_, writer)| used(writer));
            let Some(last) = last.map(|(id, _)| *id) else { return };
            self.writers.remove(&last);
        }
    }

    /// Why nobody should ask for this id now, if so.
    pub(super) fn refusal(&mut self, id: u32) -> Option<Unreadable> {
        let now = Instant::now();
        if let Some((why, until)) = self.none.get(&id)
            && now < *until
        {
            return Some(why.clone());
        }
        let passed = now.duration_since(self.questions_at).as_secs() / NONE_EVERY.as_secs();
        if passed > 0 {
            let further = u32::try_from(passed).unwrap_or(u32::MAX);
            self.questions = self.questions.saturating_add(further).min(NONE_AT_ONCE);
            self.questions_at += NONE_EVERY.saturating_mul(further);
        }
        let too_many = Unreadable::of("the writer's schema", "is one of too many unknown ones");
        (self.questions == 0).then_some(too_many)
    }

    /// Remembers that there is no usable schema under this id.
    pub(super) fn none(&mut self, id: u32, why: Unreadable) {
        let now = Instant::now();
        self.questions = self.questions.saturating_sub(1);
        if self.none.len() >= NONE_MAX {
            self.none.retain(|_, (_, until)| now < *until);
        }
        if self.none.len() < NONE_MAX {
            self.none.insert(id, (why, now + NONE_FOR));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: Unreadable = Unreadable::of("it", "is none");

    fn writer() -> Writer {
        Writer::of(&Shape::parse(crate::bus::record::WATCHED_SCHEMA).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_used_stays_when_others_come() {
        let mut known = Known::new();
        for id in 0..3_000 {
            known.insert(id, writer());
            assert!(known.writer(7).is_some() || id < 7, "{id}");
        }
        assert_eq!(known.writers.len(), SCHEMAS_MAX);
        assert!(known.writer(2_999).is_some() && known.writer(8).is_none());
        assert!(
            known.writer(7).unwrap().watched.is_ok() && known.writer(7).unwrap().video.is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_id_is_asked_for_once_a_minute_and_a_million_of_them_not_at_all() {
        let mut known = Known::new();
        assert_eq!(known.refusal(7), None);
        known.none(7, WHY);
        assert_eq!(known.refusal(7), Some(WHY));
        tokio::time::advance(NONE_FOR).await;
        assert_eq!(known.refusal(7), None);

        let mut asked = 0;
        for id in 0..1_000_000 {
            if known.refusal(id).is_none() {
                known.none(id, WHY);
                asked += 1;
            }
        }
        assert_eq!(asked, NONE_AT_ONCE);
        assert!(known.none.len() <= NONE_MAX);
        tokio::time::advance(NONE_EVERY).await;
        let asked: Vec<u32> = (2_000_000..2_000_010)
            .filter(|id| {
                let is_asked = known.refusal(*id).is_none();
                if is_asked {
                    known.none(*id, WHY);
                }
                is_asked
            })
            .collect();
        assert_eq!(asked, [2_000_000], "one more a second");
        // A schema that is there costs no question, and is known whatever was said of its id.
        known.insert(5, writer());
        assert!(known.writer(5).is_some() && known.refusal(7).is_some());
    }
}
