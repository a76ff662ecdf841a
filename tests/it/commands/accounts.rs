//! One person with several addresses: linked by a code, asked by a mail, told apart again, told what is stored, forgotten.

use std::sync::Arc;
use std::time::Duration;

use tubebell::control::{AccessMode, ControlOptions};
use tubebell::links::Links;
use tubebell::model::{Address, DestinationId, Owner};
use tubebell::store::{Edit, Registry, Shared};

use super::world::{ANA, GROUP, VIDEO, World, chat, snapshot};

/// Ana's other chat.
const OTHER: i64 = 77;
const EVA: i64 = 8;
const SECOND: &str = "aaaaaaaaaaa";

fn world_with(change: impl FnOnce(&mut ControlOptions)) -> World {
    let world = World::with(|options| {
        options.allow = vec![chat(ANA)];
        options.links = Some(Arc::new(Links::new("https://bell.example", &[1; 32])));
        change(options);
    });
    for id in [SECOND, "bbbbbbbbbbb"] {
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), snapshot(id, id));
    }
    world
}

fn world() -> World {
    world_with(|_| {})
}

fn mailbox(text: &str) -> Address {
    format!("email:{text}").parse().unwrap()
}

/// The code in an answer.
fn code(said: &str) -> String {
    let (_, behind) = said.split_once("/link ").expect("a code");
    behind.split_whitespace().next().unwrap().to_owned()
}

impl World {
    async fn other(&mut self, text: &str) -> String {
        self.say_in(OTHER, chat(OTHER), text).await
    }

    /// Ana is one person in both of her chats.
    async fn linked(&mut self) {
        let code = code(&self.say("/link").await);
        let said = self.other(&format!("/link {code}")).await;
        assert!(said.contains("Linked with telegram:42"), "{said}");
    }

    /// The reader of a mailbox has confirmed it.
    async fn confirmed(&mut self, address: &str) {
        let code = format!("code of {address}");
        let edit = tubebell::store::ReaderEdit {
            by: chat(ANA),
            address: mailbox(address),
            mailbox: address.to_owned(),
            code: code.clone(),
            expires_at: self.now.plus(Duration::from_secs(60)),
            mail: tubebell::model::Body::Text("?".to_owned()),
            limits: tubebell::store::AskLimits { per_mailbox: 9, per_person: 9, in_all: 9 },
        };
        let edits =
            vec![Edit::AskReader(Box::new(edit)), Edit::Link { code, at: None, told: None }];
        self.store.edit(None, edits, self.now).await.unwrap();
    }

    async fn waiting(&self, at: &Address) -> usize {
        let all = self.store.destinations(false, DestinationId(0), 100).await.unwrap();
        all.into_iter().find(|state| state.row.address == *at).map_or(0, |state| state.waiting)
    }

