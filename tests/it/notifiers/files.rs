//! Messages with a file: how they leave, that none is lost with its file, and that its reader is told so. The sandboxes take
//! what the services take.

use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tubebell::model::{Button, ChatMessage, Embed, EmbedMessage, TextFile};
use tubebell::notify::SendError;
use tubebell::notify::discord::{
    Asked, Discord, DiscordOptions, Pictured, Refusals, Response as Said,
};
use tubebell::notify::telegram::{Telegram, TelegramOptions};
use tubebell_sim::Simulation;
use tubebell_sim::discord::{self, DiscordSandbox, Message};
use tubebell_sim::telegram::{self, Fault, Scope, TelegramSandbox};
use tubebell_sim::world::World;

use super::discord_spec::{self, payload};
use super::pictures::PNG;
use super::stub::{Answer, Stub};
use super::telegram::{SENT, client};
use super::telegram_spec;

const ANA: i64 = 1_001;
const READER: u64 = 5_000_000_000_000_000_042;
const SERVER: u64 = 5_000_000_000_000_000_100;
const PLACE: u64 = 5_000_000_000_000_000_101;
const TEXT: &str = "{\"title\": \"N\u{e9}ver <b> \\\"ever\\\"\"}\n";
const APOLOGY: &str =
    "⚠ The file could not be sent. Ask again later; if that does not help, tell whoever runs me.";

fn file() -> Option<TextFile> {
    Some(TextFile { name: "tubebell-me.json".to_owned(), text: TEXT.to_owned() })
}

fn buttons() -> Vec<Vec<Button>> {
    vec![vec![Button { text: "mute".to_owned(), data: "mute:17".to_owned() }]]
}

fn chat() -> ChatMessage {
    ChatMessage {
        html: "<b>All</b> &amp; more".to_owned(),
        buttons: buttons(),
        file: file(),
        ..ChatMessage::default()
    }
}

fn embed() -> EmbedMessage {
    let embed = Embed { text: "**All** & more".to_owned(), ..Embed::default() };
    EmbedMessage {
        embeds: vec![embed],
        buttons: buttons(),
        file: file(),
        ..EmbedMessage::default()
    }
}

const fn said(message: &EmbedMessage) -> Pictured<'_> {
    Pictured { message, png: None }
}

fn simulation() -> Simulation {
    let now = || Timestamp::from_second(1_795_000_000).unwrap();
    Simulation::new(World::new(1, now()), Arc::new(now))
}

/// A Telegram in which Ana has begun to talk to the bot, and the bot.
async fn telegram(change: impl FnOnce(&mut telegram::Options)) -> (TelegramSandbox, Telegram) {
    let mut options = telegram::Options::default();
    change(&mut options);
    let sandbox = telegram::serve(&simulation(), options).await.unwrap();
    sandbox.user(ANA, "Ana");
    sandbox.say(ANA, ANA, "/start").unwrap();
    let options = TelegramOptions {
        api_url: sandbox.api_url(),
        ..TelegramOptions::new(SecretString::from(sandbox.token()))
    };
    (sandbox, Telegram::new(&options).unwrap())
}

/// A Discord with a server of Ana's, and the bot, which has a command.
async fn discord(change: impl FnOnce(&mut discord::Options)) -> (DiscordSandbox, Discord) {
    let mut options = discord::Options::default();
    change(&mut options);
    let sandbox = discord::serve(&simulation(), options).await.unwrap();
    sandbox.user(READER, "ana");
    sandbox.guild(SERVER, "a server", READER);
    sandbox.channel(SERVER, PLACE, "general").unwrap();
    let options = DiscordOptions {
        api_url: sandbox.base_url(),
        ..DiscordOptions::new(Some(SecretString::from(sandbox.token())))
    };
    let bot = Discord::new(&options, &Refusals::default()).unwrap();
    let commands = json!([{"name": "me", "description": "what is stored"}]);
    bot.set_commands(sandbox.bot(), &commands).await.unwrap();
    (sandbox, bot)
}

fn ask(sandbox: &DiscordSandbox) -> Asked {
    let id = sandbox.command(READER, PLACE, "me", &[]).unwrap();
    let token = sandbox.interaction(id).unwrap().token;
    Asked { id, application: sandbox.bot(), token: token.into() }
}

#[track_caller]
fn assert_attached(message: &Message) {
    let [attachment] = message.attachments.as_slice() else { panic!("{message:?}") };
    assert_eq!(
        (attachment.filename.as_str(), &*attachment.bytes),
        ("tubebell-me.json", TEXT.as_bytes())
    );
    assert_eq!(attachment.content_type.as_deref(), Some("application/json"));
    assert_eq!((message.content.as_str(), message.embeds.len()), ("", 1));
    assert_eq!(message.embeds[0].image, None);
}

