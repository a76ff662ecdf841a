//! Cards: their videos are polled like watched ones, and what they say is read as they become due.

use super::*;
use tubebell::model::{Body, Marks};
use tubebell::store::{Card, CardEdit, CardLook, CardResult, VideosLimit};

const BEN: &str = "telegram:5";
const GROUP: &str = "telegram:-5";
const SUPERGROUP: &str = "telegram:-1005";
const OTHER: &str = "aaaaaaaaaaa";

fn card_of(to: &str, video: &str) -> CardEdit {
    CardEdit {
        destination: at(to),
        owner: Owner::Operator,
        video: video.parse().unwrap(),
        beginning: None,
        per_chat: 5,
        videos_limit: None,
    }
}

impl Bench {
    async fn card(&self, to: &str, video: &str) -> Edited {
        self.edit(Edit::Card(Box::new(card_of(to, video)))).await
    }

    async fn end_card(&self, of: &str, video: Option<&str>) -> Edited {
        let video = video.map(|video| video.parse().unwrap());
        self.edit(Edit::EndCards { destination: at(of), video }).await
    }

    async fn due_cards(&self) -> Vec<Card> {
        let (now, base_at) = (self.now(), self.now().minus(DAY));
        self.store().due_cards(Channel::Telegram, now, base_at, 100).await.unwrap().cards
    }

    /// When the next card is due that is not yet.
    async fn next_card(&self) -> Option<UnixMillis> {
        let (now, base_at) = (self.now(), self.now().minus(DAY));
        self.store().due_cards(Channel::Telegram, now, base_at, 1).await.unwrap().next_due
    }

    async fn became(&self, card: &Card, result: CardResult) {
        let look = CardLook { id: card.id, made_at: card.made_at, result };
        self.store().record_cards(vec![look], self.now()).await.unwrap();
    }

    /// The only card that is due was shown.
    async fn shown(&self, message: &str) -> Card {
        let card = self.due_cards().await.remove(0);
        let next_at = self.now().plus(30 * SECOND);
        let (message, shown) = (message.to_owned(), "its numbers".to_owned());
        self.became(&card, CardResult::Shown { message, shown, next_at }).await;
        card
    }
}

#[tokio::test]
async fn a_video_is_polled_as_long_as_it_is_watched_or_has_a_card() {
    let bench = Bench::new();
    assert_eq!(bench.card(ANA, VIDEO).await, Edited::Carded { is_again: false });
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.watch(BEN, "views any").await;
    bench.end_card(ANA, None).await;
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.card(ANA, VIDEO).await;
    bench.unwatch(BEN).await;
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.card(BEN, VIDEO).await;
    bench.end_card(ANA, Some(VIDEO)).await;
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.end_card(BEN, None).await;
    assert!(bench.polled().await.is_empty());
    assert_eq!(bench.end_card(BEN, None).await, Edited::NotFound);
}

#[tokio::test]
async fn a_card_knows_the_counts_of_now_and_those_of_a_day_before_or_the_first() {
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    let card = bench.due_cards().await.remove(0);
    assert!(card.known.is_none() && card.counts.is_none() && card.base.is_none());
    bench.see(100).await;
    let first_at = bench.now();
    bench.pass(HOUR);
    bench.see(150).await;
    let card = bench.due_cards().await.remove(0);
    assert_eq!(card.counts.unwrap().views, Some(150));
    let base = card.base.unwrap();
    assert_eq!((base.at, base.counts.views, base.is_first), (first_at, Some(100), true));
    bench.pass(DAY);
    bench.see(400).await;
    let card = bench.due_cards().await.remove(0);
    let base = card.base.unwrap();
    assert_eq!((base.counts.views, base.is_first), (Some(150), false));
    // What is hidden is absent, though its last value is known.
    bench.pass(SECOND);
    bench.publish(Snapshot { likes: None, ..snapshot(VIDEO, bench.now(), 401) }).await;
    let card = bench.due_cards().await.remove(0);
    assert_eq!((card.counts.unwrap().likes, card.known.unwrap().last.likes), (None, Some(10)));
    assert_eq!(card.title.as_deref(), None, "nobody has looked at it but the router");
}

