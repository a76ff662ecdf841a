//! The fields of `templates/settings/`: the answer to `/settings`.

use std::time::Duration;

use serde::Serialize;

use super::budget::Budget;
use crate::model::Quiet;
use crate::render::link::Link;
use crate::render::numbers::{Grouped, Moment, Period};
use crate::render::sample::{HOSTILE, hostile_link, moment, quiet};
use crate::render::view::View;

/// The answer to `/settings`: what is in force for a chat, or for one of its watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SettingsView {
    /// Which watch; `None`: the chat.
    pub subject: Option<Link>,
    /// At most one message of a watch per this; `None`: no limit.
    pub at_most: Option<Period>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// When what happens is told, where it is collected; `None`: as it happens.
    pub digest: Option<String>,
    /// At most so many messages a day; `None`: no limit.
    pub budget: Option<Budget>,
    /// The watch comes from a file, which has the last word on it.
    pub is_of_file: bool,
    /// The time zone.
    pub tz: String,
    /// Muted until then.
    pub muted_until: Option<Moment>,
    /// Settings of a watch, and the whole chat is silent until then.
    pub chat_muted_until: Option<Moment>,
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// How many watches there are.
    pub watches: Grouped,
    /// How many one may have; `None`: no limit.
    pub watches_max: Option<Grouped>,
}

impl View for SettingsView {
    const NAME: &'static str = "settings";

    fn samples() -> Vec<Self> {
        let plain = SettingsView {
            subject: None,
            at_most: Some(Period(Duration::from_secs(900))),
            quiet: Some(quiet()),
            digest: Some("daily 09:00".to_owned()),
            budget: Some(Budget::sample(Some(3))),
            is_of_file: false,
            tz: "Europe/Madrid".to_owned(),
            muted_until: Some(moment(-60)),
            chat_muted_until: None,
            preset: "all".to_owned(),
            list_preset: "uploads".to_owned(),
            watches: Grouped(2),
            watches_max: Some(Grouped(50)),
        };
        vec![
            plain.clone(),
            SettingsView { at_most: None, digest: None, budget: None, ..plain },
            SettingsView {
                subject: Some(hostile_link()),
                at_most: Some(Period(Duration::from_secs(900))),
                quiet: None,
                digest: None,
                budget: Some(Budget::sample(None)),
                is_of_file: true,
                tz: HOSTILE.to_owned(),
                muted_until: None,
                chat_muted_until: Some(moment(-60)),
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                watches: Grouped(0),
                watches_max: None,
            },
        ]
    }
}
