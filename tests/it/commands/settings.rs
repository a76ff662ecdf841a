//! How and when it rings: settings, silence, and the buttons under alerts.

use std::time::Duration;

use tubebell::model::{Settings, UnixMillis};
use tubebell::store::Shared;

use super::world::{ANA, GROUP, NOW, VIDEO, World, chat};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_silence_is_for_the_chat_or_for_one_watch_and_ends_by_itself_or_by_hand() {
    let mut world = World::open();
    assert!(world.say("/mute").await.contains("Silent until Sat 21 Nov 2026, 14:03 (UTC)"));
    world.say("/watch dQw4w9WgXcQ").await;
    let muted = async |world: &World| {
        let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
        (home.muted_until, world.watches(chat(ANA)).await[0].muted_until)
    };
    assert_eq!(muted(&world).await, (Some(NOW.plus(HOUR)), None));
    for text in [
        "/mute 24h dQw4w9WgXcQ",
        "/mute 1 24 hours",
        "/mute for 1 day https://youtu.be/dQw4w9WgXcQ",
    ] {
        let answer = world.say(text).await;
        assert!(answer.contains("Never Gonna"), "{text}: {answer}");
        let undo = if text.contains(" 1 24") { "/unmute 1" } else { "/unmute dQw4w9WgXcQ" };
        assert!(answer.contains(&format!("Sooner: {undo}")), "{text}: {answer}");
        assert_eq!(muted(&world).await.1, Some(NOW.plus(24 * HOUR)), "{text}");
        world.say("/unmute 1").await;
        assert_eq!(muted(&world).await.1, None);
    }
    world.say("/settings tz Europe/Madrid").await;
    world.say("/mute until 18:00").await;
    assert_eq!(muted(&world).await.0, Some(UnixMillis(NOW.0 + (3 * 60 + 57) * 60_000)));
    assert!(world.say("/settings").await.contains("Silent until Sat 21 Nov 2026, 18:00"));
    assert!(world.say("/why 1").await.contains("This chat is silent until"));
    assert!(world.say("/mute off").await.contains("Ringing again"));
    assert_eq!(muted(&world).await, (None, None));
}

#[tokio::test]
async fn whoever_looks_at_a_silent_chat_is_told_until_when_and_how_to_end_it() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    assert!(world.say("/mute 90 min").await.contains("Sooner: /mute off"));
    for text in ["/list", "/start", "/watch dQw4w9WgXcQ", "/settings 1", "/test", "/why 1"] {
        let answer = world.say(text).await;
        assert!(answer.contains("silent until Sat 21 Nov 2026, 14:33 (UTC)"), "{text}: {answer}");
        assert!(answer.contains("/unmute"), "{text}: {answer}");
    }
    world.later(90 * 60);
    for text in ["/list", "/start", "/watch dQw4w9WgXcQ", "/settings 1", "/test", "/why 1"] {
        assert!(!world.say(text).await.contains("silent"), "{text}");
    }
}

#[tokio::test]
async fn a_setting_without_its_value_is_answered_with_a_line_that_sets_it() {
    let mut world = World::open();
    for (text, line, example) in [
        ("/settings at most", "Say how often", "For example: /settings at most 15m"),
        ("/settings tz", "Say which time zone", "For example: /settings tz Europe/Madrid"),
        ("/settings tz Mars", "no time zone", "For example: /settings tz Europe/Madrid"),
    ] {
        let answer = world.say(text).await;
        assert!(answer.contains(line) && answer.contains(example), "{text}: {answer}");
    }
}

#[tokio::test]
async fn quiet_hours_are_on_the_clock_that_was_named() {
    let mut world = World::open();
    assert!(world.say("/quiet").await.contains("No quiet hours"));
    let answer = world.say("/quiet 22:00-08:00 europe/madrid").await;
    assert!(answer.contains("22:00-08:00") && answer.contains("14:03 (Europe/Madrid)"), "{answer}");
    let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
    assert_eq!(home.settings.tz.as_deref(), Some("Europe/Madrid"));
    for text in ["/quiet 23:00 - 07:30", "/quiet 23:00–07:30"] {
        assert!(world.say(text).await.contains("23:00-07:30"), "{text}");
    }
    assert!(world.say("/quiet OFF").await.contains("No quiet hours"));
    let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
    assert_eq!(home.settings.quiet, None);
    assert_eq!(home.settings.tz.as_deref(), Some("Europe/Madrid"));
}

#[tokio::test]
async fn how_often_is_set_for_the_chat_or_for_one_watch() {
    let mut world = World::open();
    let answer = world.say("/settings at most 15m").await;
    assert!(answer.contains("For each watch at most one message in 15 min"), "{answer}");
    assert!(world.say("/watch dQw4w9WgXcQ").await.contains("At most one message per 15 min"));
    let answer = world.say("/settings 1 at most one per 1h").await;
    assert!(
        answer.contains("Settings for Never Gonna")
            && answer.contains("At most one message in 1 h"),
        "{answer}"
    );
    assert_eq!(
        world.watches(chat(ANA)).await[0].settings,
        Settings { at_most_s: Some(3600), ..Settings::default() }
    );
    world.say("/watch 1 status").await;
    assert_eq!(
        world.watches(chat(ANA)).await[0].settings.at_most_s,
        Some(3600),
        "rules are no settings"
    );
    assert!(world.say("/settings").await.contains("in 15 min"));
    assert!(world.say("/settings at most off").await.contains("No limit on how often"));
    assert!(world.say("/test").await.contains("It works"));
}

