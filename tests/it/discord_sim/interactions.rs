//! Commands, buttons, suggestions and dialogues: in time, once, and as they are registered.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tubebell_sim::discord::{Answered, Rights, SandboxError, Whom};

use super::{ANA, BEN, GENERAL, GUILD, Sandbox, sandbox};
use crate::wait::Frozen;

fn video(id: &str) -> [(&'static str, Value); 1] {
    [("video", json!(id))]
}

async fn watch(s: &Sandbox) -> u64 {
    s.discord.command(BEN, GENERAL, "watch", &video("abc")).unwrap()
}

fn message(text: &str, flags: u64) -> Value {
    json!({"type": 4, "data": {"content": text, "flags": flags}})
}

#[tokio::test]
async fn a_command_is_used_as_it_is_registered() {
    let s = sandbox().await;
    let unknown = s.discord.command(BEN, GENERAL, "watch", &video("abc"));
    assert_eq!(unknown.unwrap_err(), SandboxError::UnknownCommand);
    s.register().await;
    watch(&s).await;
    s.discord.command(BEN, GENERAL, "card add", &[]).unwrap();
    let option = |name: &str, reason| SandboxError::Option { name: name.to_owned(), reason };
    for (options, expected) in [
        (vec![], option("video", "is required")),
        (vec![("video", json!(5))], option("video", "is of another kind")),
        (
            vec![("video", json!("a")), ("every", json!(0))],
            option("every", "is too small or too large"),
        ),
        (vec![("video", json!("a")), ("x", json!(0))], option("x", "is no option of the command")),
    ] {
        assert_eq!(s.discord.command(BEN, GENERAL, "watch", &options).unwrap_err(), expected);
    }
    assert_eq!(
        s.discord.command(BEN, GENERAL, "admin", &[]).unwrap_err(),
        SandboxError::NotAllowed
    );
    s.discord.command(ANA, GENERAL, "admin", &[]).unwrap();
    let denied = Rights::USE_APPLICATION_COMMANDS;
    s.discord.overwrite(GENERAL, Whom::Role(GUILD), Rights::NONE, denied).unwrap();
    let refused = s.discord.command(BEN, GENERAL, "watch", &video("abc"));
    assert_eq!(refused.unwrap_err(), SandboxError::NotAllowed);
    let dm = s.discord.dm(BEN).unwrap();
    s.discord.type_command(BEN, dm, "/watch abc every:5").unwrap();
}

#[tokio::test]
async fn commands_keep_their_ids_and_a_day_has_so_many_new_ones() {
    let s = sandbox().await;
    s.register().await;
    let path = format!("/applications/{}/commands", s.discord.bot());
    let before = s.get(&path).await.ok();
    s.register().await;
    assert_eq!(s.get(&path).await.ok()[0]["id"], before[0]["id"]);
    let wrong = s.put(&path, json!([{"name": "Watch", "description": "d"}])).await;
    assert_eq!(wrong.wrong("/0/name"), "APPLICATION_COMMAND_INVALID_NAME");
    assert_eq!(s.put("/applications/9/commands", json!([])).await.refusal(), (403, 20_012));
    let many = |turn: usize| {
        let command = |n: usize| json!({"name": format!("c{turn}-{n}"), "description": "d"});
        json!((0..100).map(command).collect::<Vec<Value>>())
    };
    s.put(&path, many(0)).await.ok();
    assert_eq!(s.put(&path, many(1)).await.refusal(), (429, 30_034));
    s.later(24 * 3_600);
    s.put(&path, many(1)).await.ok();
    let own = format!("/applications/{}/guilds/{GUILD}/commands", s.discord.bot());
    s.put(&own, json!([{"name": "here", "description": "d"}])).await.ok();
    assert_eq!(s.discord.commands(Some(GUILD))[0].name, "here");
}

#[tokio::test]
async fn an_interaction_is_answered_once_and_within_three_seconds() {
    let s = sandbox().await;
    s.register().await;
    let frozen = Frozen::now();
    let work = async {
        let id = watch(&s).await;
        tokio::time::advance(Duration::from_millis(2_900)).await;
        assert_eq!(s.respond(id, message("hello", 0)).await.status, 204);
        assert_eq!(s.respond(id, message("again", 0)).await.refusal(), (400, 40_060));
        let response = s.discord.response(id).unwrap();
        assert_eq!((response.content.as_str(), response.origin.unwrap().user), ("hello", BEN));
        let late = watch(&s).await;
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(s.respond(late, message("late", 0)).await.refusal(), (404, 10_062));
        assert!(s.discord.interaction(late).unwrap().is_late());
        let url = s.url("/interactions/9/x/callback");
        let unknown = s.send(Method::POST, &url, Some(message("a", 0)), false).await;
        assert_eq!(unknown.refusal(), (404, 10_062));
    };
    frozen.run("an answer", work).await;
    assert_eq!(s.discord.sent(GENERAL).len(), 1);
}

#[tokio::test]
async fn what_is_for_one_is_seen_by_one() {
    let s = sandbox().await;
    s.register().await;
    let id = watch(&s).await;
    s.respond(id, message("secret", 64)).await.ok();
    assert_eq!(s.discord.shown(GENERAL, BEN).len(), 1);
    assert!(s.discord.shown(GENERAL, ANA).is_empty());
    let sent = s.discord.response(id).unwrap();
    let path = format!("/channels/{GENERAL}/messages/{}", sent.id);
    assert_eq!(s.get(&path).await.refusal(), (404, 10_008));
    let original = s.follow(id, "/messages/@original");
    let shown = s.send(Method::GET, &original, None, false).await.ok();
    assert_eq!((&shown["content"], &shown["flags"]), (&json!("secret"), &json!(64)));
}

#[tokio::test]
async fn an_answer_that_was_announced_is_written_later_and_rings_whom_it_says() {
    let s = sandbox().await;
    s.register().await;
    let id = watch(&s).await;
    let original = s.follow(id, "/messages/@original");
    let edit = |text: String| Some(json!({"content": text}));
    let early = s.send(Method::PATCH, &original, edit("x".to_owned()), false).await;
    assert_eq!(early.refusal(), (404, 10_015));
    s.respond(id, json!({"type": 5})).await.ok();
    assert!(s.discord.response(id).unwrap().is_loading());
    let text = format!("@everyone <@{ANA}>");
    s.send(Method::PATCH, &original, edit(text.clone()), false).await.ok();
    let response = s.discord.response(id).unwrap();
    assert!(!response.is_loading() && response.edited.is_none());
    assert_eq!((response.pings.everyone, response.pings.users), (false, vec![ANA]));
    let further =
        s.send(Method::POST, &s.follow(id, ""), edit("more".to_owned()), false).await.ok();
    let further = s.follow(id, &format!("/messages/{}", further["id"].as_str().unwrap()));
    assert_eq!(
        s.send(Method::PATCH, &further, edit("most".to_owned()), false).await.ok()["content"],
        "most"
    );
    assert_eq!(s.send(Method::DELETE, &original, None, false).await.status, 204);
    let texts: Vec<String> = s.discord.sent(GENERAL).into_iter().map(|m| m.content).collect();
    assert_eq!(texts, ["most"]);
    let second = watch(&s).await;
    s.respond(second, json!({"type": 5, "data": {"flags": 64}})).await.ok();
    s.send(Method::POST, &s.follow(second, ""), edit("filled".to_owned()), false).await.ok();
    let filled = s.discord.response(second).unwrap();
    assert_eq!((filled.content.as_str(), filled.only_for), ("filled", Some(BEN)));
}

#[tokio::test]
async fn a_token_is_good_for_a_quarter_of_an_hour() {
    let s = sandbox().await;
    s.register().await;
    let frozen = Frozen::now();
    let work = async {
        let id = watch(&s).await;
        s.respond(id, message("a", 0)).await.ok();
        let original = s.follow(id, "/messages/@original");
        tokio::time::advance(Duration::from_secs(14 * 60)).await;
        let edit = Some(json!({"content": "b"}));
        s.send(Method::PATCH, &original, edit.clone(), false).await.ok();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(s.send(Method::PATCH, &original, edit, false).await.refusal(), (401, 50_027));
    };
    frozen.run("an answer", work).await;
}

#[tokio::test]
async fn a_button_changes_its_message_and_one_that_is_not_there_cant_be_pressed() {
    let s = sandbox().await;
    let button = |id: &str| json!([{"type": 1, "components": [{"type": 2, "style": 2, "label": "Mute", "custom_id": id}]}]);
    let sent = s.write(GENERAL, json!({"content": "a", "components": button("mute")})).await.ok();
    let sent: u64 = sent["id"].as_str().unwrap().parse().unwrap();
    let unknown = s.discord.press(BEN, GENERAL, sent, "other").unwrap_err();
    assert_eq!(unknown, SandboxError::UnknownButton);
    let id = s.discord.press(BEN, GENERAL, sent, "mute").unwrap();
    let update = json!({"type": 7, "data": {"content": "b", "components": button("unmute")}});
    s.respond(id, update).await.ok();
    assert!(s.discord.message(GENERAL, sent).unwrap().button("unmute").is_some());
    let id = s.discord.press(BEN, GENERAL, sent, "unmute").unwrap();
    s.respond(id, json!({"type": 6})).await.ok();
    let edit = Some(json!({"content": "c"}));
    s.send(Method::PATCH, &s.follow(id, "/messages/@original"), edit, false).await.ok();
    assert_eq!(s.discord.message(GENERAL, sent).unwrap().content, "c");
    s.register().await;
    let command = watch(&s).await;
    assert_eq!(s.respond(command, json!({"type": 7})).await.wrong("/type"), "BASE_TYPE_CHOICES");
}

#[tokio::test]
async fn suggestions_have_bounds_and_are_for_what_is_typed() {
    let s = sandbox().await;
    s.register().await;
    let typed = || s.discord.autocomplete(BEN, GENERAL, "watch", &video("ab"), "video").unwrap();
    let choices = |count: usize| {
        let choice = |n: usize| json!({"name": format!("Video {n}"), "value": n.to_string()});
        json!({"type": 8, "data": {"choices": (0..count).map(choice).collect::<Vec<Value>>()}})
    };
    let id = typed();
    assert_eq!(s.respond(id, choices(26)).await.wrong("/data/choices"), "BASE_TYPE_MAX_LENGTH");
    let numbers = json!({"type": 8, "data": {"choices": [{"name": "a", "value": 1}]}});
    assert_eq!(s.respond(id, numbers).await.wrong("/data/choices/0/value"), "UNION_TYPE_CHOICES");
    assert_eq!(s.respond(id, message("a", 0)).await.wrong("/type"), "BASE_TYPE_CHOICES");
    s.respond(id, choices(25)).await.ok();
    let suggested = s.discord.interaction(id).unwrap();
    assert_eq!((suggested.answered, suggested.choices.len()), (Answered::Choices, 25));
    let nothing = s.discord.autocomplete(BEN, GENERAL, "watch", &[("every", json!(1))], "every");
    assert!(nothing.is_err());
}

#[tokio::test]
async fn a_dialogue_is_filled_in_and_comes_back() {
    let s = sandbox().await;
    s.register().await;
    let id = watch(&s).await;
    let input =
        json!({"type": 4, "style": 1, "custom_id": "why", "label": "Why?", "max_length": 5});
    let modal = json!({"type": 9, "data": {"custom_id": "m", "title": "Tell", "components": [{"type": 1, "components": [input]}]}});
    s.respond(id, modal).await.ok();
    assert!(s.discord.fill_in(id, &[("why", "too long")]).is_err());
    let filled = s.discord.fill_in(id, &[("why", "so")]).unwrap();
    s.respond(filled, message("thanks", 0)).await.ok();
    assert_eq!(s.discord.response(filled).unwrap().content, "thanks");
}

#[tokio::test]
async fn a_command_in_the_menu_of_a_message_brings_the_message() {
    let s = sandbox().await;
    s.register().await;
    let sent = s.say(GENERAL, "an alert").await.ok();
    let sent: u64 = sent["id"].as_str().unwrap().parse().unwrap();
    let id = s.discord.message_command(BEN, GENERAL, sent, "Why").unwrap();
    let url = s.url(&format!(
        "/interactions/{id}/{}/callback?with_response=true",
        s.discord.interaction(id).unwrap().token
    ));
    let answer = s.send(Method::POST, &url, Some(message("because", 64)), false).await.ok();
    assert_eq!(answer["resource"]["message"]["content"], "because");
    assert_eq!(answer["interaction"]["response_message_ephemeral"], true);
}
