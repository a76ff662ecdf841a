//! serenity's own client talks to the simulated Discord as it would to Discord: if it understands each answer, the simulation is
//! one. It asks by HTTP and hears by the gateway. Its limiter would ask Discord itself, so it goes without.

#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serenity::all::{
    ChannelId, ClientBuilder, CommandOptionType, Context, CreateAttachment, CreateCommand,
    CreateCommandOption, CreateEmbed, CreateInteractionResponse, CreateInteractionResponseMessage,
    CreateMessage, EditMessage, EventHandler, GatewayIntents, Http, HttpBuilder, Interaction,
    Ready, ResumedEvent,
};
use serenity::async_trait;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tubebell_sim::Simulation;
use tubebell_sim::discord::{DiscordSandbox, GatewayFault, Options, serve};
use tubebell_sim::world::World;

const ANA: u64 = 5_000_000_000_000_000_042;
const SERVER: u64 = 5_000_000_000_000_000_100;
const GENERAL: u64 = 5_000_000_000_000_000_101;

/// Longest wait for anything: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(60);

/// What the bot has heard.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Ready,
    Command(String),
    Resumed,
}

struct Bot(UnboundedSender<Heard>);

#[async_trait]
impl EventHandler for Bot {
    async fn ready(&self, context: Context, ready: Ready) {
        let option = CreateCommandOption::new(CommandOptionType::String, "word", "What to say");
        let echo = CreateCommand::new("echo").description("Says it again").add_option(option);
        let made = serenity::all::Command::set_global_commands(&context.http, vec![echo]).await;
        assert_eq!(made.expect("commands are taken").len(), 1);
        assert!(!ready.user.name.is_empty());
        drop(self.0.send(Heard::Ready));
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { panic!("{interaction:?}") };
        let word = command.data.options.first().and_then(|option| option.value.as_str());
        let word = word.unwrap_or_default().to_owned();
        let said = CreateInteractionResponseMessage::new().content(&word);
        let response = CreateInteractionResponse::Message(said);
        command.create_response(&context.http, response).await.expect("the answer is taken");
        drop(self.0.send(Heard::Command(word)));
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        drop(self.0.send(Heard::Resumed));
    }
}

async fn next(heard: &mut UnboundedReceiver<Heard>) -> Heard {
    let heard = tokio::time::timeout(LIMIT, heard.recv()).await;
    heard.expect("something is heard within the limit").expect("the bot lives")
}

fn simulation() -> Simulation {
    Simulation::new(World::new(1, Timestamp::now()), Arc::new(Timestamp::now))
}

/// A Discord with a server of Ana's, and serenity's client of it.
async fn sandbox(simulation: &Simulation) -> (DiscordSandbox, Http) {
    let options = Options { answer_within: LIMIT, ..Options::default() };
    let discord = serve(simulation, options).await.expect("a port of this machine");
    discord.user(ANA, "ana");
    discord.guild(SERVER, "a server", ANA);
    discord.channel(SERVER, GENERAL, "general").expect("the server is there");
    let http = HttpBuilder::new(discord.token()).proxy(discord.base_url());
    let http = http.ratelimiter_disabled(true).build();
    (discord, http)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hears_answers_and_goes_on_with_a_session_that_broke() {
    let simulation = simulation();
    let (discord, http) = sandbox(&simulation).await;
    let (tell, mut heard) = unbounded_channel();
    let intents = GatewayIntents::GUILDS;
    let client = ClientBuilder::new_with_http(http, intents).event_handler(Bot(tell)).await;
    let mut client = client.expect("a client");
    let shards = Arc::clone(&client.shard_manager);
    let running = tokio::spawn(async move { client.start().await });

    assert_eq!(next(&mut heard).await, Heard::Ready);
    let id = discord.type_command(ANA, GENERAL, "/echo word:hello").expect("a command");
    assert_eq!(next(&mut heard).await, Heard::Command("hello".to_owned()));
    assert_eq!(discord.response(id).expect("an answer").content, "hello");

    discord.gateway(GatewayFault::Reconnect);
    assert_eq!(next(&mut heard).await, Heard::Resumed);
    assert_eq!(discord.counters().identified, 1);
    discord.type_command(ANA, GENERAL, "/echo word:again").expect("a command");
    assert_eq!(next(&mut heard).await, Heard::Command("again".to_owned()));

    shards.shutdown_all().await;
    running.await.expect("no panic").expect("a clean end");
    simulation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sends_edits_and_reads_embeds_and_files() {
    let simulation = simulation();
    let (_discord, http) = sandbox(&simulation).await;
    let general = ChannelId::new(GENERAL);
    let embed = || CreateEmbed::new().title("A title").url("https://youtu.be/dQw4w9WgXcQ");
    let message = CreateMessage::new().content("hello").embed(embed());
    general.send_message(&http, message).await.expect("a message is taken");
    let picture = CreateAttachment::bytes(b"\x89PNG\r\n\x1a\n".as_slice(), "picture.png");
    let with_file = CreateMessage::new().add_file(picture);
    let mut sent = general.send_message(&http, with_file).await.expect("a file is taken");
    assert_eq!(sent.attachments.len(), 1);
    let edit = EditMessage::new().content("changed").embed(embed().description("now"));
    sent.edit(&http, edit).await.expect("an edit is taken");
    let read = general.message(&http, sent.id).await.expect("it can be read");
    assert_eq!(read.content, "changed");
    assert_eq!(read.embeds[0].description.as_deref(), Some("now"));
    simulation.stop().await;
}
