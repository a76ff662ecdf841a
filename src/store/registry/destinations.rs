//! Where messages go, with what there is for each.

use crate::store::DestinationRow;

/// A destination, and what there is for it.
#[derive(Debug, Clone)]
pub struct DestinationState {
    /// Its row.
    pub row: DestinationRow,
    /// Its running watches.
    pub watches: usize,
    /// Messages that wait to be sent there, or to be tried again.
    pub waiting: usize,
}
