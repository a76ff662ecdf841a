//! Pictures of what was counted.

use tubebell_sim::telegram::{Fault, Scope, Trouble};

use super::*;
use crate::story::watched;

/// A video of which two counts were seen, and about which nobody has asked yet.
async fn moved(story: &Story) -> Gateway {
    let gateway = watched(story, "views every 1000").await;
    story.set_counts(2_500, None);
    story.hears("passed").await;
    gateway
}

#[tokio::test(flavor = "multi_thread")]
async fn stats_of_a_watched_video_come_with_a_picture_of_its_views() {
    let story = Story::quick().await;
    let gateway = moved(&story).await;
    let answer = story.ask("/stats 1", "2,500 views").await;
    let photo = answer.photo.expect("a picture");
    assert_eq!((photo.width, photo.height), (800, 400));
    assert!(answer.text.starts_with(TITLE), "{}", answer.text);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_video_that_was_seen_once_stats_say_that_a_picture_comes_later() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ").await;
    seen(&gateway).await;
    let answer = story.ask("/stats 1", "A picture of the views comes once").await;
    assert_eq!(answer.photo, None);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_picture_is_taken_the_text_comes_alone() {
    let story = Story::quick().await;
    let gateway = moved(&story).await;
    let refused = Fault::Refused("IMAGE_PROCESS_FAILED");
    story.telegram.plan(Scope::method("sendPhoto"), refused, 1);
    let answer = story.ask("/stats 1", "2,500 views").await;
    assert_eq!(answer.photo, None);
    story.telegram.trouble(ANA, Trouble::NoPhotos);
    let answer = story.ask("/stats 1", "2,500 views").await;
    assert_eq!(answer.photo, None);
    assert!(!answer.text.contains("picture"), "{}", answer.text);
    story.telegram.trouble(ANA, None);
    assert!(story.ask("/stats 1", "2,500 views").await.photo.is_some());
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_shows_how_the_views_of_what_moved_most_went() {
    const OTHER: &str = "jNQXAC9IVRw";
    let story = Story::quick().await;
    story.simulation.edit(|world| {
        let video = Video::new(OTHER, CHANNEL, "Me at the zoo", world.now());
        world.add_video(video.with_counts(10, 1, 0));
    });
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any; digest daily 09:00").await;
    story.ask("/watch jNQXAC9IVRw views any; digest daily 09:00", "Watching").await;
    seen(&gateway).await;
    story.simulation.edit(|world| world.set_counts(OTHER, 13, 1, 0)).unwrap();
    story.set_counts(2_500, None);
    until("that both are collected", async || story.collected() == 2).await;
    story.ask("/digest now", "comes now").await;
    story.hears("🗞 Digest · daily 09:00").await;
    let sent = story.telegram.sent(ANA);
    let digest = sent.iter().find(|message| message.text.contains("Digest · daily")).unwrap();
    assert!(digest.photo.is_some(), "{digest:#?}");
    assert!(digest.text.contains(&format!("📊 {TITLE}: 👁 2,500")), "{}", digest.text);
    assert!(digest.text.contains("• Me at the zoo: 👁 13 (+3)"), "{}", digest.text);
    over(story, gateway).await;
}
