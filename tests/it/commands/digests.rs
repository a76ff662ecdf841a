//! Fewer messages: digests, so many messages a day, and the ways to be told that a new watch offers.

use tubebell::model::{Digest, Event, Owner, Series, Settings, Signal};
use tubebell::store::{Edit, NewRule, Registry, Shared, WatchEdit};

use super::world::{ANA, GROUP, VIDEO, World, chat, visible};

const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";

fn digest(text: &str) -> Option<Digest> {
    Some(text.parse().unwrap())
}

async fn home(world: &World) -> Settings {
    world.store.destination(&chat(ANA)).await.unwrap().unwrap().settings
}

#[tokio::test]
async fn a_digest_is_set_for_the_chat_or_for_one_watch_and_shown_with_its_next_time() {
    let mut world = World::open();
    insta::assert_snapshot!(world.say("/digest").await, @r#"
    🔔 No digest: what happens is told as it happens.

    Change it: /digest daily 09:00, /digest weekly mon 09:00, /digest every 6h, /digest off
    For one watch: /digest 1 daily 09:00 · what is collected, at once: /digest now
    "#);
    world.say("/settings tz Europe/Madrid").await;
    insta::assert_snapshot!(world.say("/digest daily 09:00").await, @r#"
    🗞 Digest: daily 09:00, in the time zone Europe/Madrid
    What happens is collected and told then, in one message; what is urgent, such as status!, rings at once.
    Next: Sun 22 Nov 2026, 09:00 (Europe/Madrid), unless nothing happens

    Change it: /digest daily 09:00, /digest weekly mon 09:00, /digest every 6h, /digest off
    For one watch: /digest 1 daily 09:00 · what is collected, at once: /digest now
    "#);
    assert_eq!(home(&world).await.digest, digest("daily 09:00"));
    let answer = world.say("/watch dQw4w9WgXcQ views any").await;
    assert!(answer.contains("Collected and told in a digest: daily 09:00"), "{answer}");
    let answer = world.say("/digest 1").await;
    assert!(answer.contains("Digest of Never Gonna Give You Up: daily 09:00"), "{answer}");
    assert!(answer.contains("nothing of its own set"), "{answer}");
    let answer = world.say("/digest 1 weekly sunday 18:00").await;
    assert!(answer.contains("weekly sun 18:00"), "{answer}");
    assert!(answer.contains("Next: Sun 22 Nov 2026, 18:00 (Europe/Madrid)"), "{answer}");
    assert_eq!(world.watches(chat(ANA)).await[0].settings.digest, digest("weekly sun 18:00"));
    let answer = world.say("/digest").await;
    assert!(answer.contains("Otherwise:\n• Never Gonna Give You Up: weekly sun 18:00"), "{answer}");
    let list = world.say("/list").await;
    assert!(list.contains("collected and told in a digest: daily 09:00"), "{list}");
    assert!(list.contains("🗞 weekly sun 18:00"), "{list}");
    let answer = world.say("/digest off dQw4w9WgXcQ").await;
    assert!(answer.contains("No digest of Never Gonna"), "{answer}");
    assert_eq!(world.watches(chat(ANA)).await[0].settings.digest, digest("off"));
    world.say("/digest 1 default").await;
    assert_eq!(world.watches(chat(ANA)).await[0].settings.digest, None);
    assert!(world.say("/digest off").await.contains("No digest"));
    assert_eq!(home(&world).await.digest, digest("off"));
    assert_eq!(home(&world).await.tz.as_deref(), Some("Europe/Madrid"));
}

#[tokio::test]
async fn a_digest_shows_where_settings_and_quiet_hours_do() {
    let mut world = World::open();
    assert!(!world.say("/quiet 22:00-08:00").await.contains("digest"));
    let answer = world.say("/digest daily 06:00").await;
    assert!(
        answer.contains("Next: Sun 22 Nov 2026, 08:00 (UTC), when the quiet hours end"),
        "{answer}"
    );
    let answer = world.say("/quiet").await;
    assert!(answer.contains("A digest (daily 06:00) that is due in these hours comes after them"));
    let answer = world.say("/settings").await;
    assert!(answer.contains("told in a digest: daily 06:00"), "{answer}");
    assert!(world.say("/help").await.contains("/digest daily 09:00"));
}

#[tokio::test]
async fn so_many_messages_a_day_stand_beside_at_most_one_in_so_long() {
    let mut world = World::open();
    for text in ["/settings at most 10 a day", "/settings at most 10 messages per day"] {
        let answer = world.say(text).await;
        let line = "At most 10 a day (0 so far today); what is over comes in a digest, daily 20:00";
        assert!(answer.contains(line), "{answer}");
        assert_eq!(home(&world).await.pings_per_day, Some(10));
    }
    world.say("/settings at most 15m").await;
    let settings = home(&world).await;
    assert_eq!((settings.pings_per_day, settings.at_most_s), (Some(10), Some(900)));
    let answer = world.say("/digest hourly").await;
    assert!(answer.contains("At most 10 a day (0 so far today)"), "{answer}");
    assert!(answer.contains("what is over comes in a digest, hourly"), "{answer}");
    let answer = world.say("/settings at most off a day").await;
    assert!(!answer.contains("so far today"), "{answer}");
    assert_eq!(home(&world).await.pings_per_day, Some(0));
    world.say("/settings at most default a day").await;
    assert_eq!(home(&world).await.pings_per_day, None);
}

#[tokio::test]
async fn what_is_no_digest_and_no_number_of_messages_is_told_in_one_line_with_a_way_out() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    for (text, line, example) in [
        ("/digest sometimes", "`sometimes` is no time of a digest", "/digest daily 09:00"),
        ("/digest daily 25:00", "`25:00` is no time of day", "/digest daily 09:00"),
        ("/digest daily 9", "`9` is no time of day", "/digest daily 09:00"),
        ("/digest every 5s", "`5s` is too often or too seldom", "/digest daily 09:00"),
        ("/digest 7 daily 09:00", "There is no number 7", "/digest 1 daily 09:00"),
        ("/digest aaaaaaaaaaa hourly", "is not watched here", "/digest 1 daily 09:00"),
        ("/digest 1 now", "leave the video out", "/digest now"),
        ("/settings tz Mars/Olympus", "no time zone", "/settings tz Europe/Madrid"),
        ("/quiet 22:00-08:00 Mars/Olympus", "no time zone", "/quiet 22:00-08:00"),
        ("/settings at most 0 a day", "`0` is no number of messages a day", "at most 10 a day"),
        ("/settings at most ten a day", "`ten` is no number", "at most 10 a day"),
    ] {
        world.later(60);
        let answer = world.say(text).await;
        let line = line.replace('`', "");
        assert!(answer.contains(&line) && answer.contains("For example: /"), "{text}: {answer}");
        assert!(answer.contains(example), "{text}: {answer}");
    }
    assert_eq!(home(&world).await, Settings::default());
}

#[tokio::test]
async fn what_is_collected_comes_at_once_on_request_and_nothing_of_nothing() {
    let mut world = World::open();
    let answer = world.say("/digest now").await;
    assert!(answer.contains("Nothing is collected here"), "{answer}");
}

#[tokio::test]
async fn of_a_watch_from_a_file_it_is_said_that_the_file_has_the_last_word() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let row = world.watches(chat(ANA)).await.remove(0);
    let series = Series::up(Signal::Event(Event::Status));
    let rule =
        NewRule { text: "status".to_owned(), unset: (series, 0), per_video: false, start: None };
    let edit = WatchEdit {
        destination: chat(ANA),
        owner: Owner::Operator,
        subject: row.subject,
        title: None,
        rules: vec![rule],
        settings: Settings { digest: digest("hourly"), ..Settings::default() },
        origin: "file:watches.toml".to_owned(),
        beginning: None,
        limit: None,
        videos_limit: None,
    };
    world.store.edit(None, vec![Edit::Watch(Box::new(edit))], world.now).await.unwrap();
    for text in ["/digest 1", "/digest 1 daily 09:00", "/settings 1 at most 1h"] {
        let answer = world.say(text).await;
        assert!(answer.contains("comes from a file of whoever runs me"), "{text}: {answer}");
    }
    let row = world.watches(chat(ANA)).await.remove(0);
    assert_eq!((row.settings.digest, row.settings.at_most_s), (digest("daily 09:00"), Some(3600)));
    assert!(!world.say("/digest").await.contains("file"));
}

