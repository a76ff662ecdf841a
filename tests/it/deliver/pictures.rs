//! Messages with a picture: it is drawn before there is a slot, and few of them are.

use tubebell::model::{Body, ChatMessage, Metric, Picture};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn pictured() -> ChatMessage {
    let points = vec![(START, Some(1)), (START.plus(Duration::from_secs(60)), Some(2))];
    let picture = Picture::new(Metric::Views, points, Vec::new(), "UTC".to_owned());
    ChatMessage { html: "hello".to_owned(), picture, ..ChatMessage::default() }
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_handed_over_as_png_and_a_message_is_not_lost_with_one() {
    let it = Loop::start(Channel::Telegram, DAY);
    let picture = pictured().picture;
    let undrawable = picture.clone().map(|picture| Picture { points: Vec::new(), ..picture });
    for (chat, picture) in [(1, picture), (2, undrawable), (3, None)] {
        let message = ChatMessage { html: "hello".to_owned(), picture, ..ChatMessage::default() };
        let to = Address::Telegram { chat, thread: None };
        it.store.notice(None, vec![(to, Body::Chat(message))], it.now()).await.unwrap();
    }
    it.wake.notify_one();
    it.asked(3).await;
    let has_png = |chat: i64| {
        let to = Address::Telegram { chat, thread: None };
        let sent = it.recorder.sent().into_iter().find(|sent| sent.outgoing.address == to);
        sent.unwrap().outgoing.png.is_some_and(|png| png.starts_with(b"\x89PNG"))
    };
    assert_eq!([1, 2, 3].map(has_png), [true, false, false]);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn of_many_messages_with_pictures_few_are_taken_before_they_have_a_slot() {
    let recorder = Arc::new(Recorder::standing_in_for(Channel::Telegram, 1000));
    let rates = Rates { per_s: 0.1, ..Rates::default() };
    let it = Loop::with(Arc::clone(&recorder) as _, recorder, rates, DAY);
    for chat in 1..=20 {
        let to = Address::Telegram { chat, thread: None };
        it.store.notice(None, vec![(to, Body::Chat(pictured()))], it.now()).await.unwrap();
    }
    it.wake.notify_one();
    // The slot stands open, and drawing takes longer than many looks of the loop.
    tokio::time::advance(Duration::from_secs(1)).await;
    it.settle().await;
    let taken = "SELECT coalesce(sum(in_flight), 0) FROM lane";
    assert!(it.sql::<i64>(taken) <= 4, "{}", it.sql::<i64>(taken));
    it.asked(20).await;
    it.end().await;
}

/// Whoever makes the bot answer all the time in some chats takes the slots of these alone.
#[tokio::test(start_paused = true)]
async fn pictures_whose_chats_have_no_slot_keep_no_other_chat_waiting() {
    let recorder = Arc::new(Recorder::standing_in_for(Channel::Telegram, 1000));
    let rates = Rates { group_per_min: 1.0, ..Rates::default() };
    let it = Loop::with(Arc::clone(&recorder) as _, recorder, rates, DAY);
    for chat in [-1, -2, -3, -4] {
        let to = Address::Telegram { chat, thread: None };
        it.limiter.take(&to).await;
        it.store.notice(None, vec![(to, Body::Chat(pictured()))], it.now()).await.unwrap();
    }
    it.wake.notify_one();
    it.settle().await;
    it.queue(5).await;
    it.asked(1).await;
    assert_eq!(it.recorder.sent()[0].outgoing.body, bodies::plain("to 5"));
    it.asked(5).await;
    it.end().await;
}
