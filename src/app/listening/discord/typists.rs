//! Who types at the moment: proposals are looked for so many at once, in all and for one person. Whoever types faster than they
//! are found sees those of a letter before, until they type on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::control::PersonId;

/// Proposals that are looked for at once.
const AT_ONCE: usize = 32;

/// Those of one person among them: of this letter, and of those before.
const OF_ONE: usize = 4;

/// Whoever types at the moment. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Typists(Arc<Mutex<HashMap<PersonId, usize>>>);

/// A place among them, until this is dropped.
pub(super) struct Typist {
    all: Typists,
    person: PersonId,
}

impl Typists {
    /// Gives somebody a place; `None`: they have enough, or there is none left.
    pub(super) fn place(&self, person: &PersonId) -> Option<Typist> {
        let mut at_work = self.at_work();
        let of_one = at_work.get(person).copied().unwrap_or_default();
        if of_one >= OF_ONE || at_work.values().sum::<usize>() >= AT_ONCE {
            return None;
        }
        at_work.insert(person.clone(), of_one + 1);
        Some(Typist { all: self.clone(), person: person.clone() })
    }

    fn at_work(&self) -> MutexGuard<'_, HashMap<PersonId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        let mut at_work = self.all.at_work();
        if let Some(of_one) = at_work.get_mut(&self.person) {
            *of_one -= 1;
            if *of_one == 0 {
                at_work.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_types_fast_takes_no_place_of_others() {
        let typists = Typists::default();
        let person = |number: usize| PersonId(number.to_string());
        let own: Vec<_> = (0..OF_ONE).map(|_| typists.place(&person(1))).collect();
        assert!(own.iter().all(Option::is_some) && typists.place(&person(1)).is_none());
        let others = (2..).take(AT_ONCE - OF_ONE);
        let others: Vec<_> = others.map(|number| typists.place(&person(number))).collect();
        assert!(others.iter().all(Option::is_some) && typists.place(&person(99)).is_none());
        drop((own, others));
        assert!(typists.place(&person(1)).is_some() && typists.at_work().is_empty());
    }
}
