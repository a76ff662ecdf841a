//! One person, one video: every command, every button, every mistake.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_comes_in_by_an_invitation_that_works_once() {
    let mut story = Story::quick().await;
    story.access = "invite";
    story.more = format!("[operator]\nto = [\"telegram:{ANA}\"]\n");
    for (id, name) in [(BEN, "Ben"), (6, "Cem")] {
        story.telegram.user(id, name);
    }
    let gateway = story.start().await;
    let refused = story.ask_as(BEN, BEN, None, "/watch dQw4w9WgXcQ", "invitation").await;
    assert!(refused.text.contains("telegram:5"), "{}", refused.text);
    story.ask_as(6, 6, None, "/start wrong-code", "unknown, used or too old").await;
    let link = story.ask("/invite", "t.me/tubebell_bot?start=").await.text;
    let code = link.split("start=").nth(1).unwrap().split_whitespace().next().unwrap();
    let start = format!("/start {code}");
    story.ask_as(BEN, BEN, None, &start, "Welcome").await;
    story.ask_as(BEN, BEN, None, "/watch dQw4w9WgXcQ", "Watching").await;
    story.ask_as(6, 6, None, &start, "unknown, used or too old").await;
    story.ask_as(BEN, BEN, None, "/start", "I ring when").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_link_names_the_same_video() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    let answer = story.ask("/watch dQw4w9WgXcQ", "Watching").await;
    assert!(answer.text.contains(TITLE), "{}", answer.text);
    assert!(answer.text.contains("990 views · 10 likes · 1 comment"), "{}", answer.text);
    for link in [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=42s",
        "youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "1",
    ] {
        story.ask(&format!("/watch {link}"), "Watched already, nothing changed").await;
    }
    let list = story.ask("/list", "You watch").await;
    assert!(list.text.contains("You watch 1 of"), "{}", list.text);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buttons_of_an_alert_do_what_they_say() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any").await;
    story.set_counts(1005, None);
    let alert = story.told(ANA, 0, "990 → 1,005", "after a change").await;
    assert!(alert.text.contains(TITLE));
    assert_eq!(
        labels(&alert),
        ["🔕 Mute 1 h", "🔕 Mute 24 h", "🐢 Less often", "🛑 Stop watching"]
    );
    assert_eq!(
        story.press_as(ANA, &alert, "Mute 1 h").await,
        format!("Silent for 1 hour: {TITLE}")
    );
    story.set_counts(1007, None);
    polls(&story, 2).await;
    routed(&gateway).await;
    let why = story.ask("/why 1", "while").await;
    assert!(why.text.contains("crossed 1 × while muted"), "{}", why.text);
    story.ask("/unmute 1", "Ringing again").await;
    story.set_counts(1009, None);
    let alert = story.told(ANA, alert.id, "1,007 → 1,009", "after the silence").await;
    assert!(!story.texts().iter().any(|text| text.contains("1,005 → 1,007")));
    let toast = story.press_as(ANA, &alert, "Less often").await;
    assert_eq!(toast, format!("From now on at most one message per 15 minutes: {TITLE}"));
    story.ask("/settings 1", "At most one message in 15").await;
    assert_eq!(story.press_as(ANA, &alert, "Stop").await, format!("No longer watching {TITLE}."));
    story.ask("/list", "You watch nothing yet").await;
    let toast = story.press_as(ANA, &alert, "Stop").await;
    assert!(toast.contains("ended"), "{toast}");
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_tells_what_rang_and_what_is_still_to_come() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views every 1000; views at 12k").await;
    seen(&gateway).await;
    story.ask("/why 1", "next at 12,000; now 990").await;
    story.set_counts(11_340, None);
    story.hears("passed").await;
    crate::story::recorded(&gateway).await;
    let why = story.ask("/why https://youtu.be/dQw4w9WgXcQ", "Why").await.text;
    for part in [
        "next at 12,000; now 11,340",
        "990 → 11,340: told",
        "nothing fired in the last 7 days",
        "Now: 11,340 views",
    ] {
        assert!(why.contains(part), "no `{part}` in {why}");
    }
    story.ask_as(ANA, ANA, None, "/why jNQXAC9IVRw", "It is not watched here").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_all_commands() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    let start = story.ask("/start", "I ring when YouTube numbers move").await;
    assert!(!start.text.contains("running"), "{}", start.text);
    story.ask("/list", "You watch nothing yet").await;
    story.ask("/watch dQw4w9WgXcQ views every 1000; status", "next at 1,000").await;
    let list = story.ask("/list", "You watch 1 of 50 possible").await.text;
    assert!(list.contains(&format!("1. {TITLE}: views every 1000; status")), "{list}");
    let changed = story.ask("/watch 1 likes +5%; status", "Changed").await.text;
    assert!(changed.contains("likes +5% 🆕") && changed.contains("No longer: views every 1000"));
    assert!(!changed.contains("status 🆕"), "{changed}");
    story.ask("/rules 1", "likes +5%").await;
    story.ask("/rules", "When I can ring").await;
    story.ask("/stats dQw4w9WgXcQ", "990 views · 10 likes · 1 comment").await;
    story.ask("/mute 2h", "Silent until").await;
    story.ask("/settings", "Silent until").await;
    story.ask("/unmute", "Ringing again").await;
    story.ask("/quiet 22:00-08:00 Europe/Madrid", "Quiet 22:00-08:00").await;
    let settings = story.ask("/settings at most 15m", "at most one message in 15").await.text;
    assert!(settings.contains("Quiet 22:00-08:00, time zone Europe/Madrid"), "{settings}");
    story.ask("/quiet off", "No quiet hours").await;
    story.ask("/test", "It works").await;
    story.ask("/help", "What you can write").await;
    story.ask("/unwatch 1", "No longer watching").await;
    story.ask("/list", "You watch nothing yet").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_commands_are_answered_once_more_and_then_no_more() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    for _ in 0..30 {
        story.telegram.say(ANA, ANA, "/test").unwrap();
    }
    story.hears("Too many commands").await;
    until("all to be heard", async || story.telegram.waiting_updates() == 0).await;
    gateway.stop().await;
    assert_eq!(story.texts().len(), 21, "twenty answers and one refusal");
    end(story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_link_is_offered_with_a_button() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    let offer = story.ask("look: https://youtu.be/dQw4w9WgXcQ?t=1 nice", "Shall I watch it?").await;
    assert!(offer.text.contains(TITLE) && offer.text.contains("990 views"), "{}", offer.text);
    assert_eq!(labels(&offer), ["🔔 Watch"]);
    assert_eq!(story.press_as(ANA, &offer, "Watch").await, "Watching");
    story.told(ANA, offer.id, "I ring for", "after the press").await;
    story.ask("/list", "You watch 1 of").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_written_wrong_is_answered_with_a_line_that_works() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    hide_a_video(&story);
    for (line, part) in [
        ("/watch", "Say what to watch"),
        ("/watch aaaaaaaaaaa", "no video aaaaaaaaaaa"),
        ("/watch jNQXAC9IVRw", "may be private"),
        ("/watch dQw4w9WgXc", "has 10 characters"),
        ("/watch @nobody.at.all", "no channel"),
        ("/watch UCaaaaaaaaaaaaaaaaaaaaaa", "no channel"),
        ("/watch PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf", "no playlist"),
        ("/watch https://vimeo.com/1", "no address of YouTube"),
        ("/watch dQw4w9WgXcQ vuews every 1000", "did you mean \"views\"?"),
        ("/watch dQw4w9WgXcQ upload", "needs a channel"),
        ("/unwatch", "Say what to stop"),
        ("/unwatch 7", "Nothing is watched here yet"),
        ("/list two", "no part of the list"),
        ("/mute sometimes", "sometimes"),
        ("/mute until yesterday", "yesterday"),
        ("/quiet at night", "at night"),
        ("/quiet 22:00-08:00 Mars/Olympus", "Mars/Olympus"),
    ] {
        let answer = story.ask(line, part).await;
        assert!(answer.text.contains("For example: /"), "{line}: {}", answer.text);
    }
    for (line, part) in [
        ("/why", "Name a video"),
        ("/why @achannel", "no single video"),
        ("/stats", "Name a video"),
        ("/stats jNQXAC9IVRw", "may be private"),
        ("/settings at most often", "no duration"),
        ("/settings 1 at most 1h", "Nothing is watched here yet"),
        ("/wach dQw4w9WgXcQ", "Did you mean /watch?"),
        ("/frobnicate", "no command"),
        ("hello there", "I understand links"),
    ] {
        let answer = story.ask_as(BEN, BEN, None, line, part).await;
        assert!(answer.text.contains("For example: /"), "{line}: {}", answer.text);
    }
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typo_in_a_rule_is_pointed_at() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    let answer = story.ask("/watch dQw4w9WgXcQ status; likes evry 5", "did you mean").await;
    let picture: Vec<&str> = answer.text.lines().filter(|line| line.contains('^')).collect();
    assert_eq!(picture, ["              ^^^^"], "{}", answer.text);
    let pre = answer.entities.iter().find(|entity| matches!(entity.kind, EntityKind::Pre { .. }));
    assert!(pre.is_some_and(|pre| pre.of(&answer.text).starts_with("status; likes evry 5")));
    story.ask("/list", "You watch nothing yet").await;
    over(story, gateway).await;
}