#[tokio::test]
async fn in_a_group_only_administrators_set_digests() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), &format!("/watch {VIDEO}")).await;
    for text in ["/digest daily 09:00", "/digest now", "/digest 1 off", "/settings at most 5 a day"]
    {
        let answer = world.say_in(7, chat(GROUP), text).await;
        assert!(answer.contains("Only administrators"), "{text}: {answer}");
        world.later(61);
    }
    assert!(world.say_in(7, chat(GROUP), "/digest").await.contains("No digest"));
    let answer = world.say_in(ANA, chat(GROUP), "/digest daily 09:00").await;
    assert!(answer.contains("Digest: daily 09:00"), "{answer}");
}

#[tokio::test]
async fn a_watch_without_a_rule_begins_at_once_and_offers_other_ways_to_be_told() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let id = world.watches(chat(ANA)).await[0].id;
    let data: Vec<Vec<String>> = world
        .last_message()
        .buttons
        .iter()
        .map(|row| row.iter().map(|button| button.data.clone()).collect())
        .collect();
    assert_eq!(
        data,
        [vec![format!("every:{id}"), format!("miles:{id}")], vec![format!("daily:{id}")]]
    );
    let press = async |world: &mut World, verb: &str| {
        world.press(ANA, chat(ANA), &format!("{verb}:{id}")).await
    };
    let toast = press(&mut world, "daily").await;
    assert_eq!(toast, "One digest a day, daily 09:00: Never Gonna Give You Up");
    assert_eq!(world.watches(chat(ANA)).await[0].settings.digest, digest("daily 09:00"));
    let toast = press(&mut world, "miles").await;
    assert_eq!(toast, "Milestones are told: Never Gonna Give You Up");
    let milestones = ["views milestones", "likes milestones", "comments milestones"];
    assert_eq!(world.rules(chat(ANA)).await, milestones);
    assert_eq!(world.watches(chat(ANA)).await[0].settings.digest, None, "as it happens");
    let edits = world.chats.edits.lock().unwrap().clone();
    assert_eq!(edits.len(), 1);
    assert!(visible(&edits[0].1.html).contains("views milestones"));
    assert_eq!(edits[0].1.buttons.len(), 2, "there is a way back");
    assert_eq!(press(&mut world, "every").await, "Every change is told: Never Gonna Give You Up");
    assert_eq!(world.rules(chat(ANA)).await, ["views any", "likes any", "comments any"]);
}

