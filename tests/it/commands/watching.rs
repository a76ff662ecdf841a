//! Watching and no longer watching, and asking about it.

use std::sync::Arc;

use tubebell::control::{Control, HandleError, LookupError};
use tubebell::model::{Counts, Owner, Snapshot, Status, UnixMillis};
use tubebell::route::{Budget, Router};
use tubebell::store::{Registry, StoreError, Stream};

use super::world::{ANA, HOSTILE, NOW, VIDEO, World, chat, snapshot, visible};

#[tokio::test]
async fn a_watch_is_answered_with_title_numbers_rules_and_what_is_skipped() {
    let mut world = World::open();
    let answer =
        world.say("/watch dQw4w9WgXcQ views every 1000; views at 500, 1k, 10k; status").await;
    insta::assert_snapshot!(answer, @r#"
    🔔 Watching Never Gonna Give You Up
    Rick Astley
    Now: 1,240 views · likes hidden · 1 comment (just now)

    I ring for
    • views every 1000 – next at 2,000
    • views at 500, 1000, 10k – next at 10,000 (passed already and skipped: 500 and 1,000)
    • status

    To change the rules, watch again; the new rules replace all: /watch … views every 1000; status. All watches: /list
    "#);
    let rows = world.watches(chat(ANA)).await;
    assert_eq!(rows.len(), 1);
    let owner = world.store.owner(rows[0].destination.person).await.unwrap().unwrap();
    assert_eq!(owner, Owner::of(&chat(ANA)));
    assert_eq!(rows[0].origin, "chat");
    assert_eq!(rows[0].rules, ["views every 1000", "views at 500, 1000, 10k", "status"]);
}

#[tokio::test]
async fn every_way_to_write_a_command_is_understood() {
    for text in [
        "/watch https://youtu.be/dQw4w9WgXcQ?si=x views any",
        "/WATCH   youtube.com/watch?v=dQw4w9WgXcQ&list=PL123456789012\n\n views any",
        "/watch@Bell_Bot dQw4w9WgXcQ, views any;",
        " /Watch dQw4w9WgXcQ; views any ",
    ] {
        let mut world = World::open();
        world.say(text).await;
        assert_eq!(world.rules(chat(ANA)).await, ["views any"], "{text}");
    }
    let mut world = World::open();
    assert_eq!(world.say("/watch@other_bot dQw4w9WgXcQ").await, "");
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_watch_without_rule_uses_the_preset() {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Open;
        options.actions.preset = "quiet".to_owned();
    });
    world.say("/watch dQw4w9WgXcQ").await;
    assert_eq!(
        world.rules(chat(ANA)).await,
        ["views milestones", "likes milestones", "comments milestones", "status"]
    );
}

#[tokio::test]
async fn an_update_that_comes_again_has_no_second_effect_and_no_second_answer() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ views any").await;
    world.say("/unwatch 1").await;
    let before = world.sent();
    for id in [1, 2] {
        let again = World::message(ANA, chat(ANA), "/watch dQw4w9WgXcQ views any");
        world.hand_in(id, again).await.unwrap();
    }
    assert_eq!(world.sent(), before);
    assert!(world.watches(chat(ANA)).await.is_empty());
    assert!(world.is_handled(2).await && !world.is_handled(3).await);
}

#[tokio::test]
async fn the_mark_of_every_update_is_stored() {
    let mut world = World::open();
    for text in ["/help", "hello", "/nonsense", "/watch", "/list"] {
        world.say(text).await;
    }
    world.handle(tubebell::control::IncomingKind::Other).await.unwrap();
    for id in 1..=6 {
        assert!(world.is_handled(id).await, "{id}");
    }
}

