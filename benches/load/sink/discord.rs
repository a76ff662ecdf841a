//! Discord as it answers a bot without limits, in its shapes: messages are taken, there is no gateway.

/// Where calls begin.
pub(super) const API: &str = "/api/v10/";

/// The bot's own account.
pub(super) const BOT: &str = r#"{"id":"1","username":"bench","discriminator":"0","global_name":null,"avatar":null,"bot":true}"#;

/// The channel of a call that makes a message.
pub(super) fn channel_of(call: &str) -> Option<&str> {
    call.strip_prefix("channels/")?.strip_suffix("/messages")
}

/// A message as the answer to whoever has made it.
pub(super) fn message(channel: &str, id: u64) -> String {
    format!(
        r#"{{"id":"{id}","channel_id":"{channel}","type":0,"content":"","timestamp":"2026-11-21T13:03:00.000000+00:00","edited_timestamp":null,"tts":false,"mention_everyone":false,"author":{BOT},"mentions":[],"mention_roles":[],"attachments":[],"embeds":[],"components":[],"pinned":false,"flags":0}}"#
    )
}
