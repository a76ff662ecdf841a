//! What people paste is understood alike with a command before it and without.

use tubebell::model::{Address, SubjectRef};
use tubebell::store::Shared;

use super::world::{GROUP, VIDEO, World, chat, snapshot};

const ANA: i64 = super::world::ANA;

async fn watched(world: &mut World, text: &str) -> Vec<String> {
    let answer = world.say(text).await;
    assert!(answer.contains("Watching"), "{text}: {answer}");
    let rows = world.watches(chat(ANA)).await;
    assert!(world.say("/unwatch all").await.contains("No longer watching anything"));
    world.later(60);
    let of = |row: &tubebell::store::WatchRow| format!("{}: {}", row.subject, row.rules.join("; "));
    rows.iter().map(of).collect()
}

#[tokio::test]
async fn a_link_means_the_same_after_a_command_and_alone() {
    let mut world = World::open();
    for pasted in [
        "https://youtu.be/dQw4w9WgXcQ",
        "(https://youtu.be/dQw4w9WgXcQ)",
        "<https://youtu.be/dQw4w9WgXcQ>.",
        "[https://youtu.be/dQw4w9WgXcQ]",
        "[Never Gonna Give You Up](https://youtu.be/dQw4w9WgXcQ)",
        "Never Gonna Give You Up https://youtu.be/dQw4w9WgXcQ?si=x",
        "Look: “https://www.youtube.com/watch?v=dQw4w9WgXcQ”!",
        "https://studio.youtube.com/video/dQw4w9WgXcQ/edit",
        "https://youtu.be/watch?v=dQw4w9WgXcQ",
        "https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?u=%2Fwatch%3Fv%3DdQw4w9WgXcQ",
        "\u{200b}https://youtu.be/dQw4w9WgXcQ\u{200e}",
        "\u{2068}dQw4w9WgXcQ\u{2069}.",
    ] {
        let answer = world.say(pasted).await;
        assert!(answer.contains("Shall I watch it?"), "{pasted}: {answer}");
        let answer = world.say(&format!("/stats {pasted}")).await;
        assert!(answer.contains("1,240 views"), "{pasted}: {answer}");
        let rows = watched(&mut world, &format!("/watch {pasted} views any")).await;
        assert_eq!(rows, ["video:dQw4w9WgXcQ: views any"], "{pasted}");
    }
    for evil in [
        "https://youtube.com.evil.com/watch?v=dQw4w9WgXcQ",
        "https://youtu.be.evil.com/dQw4w9WgXcQ",
    ] {
        for text in [evil.to_owned(), format!("/watch {evil}")] {
            let answer = world.say(&text).await;
            assert!(answer.contains("no address of YouTube"), "{text}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_nobody_sees_around_words_is_no_part_of_a_command() {
    let mut world = World::open();
    for text in [
        "\u{feff}/watch dQw4w9WgXcQ views any; status",
        "\u{200e}/\u{200b}watch\u{2060} \u{202a}dQw4w9WgXcQ\u{202c} views any\u{200b}; status\u{200f}",
        "/watch\u{200b} dQw4w9WgXcQ\u{ad}, \u{2066}views\u{2069} any;\u{feff}status",
    ] {
        let rows = watched(&mut world, text).await;
        assert_eq!(rows, ["video:dQw4w9WgXcQ: views any; status"], "{text:?}");
    }
    assert!(
        world.say("/settings tz \u{200e}Europe/Madrid\u{200e}").await.contains("Europe/Madrid")
    );
    assert!(world.say("/mute 1h\u{200b}").await.contains("Silent until"));
    let torn = world.say("/watch dQw4w\u{200b}9WgXcQ").await;
    assert!(torn.contains("has 12 characters"), "{torn}");
}

#[tokio::test]
async fn handles_of_every_script_name_their_channels_in_any_form_and_case() {
    let mut world = World::open();
    for (number, handle) in
        ["@हिन्दीगाने", "@อนุรักน์โชคชัย", "@café.münchen", "@日本", "@עברית"].into_iter().enumerate()
    {
        let channel = format!("channel:UCuAXFkgsw1L7xaCfnd5JJ{number:02}");
        world.subject(&format!("channel:{handle}"), &channel, "A channel", 3);
        let name = handle.strip_prefix('@').unwrap();
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for text in [handle.to_owned(), format!("https://www.youtube.com/@{encoded}")] {
            let rows = watched(&mut world, &format!("/watch {text} upload")).await;
            assert_eq!(rows, [format!("{channel}: upload")], "{text}");
        }
    }
    let rows = watched(&mut world, "/watch @cafe\u{301}.mu\u{308}nchen upload").await;
    assert_eq!(rows, ["channel:UCuAXFkgsw1L7xaCfnd5JJ02: upload"]);
    let (one, other): (SubjectRef, SubjectRef) =
        ("channel:@CAFÉ".parse().unwrap(), "channel:@cafe\u{301}".parse().unwrap());
    assert_eq!(one.folded(), other.folded());
}

#[tokio::test]
async fn a_title_turns_round_nothing_that_stands_behind_it() {
    let mut world = World::open();
    let title = "\u{202e}\u{2067}nuf esaelp\u{202c} a\u{2067}";
    let closed = format!("{title}\u{2069}\u{2069}\u{202c}");
    world.youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), snapshot(VIDEO, title));
    let ana: Address = chat(ANA);
    for text in [
        "https://youtu.be/dQw4w9WgXcQ",
        "/watch dQw4w9WgXcQ views every 1000",
        "/list",
        "/stats 1",
        "/why 1",
        "/rules 1",
        "/settings 1",
        "/mute 1h 1",
        "/unwatch 1",
    ] {
        let answer = world.say_in(ANA, ana.clone(), text).await;
        assert!(answer.contains(&closed), "{text}: {answer:?}");
    }
    let closed = "\u{2067}שלום\u{2069} and more";
    world.youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), snapshot(VIDEO, closed));
    let answer = world.say("/watch dQw4w9WgXcQ").await;
    assert!(answer.contains(&format!("{closed}\n")), "as typed where it is closed: {answer:?}");
}

