//! The whole gateway against a simulated YouTube and a simulated Discord: what a file sends there arrives, and pings nobody.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tubebell::app::{Gateway, system_clock};
use tubebell::model::{Address, SubjectRef, UnixMillis};
use tubebell::store::Edit;
use tubebell_sim::discord::{self, DiscordSandbox, Fault, Message, Options, Scope};
use tubebell_sim::world::Video;

use crate::story::{CHANNEL, Story, VIDEO, baseline, watch};
use crate::wait::{until, within_limit};

const OWNER: u64 = 101;
const GUILD: u64 = 200;
const FEED: u64 = 301;
const OTHER: u64 = 302;

const OTHER_VIDEO: &str = "h4Kp_Wm93sE";

/// A name that would ring for all of a server, and for its owner once more.
const EVERYBODY: &str = "@everyone <@101>";

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
async fn a_change_on_youtube_rings_in_a_channel_of_discord_and_by_a_webhook() {
    let mut story = Story::new().await;
    let (discord, hook) = server(&mut story).await;
    let gateway = gateway(&story, hook, "views any").await;
    story.set_counts(1005, None);
    for channel in [FEED, OTHER] {
        let message = told(&discord, channel, "1,005").await;
        assert_eq!(message.embeds[0].title.as_deref().map(unescaped), Some(TITLE.to_owned()));
        assert_eq!(message.buttons.is_empty(), channel == OTHER, "a webhook hears of no button");
    }
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_calls_everybody_stands_in_a_message_and_pings_nobody() {
    let mut story = Story::new().await;
    let (discord, _) = server(&mut story).await;
    story.simulation.edit(|world| {
        world.add_channel(CHANNEL, EVERYBODY, None);
        world.add_video(Video::new(OTHER_VIDEO, CHANNEL, EVERYBODY, world.now()));
    });
    let gateway = story.start().await;
    let mut edit = watch(Address::Discord(FEED), "views any");
    if let Edit::Watch(watch) = &mut edit {
        watch.subject = SubjectRef::Channel(CHANNEL.parse().unwrap());
    }
    gateway.store().edit(None, vec![edit], system_clock()()).await.unwrap();
    until("that both videos are seen", async || {
        let mut seen = Vec::new();
        for video in [VIDEO, OTHER_VIDEO] {
            let id = video.parse().unwrap();
            let history = gateway.store().history(id, UnixMillis(0), 1).await.unwrap();
            seen.push(history.is_some_and(|history| history.known.is_some()));
        }
        seen == [true, true]
    })
    .await;
    story.simulation.edit(|world| {
        for video in [VIDEO, OTHER_VIDEO] {
            world.set_counts(video, 5_005, 10, 1).unwrap();
        }
    });
    let message = told(&discord, FEED, "5,005").await;
    // Above the embeds, where the names of people and roles would ring.
    assert!(message.content.replace('\\', "").contains("@everyone"), "{message:#?}");
    assert!(message.pings.is_none(), "{message:#?}");
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
