//! Promises of the world.

use super::*;

const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);
const CHANNEL: &str = "UCaaaaaaaaaaaaaaaaaaaaaa";

fn at(s: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(s)
}

fn counts(world: &World) -> Vec<(u64, u64, u64, String)> {
    world
        .videos()
        .map(|v| (v.views.value, v.likes.value, v.comments.value, v.title.clone()))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_numbers_however_often_it_is_stepped() {
    let (mut once, mut often) = (World::demo(7, NOW), World::demo(7, NOW));
    once.step(at(300));
    for s in 0..=600 {
        often.step(NOW + Duration::from_millis(s * 500));
    }
    assert!(once.videos().eq(often.videos()));
    let mut other = World::demo(8, NOW);
    other.step(at(300));
    assert_ne!(counts(&once), counts(&other), "the seed does nothing");
}

#[test]
fn time_that_goes_backwards_changes_nothing() {
    let mut world = World::demo(7, NOW);
    world.step(at(100));
    let before = counts(&world);
    world.step(at(50));
    assert_eq!((counts(&world), world.now()), (before, at(100)));
}

#[test]
fn a_machine_that_slept_for_years_catches_up_with_a_day() {
    let mut world = World::demo(7, NOW);
    world.step(at(10 * 366 * 86_400));
    assert_eq!(world.ticks, 86_400);
}

#[test]
fn a_new_world_stands_still() {
    let mut world = World::new(1, NOW);
    let ids = world.add_videos(CHANNEL, 3);
    world.set_counts(&ids[0], 10, 5, 1).unwrap();
    let before = counts(&world);
    world.step(at(10_000));
    assert_eq!(counts(&world), before);
}

#[test]
fn uploads_are_the_public_videos_newest_first() {
    let mut world = World::new(1, NOW);
    let ids = world.add_videos(CHANNEL, 4);
    world.set_status(&ids[0], Visibility::Unlisted).unwrap();
    world.set_status(&ids[1], Visibility::Private).unwrap();
    let new = world.add_upload(CHANNEL, "new").unwrap();
    let uploads = world.playlist("UUaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let listed: Vec<&str> = uploads.entries.iter().map(|entry| &*entry.video).collect();
    assert_eq!(listed, [&new, &ids[3], &ids[2]]);
}

#[test]
fn a_made_playlist_keeps_what_became_private() {
    let mut world = World::new(1, NOW);
    let ids = world.add_videos(CHANNEL, 2);
    world.set_playlist("PLx", "Mix", CHANNEL, &ids);
    world.set_status(&ids[0], Visibility::Private).unwrap();
    assert_eq!(world.playlist("PLx").unwrap().entries.len(), 2);
}

#[test]
fn five_thousand_videos_have_five_thousand_ids() {
    let mut world = World::new(1, NOW);
    let mut ids = world.add_videos(CHANNEL, 5_000);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5_000);
    assert_eq!(world.videos().count(), 5_000);
}

#[test]
fn a_handle_is_found_with_and_without_at_and_in_any_case() {
    let mut world = World::new(1, NOW);
    world.add_channel(CHANNEL, "Ünlü", Some("@Ünlü.Kanal"));
    for handle in ["@Ünlü.Kanal", "ünlü.kanal", "@ÜNLÜ.KANAL"] {
        assert!(world.channel_of_handle(handle).is_some(), "{handle}");
    }
    assert!(world.channel_of_handle("ünlü").is_none());
}

#[test]
fn a_hidden_count_comes_back_as_it_was() {
    let mut world = World::new(1, NOW);
    let id = world.add_videos(CHANNEL, 1).remove(0);
    world.set_counts(&id, 10, 5, 1).unwrap();
    world.hide_likes(&id, true).unwrap();
    assert_eq!(world.video(&id).unwrap().likes.shown(), None);
    world.hide_likes(&id, false).unwrap();
    assert_eq!(world.video(&id).unwrap().likes.shown(), Some(5));
}

#[test]
fn a_broadcast_keeps_its_times() {
    let mut world = World::new(1, NOW);
    let id = world.add_videos(CHANNEL, 1).remove(0);
    world.set_live(&id, Live::Upcoming).unwrap();
    world.step(at(10));
    world.set_live(&id, Live::Live).unwrap();
    world.step(at(20));
    world.set_live(&id, Live::Completed).unwrap();
    let video = world.video(&id).unwrap();
    assert_eq!((video.started_at, video.ended_at), (Some(at(10)), Some(at(20))));
    assert_eq!(video.scheduled_at, Some(at(3_600)));
}

#[test]
fn what_is_not_there_is_said() {
    let mut world = World::new(1, NOW);
    let error = world.rename("aaaaaaaaaaa", "x").unwrap_err();
    assert_eq!(error.to_string(), "the simulated YouTube has no video aaaaaaaaaaa");
    assert!(world.add_upload(CHANNEL, "x").is_err());
}