#[tokio::test]
async fn what_somebody_else_wrote_is_offered_and_commands_nothing() {
    let mut world = World::open();
    for offered in [
        "/watch dQw4w9WgXcQ views every 1",
        "/watch https://youtu.be/dQw4w9WgXcQ",
        "/watch@bell_bot Look: https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ",
    ] {
        let before = world.sent();
        world.handle(World::passed_on(ANA, chat(ANA), offered)).await.unwrap();
        let answer = world.said_since(before);
        assert!(answer.contains("Shall I watch it?"), "{offered}: {answer}");
    }
    assert!(world.watches(chat(ANA)).await.is_empty());
    watched_for_good(&mut world).await;
    for command in ["/unwatch all", "/mute 1d", "/quiet 22-8", "/list", "/invite", "/watch 1"] {
        let before = world.sent();
        world.handle(World::passed_on(ANA, chat(ANA), command)).await.unwrap();
        let answer = world.said_since(before);
        assert!(!answer.is_empty() && !answer.contains("No longer"), "{command}: {answer}");
        world.later(60);
    }
    assert_eq!(world.watches(chat(ANA)).await.len(), 1);
    let settings = world.store.destination(&chat(ANA)).await.unwrap().unwrap().settings;
    assert_eq!(settings, tubebell::model::Settings::default());
    assert!(world.say("/list").await.contains("You watch 1"));
}

async fn watched_for_good(world: &mut World) {
    assert!(world.say("/watch dQw4w9WgXcQ views any").await.contains("Watching"));
}

#[tokio::test]
async fn in_a_group_what_somebody_else_wrote_is_for_the_people_there() {
    let mut world = World::open();
    let before = world.sent();
    for text in
        ["/watch@bell_bot dQw4w9WgXcQ", "/help", "/unwatch all", "https://youtu.be/dQw4w9WgXcQ"]
    {
        world.handle(World::passed_on(ANA, chat(GROUP), text)).await.unwrap();
    }
    assert_eq!(world.said_since(before), "");
    assert!(world.watches(chat(GROUP)).await.is_empty());
}