#[tokio::test]
async fn of_a_channel_new_videos_are_told_whatever_is_chosen() {
    let mut world = World::open();
    world.subject(CHANNEL, CHANNEL, "Rick Astley", 12);
    world.say("/watch UCuAXFkgsw1L7xaCfnd5JJOw").await;
    let id = world.watches(chat(ANA)).await[0].id;
    assert!(!world.last_message().buttons.is_empty());
    let toast = world.press(ANA, chat(ANA), &format!("every:{id}")).await;
    assert_eq!(toast, "Every change is told: Rick Astley (a channel)");
    assert_eq!(world.rules(chat(ANA)).await, ["upload", "views any", "likes any", "comments any"]);
}

#[tokio::test]
async fn a_watch_with_rules_or_one_that_stands_offers_nothing() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ views any").await;
    assert!(world.last_message().buttons.is_empty());
    world.say("/watch dQw4w9WgXcQ").await;
    assert!(world.last_message().buttons.is_empty());
}

#[tokio::test]
async fn the_buttons_of_a_new_watch_act_only_under_it_and_for_those_who_may() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), &format!("/watch {VIDEO}")).await;
    let row = world.watches(chat(GROUP)).await.remove(0);
    for verb in ["every", "miles", "daily"] {
        let data = format!("{verb}:{}", row.id);
        for under in [Some(&["list:1"][..]), None] {
            let toast = world.press_under(ANA, chat(GROUP), &data, under).await;
            assert!(toast.contains("don't know this button"), "{data}: {toast}");
        }
        let toast = world.press(7, chat(GROUP), &data).await;
        assert!(toast.contains("Only administrators"), "{data}: {toast}");
        let toast = world.press(ANA, chat(ANA), &data).await;
        assert!(toast.contains("not one of this chat"), "{data}: {toast}");
        world.later(61);
    }
    let now = world.watches(chat(GROUP)).await.remove(0);
    assert_eq!((now.rules, now.settings), (row.rules, row.settings));
}
