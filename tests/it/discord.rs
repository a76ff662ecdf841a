//! The whole gateway against a simulated YouTube and a sandbox Discord: what people type and press there, over HTTP and the
//! gateway's websocket.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod feeds;
mod held;

use std::time::Duration;

use serde_json::json;
use tubebell::app::Gateway;
use tubebell::store::Edit;
use tubebell_sim::discord::{
    Answered, DiscordSandbox, Fault, GatewayFault, Interaction, Message, Options, Scope, serve,
};

use held::Held;

use crate::story::Story;
use crate::wait::{LIMIT, within_limit};

const ANA: u64 = 5_000_000_000_000_000_042;
const BEN: u64 = 5_000_000_000_000_000_043;
const SERVER: u64 = 5_000_000_000_000_000_100;
const GENERAL: u64 = 5_000_000_000_000_000_101;
const ALERTS: u64 = 5_000_000_000_000_000_102;
const VIDEO: &str = "dQw4w9WgXcQ";

/// A story that is told on Discord, in a server of Ana's with Ben in it.
struct Discord {
    story: Story,
    sandbox: DiscordSandbox,
}

impl Discord {
    async fn new() -> Discord {
        Discord::with(Options::default()).await
    }

    async fn with(options: Options) -> Discord {
        // A busy machine is no bot that is late.
        let options = Options { answer_within: LIMIT, heartbeat_patience: LIMIT, ..options };
        let mut story = Story::new().await;
        let sandbox = serve(&story.simulation, options).await.unwrap();
        sandbox.user(ANA, "ana");
        sandbox.user(BEN, "ben");
        sandbox.guild(SERVER, "a server", ANA);
        sandbox.join(BEN, SERVER, &[]).unwrap();
        sandbox.channel(SERVER, GENERAL, "general").unwrap();
        sandbox.channel(SERVER, ALERTS, "alerts").unwrap();
        story.more = format!(
            "[web]\nlisten = \"127.0.0.1:0\"\n[discord]\ntoken = \"{}\"\napi_url = \"{}\"\nrate_per_s = 0\n",
            sandbox.token(),
            sandbox.base_url()
        );
        Discord { story, sandbox }
    }

    /// Starts a gateway, and waits until it hears and its commands are known.
    async fn start(&self) -> Gateway {
        let gateway = self.story.start().await;
        self.until("the gateway hears", |sandbox| {
            sandbox.connected() == 1 && !sandbox.commands(None).is_empty()
        })
        .await;
        gateway
    }

    async fn until(&self, what: &str, check: impl FnMut(&DiscordSandbox) -> bool) {
        if within_limit(self.sandbox.wait_for(check)).await.is_none() {
            let heard: Vec<String> =
                self.sandbox.interactions().iter().map(|asked| format!("{asked:?}")).collect();
            panic!("{what} does not happen: {heard:#?}");
        }
    }

    /// Waits for the last word on an interaction.
    async fn answered(&self, id: u64) -> (Interaction, Message) {
        let last = |sandbox: &DiscordSandbox| {
            let asked = sandbox.interaction(id)?;
            let message = match asked.followups.last() {
                Some(followup) => sandbox.message(asked.channel, *followup),
                None if asked.answered == Answered::Deferred => {
                    sandbox.response(id).filter(|message| !message.is_loading())
                }
                None => sandbox.response(id),
            };
            message.map(|message| (asked, message))
        };
        self.until("the answer comes", |sandbox| last(sandbox).is_some()).await;
        last(&self.sandbox).unwrap()
    }

    /// Ana types a line; what she sees.
    async fn types(&self, channel: u64, line: &str) -> String {
        let id = self.sandbox.type_command(ANA, channel, line).unwrap();
        seen(&self.answered(id).await.1)
    }

    async fn end(self, gateway: Gateway) {
        gateway.stop().await;
        self.story.end().await;
    }
}

/// All that stands in a message.
fn seen(message: &Message) -> String {
    let mut text = message.content.clone();
    for embed in &message.embeds {
        text.push_str(&format!("{embed:?}"));
    }
    text
}