#[tokio::test]
async fn a_file_goes_out_as_a_document_with_the_text_as_its_caption() {
    let stub = Stub::start([Answer::new(200, SENT), Answer::new(200, SENT)]).await;
    let telegram = client(&stub.url());
    // A message has one or the other; should it have both, the file is what was asked for.
    assert_eq!(telegram.send_message(-100_123, Some(9), &chat(), PNG, true).await, Ok(17));
    assert_eq!(telegram.edit_message(42, 17, &chat(), None).await, Ok(()));
    let seen = stub.seen();
    for (request, method) in seen.iter().zip(["/sendDocument", "/editMessageMedia"]) {
        assert!(request.path.ends_with(method), "{}", request.path);
        let part = "name=\"file\"; filename=\"tubebell-me.json\"\r\nContent-Type: application/json";
        assert!(request.body.contains(part), "{}", request.body);
        assert!(request.body.contains(TEXT), "{}", request.body);
        telegram_spec::check_form(request);
    }
    let form = seen[0].form().into_iter();
    let fields: Value =
        form.map(|(name, text)| (name.clone(), telegram_spec::of_form(&name, &text))).collect();
    assert_eq!(
        fields,
        json!({
            "chat_id": -100_123, "message_thread_id": 9, "document": "attach://file",
            "caption": chat().html, "parse_mode": "HTML", "disable_notification": true,
            "reply_markup": {"inline_keyboard": [[{"text": "mute", "callback_data": "mute:17"}]]},
        })
    );
}

#[tokio::test]
async fn where_telegram_refuses_a_file_the_text_leaves_and_says_so() {
    for (status, refusal) in [
        (413, "Request Entity Too Large"),
        (400, "Bad Request: file is too big"),
        (400, "Bad Request: not enough rights to send documents to the chat"),
        (400, "Bad Request: CHAT_SEND_DOCS_FORBIDDEN"),
        (400, "Bad Request: something nobody has seen yet"),
    ] {
        let stub = Stub::start([Answer::refusal(status, refusal), Answer::new(200, SENT)]).await;
        let sent = client(&stub.url()).send_message(42, None, &chat(), None, false).await;
        assert_eq!(sent, Ok(17), "{refusal}");
        let body = stub.seen()[1].json();
        assert_eq!(body["text"], format!("{}\n\n{APOLOGY}", chat().html));
        assert_eq!(body["reply_markup"]["inline_keyboard"][0][0]["text"], "mute");
    }
    let blocked = Answer::refusal(403, "Forbidden: bot was blocked by the user");
    let stub = Stub::start([blocked]).await;
    let sent = client(&stub.url()).send_message(42, None, &chat(), None, false).await;
    assert!(matches!(sent, Err(SendError::Gone(_))), "{sent:?}");
    assert_eq!(stub.seen().len(), 1, "a failure that is not of the file");
}

#[tokio::test]
async fn a_file_that_no_service_takes_is_not_even_tried() {
    let file = |name: &str, text: String| Some(TextFile { name: name.to_owned(), text });
    for file in [
        file("a.json", "x".repeat(TextFile::BYTES_MAX + 1)),
        file("a.json", String::new()),
        file("../a.json", "x".to_owned()),
        file("a\"\r\nX: y", "x".to_owned()),
    ] {
        let stub = Stub::start([Answer::new(200, SENT)]).await;
        let message = ChatMessage { file: file.clone(), ..chat() };
        let sent = client(&stub.url()).send_message(42, None, &message, None, false).await;
        assert_eq!(sent, Ok(17), "{file:?}");
        assert!(stub.seen()[0].path.ends_with("/sendMessage"));
        assert!(stub.seen()[0].json()["text"].as_str().unwrap().ends_with(APOLOGY));
    }
}

#[tokio::test]
async fn telegram_takes_a_file_and_where_it_is_too_big_its_text_with_a_word_on_it() {
    let longest = "x".repeat(TextFile::BYTES_MAX);
    let (sandbox, bot) = telegram(|options| options.document_max_bytes = longest.len()).await;
    bot.send_message(ANA, None, &chat(), None, true).await.unwrap();
    let sent = sandbox.sent(ANA).pop().unwrap();
    let document = sent.document.unwrap();
    assert_eq!((document.name.as_str(), &*document.bytes), ("tubebell-me.json", TEXT.as_bytes()));
    assert_eq!((sent.text.as_str(), sent.buttons.len(), sent.silent), ("All & more", 1, true));
    let long = TextFile { name: "a.txt".to_owned(), text: longest };
    let long = ChatMessage { file: Some(long), ..chat() };
    bot.send_message(ANA, None, &long, None, false).await.unwrap();
    let kept = sandbox.sent(ANA).pop().unwrap().document.unwrap();
    assert_eq!(kept.bytes.len(), TextFile::BYTES_MAX);

    sandbox.plan(Scope::method("sendDocument"), Fault::Refused("file is too big"), 1);
    bot.send_message(ANA, None, &chat(), None, false).await.unwrap();
    let (smaller, other) = telegram(|options| options.document_max_bytes = 10).await;
    other.send_message(ANA, None, &chat(), None, false).await.unwrap();
    for sandbox in [sandbox, smaller] {
        let sent = sandbox.sent(ANA).pop().unwrap();
        assert_eq!((sent.text, sent.document), (format!("All & more\n\n{APOLOGY}"), None));
        assert_eq!(sent.buttons.len(), 1);
        telegram_spec::check_requests(&sandbox.requests());
    }
}

