//! What goes wrong around the gateway, and what people notice of it: one file per kind of fault.
//!
//! What a single part does with a fault is tested with that part; here the whole stands between the fault and whoever
//! waits for a message.

mod answers;
mod busy;
mod clock;
mod dead_chats;
mod disk;
mod floods;
mod locked;
mod names;
mod receiver;
mod rig;
mod rows;
mod youtube;

use tubebell::app::Gateway;

use crate::story::Story;

/// Somebody else.
const BEN: i64 = 5;

/// What `/readyz` says, and whether all is well.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
pub(crate) async fn ready(gateway: &Gateway) -> (bool, String) {
    let page = format!("http://{}/readyz", gateway.web.unwrap());
    let answer = reqwest::get(page).await.unwrap();
    (answer.status() == 200, answer.text().await.unwrap())
}

/// A story whose gateway shows its health.
async fn with_web() -> Story {
    let mut story = Story::quick().await;
    story.more = "[web]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    story
}