#[tokio::test]
async fn while_the_store_fails_nothing_is_marked_and_the_update_works_when_it_comes_again() {
    let mut world = World::open();
    world.say("/list").await;
    let other = rusqlite::Connection::open(&world.path).unwrap();
    other.execute_batch("ALTER TABLE mark RENAME TO gone").unwrap();
    let before = world.sent();
    for _ in 0..30 {
        let kind = World::message(ANA, chat(ANA), "/watch dQw4w9WgXcQ views any");
        let error = world.hand_in(2, kind).await.unwrap_err();
        assert!(matches!(error, HandleError::Store(StoreError::Database(_))), "{error:?}");
    }
    assert_eq!(world.said_since(before).matches("Something went wrong").count(), 1);
    other.execute_batch("ALTER TABLE gone RENAME TO mark").unwrap();
    let kind = World::message(ANA, chat(ANA), "/watch dQw4w9WgXcQ views any");
    world.hand_in(2, kind).await.unwrap();
    assert_eq!(world.rules(chat(ANA)).await, ["views any"]);
}

#[tokio::test]
async fn a_hostile_title_arrives_as_typed_and_pings_nobody() {
    let mut world = World::open();
    world.youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), snapshot(VIDEO, HOSTILE));
    for command in [
        "/watch dQw4w9WgXcQ views any",
        "/list",
        "/rules 1",
        "/why 1",
        "/stats 1",
        "/mute 1h 1",
        "/settings 1",
        "https://youtu.be/dQw4w9WgXcQ",
        "/unwatch 1",
        "https://youtu.be/dQw4w9WgXcQ",
    ] {
        world.say(command).await;
        let html = world.last_message().html;
        assert!(visible(&html).contains(HOSTILE), "{command}: {html}");
        let inside = html.split("<a href=\"").nth(1).and_then(|rest| rest.split("</a>").next());
        assert!(inside.is_some_and(|link| link.contains("@everyone")), "{command}: {html}");
        assert!(!html.contains("<b>&lt;") && !html.contains("</a><b>&amp;"), "{command}: {html}");
    }
}

#[tokio::test]
async fn watching_again_replaces_the_rules_and_says_what_changed() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ views any; status").await;
    let answer = world.say("/watch 1 status; title").await;
    insta::assert_snapshot!(answer, @r#"
    🔁 Changed: Never Gonna Give You Up
    Rick Astley
    Now: 1,240 views · likes hidden · 1 comment (just now)

    I ring for
    • status
    • title 🆕
    No longer: views any

    To change the rules, watch again; the new rules replace all: /watch … views every 1000; status. All watches: /list
    "#);
    assert_eq!(world.rules(chat(ANA)).await, ["status", "title"]);
    let answer = world.say("/watch 1").await;
    assert!(answer.contains("Watched already, nothing changed"), "{answer}");
    assert_eq!(world.rules(chat(ANA)).await, ["status", "title"]);
    assert_eq!(world.watches(chat(ANA)).await.len(), 1);
}

