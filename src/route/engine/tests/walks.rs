//! Random walks of a count, against a plain retelling of each rule that keeps no triggers.

use proptest::prelude::*;

use super::memory::{World, views_at};
use crate::model::{Amount, Condition, Direction, Signal, TriggerId, UnixMillis};
use crate::route::language::parse;
use crate::route::trigger::LOWEST;

const RULES: [&str; 19] = [
    "views any",
    "views every 1",
    "views every 7",
    "views every 100",
    "views milestones",
    "views at 3, 20, 150, 151",
    "views +1",
    "views +30",
    "views -30",
    "views +5%",
    "views +50%",
    "views -10%",
    "views -100%",
    "views +10 in 1h",
    "views -10 in 1h",
    "views +10% in 2h",
    "views -10% in 1h",
    "views rate > 20/h",
    "views rate > 1/h",
];

/// Views at moments; `None` where they are hidden.
type Walk = Vec<(i64, Option<i64>)>;

fn walk() -> impl Strategy<Value = Walk> {
    let step = prop_oneof![-5..20i64, -100..100i64, Just(0)];
    let steps = prop::collection::vec((1..90i64, step, prop::bool::weighted(0.1)), 1..40);
    (0..60i64, steps).prop_map(|(start, steps)| {
        let (mut at, mut views) = (0, start);
        let next = |(minutes, step, is_hidden): (i64, i64, bool)| {
            at += minutes * 60_000;
            views = (views + step).max(0);
            (at, (!is_hidden).then_some(views))
        };
        steps.into_iter().map(next).collect()
    })
}

/// When a rule rings on a walk, and the value it compares with, told without triggers.
fn retell(condition: &Condition, walk: &Walk) -> Vec<(i64, i64)> {
    let mut rings = Vec::new();
    let mut seen: Vec<(i64, i64)> = Vec::new();
    let mut base: Option<i64> = None;
    let mut armed = true;
    for &(at, views) in walk {
        let Some(now) = views else { continue };
        let before = seen.last().map(|(_, views)| *views);
        let highest = seen.iter().map(|(_, views)| *views).max();
        let is_new = |value: i64| highest.is_some_and(|highest| highest < value) && value <= now;
        let against = match condition {
            Condition::Any(_) => before.filter(|before| *before != now),
            Condition::Every(_, step) => {
                before.filter(|_| (1..=now).any(|v| v % step == 0 && is_new(v)))
            }
            Condition::Milestones(_) => {
                let mut values = (1..9u32).flat_map(|n| [1, 2, 5].map(|m| m * 10i64.pow(n)));
                before.filter(|_| values.any(is_new))
            }
            Condition::At(_, values) => before.filter(|_| values.iter().copied().any(is_new)),
            Condition::Moved(_, direction, amount) => {
                let fires = |base: &i64| reaches(*base, now, *direction, *amount, 10);
                let against = base.filter(fires);
                base = if against.is_some() { Some(now) } else { base.or(Some(now)) };
                let is_share = matches!(amount, Amount::Percent(_));
                base = base.filter(|base| !is_share || *base >= 1);
                against
            }
            Condition::MovedIn(_, direction, amount, window_s) => {
                let start = value_at(&seen, at - i64::from(*window_s) * 1000);
                let start =
                    start.filter(|start| matches!(amount, Amount::Absolute(_)) || *start >= 1);
                start.filter(|start| {
                    let is_below = |now| !reaches(*start, now, *direction, *amount, 9);
                    let is_reached = reaches(*start, now, *direction, *amount, 10);
                    rings_once(
                        &mut armed,
                        before.is_some_and(is_below) || is_below(now),
                        is_reached,
                    )
                })
            }
            Condition::Rate(_, count, unit) => {
                let start = value_at(&seen, at - i64::from(unit.seconds()) * 1000);
                start.filter(|start| {
                    let is_below = |now: i64| (now - start) * 10 < count * 9;
                    let is_reached = now - start > *count;
                    rings_once(
                        &mut armed,
                        before.is_some_and(is_below) || is_below(now),
                        is_reached,
                    )
                })
            }
            Condition::Event(_) => None,
        };
        rings.extend(against.map(|against| (at, against)));
        seen.push((at, now));
    }
    rings
}

