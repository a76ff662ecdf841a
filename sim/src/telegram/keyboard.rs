//! Buttons under a message: `reply_markup` in, rows of buttons out.

use serde_json::Value;

use super::answer::Refusal;
use super::link;
use super::params::Params;
use crate::world::chats::Button;

/// Most buttons under one message.
const BUTTONS_MAX: usize = 100;
/// Longest `callback_data`, in bytes. Source: <https://core.telegram.org/bots/api#inlinekeyboardbutton>.
const DATA_MAX_BYTES: usize = 64;
const ACTIONS: [&str; 10] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
];

/// Reads `reply_markup`; other keyboards than inline ones are taken and not shown.
pub(super) fn read(params: &Params) -> Result<Vec<Vec<Button>>, Refusal> {
    let Some(markup) = params.object::<Value>("reply_markup")? else { return Ok(Vec::new()) };
    let Value::Object(markup) = markup else {
        return Err(Refusal::bad_request("object expected as reply markup"));
    };
    let Some(keyboard) = markup.get("inline_keyboard") else { return Ok(Vec::new()) };
    let rows = keyboard
        .as_array()
        .ok_or_else(|| Refusal::bad_request("field \"inline_keyboard\" must be of type Array"))?;
    let mut keyboard = Vec::with_capacity(rows.len());
    for row in rows {
        let row = row.as_array().ok_or_else(|| {
            Refusal::bad_request("field \"inline_keyboard\" must be an Array of Arrays")
        })?;
        let row = row.iter().map(button).collect::<Result<Vec<_>, _>>()?;
        if !row.is_empty() {
            keyboard.push(row);
        }
    }
    if keyboard.iter().map(Vec::len).sum::<usize>() > BUTTONS_MAX {
        return Err(Refusal::bad_request("reply markup is too long"));
    }
    Ok(keyboard)
}

fn button(value: &Value) -> Result<Button, Refusal> {
    let text = value["text"].as_str().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Refusal::bad_request(
            "can't parse inline keyboard button: Can't find field \"text\"",
        ));
    }
    let actions = ACTIONS.iter().filter(|action| value.get(**action).is_some()).count();
    if actions != 1 {
        return Err(Refusal::bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ));
    }
    let data = value.get("callback_data").map(|data| data.as_str().unwrap_or_default().to_owned());
    if data.as_ref().is_some_and(|data| data.is_empty() || data.len() > DATA_MAX_BYTES) {
        return Err(Refusal::bad_request("BUTTON_DATA_INVALID"));
    }
    let url = match value.get("url") {
        None => None,
        Some(url) => Some(
            link::checked(url.as_str().unwrap_or_default())
                .ok_or_else(|| Refusal::bad_request("BUTTON_URL_INVALID"))?,
        ),
    };
    Ok(Button { text: text.to_owned(), data, url })
}