#[tokio::test]
async fn a_mistake_in_a_rule_is_pointed_at() {
    let mut world = World::open();
    let answer = world.say("/watch dQw4w9WgXcQ views evry 1000").await;
    insta::assert_snapshot!(answer, @r#"
    🤔 column 7: expected "any", "every", "milestones", "at", "rate", "+" or "-", found "evry" - did you mean "every"?
    views evry 1000
          ^^^^

    For example: /watch dQw4w9WgXcQ views every 1000; status
    "#);
    assert!(world.watches(chat(ANA)).await.is_empty());
    let answer = world.say("/watch dQw4w9WgXcQ upload").await;
    assert!(answer.contains("needs a channel or a playlist"), "{answer}");
    let answer = world.say("/watch dQw4w9WgXcQ upload!").await;
    assert!(answer.contains("needs a channel or a playlist"), "{answer}");
    let answer = world.say("/watch dQw4w9WgXcQ all!").await;
    insta::assert_snapshot!(answer, @r#"
    🤔 column 4: expected ";" or the end of the preset, which is never urgent ("!" stands behind a rule, such as status!), found "!"
    all!
       ^

    For example: /watch dQw4w9WgXcQ views every 1000; status
    "#);
}

#[tokio::test]
async fn a_rule_becomes_urgent_by_its_mark() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ status; views every 1000").await;
    let answer = world.say("/watch 1 status!; views every 1000").await;
    assert!(answer.contains("• status! 🆕\n• views every 1000"), "{answer}");
    assert!(answer.contains("No longer: status\n"), "{answer}");
    assert_eq!(world.rules(chat(ANA)).await, ["views every 1000", "status!"]);
    world.subject("channel:@achannel", "channel:UCuAXFkgsw1L7xaCfnd5JJOw", "A channel", 3);
    let answer = world.say("/watch @achannel views any").await;
    assert!(answer.contains("To hear of new videos as well"), "{answer}");
    let answer = world.say("/watch @achannel upload!").await;
    assert!(answer.contains("• upload!"), "{answer}");
    assert!(!answer.contains("To hear of new videos"), "{answer}");
}

#[tokio::test]
async fn wrong_input_of_each_command_is_answered_with_an_example() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    for (index, text) in [
        "/watch",
        "/watch dQw4w9WgXc views any",
        "/watch https://youtube.com.evil.com/watch?v=dQw4w9WgXcQ",
        "/watch https://www.youtube.com/c/RickAstley",
        "/watch dQw4w9WgXcQ views sometimes",
        "/watch aaaaaaaaaaa",
        "/watch @nobody_here",
        "/watch PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "/watch 7",
        "/unwatch",
        "/unwatch 7",
        "/unwatch aaaaaaaaaaa",
        "/list everything",
        "/rules aaaaaaaaaaa",
        "/mute tomorrow",
        "/mute 1h soon",
        "/mute until",
        "/mute until noon",
        "/mute 900d",
        "/mute 0s",
        "/unmute aaaaaaaaaaa",
        "/quiet always",
        "/quiet 22:00-22:00",
        "/quiet 22:00-08:00 Mars/Olympus",
        "/quiet 22:00-08:00 UTC please",
        "/why",
        "/why @youtube",
        "/stats",
        "/stats https://example.org/x",
        "/settings at most often",
        "/settings tz Mars/Olympus",
        "/settings louder please",
        "/settings aaaaaaaaaaa at most 1h",
        "/wacth dQw4w9WgXcQ",
        "/",
        "good morning",
        "https://youtu.be/dQw4w9WgXc",
    ]
    .into_iter()
    .enumerate()
    {
        world.later(60);
        let answer = world.say(text).await;
        assert!(answer.contains("For example: /"), "{index} {text}: {answer}");
        assert!(answer.lines().count() < 12, "{text}: {answer}");
    }
    assert_eq!(world.rules(chat(ANA)).await.len(), 3);
}

#[tokio::test]
async fn what_youtube_does_not_know_is_refused() {
    let mut world = World::open();
    let answer = world.say("/watch aaaaaaaaaaa views any").await;
    assert!(answer.contains("YouTube shows no video aaaaaaaaaaa"), "{answer}");
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_video_that_others_watched_before_it_went_away_is_refused() {
    let mut world = World::open();
    let gone = Snapshot { status: Status::Unavailable, ..snapshot(VIDEO, "Gone") };
    world.youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), gone);
    for text in ["/watch dQw4w9WgXcQ views any", "https://youtu.be/dQw4w9WgXcQ"] {
        let answer = world.say(text).await;
        assert!(answer.contains("YouTube shows no video"), "{answer}");
    }
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_watch_is_made_even_while_youtube_can_not_be_asked() {
    for (error, part) in [
        (LookupError::QuotaUsedUp { until: NOW }, "quota of YouTube is used up"),
        (LookupError::KeyRefused, "refuses the key"),
        (LookupError::Unreachable("timed out".to_owned()), "can't be reached"),
    ] {
        let mut world = World::open();
        world.fails_with(Some(error));
        let answer = world.say("/watch dQw4w9WgXcQ views every 1000").await;
        assert!(answer.contains(part) && answer.contains("The watch stands"), "{answer}");
        assert!(answer.contains("I have not looked at it yet"), "{answer}");
        assert_eq!(world.rules(chat(ANA)).await, ["views every 1000"]);
        assert!(world.say("/stats bbbbbbbbbbb").await.contains(part));
        assert!(world.say("/watch @youtube upload").await.contains("The watch stands"));
        assert_eq!(world.watches(chat(ANA)).await.len(), 2);
    }
}