#[tokio::test]
async fn a_message_of_discords_names_its_file_and_no_embed_shows_it() {
    const MADE: &str = super::discord::SENT;
    let stub = Stub::start([Answer::new(200, MADE), Answer::new(200, MADE)]).await;
    let bot = super::discord::bot(&stub.url());
    let message = embed();
    bot.send_message(42, Pictured { message: &message, png: PNG }, true, Some("n")).await.unwrap();
    bot.edit_message(42, 7, said(&message)).await.unwrap();
    for request in stub.seen() {
        let part =
            "name=\"files[0]\"; filename=\"tubebell-me.json\"\r\nContent-Type: application/json";
        assert!(request.body.contains(part) && request.body.contains(TEXT), "{}", request.body);
        let body = payload(&request);
        assert_eq!(body["attachments"], json!([{"id": "0", "filename": "tubebell-me.json"}]));
        assert_eq!((&body["content"], body["embeds"][0].get("image")), (&json!(""), None));
    }
    discord_spec::check(&stub.seen());
}

#[tokio::test]
async fn where_discord_refuses_a_file_the_text_leaves_and_says_so() {
    for (status, code) in [(413, 40_005), (403, 50_013), (400, 50_035)] {
        let refusal = json!({"message": "Something", "code": code}).to_string();
        let made = Answer::new(200, super::discord::SENT);
        let stub = Stub::start([Answer::new(status, refusal), made]).await;
        let message = EmbedMessage { mention: Some(9), text: "hello".to_owned(), ..embed() };
        let bot = super::discord::bot(&stub.url());
        bot.send_message(42, said(&message), false, None).await.unwrap();
        let body = stub.seen()[1].json();
        assert_eq!(body["content"], format!("<@&9> hello\n{APOLOGY}"));
        assert!(body.get("attachments").is_none(), "{body}");
    }
}

#[tokio::test]
async fn discord_takes_a_file_in_a_message_and_in_each_answer_to_an_interaction() {
    let (sandbox, bot) = discord(|_| {}).await;
    let message = embed();
    bot.send_message(PLACE, said(&message), false, Some("n")).await.unwrap();
    assert_attached(sandbox.sent(PLACE).last().unwrap());

    let at_once = ask(&sandbox);
    let response = Said::Message { message: said(&message), is_for_asker: true };
    bot.respond(&at_once, &response).await.unwrap();
    let answer = sandbox.response(at_once.id).unwrap();
    assert_attached(&answer);
    assert_eq!(answer.only_for, Some(READER));
    bot.follow_up(&at_once, said(&message), true).await.unwrap();
    let followup = sandbox.interaction(at_once.id).unwrap().followups[0];
    assert_attached(&sandbox.message(PLACE, followup).unwrap());

    for (is_for_asker, reader) in [(true, Some(READER)), (false, None)] {
        let later = ask(&sandbox);
        bot.respond(&later, &Said::AnsweredLater { is_for_asker }).await.unwrap();
        bot.rewrite(&later, said(&message)).await.unwrap();
        let answer = sandbox.response(later.id).unwrap();
        assert_attached(&answer);
        assert_eq!((answer.only_for, answer.is_loading()), (reader, false));
    }
}

#[tokio::test]
async fn where_a_file_is_too_big_for_discord_each_answer_is_its_text_with_a_word_on_it() {
    let (sandbox, bot) = discord(|options| options.file_max_bytes = 10).await;
    let message = embed();
    let assert_sorry = |answer: Message| {
        assert_eq!((answer.content.as_str(), answer.embeds.len()), (APOLOGY, 1), "{answer:?}");
        assert!(answer.attachments.is_empty(), "{answer:?}");
    };
    bot.send_message(PLACE, said(&message), false, None).await.unwrap();
    assert_sorry(sandbox.sent(PLACE).pop().unwrap());
    let at_once = ask(&sandbox);
    let response = Said::Message { message: said(&message), is_for_asker: true };
    bot.respond(&at_once, &response).await.unwrap();
    assert_sorry(sandbox.response(at_once.id).unwrap());
    let later = ask(&sandbox);
    bot.respond(&later, &Said::AnsweredLater { is_for_asker: true }).await.unwrap();
    bot.rewrite(&later, said(&message)).await.unwrap();
    assert_sorry(sandbox.response(later.id).unwrap());
}