#[tokio::test]
async fn what_a_chat_was_told_of_the_video_since_stands_in_its_card_and_in_no_others() {
    let bench = Bench::new();
    bench.watch(ANA, "views every 100").await;
    for views in [90, 105] {
        bench.see(views).await;
    }
    bench.send_all().await;
    bench.pass(MINUTE);
    bench.card(ANA, VIDEO).await;
    bench.card(BEN, VIDEO).await;
    assert!(bench.due_cards().await.iter().all(|card| card.ring.is_none()), "that was before");
    bench.see(305).await;
    assert!(bench.due_cards().await.iter().all(|card| card.ring.is_none()), "nobody knows yet");
    bench.send_all().await;
    let [ana, ben] = bench.due_cards().await.try_into().unwrap();
    let ring = ana.ring.unwrap();
    assert_eq!((ring.at, ring.marks), (bench.now(), Marks { values: vec![200, 300], more: 0 }));
    assert_eq!(ben.ring, None);
}

#[tokio::test]
async fn a_card_is_looked_at_when_it_is_due_and_no_earlier() {
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    bench.card(ANA, OTHER).await;
    let due = bench.store().due_cards(Channel::Telegram, bench.now(), T0, 1).await.unwrap();
    assert!(due.cards.len() == 1 && due.next_due.is_none());
    assert!(
        bench
            .store()
            .due_cards(Channel::Webhook, bench.now(), T0, 9)
            .await
            .unwrap()
            .cards
            .is_empty()
    );
    let [one, two] = bench.due_cards().await.try_into().unwrap();
    let [soon, later] = [30 * SECOND, HOUR].map(|wait| bench.now().plus(wait));
    bench.became(&one, CardResult::Stays { next_at: soon }).await;
    bench
        .became(&two, CardResult::Failed { next_at: later, counts: true, lane_free_at: None })
        .await;
    assert!(bench.due_cards().await.is_empty());
    assert_eq!(bench.next_card().await, Some(soon));
    bench.pass(30 * SECOND);
    assert_eq!(bench.due_cards().await.len(), 1);
    assert_eq!(bench.next_card().await, Some(later));
    bench.pass(HOUR);
    assert_eq!(bench.due_cards().await.iter().map(|card| card.failing).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn what_was_sent_is_known_after_a_restart() {
    let mut bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    bench.shown("7").await;
    bench.restart();
    bench.pass(MINUTE);
    let card = bench.due_cards().await.remove(0);
    assert_eq!((card.message.as_deref(), card.shown.as_deref()), (Some("7"), Some("its numbers")));
}

#[tokio::test]
async fn one_that_is_asked_for_again_begins_anew_and_what_comes_late_of_the_older_is_not_recorded()
{
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    bench.shown("7").await;
    bench.pass(MINUTE);
    let older = bench.due_cards().await.remove(0);
    assert_eq!(bench.card(ANA, VIDEO).await, Edited::Carded { is_again: true });
    for late in [
        CardResult::Shown {
            message: "7".into(),
            shown: "late".into(),
            next_at: bench.now().plus(HOUR),
        },
        CardResult::Stays { next_at: bench.now().plus(HOUR) },
        CardResult::Failed { next_at: bench.now().plus(HOUR), counts: true, lane_free_at: None },
        CardResult::Moved { to: at(BEN), next_at: bench.now().plus(HOUR) },
        CardResult::Ended(Some(bodies::plain("lost"))),
    ] {
        bench.became(&older, late).await;
    }
    let card = bench.due_cards().await.remove(0);
    assert_eq!((card.message, card.shown, card.failing), (None, None, 0));
    assert_eq!((card.id, card.made_at), (older.id, bench.now()));
    assert!(bench.claim().await.is_empty());
}

#[tokio::test]
async fn a_card_that_somebody_has_ended_is_shown_once_more_and_then_its_row_is_gone() {
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    let under_way = bench.due_cards().await.remove(0);
    assert_eq!(bench.end_card(ANA, Some(VIDEO)).await, Edited::Done(1));
    assert!(bench.store().cards(&at(ANA)).await.unwrap().is_empty());
    // What was under way meanwhile is known, so that it can be edited, and is looked at again at once.
    let next_at = bench.now().plus(HOUR);
    bench
        .became(
            &under_way,
            CardResult::Shown { message: "7".into(), shown: String::new(), next_at },
        )
        .await;
    let last = bench.due_cards().await.remove(0);
    assert!(last.is_ending && last.message.as_deref() == Some("7"));
    bench.became(&last, CardResult::Ended(None)).await;
    assert_eq!(bench.engine.rows("card"), 0);
    assert!(bench.polled().await.is_empty());
    // Another one is another.
    assert_eq!(bench.card(ANA, VIDEO).await, Edited::Carded { is_again: false });
}

#[tokio::test]
async fn a_chat_has_so_many_cards_with_all_its_topics_and_an_owner_so_many_videos() {
    let bench = Bench::new();
    for (number, place) in ["telegram:-5", "telegram:-5/7", "telegram:-5/7"].iter().enumerate() {
        let card = CardEdit { per_chat: 3, ..card_of(place, &format!("video{number:06}")) };
        assert_eq!(
            bench.edit(Edit::Card(Box::new(card))).await,
            Edited::Carded { is_again: false }
        );
    }
    let full = async |place: &str, video: &str| {
        let card = CardEdit { per_chat: 3, ..card_of(place, video) };
        bench.edit(Edit::Card(Box::new(card))).await
    };
    assert_eq!(full("telegram:-5/8", VIDEO).await, Edited::CardsReached { limit: 3 });
    assert_eq!(full("telegram:-5", "video000000").await, Edited::Carded { is_again: true });
    assert!(matches!(full(ANA, VIDEO).await, Edited::Carded { .. }));

    // A card counts as a video, as a watch of one does.
    let bens =
        |video: &str| CardEdit { owner: owner(BEN), videos_limit: Some(2), ..card_of(BEN, video) };
    assert!(matches!(bench.edit(one_of_two(BEN, OTHER)).await, Edited::Watched { .. }));
    assert_eq!(
        bench.edit(Edit::Card(Box::new(bens(VIDEO)))).await,
        Edited::Carded { is_again: false }
    );
    let reached = Edited::VideosReached { limit: 2, left: 0 };
    assert_eq!(bench.edit(Edit::Card(Box::new(bens("bbbbbbbbbbb")))).await, reached);
    assert_eq!(bench.edit(one_of_two(BEN, "bbbbbbbbbbb")).await, reached);
    bench.end_card(BEN, None).await;
    assert_eq!(
        bench.edit(Edit::Card(Box::new(bens("bbbbbbbbbbb")))).await,
        Edited::Carded { is_again: false }
    );
}

/// A watch of somebody who may have two videos.
fn one_of_two(to: &str, video: &str) -> Edit {
    let mut watch = watch_of(to, &format!("video:{video}"), "views any");
    watch.owner = owner(to);
    watch.videos_limit = Some(VideosLimit { limit: 2, counted: 1 });
    Edit::Watch(Box::new(watch))
}

#[tokio::test]
async fn the_cards_of_a_chat_that_is_gone_are_gone_and_their_videos_are_polled_no_more() {
    let bench = Bench::new();
    bench.card(GROUP, VIDEO).await;
    bench.card("telegram:-5/7", OTHER).await;
    bench.card(ANA, OTHER).await;
    bench.off(GROUP).await;
    assert_eq!((bench.engine.rows("card"), bench.polled().await), (1, vec![OTHER.to_owned()]));
    bench.off(ANA).await;
    assert!(bench.polled().await.is_empty());
}

#[tokio::test]
async fn cards_follow_a_chat_to_its_new_id_and_are_sent_anew() {
    for by_answer in [false, true] {
        let bench = Bench::new();
        for (number, place) in [GROUP, "telegram:-5/7"].into_iter().enumerate() {
            bench.card(place, VIDEO).await;
            bench.shown(&number.to_string()).await;
        }
        bench.pass(MINUTE);
        let moved = bench.due_cards().await;
        bench.pass(SECOND);
        if by_answer {
            let next_at = bench.now().plus(HOUR);
            for card in &moved {
                bench.became(card, CardResult::Moved { to: at(SUPERGROUP), next_at }).await;
            }
        } else {
            bench.edit(Edit::Move { from: at(GROUP), to: at(SUPERGROUP) }).await;
            // An answer that comes late is one about a message that is no more.
            let shown =
                CardResult::Shown { message: "0".into(), shown: String::new(), next_at: T0 };
            bench.became(&moved[0], shown).await;
        }
        let cards = bench.due_cards().await;
        let places: Vec<_> = cards
            .iter()
            .map(|card| (card.destination.address.to_string(), card.message.clone()))
            .collect();
        let topic = format!("{SUPERGROUP}/7");
        assert_eq!(places, [(SUPERGROUP.to_owned(), None), (topic, None)], "{by_answer}");
        assert_eq!(bench.store().cards(&at(GROUP)).await.unwrap().len(), 1);
        assert_eq!(bench.polled().await, [VIDEO]);
        bench.sums();
    }
}

#[tokio::test]
async fn where_both_places_of_a_chat_that_moves_have_a_card_that_of_the_new_one_stays() {
    let bench = Bench::new();
    for place in [SUPERGROUP, GROUP] {
        bench.card(place, VIDEO).await;
        bench.shown(place).await;
    }
    bench.edit(Edit::Move { from: at(GROUP), to: at(SUPERGROUP) }).await;
    bench.pass(MINUTE);
    let cards = bench.due_cards().await;
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].message.as_deref(), Some(SUPERGROUP));
    assert_eq!(bench.engine.rows("card"), 1);
}