/// How often something was asked.
fn count(sandbox: &DiscordSandbox, operation: &str) -> usize {
    sandbox.requests().iter().filter(|request| request.operation == operation).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_made_by_a_slash_command_rings_in_its_channel() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let told = discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    assert!(told.contains("Watching"), "{told}");
    discord.story.set_counts(1005, None);
    discord
        .until("the alert comes", |sandbox| {
            sandbox.sent(GENERAL).iter().any(|message| seen(message).contains("passed 1,000"))
        })
        .await;
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_rings_in_the_feed_and_its_buttons_are_for_those_who_manage_the_server() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    discord.types(ALERTS, "/feed here").await;
    let told = discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    assert!(told.contains("the feed of this server"), "{told}");
    discord.story.set_counts(1005, None);
    let alert = |sandbox: &DiscordSandbox| {
        let mut sent = sandbox.sent(ALERTS).into_iter();
        sent.find(|message| seen(message).contains("passed 1,000"))
    };
    discord.until("the alert comes", |sandbox| alert(sandbox).is_some()).await;
    let alert = alert(&discord.sandbox).unwrap();
    let stop = alert.buttons.iter().flatten().find(|button| button.label.contains("Stop")).unwrap();
    let data = stop.custom_id.as_deref().unwrap();
    let press = |who| discord.sandbox.press(who, ALERTS, alert.id, data).unwrap();
    let (asked, told) = discord.answered(press(BEN)).await;
    assert!(asked.is_ephemeral && seen(&told).contains("Manage Server"), "{told:?}");
    let (asked, told) = discord.answered(press(ANA)).await;
    assert!(asked.is_ephemeral && seen(&told).contains("No longer watching"), "{told:?}");
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_for_whoever_made_it_and_an_interaction_that_comes_twice_has_one_effect() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let id = discord.sandbox.type_command(ANA, GENERAL, "/unwatch video:7").unwrap();
    let (asked, _) = discord.answered(id).await;
    assert!(asked.is_ephemeral);
    let id = discord.sandbox.type_command(ANA, GENERAL, &format!("/watch video:{VIDEO}")).unwrap();
    discord.answered(id).await;
    discord.sandbox.deliver_again(id).unwrap();
    let told = discord.types(GENERAL, "/list").await;
    assert!(told.contains("You watch 1 "), "{told}");
    assert_eq!(discord.sandbox.interaction(id).unwrap().followups, [] as [u64; 0]);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_is_proposed_while_somebody_types() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    discord.types(GENERAL, &format!("/watch video:{VIDEO}")).await;
    let typed = [("video", json!("gonna"))];
    let id = discord.sandbox.autocomplete(ANA, GENERAL, "unwatch", &typed, "video").unwrap();
    let choices = |sandbox: &DiscordSandbox| sandbox.interaction(id).unwrap().choices;
    discord.until("something is proposed", |sandbox| !choices(sandbox).is_empty()).await;
    let choices = format!("{:?}", choices(&discord.sandbox));
    assert!(choices.contains(VIDEO) && choices.contains("Never"), "{choices}");
    let typed = [("video", json!(VIDEO)), ("rule", json!("views m"))];
    let id = discord.sandbox.autocomplete(ANA, GENERAL, "watch", &typed, "rule").unwrap();
    discord
        .until("rules are proposed", |sandbox| {
            format!("{:?}", sandbox.interaction(id).unwrap().choices).contains("views milestones")
        })
        .await;
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_of_a_message_watches_the_link_in_it() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let text = format!("look: https://youtu.be/{VIDEO}");
    let message = discord.sandbox.say(BEN, GENERAL, &text).unwrap();
    let id = discord.sandbox.message_command(ANA, GENERAL, message, "Watch").unwrap();
    let (_, told) = discord.answered(id).await;
    assert!(seen(&told).contains("Watching"), "{told:?}");
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_resumed_and_no_session_is_begun_for_it() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let begun = discord.sandbox.counters().identified;
    for fault in [GatewayFault::Drop, GatewayFault::Reconnect, GatewayFault::Close(4000)] {
        discord.sandbox.gateway(fault);
        discord.until("the connection ends", |sandbox| sandbox.connected() == 0).await;
        discord.until("it is there again", |sandbox| sandbox.connected() == 1).await;
        let told = discord.types(GENERAL, "/list").await;
        assert!(!told.is_empty());
    }
    assert_eq!(discord.sandbox.counters().identified, begun);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_no_more_is_followed_by_a_new_one() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let begun = discord.sandbox.counters().identified;
    discord.sandbox.gateway(GatewayFault::InvalidSession { resumable: false });
    discord.until("a session begins", |sandbox| sandbox.counters().identified > begun).await;
    discord.until("it stands", |sandbox| sandbox.connected() == 1).await;
    assert!(!discord.types(GENERAL, "/list").await.is_empty());
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_begun_beyond_those_of_a_day() {
    let options = Options { identifies_per_day: 1, ..Options::default() };
    let discord = Discord::with(options).await;
    let gateway = discord.start().await;
    discord.sandbox.gateway(GatewayFault::InvalidSession { resumable: false });
    // One more would have cost the token.
    let trouble = trouble(&gateway).await;
    assert!(trouble.contains("used up"), "{trouble}");
    assert_eq!(discord.sandbox.counters().identified, 1);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_told_once_and_again_only_when_they_have_changed() {
    let discord = Discord::new().await;
    let told = || count(&discord.sandbox, "bulk_set_application_commands");
    discord.start().await.stop().await;
    assert_eq!(told(), 1);
    let gateway = discord.start().await;
    discord.types(GENERAL, "/help").await;
    assert_eq!(told(), 1);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_the_bot_away_is_off_until_it_is_back() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    discord.sandbox.remove_bot(SERVER).unwrap();
    let general = tubebell::model::Address::Discord(GENERAL);
    let store = gateway.store();
    let is_off = async || {
        let row = store.destination(&general).await.unwrap();
        row.is_some_and(|row| row.disabled.is_some())
    };
    crate::wait::until("the channel is off", async || is_off().await).await;
    discord.sandbox.join(discord.sandbox.bot(), SERVER, &[]).unwrap();
    crate::wait::until("the channel is on", async || !is_off().await).await;
    discord.end(gateway).await;
}

/// What `/readyz` says, once it names a trouble with commands.
async fn trouble(gateway: &Gateway) -> String {
    let url = format!("http://{}/readyz", gateway.web.unwrap());
    let mut text = String::new();
    crate::wait::until("/readyz names a trouble", async || {
        let answer = reqwest::get(&url).await.unwrap();
        let is_trouble = answer.status() == 503;
        text = answer.text().await.unwrap();
        is_trouble
    })
    .await;
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_is_named_and_nothing_more_is_begun() {
    let discord = Discord::new().await;
    for (code, words) in [
        (4004, "discord.token"),
        (4010, "fault of tubebell"),
        (4012, "update tubebell"),
        (4013, "intents"),
        (4014, "intents"),
    ] {
        discord.sandbox.refuse_session(code);
        let gateway = discord.story.start().await;
        let told = trouble(&gateway).await;
        assert!(told.contains(words), "{code}: {told}");
        assert!(code == 4004 || !told.contains("discord.token"), "{code}: {told}");
        gateway.stop().await;
    }
    assert_eq!(discord.sandbox.counters().identified, 0);
    discord.story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_while_the_gateway_runs_is_told() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    discord.sandbox.revoke_token(true);
    discord.sandbox.gateway(GatewayFault::Close(4004));
    let told = trouble(&gateway).await;
    assert!(told.contains("discord.token"), "{told}");
    discord.sandbox.revoke_token(false);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_heartbeats_are_not_answered_is_given_up_and_resumed() {
    let heartbeat_every = Duration::from_millis(200);
    let discord = Discord::with(Options { heartbeat_every, ..Options::default() }).await;
    let gateway = discord.start().await;
    let begun = discord.sandbox.counters().identified;
    discord.sandbox.answer_heartbeats(false);
    discord.until("it is given up", |sandbox| sandbox.connected() == 0).await;
    discord.sandbox.answer_heartbeats(true);
    discord.until("it is there again", |sandbox| sandbox.connected() == 1).await;
    assert!(!discord.types(GENERAL, "/list").await.is_empty());
    assert_eq!(discord.sandbox.counters().identified, begun);
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_server_that_nobody_let_in_only_an_invitation_is_heard() {
    const CODE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let mut discord = Discord::new().await;
    discord.story.access = "invite";
    discord.story.more.push_str("[operator]\nto = [\"telegram:1\"]\n");
    let gateway = discord.start().await;
    let (made_by, per_day) = (tubebell::model::Owner::Operator, None);
    let expires_at = tubebell::app::clock().plus(Duration::from_secs(3600));
    let invite = Edit::Invite { code: CODE.to_owned(), made_by, expires_at, per_day };
    gateway.store().edit(None, vec![invite], tubebell::app::clock()).await.unwrap();
    let watch = format!("/watch video:{VIDEO}");
    let told = discord.types(GENERAL, &watch).await;
    assert!(!told.contains("Watching"), "{told}");
    let told = discord.types(GENERAL, &format!("/start code:{CODE}")).await;
    assert!(told.contains("accepted"), "{told}");
    let told = discord.types(ALERTS, &watch).await;
    assert!(told.contains("Watching"), "{told}");
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_server_of_500_channels_any_of_them_can_be_the_feed() {
    const MANY: u64 = 5_000_000_000_000_001_000;
    let discord = Discord::new().await;
    for number in 0..500 {
        discord.sandbox.channel(SERVER, MANY + number, &format!("channel-{number}")).unwrap();
    }
    let gateway = discord.start().await;
    discord.types(MANY + 499, "/feed here").await;
    discord.types(GENERAL, &format!("/watch video:{VIDEO} rule:views every 1000")).await;
    discord.story.set_counts(1_005, None);
    discord
        .until("the feed rings", |sandbox| {
            sandbox.sent(MANY + 499).iter().any(|message| seen(message).contains("passed 1,000"))
        })
        .await;
    discord.end(gateway).await;
}

/// The waits between connections and sessions are Discord's: it takes some seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_is_followed_by_one_whatever_the_code() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    for code in [1000, 1001, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4011] {
        let begun = discord.sandbox.counters().identified;
        discord.sandbox.gateway(GatewayFault::Close(code));
        discord.until("the connection ends", |sandbox| sandbox.connected() == 0).await;
        discord.until("it is there again", |sandbox| sandbox.connected() == 1).await;
        let is_anew = matches!(code, 1000 | 1001 | 4003 | 4007 | 4009 | 4011);
        let counted = discord.sandbox.counters().identified - begun;
        assert_eq!(counted, u64::from(is_anew), "{code}");
        assert!(!discord.types(GENERAL, "/list").await.is_empty());
    }
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_youtube_is_told_to_and_a_mistake_is_for_them_alone_all_the_same() {
    let discord = Discord::new().await;
    let youtube = Held::new(&discord.story.youtube.base_url()).await;
    let text = discord.story.config_text();
    let text = text.replace(&discord.story.youtube.base_url(), &youtube.url());
    let config = tubebell::config::parse("test", &text, []).unwrap();
    let clock = tubebell::app::system_clock();
    let story = async {
        let gateway = Gateway::start_with(&config, clock, Story::TIME_LIMITS).await.unwrap();
        discord.until("commands are known", |sandbox| !sandbox.commands(None).is_empty()).await;
        for (video, is_known) in [(VIDEO, true), ("AAAAAAAAAAA", false)] {
            youtube.hold(true);
            let line = format!("/watch video:{video} rule:views every 1000");
            let id = discord.sandbox.type_command(ANA, GENERAL, &line).unwrap();
            discord
                .until("it is deferred", |sandbox| {
                    sandbox.interaction(id).unwrap().answered == Answered::Deferred
                })
                .await;
            youtube.hold(false);
            let (asked, told) = discord.answered(id).await;
            let shown = discord.sandbox.shown(GENERAL, BEN);
            let is_seen = shown.iter().any(|message| message.id == told.id);
            assert_eq!((is_seen, asked.followups.is_empty()), (is_known, is_known), "{told:?}");
            assert_eq!(seen(&told).contains("Watching"), is_known, "{told:?}");
            assert!(!shown.iter().any(Message::is_loading));
        }
        gateway.stop().await;
    };
    tokio::select! {
        () = youtube.serve() => {}
        () = story => {}
    }
    discord.story.simulation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_or_is_refused_hurts_nobody_else() {
    let discord = Discord::new().await;
    let gateway = discord.start().await;
    let respond = Scope::operation("create_interaction_response");
    let late = Fault::Refused(404, 10_062, "Unknown interaction");
    discord.sandbox.plan(respond, late, 2);
    let id = discord.sandbox.type_command(ANA, GENERAL, "/list").unwrap();
    let asked = |sandbox: &DiscordSandbox| count(sandbox, "create_interaction_response");
    discord.until("it is tried", |sandbox| asked(sandbox) >= 2).await;
    assert_eq!(discord.sandbox.interaction(id).unwrap().answered, Answered::Not);
    assert!(!discord.types(GENERAL, "/list").await.is_empty());
    // What is refused is followed by a word all the same.
    let refused = Fault::Refused(400, 50_035, "Invalid Form Body");
    discord.sandbox.plan(respond, refused, 1);
    let told = discord.types(GENERAL, "/list").await;
    assert!(told.contains("went wrong"), "{told}");
    discord.end(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_with_which_a_session_begins_push_no_interaction_out() {
    const SERVERS: u64 = 2_500;
    let discord = Discord::new().await;
    discord.start().await.stop().await;
    for server in 0..SERVERS {
        discord.sandbox.guild(6_000_000_000_000_000_000 + server, "another", BEN);
    }
    let begun = discord.sandbox.counters().identified;
    let gateway = discord.story.start().await;
    discord.until("a session begins", |sandbox| sandbox.counters().identified > begun).await;
    let ids: Vec<u64> =
        (0..30).map(|_| discord.sandbox.type_command(ANA, GENERAL, "/list").unwrap()).collect();
    for id in ids {
        let told = seen(&discord.answered(id).await.1);
        assert!(!told.contains("Too much"), "{told}");
    }
    discord.end(gateway).await;
}
