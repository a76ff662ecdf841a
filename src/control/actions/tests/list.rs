//! `list`: pages, numbers, and whose watch it is.

use super::*;
use crate::model::SubscriptionId;

async fn crowded() -> Bench {
    let mut bench = Bench::new();
    let operator = Asking { owner: Owner::Operator, ..ana() };
    for number in 0..45 {
        bench.watch(&operator, &format!("video:{number:011}"), "").await.unwrap();
    }
    bench
}

#[tokio::test]
async fn a_page_has_twenty_and_the_last_stands_for_those_beyond() {
    let bench = crowded().await;
    for (page, numbers, number) in [(1, 1..=20, 1), (3, 41..=45, 3), (9, 41..=45, 3)] {
        let list = bench.actions.list(&ana().destination, page).await.unwrap();
        let shown: Vec<usize> = list.watches.iter().map(|watch| watch.number).collect();
        assert_eq!(shown, numbers.collect::<Vec<_>>());
        assert_eq!((list.total, list.number, list.count), (45, number, 3));
    }
}

#[tokio::test]
async fn a_number_finds_its_watch_and_else_says_how_many_there_are() {
    let bench = crowded().await;
    let numbered = async |number| bench.actions.numbered(&ana().destination, number).await.unwrap();
    assert_eq!(numbered(45).await.unwrap().subject, of("video:00000000044"));
    assert_eq!(numbered(46).await.unwrap_err(), 45);
}

#[tokio::test]
async fn a_watch_is_found_by_its_row_in_its_own_chat_alone() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let id = bench.watches(&ana().destination).await[0].id;
    let found = async |chat: &str, id| {
        bench.actions.watch_in_chat(&chat.parse().unwrap(), id).await.unwrap().is_some()
    };
    assert!(found("telegram:42", id).await && found("telegram:42/7", id).await);
    assert!(!found("telegram:43", id).await);
    assert!(!found("telegram:42", SubscriptionId(id.0 + 1)).await);
}

#[tokio::test]
async fn the_watches_of_a_chat_may_be_what_the_owners_other_chats_leave() {
    let mut bench = Bench::new();
    let group = Asking { destination: "telegram:-5".parse().unwrap(), ..ana() };
    bench.watch(&group, VIDEO, "").await.unwrap();
    let max = async |owner: &Owner| bench.actions.watches_max_here(owner, 0).await.unwrap();
    assert_eq!(max(&ana().owner).await, Some(1));
    assert_eq!(max(&Owner::Operator).await, None);
}