#[tokio::test]
async fn a_chat_that_has_moved_to_where_it_is_is_not_asked_without_end() {
    let bench = Bench::new();
    bench.card(GROUP, VIDEO).await;
    let card = bench.due_cards().await.remove(0);
    let next_at = bench.now().plus(HOUR);
    bench.became(&card, CardResult::Moved { to: at(GROUP), next_at }).await;
    assert!(bench.due_cards().await.is_empty());
    assert_eq!(bench.next_card().await, Some(next_at));
}

#[tokio::test]
async fn of_a_card_that_has_ended_by_itself_the_chat_hears_once() {
    let bench = Bench::new();
    bench.card("telegram:-5/7", VIDEO).await;
    let card = bench.shown("7").await;
    for _ in 0..2 {
        bench.became(&card, CardResult::Ended(Some(bodies::plain("it has ended")))).await;
    }
    let told = bench.claim().await;
    let told: Vec<(String, Body)> =
        told.into_iter().map(|claim| (claim.address.to_string(), claim.body)).collect();
    assert_eq!(told, [("telegram:-5/7".to_owned(), bodies::plain("it has ended"))]);
    assert!(bench.polled().await.is_empty());
}

#[tokio::test]
async fn a_wait_that_a_card_was_asked_for_holds_for_all_that_goes_to_the_chat() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.card(ANA, VIDEO).await;
    let card = bench.due_cards().await.remove(0);
    let until = bench.now().plus(HOUR);
    let failed = CardResult::Failed { next_at: until, counts: true, lane_free_at: Some(until) };
    bench.became(&card, failed).await;
    for views in [1, 2] {
        bench.see(views).await;
    }
    assert!(bench.claim().await.is_empty());
    bench.sums();
    bench.pass(HOUR);
    assert_eq!(bench.claim().await.len(), 1);
}

#[tokio::test]
async fn a_card_keeps_its_chat_and_its_video_from_being_forgotten() {
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    bench.see(100).await;
    for _ in 0..3 {
        bench.pass(DAY * 20);
        bench.sweeps().await;
    }
    assert_eq!((bench.engine.rows("destination"), bench.engine.rows("video")), (1, 1));
    bench.end_card(ANA, None).await;
    let card = bench.due_cards().await.remove(0);
    bench.became(&card, CardResult::Ended(None)).await;
    for _ in 0..3 {
        bench.pass(DAY * 20);
        bench.sweeps().await;
    }
    let rows =
        ["card", "destination", "video", "history", "seen"].map(|noun| bench.engine.rows(noun));
    assert_eq!(rows, [0; 5]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_puts_no_card_off() {
    let bench = Bench::new();
    bench.card(ANA, VIDEO).await;
    bench.shown("7").await;
    bench.now.set(bench.now().minus(DAY));
    bench.store().set_back(DAY, bench.now()).await.unwrap();
    assert_eq!(bench.next_card().await, Some(bench.now().plus(30 * SECOND)));
}
