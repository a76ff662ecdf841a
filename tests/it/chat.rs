//! What a person sees in the chat: everything is typed and pressed there, and read there.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod cards;
mod changes;
mod channels;
mod commands;
mod groups;
mod hearing;
mod outages;
mod pictures;
mod reaching;
mod shares;
mod side_by_side;

use tubebell::app::Gateway;
use tubebell_sim::telegram::{EntityKind, Message};
use tubebell_sim::world::{Video, Visibility};

use crate::story::{ANA, CHANNEL, Story, VIDEO, routed};
use crate::wait::until;

/// The title of the video of most stories.
const TITLE: &str = "Never <b>gonna</b> & @give #you up";

/// Somebody else.
const BEN: i64 = 5;

/// A gateway that hears Ana, who has typed this and got an answer.
async fn after(story: &Story, command: &str) -> Gateway {
    let gateway = story.start().await;
    story.ask(command, "Watching").await;
    gateway
}

/// Stops both, after a look at everything that the bot has sent.
async fn over(story: Story, gateway: Gateway) {
    gateway.stop().await;
    end(story).await;
}

/// As [`over`], once the gateway has stopped.
async fn end(story: Story) {
    for message in [ANA, BEN].into_iter().flat_map(|chat| story.telegram.sent(chat)) {
        assert_plain(&message);
    }
    story.end().await;
}

/// Whatever Telegram found by itself is one of the bot's own commands.
#[track_caller]
fn assert_plain(message: &Message) {
    const OWN: [&str; 4] = ["/list", "/help", "/rules", "/why"];
    for entity in message.entities.iter().filter(|entity| entity.kind.is_automatic()) {
        let text = entity.of(&message.text);
        let is_help = message.text.starts_with("What you can write");
        let is_own = entity.kind == EntityKind::BotCommand && (is_help || OWN.contains(&text));
        assert!(is_own, "{:?} `{text}` in {}", entity.kind, message.text);
    }
}

/// The labels of the buttons under a message.
fn labels(message: &Message) -> Vec<&str> {
    message.buttons.iter().flatten().map(|button| button.text.as_str()).collect()
}

/// Waits until the router knows the video: the answer to `/watch` may be a moment ahead of it.
async fn seen(gateway: &Gateway) {
    crate::story::baseline(gateway).await;
}

/// Waits until YouTube was asked so often more.
async fn polls(story: &Story, times: usize) {
    let start = count_polls(story);
    until("that YouTube is asked", async || count_polls(story) >= start + times).await;
}

fn count_polls(story: &Story) -> usize {
    story.youtube.requests().iter().filter(|request| request.path.contains("/videos")).count()
}

/// As [`polls`], while the clock stands still but for this; none comes after the last before the clock moves on.
async fn polls_by_hand(story: &Story, times: usize) {
    let start = count_polls(story);
    until("that YouTube is asked", async || {
        tokio::time::advance(std::time::Duration::from_millis(20)).await;
        count_polls(story) >= start + times
    })
    .await;
}

/// A private video on the usual channel.
fn hide_a_video(story: &Story) {
    let id = "jNQXAC9IVRw";
    story.simulation.edit(|world| {
        let video = Video::new(id, CHANNEL, "Me at the zoo", world.now());
        world.add_video(video.with_counts(10, 1, 0));
        world.set_status(id, Visibility::Private).unwrap();
    });
}
