//! The whole gateway against a simulated YouTube and a simulated Discord: what a file sends there arrives, and pings nobody.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tubebell::app::{Gateway, system_clock};
use tubebell::model::Address;
use tubebell_sim::discord::{self, DiscordSandbox, Fault, Message, Options, Scope};

use crate::story::{Story, baseline, watch};
use crate::wait::within_limit;

const OWNER: u64 = 101;
const GUILD: u64 = 200;
const FEED: u64 = 301;
const OTHER: u64 = 302;

const TITLE: &str = "Never <b>gonna</b> & @give #you up";

/// A server with two channels, of which one has a webhook; returns its address.
async fn server(story: &mut Story) -> (DiscordSandbox, Address) {
    let discord = discord::serve(&story.simulation, Options::default()).await.unwrap();
    discord.user(OWNER, "Ana");
    discord.guild(GUILD, "Harbour", OWNER);
    discord.channel(GUILD, FEED, "alerts").unwrap();
    discord.channel(GUILD, OTHER, "numbers").unwrap();
    let hook = discord.webhook(OTHER, 401, "bell").unwrap();
    let (token, url) = (discord.token(), discord.base_url());
    story.more = format!("[discord]\ntoken = \"{token}\"\napi_url = \"{url}\"\n");
    (discord, format!("discord-webhook:{hook}").parse().unwrap())
}

/// A gateway that has seen the video, which the channel and whoever has the webhook watch.
async fn gateway(story: &Story, hook: Address, rules: &str) -> Gateway {
    let gateway = story.start().await;
    let watches = vec![watch(Address::Discord(FEED), rules), watch(hook, rules)];
    gateway.store().edit(None, watches, system_clock()()).await.unwrap();
    baseline(&gateway).await;
    gateway
}

/// The first message that came into a channel and is about this.
async fn told(discord: &DiscordSandbox, channel: u64, part: &str) -> Message {
    let find = |discord: &DiscordSandbox| {
        let is_it = |message: &Message| format!("{:?}", message.embeds).contains(part);
        discord.sent(channel).into_iter().find(is_it)
    };
    let came = within_limit(discord.wait_for(|discord| find(discord).is_some())).await;
    assert!(came.is_some(), "`{part}` did not come, but {:#?}", discord.sent(channel));
    find(discord).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_youtube_rings_in_a_channel_of_discord_and_by_a_webhook_and_pings_nobody() {
    let mut story = Story::new().await;
    let (discord, hook) = server(&mut story).await;
    let gateway = gateway(&story, hook, "views any").await;
    story.set_counts(1005, None);
    for channel in [FEED, OTHER] {
        let message = told(&discord, channel, "1,005").await;
        assert_eq!(message.embeds[0].title.as_deref().map(unescaped), Some(TITLE.to_owned()));
        assert!(message.pings.is_none(), "{message:#?}");
        assert!(message.buttons.is_empty(), "a button that nobody hears of");
    }
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_discord_loses_makes_no_second_message_of_the_bot() {
    let mut story = Story::new().await;
    let (discord, hook) = server(&mut story).await;
    let gateway = gateway(&story, hook, "views any").await;
    let creating = Scope::operation("create_message").only_of(FEED);
    discord.plan(creating, Fault::AnswerLost, 1);
    story.set_counts(1005, None);
    told(&discord, OTHER, "1,005").await;
    told(&discord, FEED, "1,005").await;
    story.set_counts(1010, None);
    // It comes behind whatever was tried again.
    told(&discord, FEED, "1,010").await;
    let sent = discord.sent(FEED);
    let copies = sent.iter().filter(|message| format!("{:?}", message.embeds).contains("990"));
    assert_eq!(copies.count(), 1, "{sent:#?}");
    gateway.stop().await;
    story.end().await;
}

/// A text of an embed without its backslashes.
fn unescaped(text: &str) -> String {
    text.replace('\\', "")
}