#[tokio::test]
async fn the_buttons_under_an_alert_act_on_its_watch() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let id = world.watches(chat(ANA)).await[0].id;
    let press = async |world: &mut World, verb: &str| {
        world.press(ANA, chat(ANA), &format!("{verb}:{id}")).await
    };
    assert_eq!(press(&mut world, "mute:1h").await, "Silent for 1 hour: Never Gonna Give You Up");
    assert_eq!(world.watches(chat(ANA)).await[0].muted_until, Some(NOW.plus(HOUR)));
    assert_eq!(press(&mut world, "mute:24h").await, "Silent for 24 hours: Never Gonna Give You Up");
    for (step, word) in
        [(900, "15 minutes"), (3600, "per hour"), (21_600, "6 hours"), (86_400, "24 hours")]
    {
        assert!(press(&mut world, "less").await.contains(word));
        assert_eq!(world.watches(chat(ANA)).await[0].settings.at_most_s, Some(step));
    }
    assert!(press(&mut world, "less").await.contains("already"));
    assert_eq!(press(&mut world, "stop").await, "No longer watching Never Gonna Give You Up.");
    assert!(world.watches(chat(ANA)).await.is_empty());
    assert!(press(&mut world, "stop").await.contains("ended"));
}

#[tokio::test]
async fn what_pops_up_names_the_whole_watch_and_fits() {
    for title in ["👩‍👩‍👧 ".repeat(60), format!("👩{}", "\u{202e}".repeat(200))] {
        let mut world = World::open();
        let subject = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
        world.subject(subject, subject, &title, 12);
        world.say("/watch UCuAXFkgsw1L7xaCfnd5JJOw upload").await;
        let watch = world.watches(chat(ANA)).await[0].id;
        for verb in ["mute:1h", "mute:24h", "less", "stop"] {
            let toast = world.press(ANA, chat(ANA), &format!("{verb}:{watch}")).await;
            assert!(toast.contains("👩") && toast.contains("(a channel)"), "{toast}");
            assert!(toast.chars().count() <= 200, "{}", toast.chars().count());
        }
        assert!(world.watches(chat(ANA)).await.is_empty());
    }
}

#[tokio::test]
async fn a_button_works_only_in_the_chat_of_its_watch() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let id = world.watches(chat(ANA)).await[0].id;
    for verb in ["mute:1h", "less", "stop"] {
        let toast = world.press(7, chat(7), &format!("{verb}:{id}")).await;
        assert!(toast.contains("not one of this chat"), "{toast}");
    }
    let watch = &world.watches(chat(ANA)).await[0];
    assert_eq!((watch.muted_until, watch.settings.at_most_s), (None, None));
}

#[tokio::test]
async fn data_that_no_button_of_ours_has_is_answered_politely() {
    let mut world = World::open();
    for data in [
        "",
        "mute",
        "mute:1h",
        "mute:5h:1",
        "stop:x",
        "stop:99",
        "less:",
        "watch:x",
        "list:x",
        "::",
        "✂",
    ] {
        assert!(!world.press(ANA, chat(ANA), data).await.is_empty(), "{data}");
        // Not one after the other: so many are not answered.
        world.later(61);
    }
}

#[tokio::test]
async fn a_button_acts_only_under_the_message_that_has_it() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), &format!("/watch {VIDEO}")).await;
    let id = world.watches(chat(GROUP)).await[0].id;
    let (stop, less) = (format!("stop:{id}"), format!("less:{id}"));
    let alert: &[&str] = &["mute:1h:1", &less, &stop];
    for user in [ANA, 7] {
        for (data, under) in [
            ("list:1", alert),
            ("watch:video:dQw4w9WgXcQ", alert),
            (&*stop, &["list:1", "list:2"]),
            ("list:2", &[]),
        ] {
            let toast = world.press_under(user, chat(GROUP), data, Some(under)).await;
            assert!(toast.contains("don't know this button"), "{data}: {toast}");
        }
    }
    assert!(world.chats.edits.lock().unwrap().is_empty(), "an alert stays an alert");
    assert_eq!(world.watches(chat(GROUP)).await.len(), 1);
    // A list is turned over by anybody who sees it.
    assert_eq!(world.press_under(7, chat(GROUP), "list:1", Some(&["list:1"])).await, "");
    assert_eq!(world.chats.edits.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn under_a_message_that_is_too_old_only_the_buttons_of_alerts_act() {
    let mut world = World::open();
    world.say(&format!("/watch {VIDEO}")).await;
    let id = world.watches(chat(ANA)).await[0].id;
    for data in ["list:1", "watch:video:aaaaaaaaaaa"] {
        let toast = world.press_under(ANA, chat(ANA), data, None).await;
        assert!(toast.contains("don't know this button"), "{data}: {toast}");
    }
    assert!(world.chats.edits.lock().unwrap().is_empty());
    let toast = world.press_under(ANA, chat(ANA), &format!("mute:1h:{id}"), None).await;
    assert_eq!(toast, "Silent for 1 hour: Never Gonna Give You Up");
    let toast = world.press_under(ANA, chat(ANA), &format!("stop:{id}"), None).await;
    assert_eq!(toast, "No longer watching Never Gonna Give You Up.");
}

#[tokio::test]
async fn in_a_group_only_administrators_press_buttons_with_effect() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), &format!("/watch {VIDEO}")).await;
    let id = world.watches(chat(GROUP)).await[0].id;
    let before = world.sent();
    assert!(
        world.press(7, chat(GROUP), &format!("stop:{id}")).await.contains("Only administrators")
    );
    assert_eq!(world.watches(chat(GROUP)).await.len(), 1);
    assert_eq!(
        world.press(ANA, chat(GROUP), &format!("stop:{id}")).await,
        "No longer watching Never Gonna Give You Up."
    );
    assert_eq!(world.sent(), before, "refusals at a button disturb nobody else");
}
