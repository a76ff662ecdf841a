//! The rows of watches that the file has: a bit each, because a file may have millions. The same for destinations.

use std::collections::HashMap;

/// Rows in one leaf: 4 KiB.
const LEAF: i64 = 1 << 15;

/// A set of rows. Rows are numbered one after the other, so leaves are dense: a million rows take 125 kB.
#[derive(Default)]
pub(super) struct Kept {
    leaves: HashMap<i64, Vec<u64>>,
}

impl Kept {
    /// Adds a row; whether it is new.
    pub(super) fn insert(&mut self, row: i64) -> bool {
        let (leaf, word, bit) = place(row);
        let leaf = self.leaves.entry(leaf).or_insert_with(|| vec![0; place_max()]);
        let is_new = leaf[word] & bit == 0;
        leaf[word] |= bit;
        is_new
    }

    pub(super) fn contains(&self, row: i64) -> bool {
        let (leaf, word, bit) = place(row);
        self.leaves.get(&leaf).is_some_and(|leaf| leaf[word] & bit != 0)
    }
}

/// The leaf of a row, its word in the leaf, and its bit in the word.
fn place(row: i64) -> (i64, usize, u64) {
    let within = usize::try_from(row.rem_euclid(LEAF)).unwrap_or(0);
    (row.div_euclid(LEAF), within / 64, 1 << (within % 64))
}

/// Words in a leaf.
fn place_max() -> usize {
    usize::try_from(LEAF / 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_bits_is_a_set(
            rows in proptest::collection::vec(
                prop_oneof![0i64..200, (LEAF - 2)..(LEAF + 2), any::<i64>()], 0..100),
            others in proptest::collection::vec(0i64..200, 0..50),
        ) {
            let (mut kept, mut set) = (Kept::default(), HashSet::new());
            for row in &rows {
                prop_assert_eq!(kept.insert(*row), set.insert(*row));
            }
            for row in rows.iter().chain(&others) {
                prop_assert_eq!(kept.contains(*row), set.contains(row));
            }
        }
    }
}