#[tokio::test]
async fn a_video_that_is_gone_keeps_its_watch() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ status").await;
    world.youtube.videos.lock().unwrap().clear();
    let answer = world.say("/watch dQw4w9WgXcQ status; title").await;
    assert!(answer.contains("can't be watched right now"), "{answer}");
    assert_eq!(world.rules(chat(ANA)).await, ["status", "title"]);
}

#[tokio::test]
async fn a_channel_is_watched_by_any_of_its_names_and_only_once() {
    let mut world = World::open();
    let id = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
    world.subject("channel:@RickAstleyYT", id, HOSTILE, 1_234);
    world.subject(id, id, HOSTILE, 1_234);
    let answer = world.say("/watch https://www.youtube.com/@RickAstleyYT/videos views any").await;
    assert!(answer.contains("500 of 1,234 videos"), "{answer}");
    assert!(answer.contains("To hear of new videos"), "{answer}");
    let answer = world.say("/watch @RickAstleyYT upload").await;
    assert!(answer.contains("Changed") && !answer.contains("To hear of new videos"), "{answer}");
    world.say("/watch UCuAXFkgsw1L7xaCfnd5JJOw upload; status").await;
    assert_eq!(world.rules(chat(ANA)).await, ["upload", "status"]);
    let answer = world.say("/unwatch @RickAstleyYT").await;
    assert!(answer.contains("No longer watching") && answer.contains(HOSTILE), "{answer}");
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_handle_that_stays_one_is_found_in_any_case() {
    let mut world = World::open();
    world.subject("channel:@Rick", "channel:@Rick", "Rick", 3);
    world.say("/watch @Rick upload").await;
    assert!(world.say("/unwatch @rick").await.contains("No longer watching"));
}

#[tokio::test]
async fn an_owner_has_so_many_watches_and_no_more() {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Open;
        options.actions.watches_per_owner = 2;
        options.operator = vec![chat(1)];
    });
    let ids = ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"];
    for id in ids {
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), snapshot(id, id));
    }
    for id in &ids[..2] {
        world.say(&format!("/watch {id}")).await;
    }
    let asked = *world.youtube.asked.lock().unwrap();
    let answer = world.say("/watch ccccccccccc").await;
    assert!(answer.contains("has 2 watches") && answer.contains("/unwatch 1"), "{answer}");
    assert_eq!(*world.youtube.asked.lock().unwrap(), asked, "no quota for what can't be");
    assert!(world.say("/watch aaaaaaaaaaa status").await.contains("Changed"));
    assert!(world.say("/unwatch 1").await.contains("No longer watching"));
    assert!(world.say("/watch ccccccccccc").await.contains("Watching"));
    for id in ids {
        assert!(world.say_in(1, chat(1), &format!("/watch {id}")).await.contains("Watching"));
    }
}

