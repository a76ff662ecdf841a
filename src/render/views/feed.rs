//! The fields of `templates/feed/`: the answer to `/feed`.

use serde::Serialize;

use crate::render::link::Link;
use crate::render::numbers::Moment;
use crate::render::sample::{HOSTILE, hostile_link, moment};
use crate::render::view::View;

/// The answer to `/feed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Feed {
    /// Where all that the server watches rings; `None`: it has no feed.
    pub place: Option<Link>,
    /// Where it was until now, where that was another place.
    pub before: Option<Link>,
    /// It was made just now.
    pub is_new: bool,
    /// It has ended just now.
    pub has_ended: bool,
    /// The permissions that we lack there, by their names.
    pub lacking: Vec<String>,
    /// Who is mentioned there.
    pub mentions: Vec<MentionLine>,
    /// The role that was chosen just now and that nobody hears: it can't be mentioned by us.
    pub silent_role: Option<String>,
    /// It was made in a place that is silent until then.
    pub muted_until: Option<Moment>,
}

/// A role with the rule on which it is mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MentionLine {
    /// The name of the role, as typed by whoever gave it.
    pub role: String,
    /// The rule.
    pub rule: String,
}

impl View for Feed {
    const NAME: &'static str = "feed";

    fn samples() -> Vec<Self> {
        let link = |title: &str| {
            let url = "https://discord.com/channels/1/2".to_owned();
            Some(Link { title: title.to_owned(), url })
        };
        let none = Feed {
            place: None,
            before: None,
            is_new: false,
            has_ended: false,
            lacking: Vec::new(),
            mentions: Vec::new(),
            silent_role: None,
            muted_until: None,
        };
        let mention =
            |role: &str, rule: &str| MentionLine { role: role.to_owned(), rule: rule.to_owned() };
        vec![
            Feed {
                place: link("this channel"),
                before: link("its feed"),
                is_new: true,
                lacking: vec!["Embed Links".to_owned(), "Attach Files".to_owned()],
                muted_until: Some(moment(-60)),
                ..none.clone()
            },
            Feed {
                place: link("its feed"),
                mentions: vec![
                    mention("night owls", "views milestones"),
                    mention(HOSTILE, HOSTILE),
                ],
                silent_role: Some(HOSTILE.to_owned()),
                ..none.clone()
            },
            Feed { has_ended: true, before: Some(hostile_link()), ..none.clone() },
            none,
        ]
    }
}