/// The last value at or before `at`.
fn value_at(seen: &[(i64, i64)], at: i64) -> Option<i64> {
    seen.iter().rfind(|(then, _)| *then <= at).map(|(_, views)| *views)
}

/// Whether `from` to `now` is so many tenths of the amount.
fn reaches(from: i64, now: i64, direction: Direction, amount: Amount, tenths: i64) -> bool {
    let by = match direction {
        Direction::Up => now - from,
        Direction::Down => from - now,
    };
    match amount {
        Amount::Absolute(count) => by * 10 >= count * tenths,
        Amount::Percent(hundredths) => by * 100_000 >= from * i64::from(hundredths) * tenths,
    }
}

fn rings_once(armed: &mut bool, is_below: bool, is_reached: bool) -> bool {
    *armed |= is_below;
    let rings = *armed && is_reached;
    *armed &= !rings;
    rings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_rule_fires_exactly_when_its_words_say(walk in walk()) {
        let mut world = World::new();
        let ids: Vec<TriggerId> = RULES.iter().map(|rule| world.watch(rule, -1)).collect();
        for (at, views) in &walk {
            world.see(&views_at(*at, *views));
        }
        for (text, id) in RULES.iter().zip(ids) {
            let rung = world.tx.rung.iter().filter(|rung| rung.trigger == id);
            let told: Vec<_> = rung.map(|rung| (rung.at, rung.previous.int().unwrap())).collect();
            prop_assert_eq!(told, retell(&parse(text).unwrap().condition, &walk), "{}", text);
        }
    }

    #[test]
    fn what_was_handled_waits_beyond_the_current_value(walk in walk()) {
        let mut world = World::new();
        for rule in RULES {
            world.watch(rule, -1);
        }
        for (at, views) in &walk {
            world.see(&views_at(*at, *views));
            let Some(views) = *views else { continue };
            for (_, row) in world.tx.triggers.values() {
                let is_count = matches!(row.series.signal, Signal::Count(_));
                let is_beyond = row.value > row.series.scale(views);
                prop_assert!(!is_count || row.value == LOWEST || is_beyond, "{:?}", row);
            }
        }
    }

    #[test]
    fn every_names_each_multiple_above_the_highest_ever_once(walk in walk(), step in 1..40i64) {
        let mut world = World::new();
        world.watch(&format!("views every {step}"), -1);
        for (at, views) in &walk {
            world.see(&views_at(*at, *views));
        }
        let seen: Vec<i64> = walk.iter().filter_map(|(_, views)| *views).collect();
        let first = seen.first().copied().unwrap_or(0);
        let highest = seen.iter().copied().max().unwrap_or(0);
        let rung = world.tx.rung.iter();
        let passed: u64 = rung.clone().map(|rung| rung.marks.values.len() as u64 + rung.marks.more).sum();
        prop_assert_eq!(passed, u64::try_from(highest / step - first / step).unwrap());
        let marks: Vec<i64> = rung.flat_map(|rung| rung.marks.values.clone()).collect();
        prop_assert!(marks.iter().all(|mark| mark % step == 0));
        prop_assert!(marks.is_sorted_by(|one, other| one < other), "{:?}", marks);
    }

    #[test]
    fn triggers_alone_keep_a_change_from_firing_twice(walk in walk()) {
        // Not those that never move or are armed by the value before, for which the time of the snapshot is the guard.
        let by_value = RULES.into_iter().filter(|rule| {
            ![" any", "in 1h", "in 2h", "/h"].iter().any(|end| rule.ends_with(end))
        });
        let mut world = World::new();
        for rule in by_value {
            world.watch(rule, -1);
        }
        for (at, views) in &walk {
            let known = world.tx.videos.clone();
            world.see(&views_at(*at, *views));
            world.tx.videos = known;
            prop_assert_eq!(world.see(&views_at(*at, *views)), vec![]);
        }
    }

    #[test]
    fn a_rule_never_hears_of_anything_before_it(walk in walk(), made in 0..3_600_000i64) {
        let mut world = World::new();
        for (at, views) in &walk {
            if *at > made && world.tx.triggers.is_empty() {
                for rule in RULES {
                    world.watch_from(rule, made, None);
                }
            }
            world.see(&views_at(*at, *views));
        }
        prop_assert!(world.tx.rung.iter().all(|rung| UnixMillis(rung.at) > UnixMillis(made)));
    }
}