#[tokio::test]
async fn the_list_is_numbered_and_turns_its_pages() {
    let mut world = World::open();
    assert!(world.say("/list").await.contains("You watch nothing yet"));
    for n in 0..45 {
        let id = format!("video-{n:05}");
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), snapshot(&id, &id));
        world.later(10);
        world.say(&format!("/watch {id} status")).await;
    }
    let first = world.say("/list").await;
    assert!(first.contains("You watch 45 of 50 possible"), "{first}");
    assert!(first.contains("1. video-00000") && first.contains("20. video-00019"), "{first}");
    assert!(!first.contains("video-00020") && first.contains("Part 1 of 3"), "{first}");
    assert_eq!(world.last_message().buttons[0][0].data, "list:2");
    let last = world.say("/list 9").await;
    assert!(last.contains("45. video-00044") && last.contains("Part 3 of 3"), "{last}");
    assert!(!last.contains("40. "), "{last}");
    world.press(ANA, chat(ANA), "list:2").await;
    let (message_id, message) = world.chats.edits.lock().unwrap().pop().unwrap();
    assert_eq!(message_id.0, "7");
    assert!(visible(&message.html).contains("21. video-00020"));
    assert!(world.say("/unwatch 21").await.contains("video-00020"));
    assert!(world.say("/unwatch #21").await.contains("video-00021"));
    assert!(world.say("/unwatch all").await.contains("No longer watching anything"));
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_pasted_link_is_offered_and_the_button_watches_it() {
    let mut world = World::open();
    let answer = world.say("look: https://youtu.be/dQw4w9WgXcQ, great").await;
    assert!(answer.contains("Shall I watch it?") && answer.contains("likes hidden"), "{answer}");
    let data = world.last_message().buttons[0][0].data.clone();
    assert!(data.len() <= 64);
    assert_eq!(world.press(ANA, chat(ANA), &data).await, "Watching");
    assert!(visible(&world.last_message().html).contains("Watching Never Gonna"));
    assert_eq!(world.watches(chat(ANA)).await.len(), 1);
    assert!(world.say("dQw4w9WgXcQ").await.contains("Rules for"));
    world.say("/unwatch 1").await;
    assert_eq!(world.press(ANA, chat(ANA), "watch:dQw4w9WgXcQ").await, "Watching");
}

async fn route(world: &World, snapshot: Snapshot) {
    let read = world.store.position("log", 0).await.unwrap();
    let work = Box::new(move |tx: &mut dyn tubebell::model::RoutingTx<Error = StoreError>| {
        let never = || false;
        Router::new().route(tx, &snapshot, &mut Budget::new(100, &never))?;
        Ok(read + 1)
    });
    world.store.route("log", 0, read, world.now, work).await.unwrap();
}

#[tokio::test]
async fn why_says_what_fired_and_where_a_rule_waits() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ views every 1000; likes +5%; views +5% in 1h; status").await;
    let answer = world.say("/why dQw4w9WgXcQ").await;
    assert!(answer.contains("next at 2,000"), "{answer}");
    assert!(answer.contains("waits for the first number"), "{answer}");
    for (minute, views) in [(1, 1_300), (2, 2_100)] {
        let at = UnixMillis(NOW.0 + minute * 60_000);
        let first = snapshot(VIDEO, "Never Gonna Give You Up");
        route(&world, Snapshot { observed_at: at, numbers_at: at, views: Some(views), ..first })
            .await;
    }
    world.later(300);
    let answer = world.say("/why 1").await;
    insta::assert_snapshot!(answer, @r#"
    Why Never Gonna Give You Up
    Now: 2,100 views · likes hidden · 1 comment (3 min ago)

    views every 1000
    ⏳ next at 3,000; now 2,100
    • Sat 21 Nov 2026, 13:05 (UTC) 1,300 → 2,100: waits for its turn

    likes +5%
    ⏳ waits for the first number
    • nothing fired in the last 7 days

    views +5% in 1h
    ⏳ next at +5.00 % views in the last hour
    • nothing fired in the last 7 days

    status
    • nothing fired in the last 7 days
    "#);
    let answer = world.say("/why aaaaaaaaaaa").await;
    assert!(answer.contains("It is not watched here"), "{answer}");
}

