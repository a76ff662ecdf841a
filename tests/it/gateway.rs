//! The whole gateway against a simulated YouTube and a sandbox Telegram, over HTTP.

use std::sync::Arc;

use tubebell::app::{Gateway, system_clock};
use tubebell::model::{Address, Clock, Owner, SubjectRef, UnixMillis};
use tubebell::store::Edit;
use tubebell_sim::telegram::{Fault as TelegramFault, Scope, Trouble};
use tubebell_sim::youtube::{Fault, QuotaShape};

use crate::story::{ANA, Story, watch, watched};
use crate::wait::{until, within_limit};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_youtube_rings_on_telegram() {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    let message = story.telegram.sent(ANA).pop().unwrap();
    assert!(message.text.contains("Never <b>gonna</b> & @give #you up"), "{}", message.text);
    gateway.stop().await;
    story.end().await;
}

/// Whatever YouTube answers once, the change is told in the end. One answer a story: the rests after several add up.
async fn is_told_in_spite_of(fault: Fault) {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.youtube.faults(|faults| faults.plan(None, fault, 1));
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_though_youtube_fails_in_between() {
    is_told_in_spite_of(Fault::Server(503)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_though_an_answer_is_cut_short() {
    is_told_in_spite_of(Fault::CutShort).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_though_an_answer_is_no_json() {
    is_told_in_spite_of(Fault::NotJson).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_though_an_answer_has_no_end() {
    is_told_in_spite_of(Fault::Huge(10_000_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_gateway_goes_on_where_it_was_and_tells_nothing_twice() {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    gateway.stop().await;
    // Meanwhile: corrected down, and up past the next multiple.
    story.set_counts(2005, None);
    let gateway = story.start().await;
    story.hears("passed 2,000").await;
    let told = story.texts();
    assert_eq!(told.iter().filter(|text| text.contains("passed 1,000")).count(), 1, "{told:#?}");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_on_the_same_database_is_refused() {
    let story = Story::new().await;
    let gateway = story.start().await;
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("is in use by another `tubebell run`"), "{refused}");
    gateway.stop().await;
    // Once the first has gone, the next one may.
    story.start().await.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_bot_token_is_one_clear_line() {
    let story = Story::new().await;
    story.telegram.revoke_token(true);
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("check telegram.token") && !line.contains('\n'), "{line}");
    assert!(!line.contains(&story.telegram.token()));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_a_typo_is_refused_with_file_line_and_field() {
    let mut story = Story::new().await;
    let templates = story.folder.path().join("templates");
    std::fs::create_dir_all(templates.join("alert")).unwrap();
    std::fs::write(templates.join("alert/telegram.html.hbs"), "{{titel}}").unwrap();
    story.more = format!("[defaults]\ntemplates = \"{}\"\n", templates.display());
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("alert/telegram.html.hbs") && line.contains("titel"), "{line}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_polling_and_the_operator_hears_of_it_once() {
    let mut story = Story::new().await;
    story.more =
        format!("[operator]\nto = [\"telegram:{ANA}\"]\n[web]\nlisten = \"127.0.0.1:0\"\n");
    story.youtube.faults(|faults| faults.plan(None, Fault::BadKey, None));
    let gateway = story.start().await;
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, "views any")], system_clock()()).await.unwrap();
    story.hears("API key").await;
    let ready = format!("http://{}/readyz", gateway.web.unwrap());
    let answer = reqwest::get(&ready).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("youtube FAILED"));
    let metrics = format!("http://{}/metrics", gateway.web.unwrap());
    let metrics = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("tubebell_poller_up 0") && !metrics.contains("AIza"), "{metrics}");
    assert!(metrics.contains("tubebell_part_ready{part=\"youtube\"} 0"), "{metrics}");
    assert!(metrics.contains("tubebell_part_ready{part=\"store\"} 1"), "{metrics}");
    let told = story.texts().iter().filter(|text| text.contains("API key")).count();
    assert_eq!(told, 1, "{:#?}", story.texts());
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opened_the_first_invitation_hears_of_what_needs_a_hand() {
    let mut story = Story::new().await;
    story.access = "invite";
    story.youtube.faults(|faults| faults.plan(None, Fault::BadKey, None));
    let gateway = story.start().await;
    let now = system_clock()();
    let (code, edit) = tubebell::control::invitation(Owner::Operator, now);
    gateway.store().edit(None, vec![edit], now).await.unwrap();
    story.ask(&format!("/start {code}"), "You are the operator").await;
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, "views any")], now).await.unwrap();
    story.hears("API key").await;
    gateway.stop().await;
    story.end().await;
}

/// A clock that begins in the middle of a day of YouTube's: just after midnight a quota that is used up may be yesterday's.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn from_noon() -> Clock {
    let begun = std::time::Instant::now();
    let noon = UnixMillis::from("2026-11-22T20:00:00Z".parse::<jiff::Timestamp>().unwrap());
    Arc::new(move || noon.plus(begun.elapsed()))
}

/// A gateway that watches nothing but a channel, while YouTube fails in this way, tells the operator.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
async fn only_a_channel_is_watched_while(fault: Fault, told: &str) -> (Story, Gateway) {
    let mut story = Story::quick().await;
    story.more = format!("[operator]\nto = [\"telegram:{ANA}\"]\n");
    story.youtube.faults(|faults| faults.plan(None, fault, None));
    let clock = from_noon();
    let gateway = story.start_at(Arc::clone(&clock)).await;
    let Edit::Watch(mut watch) = watch(Address::Telegram { chat: ANA, thread: None }, "views any")
    else {
        unreachable!("a watch");
    };
    watch.subject = SubjectRef::Handle("@achannel".parse().unwrap());
    gateway.store().edit(None, vec![Edit::Watch(watch)], clock()).await.unwrap();
    story.hears(told).await;
    (story, gateway)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_for_a_listing_stops_polling_too() {
    let (story, gateway) = only_a_channel_is_watched_while(Fault::BadKey, "API key").await;
    let metrics = gateway.metrics.render();
    assert!(metrics.contains("tubebell_poller_up 0"), "{metrics}");
    assert!(!metrics.contains("tubebell_polls_total{result=\"refused\"} 0"), "{metrics}");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_a_listing_finds_used_up_is_told_too() {
    let fault = Fault::QuotaUsedUp(QuotaShape::Classic);
    let (story, gateway) = only_a_channel_is_watched_while(fault, "quota of YouTube").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_blocked_the_bot_is_disabled_and_others_are_told() {
    let story = Story::new().await;
    let gateway = watched(&story, "views any").await;
    story.telegram.user(5, "Ben");
    story.telegram.say(5, 5, "hello").unwrap();
    let ben = Address::Telegram { chat: 5, thread: None };
    gateway
        .store()
        .edit(None, vec![watch(ben.clone(), "views any")], system_clock()())
        .await
        .unwrap();
    story.telegram.trouble(5, Trouble::Blocked);
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    until("that it is disabled", async || {
        gateway.store().destination(&ben).await.unwrap().unwrap().disabled.is_some()
    })
    .await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_telegram_wants_to_wait_comes_later() {
    let story = Story::new().await;
    let gateway = story.start().await;
    let limited = Scope::method("sendMessage").in_chat(ANA);
    story.telegram.plan(limited, TelegramFault::TooMany(1), 2);
    story.ask("/help", "/watch").await;
    assert_eq!(story.telegram.counters().too_many, 2);
    gateway.stop().await;
    story.simulation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_has_nothing_to_look_at_is_no_alarm() {
    let watchdog = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut story = Story::quick().await;
    let port = watchdog.local_addr().unwrap().port();
    story.more = format!("[operator]\nheartbeat_url = \"http://127.0.0.1:{port}/ping\"\n");
    let gateway = story.start().await;
    let visit = within_limit(watchdog.accept()).await;
    assert!(matches!(visit, Some(Ok(_))), "no heartbeat");
    // Its answer is not waited for.
    gateway.stop().await;
    story.end().await;
}
