//! What a video does, as it is told in the chat.

use tubebell_sim::world::Live;
use tubebell_sim::youtube::{Endpoint, Fault, QuotaShape};

use super::*;
use crate::story::clock_of_tokio;
use crate::wait::Frozen;

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_title_arrives_as_typed_and_pings_nobody() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any; title").await;
    let hostile = "@durov #tag $TON /stop https://evil.example/x a@b.example <b>&lt;</b> *_`[](tg://user?id=1)";
    story.simulation.edit(|world| world.rename(VIDEO, hostile).unwrap());
    let alert = story.told(ANA, 0, "New title", "after a rename").await;
    assert!(alert.text.contains(&format!("New title: {hostile}")), "{}", alert.text);
    assert!(alert.text.contains(&format!("Old title: {TITLE}")), "{}", alert.text);
    for command in ["/list", "/stats 1", "/why 1", "/watch 1", "/rules 1", "/settings 1 at most 1h"]
    {
        story.ask(command, hostile).await;
    }
    story.ask("/mute 1h 1", hostile).await;
    story.ask("/unwatch 1", hostile).await;
    let offer = story.ask("https://youtu.be/dQw4w9WgXcQ", "Shall I").await;
    assert!(offer.text.contains(hostile), "{}", offer.text);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn likes_that_are_hidden_and_shown_again_ring_for_what_really_changed() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ likes every 5").await;
    polls(&story, 2).await;
    story.simulation.edit(|world| world.hide_likes(VIDEO, true).unwrap());
    polls(&story, 3).await;
    let stats = story.ask("/stats 1", "990 views").await.text;
    assert!(!stats.contains("0 likes"), "{stats}");
    story.simulation.edit(|world| world.hide_likes(VIDEO, false).unwrap());
    polls(&story, 3).await;
    assert!(!story.texts().iter().any(|text| text.contains("Likes")), "{:#?}", story.texts());
    story.set_counts(990, Some(15));
    story.hears("Likes passed 15").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_goes_private_is_told_after_a_second_look_and_so_is_its_return() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ status").await;
    polls(&story, 2).await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Private).unwrap());
    story.hears("No longer available").await;
    story.ask("/list", "🚫 not available").await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Public).unwrap());
    story.hears("Available again").await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Unlisted).unwrap());
    story.hears("Now unlisted").await;
    over(story, gateway).await;
}

#[tokio::test]
async fn a_video_that_is_absent_once_rings_nobody() {
    let story = Story::quick().await;
    let gateway = story.start_at(clock_of_tokio()).await;
    story.ask("/watch dQw4w9WgXcQ status", "Watching").await;
    let frozen = Frozen::now();
    polls_by_hand(&story, 1).await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Private).unwrap());
    polls_by_hand(&story, 1).await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Public).unwrap());
    polls_by_hand(&story, 3).await;
    drop(frozen);
    routed(&gateway).await;
    let told = story.texts();
    assert!(!told.iter().any(|text| text.contains("vailable")), "{told:#?}");
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_begins_and_ends_is_told() {
    let story = Story::quick().await;
    story.simulation.edit(|world| world.set_live(VIDEO, Live::Upcoming).unwrap());
    let gateway = after(&story, "/watch dQw4w9WgXcQ live").await;
    story.simulation.edit(|world| world.set_live(VIDEO, Live::Live).unwrap());
    story.hears("Live now").await;
    story.simulation.edit(|world| world.set_live(VIDEO, Live::Completed).unwrap());
    story.hears("Live stream ended").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_the_title_that_a_video_has_now() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ title").await;
    story.simulation.edit(|world| world.rename(VIDEO, "Another title").unwrap());
    story.hears("New title").await;
    story.ask("/list", "1. Another title").await;
    over(story, gateway).await;
}

/// Slow polling: what the answer to `/watch` has shown is what later looks are compared with.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_between_the_answer_and_the_next_look_is_told() {
    let story = Story::quick().await;
    story.simulation.edit(|world| world.set_live(VIDEO, Live::Upcoming).unwrap());
    let gateway = after(&story, "/watch dQw4w9WgXcQ title; live").await;
    story.simulation.edit(|world| {
        world.rename(VIDEO, "Another title").unwrap();
        world.set_live(VIDEO, Live::Live).unwrap();
    });
    // Numbers can't be read, so the next snapshot is one with the new title.
    story.youtube.faults(|faults| {
        let used_up = Fault::QuotaUsedUp(QuotaShape::Granular);
        faults.plan(Endpoint::BatchStats, used_up, None);
    });
    story.hears("New title: Another title").await;
    story.hears("Live now").await;
    over(story, gateway).await;
}