#[tokio::test]
async fn nothing_is_told_of_what_others_watch_not_even_that_they_do() {
    const FOREIGN: &str = "aaaaaaaaaaa";
    const NOBODYS: &str = "bbbbbbbbbbb";
    let mut world = World::open();
    for id in [FOREIGN, NOBODYS] {
        let video = snapshot(id, "A title");
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), video);
    }
    world.say_in(7, chat(7), &format!("/watch {FOREIGN} views any")).await;
    for minute in [0, 1] {
        let at = UnixMillis(NOW.0 + minute * 60_000);
        let first = snapshot(FOREIGN, "A title");
        let views = Some(1_240 + minute);
        route(&world, Snapshot { observed_at: at, numbers_at: at, views, ..first }).await;
    }
    world.later(2 * 3600);
    let same = async |world: &mut World, command: &str| {
        let foreign = world.say(&format!("{command} {FOREIGN}")).await;
        let nobodys = world.say(&format!("{command} {NOBODYS}")).await;
        assert_eq!(foreign, nobodys.replace(NOBODYS, FOREIGN), "{command}");
        foreign
    };
    assert!(same(&mut world, "/why").await.contains("It is not watched here"));
    assert!(same(&mut world, "/stats").await.contains("1,240 views"));
    world.fails_with(Some(LookupError::KeyRefused));
    same(&mut world, "/stats").await;
    same(&mut world, "/watch").await;
    for id in [FOREIGN, NOBODYS] {
        world.say(&format!("/unwatch {id}")).await;
    }
    world.fails_with(None);
    world.youtube.videos.lock().unwrap().clear();
    assert!(same(&mut world, "/stats").await.contains("YouTube shows no video"));
    // What was one's own and has ended says no more than what was told then.
    same(&mut world, "/why").await;
}

#[tokio::test]
async fn stats_tell_the_numbers_now_and_what_was_gained() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ status").await;
    for (minute, views) in [(0, 1_240), (1, 1_300)] {
        let at = UnixMillis(NOW.0 + minute * 60_000);
        let first = snapshot(VIDEO, "Never Gonna Give You Up");
        route(&world, Snapshot { observed_at: at, numbers_at: at, views: Some(views), ..first })
            .await;
    }
    world.later(2 * 3600);
    let video = snapshot(VIDEO, "Never Gonna Give You Up");
    let now = Snapshot { views: Some(2_000), numbers_at: world.now, ..video };
    world.youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), now);
    let answer = world.say("/stats dQw4w9WgXcQ").await;
    insta::assert_snapshot!(answer, @r#"
    Never Gonna Give You Up
    Rick Astley

    2,000 views · likes hidden · 1 comment (just now)
    +700 views · 0 comments in the last hour
    Gains computed by tubebell
    "#);
    world.fails_with(Some(LookupError::KeyRefused));
    let answer = world.say("/stats dQw4w9WgXcQ").await;
    assert!(answer.contains("1,300 views") && answer.contains("1 h ago"), "{answer}");
    world.fails_with(None);
    world.youtube.videos.lock().unwrap().clear();
    assert!(world.say("/stats dQw4w9WgXcQ").await.contains("Not available"));
    let history = world.store.history(VIDEO.parse().unwrap(), UnixMillis(0), 10).await.unwrap();
    let known = history.unwrap().known.unwrap();
    assert_eq!(known.last, Counts { views: Some(1_300), likes: None, comments: Some(1) });
    assert_eq!(known.status, Status::Public);
}

#[test]
fn an_update_can_be_handled_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    fn whole(control: Arc<Control>, kind: tubebell::control::IncomingKind) {
        let mark = tubebell::store::UpdateMark { source: String::new(), update_id: 0 };
        let incoming = tubebell::control::Incoming::new(Some(mark), kind);
        drop(is_send(async move { control.handle(incoming, NOW).await }));
    }
    let _: fn(_, _) = whole;
}

