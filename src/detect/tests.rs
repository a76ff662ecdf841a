//! The promises of `detect`: the fixture table, and laws over arbitrary snapshots.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::model::{Status, UnixMillis};

/// Runs snapshots through `detect` as the router does; `None` for a late one, `Some(None)` for *forget*.
fn run(snapshots: &[Snapshot]) -> Vec<Option<Option<Change>>> {
    let mut known: Option<Known> = None;
    let mut out = Vec::new();
    for snapshot in snapshots {
        out.push(match detect(known.as_ref(), snapshot) {
            Detected::Late => None,
            Detected::Forget => {
                known = None;
                Some(None)
            }
            Detected::Seen { change, known: new } => {
                known = Some(new);
                Some(Some(change))
            }
        });
    }
    out
}

/// The fixture's way of writing one outcome: a word, or what differs as `{"views": [before, now], …}`.
fn told(outcome: &Option<Option<Change>>) -> Json {
    match outcome {
        None => json!("late"),
        Some(None) => json!("forget"),
        Some(Some(change)) if change.previous_at.is_none() => json!("first"),
        Some(Some(change)) => Json::Object(
            change
                .deltas
                .iter()
                .map(|delta| match delta {
                    Delta::Count(metric, before, now) => {
                        (metric.name().to_owned(), json!([before, now]))
                    }
                    Delta::Event(event, before, now) => {
                        (event.name().to_owned(), json!([before, now]))
                    }
                })
                .collect(),
        ),
    }
}

#[test]
fn the_table_of_changes_holds() {
    let table: Json =
        serde_json::from_str(include_str!("../../tests/fixtures/changes.json")).unwrap();
    let defaults = table["defaults"].as_object().unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert!(cases.len() >= 20, "the table is there");
    for case in cases {
        let snapshots: Vec<Snapshot> = case["snapshots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fields| {
                let mut whole: Map<String, Json> = defaults.clone();
                whole.extend(fields.as_object().unwrap().clone());
                serde_json::from_value(Json::Object(whole)).unwrap()
            })
            .collect();
        let found: Vec<Json> = run(&snapshots).iter().map(told).collect();
        assert_eq!(Json::Array(found), case["changes"], "{}", case["name"]);
    }
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Public), Just(Status::Unlisted), Just(Status::Unavailable)]
}

fn live() -> impl Strategy<Value = Live> {
    prop_oneof![Just(Live::None), Just(Live::Upcoming), Just(Live::Live), Just(Live::Completed)]
}

fn count() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![3 => (0..50i64).prop_map(Some), 1 => Just(None), 1 => any::<i64>().prop_map(Some)]
}

prop_compose! {
    fn snapshot()(
        at in 0..40i64, views in count(), likes in count(), comments in count(),
        title in prop::option::weighted(0.9, "[ab]{1}"), status in status(), live in live(),
    ) -> Snapshot {
        let at = UnixMillis(at);
        Snapshot {
            video_id: "dQw4w9WgXcQ".parse().unwrap(),
            observed_at: at, numbers_at: at, details_at: at,
            views, likes, comments, title, channel_id: None, channel_title: None,
            status, live, published_at: None, duration: None, starts_at: None,
        }
    }
}

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    prop::collection::vec(snapshot(), 0..20)
}

fn seen(known: Option<&Known>, snapshot: &Snapshot) -> Option<(Change, Known)> {
    match detect(known, snapshot) {
        Detected::Seen { change, known } => Some((change, known)),
        Detected::Late | Detected::Forget => None,
    }
}

proptest! {
    #[test]
    fn the_same_snapshot_again_is_late(snapshot in snapshot()) {
        if let Some((_, known)) = seen(None, &snapshot) {
            prop_assert_eq!(detect(Some(&known), &snapshot), Detected::Late);
        }
    }

    #[test]
    fn the_same_values_later_are_no_difference(snapshot in snapshot(), later in 1..100i64) {
        if let Some((_, known)) = seen(None, &snapshot) {
            let mut again = snapshot;
            again.observed_at.0 += later;
            let (change, after) = seen(Some(&known), &again).unwrap();
            prop_assert_eq!(change.deltas, vec![]);
            prop_assert_eq!(after, Known { observed_at: again.observed_at, ..known });
        }
    }

    #[test]
    fn a_replay_in_any_order_finds_nothing_more(
        first in snapshots(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        // Forgetting is meant to forget: after it an old snapshot is a first sight, which fires nothing either.
        let first: Vec<_> = first.into_iter().filter(|snapshot| snapshot.title.is_some()).collect();
        let mut all = first.clone();
        if !first.is_empty() {
            all.extend(order.iter().map(|index| index.get(&first).clone()));
        }
        let outcomes = run(&all);
        prop_assert!(outcomes.iter().skip(first.len()).all(Option::is_none));
    }

    #[test]
    fn every_difference_starts_where_the_last_one_ended(snapshots in snapshots()) {
        let mut last = Counts::default();
        for outcome in run(&snapshots).into_iter().flatten() {
            let Some(change) = outcome else { last = Counts::default(); continue };
            prop_assert_eq!(change.previous, last);
            for metric in Metric::ALL {
                let delta = change.deltas.iter().find_map(|delta| match delta {
                    Delta::Count(which, before, now) if *which == metric => Some((*before, *now)),
                    _ => None,
                });
                let pair = last.get(metric).zip(change.current.get(metric));
                prop_assert_eq!(delta, pair.filter(|(before, now)| before != now));
                if let Some(count) = change.current.get(metric) {
                    last.set(metric, Some(count));
                }
            }
        }
    }

    #[test]
    fn the_highest_never_falls(snapshots in snapshots()) {
        let mut known: Option<Known> = None;
        for snapshot in snapshots.iter().filter(|snapshot| snapshot.title.is_some()) {
            if let Some((_, new)) = seen(known.as_ref(), snapshot) {
                for metric in Metric::ALL {
                    prop_assert!(new.highest.get(metric) >= new.last.get(metric));
                    if let Some(known) = &known {
                        prop_assert!(new.highest.get(metric) >= known.highest.get(metric));
                    }
                }
                known = Some(new);
            }
        }
    }
}
