//! The fields of `templates/unwatch/`: the answer to `/unwatch`.

use serde::Serialize;

use crate::render::link::Link;
use crate::render::numbers::Grouped;
use crate::render::sample::{hostile_link, video};
use crate::render::view::View;

/// The answer to `/unwatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unwatch {
    /// What is no longer watched; `None`: everything.
    pub subject: Option<Link>,
    /// Messages that waited and won't come.
    pub cancelled: Option<Grouped>,
    /// Watches that are left; `None`: none.
    pub left: Option<Grouped>,
}

impl View for Unwatch {
    const NAME: &'static str = "unwatch";

    fn samples() -> Vec<Self> {
        vec![
            Unwatch { subject: Some(video()), cancelled: None, left: Some(Grouped(2)) },
            Unwatch { subject: None, cancelled: Some(Grouped(4)), left: None },
            Unwatch { subject: Some(hostile_link()), cancelled: None, left: None },
        ]
    }
}