#[tokio::test]
async fn what_is_done_and_can_not_be_shown_is_said_to_be_done() {
    let mut world = World::open();
    let db = rusqlite::Connection::open(&world.path).unwrap();
    // The answer reads it; the watch does not.
    db.execute_batch("ALTER TABLE suppression RENAME TO elsewhere").unwrap();
    let said = world.say(&format!("/watch {VIDEO}")).await;
    assert!(said.contains("Done.") && !said.contains("nothing has changed"), "{said}");
    assert_eq!(world.rules(chat(ANA)).await, ["views any", "likes any", "comments any"]);
    assert!(world.is_handled(1).await, "it would be asked for again");
}

/// The rows that a listing of a channel with this one video would leave.
fn joined(world: &World, channel: &str) {
    let db = rusqlite::Connection::open(&world.path).unwrap();
    db.execute(
        "INSERT INTO member (subject, video, at) SELECT s.id, v.id, 0 FROM subject s, video v WHERE s.ref = ?1 AND v.ref = ?2",
        [&format!("channel:{channel}"), VIDEO],
    )
    .unwrap();
}

#[tokio::test]
async fn why_says_of_which_watch_a_rule_is_and_where_one_that_is_not_set_yet_will_ring() {
    let mut world = World::open();
    let id = "UCuAXFkgsw1L7xaCfnd5JJOw";
    world.subject(&format!("channel:{id}"), &format!("channel:{id}"), "Rick Astley", 1);
    world.say(&format!("/watch {id} views every 1000; upload")).await;
    world.say("/watch dQw4w9WgXcQ status").await;
    route(&world, snapshot(VIDEO, "Never Gonna Give You Up")).await;
    joined(&world, id);
    let answer = world.say("/why dQw4w9WgXcQ").await;
    let of_list =
        "From the watch of Rick Astley:\nviews every 1000\n⏳ next at 2,000; now 1,240\n•";
    assert!(answer.contains(of_list), "{answer}");
    assert!(answer.contains("From the watch of Never Gonna Give You Up:\nstatus\n•"), "{answer}");
    // A list is no video, so the hint is of the watch of the video.
    let list = world.say("/list").await;
    assert!(list.contains("/why 2") && !list.contains("/why 1"), "{list}");
    world.say("/unwatch 2").await;
    assert!(!world.say("/list").await.contains("/why"));
}

#[tokio::test]
async fn what_lacks_new_videos_is_told_the_whole_command_that_adds_them() {
    let mut world = World::open();
    let id = "UCuAXFkgsw1L7xaCfnd5JJOw";
    world.subject(&format!("channel:{id}"), &format!("channel:{id}"), "Rick Astley", 1);
    let answer = world.say(&format!("/watch {id} views any; status!")).await;
    let command = format!("/watch {id} views any; status!; upload");
    assert!(answer.contains(&command), "{answer}");
    world.say(&command).await;
    assert_eq!(world.rules(chat(ANA)).await, ["views any", "status!", "upload"]);
}

#[tokio::test]
async fn a_second_id_is_no_rule_and_a_word_of_as_many_letters_is_no_id() {
    let mut world = World::open();
    for second in ["jNQXAC9IVRw", "https://youtu.be/jNQXAC9IVRw", "jNQXAC9IVRw, status"] {
        let answer = world.say(&format!("/watch dQw4w9WgXcQ {second}")).await;
        assert!(answer.contains("One at a time"), "{answer}");
    }
    let answer = world.say("/watch dQw4w9WgXcQ subscribers every 1000").await;
    assert!(answer.contains("subscribers") && !answer.contains("One at a time"), "{answer}");
}

#[tokio::test]
async fn several_numbers_are_answered_with_one() {
    let mut world = World::open();
    for text in ["/unwatch 5 4", "/unwatch 5, 4", "/unwatch 5,4"] {
        let answer = world.say(text).await;
        assert!(answer.contains("One at a time") && answer.contains("/unwatch 5"), "{answer}");
        assert!(!answer.contains("characters"), "{answer}");
    }
}