    /// What was waiting for somebody is read by them.
    async fn addresses(&self, of: i64) -> Vec<String> {
        let all = self.store.addresses(&chat(of)).await.unwrap();
        all.iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn a_code_of_one_chat_makes_another_the_same_person() {
    let mut world = world();
    world.say(&format!("/watch {VIDEO} views any")).await;
    let said = world.say("/link").await;
    assert!(said.contains("It works once, until Sat 21 Nov 2026, 13:13 (UTC)"), "{said}");
    assert!(said.contains("Give it to nobody"), "{said}");
    assert!(said.contains("For mails: /link email:you@example.org"), "{said}");
    let code = code(&said);

    // Whoever has the code may use the bot, and is told whose it was; so is whoever made it.
    let said = world.other("/list").await;
    assert!(said.contains("invitation"), "{said}");
    let said = world.other(&format!("/link {}", code.to_lowercase())).await;
    assert!(said.starts_with("🔗 Linked with telegram:42: you are one person"), "{said}");
    assert!(said.contains("If you don't know that address: /unlink telegram:42"), "{said}");
    assert!(said.contains("• telegram:42\n• telegram:77 – this chat"), "{said}");
    assert_eq!(world.waiting(&chat(ANA)).await, 1, "told where the code was made");

    // One list with one row of numbers, whichever chat it is asked in.
    world.other(&format!("/watch {SECOND} views any")).await;
    for (user, here) in [(ANA, 1), (OTHER, 2)] {
        let said = world.say_in(user, chat(user), "/list").await;
        assert!(said.contains("You watch 2 of 50 possible"), "{said}");
        let elsewhere = said.lines().filter(|line| line.contains("→ telegram:")).count();
        assert_eq!(elsewhere, 1, "{said}");
        let there = said.lines().find(|line| line.contains("→")).unwrap();
        assert!(!there.starts_with(&here.to_string()), "{said}");
    }
    // A number acts where its watch rings, and the answer says where that is.
    let said = world.other("/unwatch 1").await;
    assert!(said.starts_with("📍 telegram:42\n"), "{said}");
    assert!(world.watches(chat(ANA)).await.is_empty());
    assert_eq!(world.watches(chat(OTHER)).await.len(), 1);

    let said = world.say_in(EVA, chat(EVA), &format!("/link {code}")).await;
    assert!(said.contains("This code is unknown, used or too old"), "{said}");
    assert_eq!(world.addresses(EVA).await, ["telegram:8"]);
}

#[tokio::test]
async fn a_code_works_ten_minutes_once_and_elsewhere() {
    let mut world = world();
    let first = code(&world.say("/link").await);
    let said = world.say(&format!("/link {first}")).await;
    assert!(said.contains("This code was made for another address of yours"), "{said}");
    let second = code(&world.say("/link").await);
    assert_ne!(first, second);
    let said = world.other(&format!("/link {first}")).await;
    assert!(said.contains("unknown, used or too old"), "a newer one was made: {said}");
    world.later(601);
    let said = world.other(&format!("/link {second}")).await;
    assert!(said.contains("unknown, used or too old"), "{said}");
}

#[tokio::test]
async fn after_five_wrong_codes_none_is_looked_at_for_an_hour() {
    let mut world = world();
    let right = code(&world.say("/link").await);
    for number in 1..=5 {
        let said = world.other("/link AAAA-BBBB").await;
        let is_last = said.contains("That were five wrong codes");
        assert_eq!(is_last, number == 5, "{number}: {said}");
    }
    let said = world.other(&format!("/link {right}")).await;
    assert_eq!(said, "", "a stranger is told once");
    assert_eq!(world.addresses(OTHER).await, ["telegram:77"]);
    world.later(3601);
    let right = code(&world.say("/link").await);
    let said = world.other(&format!("/link {right}")).await;
    assert!(said.contains("Linked with"), "{said}");
}

#[tokio::test]
async fn what_is_no_code_and_no_mailbox_is_told_what_would_be_one() {
    let mut world = world();
    for (text, line) in [
        ("/link x", "`x` is no code and no mail address."),
        ("/link ana@", "`ana@` is no mail address."),
        ("/link email:ana@exa mple.org", "is no mail address."),
        ("/link discord:@5", "At a chat you show yourself by a code"),
        ("/unlink", "This is your only address. To add one:"),
        ("/me fly", "I don't understand `fly`: write `export` or `delete`."),
        ("/me delete all", "I don't understand `all`: nothing is erased."),
        (&format!("/watch {VIDEO} to email"), "You have no email address. To add one:"),
        (&format!("/watch {VIDEO} to discord"), "You have no discord address. To add one:"),
        ("/test to eva@example.org", "`eva@example.org` is no address of yours. To add one:"),
    ] {
        let said = world.say(text).await;
        assert!(said.contains(&line.replace('`', "")), "{text}: {said}");
    }
    assert!(world.watches(chat(ANA)).await.is_empty());
}

#[tokio::test]
async fn a_mailbox_gets_one_mail_and_nothing_else_before_its_reader_says_yes() {
    let mut world = world();
    let said = world.say("/link Ana@example.org").await;
    assert!(said.contains("I have sent a mail to"), "{said}");
    assert!(said.contains("It works until Sun 22 Nov 2026, 13:03 (UTC)"), "{said}");
    let at = mailbox("ana@example.org");
    assert_eq!(world.addresses(ANA).await, ["telegram:42"]);
    let said = world.say(&format!("/watch {VIDEO} to email")).await;
    assert!(said.contains("You have no email address"), "{said}");
    let said = world.say(&format!("/watch {VIDEO} to ana@example.org")).await;
    assert!(said.contains("is no address of yours"), "{said}");

    // The third mail to one mailbox is the last of the day, whoever asks and however it is written.
    for (text, is_sent) in
        [("ana+1@example.org", true), ("a.n.a@example.org", true), ("ana@example.org", false)]
    {
        let said = world.say(&format!("/link {text}")).await;
        assert_eq!(said.contains("I have sent a mail"), is_sent, "{text}: {said}");
    }
    // Nor does one person have us write to more than five.
    for (number, is_sent) in [(1, true), (2, true), (3, false)] {
        let said = world.say(&format!("/link b{number}@example.org")).await;
        assert_eq!(said.contains("I have sent a mail"), is_sent, "{number}: {said}");
    }
    let all = world.store.destinations(false, DestinationId(0), 100).await.unwrap();
    let mails: usize = all
        .iter()
        .filter(|state| state.row.address.to_string().starts_with("email:"))
        .map(|state| state.waiting)
        .sum();
    assert_eq!(mails, 5);
    world.later(86_401);
    let said = world.say("/link ana@example.org").await;
    assert!(said.contains("I have sent a mail"), "{said}");

    // Whoever reads there may end it for good.
    world.store.edit(None, vec![Edit::Refuse { destination: at }], world.now).await.unwrap();
    for text in ["ana@example.org", "A.na+1@example.org"] {
        let said = world.say(&format!("/link {text}")).await;
        assert!(said.contains("The reader of this address has ended all mails"), "{text}: {said}");
    }
}

#[tokio::test]
async fn where_no_page_stands_behind_a_link_nobody_enters_a_mailbox() {
    let mut world = world_with(|options| options.links = None);
    let said = world.say("/link ana@example.org").await;
    assert!(said.contains("Here nobody can enter a mail address"), "{said}");
    let said = world.say("/link").await;
    assert!(said.contains("Type this in another chat") && !said.contains("For mails"), "{said}");
}

#[tokio::test]
async fn what_is_to_ring_at_another_address_is_said_behind_the_command() {
    let mut world = world();
    world.confirmed("ana@example.org").await;
    let at = mailbox("ana@example.org");
    let said =
        world.say(&format!("/watch {VIDEO} views every 1000; digest daily 09:00 to email")).await;
    assert!(said.starts_with("📍 email:ana@example.org\n"), "{said}");
    assert_eq!(world.rules(at.clone()).await, ["views every 1000"]);
    assert!(world.watches(chat(ANA)).await.is_empty());

    // What names it later acts there, by its number or by itself.
    for text in
        ["/mute 2h 1", &format!("/mute 2h {VIDEO}"), "/digest 1 hourly", "/settings 1 at most 15m"]
    {
        let said = world.say(text).await;
        assert!(said.starts_with("📍 email:ana@example.org\n"), "{text}: {said}");
    }
    let watch = world.watches(at.clone()).await.remove(0);
    assert!(watch.muted_until.is_some());
    assert_eq!(watch.settings.at_most_s, Some(900));
    assert_eq!(watch.settings.digest.unwrap().to_string(), "hourly");

    // All of an address is set like that of a chat; what is meant for the chat stays there.
    let said = world.say("/quiet 22:00-08:00 to email").await;
    assert!(said.starts_with("📍 email:ana@example.org\n"), "{said}");
    world.say("/digest daily 10:00").await;
    let set = async |world: &World, at: &Address| {
        world.store.destination(at).await.unwrap().unwrap().settings
    };
    let (there, here) = (set(&world, &at).await, set(&world, &chat(ANA)).await);
    assert!(there.quiet.is_some() && there.digest.is_none(), "{there:?}");
    assert!(here.quiet.is_none() && here.digest.is_some(), "{here:?}");

    // A sample goes there, and the answer says so where it was asked for.
    let before = world.waiting(&at).await;
    let said = world.say("/test to email").await;
    assert!(said.starts_with("📍 email:ana@example.org\n"), "{said}");
    assert!(said.contains("A sample is on its way there."), "{said}");
    assert_eq!(world.waiting(&at).await, before + 1);

    // Cards need a message that can be changed.
    let said = world.say(&format!("/card {VIDEO} to email")).await;
    assert!(said.contains("can't be changed"), "{said}");
    let said = world.say("/unwatch all").await;
    assert!(said.contains("Nothing is watched here"), "only what rings in the chat: {said}");
    let said = world.say("/unwatch all to email").await;
    assert!(said.starts_with("📍 email:ana@example.org\n"), "{said}");
    assert!(world.watches(at).await.is_empty());
}

#[tokio::test]
async fn one_person_has_one_time_zone_and_one_set_of_limits() {
    let mut world = world_with(|options| options.actions.watches_per_owner = 2);
    world.say("/settings tz Europe/Madrid").await;
    world.linked().await;
    world.confirmed("ana@example.org").await;
    let zone = async |world: &World, at: Address| {
        world.store.destination(&at).await.unwrap().unwrap().settings.tz
    };
    for at in [chat(ANA), chat(OTHER), mailbox("ana@example.org")] {
        assert_eq!(zone(&world, at.clone()).await.as_deref(), Some("Europe/Madrid"), "{at}");
    }
    world.other("/settings tz America/Lima").await;
    for at in [chat(ANA), chat(OTHER), mailbox("ana@example.org")] {
        assert_eq!(zone(&world, at.clone()).await.as_deref(), Some("America/Lima"), "{at}");
    }
    world.say(&format!("/watch {VIDEO}")).await;
    world.say(&format!("/watch {VIDEO} to email")).await;
    let said = world.other(&format!("/watch {VIDEO}")).await;
    assert!(said.contains("has 2 watches, as many as it may"), "{said}");
}

#[tokio::test]
async fn an_address_is_taken_out_and_goes_on_alone_or_ends() {
    let mut world = world();
    world.linked().await;
    world.confirmed("ana@example.org").await;
    let at = mailbox("ana@example.org");
    world.say(&format!("/watch {VIDEO} to email")).await;
    world.other(&format!("/watch {VIDEO}")).await;
    let said = world.say("/unlink").await;
    assert!(
        said.contains(
            "Say which address to take out: email:ana@example.org, telegram:42, telegram:77."
        ),
        "{said}"
    );
    let said = world.say("/unlink telegram").await;
    assert!(said.contains("You have several telegram addresses: say which."), "{said}");
    let said = world.say("/unlink eva@example.org").await;
    assert!(said.contains("is no address of yours"), "{said}");

    // It came by the link alone, so it is out and hears no more.
    let said = world.say("/unlink email").await;
    assert!(said.contains("email:ana@example.org is on its own now."), "{said}");
    assert!(
        said.contains("What rang there has ended: 1. Nothing is sent there any more."),
        "{said}"
    );
    assert!(world.watches(at).await.is_empty());
    let said = world.say(&format!("/unlink telegram:{OTHER}")).await;
    assert!(said.contains("What rang there has ended: 1."), "{said}");
    let said = world.other("/list").await;
    assert!(said.contains("invitation"), "{said}");
    assert_eq!(world.addresses(ANA).await, ["telegram:42"]);

    // Whoever had come in by themselves stays.
    let (code, edit) = tubebell::control::invitation(Owner::Person(chat(ANA)), world.now);
    world.store.edit(None, vec![edit], world.now).await.unwrap();
    world.other(&format!("/start {code}")).await;
    world.other(&format!("/watch {VIDEO}")).await;
    world.linked().await;
    let said = world.say(&format!("/unlink telegram:{OTHER}")).await;
    assert!(said.contains("What rings there goes on: 1."), "{said}");
    let said = world.other("/list").await;
    assert!(said.contains("You watch 1 of 50 possible"), "{said}");
}

#[tokio::test]
async fn whoever_is_linked_with_the_list_or_the_operator_may_what_they_may() {
    let mut world = world_with(|options| {
        options.access = AccessMode::Allowlist;
        options.operator = vec![chat(ANA)];
        options.allow = Vec::new();
        options.actions.watches_per_owner = 1;
    });
    world.linked().await;
    for id in [VIDEO, SECOND, "bbbbbbbbbbb"] {
        let said = world.other(&format!("/watch {id}")).await;
        assert!(said.contains("Watching"), "the operator has no limit: {said}");
    }
    let said = world.other("/me").await;
    assert!(said.contains("You run this bot."), "{said}");
    let said = world.other("/me delete everything").await;
    assert!(said.contains("You run me"), "{said}");
    world.say(&format!("/unlink telegram:{OTHER}")).await;
    let said = world.other("/list").await;
    assert!(!said.contains("You watch"), "{said}");
}

#[tokio::test]
async fn whoever_reads_a_mailbox_that_hears_of_trouble_does_not_run_the_bot() {
    let mut world = world_with(|options| {
        options.operator = vec![chat(1), mailbox("ops@example.org")];
        options.actions.watches_per_owner = 1;
    });
    world.confirmed("ops@example.org").await;
    world.say(&format!("/watch {VIDEO}")).await;
    for to in ["", " to email"] {
        let said = world.say(&format!("/watch {SECOND}{to}")).await;
        assert!(said.contains("has 1 watches, as many as it may"), "{said}");
    }
    let said = world.say("/me").await;
    assert!(!said.contains("You run this bot."), "{said}");
}

#[tokio::test]
async fn where_everybody_may_use_it_whoever_is_taken_out_goes_on() {
    let mut world = world_with(|options| {
        options.access = AccessMode::Open;
        options.allow = Vec::new();
    });
    world.linked().await;
    world.confirmed("ana@example.org").await;
    world.other(&format!("/watch {VIDEO}")).await;
    world.say(&format!("/watch {VIDEO} to email")).await;
    let said = world.say(&format!("/unlink telegram:{OTHER}")).await;
    assert!(said.contains("What rings there goes on: 1."), "{said}");
    let said = world.other("/list").await;
    assert!(said.contains("You watch 1 of 50 possible"), "{said}");
    // Nobody could end what rings at a mailbox that stands alone.
    let said = world.say("/unlink here").await;
    assert!(said.contains("is on its own now."), "{said}");
    assert!(world.watches(mailbox("ana@example.org")).await.is_empty());
}

#[tokio::test]
async fn what_is_stored_is_told_and_comes_as_a_file() {
    let mut world = world();
    world.linked().await;
    world.say(&format!("/watch {VIDEO} views every 1000")).await;
    world.say("/settings tz Europe/Madrid").await;
    let said = world.say("/me").await;
    for line in [
        "🪪 What is stored about you",
        "• telegram:42 – this chat – watches: 1",
        "• telegram:77",
        "Watches: 1 of 50 possible. Time zone: Europe/Madrid.",
        "All of it as a file: /me export",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let said = world.other("/me export").await;
    assert!(said.contains("This file has all that is stored about you."), "{said}");
    let file = world.last_message().file.expect("a file");
    assert_eq!(file.name, "tubebell-me.json");
    let told: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(told["addresses"][0]["address"], "telegram:42");
    assert_eq!(told["addresses"][0]["settings"]["tz"], "Europe/Madrid");
    assert_eq!(told["watches"][0]["subject"], format!("video:{VIDEO}"));
    assert_eq!(told["watches"][0]["rules"][0], "views every 1000");
    assert_eq!(told["is_cut"], false);
}

#[tokio::test]
async fn erasing_takes_a_second_word_and_leaves_nothing() {
    let mut world = world();
    let (code, edit) = tubebell::control::invitation(Owner::Person(chat(ANA)), world.now);
    world.store.edit(None, vec![edit], world.now).await.unwrap();
    world.say_in(EVA, chat(EVA), &format!("/start {code}")).await;
    world.say_in(EVA, chat(EVA), &format!("/watch {VIDEO}")).await;
    world.say_in(EVA, chat(EVA), &format!("/watch {SECOND}")).await;
    let said = world.say_in(EVA, chat(EVA), "/me delete").await;
    assert!(said.contains("All of this would be erased, for good:"), "{said}");
    assert!(said.contains("To erase it, write: /me delete everything"), "{said}");
    assert_eq!(world.watches(chat(EVA)).await.len(), 2);
    let said = world.say_in(EVA, chat(EVA), "/me delete everything").await;
    assert!(said.contains("Everything about you is erased. Watches that ended: 2."), "{said}");
    assert!(world.store.destination(&chat(EVA)).await.unwrap().is_none());
    assert!(!world.store.is_admitted(&chat(EVA)).await.unwrap());
    let said = world.say_in(EVA, chat(EVA), "/list").await;
    assert!(said.contains("invitation"), "a stranger again: {said}");
    // The code that let them in was theirs, and is used.
    let said = world.say_in(EVA, chat(EVA), &format!("/start {code}")).await;
    assert!(said.contains("unknown, used or too old"), "{said}");
}

#[tokio::test]
async fn a_group_is_nobodys_address() {
    let mut world = world();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), &format!("/watch {VIDEO}")).await;
    let code = code(&world.say("/link").await);
    for text in [
        "/link",
        &format!("/link {code}"),
        "/link ana@example.org",
        "/unlink here",
        "/me",
        "/me export",
        "/me delete everything",
    ] {
        let said = world.say_in(ANA, chat(GROUP), text).await;
        assert!(said.contains("This is about you, not about this group"), "{text}: {said}");
    }
    let said = world.say_in(ANA, chat(GROUP), &format!("/watch {SECOND} to email")).await;
    assert!(said.contains("A group has no other addresses"), "{said}");
    assert_eq!(world.watches(chat(GROUP)).await.len(), 1);
    assert_eq!(world.addresses(ANA).await, ["telegram:42"]);
    // What a group has is not in the list of whoever brought it in.
    let said = world.say("/list").await;
    assert!(said.contains("You watch nothing yet"), "{said}");
}
