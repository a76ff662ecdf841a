//! Channels and playlists.

use tubebell_sim::world::Visibility;
use tubebell_sim::youtube::{Endpoint, Fault};

use super::*;

const PLAYLIST: &str = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";

fn add_playlist(story: &Story, videos: u32) {
    story.simulation.edit(|world| {
        let videos = world.add_videos(CHANNEL, videos);
        world.set_playlist(PLAYLIST, "A list", CHANNEL, &videos);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_channel_or_playlist_is_understood() {
    let story = Story::quick().await;
    add_playlist(&story, 3);
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    let answer = story.ask("/watch @achannel upload", "Watching A channel").await;
    assert!(answer.text.contains("All 4 videos"), "{}", answer.text);
    for link in ["@AChannel", "https://www.youtube.com/@achannel/videos"] {
        story.ask(&format!("/watch {link}"), "Watched already").await;
    }
    let by_id = format!("/watch https://youtube.com/channel/{CHANNEL} upload");
    story.ask_as(BEN, BEN, None, &by_id, "Watching A channel").await;
    story.ask_as(BEN, BEN, None, &format!("/watch {CHANNEL}"), "Watched already").await;
    story.ask_as(BEN, BEN, None, "/watch @achannel", "Watched already").await;
    story.ask_as(BEN, BEN, None, "/list", "You watch 1 of").await;
    let answer = story.ask(&format!("/watch {PLAYLIST} views any"), "Watching A list").await;
    assert!(answer.text.contains("To hear of new videos as well"), "{}", answer.text);
    let link = format!("/watch https://www.youtube.com/playlist?list={PLAYLIST}&si=x");
    story.ask(&link, "Watched already").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_playlist_of_five_thousand_as_many_are_watched_as_it_says() {
    let mut story = Story::quick().await;
    story.more = "[limits]\nmembers_per_subject = 60\n".to_owned();
    add_playlist(&story, 5000);
    let gateway = story.start().await;
    let answer = story.ask(&format!("/watch {PLAYLIST} views any"), "Watching A list").await;
    assert!(answer.text.contains("60 of 5,000 videos"), "{}", answer.text);
    until("that it is listed", async || gateway.store().watched_videos().await.unwrap() >= 60)
        .await;
    assert_eq!(gateway.store().watched_videos().await.unwrap(), 60);
    let list = story.ask("/list", "A list").await.text;
    assert!(list.contains("(60 of 5,000 videos)"), "{list}");
    over(story, gateway).await;
}

/// A new video of a watched channel is told once, with its title, and with feeds or without.
async fn a_new_video_is_told(story: Story) {
    let gateway = after(&story, "/watch @achannel upload").await;
    // The first listing is silent; what comes after it is news.
    until("that it is listed", async || gateway.store().watched_videos().await.unwrap() >= 1).await;
    story.simulation.edit(|world| world.add_upload(CHANNEL, "New & <i>fresh</i>").unwrap());
    story.hears("New video from A channel").await;
    let told: Vec<_> =
        story.texts().into_iter().filter(|text| text.contains("New video")).collect();
    assert!(told.len() == 1 && told[0].contains("New & <i>fresh</i>"), "{told:#?}");
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_video_of_a_channel_is_told() {
    a_new_video_is_told(Story::quick().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_video_is_told_while_feeds_fail() {
    let story = Story::quick().await;
    story.youtube.faults(|faults| faults.plan(Endpoint::Feed, Fault::Server(404), None));
    a_new_video_is_told(story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_to_the_end_of_a_long_playlist_is_told() {
    let story = Story::quick().await;
    add_playlist(&story, 120);
    let gateway = after(&story, &format!("/watch {PLAYLIST} upload")).await;
    until("it is listed", async || gateway.store().watched_videos().await.unwrap() == 120).await;
    story.simulation.edit(|world| {
        let id = world.add_upload(CHANNEL, "The hundred and twenty-first").unwrap();
        world.add_to_playlist(PLAYLIST, &id, usize::MAX).unwrap();
    });
    story.hears("The hundred and twenty-first").await;
    over(story, gateway).await;
}

/// A gateway that watches the channel and has listed it.
async fn listed(story: &Story, rules: &str) -> Gateway {
    let gateway = after(story, &format!("/watch @achannel {rules}")).await;
    until("it is listed", async || gateway.store().watched_videos().await.unwrap() >= 1).await;
    gateway
}

fn told(story: &Story, part: &str) -> usize {
    story.texts().iter().filter(|text| text.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_premiere_is_told_with_its_time_and_again_when_it_can_be_seen() {
    let story = Story::quick().await;
    let gateway = listed(&story, "upload").await;
    let starts_at = "2030-12-02T10:43:00Z".parse().unwrap();
    let id = story
        .simulation
        .edit(|world| world.announce_premiere(CHANNEL, "A premiere", starts_at).unwrap());
    story.hears("Mon 2 Dec 2030, 10:43 (UTC)").await;
    story.simulation.edit(|world| world.premiere(&id)).unwrap();
    story.hears("Can be seen now").await;
    assert_eq!((told(&story, "New video"), told(&story, "10:43")), (0, 1), "{:#?}", story.texts());
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_videos_at_once_are_all_told() {
    let story = Story::quick().await;
    let gateway = listed(&story, "upload").await;
    story.simulation.edit(|world| {
        for n in 0..30 {
            world.add_upload(CHANNEL, &format!("One of thirty, {n}.")).unwrap();
        }
    });
    // Each of them once, together as far as they were found together.
    let named = |n: usize| {
        let name = format!("One of thirty, {n}.");
        story.texts().iter().map(|text| text.matches(&name).count()).sum::<usize>()
    };
    until("all are told", async || (0..30).all(|n| named(n) > 0)).await;
    assert!((0..30).all(|n| named(n) == 1), "{:#?}", story.texts());
    assert!(told(&story, "One of thirty") <= 6, "{:#?}", story.texts());
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_is_public_again_is_no_new_one() {
    let story = Story::quick().await;
    let gateway = listed(&story, "upload; status").await;
    let id = story.simulation.edit(|world| world.add_upload(CHANNEL, "It comes and goes").unwrap());
    story.hears("New video from A channel").await;
    for (visibility, word) in
        [(Visibility::Private, "No longer available"), (Visibility::Public, "Available again")]
    {
        story.simulation.edit(|world| world.set_status(&id, visibility)).unwrap();
        story.hears(word).await;
    }
    // What is new after it is told, and it is not.
    story.simulation.edit(|world| world.add_upload(CHANNEL, "The next one").unwrap());
    story.hears("The next one").await;
    assert_eq!(told(&story, "New video"), 2, "{:#?}", story.texts());
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playlist_that_is_gone_and_back_is_told_and_shown() {
    let story = Story::quick().await;
    add_playlist(&story, 3);
    let gateway = after(&story, &format!("/watch {PLAYLIST} views any")).await;
    until("it is listed", async || gateway.store().watched_videos().await.unwrap() == 3).await;
    let list = story.simulation.edit(|world| world.remove_playlist(PLAYLIST)).unwrap();
    story.hears("This playlist is no longer there").await;
    story.ask("/list", "no longer there").await;
    let none: [&str; 0] = [];
    story.simulation.edit(|world| {
        world.set_playlist(PLAYLIST, &list.title, &list.channel, &none);
    });
    story.hears("This playlist is there again").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_alert_shows_the_channel() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    let alert = story.texts().into_iter().find(|text| text.contains("passed 1,000")).unwrap();
    assert!(alert.contains("\nA channel\n"), "{alert}");
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_rows_cannot_be_read_waits_and_holds_up_no_other_one() {
    let story = Story::quick().await;
    add_playlist(&story, 3);
    let gateway = after(&story, &format!("/watch {PLAYLIST} upload")).await;
    until("it is listed", async || gateway.store().watched_videos().await.unwrap() == 3).await;
    let db = rusqlite::Connection::open(story.folder.path().join("tubebell.db")).unwrap();
    db.busy_timeout(crate::wait::LIMIT).unwrap();
    db.execute_batch("UPDATE member SET at = 'soon'; UPDATE subject SET next_listing = 1").unwrap();
    story.ask("/watch @achannel upload", "Watching A channel").await;
    let put_off = format!(
        "SELECT next_listing > {} FROM subject WHERE ref LIKE 'playlist:%'",
        tubebell::app::system_clock()().0 + 120_000
    );
    until("it is put off", async || db.query_row(&put_off, [], |row| row.get(0)).unwrap()).await;
    until("the other one is listed", async || {
        db.query_row("SELECT count(*) FROM subject WHERE listed_at > 0", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
            == 2
    })
    .await;
    story.simulation.edit(|world| world.add_upload(CHANNEL, "Fresh").unwrap());
    story.hears("Fresh").await;
    over(story, gateway).await;
}
