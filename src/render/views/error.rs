//! The fields of `templates/error/`: the answer to something that can't be done as written.

use serde::Serialize;

use crate::render::prose::Prose;
use crate::render::sample::HOSTILE;
use crate::render::view::View;

/// The answer to something that can't be done as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorView {
    /// What is wrong; parts in backticks are shown as code.
    pub message: Prose,
    /// What was written, when a place in it is to blame.
    pub input: Option<String>,
    /// Spaces and `^` under that place.
    pub pointer: Option<String>,
    /// A line that would work.
    pub example: Option<String>,
}

impl View for ErrorView {
    const NAME: &'static str = "error";

    fn samples() -> Vec<Self> {
        vec![
            ErrorView {
                message: Prose::new("`evry` is no condition: expected `every`, `at` or `any`"),
                input: Some("views evry 1000".to_owned()),
                pointer: Some("      ^^^^".to_owned()),
                example: Some("/watch dQw4w9WgXcQ views every 1000".to_owned()),
            },
            ErrorView {
                message: Prose::new("this video is not watched here"),
                input: None,
                pointer: None,
                example: None,
            },
            ErrorView {
                message: Prose::new(&format!("`{HOSTILE}` is no time zone")),
                input: Some(HOSTILE.to_owned()),
                pointer: None,
                example: Some(HOSTILE.to_owned()),
            },
        ]
    }
}
