//! The fields of `templates/test/`: a message that shows that messages arrive.

use serde::Serialize;

use super::back::Back;
use crate::render::numbers::Moment;
use crate::render::sample::{BLOCKED, HOSTILE, moment};
use crate::render::view::View;

/// The answer to `/test`: a message that shows that messages arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Test {
    /// The moment of the test.
    pub now: Moment,
    /// Where it arrives, as watch files name it: `telegram:1234`.
    pub here: String,
    /// The permissions that we lack there, by their names: then not all messages arrive.
    pub lacking: Vec<String>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

impl View for Test {
    const NAME: &'static str = "test";

    fn samples() -> Vec<Self> {
        let plain = Test {
            now: moment(0),
            here: "telegram:1234".to_owned(),
            lacking: Vec::new(),
            muted_until: None,
            back: None,
        };
        vec![
            plain.clone(),
            Test {
                muted_until: Some(moment(-60)),
                back: Back::sample(Some(moment(600)), BLOCKED),
                ..plain.clone()
            },
            Test {
                here: HOSTILE.to_owned(),
                lacking: vec!["View Channel".to_owned(), "Send Messages".to_owned()],
                back: Back::sample(None, &format!("refused: `{HOSTILE}`")),
                ..plain
            },
        ]
    }
}
