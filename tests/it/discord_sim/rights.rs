//! Who may do what where: roles, channels, threads, conversations, and guilds that are gone.

use serde_json::json;
use tubebell_sim::discord::{EmbedsBarred, Rights, Whom};

use super::{ANA, BEN, GENERAL, GUILD, THREAD, sandbox, sandbox_with};

#[tokio::test]
async fn a_channel_that_takes_no_message_says_why() {
    let s = sandbox().await;
    s.discord.deny_bot(GENERAL, Rights::SEND_MESSAGES).unwrap();
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 50_013));
    s.say(THREAD, "a").await.ok();
    s.discord.deny_bot(GENERAL, Rights::SEND_MESSAGES_IN_THREADS).unwrap();
    assert_eq!(s.say(THREAD, "a").await.refusal(), (403, 50_013));
    s.say(GENERAL, "a").await.ok();
    s.discord.overwrite(GENERAL, Whom::Role(GUILD), Rights::NONE, Rights::VIEW_CHANNEL).unwrap();
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 50_001));
    assert_eq!(s.get(&format!("/channels/{GENERAL}")).await.refusal(), (403, 50_001));
    s.discord.role(GUILD, 500, "bots", Rights::ADMINISTRATOR, false).unwrap();
    s.discord.join(s.discord.bot(), GUILD, &[500]).unwrap();
    s.say(GENERAL, "a").await.ok();
    s.discord.delete_role(GUILD, 500).unwrap();
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 50_001));
    s.discord.remove_bot(GUILD).unwrap();
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 50_001));
    assert_eq!(s.get(&format!("/guilds/{GUILD}")).await.refusal(), (404, 10_004));
    s.discord.delete_channel(GENERAL).unwrap();
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (404, 10_003));
    assert_eq!(s.say(THREAD, "a").await.refusal(), (404, 10_003));
}

#[tokio::test]
async fn embeds_without_the_right_are_left_out_or_refused() {
    let both = json!({"content": "a", "embeds": [{"title": "t"}]});
    let s = sandbox().await;
    s.discord.deny_bot(GENERAL, Rights::EMBED_LINKS).unwrap();
    let sent = s.write(GENERAL, both.clone()).await.ok();
    assert_eq!((&sent["content"], &sent["embeds"]), (&json!("a"), &json!([])));
    let alone = s.write(GENERAL, json!({"embeds": [{"title": "t"}]})).await;
    assert_eq!(alone.refusal(), (400, 50_006));
    let s = sandbox_with(|options| options.embeds_barred = EmbedsBarred::Refused).await;
    s.discord.deny_bot(GENERAL, Rights::EMBED_LINKS).unwrap();
    assert_eq!(s.write(GENERAL, both).await.refusal(), (403, 50_013));
}

#[tokio::test]
async fn an_archived_thread_is_opened_by_a_message_unless_it_is_locked() {
    let s = sandbox().await;
    let sent = s.say(THREAD, "a").await.ok();
    let path = format!("/channels/{THREAD}/messages/{}", sent["id"].as_str().unwrap());
    s.discord.archive_thread(THREAD, true).unwrap();
    assert_eq!(s.patch(&path, json!({"content": "b"})).await.refusal(), (400, 50_083));
    s.say(THREAD, "b").await.ok();
    assert_eq!(s.discord.is_archived(THREAD), Some(false));
    s.discord.archive_thread(THREAD, true).unwrap();
    s.discord.lock_thread(THREAD, true).unwrap();
    assert_eq!(s.say(THREAD, "c").await.refusal(), (400, 160_005));
    s.discord.overwrite(GENERAL, Whom::Role(GUILD), Rights::MANAGE_THREADS, Rights::NONE).unwrap();
    s.say(THREAD, "c").await.ok();
}

#[tokio::test]
async fn a_person_can_be_written_to_until_they_want_nothing() {
    let s = sandbox().await;
    let open = |user: u64| json!({"recipient_id": user.to_string()});
    let dm = s.post("/users/@me/channels", open(BEN)).await.ok();
    assert_eq!((&dm["type"], &dm["recipients"][0]["username"]), (&json!(1), &json!("Ben")));
    let id: u64 = dm["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(s.discord.dm(BEN).unwrap(), id);
    s.say(id, "hello").await.ok();
    s.discord.take_dms(BEN, false);
    assert_eq!(s.say(id, "hello").await.refusal(), (403, 50_007));
    assert_eq!(s.post("/users/@me/channels", open(99)).await.refusal(), (404, 10_013));
    let missing = s.post("/users/@me/channels", json!({})).await;
    assert_eq!(missing.wrong("/recipient_id"), "BASE_TYPE_REQUIRED");
}

#[tokio::test]
async fn guilds_channels_roles_and_members_are_shown() {
    let s = sandbox().await;
    s.discord.role(GUILD, 500, "crew", Rights::MANAGE_GUILD, true).unwrap();
    s.discord.join(BEN, GUILD, &[500]).unwrap();
    assert_eq!(s.get(&format!("/guilds/{GUILD}")).await.ok()["owner_id"], ANA.to_string());
    let channels = s.get(&format!("/guilds/{GUILD}/channels")).await.ok();
    assert_eq!(channels.as_array().unwrap().len(), 3, "threads are not among them");
    let roles = s.get(&format!("/guilds/{GUILD}/roles")).await.ok();
    assert_eq!((&roles[0]["name"], &roles[1]["permissions"]), (&json!("@everyone"), &json!("32")));
    let member = s.get(&format!("/guilds/{GUILD}/members/{BEN}")).await.ok();
    assert_eq!(member["roles"], json!(["500"]));
    let stranger = s.get(&format!("/guilds/{GUILD}/members/99")).await;
    assert_eq!(stranger.refusal(), (404, 10_013));
}
