//! The feed of a server as people see it: who is mentioned, and what happens when the bot may not write there.

use tubebell::model::Address;
use tubebell_sim::discord::{ChannelKind, DiscordSandbox, Message, Rights};

use super::{ALERTS, Discord, GENERAL, SERVER, VIDEO, seen};

const OWLS: u64 = 5_000_000_000_000_000_200;
const THREAD: u64 = 5_000_000_000_000_000_103;

/// The message of a place that tells of this.
fn told(sandbox: &DiscordSandbox, place: u64, of: &str) -> Option<Message> {
    sandbox.sent(place).into_iter().find(|message| seen(message).contains(of))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_mentioned_on_its_rule_alone_and_one_that_was_deleted_hurts_nobody() {
    let discord = Discord::new().await;
    discord.sandbox.role(SERVER, OWLS, "owls", Rights::NONE, true).unwrap();
    let gateway = discord.start().await;
    discord.types(ALERTS, "/feed here").await;
    let mention = format!("/feed mention role:{OWLS} rule:views every 1000");
    let shown = discord.types(GENERAL, &mention).await;
    assert!(shown.contains("owls"), "{shown}");
    let watch = format!("/watch video:{VIDEO} rule:views every 1000; views at 1500");
    discord.types(GENERAL, &watch).await;
    for (views, told_by, roles) in
        [(1_005, "passed 1,000", vec![OWLS]), (1_505, "passed 1,500", vec![])]
    {
        discord.story.set_counts(views, None);
        discord.until(told_by, |sandbox| told(sandbox, ALERTS, told_by).is_some()).await;
        let message = told(&discord.sandbox, ALERTS, told_by).unwrap();
        assert_eq!(message.pings.roles, roles, "{message:#?}");
        assert!(!message.pings.everyone && message.pings.users.is_empty(), "{message:#?}");
    }
    discord.sandbox.delete_role(SERVER, OWLS).unwrap();
    discord.story.set_counts(2_005, None);
    discord.until("it rings on", |sandbox| told(sandbox, ALERTS, "passed 2,000").is_some()).await;
    let shown = discord.types(GENERAL, "/feed mention rule:views every 1000").await;
    assert!(!shown.contains("owls"), "{shown}");
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_lacks_is_named_and_what_rang_meanwhile_comes_when_it_has_it() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    discord.sandbox.deny_bot(ALERTS, Rights::SEND_MESSAGES).unwrap();
    let shown = discord.types(ALERTS, "/feed here").await;
    assert!(shown.contains("Send Messages"), "{shown}");
    discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    discord.story.set_counts(1_005, None);
    let alerts = Address::Discord(ALERTS);
    let store = gateway.store();
    crate::wait::until("that the feed is barred", async || {
        let row = store.destination(&alerts).await.unwrap();
        row.is_some_and(|row| row.barred.is_some())
    })
    .await;
    let shown = discord.types(ALERTS, "/test").await;
    assert!(shown.contains("Send Messages") && !shown.contains("It works"), "{shown}");
    discord.sandbox.deny_bot(ALERTS, Rights::NONE).unwrap();
    // A word from there shows that it can be written to again.
    discord.types(ALERTS, "/test").await;
    discord.until("it comes", |sandbox| told(sandbox, ALERTS, "passed 1,000").is_some()).await;
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_of_a_forum_is_a_feed() {
    const FORUM: u64 = 5_000_000_000_000_000_300;
    let discord = Discord::new().await;
    discord.sandbox.channel_of(SERVER, FORUM, ChannelKind::Forum, "ideas").unwrap();
    discord.sandbox.thread(FORUM, THREAD, "numbers").unwrap();
    let gateway = discord.start().await;
    discord.types(THREAD, "/feed here").await;
    discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    discord.story.set_counts(1_005, None);
    discord.until("it rings", |sandbox| told(sandbox, THREAD, "passed 1,000").is_some()).await;
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_is_the_feed_rings_when_it_is_archived_and_is_off_when_it_is_deleted() {
    let discord = Discord::new().await;
    discord.sandbox.thread(ALERTS, THREAD, "numbers").unwrap();
    let gateway = discord.start().await;
    discord.types(THREAD, "/feed here").await;
    discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    discord.sandbox.archive_thread(THREAD, true).unwrap();
    discord.story.set_counts(1_005, None);
    discord.until("it rings", |sandbox| told(sandbox, THREAD, "passed 1,000").is_some()).await;
    discord.sandbox.delete_channel(THREAD).unwrap();
    let (thread, store) = (Address::Discord(THREAD), gateway.store());
    crate::wait::until("that it is off", async || {
        let row = store.destination(&thread).await.unwrap();
        row.is_some_and(|row| row.disabled.is_some())
    })
    .await;
    let shown = discord.types(GENERAL, "/feed mention").await;
    assert!(shown.contains("has no feed"), "{shown}");
    discord.end(gateway).await;
}
