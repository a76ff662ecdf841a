//! `card`: limits, what YouTube has to say of it, and how it ends.

use super::*;
use crate::store::CardRow;

fn id(text: &str) -> VideoId {
    text.parse().unwrap()
}

const SHOWN: &str = "dQw4w9WgXcQ";

impl Bench {
    async fn card(&mut self, by: &Asking, video: &str) -> Result<bool, NoCard> {
        let made = self.actions.card(&mut self.commit, by, id(video)).await.unwrap();
        made.map(|made| made.is_again)
    }

    async fn cards(&self, of: &Asking) -> Vec<CardRow> {
        self.actions.cards(&of.destination).await.unwrap()
    }
}

#[tokio::test]
async fn a_card_is_made_and_made_anew_and_has_the_title_that_was_seen() {
    let mut bench = Bench::new();
    let made = bench.actions.card(&mut bench.commit, &ana(), id(SHOWN)).await.unwrap().unwrap();
    assert_eq!((made.title, made.is_again), (snapshot().title, false));
    assert_eq!(bench.card(&ana(), SHOWN).await, Ok(true));
    let cards = bench.cards(&ana()).await;
    assert_eq!(cards, [CardRow { video: id(SHOWN), title: snapshot().title, made_at: NOW }]);
}

#[tokio::test]
async fn a_chat_has_five_and_for_the_sixth_nobody_asks_youtube() {
    let mut bench = Bench::new();
    for number in 0..CARDS_PER_CHAT {
        assert_eq!(bench.card(&ana(), &format!("video{number:06}")).await, Ok(false));
    }
    let asked = bench.asked();
    let refused = bench.card(&ana(), SHOWN).await;
    assert_eq!((refused, bench.asked()), (Err(NoCard::TooMany { max: 5 }), asked));
    assert_eq!(bench.card(&ana(), "video000003").await, Ok(true), "one that stands is none more");
}

#[tokio::test]
async fn a_card_counts_as_one_of_the_videos_of_its_owner() {
    let mut bench = Bench::new();
    bench.actions.options.videos_per_owner = 2;
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert_eq!(bench.card(&ana(), SHOWN).await, Ok(false));
    let refused = bench.card(&ana(), "aaaaaaaaaaa").await;
    assert_eq!(refused, Err(NoCard::TooManyVideos { max: 2 }));
    let operator = Asking { owner: Owner::Operator, ..ana() };
    assert_eq!(bench.card(&operator, "aaaaaaaaaaa").await, Ok(false));
}

#[tokio::test]
async fn what_can_not_be_seen_or_asked_for_has_no_card() {
    let mut bench = Bench::new();
    let gone = Snapshot { status: Status::Unavailable, ..snapshot() };
    for shown in [None, Some(gone)] {
        *bench.youtube.video.lock().unwrap() = shown;
        let refused = bench.card(&ana(), SHOWN).await;
        assert_eq!(refused, Err(NoCard::NotThere(NotThere(of(VIDEO)))));
    }
    bench.fails();
    assert!(matches!(bench.card(&ana(), SHOWN).await, Err(NoCard::Unasked(_))));
    assert!(bench.cards(&ana()).await.is_empty());
    // What is watched there has its numbers from the poller.
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert_eq!(bench.card(&ana(), SHOWN).await, Ok(false));
}

#[tokio::test]
async fn where_messages_can_not_be_edited_there_are_no_cards() {
    let mut bench = Bench::new();
    let hook = Asking { destination: "webhook:https://example.com/".parse().unwrap(), ..ana() };
    assert_eq!(bench.card(&hook, SHOWN).await, Err(NoCard::CantEdit));
    assert_eq!(bench.asked(), 0);
}

#[tokio::test]
async fn cards_are_ended_one_by_one_or_all_together() {
    let mut bench = Bench::new();
    for video in [SHOWN, "aaaaaaaaaaa", "bbbbbbbbbbb"] {
        bench.card(&ana(), video).await.unwrap();
    }
    let chat = ana().destination;
    let mut end = async |video: Option<&str>| {
        end_cards(&mut bench.commit, &chat, video.map(id)).await.unwrap()
    };
    assert_eq!(end(Some("ccccccccccc")).await, Err(NoSuchCard));
    assert_eq!(end(Some(SHOWN)).await, Ok(()));
    assert_eq!(end(Some(SHOWN)).await, Err(NoSuchCard));
    assert_eq!(end(None).await, Ok(()));
    assert_eq!(end(None).await, Err(NoSuchCard));
    assert!(bench.cards(&ana()).await.is_empty());
}
