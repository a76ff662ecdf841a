//! Kills amid alerts for feeds on Discord: each is shown once, because a second copy has the nonce of the first.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tubebell_sim::discord::{DiscordSandbox, Fault, Message, Options, Scope, serve};

use super::installation::Installation;
use super::receiver::BASE_VIEWS;
use super::videos::{self, video};
use super::{RUN, kill_again_and_again, knob, seed};
use crate::process::Program;
use crate::wait::until;

const OWNER: u64 = 101;
const SERVER: u64 = 200;

/// The feeds are channels of one server, numbered from here; each watches all videos.
const FIRST: u64 = 301;
const FEEDS: u64 = 10;
const VIDEOS: u32 = 4;

/// In how many rounds the answer to a message is lost, of 100.
const LOST: u32 = 50;

/// Feeds of which all videos move in every round.
struct Feeds {
    at: Installation,
    discord: DiscordSandbox,
    round: u32,
}

fn feeds() -> std::ops::Range<u64> {
    FIRST..FIRST + FEEDS
}

impl Feeds {
    async fn new() -> Feeds {
        let at = Installation::without_channels(|world| videos::add(world, VIDEOS)).await;
        // A session begins at each start.
        let options = Options {
            identifies_per_day: u32::MAX,
            kept_messages: usize::MAX,
            ..Options::default()
        };
        let discord = serve(&at.simulation, options).await.unwrap();
        discord.user(OWNER, "ana");
        discord.guild(SERVER, "a server", OWNER);
        let mut watches = "video,rules,to\n".to_owned();
        for feed in feeds() {
            discord.channel(SERVER, feed, &format!("feed-{feed}")).unwrap();
            for number in 0..VIDEOS {
                watches.push_str(&format!("{},views any,discord:{feed}\n", video(number)));
            }
        }
        std::fs::write(at.folder.path().join("w.csv"), watches).unwrap();
        let (token, url) = (discord.token(), discord.base_url());
        at.configure(&format!(
            "[discord]\ntoken = \"{token}\"\napi_url = \"{url}\"\nrate_per_s = 0\n"
        ));
        Feeds { at, discord, round: 0 }
    }

    /// All videos move.
    fn turn(&mut self) {
        self.round += 1;
        videos::turn(&self.at.simulation, 0..VIDEOS, self.round);
    }

    /// Whether as many messages are shown as there were alerts: which ones is judged at the end.
    fn is_told(&self) -> bool {
        self.discord.counters().sent >= FEEDS * u64::from(VIDEOS * self.round)
    }

    /// Goes on to the next round once everybody has been told of this one. In some rounds a message is stored and its
    /// answer does not come, so that it is under way until a kill.
    fn go_on(&mut self, rng: &mut SmallRng) {
        if !self.is_told() {
            return;
        }
        if rng.random_ratio(LOST, 100) {
            let feed = rng.random_range(feeds());
            let creating = Scope::operation("create_message").only_of(feed);
            self.discord.plan(creating, Fault::HangAfterStoring, 1);
        }
        self.turn();
    }

    /// Starts the gateway once, so that everything is seen, silently. Returns how much work a start is.
    async fn begin(&mut self) -> Duration {
        let start = self.at.begin(VIDEOS).await;
        self.turn();
        start
    }

    /// Of each video, each feed shows each round once, in their order.
    fn judge(&self) {
        let rounds: Vec<u32> = (1..=self.round).collect();
        for feed in feeds() {
            let shown = self.discord.sent(feed);
            for number in 0..VIDEOS {
                let id = video(number);
                let told: Vec<u32> =
                    shown.iter().filter(|message| is_of(message, &id)).map(round).collect();
                assert_eq!(told, rounds, "of {id} in {feed}");
            }
            assert_eq!(shown.len(), rounds.len() * usize::try_from(VIDEOS).unwrap(), "in {feed}");
        }
    }
}

/// Whether a message is about a video.
fn is_of(message: &Message, video: &str) -> bool {
    message.embeds[0].url.as_ref().is_some_and(|url| url.contains(video))
}

/// The round that a message tells of: "1,000,004 → **1,000,005**".
fn round(message: &Message) -> u32 {
    let (_, after) = message.embeds[0].fields[0].value.split_once("→ **").unwrap();
    let (views, _) = after.split_once("**").unwrap();
    views.replace(',', "").parse::<u32>().unwrap() - BASE_VIEWS
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_alerts_for_feeds_on_discord_it_shows_each_once() {
    let kills = knob("CRASH_KILLS").unwrap_or(4);
    let mut rng = SmallRng::seed_from_u64(seed());
    let mut feeds = Feeds::new().await;
    let folder = feeds.at.folder.path().to_owned();
    let start = feeds.begin().await;

    let mut lost = SmallRng::seed_from_u64(rng.random());
    kill_again_and_again(&folder, kills, start, &mut rng, || feeds.go_on(&mut lost)).await;
    feeds.discord.heal();
    let program = Program::start(&folder, "run", &RUN);
    until("that what the kills left is told", async || feeds.is_told()).await;
    feeds.turn();
    until("the last round", async || feeds.is_told()).await;
    feeds.at.finish(program).await;

    let again = feeds.discord.counters().repeated;
    println!(
        "{} rounds of {} alerts; {again} were sent again",
        feeds.round,
        FEEDS * u64::from(VIDEOS)
    );
    feeds.judge();
    let in_flight = usize::try_from(FEEDS).unwrap();
    feeds.at.judge(kills, usize::try_from(again).unwrap(), in_flight);
    feeds.at.simulation.stop().await;
}
