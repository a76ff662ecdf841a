//! At most so many messages a day, where an answer shows what is set.

use serde::Serialize;

use crate::render::numbers::Grouped;

/// At most so many messages a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// So many.
    pub pings: Grouped,
    /// So many there were today; `None`: they are not counted for this alone.
    pub today: Option<Grouped>,
    /// When what is over is told, as people write it.
    pub digest: String,
}

impl Budget {
    pub(super) fn sample(today: Option<i64>) -> Budget {
        Budget { pings: Grouped(10), today: today.map(Grouped), digest: "daily 20:00".to_owned() }
    }
}
