//! Large fan-outs: in chunks, with others served between them, and the same alerts whatever the chunks.

use std::cell::Cell;

use proptest::prelude::*;

use super::super::Budget;
use super::memory::{OTHER, Rung, World, told, views_at};
use crate::model::{
    Gate, Holder, ListKey, Membership, News, Snapshot, Suppressed, TriggerId, UnixMillis, VideoKey,
};
use crate::route::language::tests::rule;

fn other_at(at: i64, views: i64) -> Snapshot {
    Snapshot { video_id: OTHER.parse().unwrap(), ..views_at(at, Some(views)) }
}

/// So many watchers of `any` on one video, and one on the other.
fn crowd(watchers: usize) -> World {
    let mut world = World::with_page(50);
    world.see(&views_at(100, Some(10)));
    world.see(&other_at(100, 10));
    for _ in 0..watchers {
        world.watch("views any", 150);
    }
    let other = world.watch("views any", 150);
    world.tx.triggers.get_mut(&other).unwrap().0 = Holder::Video(VideoKey(2));
    world
}

#[test]
fn five_thousand_watchers_of_one_video_hold_nobody_up() {
    let mut world = crowd(5000);
    assert!(world.see_within(&views_at(200, Some(20)), 500).deferred);
    assert_eq!(world.tx.rung.len(), 500);
    let mut chunks = 0;
    while world.work_within(500) {
        chunks += 1;
        let before = world.tx.rung.len();
        assert!(!world.see_within(&other_at(200 + chunks, 10 + chunks), 500).deferred);
        assert_eq!(world.tx.rung.len(), before + 1, "the other video is served at once");
    }
    assert!(chunks >= 9, "{chunks} chunks");
    let crowd = world.tx.rung.iter().filter(|rung| rung.video == Some(VideoKey(1)));
    let mut told: Vec<TriggerId> = crowd.map(|rung| rung.trigger).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=5000).map(TriggerId).collect::<Vec<_>>(), "everybody heard it once");
    assert_eq!(world.tx.moves, 0, "rows of `any` are never written");
}

#[test]
fn a_fan_out_ends_its_chunk_when_the_time_is_up() {
    let mut world = crowd(200);
    let asked = Cell::new(0);
    let expired = || {
        asked.set(asked.get() + 1);
        true
    };
    let mut budget = Budget::new(usize::MAX, &expired);
    world.router.route(&mut world.tx, &views_at(200, Some(20)), &mut budget).unwrap();
    assert_eq!((budget.alerts, asked.get()), (50, 1), "one page, then the clock");
    while world.work(&mut budget) {}
    assert_eq!(budget.alerts, 200);
}

#[test]
fn a_video_in_very_many_lists_looks_at_the_clock_also_where_nobody_waits() {
    let mut world = World::new();
    world.see(&views_at(50, Some(5)));
    for list in 1..=1_000 {
        let member = Membership {
            list: ListKey(list),
            since: UnixMillis(0),
            at: UnixMillis(0),
            news: News::Told,
            is_unarmed: false,
        };
        world.tx.lists.insert((VideoKey(1), list), member);
    }
    let mut budget = Budget::new(usize::MAX, &|| true);
    let routed = world.router.route(&mut world.tx, &views_at(100, Some(10)), &mut budget);
    assert!(routed.unwrap().deferred);
    let mut pieces = 0;
    while world.work(&mut budget) {
        pieces += 1;
    }
    assert!(pieces > 10, "{pieces}");
}

#[test]
fn later_changes_of_a_video_wait_behind_the_one_under_way() {
    let mut world = crowd(3);
    for (at, views) in [(200, 20), (300, 30), (400, 40)] {
        assert!(world.see_within(&views_at(at, Some(views)), 1).deferred);
    }
    assert_eq!(world.tx.queue.len(), 2, "one under way and one that waits");
    while world.work_within(1) {}
    let rings: Vec<_> = world.tx.rung.iter().map(|rung| (rung.trigger.0, told(rung))).collect();
    let expected = [(10, 20), (20, 40)].into_iter().flat_map(|(previous, current)| {
        (1..=3).map(move |trigger| (trigger, (previous, current, vec![])))
    });
    assert_eq!(rings, expected.collect::<Vec<_>>());
}

