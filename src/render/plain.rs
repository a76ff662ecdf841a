//! A message as plain text: what the recorder keeps and what `tubebell preview` shows.

use super::html::Parsed;
use crate::model::Button;

/// The text as it would look: links with their address, code in backticks, buttons in brackets.
pub(super) fn preview(parsed: &Parsed, buttons: &[Vec<Button>]) -> String {
    let mut text = String::new();
    for run in &parsed.runs {
        match (&run.link, run.code) {
            (_, true) if run.text.contains('\n') => text.push_str(&run.text),
            (_, true) => text.push_str(&format!("`{}`", run.text)),
            (Some(url), false) if **url != *run.text => {
                text.push_str(&format!("{} <{url}>", run.text));
            }
            (_, false) => text.push_str(&run.text),
        }
    }
    for row in buttons {
        text.push('\n');
        for button in row {
            text.push_str(&format!("[ {} ] ", button.text));
        }
        text.truncate(text.trim_end().len());
    }
    text.push('\n');
    text
}