#[test]
fn a_watch_made_while_changes_wait_hears_only_what_came_after_it() {
    let mut world = crowd(3);
    world.see_within(&views_at(200, Some(20)), 1);
    world.see_within(&views_at(300, Some(30)), 1);
    let any = world.watch("views any", 350);
    assert_eq!(world.row(any).base, Some(30), "what is known is saved at once");
    let unset = world.watch_from("views every 5", 350, None);
    world.see_within(&views_at(400, Some(42)), 1);
    while world.work_within(1) {}
    let of = |id| world.tx.rung.iter().filter(move |rung| rung.trigger == id).map(told);
    assert_eq!(of(any).collect::<Vec<_>>(), [(30, 42, vec![])]);
    assert_eq!(of(unset).collect::<Vec<_>>(), [(30, 42, vec![35, 40])]);
}

#[test]
fn suppressed_rules_use_up_the_budget_too() {
    let mut world = crowd(10);
    for id in 1..=10 {
        world.row(TriggerId(id)).gate = Gate::Shut(Suppressed::Disabled);
    }
    let mut budget = Budget::new(4, &|| false);
    world.router.route(&mut world.tx, &views_at(200, Some(20)), &mut budget).unwrap();
    assert_eq!((budget.left, budget.alerts, budget.suppressed), (0, 0, [0, 4, 0]));
    while world.work_within(4) {}
    assert_eq!(world.tx.suppressed.len(), 10);
}

#[test]
fn pages_of_rules_that_cannot_be_read_end() {
    let mut world = crowd(200);
    for id in 1..=150 {
        world.row(TriggerId(id)).text = "from another version".into();
    }
    assert_eq!(world.see(&views_at(200, Some(20))).len(), 50);
}

/// Walks with the given page and chunk.
fn rungs(rules: &[String], walk: &[(i64, i64, i64)], page: usize, left: usize) -> Vec<Rung> {
    let mut world = World::with_page(page);
    for rule in rules {
        world.watch(rule, -1);
    }
    let mut at = 0;
    for (minutes, views, likes) in walk {
        at += minutes * 60_000;
        let likes = Some(*likes);
        world.see_within(&Snapshot { likes, comments: likes, ..views_at(at, Some(*views)) }, left);
        while world.work_within(left) {}
    }
    world.tx.rung
}

proptest! {
    #[test]
    fn chunks_and_pages_change_nothing(
        rules in prop::collection::vec(rule().prop_map(|rule| rule.to_string()), 0..8),
        walk in prop::collection::vec((1..60i64, 0..400i64, 0..20i64), 1..12),
        page in 1..5usize,
        left in 1..4usize,
    ) {
        let sure = ["views any", "views any", "views every 7", "likes +2", "views -10%", "views rate > 20/h"];
        let rules: Vec<String> = rules.into_iter().chain(sure.map(str::to_owned)).collect();
        let whole = rungs(&rules, &walk, 500, usize::MAX);
        prop_assert_eq!(rungs(&rules, &walk, page, left), whole);
    }
}

#[test]
fn a_new_video_of_a_channel_reads_no_row_of_its_watchers_until_it_changes() {
    let (mut world, list) = (World::new(), ListKey(7));
    for _ in 0..1000 {
        world.watch("views any", 1);
    }
    for (holder, _) in world.tx.triggers.values_mut() {
        *holder = Holder::List(list);
    }
    let member = Membership {
        list,
        since: UnixMillis(1),
        at: UnixMillis(1),
        news: News::Told,
        is_unarmed: false,
    };
    world.tx.lists.insert((VideoKey(1), list.0), member);
    assert!(world.see(&views_at(10, Some(100))).is_empty());
    assert_eq!(world.tx.read, 0);
    assert_eq!(world.see(&views_at(20, Some(101))).len(), 1000);
}
